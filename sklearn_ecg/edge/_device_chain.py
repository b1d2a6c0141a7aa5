"""The chain from samples to labelled beats, the twin of the exported C."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from .._messages import warn
from ..classifier import Strength
from ..metrics import (
    BEAT_SYMBOLS,
    NO_BEAT,
    AnnotationComparison,
    LeftOut,
    NothingToCompareError,
    RecordComparison,
    compare_annotations,
    comparison_of,
)
from ..stream import MARGIN_ONE, DeviceRhythm, annotate, why_no_rhythm
from ._chain_engine import ChainLabeller, Converter
from ._counts import read_counts
from ._names import last_layer_fitted, usable_beats
from ._quantized_classifier import Origin, stable_repr
from .twin._chain import Beats, ChainInputs
from .twin._features import FeatureScaling
from .twin._front_end import FLAGS, LATE
from .twin._gate import Gate, LeadGate
from .twin._network import IntegerNetwork
from .twin._window import WindowScaling

UNCLASSIFIED = "?"
"""The label of a beat that was found so late that its samples are forgotten."""

_MARGIN_MAX = 65535


class DeviceChain(BaseEstimator):
    """Samples in, labelled beats out, in integers: what the exported C computes.

    Made by `quantize`. It finds the R peaks, cuts and scales the windows, follows
    what is typical of the patient, and runs the network, all as a device does that gets
    one sample after the other.

    Parameters
    ----------
    network : IntegerNetwork
    inputs : ChainInputs
        What becomes of samples before the network.
    window_scaling : WindowScaling
    feature_scaling : FeatureScaling
    classes : ndarray of shape (n_classes,)
    lead : tuple of str
        Leads that recordings are read in, the first one that there is.
    adc_gain : float
        Counts per millivolt.
    origin : Origin
        Of what it was made.
    gate : Gate, LeadGate or None, default=None
        The first stage of a cascade: tells which beats surely are of the commonest
        class, so that the network need not look at them, or not at a second lead.
    second_lead : tuple of str, default=()
        Second leads of a chain of two, the first one that a recording has.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, in the order of the logits.
    fingerprint_ : str
        Hash of all numbers of the chain, as 64 hexadecimal digits.

    See Also
    --------
    quantize : Makes it.
    export_c : Writes it as C.

    Examples
    --------
    >>> from sklearn_ecg import annotate, load_pretrained
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import quantize
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> chain = quantize(
    ...     load_pretrained("wearable"), beats.records, sampling_rate=250,
    ...     fine_tune_epochs=0,
    ... )
    >>> counts, lead_off = chain.read(beats.records[0])
    >>> events = chain.run(counts, lead_off)
    >>> events.columns.tolist()
    ['sample', 'label', 'margin', 'rr_prev', 'flags']
    >>> annotation = annotate(beats.records[0], chain)
    >>> bool((annotation.beats["label"] == events["label"]).all())
    True
    """

    def __init__(
        self,
        network: IntegerNetwork,
        inputs: ChainInputs,
        window_scaling: WindowScaling,
        feature_scaling: FeatureScaling,
        classes: np.ndarray,
        lead: tuple[str, ...],
        adc_gain: float,
        origin: Origin,
        gate: Gate | LeadGate | None = None,
        second_lead: tuple[str, ...] = (),
    ) -> None:
        self.network = network
        self.inputs = inputs
        self.window_scaling = window_scaling
        self.feature_scaling = feature_scaling
        self.classes = self.classes_ = classes
        self.lead = lead
        self.adc_gain = adc_gain
        self.origin = origin
        self.gate = gate
        self.second_lead = second_lead

    def __sklearn_is_fitted__(self):
        return True

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        leads = "two leads " if self.inputs.n_leads == 2 else ""
        return (
            f"DeviceChain({leads}at {self.inputs.sampling_rate:g} Hz, "
            f"{self.network.n_nonzero} weights, {self.fingerprint_[:8]})"
        )

    @property
    def fingerprint_(self) -> str:
        """Hash of all numbers of the chain."""
        digest = hashlib.sha256(self.network.digest())
        numbers = self.inputs, self.window_scaling, self.feature_scaling
        about = [asdict(of) for of in numbers]
        if self.inputs.n_leads == 1:
            del about[0]["n_leads"]
        about += [asdict(self.gate)] if self.gate else []
        digest.update(stable_repr([*about, self.classes.tolist()]).encode())
        return digest.hexdigest()

    @property
    def calibration(self) -> str:
        """What more there is to say of the calibration beats."""
        return f", at {self.adc_gain:.10g} counts per mV"

    @property
    def margin_factor(self) -> int:
        """Units of the margin for one of a logit, times 2**16."""
        return max(1, round(self.network.logit_scale * MARGIN_ONE * 65536))

    def run(
        self,
        counts: ArrayLike,
        lead_off: ArrayLike | None = None,
        gaps: Sequence[tuple[int, int]] = (),
        r_peaks: ArrayLike | None = None,
    ) -> pd.DataFrame:
        """Find and label the beats of a signal.

        Parameters
        ----------
        counts : array-like of shape (n_samples,), int16
            What the converter gives, at `sampling_rate` of the chain; of two leads, of
            shape (n_samples, 2).
        lead_off : array-like of bool of the shape of `counts`, default=None
            Where the electrode has no contact.
        gaps : sequence of (int, int), default=()
            (index, n_lost): samples lost just before this index.
        r_peaks : array-like of int, default=None
            Where beats are, for a chain that is told, as soon as each has come: rising,
            in samples, lost ones counted. Those where there is no sample, or none yet
            but with the lead off, are passed over.

        Returns
        -------
        DataFrame of shape (n_beats, 5)
            ``sample``, the R peak, lost samples counted; ``label``, ``"?"`` for a beat
            that was found when its samples were forgotten; ``margin``, the natural
            logarithm of the ratio of the two largest probabilities, in 1/256;
            ``rr_prev``, the interval before the beat in ms, 0 where unknown; and
            ``flags``, see `flag_names`.

        Raises
        ------
        ValueError
            If the counts don't fit 16 bits, `lead_off` is of another shape, a gap is
            outside of the signal, or R peaks do not rise, or are given to a chain that
            finds them.
        """
        counts = _checked_counts(counts, self.inputs.n_leads)
        lead_off = _checked_lead_off(lead_off, counts.shape)
        gaps = _checked_gaps(gaps, len(counts))
        r_peaks = _checked_r_peaks(r_peaks, self.inputs.detects)
        return self.events(self.inputs.beats(counts, lead_off, gaps, r_peaks))[0]

    def events(self, beats: Beats) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Label beats.

        Parameters
        ----------
        beats : Beats
            What `inputs` found.

        Returns
        -------
        events : DataFrame of shape (n_beats, 5)
            As `run` returns them.
        logits : ndarray of shape (n_beats, n_classes)
            Integers: of two leads that were shown to the network, their sums.
        n_leads : ndarray of shape (n_beats,)
            Of how many leads they are.
        """
        logits, n_leads = self._logits(beats)
        labels = self.classes_.astype(object)[logits.argmax(axis=1)]
        late = (beats.flags & LATE) != 0
        labels[late] = UNCLASSIFIED
        margin = self.margins(logits, n_leads)
        events = pd.DataFrame(
            {
                "sample": beats.samples,
                "label": labels,
                "margin": np.where(late, 0, margin),
                "rr_prev": beats.rr_prev,
                "flags": beats.flags,
            }
        )
        return events, logits, n_leads

    def episodes(self, events: pd.DataFrame, n_samples: int) -> pd.DataFrame:
        """Say the rhythm of a recording, as the device tells it.

        Parameters
        ----------
        events : DataFrame of shape (n_beats, 5)
            All beats of a recording, as `run` returns them.
        n_samples : int
            How long the recording is, in samples of the converter, lost ones counted.

        Returns
        -------
        DataFrame of shape (n_told, 7)
            What the C tells, in its order: ``beat``, how many beats it has told before;
            ``event``, ``"begin"`` or ``"end"``; ``kind``, see
            :func:`~sklearn_ecg.rhythm.find_episodes`; ``first`` and ``last``, the R
            peaks of its first beat and of the last one so far; ``n_beats``; and
            ``certainty``, in 1/1024.

        Raises
        ------
        ValueError
            If the chain has other classes than N, S, V, F, Q and O, or the recording
            ends before its last beat.

        See Also
        --------
        sklearn_ecg.stream.Annotation.episodes : The same of a recording, in seconds.

        Notes
        -----
        It follows from the beats alone. An interval is not analysable where the one
        before a detection is unknown, as after a gap. A label is as certain as its
        ``margin`` says.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn_ecg import load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> from sklearn_ecg.edge import quantize
        >>> chain = quantize(
        ...     load_pretrained("wearable"), make_ecg(1, random_state=0).records,
        ...     sampling_rate=250, fine_tune_epochs=0,
        ... )
        >>> events = pd.DataFrame({
        ...     "sample": [200, 400, 600, 1200, 1400], "label": list("NNNNN"),
        ...     "margin": 900, "rr_prev": [0, 800, 800, 2400, 800], "flags": 0,
        ... })
        >>> chain.episodes(events, 1500)[["beat", "event", "kind", "first", "last"]]
           beat event   kind  first  last
        0     4   end  pause    600  1200
        """
        self._check_rhythm(events, n_samples)
        rhythm = DeviceRhythm(self.inputs.sampling_rate)
        told = [*rhythm.update(events), rhythm.state.end(n_samples)]
        rows = [
            (min(n, len(events)), "end" if one.is_over else "begin", *one[1:])
            for n, some in enumerate(told, start=1)
            for one in some
        ]
        columns = ["beat", "event", "kind", "first", "last", "n_beats", "certainty"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def is_adaptable(self) -> bool:
        """Whether `adapt` takes the chain."""
        return self.inputs.detects and self.inputs.n_leads == 1

    @property
    def has_rhythm(self) -> bool:
        """Whether the classes say something of the rhythm."""
        return not why_no_rhythm(self.classes_.tolist())

    def _check_rhythm(self, events, n_samples):
        why = why_no_rhythm(self.classes_.tolist())
        if why:
            raise ValueError(why)
        if len(events) and n_samples <= events["sample"].iloc[-1]:
            raise ValueError(
                f"n_samples={n_samples} is before the last beat, at sample "
                f"{events['sample'].iloc[-1]}."
            )

    def margins(self, logits: np.ndarray, n_leads: ArrayLike = 1) -> np.ndarray:
        """Return the margins of sums of the logits of some leads, in 1/256.

        Parameters
        ----------
        logits : ndarray of shape (n_beats, n_classes)
        n_leads : array-like of shape (n_beats,), default=1
            Of which they are sums: the logarithms of probabilities are averaged.

        Returns
        -------
        ndarray of shape (n_beats,)
        """
        two = np.sort(logits, axis=1)[:, -2:].astype(np.int64)
        margin = ((two[:, 1] - two[:, 0]) * self.margin_factor) >> 15 + np.asarray(
            n_leads
        )
        return np.minimum(margin, _MARGIN_MAX)

    def _logits(self, beats):
        """Add the logits of the leads that the gate shows; say how many they are."""
        windows, features = self.entering(beats)
        looked, gate = beats.is_looked_at, self.gate
        logits = np.zeros((*looked.shape, len(self.classes_)), dtype=np.int64)

        def look(shown):
            of = shown.ravel()
            logits[shown] = self.network.logits(windows[of], features[of])

        if gate is None:
            look(looked)
            return logits.sum(axis=1), looked.sum(axis=1)
        if isinstance(gate, LeadGate):
            is_first = np.arange(looked.shape[1]) == 0
            look(looked & is_first)
            is_enough = looked[:, 0] & gate.passes(logits[:, 0])
            more = looked & ~is_first & ~is_enough[:, np.newaxis]
            look(more)
            return logits.sum(axis=1), looked[:, 0] + more.sum(axis=1)
        passes = gate.passes(features, beats.flags)[:, np.newaxis]
        look(looked & ~passes)
        logits[passes] = gate.logits
        return logits.sum(axis=1), looked.sum(axis=1)

    def labeller(self, leads: list[str] | None, classes: list) -> ChainLabeller:
        """Return how the chain labels signals, for `annotate` and `BeatStream`.

        Parameters
        ----------
        leads : list of str or None
            To read in place of the leads of the model.
        classes : list
            The labels, in the order of the columns of probabilities.

        Returns
        -------
        ChainLabeller
        """
        return ChainLabeller(self, leads, classes)

    def entering(self, beats: Beats) -> tuple[np.ndarray, np.ndarray]:
        """Return the integers that enter the network.

        Parameters
        ----------
        beats : Beats
            What `inputs` found.

        Returns
        -------
        signal : ndarray of shape (n_beats * n_leads, 1, n_samples)
        rhythm : ndarray of shape (n_beats * n_leads, n_features)
        """
        windows = beats.windows.reshape(-1, 1, self.inputs.n_samples)
        features = beats.features.reshape(len(windows), len(self.inputs.names))
        return self.window_scaling(windows), self.feature_scaling(features)

    def adapted(
        self,
        recording: Any,
        seconds: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray,
        strength: Strength,
    ) -> DeviceChain:
        """Return the chain with a last layer that some beats have taught.

        See :func:`~sklearn_ecg.adapt`, which calls it.

        Parameters
        ----------
        recording : Recording, str, path-like or wfdb.Record
        seconds : ndarray of shape (n_beats,)
            When beats are, of those that the chain finds.
        labels : ndarray of shape (n_beats,)
        weights : ndarray of shape (n_beats,)
            What each counts.
        strength : "auto" or float > 0

        Returns
        -------
        DeviceChain

        Raises
        ------
        ValueError
            If the chain is told where beats are or reads two leads, or finds none of
            these beats.
        """
        if not self.is_adaptable:
            raise ValueError(
                "adapt takes a chain that finds beats, in one lead. Adapt the Pipeline "
                "of another, and quantize it again."
            )
        counts, lead_off = self.read(recording)
        lead_off = _checked_lead_off(lead_off, counts.shape)
        beats = self.inputs.beats(counts, lead_off)
        places = usable_beats(beats, np.rint(seconds * self.inputs.sampling_rate))
        is_there = places >= 0
        if not is_there.any():
            raise ValueError("The chain finds none of the beats that were named.")
        parts = {
            each.name: getattr(beats, each.name)[places[is_there]]
            for each in fields(beats)
        }
        code_of = {label: code for code, label in enumerate(self.classes_.tolist())}
        codes = np.array([code_of[label] for label in labels[is_there].tolist()])
        shares = weights[is_there]
        return last_layer_fitted(self, Beats(**parts), codes, shares, strength)

    def counts_of(self, signal: ArrayLike, sampling_rate: float) -> np.ndarray:
        """Return what the device's converter would have read of a signal.

        Parameters
        ----------
        signal : array-like of shape (n_samples,) or (n_samples, n_leads)
            In mV.
        sampling_rate : float
            In Hz.

        Returns
        -------
        ndarray of int16
            At the rate of the chain; what 16 bits can't hold is clipped.
        """
        signal = np.asarray(signal, dtype=float)
        if signal.ndim == 2:
            leads = [self.counts_of(lead, sampling_rate) for lead in signal.T]
            return np.column_stack(leads)
        converter = Converter(sampling_rate, self.inputs.sampling_rate, self.adc_gain)
        return np.concatenate([converter.push(signal)[0], converter.end()[0]])

    def annotate(self, recording: Any) -> pd.DataFrame:
        """Label the beats of a recording: the old name of `annotate`.

        .. deprecated:: 0.3
            It goes in 0.5. Write ``annotate(recording, chain).beats``.

        Parameters
        ----------
        recording : Recording, str, path-like or wfdb.Record

        Returns
        -------
        DataFrame
        """
        _warn_of_old_name("annotate(recording)", "annotate(recording, chain).beats")
        return annotate(recording, self).beats

    def score(self, recordings: Any, **parameters: Any) -> RecordComparison:
        """Compare the chain with experts: the old name of `compare_records`.

        .. deprecated:: 0.3
            It goes in 0.5. Write ``chain.compare_records(recordings)``.

        Parameters
        ----------
        recordings : Recording, str, path-like or wfdb.Record, or sequence of them
            With annotations.
        **parameters
            As in `compare_records`.

        Returns
        -------
        RecordComparison
        """
        _warn_of_old_name("score(...)", "chain.compare_records(...)")
        return self.compare_records(recordings, **parameters)

    def compare_records(
        self,
        recordings: Any,
        *,
        reference: str = "atr",
        start: float = 300,
        window: float = 0.15,
        runs: bool = False,
    ) -> RecordComparison:
        """Compare what the chain says of recordings with experts, as EC57 does.

        Beats that it misses and beats that are none count, too.

        Parameters
        ----------
        recordings : Recording, str, path-like or wfdb.Record, or sequence of them
            With annotations.
        reference : str, default="atr"
            Extension of the annotation files that are taken as true.
        start : float, default=300
            Where to begin in each, in seconds: EC57 lets a device learn until 5:00.
        window : float, default=0.15
            How far apart two beats may be to be a pair, in seconds.
        runs : bool, default=False
            Whether to count couplets and runs of ectopic beats, too.

        Returns
        -------
        RecordComparison
            By record, gross and average; see
            :func:`~sklearn_ecg.metrics.compare_records`.

        Raises
        ------
        FileNotFoundError
            If a recording or its annotations are not there.
        ValueError
            If there is no recording, none has a beat after `start`, two have the same
            name, one has none of the leads, or a label is no symbol of a beat in WFDB.

        Warns
        -----
        UserWarning
            If a recording has no annotated beat after `start`; it is left out if it
            has nothing to compare at all.

        Examples
        --------
        >>> from tempfile import mkdtemp
        >>> from sklearn_ecg import load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> from sklearn_ecg.edge import quantize
        >>> directory = mkdtemp()
        >>> beats = make_ecg(n_records=2, random_state=0, directory=directory)
        >>> chain = quantize(
        ...     load_pretrained("wearable"), beats.records, sampling_rate=250,
        ...     fine_tune_epochs=0,
        ... )
        >>> found = chain.compare_records(f"{directory}/synthetic_000", start=0)
        >>> bool(found.gross["QRS Se"] > 0.9)
        True
        """
        self._check_symbols()
        is_one = isinstance(recordings, str | os.PathLike)
        is_one = is_one or not hasattr(recordings, "__iter__")
        compared: dict[str, AnnotationComparison] = {}
        left_out = LeftOut("warn")
        for recording in [recordings] if is_one else recordings:
            events = annotate(recording, self).beats
            test = events[["sample"]].assign(symbol=events["label"].astype(str))
            try:
                comparison = compare_annotations(
                    recording, reference, test, start=start, window=window, runs=runs
                )
            except NothingToCompareError as error:
                left_out.add(str(recording), str(error))
                continue
            if comparison.record in compared:
                raise ValueError(
                    f"recordings has two of the name {comparison.record!r}; rename one."
                )
            compared[comparison.record] = comparison
        if not compared:
            reason = left_out.summary() or "recordings is empty."
            raise ValueError(f"There is nothing to compare. {reason}")
        left_out.tell()
        return comparison_of(reference, "chain", compared, left_out.table())

    def _check_symbols(self):
        strange = set(map(str, self.classes_)) - {*BEAT_SYMBOLS, NO_BEAT}
        if strange:
            raise ValueError(
                f"The label {min(strange)!r} is no symbol of a beat in WFDB, so EC57 "
                "has no class for it. Rename the labels of what annotate returns, and "
                "compare that by compare_annotations."
            )

    def read(self, recording: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the converter would have read of a recording.

        Parameters
        ----------
        recording : Recording, str, path-like or wfdb.Record

        Returns
        -------
        counts : ndarray of int16 of shape (n_samples,), or (n_samples, 2) of two leads
        lead_off : ndarray of bool of the same shape, or None
            Where samples are missing; None if none is.
        """
        inputs, names = self.inputs, (self.lead, self.second_lead)
        counts, lead_off, _ = read_counts(
            recording, names, inputs.n_leads, inputs.sampling_rate, self.adc_gain
        )
        return counts, lead_off


def _warn_of_old_name(old, new):
    warn(
        f"DeviceChain.{old} goes in sklearn_ecg 0.5: write {new}.",
        FutureWarning,
    )


def flag_names(flags: int) -> list[str]:
    """Return what the flags of an event say.

    Parameters
    ----------
    flags : int

    Returns
    -------
    list of str

    Examples
    --------
    >>> flag_names(9)
    ['lead_off', 'after_gap']
    """
    return [name for name, bit in FLAGS.items() if flags & bit]


def _checked_counts(counts, n_leads):
    values = np.asarray(counts)
    is_shaped = values.ndim == 1 if n_leads == 1 else values.shape[1:] == (n_leads,)
    if not is_shaped or values.dtype.kind not in "iu":
        wanted = "one lead, an array of one dimension"
        if n_leads == 2:
            wanted = "two leads, an array of shape (n_samples, 2)"
        raise ValueError(
            f"counts must be integers of {wanted}; it is of the type {values.dtype} "
            f"and the shape {values.shape}. counts_of makes them of millivolts."
        )
    limits = np.iinfo(np.int16)
    if len(values) and not (limits.min <= values.min() and values.max() <= limits.max):
        raise ValueError(
            f"counts must fit 16 bits, {limits.min} to {limits.max}; they go from "
            f"{values.min()} to {values.max()}. Shift wider ones right."
        )
    return values.astype(np.int16)


def _checked_r_peaks(r_peaks, detects):
    if detects:
        if r_peaks is not None:
            raise ValueError(
                "r_peaks: this chain finds them itself; quantize(detector=False) "
                "makes one that is told."
            )
        return np.zeros(0, dtype=np.int64)
    r_peaks = np.asarray([] if r_peaks is None else r_peaks)
    is_whole = r_peaks.size == 0 or r_peaks.dtype.kind in "iu"
    if not is_whole or r_peaks.ndim != 1 or (np.diff(r_peaks) <= 0).any():
        raise ValueError("r_peaks must be whole numbers of samples, and rise.")
    return r_peaks.astype(np.int64)


def _checked_lead_off(lead_off, shape):
    if lead_off is None:
        return np.zeros(shape, dtype=bool)
    lead_off = np.asarray(lead_off, dtype=bool)
    if lead_off.shape != shape:
        raise ValueError(
            f"lead_off has the shape {lead_off.shape}, must be {shape}, one for "
            "each sample."
        )
    return lead_off


def _checked_gaps(gaps, n_samples):
    gaps = sorted((int(at), int(lost)) for at, lost in gaps)
    places = [at for at, _ in gaps]
    for at, lost in gaps:
        if not 0 < at < n_samples or lost < 1:
            raise ValueError(
                f"gaps has ({at}, {lost}): a gap is before one of the samples 1 to "
                f"{n_samples - 1}, and one sample or more is lost."
            )
    if len(set(places)) < len(places):
        raise ValueError("gaps has two before the same sample; give their sum.")
    return gaps
