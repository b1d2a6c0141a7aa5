"""Recordings that are in memory: arrays, and `wfdb.Record` objects."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime

import numpy as np
import pandas as pd
import wfdb

from ._recording import StoredLead
from ._wfdb import check_header


class Arrays:
    """Leads as arrays, which are never written to."""

    def __init__(
        self,
        signals: list[np.ndarray],
        leads: Sequence[str],
        rates: Sequence[float],
        units: Sequence[str],
        start_time: datetime | None = None,
    ):
        self.signals = signals
        self.leads = [
            StoredLead(name, rate, len(signal), unit)
            for name, rate, signal, unit in zip(
                leads, rates, signals, units, strict=True
            )
        ]
        self.start_time = start_time

    def read(self, indices, spans):
        """Return copies of stretches of some leads; see `Source`."""
        return [
            np.array(self.signals[index][first:stop], dtype=np.float64)
            for index, (first, stop) in zip(indices, spans, strict=True)
        ]

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Say that there are none; see `Source`."""
        raise FileNotFoundError(
            "A recording in memory has no annotations: hand over the R peaks and "
            "symbols yourself."
        )


class RecordInMemory(Arrays):
    """A `wfdb.Record` that the caller holds; it is never written to."""

    def __init__(self, record: wfdb.Record):
        self.record = record
        self.name = str(record.record_name or "in memory")
        if record.sig_name is None:
            record = copy(record)
            record.sig_name = [f"lead {number}" for number in range(record.n_sig or 0)]
        self.names, frame_rate = check_header(self.name, record)
        names = self.names
        per_frame = self._of_each_lead("samps_per_frame") or [1] * len(names)
        is_expanded = bool(record.e_p_signal or record.e_d_signal)
        counts = [n or 1 for n in per_frame] if is_expanded else [1] * len(names)
        self.lengths = self._lengths()
        units = self._of_each_lead("units") or [""] * len(names)
        self.leads = [
            StoredLead(name, frame_rate * count, length, str(unit))
            for name, count, length, unit in zip(
                names, counts, self.lengths, units, strict=True
            )
        ]
        self.start_time = getattr(record, "base_datetime", None)

    def read(self, indices, spans):
        """Return copies of stretches of some leads, in their own units."""
        return [
            self._stretch(index, slice(first, stop))
            for index, (first, stop) in zip(indices, spans, strict=True)
        ]

    def _lengths(self):
        record, n_leads = self.record, len(self.names)
        for signals in (record.e_p_signal, record.e_d_signal):
            if signals:
                return [len(signal) for signal in signals]
        for name in ("p_signal", "d_signal"):
            if getattr(record, name) is not None:
                return [len(self._checked(name))] * n_leads
        if not record.sig_len:
            raise ValueError(self._no_signal())
        return [record.sig_len] * n_leads

    def _stretch(self, index, part):
        record = self.record
        if record.e_p_signal:
            return np.array(record.e_p_signal[index][part], dtype=np.float64)
        if record.p_signal is not None:
            return np.array(self._checked("p_signal")[part, index], dtype=np.float64)
        if record.e_d_signal:
            return self._to_physical(record.e_d_signal[index][part], index)
        if record.d_signal is not None:
            return self._to_physical(self._checked("d_signal")[part, index], index)
        raise ValueError(self._no_signal())

    def _no_signal(self):
        return (
            f"Record {self.name!r} holds no signal: its p_signal and d_signal are "
            "both None. Read it with wfdb.rdrecord, not wfdb.rdheader."
        )

    def _of_each_lead(self, attribute):
        """Return an attribute that is a list with an entry for each lead, or None."""
        values = getattr(self.record, attribute)
        if not values:
            return None
        if len(values) != len(self.names):
            raise ValueError(
                f"The {attribute} of record {self.name!r} have {len(values)} entries, "
                f"{list(values)}; its {len(self.names)} lead names ask for as many."
            )
        return values

    def _checked(self, attribute):
        signal = np.asarray(getattr(self.record, attribute))
        if signal.ndim != 2 or signal.shape[1] != len(self.names):
            raise ValueError(
                f"The {attribute} of record {self.name!r} has the shape "
                f"{signal.shape}; its {len(self.names)} lead names ask for "
                f"(n_samples, {len(self.names)})."
            )
        return signal

    def _to_physical(self, samples, index):
        """Convert one lead from ADC units, as wfdb does."""
        gains, baselines = map(self._of_each_lead, ("adc_gain", "baseline"))
        if not gains or not baselines or not gains[index]:
            raise ValueError(
                f"Record {self.name!r} holds digital samples without the adc_gain and "
                "baseline that give them units. Set both."
            )
        samples = np.array(samples, dtype=np.float64)
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
