"""The labelled beats of one recording: looked at, counted, written for other tools."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from .._files import (
    check_ending,
    check_writable,
    made_directory,
    output_path,
    written_whole,
)
from .._messages import listed
from .._parameter_checks import Choice, WholeNumber, check
from ..beats import build_table, entry_of
from ..displays import BeatDisplay, RhythmDisplay
from ..records import (
    AS_NAMED,
    BEAT_SYMBOLS,
    NO_BEAT,
    LeftOut,
    Recording,
    check_annotator,
    write_edf,
    write_wfdb_annotations,
)
from ..rhythm import find_episodes, lines_of, rhythm_marks, summarize, variability
from ._corrections import (
    CARRIED,
    TEMPLATE,
    joined_turns,
    nothing_said,
    read_corrections,
)
from ._corrector import NEAR, Corrector, nearest_beats
from ._device_rhythm import device_episodes
from ._leads import sentences_of
from ._model import UNKNOWN
from ._report import odd_beats, report_pages
from ._rhythm import certainty_of, why_no_rhythm
from ._templates import Reader, Templates, ask, groups_of, named_beats, with_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_SYMBOL_OF_NO_BEAT = "|"
"""What WFDB has for an artefact that looks like a QRS complex."""

_TABLE = Choice(("beats", "episodes", "said"))

_AT_LEAST_ONE = WholeNumber(1)

_CSV = (".csv", ".txt", ".gz", ".bz2", ".xz", ".zst", ".zip")
"""Endings of tables, and of those that pandas compresses by their names."""


@dataclass(frozen=True, eq=False)
class Annotation:
    """The beats of a recording with their labels, made by :func:`annotate`.

    Attributes
    ----------
    recording : Recording
        What was annotated.
    beats : DataFrame
        One row for each beat, in time order: ``time`` in seconds and ``sample``, at the
        `sampling_rate` of the recording; ``label``, ``"?"`` if the beat has no signal;
        ``p_<class>``, the probability of each class; ``rr_prev``, the interval from
        the beat before in seconds; ``quality``, ``"good"`` or ``"no signal"``; and of
        a Pipeline ``lead``, in which the beat was found. A detection that the model
        calls no beat has the label ``"O"``. After `corrected` also ``checked``, whether
        a person has looked at the label.
    lead : str
        The lead that was read; of two, the one that was believed longest.
    quality : DataFrame
        Stretches in which no lead shows beats: ``start`` and ``stop`` in seconds,
        ``reason`` ``"flat"``, ``"saturated"`` or ``"invalid"``; and what a person
        calls ``"noise"``.
    classes : tuple of str
        What the model can say.
    instead_of : str or None
        The lead that the model wants, if the recording has one of another kind only.
    model : str
        What is known of the model: its card, or what it consists of.
    second_lead : str or None
        The lead that the model looked at beside `lead`.
    leads : mapping of str to str
        The leads that were looked at, and why each of them; and of a second one that
        was not, as its rate is another, why not.
    leads_used : DataFrame
        Which lead was believed: ``lead``, ``start`` and ``stop`` in seconds, and
        ``why``, what was wrong with the other one then; empty for the first lead, and
        where that is as good again.
    doubts : tuple of str
        Why the result is not to be believed, in words: more detections that are no
        beats than beats, rates that no heart has, a class that is most beats in one
        lead and none in the other, or hardly any signal. Empty as a rule.
    said : DataFrame
        All that was given to `corrected` so far, in order, with its columns and
        ``turn``, which counts the calls from 0. `corrected` of another annotation of
        the recording takes it.
    origin : Annotation or None
        Of a corrected annotation, the one that the model made.
    device_rate : float or None
        Of a chain, the rate of its device in Hz.

    Examples
    --------
    See :func:`annotate`.
    """

    recording: Recording
    beats: pd.DataFrame
    lead: str
    quality: pd.DataFrame
    classes: tuple[str, ...]
    instead_of: str | None = None
    model: str = ""
    second_lead: str | None = None
    leads: Mapping[str, str] = field(default_factory=dict)
    leads_used: pd.DataFrame = field(default_factory=pd.DataFrame)
    doubts: tuple[str, ...] = ()
    said: pd.DataFrame = field(default_factory=nothing_said)
    origin: Annotation | None = None
    device_rate: float | None = None

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        return f"Annotation({str(self.recording)!r}, {len(self.beats)} beats)"

    @property
    def has_rhythm(self) -> bool:
        """Whether the classes of the model say something of the rhythm."""
        return not why_no_rhythm(self.classes)

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """What the labels say of the rhythm, in words.

        Of what :func:`~sklearn_ecg.rhythm.find_episodes` returns, in seconds. It
        follows from `beats` and `quality`: of corrected beats, it is corrected. A chain
        says what its device will: from its beats alone, `DeviceChain.episodes`. A model
        that has other classes than N, S, V, F, Q and O says nothing of the rhythm: a
        `ValueError` tells what to do.
        """
        self._refuse_other_classes()
        if self.device_rate is not None and self.origin is None:
            duration = self.recording.duration
            return device_episodes(self.beats, self.device_rate, duration)
        return find_episodes(
            self.beats["sample"],
            self.beats["label"],
            self.recording.sampling_rate,
            certainty=certainty_of(self.beats),
            unreadable=self.quality,
            duration=self.recording.duration,
        )

    def summary(self) -> pd.DataFrame:
        """Count what a report says of the rhythm.

        Returns
        -------
        DataFrame of shape (n_figures, 6)
            Each figure with what it is out of, and what was left out, as
            :func:`~sklearn_ecg.rhythm.summarize` returns them: how long the recording
            could be analysed, rates, atrial fibrillation, ectopic beats, couplets,
            runs, pauses, bradycardia and tachycardia.

        Raises
        ------
        ValueError
            If the model has other classes than N, S, V, F, Q and O.

        Examples
        --------
        >>> from sklearn_ecg import annotate, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> record = make_ecg(1, duration=60, random_state=5).records[0]
        >>> summary = annotate(record, load_pretrained()).summary()
        >>> summary.loc[["beats", "V beats"], ["value", "out_of"]].round(3)
                 value  out_of
        beats     89.0   0.017
        V beats   15.0  89.000
        """
        self._refuse_other_classes()
        return summarize(
            self.beats["sample"],
            self.beats["label"],
            self.recording.sampling_rate,
            self.episodes,
            self.recording.duration,
        )

    def variability(self, *, least_share: float = 0.67) -> pd.DataFrame:
        """Compute the heart rate variability, of the whole and of each hour.

        Parameters
        ----------
        least_share : float, default=0.67
            Share of the time that intervals between normal beats take at least; below
            it, nothing is said.

        Returns
        -------
        DataFrame of shape (n_hours + 1, 19)
            SDNN, SDANN, RMSSD, pNN50, the triangular index, LF and HF, each row with
            the share of normal intervals, as
            :func:`~sklearn_ecg.rhythm.variability` returns them. Ectopic beats, what is
            not analysable and atrial fibrillation are left out.

        Raises
        ------
        ValueError
            If the model has other classes than N, S, V, F, Q and O, or `least_share` is
            not allowed.

        Examples
        --------
        >>> from sklearn_ecg import annotate, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> record = make_ecg(1, duration=60, random_state=5).records[0]
        >>> table = annotate(record, load_pretrained()).variability()
        >>> table.loc["whole", "reason"]
        'shorter than 5 min'
        """
        self._refuse_other_classes()
        return variability(
            self.beats["sample"],
            self.beats["label"],
            self.recording.sampling_rate,
            unreadable=self.quality,
            episodes=self.episodes,
            duration=self.recording.duration,
            least_share=least_share,
        )

    def per_hour(self) -> pd.DataFrame:
        """Count the beats of each hour of the recording.

        Returns
        -------
        DataFrame of shape (n_hours, n_labels + 2)
            A row for each hour begun, numbered from 0: a column for each label,
            ``beats`` for all but ``"O"``, and ``heart_rate``, the median in beats per
            minute (NaN where there is none).
        """
        n_hours = max(1, int(np.ceil(self.recording.duration / 3600 - 1e-9)))
        hour = np.minimum((self.beats["time"] // 3600).astype(int), n_hours - 1)
        counts = pd.crosstab(hour, self.beats["label"])
        counts = counts.reindex(
            index=range(n_hours), columns=self._labels(), fill_value=0
        )
        counts["beats"] = counts.drop(columns=NO_BEAT, errors="ignore").sum(axis=1)
        rates = 60 / self._intervals()
        counts["heart_rate"] = rates.groupby(hour[rates.index]).median()
        return counts.rename_axis(index="hour", columns=None)

    def odd(self, n: int = 20) -> pd.DataFrame:
        """Return the beats that most deserve a look: rare ones, and uncertain ones.

        Parameters
        ----------
        n : int, default=20
            How many, at most.

        Returns
        -------
        DataFrame
            Rows of `beats`, with the column ``oddness``, the greatest first: the
            negative logarithm of how common the label is in this recording, times its
            probability. Beats without signal, and those that were checked, are left
            out.
        """
        return odd_beats(self.beats, n)

    def plot(
        self, start: float = 0.0, stop: float | None = None, *, ax: Axes | None = None
    ) -> BeatDisplay:
        """Draw a strip of the lead with the labels of its beats.

        Parameters
        ----------
        start, stop : float, default=0 and None
            In seconds from the beginning; None is 10 s after `start`.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        BeatDisplay

        Raises
        ------
        ValueError
            If the strip is not inside of the recording.
        """
        stop = min(start + 10, self.recording.duration) if stop is None else stop
        return BeatDisplay.from_recording(
            self.recording,
            self.beats["time"].to_numpy(),
            self.beats["label"].to_numpy(),
            start=start,
            duration=stop - start,
            lead=self.lead,
            ax=ax,
        )

    def plot_rhythm(self, *, figure: Figure | SubFigure | None = None) -> RhythmDisplay:
        """Draw the whole recording: heart rate, episodes, ectopic beats, intervals.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        RhythmDisplay

        Raises
        ------
        ValueError
            If the model has other classes than N, S, V, F, Q and O.
        """
        return RhythmDisplay.from_beats(
            self.beats["sample"],
            self.beats["label"],
            self.recording.sampling_rate,
            self.episodes,
            duration=self.recording.duration,
            start_time=self.recording.start_time,
            record_name=self.recording.name,
            figure=figure,
        )

    def report(
        self,
        path: str | os.PathLike,
        *,
        n_odd: int = 40,
        paper: Literal["A4", "Letter"] = "A4",
    ) -> Path:
        """Write a page of HTML that shows what was found, to be read in a browser.

        One file, which loads nothing from elsewhere. It asks first, as `ask` does,
        about beats that stand for others, and shows what each answer changes. Then come
        the summary, whose figures lead to their strips, and all that was recorded, a
        line a minute, every beat in the colour of its class; the heart rate and the
        rhythm, a table by the hour, intervals, templates, what was left out, what
        readers have said, and what is known of the model. Any beat can be corrected,
        missed beats can be added, and stretches named. The page saves what was said as
        a CSV file, which `corrected` takes.

        On paper the summary is a page, and what it tells of are strips at 25 mm/s and
        10 mm/mV. Of a recording of more than a day and a half there is a page of all at
        `path`, and a page of each day beside it, ``<name>.day-1.html`` and so on, with
        all that was recorded that day. A path that ends with ``.pdf`` is printed by
        Chromium, Chrome or Edge, whichever is installed.

        Of a minute or less, all leads of the recording are shown on paper, at the same
        scale, and no more than seconds can tell; it asks nothing.

        Parameters
        ----------
        path : str or path-like
            Ends with ``.html``, or with ``.pdf``. It may be a URL, such as
            ``s3://bucket/page.html``.
        n_odd : int, default=40
            How many beats to show, at most; those close to each other share a strip.
        paper : {"A4", "Letter"}, default="A4"
            The size of the paper of a PDF.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the path ends like that of another format, or is on a web server, or
            there is no such `paper`.
        FileExistsError
            If it is the file of the recording itself.
        FileNotFoundError
            If there is no browser that prints a PDF.
        OSError
            If it cannot be written; a file that was there before stays.
        """
        return report_pages(self, path, n_odd, paper)[0]

    def corrected(self, corrections: pd.DataFrame | str | os.PathLike) -> Annotation:
        """Return the annotation as a person has corrected it.

        The probabilities of beats that were named are 1 for their label and 0 for
        others, and ``checked`` of `beats` is True. Let a model learn from checked beats
        alone: the labels of the others are its own, mistakes included.

        Parameters
        ----------
        corrections : DataFrame, str or path-like
            A table, or the CSV file that the page of `report` saves. Its rows may have
            any order. Columns that are not named as needed may be left out:

            - ``sample``, needed: where, at the `sampling_rate` of the recording.
            - ``label``, needed: a class of the model, or ``"O"`` for no beat.
            - ``what``: ``"beat"`` or nothing, a beat that is corrected, or checked and
              right; ``"added"``, one that was missed; ``"stretch"``, all beats from
              `sample` up to ``stop``. With the label ``"noise"`` they are no beats,
              and it is not analysable. What is said of a beat itself counts for more.
              The page of `~sklearn_ecg.edge.export_page` groups beats itself, so its
              file has each answer as ``"template"``, and as ``"carried"`` each beat
              that got its label from them; no one has checked these.
            - ``stop``: the last sample of a stretch.
            - ``before``, ``who`` and ``when``: the label that there was, the reader,
              and the time as ISO 8601 writes it. They are kept.

            Where another model has found a beat up to 0.15 s away, or one that was
            added up to 0.1 s, it is the one that was meant. The `said` of another
            annotation of the same recording can be given, too.

        Returns
        -------
        Annotation
            Beats that were checked before stay checked, and `said` has what was said.
            An added beat has the interval from the beat before, which is shorter for
            the next beat, too; intervals across removed beats stay as they are.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If a column is missing, no beat is at a sample, a label is not one of the
            model's, two rows are of one beat, a stretch or a beat to add is outside of
            the recording, or the file says that it is of another recording.

        Examples
        --------
        >>> from sklearn_ecg import annotate, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> record = make_ecg(1, duration=20, random_state=5).records[0]
        >>> annotation = annotate(record, load_pretrained())
        >>> second = annotation.beats.loc[1, "sample"]
        >>> right = pd.DataFrame({"sample": [second], "label": ["V"]})
        >>> annotation.corrected(right).beats["label"][:3].tolist()
        ['N', 'V', 'N']
        >>> annotation.corrected(right).beats["checked"][:3].tolist()
        [False, True, False]

        The last five seconds are noise, and a reader has said so:

        >>> noise = {"sample": [5400], "stop": [7200], "label": ["noise"]}
        >>> noise = pd.DataFrame(noise | {"what": ["stretch"], "who": ["A. Reader"]})
        >>> once = annotation.corrected(noise)
        >>> once.quality
           start  stop reason
        0   15.0  20.0  noise
        >>> once.said[["sample", "stop", "label", "who"]]
           sample  stop  label        who
        0    5400  7200  noise  A. Reader
        """
        table = read_corrections(corrections, self.recording.name)
        file = "" if isinstance(corrections, pd.DataFrame) else f" of {corrections}"
        rate = self.recording.sampling_rate
        said = joined_turns(self.said, table.assign(time=table["sample"] / rate))
        origin = self.origin or self
        corrector = Corrector(
            origin._named(said),
            origin.quality,
            self.recording,
            self.lead,
            self.classes,
            file,
        )
        for _, turn in said.groupby("turn"):
            corrector.take(turn)
        beats = corrector.beats
        beats["label"] = beats["label"].astype(origin.beats["label"].dtype)
        return replace(
            self, beats=beats, quality=corrector.quality, said=said, origin=origin
        )

    def templates(self, n: int = 10) -> Templates:
        """Return the questions to ask a reader, in the order of what they are worth.

        Beats that look alike are a template: in shape, in P wave, in the intervals
        around them, and in what the model thinks of them. A reader names a beat of a
        template, and the name is carried to the others: all the way where the model is
        unsure, and where it is sure after a second beat of the template has the same
        name. Templates that are alike move along, and all others a little. Large
        templates of which the model is sure are asked about, too.

        Parameters
        ----------
        n : int, default=10
            How many questions, at most.

        Returns
        -------
        Templates
            Its ``questions`` are a table; `Templates.named` takes the answers.

        Raises
        ------
        ValueError
            If `n` is not a whole number from 1 on.

        See Also
        --------
        ask : Ask one question after the other, each chosen after the answers so far.

        Notes
        -----
        Beats are grouped by k-means into 40 templates at most. The model's logits are
        the mean of a Gaussian process over them [1]_, and answers its observations,
        of which one in thirty is allowed to be a slip.

        References
        ----------
        .. [1] C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine
           Learning", MIT Press 2006, chapter 3.

        Examples
        --------
        >>> from sklearn_ecg import annotate, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> record = make_ecg(1, duration=60, random_state=5).records[0]
        >>> annotation = annotate(record, load_pretrained())
        >>> templates = annotation.templates(3)
        >>> templates.questions[["n_beats", "label"]]
           n_beats label
        0        4     V
        1        2     N
        2        8     N
        >>> named = templates.named({0: "V"}, who="A. Reader")
        >>> named.said[["label", "what", "who"]]
          label      what        who
        0     V  template  A. Reader
        """
        return Templates(self, check("Annotation.templates", "n", n, _AT_LEAST_ONE))

    def ask(self, reader: Reader, n_answers: int = 10, *, who: str = "") -> Annotation:
        """Ask a reader about one beat after the other, and carry the names to others.

        Each question is chosen after the answers so far. An answer that the model holds
        for unlikely is asked again, at another beat of the template.

        Parameters
        ----------
        reader : callable
            Takes the sample of a beat, and returns its label: a class of the model, or
            ``"O"`` for no beat; None if it can't be told, which is no answer.
        n_answers : int, default=10
            How many, at most.
        who : str, default=""
            The reader, for `said`.

        Returns
        -------
        Annotation
            As of `Templates.named`.

        Raises
        ------
        ValueError
            If a label is not the model's, or `n_answers` is not a whole number from 1
            on.

        Examples
        --------
        A reader who is simulated by annotations:

        >>> from sklearn_ecg import annotate, load_pretrained
        >>> from sklearn_ecg.datasets import make_ecg
        >>> beats = make_ecg(1, duration=60, random_state=5)
        >>> annotation = annotate(beats.records[0], load_pretrained())
        >>> truth = pd.Series(beats.target, index=beats.data["sample"])
        >>> def reader(sample):
        ...     return truth.iloc[abs(truth.index - sample).argmin()]
        >>> named = annotation.ask(reader, 5)
        >>> len(named.said)
        5
        """
        n_answers = check("Annotation.ask", "n_answers", n_answers, _AT_LEAST_ONE)
        return ask(self, reader, n_answers, who)

    @property
    def _groups(self):
        """The beats that the model labelled, in templates."""
        return (self.origin or self)._own_groups

    @cached_property
    def _own_groups(self):
        return groups_of(self)

    def _answers(self, said=None):
        """Return places of beats that stood for others, and what they were called."""
        said = self.said if said is None else said
        return self._labels_said(said, TEMPLATE)

    def _labels_said(self, said, what):
        """Return places of beats of which rows of a kind are, and the last labels."""
        rows = said[said["what"] == what]
        if rows.empty:
            return []
        own = (self.origin or self).beats["sample"].to_numpy()
        reach = NEAR * self.recording.sampling_rate
        places = nearest_beats(own, rows["sample"].to_numpy(), reach)
        answers = dict(zip(places.tolist(), rows["label"], strict=True))
        return [(place, label) for place, label in answers.items() if place >= 0]

    def _named(self, said):
        """Return the beats with names of templates carried to all that they are of."""
        answers, carried = self._answers(said), self._labels_said(said, CARRIED)
        beats = self.beats
        if {place for place, _ in answers} - {place for place, _ in carried}:
            beats = named_beats(self, self._groups, answers)
        return with_labels(beats, carried) if carried else beats

    def beat_table(self) -> pd.DataFrame:
        """Return the beat table of these beats, for `fit` and `predict`.

        Returns
        -------
        DataFrame
            Row i is row i of `beats`.

        See Also
        --------
        sklearn_ecg.datasets.beat_table : What it is.
        """
        samples = self.beats["sample"].to_numpy()
        entry = entry_of(self.recording)
        return build_table(self.recording, entry, samples, None, LeftOut("raise"))

    def annotations(
        self, symbols: Mapping[str, str] | None = None, *, marks: bool = False
    ) -> pd.DataFrame:
        """Return the beats as annotations of WFDB, for `compare_annotations`.

        Parameters
        ----------
        symbols : mapping of str to str, default=None
            As in `to_wfdb`.
        marks : bool, default=False
            Add the marks of rhythms, pauses and lost signal that `to_wfdb` writes.

        Returns
        -------
        DataFrame of shape (n_beats, 2), or (n_annotations, 4) with marks
            ``sample`` and ``symbol``; with marks also ``subtype`` and ``note``.

        Raises
        ------
        ValueError
            If a label has no symbol.
        """
        sample = self.beats["sample"]
        beats = pd.DataFrame({"sample": sample, "symbol": self._symbols(symbols)})
        if not marks:
            return beats
        added = rhythm_marks(
            self.episodes if self.has_rhythm else None,
            sample.to_numpy(),
            self.beats["label"].to_numpy(dtype=object),
            self.recording.sampling_rate,
            self.quality,
        )
        table = pd.concat([beats.assign(subtype=0, note=""), added])
        return table.sort_values("sample", kind="stable", ignore_index=True)

    def to_wfdb(
        self,
        directory: str | os.PathLike,
        annotator: str = "ext",
        symbols: Mapping[str, str] | None = None,
    ) -> Path:
        """Write a WFDB annotation file, which wfdb and the WFDB applications read.

        It holds the beats, and marks of what `episodes` and `quality` say:

        - The rhythm (``+``): ``(AFIB`` atrial fibrillation; ``(VT`` V runs above 100
          beats a minute, ``(IVR`` slower ones; ``(SVTA`` S runs above 100; ``(B`` and
          ``(T`` V bigeminy and trigeminy, ``(AB`` S bigeminy; ``(SBR`` bradycardia;
          ``(NOISE`` what is not analysable; ``(N`` all else. Other kinds of episodes
          have no text in WFDB.
        - Pauses: a note (``"``) ``PSE`` in the middle of the interval, as in the
          Long-Term AF Database.
        - ``~`` with subtype -1 where the signal is lost, with 0 where it comes back,
          which ``bxb`` takes as shutdown.

        The marks say one rhythm at a time. V runs, bigeminy and trigeminy interrupt
        atrial fibrillation, as in the databases of PhysioNet, and ``(AFIB`` is written
        again after them: ``epicmp`` counts the pieces as episodes of their own. Other
        rhythms inside of atrial fibrillation, and noise, are not marked. Where the
        classes of the model say nothing of the rhythm, ``~`` is the only mark.

        Parameters
        ----------
        directory : str or path-like
            Where to; made if it is missing. It may be a URL, such as ``s3://bucket``.
        annotator : str, default="ext"
            Extension of the file, letters only.
        symbols : mapping of str to str, default=None
            The WFDB symbol of each label. By default a label that is the symbol of a
            beat, as those of the AAMI classes are, stands for itself, and ``"O"``, no
            beat, is written as ``"|"``, an artefact.

        Returns
        -------
        Path
            The file: the name of the recording, and the annotator as its extension.

        Raises
        ------
        ValueError
            If a label has no symbol, the annotator is not made of letters, or the
            directory is on a web server.
        FileExistsError
            If the file is one of the recording itself, such as its annotations by an
            expert.
        OSError
            If it cannot be written; a file that was there before stays.
        """
        check_annotator(annotator)
        annotations = self.annotations(symbols, marks=True)
        path = output_path(directory) / f"{plain_name(self.recording.name)}.{annotator}"
        self._refuse_own_files(path, ("atr", "hea", "dat", "edf", "bdf", "csv"))
        made_directory(path.parent)
        write_wfdb_annotations(path, annotations, self.recording.sampling_rate)
        return path

    def to_edf(self, path: str | os.PathLike) -> Path:
        """Write an EDF+ file of all leads, with annotations of beats and episodes.

        The text of a beat is its label. An episode has its kind as the text, and a
        duration; all kinds of `episodes` are written, if the classes of the model say
        something of the rhythm. The signal is stored with 16
        bits and goes on with its last value to the end of the last data record;
        samples that are missing are those before, and annotated ``no signal``.
        Artefacts that would leave the ECG steps of more than 5 µV are clipped, and a
        warning says so.

        Parameters
        ----------
        path : str or path-like
            Ends with ``.edf``. It may be a URL, such as ``s3://bucket/beats.edf``.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the sampling rates do not fit into data records of whole seconds, a lead
            lies beyond what EDF can say, or the path ends like that of another format,
            or is on a web server.
        FileExistsError
            If it is the file of the recording itself.
        OSError
            If it cannot be written; a file that was there before stays.
        """
        path = self._checked_path(path, (".edf",), "EDF")
        times = self.beats["sample"] / self.recording.sampling_rate
        texts = pd.DataFrame({"time": times, "text": self.beats["label"]})
        texts["duration"] = np.nan
        if self.has_rhythm:
            lasting = self.episodes.rename(columns={"start": "time", "kind": "text"})
            lasting["duration"] = lasting["stop"] - lasting["time"]
            texts = pd.concat([texts, lasting[texts.columns]])
        write_edf(path, self.recording, texts)
        return path

    def to_csv(
        self,
        path: str | os.PathLike,
        *,
        table: Literal["beats", "episodes", "said"] = "beats",
    ) -> Path:
        """Write `beats`, `episodes` or `said` as a CSV file.

        Parameters
        ----------
        path : str or path-like
            Ends with ``.csv``, or ``.csv.gz`` for a compressed file. It may be a URL,
            such as ``s3://bucket/beats.csv``.
        table : {"beats", "episodes", "said"}, default="beats"
            What to write. What was said begins with the name of the ``recording``.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the path ends like that of another format, or is on a web server.
        FileExistsError
            If it is the file of the recording itself.
        OSError
            If it cannot be written; a file that was there before stays.
        """
        path = self._checked_path(path, _CSV, "CSV")
        return self._write_table(path, pd.DataFrame.to_csv, table)

    def to_parquet(
        self,
        path: str | os.PathLike,
        *,
        table: Literal["beats", "episodes", "said"] = "beats",
        recording: str | None = None,
    ) -> Path:
        """Write `beats`, `episodes` or `said` as Parquet; needs the extra ``parquet``.

        Parameters
        ----------
        path : str or path-like
            Ends with ``.parquet``. It may be a URL, such as ``s3://bucket/beats.parquet``.
        table : {"beats", "episodes", "said"}, default="beats"
            What to write. What was said begins with the name of the ``recording``.
        recording : str, default=None
            What a first column ``recording`` says. Files with one are parts of a data
            set: they have the same columns, ``checked`` among them, and the same types,
            whatever was found.

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the path ends like that of another format, or is on a web server.
        FileExistsError
            If it is the file of the recording itself.
        OSError
            If it cannot be written; a file that was there before stays.
        """
        path = self._checked_path(path, (".parquet", ".pq"), "Parquet")
        return self._write_table(path, pd.DataFrame.to_parquet, table, recording)

    def _both_leads(self):
        return (
            [self.lead] if self.second_lead is None else [self.lead, self.second_lead]
        )

    def _refuse_other_classes(self):
        why = why_no_rhythm(self.classes)
        if why:
            raise ValueError(why)

    def _write_table(self, path, write, table, recording=None):
        content = getattr(self, check("Annotation", "table", table, _TABLE))
        if table == "said":
            recording = recording or self.recording.name
        if recording is not None:
            content = _as_part(content, table, recording)
        with written_whole(path) as temporary:
            write(content, temporary, index=False)
        return path

    def _intervals(self):
        """Return the intervals between beats, whatever else was detected between."""
        is_beat = self.beats["label"] != NO_BEAT
        return self.beats.loc[is_beat, "time"].astype(float).diff()

    def _notes(self):
        """Say what is odd about the file and the leads, and what cannot be."""
        yield from self.recording.notes
        if self.instead_of is not None:
            yield f"Lead {self.lead} stands in for {self.instead_of}, of another kind."
        for name, why in self.leads.items():
            if why != AS_NAMED:
                yield f"Lead {name}: {why}."
        yield from sentences_of(self.leads_used)
        yield from (f"Doubtful: {doubt}" for doubt in self.doubts)

    def _leads(self):
        if self.second_lead is None:
            return f"lead {self.lead}"
        return f"leads {self.lead} and {self.second_lead}"

    def _rhythm(self):
        """Return lines on the rhythm; none where the classes say nothing of it."""
        return lines_of(self.summary()) if self.has_rhythm else []

    def _labels(self):
        present = set(self.beats["label"]) - set(self.classes)
        return [
            *self.classes,
            *(each for each in (NO_BEAT, UNKNOWN) if each in present),
        ]

    def _symbols(self, symbols):
        known = {symbol: symbol for symbol in BEAT_SYMBOLS}
        known |= {NO_BEAT: _SYMBOL_OF_NO_BEAT} | dict(symbols or {})
        labels = self.beats["label"].tolist()
        without = sorted({label for label in labels if label not in known})
        if without:
            raise ValueError(
                f"The labels {listed(without)} are no symbols of beats in WFDB. Say "
                f"what to write for them: symbols={{{without[0]!r}: 'N', ...}}; "
                f"allowed are {' '.join(BEAT_SYMBOLS)}."
            )
        return [known[label] for label in labels]

    def _checked_path(self, path, endings, content):
        path = output_path(path)
        check_ending(path, endings, content)
        if os.path.realpath(path) == os.path.realpath(str(self.recording)):
            raise FileExistsError(
                f"{path} is the recording that was annotated; it is not replaced. Give "
                "another path."
            )
        check_writable(path)
        return path

    def _refuse_own_files(self, path, extensions):
        whole = os.path.realpath(str(self.recording))
        own = os.path.realpath(os.path.splitext(str(self.recording))[0])
        is_part = path.suffix[1:] in extensions
        is_own = is_part and os.path.realpath(path.with_suffix("")) == own
        if (is_own or os.path.realpath(path) == whole) and path.exists():
            raise FileExistsError(
                f"{path} belongs to the recording itself; it is not replaced. Choose "
                "another annotator."
            )

    def _lines(self):
        """Yield what a person wants to know first."""
        hours = self.recording.duration / 3600
        yield f"{self.recording}: {hours:.2f} h, {self._leads()}"
        yield from self._notes()
        counts = self.beats["label"].value_counts()
        n_beats = len(self.beats) - int(counts.get(NO_BEAT, 0))
        rate = 60 / self._intervals().median() if n_beats > 1 else np.nan
        median = f", {rate:.0f} a minute (median)" if np.isfinite(rate) else ""
        yield f"{n_beats} beats{median}"
        for label in self._labels():
            count = int(counts.get(label, 0))
            share = f" ({100 * count / n_beats:.2f} %)" if n_beats and count else ""
            meaning = {NO_BEAT: "  no beat", UNKNOWN: "  no signal"}.get(label, "")
            yield f"  {label:<3}{count:>8}{share if not meaning else ''}{meaning}"
        yield from self._rhythm()
        lost = (self.quality["stop"] - self.quality["start"]).sum()
        if lost:
            reasons = listed(sorted(set(self.quality["reason"])))
            yield f"{lost:.1f} s without a signal to see beats in: {reasons}"


def _as_part(content, table, recording):
    """Return the part that a recording has in a table of many."""
    content = content.copy()
    content.insert(0, "recording", recording)
    if table == "said":
        return content
    if table == "beats" and "checked" not in content:
        content["checked"] = False
    is_text = {name for name in content if content[name].dtype.kind == "O"}
    return content.astype(dict.fromkeys(is_text, "string"))


def plain_name(name):
    """Return a name that every tool of WFDB takes: letters, digits, - and _."""
    plain = (c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    return "".join(plain) or "_"
