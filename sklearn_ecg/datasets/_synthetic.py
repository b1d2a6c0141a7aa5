"""Synthetic ECG records with annotated beats of the five AAMI classes."""

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import wfdb
from sklearn.utils import Bunch, check_random_state

from .._files import all_written_whole, check_size, made_directory
from .._parameter_checks import Names, Number, WholeNumber, check
from .._types import PathLike, RandomState
from ..beats import beat_table, concatenate
from ..records import (
    AAMI_CLASSES,
    absolute_path,
    labels_in_order,
    map_symbols,
    resolve_scheme,
)
from ._loading import bunch_of_beats
from ._synthetic_signals import (
    LEAD_DIRECTIONS,
    Canvas,
    cut_to,
    draw_heart,
    draw_noise,
    draw_rhythm,
    fibrillate,
    render_beats,
)

# The converter of the MIT-BIH Arrhythmia Database: 11 bits over 10 mV.
_GAIN = 200.0
_ZERO = 1024
_HIGHEST = 2047
_FORMAT = "212"

_DEFAULT_FREQUENCIES = {"N": 0.77, "S": 0.06, "V": 0.09, "F": 0.03, "Q": 0.05}
_SYMBOLS = {"S": "A", "V": "V", "F": "F", "Q": "/"}
_COMMENT = "Synthetic ECG made by sklearn_ecg.datasets.make_ecg; there is no patient."


@dataclass(frozen=True)
class _Recorder:
    """How signals are taken: seconds, Hz, names of leads, noise in mV."""

    duration: float
    sampling_rate: float
    leads: tuple
    noise_levels: tuple
    mains_frequency: float
    fibrillation: tuple  # Pairs of seconds


@dataclass(frozen=True)
class _Patient:
    """What makes one record different from the next."""

    name: str
    heart_rate: float
    shares: dict
    conduction: str
    is_fibrillating: bool


