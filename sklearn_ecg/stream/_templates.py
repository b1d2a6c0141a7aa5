"""Questions to a reader about beats that look alike, and names carried to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._messages import clock, listed
from ..records import NO_BEAT
from ..templates import BeatGroups, Inquiry, group_beats, looks_of, shape_length
from ._corrections import TEMPLATE
from ._rhythm import certainty_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..displays import BeatDisplay
    from ._annotation import Annotation

Reader = Callable[[int], str | None]
"""What names the beat at a sample, or says None."""

_OF_LABEL = 0.9
"""The probability of a label, where a model says no more."""

_TAUGHT = 10.0
"""Beats that a template counts as, at most, where a model learns from its name."""

_AROUND = 5.0
"""Seconds of a strip before a beat and after it."""


class Templates:
    """Which beats to ask a reader about, as `Annotation.templates` returns it.

    Attributes
    ----------
    questions : DataFrame
        A row for each question, the one that is worth most first: ``sample`` and
        ``time`` of the beat to look at; ``n_beats``, how many look like it; ``label``,
        what the model calls most of these; and ``certainty``, how likely that is by the
        model, on average.
    template_of : array of shape (n_beats,)
        The template of each beat of the annotation, numbered like `questions`; -1 for
        beats without signal, and of templates that are not among the questions.
    """

    def __init__(self, annotation: Annotation, n: int):
        self._annotation = annotation
        beats, groups = (annotation.origin or annotation).beats, annotation._groups
        inquiry = _inquiry_of(annotation)
        rows: list[dict] = []
        templates: list[int] = []
        while len(rows) < n:
            place = inquiry.question()
            if place is None:
                break
            template = int(groups.template[place])
            likely = inquiry.probabilities()
            if template not in templates:
                templates.append(template)
                inside = likely[groups.template == template]
                rows.append(_question_of(beats.iloc[place], inside, groups.classes))
            # What the model says is what is expected.
            inquiry.answer(place, groups.classes[int(likely[place].argmax())])
        columns = ["sample", "time", "n_beats", "label", "certainty"]
        self.questions = pd.DataFrame(rows, columns=columns)
        number = np.full(len(groups.shown) + 1, -1)
        number[templates] = np.arange(len(templates))
        self.template_of = number[template_of(annotation)]

    def __repr__(self) -> str:
        return f"Templates({self._annotation.recording.name!r}, {len(self)} questions)"

    def __str__(self) -> str:
        lines = [
            f"{number}: at {clock(row.time)}, {row.n_beats} beats, "
            f"{row.label} ({100 * row.certainty:.0f} % sure)"
            for number, row in enumerate(self.questions.itertuples())
        ]
        return "\n".join(lines) or "There is nothing to ask about."

    def __len__(self) -> int:
        return len(self.questions)

    def plot(self, number: int, *, ax: Axes | None = None) -> BeatDisplay:
        """Draw the beat of a question, with its neighbours in time.

        Parameters
        ----------
        number : int
            Of the question.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new, wide figure.

        Returns
        -------
        BeatDisplay
        """
        time = float(self.questions.loc[number, "time"])
        duration = self._annotation.recording.duration
        start = max(0.0, min(time - _AROUND, duration - 2 * _AROUND))
        stop = min(duration, start + 2 * _AROUND)
        return self._annotation.plot(start, stop, ax=ax)

    def named(
        self, names: Mapping[int, str], *, who: str = "", when: str | None = None
    ) -> Annotation:
        """Return the annotation with names carried to the beats that look alike.

        Parameters
        ----------
        names : mapping of int to str
            The label of the beat of each question that was answered, by its number: a
            class of the model, or ``"O"`` for no beat. To undo one, leave it out.
        who : str, default=""
            The reader.
        when : str, default=None
            The time as ISO 8601 writes it. None is now.

        Returns
        -------
        Annotation
            Its `said` has the answers.

        Raises
        ------
        ValueError
            If there is no question of a number, or a label is not the model's.
        """
        unknown = [number for number in names if number not in self.questions.index]
        if unknown:
            raise ValueError(
                f"There are no questions {listed(unknown)}; they are numbered from 0 "
                f"to {len(self) - 1}."
            )
        samples = self.questions["sample"]
        answers = {int(samples[number]): str(name) for number, name in names.items()}
        return self._annotation.corrected(
            answers_as_table(self._annotation, answers, who, when)
        )


def ask(annotation: Annotation, reader: Reader, n_answers: int, who: str) -> Annotation:
    """Ask a reader one question after the other, each chosen after the answers."""
    samples = (annotation.origin or annotation).beats["sample"].to_numpy()
    allowed = [*annotation._groups.classes]
    inquiry = _inquiry_of(annotation)
    answers: dict[int, str] = {}
    while len(answers) < n_answers:
        place = inquiry.question()
        if place is None:
            break
        sample = int(samples[place])
        label = reader(sample)
        if label is None:
            inquiry.skip(place)
            continue
        if label not in allowed:
            raise ValueError(
                f"The reader calls the beat at sample {sample} {label!r}; it can be "
                f"{listed(allowed)}, or None if the reader can't tell."
            )
        answers[sample] = label
        inquiry.answer(place, label)
    if not answers:
        return annotation
    return annotation.corrected(answers_as_table(annotation, answers, who, None))


def answers_as_table(
    annotation: Annotation, answers: Mapping[int, str], who: str, when: str | None
) -> pd.DataFrame:
    """Return answers about beats at samples as rows for `corrected`."""
    labels = annotation.beats.set_index("sample")["label"]
    when = datetime.now(UTC).isoformat(timespec="seconds") if when is None else when
    return pd.DataFrame(
        {
            "sample": list(answers),
            "before": [labels.get(sample, "") for sample in answers],
            "label": list(answers.values()),
            "what": TEMPLATE,
            "who": who,
            "when": when,
        }
    )


def asked_of(classes: Sequence[str]) -> list[str]:
    """Return what a beat in question can be called."""
    return list(dict.fromkeys([*classes, NO_BEAT]))


def groups_of(found: Annotation) -> BeatGroups:
    """Group the beats of an annotation of which nobody has said anything."""
    names = list(dict.fromkeys([found.lead, found.second_lead or found.lead]))
    beats = found.beats
    looks = looks_of(found.recording, names, beats["time"].to_numpy(dtype=float))
    classes = asked_of(found.classes)
    return group_beats(looks, _probability(beats, classes), classes, shape_length())


def named_beats(
    found: Annotation, groups: BeatGroups, answers: Sequence[tuple[int, str]]
) -> pd.DataFrame:
    """Return the beats with names carried to those alike, and how likely they are.

    An answer is the place of a beat, and its label.
    """
    inquiry = Inquiry(groups)
    for place, label in answers:
        if label in groups.classes:  # or else it is refused when it is written
            inquiry.answer(place, label)
    likely = inquiry.probabilities()
    is_told = np.isfinite(likely).all(axis=1)
    beats = found.beats.copy()
    labels = beats["label"].to_numpy(dtype=object).copy()
    labels[is_told] = np.array(groups.classes, dtype=object)[
        likely[is_told].argmax(axis=1)
    ]
    beats["label"] = pd.Series(labels, index=beats.index, dtype=object)
    for name, column in zip(groups.classes, likely.T, strict=True):
        if f"p_{name}" in beats:
            beats[f"p_{name}"] = np.where(is_told, column, beats[f"p_{name}"])
    return beats


def with_labels(beats: pd.DataFrame, named: Sequence[tuple[int, str]]) -> pd.DataFrame:
    """Return beats of which some have the labels that a page carried to them."""
    beats = beats.copy()
    places, names = (list(each) for each in zip(*named, strict=True))
    labels = beats["label"].to_numpy(dtype=object).copy()
    labels[places] = names
    beats["label"] = pd.Series(labels, index=beats.index, dtype=object)
    for column in [name for name in beats if name.startswith("p_")]:
        is_own = [float(name == column.removeprefix("p_")) for name in names]
        beats.iloc[places, beats.columns.get_loc(column)] = is_own
    return beats


def taught_by(
    annotation: Annotation, classes: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the beats that a reader has named, their labels, and what each counts.

    A beat that was looked at counts one. What a name was carried to counts as much as
    it is certain, and all of a template together no more than a few beats.
    """
    if annotation.said.empty:
        raise ValueError(
            "Nobody has said anything of the annotation; a model's own labels teach "
            "nothing. Name templates with ask or templates, or correct beats."
        )
    beats = annotation.beats
    weights = beats["checked"].to_numpy(dtype=float)
    if annotation._answers():
        template = template_of(annotation)
        counts = np.bincount(template[template >= 0], minlength=1)
        share = np.minimum(1, _TAUGHT / np.maximum(counts, 1))
        certainty = certainty_of(beats)
        certainty = 1.0 if certainty is None else np.nan_to_num(certainty)
        carried = np.where(template >= 0, share[template] * certainty, 0)
        weights = np.maximum(weights, carried)
    labels = beats["label"].to_numpy(dtype=object)
    known = (weights > 0) & np.isin(labels, list(classes))
    return annotation.beat_table()[known], labels[known], weights[known]


