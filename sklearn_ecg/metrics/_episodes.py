"""Episodes of two annotators of one recording, compared as epicmp does."""

from __future__ import annotations

from numbers import Real
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from .._messages import warn
from .._parameter_checks import FLAG, NONE, AnyOf, Choice, Number, check, checked
from ..beats import samples_in
from ..records import Recording, RecordingLike, as_recording
from ._annotation_set import name_of, read_tables
from ._comparison import clock, ends_too_early
from ._episode_comparison import COUNTS, DURATIONS, EpisodeComparison
from ._episode_overlap import NO_STOP, UNKNOWN, Period, tally
from ._episode_set import (
    KINDS,
    ST_KINDS,
    EpisodeSet,
    check_has_texts,
    is_episode_table,
)
from ._matching import SECONDS

_PARAMETERS = {
    "kind": Choice(KINDS),
    "start": SECONDS,
    "shortest": SECONDS,
    "shortest_of": Choice(("own", "both")),
    "exclude_flutter": FLAG,
}


def compare_episodes(
    recording: RecordingLike,
    reference: str | pd.DataFrame = "atr",
    test: str | pd.DataFrame = "ext",
    *,
    kind: Literal["AF", "VF", "ST", "ST0", "ST1"] = "AF",
    start: float = 300,
    stop: float | None = None,
    shortest: float = 0.0,
    shortest_of: Literal["own", "both"] = "own",
    exclude_flutter: bool = False,
) -> EpisodeComparison:
    """Compare the episodes of a recording one by one, as PhysioNet's ``epicmp`` does.

    Parameters
    ----------
    recording : Recording, str, path-like or wfdb.Record
        Whose episodes they are; it says the sampling rate and the length. Signals are
        not read, and need not be there.
    reference : str or DataFrame, default="atr"
        The episodes that are taken as true: the extension of an annotation file; a
        table with the columns ``sample`` and ``symbol`` (of WFDB), and for AF and ST
        ``note``; or a table with the columns ``kind``, ``start`` and ``stop`` (in
        seconds), of which the rows of `kind` count.
    test : str or DataFrame, default="ext"
        The episodes to score, likewise.
    kind : {"AF", "VF", "ST", "ST0", "ST1"}, default="AF"
        Atrial fibrillation, ventricular flutter and fibrillation, or changes of the ST
        segment in either signal, in the first or in the second.
    start : float, default=300
        Where to begin, in seconds. EC57 lets a device learn until 5:00.
    stop : float, default=None
        Where to end, in seconds, be it after the end of the recording. None is its
        length; 0 and infinity are no end: episodes count as far as annotations go.
    shortest : float, default=0
        Episodes that last less than this between `start` and `stop` do not count, in
        seconds.
    shortest_of : {"own", "both"}, default="own"
        Which episodes have to last as long: each that is counted, which a shorter one
        of the other annotator may still meet; or also those others, by their whole
        length. They are the options ``-i`` and ``-I`` of ``epicmp``.
    exclude_flutter : bool, default=False
        Whether to cut atrial flutter of the reference, ``(AFL``, out of the AF of the
        test, as EC38:1998 did. It concerns no other kind. The option ``-x``.

    Returns
    -------
    comparison : EpisodeComparison
        Counts, durations and scores. A score without any episode to count is NaN.

    Raises
    ------
    FileNotFoundError
        If the recording or an annotation file is not there.
    ValueError
        If a parameter, a table or a file is not as it must be, or the recording ends
        before `start`.
    TypeError
        If `reference` or `test` is neither a name nor a table.

    Warns
    -----
    UserWarning
        If no time is compared: the length of the recording is not known and no `stop`
        is given, or the end is `start`.

    See Also
    --------
    compare_episode_records : All records of a directory, gross and average.
    compare_annotations : The same beat by beat.

    Notes
    -----
    The rules are those of ``epicmp`` 10.7.0:

    - AF begins where the text of a rhythm mark ``+`` begins with ``(AFIB``, and ends at
      the next mark of another text. VF is from ``[`` to ``]``. ST in the first signal
      is from a mark ``s`` of ``(ST0`` to one of ``ST0``, with the last ``AST0`` between
      them as its extremum; in either, for as long as one is open. What is open at the
      end of the file ends at `stop`, or at the last annotation if that is later.
    - Each annotator's episodes are counted by themselves, cut to the time from `start`
      to `stop`; one that ends at `start` counts, with a duration of 0. An episode is
      met if it overlaps with an episode of the other by a sample. One of ST has to
      overlap by half its duration, or where its extremum is.
    - Times are rounded to samples, halves upwards.

    So that figures are the same, some of its faults are reproduced:

    - With `exclude_flutter`, an episode that begins in flutter becomes longer by what
      is cut out of it, where it should become shorter.
    - Without an end (``stop=0``), the extrema of ST do not count.
    - A header without a length leaves nothing to compare until `stop` is given. Here
      that is so only if the signal file is missing, too.

    References
    ----------
    ANSI/AAMI EC57:2012, *Testing and reporting performance results of cardiac rhythm
    and ST segment measurement algorithms*; G. B. Moody, ``epicmp``, in the *WFDB
    Applications Guide*, https://physionet.org/physiotools/wag/epicmp-1.htm.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_ecg.metrics import compare_episodes
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.zeros(100 * 900), 100, "II", name="a")
    >>> reference = pd.DataFrame(
    ...     {
    ...         "sample": [40000, 50000, 60000, 70000],
    ...         "symbol": ["+", "+", "+", "+"],
    ...         "note": ["(AFIB", "(N", "(AFIB", "(N"],
    ...     }
    ... )
    >>> test = pd.DataFrame({"kind": ["AF"], "start": [380.0], "stop": [720.0]})
    >>> comparison = compare_episodes(recording, reference, test)
    >>> print(comparison)
    Record a: AF episodes, the test table against the reference table, 5:00 to 15:00
    <BLANKLINE>
             TPs FN TPp FP      Se      +P
    episodes   2  0   1  0  1.0000  1.0000
    <BLANKLINE>
             reference  overlap     test  overlap      Se      +P
    duration   200.000  200.000  340.000  200.000  1.0000  0.5882
    <BLANKLINE>
    Durations in seconds. AF of the time: reference 33.33 %, test 56.67 %.
    """
    options = checked_options(
        "compare_episodes",
        kind=kind,
        start=start,
        stop=stop,
        shortest=shortest,
        shortest_of=shortest_of,
        exclude_flutter=exclude_flutter,
    )
    recording = as_recording(recording)
    sources = {"reference": reference, "test": test}
    marked = {k: one for k, one in sources.items() if not is_episode_table(one)}
    for role, given in marked.items():
        check_has_texts(role, given, options.kind)
    tables = sources | read_tables(recording, marked)
    names = {role: name_of(role, given) for role, given in sources.items()}
    return compare_tables(recording, tables, names, options)


