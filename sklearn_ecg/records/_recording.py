"""A recording: its leads by name, each at its own rate, in millivolts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd

from .._messages import listed
from .._urls import shown
from ._annotations import rhythm_changes
from ._lead_choice import choose_leads, names_of
from ._names import is_voltage, to_millivolts


@dataclass(frozen=True)
class StoredLead:
    """One lead as its file describes it."""

    name: str
    sampling_rate: float  # In Hz
    n_samples: int
    unit: str  # Of the values that the source reads, such as ``"mV"`` or ``"uV"``


class Source(Protocol):
    """What a reader of a file format gives: one module of this folder for each.

    Attributes
    ----------
    leads : list of StoredLead
        In the order of the file; signals that are no ECG, such as pressures, too.
    start_time : datetime or None
        When the recording began.
    annotation_rate : float, optional
        In Hz, at which annotations are counted, in a file that holds nothing else.
    annotation_length : int, optional
        In samples at that rate, if such a file says how long the recording is.
    """

    leads: list[StoredLead]
    start_time: datetime | None

    def read(
        self, indices: Sequence[int], spans: Sequence[tuple[int, int]]
    ) -> list[np.ndarray]:
        """Return stretches of some leads, and decode no more than these.

        Parameters
        ----------
        indices : sequence of int
            Places in `leads`.
        spans : sequence of (int, int)
            First sample and the one past the end, in each lead's own samples.

        Returns
        -------
        list of ndarray of shape (stop - start,), float64
            In the units of the leads, NaN where a sample is missing. The caller may
            write into them.
        """

    def annotations(self, annotator: str | None, sampling_rate: float) -> pd.DataFrame:
        """Return annotations: ``sample`` at that rate, ``symbol``, and what there is.

        Parameters
        ----------
        annotator : str or None
            Which of several; None is the usual one.
        sampling_rate : float
            In Hz.

        Raises
        ------
        FileNotFoundError
            If there are none.
        """


class Recording:
    """One ECG recording, whatever file it came from.

    Made by :func:`read_recording` and :func:`recording_from_array`. Opening reads the
    header; signals stay where they are until `read` asks for them.

    Parameters
    ----------
    name : str
        What messages call the recording.
    source : Source
        The reader of its file.
    path : str, default=None
        Where it is, if it can be opened by that path alone.

    Attributes
    ----------
    name : str
        The name of its file without directory and extension, or the one given.
    path : str or None
        Its absolute path; None if it is in memory, or needs more than a path.
    leads : tuple of str
        Names, in the order of the file.
    sampling_rates : dict of str to float
        The rate of each lead, in Hz.
    sampling_rate : float
        The highest of them, in Hz: positions of beats count samples of it.
    n_samples : int
        Length at `sampling_rate`; 0 if there are annotations alone and no length.
    duration : float
        Length in seconds.
    unit : str
        ``"mV"``, the unit of what `read` returns.
    units : dict of str to str
        That of each lead: ``"mV"``, or what the file says if it is no voltage.
    start_time : datetime or None
        When the recording began, if its file says so; with a time zone if that is said.
    notes : tuple of str
        What its reader warned of, such as that the file is cut off.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.records import recording_from_array
    >>> recording = recording_from_array(np.arange(500.0), 250, "II", unit="uV")
    >>> recording.leads, recording.sampling_rate, recording.duration
    (('II',), 250.0, 2.0)
    >>> recording.read("ii", start=0.5, stop=0.508)
    array([0.125, 0.126])
    """

    unit = "mV"

    def __init__(self, name: str, source: Source, path: str | None = None) -> None:
        self.name = name
        self.path = path
        self.source = source
        leads = source.leads
        annotation_rate = getattr(source, "annotation_rate", None) or 0.0
        if leads or not annotation_rate:
            _check_leads(name, leads)
        self.leads = tuple(lead.name for lead in leads)
        self.sampling_rates = {lead.name: float(lead.sampling_rate) for lead in leads}
        self.sampling_rate = max(self.sampling_rates.values(), default=annotation_rate)
        lengths = [lead.n_samples / lead.sampling_rate for lead in leads]
        without_leads = getattr(source, "annotation_length", 0)
        longest = max(lengths, default=without_leads / self.sampling_rate)
        self.n_samples = round(longest * self.sampling_rate)
        self.duration = self.n_samples / self.sampling_rate
        self.start_time = source.start_time
        self.notes: tuple[str, ...] = ()

    @property
    def has_free_texts(self) -> bool:
        """Whether its annotations are texts of any kind, not symbols of WFDB."""
        return getattr(self.source, "has_free_texts", False)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each lead: mV, or what the file says if it is no voltage."""
        return {
            lead.name: "mV" if is_voltage(lead.unit) else lead.unit
            for lead in self.source.leads
        }

    def __str__(self) -> str:
        return shown(self.path) if self.path else self.name

    def __repr__(self) -> str:
        return (
            f"Recording({str(self)!r}, leads={list(self.leads)}, "
            f"{self.sampling_rate:g} Hz, {self.duration:g} s)"
        )

    def read(
        self,
        leads: str | Sequence[str] | None = None,
        start: float = 0.0,
        stop: float | None = None,
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Read leads, or a stretch of them, without decoding the rest.

        Parameters
        ----------
        leads : str, sequence of str or None, default=None
            Names of leads, in any spelling (``"II"``, ``"ii"``, ``"Lead II"``). None
            stands for all.
        start, stop : float, default=0 and None
            In seconds from the start of the recording; None is its end.

        Returns
        -------
        ndarray of shape (n_samples,), float64
            The signal of the one lead, if `leads` is a str: in mV, NaN where a sample
            is missing.
        dict of str to ndarray
            Else the signals by the names that the recording gives the leads, each at
            its own rate.

        Raises
        ------
        ValueError
            If the recording lacks a lead, or the stretch is not inside of it.
        OSError
            If a file cannot be read.
        """
        if not self.leads:
            self.check_files()
        self._check_stretch(start, stop)
        indices = list(range(len(self.leads)))
        if leads is not None:
            indices = _places_of(self, leads)
        spans = [self._span(self.source.leads[index], start, stop) for index in indices]
        signals = self.source.read(indices, spans)
        read = [
            to_millivolts(signal, self.source.leads[index].unit)
            for index, signal in zip(indices, signals, strict=True)
        ]
        if isinstance(leads, str):
            return read[0]
        return {self.leads[i]: signal for i, signal in zip(indices, read, strict=True)}

    def check_files(self) -> None:
        """Refuse a recording whose signal is not there, without decoding it.

        Raises
        ------
        FileNotFoundError
            If a file of the signal is missing.
        ValueError
            If one is shorter than its header says.
        """
        check = getattr(self.source, "check_files", None)
        if check is not None:
            check()

    def annotations(self, annotator: str | None = None) -> pd.DataFrame:
        """Read the annotations of the recording.

        Parameters
        ----------
        annotator : str or None, default=None
            Extension of a WFDB annotation file; None is ``"atr"``. Files of other
            formats hold one set of annotations.

        Returns
        -------
        DataFrame
            One row each: ``sample`` (at `sampling_rate`), ``time`` (seconds),
            ``symbol`` (of WFDB, or the text of EDF+), and as far as the format has
            them ``subtype``, ``note`` and ``duration`` (seconds).

        Raises
        ------
        FileNotFoundError
            If there are none.
        ValueError
            If the file is damaged.
        """
        table = self.source.annotations(annotator, self.sampling_rate)
        table.insert(1, "time", table["sample"] / self.sampling_rate)
        return table

    def rhythm(self, annotator: str | None = None) -> pd.DataFrame:
        """Read the rhythms that are annotated, as the marks ``+`` of WFDB say them.

        Parameters
        ----------
        annotator : str or None, default=None
            As in `annotations`.

        Returns
        -------
        DataFrame of shape (n_marks, 3)
            One row for each mark: ``start`` and ``stop`` in seconds, and ``rhythm``,
            its text without the bracket, such as ``"N"``, ``"AFIB"`` or ``"VT"``. A
            rhythm lasts until the next mark; the last one until the end of the
            recording or of its annotations, whichever is later. What is before the
            first mark has no row. Files of other formats than WFDB have no such marks.

        Raises
        ------
        FileNotFoundError
            If there are no annotations.
        ValueError
            If the file is damaged.

        Notes
        -----
        Annotators often end before the recording does. If beats are annotated, the last
        of them says how far the last rhythm was seen.

        References
        ----------
        The texts: *PhysioBank Annotations*,
        https://archive.physionet.org/physiobank/annotations.shtml.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> import wfdb
        >>> from sklearn_ecg.datasets import make_ecg
        >>> from sklearn_ecg.records import read_recording
        >>> with TemporaryDirectory() as directory:
        ...     beats = make_ecg(1, duration=30, random_state=0, directory=directory)
        ...     recording = read_recording(beats.records[0])
        ...     wfdb.wrann(
        ...         recording.name,
        ...         "rhythm",
        ...         sample=np.array([180, 3600]),
        ...         symbol=["+", "+"],
        ...         aux_note=["(N", "(AFIB"],
        ...         write_dir=directory,
        ...     )
        ...     recording.rhythm("rhythm")
           start  stop rhythm
        0    0.5  10.0      N
        1   10.0  30.0   AFIB
        """
        annotations = self.annotations(annotator)
        changes = rhythm_changes(annotations)
        starts = changes["sample"] / self.sampling_rate
        last = annotations["time"].max() if len(annotations) else 0.0
        ends = starts.shift(-1, fill_value=max(self.duration, last))
        return pd.DataFrame(
            {"start": starts, "stop": ends, "rhythm": changes["rhythm"]}
        )

    def _check_stretch(self, start, stop):
        end = self.duration if stop is None else stop
        if not 0 <= start < end <= self.duration + 0.5 / self.sampling_rate:
            raise ValueError(
                f"start={start!r} and stop={stop!r} are no stretch of recording "
                f"{str(self)!r}, which lasts {self.duration:g} s."
            )

    @staticmethod
    def _span(lead, start, stop):
        """Return the first sample of a stretch and the one past its end."""
        first = min(round(start * lead.sampling_rate), lead.n_samples)
        if stop is None:
            return first, lead.n_samples
        return first, max(first, min(round(stop * lead.sampling_rate), lead.n_samples))


def _check_leads(name, leads):
    if not leads:
        raise ValueError(f"Recording {name!r} has no leads.")
    for lead in leads:
        if not np.isfinite(lead.sampling_rate) or lead.sampling_rate <= 0:
            raise ValueError(
                f"The header of recording {name!r} gives no usable sampling rate of "
                f"lead {lead.name!r}: {lead.sampling_rate!r}; it must be a positive "
                "number of Hz."
            )
    if not any(lead.n_samples > 0 for lead in leads):
        raise ValueError(f"Recording {name!r} holds no signal: its length is 0.")


def _places_of(recording, leads):
    """Return the places of leads that are named among those of a recording."""
    names = names_of("Recording", "leads", leads)
    chosen = choose_leads(str(recording), recording.source.leads, names)
    return [one.place for one in chosen]


def with_leads(recording: Recording, leads: str | Sequence[str]) -> Recording:
    """Return the same recording with some of its leads only, in the order given."""
    indices = _places_of(recording, leads)
    if len(set(indices)) < len(indices):
        raise ValueError(
            f"leads={leads!r} must name leads of {recording}, each once; it has "
            f"{listed(list(recording.leads))}."
        )
    selected = Recording(recording.name, _Selected(recording.source, indices), None)
    selected.notes = recording.notes
    return selected


class _Selected:
    """Some of the leads of a source."""

    def __init__(self, source, indices):
        self.source = source
        self.indices = indices
        self.leads = [source.leads[index] for index in indices]
        self.start_time = source.start_time

    def read(self, indices, spans):
        return self.source.read([self.indices[index] for index in indices], spans)

    def annotations(self, annotator, sampling_rate):
        return self.source.annotations(annotator, sampling_rate)
