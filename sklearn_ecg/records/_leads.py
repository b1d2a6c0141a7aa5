"""Leads of ECG records, found by name and checked, from disk or from memory."""

from dataclasses import dataclass

import numpy as np
import wfdb

SATURATED_SHARE = 0.2
"""Share of samples on the extreme values from which a lead counts as saturated.

The worst lead of the MIT-BIH Arrhythmia Database (record 116) has 0.14 % there.
"""

LARGEST = 2.0**32
"""Absolute value from which a sample is no measurement, in the units of its record.

No converter in use counts further; the marks that other formats put for missing
samples, such as 9.97e36 and 1e20, lie beyond.
"""

_MILLIVOLTS_PER_UNIT = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "nv": 1e-6}
_MU_AS_U = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})


@dataclass(frozen=True, eq=False)
class Lead:
    """The whole signal of one lead of one record.

    Attributes
    ----------
    record : str
        What messages call the record: its path, or its name if it is in memory.

    name : str
        The lead, as the record names it.

    sampling_rate : float
        In Hz.

    samples : ndarray of shape (n_samples,), float64
        The signal in mV; finite throughout.

    missing : ndarray of shape (n_samples,), bool, or None
        Where the record has no usable sample (finite, below `LARGEST`) and `samples`
        is interpolated; None if it has them all.
    """

    record: str
    name: str
    sampling_rate: float
    samples: np.ndarray
    missing: np.ndarray | None = None

    def __str__(self):
        return f"lead {self.name!r} of record {self.record!r}"


def read_leads(source, wanted, channels="first"):
    """Read leads of one record by name, and check their signals.

    Parameters
    ----------
    source : str or wfdb.Record
        Path of a WFDB record without extension, or a record in memory.

    wanted : sequence of str
        Names of leads.

    channels : {"first", "all"}, default="first"
        Whether to read the first of `wanted` that the record has, or each of them.

    Returns
    -------
    list of Lead
        One lead for ``"first"``; for ``"all"``, as many as `wanted`, in its order.

    Raises
    ------
    FileNotFoundError
        If the header or a signal file of the record does not exist.
    ValueError
        If the record lacks the leads wanted, a file of it is damaged, or a signal is
        constant, saturated or without a usable sample.

    Examples
    --------
    >>> import numpy as np, wfdb
    >>> record = wfdb.Record(
    ...     record_name="two leads", fs=250, sig_name=["V5", "II"], units=["mV", "uV"],
    ...     p_signal=np.random.default_rng(0).normal(size=(500, 2)),
    ... )
    >>> [lead] = read_leads(record, ["MLII", "II"])
    >>> print(lead)
    lead 'II' of record 'two leads'
    >>> np.allclose(1000 * lead.samples, record.p_signal[:, 1])  # µV to mV
    True
    """
    recording = _open(source)
    indices = _find(recording, wanted, channels)
    signals, units = recording.read(indices)
    return [
        _check_signal(
            recording.name,
            recording.lead_names[index],
            recording.sampling_rate,
            signal,
            unit,
        )
        for index, signal, unit in zip(indices, signals, units, strict=True)
    ]


def check_r_peaks(lead, samples):
    """Check that R peaks lie inside the signal.

    Parameters
    ----------
    lead : Lead

    samples : ndarray of shape (n_beats,), int
        Sample numbers of the R peaks, at the rate of the lead.

    Raises
    ------
    ValueError
        If one lies outside.

    Examples
    --------
    >>> check_r_peaks(Lead("100", "II", 360.0, np.zeros(50)), np.array([10, 50]))
    Traceback (most recent call last):
    ...
    ValueError: An R peak at sample 50 lies outside of the lead 'II' of record '100',
    whose samples are numbered 0 to 49.
    """
    last = len(lead.samples) - 1
    outside = samples[(samples < 0) | (samples > last)]
    if len(outside):
        raise ValueError(
            f"An R peak at sample {outside[0]} lies outside of the {lead}, whose "
            f"samples are numbered 0 to {last}."
        )


def check_present(lead, first, last):
    """Check that no sample is missing in some spans of the signal.

    Parameters
    ----------
    lead : Lead

    first, last : ndarray of shape (n_spans,), int
        The first and the last sample of each span. What lies outside of the signal
        stands for its first or last sample.

    Raises
    ------
    ValueError
        If one is missing. The message tells how many spans are concerned, and when
        the first of them starts.

    Examples
    --------
    >>> lead = Lead("100", "II", 10.0, np.zeros(50), missing=np.arange(50) == 21)
    >>> check_present(lead, np.array([5, 15]), np.array([10, 25]))
    Traceback (most recent call last):
    ...
    ValueError: The lead 'II' of record '100' has samples that are missing (NaN),
    infinite or beyond ±4.3e+09 in 1 of 2 windows, first in that from 1.500 to 2.500 s.
    Leave these beats out of the beat table.
    """
    if lead.missing is None:
        return
    end = len(lead.samples) - 1
    first, last = np.clip(first, 0, end), np.clip(last, 0, end)
    n_missing_before = np.concatenate([[0], np.cumsum(lead.missing)])
    holed = np.flatnonzero(n_missing_before[last + 1] > n_missing_before[first])
    if len(holed):
        start, stop = np.array([first[holed[0]], last[holed[0]]]) / lead.sampling_rate
        raise ValueError(
            f"The {lead} has samples that are missing (NaN), infinite or beyond "
            f"±{LARGEST:.2g} in {len(holed)} of {len(first)} windows, first in that "
            f"from {start:.3f} to {stop:.3f} s. Leave these beats out of the beat "
            "table."
        )