def make_ecg(
    n_records: int = 4,
    *,
    duration: float = 60.0,
    sampling_rate: float = 360,
    leads: Sequence[str] = ("MLII", "V1"),
    class_frequencies: Mapping[str, float] | None = None,
    heart_rate: tuple[float, float] = (55.0, 95.0),
    atrial_fibrillation: Sequence[tuple[float, float]] = (),
    baseline_wander: float = 0.12,
    muscle_noise: float = 0.02,
    mains_noise: float = 0.005,
    mains_frequency: float = 50.0,
    random_state: RandomState = None,
    directory: PathLike | None = None,
) -> Bunch:
    """Make synthetic ECG records with annotated beats of all five AAMI classes.

    Every record is another patient, with beats, axis, heart rate and noise of their
    own. The beats are normal ones (N, in some patients with bundle branch block or
    atrial fibrillation), supraventricular ectopic (S: early, another P wave, the sinus
    node reset), ventricular ectopic (V: early, wide, no P wave, the T wave against the
    QRS complex, a compensatory pause), fusions of a normal and a ventricular beat (F),
    and, in some patients, paced beats (Q: a spike, then a wide QRS complex).

    They are for examples and tests. What a classifier scores on them says nothing about
    how it does on people.

    Parameters
    ----------
    n_records : int, default=4
        Number of records, one patient each.

    duration : float, default=60.0
        Length of each record in seconds, at least 5.

    sampling_rate : float, default=360
        In Hz, at least 100. The same `random_state` gives the same ECG at any rate:
        beats at the same times (to rounding), of the same classes and shapes.

    leads : sequence of str, default=("MLII", "V1")
        Names of the leads, among I, II, III, aVR, aVL, aVF, MLII and V1 to V6.

    class_frequencies : mapping of str to float, default=None
        Relative frequency of the AAMI classes N, S, V, F and Q over all records; a
        class left out does not occur, but N must. Records differ in what they hold of
        each, as patients do. None stands for N 77 %, S 6 %, V 9 %, F 3 %, Q 5 %.

    heart_rate : tuple of two floats, default=(55.0, 95.0)
        Lowest and highest mean heart rate of a patient, in beats per minute.

    atrial_fibrillation : sequence of pairs of float, default=()
        When it begins and ends in each record, in seconds: intervals are irregular and
        shorter, P waves are missing, and no beat is S.

    baseline_wander, muscle_noise, mains_noise : float, default=0.12, 0.02, 0.005
        Root mean square of the noise of each kind, in mV; it differs by patient.

    mains_frequency : float, default=50.0
        In Hz. Left out of records sampled at less than twice this rate.

    random_state : int, RandomState instance or None, default=None
        Determines everything; pass an int for the same records, bit for bit, at every
        call.

    directory : str or path-like, default=None
        Where to write the records as WFDB files (``.hea``, ``.dat`` in format 212, and
        annotations of beats and rhythms ``.atr``), for any other tool to read; made if
        missing. By default the records are kept in memory.

    Returns
    -------
    beats : Bunch
        What :func:`~sklearn_ecg.datasets.load_beats` returns, `data`, `target`,
        `groups`, `rhythm` (``"N"`` or ``"AFIB"``), `target_names` and `DESCR`, and

        - ``records``: list of `wfdb.Record`, or of str, the paths of the records where
          `directory` is given. The column ``record`` of `data` refers to them.

        With a directory, ``load_beats(directory)`` gives the same table.

    Raises
    ------
    TypeError, ValueError
        If a parameter is of another type or out of its range.
    FileExistsError
        If `directory` holds records other than those to be written.

    References
    ----------
    P. E. McSharry, G. D. Clifford, L. Tarassenko and L. A. Smith (2003), A dynamical
    model for generating synthetic electrocardiogram signals, IEEE Transactions on
    Biomedical Engineering 50(3):289-294. R. Sameni, G. D. Clifford, C. Jutten and M. B.
    Shamsollahi (2007), Multichannel ECG and noise modeling, EURASIP Journal on Advances
    in Signal Processing 2007:043407.

    Examples
    --------
    >>> from sklearn_ecg.datasets import make_ecg
    >>> beats = make_ecg(n_records=2, duration=30, random_state=0)
    >>> beats.target_names
    ['N', 'S', 'V', 'F', 'Q']
    >>> beats.records[0].p_signal.shape
    (10800, 2)
    >>> beats.data["record"].iloc[0] is beats.records[0]
    True

    Half an hour of which ten minutes are atrial fibrillation:

    >>> beats = make_ecg(1, duration=1800, atrial_fibrillation=[(600, 1200)])
    >>> bool((beats.rhythm == "AFIB").any())
    True
    """
    check("make_ecg", "n_records", n_records, WholeNumber(1))
    _check_number(duration, "duration", 5, 7 * 24 * 3600)
    _check_number(sampling_rate, "sampling_rate", 100, 100_000)
    levels = (baseline_wander, muscle_noise, mains_noise)
    _check_noise(levels, mains_frequency)
    _check_leads(leads)
    _check_heart_rate(heart_rate)
    frequencies = _check_frequencies(class_frequencies)
    stretches = _checked_stretches(atrial_fibrillation, duration)
    recorder = _Recorder(
        duration, sampling_rate, tuple(leads), levels, mains_frequency, stretches
    )
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    patients = _draw_patients(seed, n_records, frequencies, heart_rate)
    if directory is not None:
        directory = _prepare_directory(directory, [p.name for p in patients])
    records, tables, symbols, rhythms = [], [], [], []
    for number, patient in enumerate(patients):
        record, samples, beat_symbols, beat_rhythms = _make_record(
            [seed, number], patient, recorder
        )
        if directory is not None:
            record = _write(record, samples, beat_symbols, beat_rhythms, directory)
        records.append(record)
        tables.append(beat_table(record, samples))
        symbols.append(beat_symbols)
        rhythms.append(beat_rhythms)
    target = map_symbols(np.concatenate(symbols))
    return bunch_of_beats(
        concatenate(tables),
        target,
        np.repeat([p.name for p in patients], [len(table) for table in tables]),
        labels_in_order(resolve_scheme("aami"), target),
        f"Synthetic heartbeats: {n_records} records of {duration:g} s by make_ecg.\n"
        "Figures reached on them are evidence of nothing but a working program.",
        rhythm=np.concatenate(rhythms),
        records=records,
    )


