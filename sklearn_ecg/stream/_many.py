"""Archives: many recordings annotated at the same time, and gone on with later."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline
from tqdm.auto import tqdm

from .._files import clear_unfinished, written_whole
from .._parameter_checks import N_JOBS, Choice, Names, checked
from ..records._directory import recordings_in
from ..records._open import as_recording
from ..records._write import check_annotator
from ._annotate import annotate
from ._annotation import plain_name
from ._model import Labeller
from ._outputs import (
    FORMATS,
    name_of,
    output_of,
    refuse_same_names,
    same_names,
    write_output,
)
from ._parcel import Parcel, content_of

_ROWS = ".rows"
"""Directory of what is known of each recording, a file for each."""

MANIFEST = "manifest.csv"

_ATTEMPTS = 2
"""How often a recording is tried again whose worker died."""

_KINDS = {
    "formats": Names(FORMATS, noun="a format"),
    "n_jobs": N_JOBS,
    "on_error": Choice(("record", "raise")),
}


def annotate_many(
    recordings: Iterable[str | os.PathLike] | str | os.PathLike,
    model: Pipeline,
    out: str | os.PathLike,
    *,
    formats: Sequence[str] = ("wfdb",),
    annotator: str = "ext",
    lead: str | Sequence[str] | None = None,
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
    recordings : iterable of str or path-like, or a directory
        Paths of recordings, or a directory of them. What is written is named after
        the recordings, so that those of one name are not annotated.
    model : Pipeline
        Fitted, as for :func:`annotate`.
    out : str or path-like
        Directory to write to; made if it is missing.
    formats : sequence of str, default=("wfdb",)
        What to write, of ``"wfdb"``, ``"edf"``, ``"csv"``, ``"parquet"``, ``"html"``.
    annotator : str, default="ext"
        Extension of the WFDB annotation files.
    lead : str or sequence of str, default=None
        As in :func:`annotate`.
    n_jobs : int or None, default=None
        Recordings at the same time, through `joblib`; in a
        ``joblib.parallel_config(backend="dask")`` on the workers of a cluster, which
        must see the same files.
    resume : bool, default=True
        Leave out what was done before with the same recording, model and options.
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
        ``"failed"``), ``reason``, ``hours``, ``beats``, a count of each label,
        ``seconds`` that it took, and ``files``.

    Raises
    ------
    TypeError
        If `model` is no such Pipeline.
    ValueError
        If a parameter is not allowed; with ``on_error="raise"``, if two recordings
        have one name.

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
    given = {"formats": formats, "n_jobs": n_jobs, "on_error": on_error}
    checked("annotate_many", given, _KINDS)
    check_annotator(annotator)
    Labeller(model)
    paths = _paths_of(recordings)
    refused = same_names(paths)
    if on_error == "raise":
        refuse_same_names(paths)
    out = Path(out)
    (out / _ROWS).mkdir(parents=True, exist_ok=True)
    task = _Task(model, out, tuple(map(str, formats)), annotator, lead)
    missing = {
        path: mark
        for path, mark in task.marks_of(paths).items()
        if path not in refused and not (resume and task.is_done(path, mark))
    }
    bar = tqdm(
        desc="Annotating recordings",
        total=len(paths),
        initial=len(paths) - len(missing),
        disable=not verbose,
    )
    task.clear()
    try:
        with bar:
            _run(task, missing, n_jobs, on_error, bar)
    finally:
        # An interrupt kills workers, whatever they write.
        task.clear()
    manifest = _manifest(
        [
            _row_of_failure(path, refused[path])
            if path in refused
            else task.row_of(path)
            for path in paths
        ]
    )
    with written_whole(out / MANIFEST) as temporary:
        manifest.to_csv(temporary, index=False)
    return manifest


def _run(task, missing, n_jobs, on_error, bar):
    """Annotate what is missing, and do again what a worker that died left undone."""
    for path in missing:
        task.forget(path)
    _run_together(task, missing, n_jobs, on_error, bar)
    left = [path for path in missing if task.row_of(path) is None]
    for path in left:
        # Each in a worker of its own: one of them has killed the others.
        for _ in range(_ATTEMPTS):
            _run_together(task, {path: missing[path]}, 2, on_error, bar)
            if task.row_of(path) is not None:
                break
        else:
            task.note(path, f"its worker died, {_ATTEMPTS + 1} times")
            if on_error == "raise":
                raise RuntimeError(f"{path} could not be annotated: its worker died.")


def _run_together(task, missing, n_jobs, on_error, bar):
    parallel = Parallel(n_jobs, return_as="generator_unordered")
    try:
        with _interrupts_ignored():
            results = parallel(delayed(task)(*item) for item in missing.items())
        for name, error in results:
            bar.update()
            if error is not None and on_error == "raise":
                raise RuntimeError(f"{name} could not be annotated: {error}")
    except Exception as error:
        # joblib's of its own workers, and Dask's of those of a cluster.
        is_dead = isinstance(error, BrokenProcessPool)
        if not is_dead and type(error).__name__ != "KilledWorker":
            raise


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


def _paths_of(recordings):
    if isinstance(recordings, str | os.PathLike):
        path = Path(recordings)
        paths = recordings_in(path) if path.is_dir() else [path]
    else:
        paths = [Path(path) for path in recordings]
    return paths


def _row_of_failure(path, reason):
    return {
        "recording": str(path),
        "status": "failed",
        "reason": reason,
        "files": [],
        "mark": "",
    }


def _reason_of(error):
    """Return why a recording could not be annotated, in words for people."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    words = " ".join(str(error).split())
    # These are ours, or of a library that says what is wrong; others need their name.
    is_told = isinstance(error, ValueError | OSError | ImportError | RuntimeError)
    return words if is_told and words else f"{type(error).__name__}: {words}"