def _find(recording, wanted, channels):
    """Return the indices of the wanted leads in the recording."""
    available = recording.lead_names
    found = [name for name in wanted if name in available]
    if not found or (channels == "all" and len(found) < len(wanted)):
        missing = [name for name in wanted if name not in available]
        raise ValueError(
            f"Record {recording.name!r} has no lead {_either(missing)}; its leads are "
            f"{', '.join(map(repr, available))}. Name one of them in the 'lead' "
            "parameter."
        )
    if channels == "first":
        found = found[:1]
    for name in found:
        if available.count(name) > 1:
            raise ValueError(
                f"Record {recording.name!r} has {available.count(name)} leads that are "
                f"called {name!r}; which one is wanted cannot be told."
            )
    return [available.index(name) for name in found]


def _to_millivolts(signal, unit):
    # Writers differ in the case, and Unicode has two signs for micro.
    spelling = str(unit).strip().translate(_MU_AS_U).lower()
    factor = _MILLIVOLTS_PER_UNIT.get(spelling, 1.0)
    return signal if factor == 1.0 else factor * signal


def _either(names):
    return " or ".join(map(repr, names))


def _check_signal(record, name, sampling_rate, signal, unit):
    """Make a Lead of a signal, or say why it can't be used."""
    # Comparisons with NaN are false.
    missing = ~((signal > -LARGEST) & (signal < LARGEST))
    samples = _to_millivolts(signal, unit)
    any_missing = missing.any()
    lead = Lead(
        record,
        name,
        sampling_rate,
        _interpolate(samples, missing) if any_missing else samples,
        missing if any_missing else None,
    )
    _check_extremes(lead)
    return lead


def _interpolate(samples, missing):
    """Draw straight lines over missing samples, and level ones past the ends.

    Filters run over the whole signal, where one NaN would spread to its neighbours. A
    window that holds a missing sample is refused later, so these lines are never
    taken for ECG.
    """
    places = np.arange(len(samples))
    present = ~missing
    if not present.any():
        return np.zeros_like(samples)
    return np.interp(places, places[present], samples[present])


def _check_extremes(lead):
    """Refuse a lead that is off, or drives its recorder into the limits."""
    if len(lead.samples) == 0 or (lead.missing is not None and lead.missing.all()):
        raise ValueError(f"The {lead} has no finite sample within ±{LARGEST:.2g}.")
    lowest, highest = lead.samples.min(), lead.samples.max()
    if lowest == highest:
        raise ValueError(
            f"The {lead} is constant ({lowest:g} mV throughout): the electrode was "
            "off. Leave the record out or choose another lead."
        )
    on_limits = np.count_nonzero(lead.samples == lowest)
    on_limits += np.count_nonzero(lead.samples == highest)
    share = on_limits / len(lead.samples)
    if share > SATURATED_SHARE:
        raise ValueError(
            f"The {lead} is saturated: {share:.0%} of its samples stand on its extreme "
            f"values, {lowest:g} and {highest:g} mV, where at most "
            f"{SATURATED_SHARE:.0%} are allowed. Leave the record out or choose "
            "another lead."
        )


