"""Archives: many recordings annotated at the same time, and gone on with later."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Literal

import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from tqdm.auto import tqdm

from .._files import output_path
from .._parameter_checks import N_JOBS, Choice, Names, Number, checked
from .._urls import UrlPath
from ..records import RecordingLike, check_annotator
from ..stream import labeller_of, refuse_unadaptable
from ._entries import Entry, entries_of, refuse_same_names, same_names
from ._lessons import orders_of
from ._marks import marks_of
from ._outputs import Outputs
from ._parcel import content_of
from ._provenance import model_named
from ._readers import Corrections, Patients, patients_of, sheets_of
from ._task import Task, row_of_failure
from ._writing import FORMATS

_TOGETHER, _ALONE = 2, 2
"""How often recordings are tried whose worker died, with others and by themselves."""

_KINDS = {
    "formats": Names(FORMATS, noun="a format"),
    "n_jobs": N_JOBS,
    "on_error": Choice(("record", "raise")),
    "sampling_rate": Number(0, closed="neither"),
}


def annotate_many(
    recordings: Iterable[RecordingLike] | RecordingLike,
    model: Any,
    out: str | os.PathLike,
    *,
    formats: Sequence[str] = ("wfdb",),
    annotator: str = "ext",
    lead: str | Sequence[str] | None = None,
    sampling_rate: float | None = None,
    corrections: Iterable[Corrections] | Corrections = (),
    patients: Patients | None = None,
    n_jobs: int | None = None,
    resume: bool = True,
    on_error: Literal["record", "raise"] = "record",
    verbose: int = 0,
) -> pd.DataFrame:
    """Annotate many recordings, and write what was found beside a manifest.

    Each file is written whole or not at all, and what is done is noted at once. So a
    second call does only what is missing or has changed, however the first one ended.
    Recordings are read piece by piece: a worker takes no more memory for days than for
    hours.

    Parameters
    ----------
    recordings : directory, or iterable of str, path-like, Recording or wfdb.Record
        A directory, of which all recordings are annotated, those of its folders too;
        or recordings: their paths, directories of them, or what is in memory. Each may
        be a URL, as in :func:`~sklearn_ecg.records.read_recording`, such as
        ``s3://bucket/holters``.
    model : Pipeline or DeviceChain
        A fitted Pipeline, or the chain of a device, as for
        :func:`~sklearn_ecg.stream.annotate`.
    out : str or path-like
        Directory to write to; made if it is missing. It may be a URL, such as
        ``s3://bucket/labels``: objects are put there when they are complete, and the
        workers must have the credentials, too. What is written is named after the
        recordings. The folders of a directory are kept; recordings given one by one are
        written side by side, unless names are equal: then all keep their folders below
        the one that they share. What is still of one name in one folder, such as
        ``100.edf`` and ``100.hea``, is not annotated.
    formats : sequence of str, default=("wfdb",)
        What to write, of ``"wfdb"``, ``"edf"``, ``"csv"``, ``"parquet"``, ``"html"``,
        and ``"pdf"``, which Chromium, Chrome or Edge prints. A CSV file of the beats
        has one of the episodes beside it, ``<name>.episodes.csv``, if the classes of
        the model say something of the rhythm. Parquet files are parts of two tables,
        ``beats/<name>.parquet`` and ``episodes/<name>.parquet`` below `out`, with the
        folders of the recordings below that: their column ``recording`` says what the
        manifest does. The pages of days are beside the ``.html`` of all, see
        `Annotation.report`.
    annotator : str, default="ext"
        Extension of the WFDB annotation files.
    lead : str or sequence of str, default=None
        As in :func:`~sklearn_ecg.stream.annotate`.
    sampling_rate : float, default=None
        In Hz, of tables (CSV, Parquet) that do not say it, see
        :func:`~sklearn_ecg.records.read_recording`; of no other format.
    corrections : DataFrame, str or path-like, or iterable of these, default=()
        What readers have said, as `~sklearn_ecg.stream.Annotation.corrected` takes it:
        tables, and CSV files. The column ``recording`` has the name of the recording,
        or its path, as the manifest has it; it may be left out if there is but one. Of
        two that say something of a beat, the last is right. What was said of a
        recording is written beside its labels as ``<name>.said.csv``, which can be
        given again.
    patients : DataFrame, mapping, str or path-like, default=None
        Whose the recordings are: a table, or a CSV file, with the columns ``recording``
        and ``patient``, such as the manifest with a column more; or a mapping of
        recordings to patients. Recordings are named as in `corrections`; those of none
        have a patient of their own. What was said of the recordings of a patient
        teaches the model, as :func:`~sklearn_ecg.adapt` does, and the patient's other
        recordings are labelled by what it has become.
    n_jobs : int or None, default=None
        Recordings at the same time, through `joblib`; in a
        ``joblib.parallel_config(backend="dask")`` on the workers of a cluster, which
        must see the same files.
    resume : bool, default=True
        Leave out what was done before with the same recording, model, corrections, of
        this recording and of those that it learns from, and options, and whose files
        are still as they were written. A recording in memory is known again by its name
        and its samples.
    on_error : {"record", "raise"}, default="record"
        What happens to a recording that cannot be annotated: its row says why, and the
        others go on; or the error ends it all.
    verbose : int, default=0
        If not 0, a progress bar is shown.

    Returns
    -------
    DataFrame
        The manifest, which is also the file ``manifest.csv`` in `out`: a row for each
        recording, in their order, with ``recording``, ``status`` (``"done"`` or
        ``"failed"``), ``reason`` (of the failure, or what is odd about the file or its
        leads, such as that it is cut off), ``hours``, ``beats``, a count of each label,
        ``seconds`` that it took, and ``files``, relative to `out` and as a shell splits
        them. Then what was found: ``start``, when the recording began, in the form of
        ISO 8601; how many ``episodes``; and, as far as it can be said, of what
        `~sklearn_ecg.stream.Annotation.summary` counts, ``analysed_hours``,
        ``mean_rate``, ``lowest_rate`` and ``highest_rate`` (beats a minute),
        ``af_burden`` (% of the analysed time), ``s_burden`` and ``v_burden`` (% of the
        beats), ``s_runs`` and ``v_runs``, and ``longest_pause`` (s). And where the
        labels come from: ``model``, the title of its card, or what it is;
        ``model_hash``, the SHA-256 of what it consists of; ``version`` of this package;
        ``who`` has said something of the recording, and ``when``, from the first time
        to the last; the ``patient``; and ``taught_by``, the recordings that the model
        has learnt from.

    Raises
    ------
    TypeError
        If `model` is neither; with `patients`, if it can't be adapted.
    ValueError
        If a parameter is not allowed, `out` is on a web server, corrections are of no
        recording that is there, or of several, or no recording is of a patient; with
        ``on_error="raise"``, if two recordings have one name in one folder.
    FileNotFoundError
        If there is no such file of corrections, or of patients.
    FileExistsError
        If `out` has a ``manifest.csv`` of something else.
    OSError
        If `out` cannot be made or written to, or the manifest cannot be written. A
        recording whose files cannot be written has a row that says why.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from sklearn_ecg import annotate_many, load_pretrained
    >>> from sklearn_ecg.datasets import make_ecg
    >>> archive, out = mkdtemp(), mkdtemp()
    >>> _ = make_ecg(3, duration=20, random_state=0, directory=archive)
    >>> manifest = annotate_many(archive, load_pretrained(), out)
    >>> manifest["status"].tolist()
    ['done', 'done', 'done']
    """
    given: dict[str, Any] = {"formats": formats, "n_jobs": n_jobs, "on_error": on_error}
    if sampling_rate is not None:
        given["sampling_rate"] = sampling_rate
    checked("annotate_many", given, _KINDS)
    check_annotator(annotator)
    labeller_of(model)
    if patients is not None:
        refuse_unadaptable(model)
    outputs = Outputs(output_path(out), tuple(map(str, formats)), annotator)
    entries = entries_of(recordings, outputs.out)
    _refuse_memory([outputs.out, *(entry.source for entry in entries)], n_jobs)
    refused = same_names(entries)
    if on_error == "raise":
        refuse_same_names(entries)
    single = [entry for entry in entries if entry not in refused]
    sheets, patient_of = sheets_of(corrections, single), patients_of(patients, single)
    outputs.prepare()
    content = content_of(model)
    task = Task(model, model_named(model, content), outputs, lead, sampling_rate)
    marks = marks_of(single, outputs, content, lead, sampling_rate)
    orders = orders_of(dict(zip(single, marks, strict=True)), sheets, patient_of)
    rows: dict[Entry, Any] = {
        entry: row_of_failure(entry, refused[entry]) for entry in refused
    }
    if resume:
        rows |= outputs.done({entry: order.mark for entry, order in orders.items()})
    missing = {entry: order for entry, order in orders.items() if entry not in rows}
    bar = tqdm(
        desc="Annotating recordings",
        total=len(entries),
        initial=len(rows),
        disable=not verbose,
    )
    outputs.clear(entries)
    try:
        with bar:
            rows |= _run(task, missing, n_jobs, on_error, bar)
    finally:
        # An interrupt kills workers, whatever they write.
        outputs.clear(entries)
    return outputs.write_manifest(
        [rows[entry] | {"patient": patient_of.get(entry, "")} for entry in entries]
    )


def _refuse_memory(places, n_jobs):
    """Refuse to let other processes read and write in the memory of this one."""
    backend, _ = get_active_backend()
    if getattr(backend, "supports_sharedmem", False) or effective_n_jobs(n_jobs) == 1:
        return
    for place in places:
        if isinstance(place, UrlPath) and place.scheme == "memory":
            raise ValueError(
                f"{place} is in the memory of this process, where n_jobs={n_jobs} "
                "others find nothing: leave n_jobs out, or take threads, "
                'joblib.parallel_config(backend="threading").'
            )


def _run(task, missing, n_jobs, on_error, bar):
    """Annotate what is missing, and do again what a worker that died left undone."""
    task.outputs.forget(missing)
    rows: dict[Entry, Any] = {}
    for _ in range(_TOGETHER):
        if left := {entry: missing[entry] for entry in missing if entry not in rows}:
            rows |= _run_together(task, left, n_jobs, on_error, bar)
    for entry in [entry for entry in missing if entry not in rows]:
        # Each in a worker of its own: one of them has killed the others.
        for _ in range(_ALONE):
            rows |= _run_together(task, {entry: missing[entry]}, 2, on_error, bar)
            if entry in rows:
                break
        else:
            reason = f"its worker died, {_TOGETHER + _ALONE} times"
            rows[entry] = task.noted(entry, row_of_failure(entry, reason))
            if on_error == "raise":
                raise RuntimeError(f"{entry} could not be annotated: its worker died.")
    return rows


def _run_together(task, missing, n_jobs, on_error, bar):
    """Annotate recordings at the same time; return the rows of those that are done."""
    parallel = Parallel(n_jobs, return_as="generator_unordered")
    entries, rows = list(missing), {}
    try:
        with _interrupts_ignored():
            results = parallel(
                delayed(task)(number, *item)
                for number, item in enumerate(missing.items())
            )
        for number, row in results:
            bar.update()
            rows[entries[number]] = row
            if row["status"] != "done" and on_error == "raise":
                raise RuntimeError(
                    f"{row['recording']} could not be annotated: {row['reason']}"
                )
    except Exception as error:
        # joblib's of its own workers, and Dask's of those of a cluster.
        is_dead = isinstance(error, BrokenProcessPool)
        if not is_dead and type(error).__name__ != "KilledWorker":
            raise
        # A worker may have been done with more than it could tell of.
        for entry in entries:
            row = rows.get(entry) or task.outputs.noted(entry)
            rows |= {entry: row} if row else {}
    return rows


@contextmanager
def _interrupts_ignored():
    """Ignore Ctrl-C while workers start, which then ignore it as long as they live."""
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if before is None or not is_main:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