class _Task:
    """What is done with each recording; it goes to the workers."""

    def __init__(self, model, out, formats, annotator, lead):
        self.parcel, self.out, self.formats = Parcel(model), out, formats
        self.annotator, self.lead = annotator, lead
        options = repr((formats, annotator, lead)).encode()
        self._mark = hashlib.sha256(content_of(model) + options).hexdigest()

    def __call__(self, path: Path, mark: str) -> tuple[str, str | None]:
        """Annotate a recording, write the files, and note what was done."""
        start = time.monotonic()
        try:
            row = self._done(path)
            error = None
        except Exception as failure:
            error = _reason_of(failure)
            row = _row_of_failure(path, error)
        seconds = round(time.monotonic() - start, 2)
        self._write(path, row | {"seconds": seconds, "mark": mark})
        return str(path), error

    def _done(self, path):
        recording = as_recording(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            annotation = annotate(recording, self.parcel.model, lead=self.lead)
            files = [
                write_output(annotation, self.out, fmt, self.annotator).name
                for fmt in self.formats
            ]
        counts = annotation.per_hour().drop(columns="heart_rate").sum()
        return {
            "status": "done",
            "reason": "",
            "hours": round(recording.duration / 3600, 4),
            **{name: int(count) for name, count in counts.items()},
            "files": files,
        }

    def note(self, path, reason):
        """Note why a recording failed that no worker could speak for."""
        self._write(path, _row_of_failure(path, reason))

    def forget(self, path):
        """Forget what is noted of a recording."""
        self._row_file(path).unlink(missing_ok=True)

    def _write(self, path, row):
        with written_whole(self._row_file(path)) as temporary:
            temporary.write_text(json.dumps({"recording": str(path)} | row))

    def row_of(self, path):
        """Return what is noted of a recording, or None."""
        try:
            return json.loads(self._row_file(path).read_text())
        except (OSError, ValueError):
            return None

    def is_done(self, path, mark):
        """Tell whether a recording was annotated as it is now."""
        row = self.row_of(path)
        if row is None or row["status"] != "done" or row["mark"] != mark:
            return False
        return all(file.is_file() for file in self._files_of(path))

    def _files_of(self, path):
        """Return the files that are written of a recording."""
        return [
            output_of(name_of(path), self.out, fmt, self.annotator)
            for fmt in self.formats
        ]

    def clear(self):
        """Remove what processes have left behind that were killed."""
        clear_unfinished(self.out)
        clear_unfinished(self.out / _ROWS)

    def _row_file(self, path):
        return self.out / _ROWS / f"{plain_name(name_of(path))}.json"

    def marks_of(self, paths):
        """Return a mark that changes with the recording's files, model or options."""
        files = {parent: _files_by_stem(parent) for parent in {p.parent for p in paths}}
        beside = {parent for parent in files if parent.resolve() == self.out.resolve()}
        marks = {}
        for path in paths:
            seen = files[path.parent].get(path.stem, [])
            if path.parent in beside:
                written = {file.name for file in self._files_of(path)}
                seen = [about for about in seen if about[0] not in written]
            text = repr((str(path.resolve()), sorted(seen), self._mark))
            marks[path] = hashlib.sha256(text.encode()).hexdigest()
        return marks


def _files_by_stem(directory):
    """Return the files of a directory, by all that may be the stem of a recording."""
    files = defaultdict(list)
    try:
        entries = [entry for entry in os.scandir(directory) if entry.is_file()]
    except OSError:
        # Whoever reads the recording says what is wrong with it.
        return files
    for entry in entries:
        try:
            state = entry.stat()
        except FileNotFoundError:  # gone since it was listed
            continue
        about = (entry.name, state.st_size, state.st_mtime_ns)
        first, *others = entry.name.split(".")
        for n_others in range(max(len(others), 1)):
            files[".".join([first, *others[:n_others]])].append(about)
    return files


def _manifest(rows):
    rows = [row for row in rows if row is not None]
    first = ["recording", "status", "reason", "hours", "beats"]
    names = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    names = [name for name in names if name not in ("seconds", "mark", "files")]
    table: dict[str, Any] = {
        name: [row.get(name) for row in rows] for name in [*names, "seconds"]
    }
    table["files"] = [" ".join(row["files"]) for row in rows]
    counts = [name for name in names if name not in ("recording", "status", "reason")]
    manifest = pd.DataFrame(table)
    for name in counts:
        values = pd.to_numeric(manifest[name])
        manifest[name] = values if name == "hours" else values.astype("Int64")
    return manifest