class _RecordInMemory:
    """A `wfdb.Record` that the caller holds; it is never written to."""

    def __init__(self, record):
        self.record = record
        self.name = str(record.record_name or "in memory")
        self.lead_names, self.sampling_rate = _check_header(self.name, record)

    def read(self, indices):
        """Return the signals in their own units, float64, and these units."""
        record = self.record
        if record.p_signal is not None:
            signal = self._check_shape("p_signal", record.p_signal)
            signals = [np.array(signal[:, i], dtype=np.float64) for i in indices]
        elif record.d_signal is not None:
            signal = self._check_shape("d_signal", record.d_signal)
            signals = [self._to_physical(signal, i) for i in indices]
        else:
            raise ValueError(
                f"Record {self.name!r} holds no signal: its p_signal and d_signal are "
                "both None. Read it with wfdb.rdrecord, not wfdb.rdheader, and with "
                "smooth_frames=True."
            )
        units = self._of_each_lead("units") or [None] * len(self.lead_names)
        return signals, [units[i] for i in indices]

    def _of_each_lead(self, attribute):
        """Return an attribute that is a list with an entry for each lead, or None."""
        values = getattr(self.record, attribute)
        if not values:
            return None
        if len(values) != len(self.lead_names):
            raise ValueError(
                f"The {attribute} of record {self.name!r} have {len(values)} entries, "
                f"{list(values)}; its {len(self.lead_names)} lead names ask for as "
                "many."
            )
        return values

    def _check_shape(self, attribute, signal):
        signal = np.asarray(signal)
        if signal.ndim != 2 or signal.shape[1] != len(self.lead_names):
            raise ValueError(
                f"The {attribute} of record {self.name!r} has the shape "
                f"{signal.shape}; its {len(self.lead_names)} lead names ask for "
                f"(n_samples, {len(self.lead_names)})."
            )
        return signal

    def _to_physical(self, signal, index):
        """Convert one lead from ADC units, as wfdb does."""
        gains, baselines = map(self._of_each_lead, ("adc_gain", "baseline"))
        if not gains or not baselines or not gains[index]:
            raise ValueError(
                f"Record {self.name!r} holds digital samples without the adc_gain and "
                "baseline that give them units. Set both."
            )
        samples = np.array(signal[:, index], dtype=np.float64)
        formats = self._of_each_lead("fmt")
        if formats:
            one_lead = wfdb.Record(
                n_sig=1,
                d_signal=samples[:, np.newaxis],
                fmt=[formats[index]],
                adc_gain=[gains[index]],
                baseline=[baselines[index]],
            )
            # dac() knows which value of each format stands for a missing sample.
            return one_lead.dac()[:, 0]
        return (samples - baselines[index]) / gains[index]


class _RecordOnDisk:
    """A WFDB record, one segment or several, as files."""

    def __init__(self, path):
        self.name = path
        self.header = _call_wfdb(wfdb.rdheader, path, f"{path}.hea", rd_segments=True)
        self.lead_names, self.sampling_rate = _check_header(path, self.header)

    def read(self, indices):
        """Return the signals in their own units, float64, and these units."""
        if isinstance(self.header, wfdb.MultiRecord):
            record = self._read(channels=indices)
        else:
            # Digital samples first, because the checksums are about those.
            record = self._read(channels=indices, physical=False, return_res=32)
            for place, index in enumerate(indices):
                self._check_sum(index, record.d_signal[:, place])
            record.dac(inplace=True)
        return list(np.ascontiguousarray(record.p_signal.T)), record.units

    def _read(self, **options):
        files = getattr(self.header, "file_name", None) or ["a file of its segments"]
        files = ", ".join(sorted(set(files)))
        return _call_wfdb(wfdb.rdrecord, self.name, files, **options)

    def _check_sum(self, index, samples):
        """Compare the samples with the checksum in the header, if it has one."""
        header = self.header
        expected = header.checksum[index]
        # Averaged or shifted samples are no longer those that were summed.
        as_stored = header.samps_per_frame[index] in (None, 1) and not any(
            header.skew or []
        )
        if expected is None or not as_stored:
            return
        found = int(samples.sum(dtype=np.int64)) % 65536
        if found != expected % 65536:
            raise ValueError(
                f"The samples of lead {self.lead_names[index]!r} of record "
                f"{self.name!r} do not add up to the checksum in its header ({found}, "
                f"expected {expected % 65536}): {header.file_name[index]} is damaged, "
                "or is not the file that the header describes. Get the record again."
            )


def _open(source):
    if isinstance(source, str):
        return _RecordOnDisk(source)
    if isinstance(source, wfdb.MultiRecord):
        raise ValueError(
            f"Record {source.record_name!r} is a wfdb.MultiRecord. Join its segments "
            "with multi_to_single(physical=True), or give the path of the record."
        )
    return _RecordInMemory(source)


def _call_wfdb(read, path, files, **options):
    """Call a reader of wfdb, and say which record and files it could not read."""
    try:
        return read(path, **options)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Record {path!r} cannot be read: there is no file {error.filename!r}. A "
            "record is named by the path of its .hea file without the extension."
        ) from error
    except Exception as error:
        # Damage surfaces in wfdb as whatever its parsers stumble over first:
        # IndexError, TypeError, UnicodeDecodeError, a failed reshape...
        raise ValueError(
            f"Record {path!r} cannot be read: {files} is truncated or damaged "
            f"({type(error).__name__}: {error})."
        ) from error


def _check_header(name, header):
    """Return the lead names and the sampling rate of a record."""
    leads = list(header.sig_name or [])
    n_leads = getattr(header, "n_sig", None) or len(leads)
    if not all(isinstance(lead, str) for lead in leads) or not len(leads) == n_leads:
        raise ValueError(
            f"The header of record {name!r} announces {n_leads} leads and names "
            f"{leads}: it is damaged, or incomplete."
        )
    if not leads:
        raise ValueError(f"Record {name!r} has no leads.")
    rate = header.fs
    if not isinstance(rate, int | float | np.number) or not 0 < rate < np.inf:
        raise ValueError(
            f"The header of record {name!r} gives no usable sampling rate: {rate!r}."
        )
    return leads, float(rate)