class EpisodeOptions(NamedTuple):
    """The parameters of both comparisons, checked."""

    kind: str
    start: float
    stop: float | None  # 0 if there is no end
    shortest: float
    shortest_of: str
    exclude_flutter: bool


def checked_options(owner: str, **values) -> EpisodeOptions:
    """Check what both comparisons take."""
    values = checked(owner, values, _PARAMETERS)
    start, stop = values["start"], values["stop"]
    if isinstance(stop, Real) and not isinstance(stop, bool) and stop in (0, np.inf):
        return EpisodeOptions(**values | {"stop": 0.0})
    text = f"None, a number of seconds of at least {start:g}, or 0 for no end"
    allowed = AnyOf(NONE, Number(start), text=text)
    return EpisodeOptions(**values | {"stop": check(owner, "stop", stop, allowed)})


def compare_tables(
    recording: Recording,
    tables: dict[str, pd.DataFrame],
    names: dict[str, str],
    options: EpisodeOptions,
) -> EpisodeComparison:
    """Compare the episodes in tables of either kind, by role."""
    rate = recording.sampling_rate
    period = _period_of(recording, options)
    sets = {
        role: _episodes_of(table, options.kind, period, rate, role)
        for role, table in tables.items()
    }
    of_reference, of_test = _tallies(sets, tables["reference"], period, rate, options)
    last = period.last
    if last == NO_STOP:
        last = max(one.last for one in sets.values())
    return EpisodeComparison(
        record=recording.name,
        reference=names["reference"],
        test=names["test"],
        kind=options.kind,
        start=options.start,
        stop=max(last / rate, options.start),
        shortest=options.shortest,
        counts=pd.Series([*of_reference[:2], *of_test[:2]], COUNTS),
        durations=pd.Series([*of_reference[2:], *of_test[2:]], DURATIONS) / rate,
    )


def _period_of(recording, options):
    """Return what is compared, in samples."""
    rate = recording.sampling_rate
    first = samples_in(options.start, rate)
    last = recording.n_samples or UNKNOWN
    if options.stop is not None:
        last = samples_in(options.stop, rate)
    elif UNKNOWN < last < first:
        raise ends_too_early(recording, options.start, last)
    if last == UNKNOWN:
        warn(
            f"The length of recording {recording.name!r} is not known, so none of it "
            "is compared, as in epicmp. Pass stop=0 to compare as far as the "
            "annotations go."
        )
    elif last == first and last != NO_STOP:
        warn(
            f"Recording {recording.name!r} is compared from {clock(options.start)} to "
            "the same time, so none of it counts. Pass start=0 to compare from the "
            "beginning."
        )
    return Period(first, last)


def _episodes_of(table, kind, period, rate, role):
    if is_episode_table(table):
        return EpisodeSet.of_table(table, kind, rate, role)
    return EpisodeSet.of_marks(table, kind, period.last)


def _tallies(sets, reference, period, rate, options):
    """Go through the episodes of the reference, then of the test."""
    first, second = sets["reference"], sets["test"]
    shortest = samples_in(options.shortest, rate)
    rules = {
        "is_st": options.kind in ST_KINDS,
        "shortest": shortest,
        "shortest_of_others": shortest if options.shortest_of == "both" else 0,
    }
    flutter = None
    if options.exclude_flutter and options.kind == "AF":
        flutter = _episodes_of(reference, "AFL", period, rate, "reference")
    return (
        tally(first, second, period, **rules),
        tally(second, first, period, flutter=flutter, **rules),
    )
