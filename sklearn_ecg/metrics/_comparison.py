"""Two annotators of one recording, compared as bxb does, and shown as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._messages import warn
from .._parameter_checks import FLAG, NONE, AnyOf, Number, check, checked
from ..beats import pair_beats, samples_in
from ..records import AAMI_CLASSES, RecordingLike, as_recording
from ._annotation_set import AnnotationSet, compare_runs, read_sets
from ._ec57 import UNMATCHED, confusion, scores_of_ectopic_beats
from ._matching import SECONDS, detection_row

SHUT_DOWN = "X"
LABELS = [*AAMI_CLASSES, UNMATCHED, SHUT_DOWN]

PARAMETERS = {
    "start": SECONDS,
    "stop": AnyOf(NONE, SECONDS),
    "window": Number(0, closed="neither", noun="number of seconds"),
    "runs": FLAG,
}


class NothingToCompareError(ValueError):
    """There is no beat of either annotator in the stretch, or no such stretch."""


@dataclass(frozen=True, eq=False)
class AnnotationComparison:
    """How the annotations of one recording agree; print it to read it.

    Made by `compare_annotations`.

    Attributes
    ----------
    record : str
        The recording.
    reference, test : str
        The annotators.
    start, stop : float
        What was compared, in seconds.
    window : float
        The match window, in seconds.
    confusion : DataFrame of shape (7, 7)
        Number of beats by class in the reference (rows) and in the test (columns): N,
        S, V, F, Q. In the column O are missed beats, in the row O extra ones; X takes
        their places where the other annotator says that there is no signal.
    scores : DataFrame of shape (3, 9)
        Rows ``QRS``, ``VEB``, ``SVEB``; the columns of `ec57_scores`. Of QRS, ``TN``
        and ``FPR`` are not defined. What is undefined is NaN.
    pairs : DataFrame of shape (n_pairs, 5)
        One row for each count of `confusion`, in time order: ``time`` in seconds (of
        the reference beat, if there is one), the samples ``reference`` and ``test``
        (``<NA>`` for none), and the classes ``y_true`` and ``y_pred``.
    rr_error : float
        Root mean square difference of the RR intervals, in ms.
    n_rr_intervals : int
        Over how many intervals: those between two successive pairs, outside of
        ventricular fibrillation.
    shutdown : float
        How long the test says that there is no signal, in seconds.
    reference_shutdown : float
        How long the reference says so, in seconds.
    ventricular_fibrillation : float
        How long it lasts by the reference, in seconds.
    n_excused : int
        Test beats in ventricular fibrillation that match nothing, and do not count.
    runs : DataFrame of shape (6, 6) or None
        Rows ``VE couplets``, ``VE short runs`` (3 to 5 beats), ``VE long runs`` (6 and
        more), and the same for SVE. Columns: reference runs found (``true``) and
        ``missed``, test runs that are ``right`` and ``false``, and from them ``Se``
        and ``+P``. None, unless asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_ecg.metrics import compare_annotations
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.zeros(5000), 250, "II")
    >>> reference = pd.DataFrame({"sample": [250, 500], "symbol": ["N", "V"]})
    >>> test = pd.DataFrame({"sample": [252, 501], "symbol": ["N", "N"]})
    >>> comparison = compare_annotations(recording, reference, test, start=0)
    >>> int(comparison.confusion.loc["V", "N"])
    1
    >>> comparison.scores.loc["VEB", ["TP", "FN", "FP"]].astype(int).tolist()
    [0, 1, 0]
    >>> comparison.rr_error  # 250 and 249 samples
    4.0
    """

    record: str
    reference: str
    test: str
    start: float
    stop: float
    window: float
    confusion: pd.DataFrame
    scores: pd.DataFrame
    pairs: pd.DataFrame
    rr_error: float
    n_rr_intervals: int
    shutdown: float
    reference_shutdown: float
    ventricular_fibrillation: float
    n_excused: int
    runs: pd.DataFrame | None = None

    @property
    def mismatches(self) -> pd.DataFrame:
        """The rows of `pairs` in which reference and test differ."""
        return self.pairs[self.pairs["y_true"] != self.pairs["y_pred"]]

    @property
    def missed_in_shutdown(self) -> int:
        """How many beats of any class the test misses where it has no signal."""
        return int(self.confusion[SHUT_DOWN].sum())

    def __str__(self) -> str:
        return describe(self)


def compare_annotations(
    recording: RecordingLike,
    reference: str | pd.DataFrame = "atr",
    test: str | pd.DataFrame = "ext",
    *,
    start: float = 300,
    stop: float | None = None,
    window: float = 0.15,
    runs: bool = False,
) -> AnnotationComparison:
    """Compare the annotations of a recording beat by beat, as PhysioNet's ``bxb`` does.

    Parameters
    ----------
    recording : Recording, str, path-like or wfdb.Record
        Whose annotations they are; it says the sampling rate and the length.
    reference : str or DataFrame, default="atr"
        The annotations that are taken as true: the extension of an annotation file, or
        a table with the columns ``sample`` and ``symbol`` (of WFDB), and if there are
        any ``subtype`` and ``note``.
    test : str or DataFrame, default="ext"
        The annotations to score, likewise.
    start : float, default=300
        Where to begin, in seconds. EC57 lets a device learn until 5:00.
    stop : float, default=None
        Where to end, in seconds; None is the end of the recording, or of the reference
        if the length of the recording is not known.
    window : float, default=0.15
        How far apart two beats may be to be a pair, in seconds; it is rounded to whole
        samples, halves upwards.
    runs : bool, default=False
        Whether to count couplets and runs of ectopic beats, too.

    Returns
    -------
    comparison : AnnotationComparison
        Confusion matrix, scores, pairs and the rest. Scores of beats that neither has
        are NaN.

    Raises
    ------
    FileNotFoundError
        If the recording or an annotation file is not there.
    ValueError
        If a parameter, a table or a file is not as it must be, `stop` is not after
        `start`, or there is nothing to compare: the recording ends before `start`, or
        neither annotator has a beat, and there is no fibrillation nor shutdown.
    TypeError
        If `reference` or `test` is neither a name nor a table.

    Warns
    -----
    UserWarning
        If one of the annotators has no beat between `start` and `stop`.

    See Also
    --------
    compare_records : All records of a directory, gross and average.
    match_beats : The pairs alone, of positions.

    Notes
    -----
    The rules are those of ``bxb`` 10.7.0:

    - Classes are those of ``classes="bxb"`` of
      :func:`~sklearn_ecg.datasets.map_symbols`; `ec57_scores` says how VEB and SVEB
      are counted. QRS counts any class as found.
    - Beats are paired as `match_beats` says. A test beat just before `start` may be of
      the first reference beat; one just after it that is of an earlier reference beat
      does not count. At the end, a pair counts if either beat is before it.
    - From ``[`` to ``]``, in ventricular fibrillation, reference beats do not count,
      and test beats are excused if they match nothing. Test beats between such marks
      of the test do not count.
    - From ``~`` with a subtype that says that there is no signal (-1, or both leads
      unreadable), until the next ``~``, a missed beat is X, not O, and counts as
      missed. A test beat where the reference has no signal is excused in the row X.
    - A run is of successive V beats (with F between them), or of successive S beats.
      Ventricular fibrillation is a long VE run, atrial fibrillation (the rhythm
      ``(AFIB``) a long SVE run. A run is found if the other annotator has, within the
      match window around it, one of at least 2 (couplet), 3 (short run) or 6 beats
      (long run).

    Some faults of ``bxb`` are not reproduced. It leaves S beats out of those missed in
    shutdown. It does not excuse test beats in an open episode of ventricular
    fibrillation after a closed one, nor in the third between two beats. It counts the
    flutter wave ``!`` as a beat outside of ``[`` and ``]``. At start 0, a test beat at
    sample 0 can vanish. ``sumstats`` leaves Fs out of the +P of SVEB.

    References
    ----------
    ANSI/AAMI EC57:2012, *Testing and reporting performance results of cardiac rhythm
    and ST segment measurement algorithms*; G. B. Moody, ``bxb`` and ``rxr``, in the
    *WFDB Applications Guide*, https://physionet.org/physiotools/wag/bxb-1.htm.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_ecg.metrics import compare_annotations
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.zeros(5000), 250, "II", name="bedside")
    >>> reference = pd.DataFrame({"sample": [250, 500, 750], "symbol": ["N", "V", "N"]})
    >>> test = pd.DataFrame({"sample": [252, 501, 900], "symbol": ["N", "N", "N"]})
    >>> comparison = compare_annotations(recording, reference, test, start=0)
    >>> print(comparison)
    Record bedside: the test table against the reference table, 0:00 to 0:20
    <BLANKLINE>
    Rows are classes of the reference, columns of the test; O no beat, X no signal
       N  S  V  F  Q  O  X
    N  1  0  0  0  0  1  0
    S  0  0  0  0  0  0  0
    V  1  0  0  0  0  0  0
    F  0  0  0  0  0  0  0
    Q  0  0  0  0  0  0  0
    O  1  0  0  0  0  0  0
    X  0  0  0  0  0  0  0
    <BLANKLINE>
          beats  TP  FN  FP TN      Se      +P     FPR      F1
    QRS       3   2   1   1  –  0.6667  0.6667       –  0.6667
    VEB       1   0   1   0  2  0.0000       –  0.0000  0.0000
    SVEB      0   0   0   0  3       –       –  0.0000       –
    <BLANKLINE>
    RMS error of 1 RR interval: 4.00 ms
    Beats within 150 ms are pairs. No signal in the test: 0 s, 0 beats missed in it.
    Ventricular fibrillation in the reference: 0 s, 0 test beats excused in it.
    >>> comparison.mismatches[["reference", "test", "y_true", "y_pred"]]
       reference  test y_true y_pred
    1        500   501      V      N
    2        750  <NA>      N      O
    3       <NA>   900      O      N
    """
    start, stop, window, runs = checked_parameters(
        "compare_annotations", start=start, stop=stop, window=window, runs=runs
    )
    recording = as_recording(recording)
    sets = read_sets(recording, reference, test)
    last = _last_sample(recording, sets[0], stop)
    _check_stretch(recording, start, last)
    return _compared(recording, *sets, start, last, window, runs)


def checked_parameters(owner, **values):
    """Check what both comparisons take, and return the values."""
    values = checked(owner, values, PARAMETERS)
    after = Number(values["start"], closed="neither", noun="number of seconds")
    check(owner, "stop", values["stop"], AnyOf(NONE, after))
    return values.values()


def _check_stretch(recording, start, last):
    """Refuse a recording that ends before the comparison starts."""
    if start and last / recording.sampling_rate <= start:
        raise ends_too_early(recording, start, last)


def ends_too_early(recording, start, last) -> NothingToCompareError:
    """Return the error of a recording that ends before the comparison starts."""
    learning = "By default, five minutes are left out for a device to learn. "
    return NothingToCompareError(
        f"There is nothing to compare in recording {recording.name!r}: it ends at "
        f"{clock(last / recording.sampling_rate)}, and the comparison starts at "
        f"{clock(start)}. {learning if start == 300 else ''}Pass start=0 to compare "
        "from the beginning."
    )


def _tell_of_nothing(recording, reference, test, pairs, first, last):
    """Warn of an annotator without beats in the stretch; refuse two of them."""
    roles = {"reference": reference, "test": test}
    without = {role: one for role, one in roles.items() if pairs[role].isna().all()}
    if not without:
        return
    rate = recording.sampling_rate
    fact = (
        f"{' and '.join(one.name for one in without.values())} of recording "
        f"{recording.name!r}: no beat from {clock(first / rate)} to "
        f"{clock(last / rate)}"
    )
    remedy = _remedy(without.values(), first, last)
    spans = reference.fibrillation, reference.shutdown, test.shutdown
    if len(without) == 2 and not any(one.within(first, last).length() for one in spans):
        raise NothingToCompareError(f"{fact}, so there is nothing to compare. {remedy}")
    result = {
        "reference": f"all {len(pairs)} beats of {test.name} match nothing",
        "test": f"all {len(pairs)} beats of {reference.name} are missed",
    }
    told = result[next(iter(without))] if len(without) == 1 else "scores are undefined"
    warn(f"{fact}, so {told}. {remedy}")


def _remedy(annotators, first, last):
    """Say where the beats are that are not between two samples."""
    samples = np.concatenate([one.samples for one in annotators])
    if (samples < first).any():
        n_before = (samples < first).sum()
        return f"Beats before that: {n_before}. Pass start=0 to compare these, too."
    if (samples > last).any():
        return f"Beats after that: {(samples > last).sum()}. Pass a later stop."
    return "Check that this is the annotator that was meant."


def _compared(recording, reference, test, start, last, window, with_runs):
    rate = recording.sampling_rate
    first = start * rate
    span = samples_in(window, rate)
    positions = pair_beats(reference.samples, test.samples, span, first)
    pairs, is_excused = _pairs_of(reference, test, positions, last)
    _tell_of_nothing(recording, reference, test, pairs, first, last)
    counted = pairs[~is_excused].reset_index(drop=True)
    counted.insert(0, "time", _earliest_known(counted) / rate)
    counts = confusion(counted["y_true"], counted["y_pred"], LABELS)
    errors = _rr_errors(counted, reference, test) / rate * 1000
    inside = first, last
    return AnnotationComparison(
        record=recording.name,
        reference=reference.name,
        test=test.name,
        start=start,
        stop=last / rate,
        window=window,
        confusion=counts,
        scores=scores_of(counts),
        pairs=counted,
        rr_error=float(np.sqrt(np.mean(errors**2))) if len(errors) else np.nan,
        n_rr_intervals=len(errors),
        shutdown=test.shutdown.within(*inside).length() / rate,
        reference_shutdown=reference.shutdown.within(*inside).length() / rate,
        ventricular_fibrillation=reference.fibrillation.within(*inside).length() / rate,
        n_excused=int(is_excused.sum()),
        runs=compare_runs(reference, test, *inside, span) if with_runs else None,
    )


def scores_of(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows QRS, VEB and SVEB of a confusion matrix with O and X."""
    beats = counts.loc[[*AAMI_CLASSES]]
    found = beats[[*AAMI_CLASSES]].to_numpy().sum().item()
    missed = beats[[UNMATCHED, SHUT_DOWN]].to_numpy().sum().item()
    qrs = detection_row(found, missed, counts.loc[UNMATCHED].sum().item())
    # Whether it was in shutdown or not, a missed beat is missed.
    merged = counts.drop(index=SHUT_DOWN, columns=SHUT_DOWN)
    merged[UNMATCHED] = counts[[UNMATCHED, SHUT_DOWN]].sum(axis=1)
    ectopic = scores_of_ectopic_beats(merged)
    return pd.concat([pd.DataFrame(qrs, index=["QRS"]), ectopic])[ectopic.columns]


