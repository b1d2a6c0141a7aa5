"""One question after the other, each chosen after the answers so far."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from ._grouping import BeatGroups
from ._opinion import SURPRISING, Answer, opinion_of, worth_of


class Inquiry:
    """What was asked about the beats of a recording, and what is to be asked next.

    An answer that the model holds for unlikely is followed by a question about another
    beat of the same template. The page of a report asks in the same order.
    """

    def __init__(self, beats: BeatGroups) -> None:
        self._beats = beats
        self._answers: list[Answer] = []
        self._n_shown = np.zeros(len(beats.shown), dtype=int)
        self._n_asked = np.zeros(len(beats.shown), dtype=int)
        self._again: int | None = None  # The template that surprised last

    def answer(self, place: int, label: str) -> None:
        """Take the label of a beat, by its place in the recording."""
        beats = self._beats
        template, cell = int(beats.template[place]), int(beats.cell[place])
        if template < 0:
            return
        code = beats.classes.index(label)
        likely = softmax(opinion_of(beats.groups, self._answers)[cell])[code]
        self._pass(place)
        self._n_asked[template] += 1
        is_first = self._n_asked[template] == 1
        self._again = template if likely < SURPRISING and is_first else None
        self._answers.append(Answer(template, cell, code))

    def skip(self, place: int) -> None:
        """Pass over a beat of which the reader can say nothing."""
        self._pass(place)

    def question(self) -> int | None:
        """Return the place of the beat to ask about next; None if none is left."""
        left = np.array([len(each) for each in self._beats.shown]) > self._n_shown
        if not left.any():
            return None
        template = self._again
        if template is None or not left[template]:
            worth = worth_of(self._beats.groups, self._answers)
            template = int(np.where(left, worth, -np.inf).argmax())
        return int(self._beats.shown[template][self._n_shown[template]])

    def probabilities(self) -> np.ndarray:
        """Return the probability of each class after the answers, for each beat.

        Of shape (n_beats, n_classes); NaN for beats that are in no template.
        """
        beats = self._beats
        likely = softmax(opinion_of(beats.groups, self._answers), axis=1)
        unknown = np.full((1, len(beats.classes)), np.nan)
        return np.concatenate([likely, unknown])[beats.cell]

    def _pass(self, place):
        """Show the next beat of the template, if this was the next one."""
        template = int(self._beats.template[place])
        if place in self._beats.shown[template]:
            at = int(np.flatnonzero(self._beats.shown[template] == place)[0])
            self._n_shown[template] = max(self._n_shown[template], at + 1)