def _draw_patients(seed, n_records, frequencies, heart_rate):
    rng = np.random.default_rng([seed, n_records])
    shares = {
        kind: _spread(rng, frequencies[kind], n_records, paced=kind == "Q")
        for kind in "SVFQ"
    }
    # Few records are all plain, so that the classes are learnt in any small example.
    oddities = ["L"] * (n_records // 16) + ["R"] * (n_records // 12)
    oddities += ["fibrillation"] * (n_records // 12)
    oddities += ["N"] * (n_records - len(oddities))
    oddities = rng.permutation(oddities)
    rates = rng.uniform(*heart_rate, size=n_records)
    width = max(3, len(str(n_records - 1)))
    return [
        _Patient(
            name=f"synthetic_{number:0{width}d}",
            heart_rate=rates[number],
            shares={kind: shares[kind][number] for kind in "SVFQ"},
            conduction=oddity if oddity in "LR" else "N",
            is_fibrillating=oddity == "fibrillation",
        )
        for number, oddity in enumerate(oddities)
    ]


def _spread(rng, frequency, n_records, paced):
    """Spread the share of one class over records, unevenly, its mean kept."""
    if paced:
        # Some patients have a pacemaker, which makes part of their beats; at least
        # three, so that a split by patient can learn from some and test on others.
        n_paced = np.clip(round(n_records * frequency / 0.2), min(3, n_records), None)
        propensity = (np.arange(n_records) < n_paced).astype(float)
    else:
        propensity = 0.5 + rng.gamma(2.0, 0.25, size=n_records)
    propensity = rng.permutation(propensity / propensity.mean())
    return np.minimum(frequency * propensity, 1.0)


def _make_record(seed, patient, recorder):
    """Return one record with the samples, symbols and rhythms of its beats."""
    # A stream for each purpose: no parameter of one moves what another draws.
    rhythm_rng, heart_rng, beat_rng, mark_rng, atrial_rng = (
        np.random.default_rng([*seed, stream]) for stream in (0, 1, 2, 3, 5)
    )
    rhythm = draw_rhythm(
        rhythm_rng,
        recorder.duration,
        patient.heart_rate,
        patient.shares,
        patient.is_fibrillating,
    )
    if not patient.is_fibrillating:
        rhythm = fibrillate(atrial_rng, rhythm, recorder.fibrillation)
    rhythm = cut_to(rhythm, recorder.duration)
    heart = draw_heart(heart_rng, patient.conduction, not patient.is_fibrillating)
    signals = np.stack(
        [_draw_lead_noise(seed, lead, recorder) for lead in recorder.leads]
    )
    directions = np.array([LEAD_DIRECTIONS[lead] for lead in recorder.leads])
    canvas = Canvas(signals, recorder.sampling_rate, directions)
    render_beats(beat_rng, heart, rhythm, canvas)
    # People mark an R peak to a few milliseconds.
    marked = rhythm.times + 0.003 * mark_rng.normal(size=len(rhythm.times))
    samples = np.rint(marked * recorder.sampling_rate).astype(np.int64)
    symbols = [_SYMBOLS.get(kind, patient.conduction) for kind in rhythm.kinds]
    is_fibrillating = rhythm.is_fibrillating | patient.is_fibrillating
    rhythms = np.where(is_fibrillating, "AFIB", "N")
    record = _digitise(signals, patient.name, recorder)
    return record, samples, np.array(symbols), rhythms


def _draw_lead_noise(seed, lead, recorder):
    # Seeded by the name of the lead, so that its noise is its own in any set of leads.
    rng = np.random.default_rng([*seed, 4, list(LEAD_DIRECTIONS).index(lead)])
    individual = rng.lognormal(sigma=0.35, size=3)
    return draw_noise(
        rng,
        round(recorder.duration * recorder.sampling_rate),
        recorder.sampling_rate,
        *(individual * recorder.noise_levels),
        recorder.mains_frequency,
    )


def _digitise(signals, name, recorder):
    """Make a record of what an analogue-to-digital converter makes of signals."""
    digital = np.clip(np.rint(signals.T * _GAIN) + _ZERO, 0, _HIGHEST)
    n_leads = len(recorder.leads)
    return wfdb.Record(
        record_name=name,
        p_signal=(digital - _ZERO) / _GAIN,
        n_sig=n_leads,
        fs=recorder.sampling_rate,
        sig_len=len(digital),
        sig_name=list(recorder.leads),
        units=["mV"] * n_leads,
        fmt=[_FORMAT] * n_leads,
        adc_gain=[_GAIN] * n_leads,
        baseline=[_ZERO] * n_leads,
        adc_res=[11] * n_leads,
        adc_zero=[_ZERO] * n_leads,
        comments=[_COMMENT],
    )


def _write(record, samples, symbols, rhythms, directory):
    """Write a record and its annotations as WFDB files and return its path."""
    with warnings.catch_warnings(), all_written_whole(directory) as unfinished:
        # wfdb 4.3 calls pandas in ways that pandas 3.1 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        _write_signals(record, str(unfinished))
        n_written = _write_annotations(
            record, samples, symbols, rhythms, str(unfinished)
        )
        _check_written(unfinished / record.record_name, record, n_written)
    return absolute_path(os.path.join(directory, record.record_name))


def _write_signals(record, directory):
    wfdb.wrsamp(
        record.record_name,
        fs=record.fs,
        units=record.units,
        sig_name=record.sig_name,
        d_signal=np.rint(record.p_signal * _GAIN + _ZERO).astype(np.int64),
        fmt=record.fmt,
        adc_gain=record.adc_gain,
        baseline=record.baseline,
        comments=record.comments,
        write_dir=directory,
    )


def _write_annotations(record, samples, symbols, rhythms, directory):
    """Write beats, and a mark before the first beat of each rhythm; count them."""
    first = np.append(0, 1 + np.flatnonzero(rhythms[1:] != rhythms[:-1]))
    marked = samples[first]
    # A record opens with the annotation of its rhythm, which is no beat.
    marked[0] = 1
    notes = np.full(len(samples), "", dtype=object)
    wfdb.wrann(
        record.record_name,
        "atr",
        sample=np.insert(samples, first, marked),
        symbol=np.insert(symbols.astype(object), first, "+").tolist(),
        aux_note=np.insert(notes, first, [f"({r}" for r in rhythms[first]]).tolist(),
        write_dir=directory,
    )
    return len(samples) + len(first)


def _check_written(path, record, n_annotations):
    """Raise an error if wfdb, which tells of none, wrote a part of its files."""
    # Two samples of format 212 take three bytes.
    check_size(path.with_suffix(".dat"), math.ceil(record.p_signal.size * 1.5))
    n_read = len(wfdb.rdann(str(path), "atr").sample)
    if n_read != n_annotations:
        raise OSError(f"{path.name}.atr was written in part; the disk may be full.")


def _prepare_directory(directory, names):
    directory = made_directory(directory)
    written = {f"{name}.hea" for name in names}
    others = sorted(p.name for p in directory.glob("*.hea") if p.name not in written)
    if (directory / "RECORDS").exists():
        others.append("RECORDS")
    if others:
        raise FileExistsError(
            f"directory={str(directory)!r} already holds {others[0]}, which is not of "
            "this call; give an empty directory, or a new one."
        )
    return str(directory)


def _check_number(value, name, lowest, highest):
    check("make_ecg", name, value, Number(lowest, highest))


def _checked_stretches(stretches, duration):
    """Return stretches of a record, each after the last, as a tuple of pairs."""
    found = np.asarray(stretches, dtype=object)
    is_allowed = found.size == 0 or (found.ndim == 2 and found.shape[1] == 2)
    if is_allowed:
        for second in found.ravel():
            _check_number(second, "atrial_fibrillation", 0, duration)
        is_allowed = bool((np.diff(found.ravel().astype(float)) > 0).all())
    if not is_allowed:
        raise ValueError(
            f"atrial_fibrillation={stretches!r} must be pairs of seconds, when it "
            "begins and when it ends, each later than the one before."
        )
    return tuple(map(tuple, found.reshape(-1, 2).tolist()))


def _check_noise(levels, mains_frequency):
    names = ("baseline_wander", "muscle_noise", "mains_noise")
    for name, level in zip(names, levels, strict=True):
        _check_number(level, name, 0, 5)
    _check_number(mains_frequency, "mains_frequency", 1, 1000)


def _check_leads(leads):
    check("make_ecg", "leads", leads, Names(among=LEAD_DIRECTIONS, noun="leads"))


def _check_heart_rate(heart_rate):
    if np.shape(heart_rate) != (2,):
        raise ValueError(
            f"heart_rate={heart_rate!r} must be two numbers, the lowest and the "
            "highest mean rate in beats per minute."
        )
    lowest, highest = heart_rate
    _check_number(lowest, "heart_rate[0]", 20, 200)
    _check_number(highest, "heart_rate[1]", lowest, 200)


def _check_frequencies(class_frequencies):
    if class_frequencies is None:
        return _DEFAULT_FREQUENCIES
    is_allowed = (
        isinstance(class_frequencies, Mapping)
        and set(class_frequencies) <= set(AAMI_CLASSES)
        and class_frequencies.get("N", 0) > 0
        and all(0 <= value < np.inf for value in class_frequencies.values())
    )
    if not is_allowed:
        raise ValueError(
            f"class_frequencies={class_frequencies!r} must map AAMI classes "
            f"{AAMI_CLASSES} to numbers not below 0, that of 'N' above 0."
        )
    total = sum(class_frequencies.values())
    return {kind: class_frequencies.get(kind, 0) / total for kind in AAMI_CLASSES}