def template_of(annotation: Annotation) -> np.ndarray:
    """Return the template of each beat, -1 for those that are in none."""
    found = (annotation.origin or annotation).beats["sample"].to_numpy()
    at = pd.Series(annotation._groups.template, index=found)
    at = at[~at.index.duplicated()]
    return at.reindex(annotation.beats["sample"], fill_value=-1).to_numpy()


def _inquiry_of(annotation):
    """Return an inquiry that knows the answers so far."""
    inquiry = Inquiry(annotation._groups)
    for place, label in annotation._answers():
        inquiry.answer(place, label)
    return inquiry


def _probability(beats, classes):
    """Return probabilities of the classes, NaN for beats without signal."""
    if any(f"p_{name}" in beats for name in classes):
        likely = np.zeros((len(beats), len(classes)), dtype=np.float32)
        for place, name in enumerate(classes):
            if f"p_{name}" in beats:
                likely[:, place] = beats[f"p_{name}"]
        return likely
    rest = (1 - _OF_LABEL) / max(1, len(classes) - 1)
    labels = beats["label"].to_numpy(dtype=object)[:, np.newaxis]
    likely = np.where(labels == np.array(classes, dtype=object), _OF_LABEL, rest)
    return np.where(np.isin(labels, classes), likely, np.nan)


def _question_of(beat, likely, classes):
    """Return what is shown of a beat, of whose template are beats so `likely`."""
    most = int(np.bincount(likely.argmax(axis=1)).argmax())
    return {
        "sample": int(beat["sample"]),
        "time": float(beat["time"]),
        "n_beats": len(likely),
        "label": classes[most],
        "certainty": float(likely[:, most].mean()),
    }