def _last_sample(recording, reference, stop):
    """Return the sample of the end: of the recording, or `stop` if that is before."""
    asked = np.inf if stop is None else stop * recording.sampling_rate
    if recording.n_samples:
        return min(asked, recording.n_samples)
    return asked if stop is not None else reference.last or 0


def _pairs_of(
    reference: AnnotationSet, test: AnnotationSet, positions: np.ndarray, last: float
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the pairs until the end, and which test beats are in fibrillation."""
    samples = _samples(reference, positions[:, 0]), _samples(test, positions[:, 1])
    first, second = (one.to_numpy(float, na_value=np.nan) for one in samples)
    pairs = pd.DataFrame(
        {
            "reference": samples[0],
            "test": samples[1],
            "y_true": _labels(reference, positions[:, 0], second),
            "y_pred": _labels(test, positions[:, 1], first),
        }
    )
    is_inside = (first <= last) | (second <= last)
    is_excused = np.isnan(first) & reference.fibrillation.hold(second)
    return pairs[is_inside], is_excused[is_inside]


def _samples(annotations, positions):
    """Return the samples of the beats of an annotator, <NA> where it has none."""
    samples = pd.Series(np.append(annotations.samples, -1)[positions], dtype="Int64")
    return samples.mask(positions < 0)


def _labels(annotations, positions, samples_of_others):
    """Return the labels of the beats of an annotator; where it has none, O or X."""
    labels = np.append(annotations.labels, "")[positions]
    is_down = annotations.shutdown.hold(samples_of_others)
    no_label = np.where(is_down, SHUT_DOWN, UNMATCHED)
    return np.where(positions < 0, no_label, labels).astype(object)


def _earliest_known(pairs):
    """Return the sample of each reference beat, or else of the test beat."""
    return pairs["reference"].fillna(pairs["test"]).to_numpy(dtype=float)


def _rr_errors(pairs, reference, test):
    """Return by how many samples RR intervals differ, where both have them."""
    samples = [
        pairs[name].to_numpy(float, na_value=np.nan) for name in ("reference", "test")
    ]
    errors = np.diff(samples[1]) - np.diff(samples[0])
    starts, stops = samples[0][:-1], samples[0][1:]
    in_fibrillation = reference.fibrillation.touch(starts, stops)
    in_fibrillation |= test.fibrillation.touch(starts, stops)
    return errors[~np.isnan(errors) & ~in_fibrillation]


_RATIOS = ("Se", "+P", "FPR", "F1")
_MATRIX = (
    "Rows are classes of the reference, columns of the test; O no beat, X no signal"
)


def describe(comparison) -> str:
    """Return the text of an `AnnotationComparison`."""
    one = comparison
    n = one.n_rr_intervals
    facts = [
        f"RMS error of {n} RR interval{'' if n == 1 else 's'}: "
        f"{number(one.rr_error, 2)} ms",
        f"Beats within {one.window * 1000:g} ms are pairs. No signal in the test: "
        f"{one.shutdown:.0f} s, {one.missed_in_shutdown} beats missed in it.",
        f"Ventricular fibrillation in the reference: "
        f"{one.ventricular_fibrillation:.0f} s, {one.n_excused} test beats excused in "
        "it.",
    ]
    parts = [
        f"Record {one.record}: {one.test} against {one.reference}, "
        f"{clock(one.start)} to {clock(one.stop)}",
        f"{_MATRIX}\n{one.confusion}",
        printable(one.scores).to_string(),
        "\n".join(facts),
    ]
    return "\n\n".join([*parts, *text_of_runs(one.runs)])


def describe_records(comparisons) -> str:
    """Return the text of a `RecordComparison`."""
    table = comparisons.summary
    counts = [name for name in table if not name.endswith(_RATIOS)]
    digits = {name: 0 for name in counts} | {"RR error": 2}
    text = pd.DataFrame(
        {
            name: [number(value, digits.get(name, 4)) for value in table[name]]
            for name in table
        },
        index=table.index,
    )
    n = len(comparisons.per_record)
    head = (
        f"{n} record{'' if n == 1 else 's'}: {comparisons.test} against "
        f"{comparisons.reference}. Shutdown and VF in seconds, RR error in ms"
    )
    runs = [name for name in text if name.startswith(("VE ", "SVE "))]
    tables = [text.drop(columns=runs).to_string()]
    tables += [_of_runs(text, kind) for kind in ("VE", "SVE") if runs]
    parts = [
        head,
        *tables,
        f"{_MATRIX}, all records\n{comparisons.confusion}",
        f"Gross\n{printable(comparisons.scores).to_string()}",
    ]
    return "\n\n".join([*parts, *text_of_runs(comparisons.runs)])


def text_of_runs(runs) -> list[str]:
    """Return the part about runs, if there is one."""
    return [] if runs is None else [f"Runs\n{printable(runs).to_string()}"]


def printable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of counts and fractions as text."""
    return table.apply(
        lambda column: [
            number(value, 4 if column.name in _RATIOS else 0) for value in column
        ]
    )


def number(value: float, digits: int) -> str:
    """Return a number as text, and a dash for what is undefined."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, or hours before them."""
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{rest:06.3f}".rstrip("0").rstrip(".")
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}"


def _of_runs(text, kind):
    """Return the columns about VE or SVE runs."""
    columns = [name for name in text if name.startswith(f"{kind} ")]
    return text[columns].to_string()
