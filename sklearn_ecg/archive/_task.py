"""What is done with each recording of an archive."""

from __future__ import annotations

import time
import warnings
from typing import Any

from ..stream import adapted_to, annotate
from ._entries import Entry
from ._figures import figures_of
from ._lessons import Order
from ._parcel import Parcel, content_of
from ._provenance import model_named, readers_named

_LEARNT: dict[str, tuple[Any, dict[str, str]]] = {}
"""The last model that a worker has taught, by the mark of its lessons."""


def row_of_failure(entry: Entry, reason: str) -> dict[str, Any]:
    """Return the row of a recording that could not be annotated."""
    return {
        "recording": str(entry),
        "status": "failed",
        "reason": reason,
        "files": [],
    }


def _reason_of(error):
    """Return why a recording could not be annotated, in words for people."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    words = " ".join(str(error).split())
    # These are ours, or of a library that says what is wrong; others need their name.
    is_told = isinstance(error, ValueError | OSError | ImportError | RuntimeError)
    return words if is_told and words else f"{type(error).__name__}: {words}"


class Task:
    """What is done with each recording; it goes to the workers."""

    def __init__(self, model, model_name, outputs, lead, sampling_rate):
        self.parcel, self.model_name = Parcel(model), model_name
        self.outputs, self.lead, self.sampling_rate = outputs, lead, sampling_rate

    def __call__(self, number: int, entry: Entry, order: Order) -> tuple[int, dict]:
        """Annotate a recording, write the files, and note what was done."""
        start = time.monotonic()
        try:
            row = self._done(entry, order)
        except Exception as failure:
            row = row_of_failure(entry, _reason_of(failure))
        row |= {"seconds": round(time.monotonic() - start, 2), "mark": order.mark}
        return number, self.noted(entry, row)

    def _done(self, entry, order):
        # Nobody sees warnings of a worker: the row has the notes of the annotation.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            recording = entry.opened(self.sampling_rate)
            model, learnt = self._taught(order)
            annotation = self._annotated(recording, order.sheets, model)
            written = self.outputs.write(annotation, entry)
        counts = annotation.per_hour().drop(columns="heart_rate").sum()
        return {
            "recording": str(entry),
            "status": "done",
            "reason": " ".join(annotation._notes()),
            "hours": round(recording.duration / 3600, 4),
            **{name: int(count) for name, count in counts.items()},
            "files": list(written),
            "outputs": written,
            **figures_of(annotation),
            **learnt,
            **readers_named(annotation.said),
        }

    def _annotated(self, recording, sheets, model):
        """Annotate a recording, and correct it."""
        annotation = annotate(recording, model, lead=self.lead)
        for sheet in sheets:
            annotation = sheet.corrected(annotation)
        return annotation

    def _taught(self, order):
        """Return the model that labels a recording, and what the manifest says of it.

        A worker keeps the last that has learnt something, for others of the patient.
        """
        if not order.lessons:
            return self.parcel.model, self.model_name
        if order.learns not in _LEARNT:
            named = [self._named(*lesson) for lesson in order.lessons]
            model = adapted_to(self.parcel.model, named)
            about = self.model_name
            if model is None:
                model = self.parcel.model
            else:
                about = model_named(model, content_of(model))
                about["taught_by"] = "; ".join(str(each) for each, _ in order.lessons)
            _LEARNT.clear()
            _LEARNT[order.learns] = model, about
        return _LEARNT[order.learns]

    def _named(self, entry, sheets):
        """Return a recording with what was said of it, to learn from."""
        try:
            recording = entry.opened(self.sampling_rate)
            return self._annotated(recording, sheets, self.parcel.model)
        except Exception as error:
            reason = f"{entry}, which it learns from: {_reason_of(error)}"
            raise RuntimeError(reason) from error

    def noted(self, entry, row):
        """Note a row, and return it: without its note, a recording is done again."""
        try:
            self.outputs.note(entry, row)
        except OSError as error:
            reason = f"It will be done again, as it can't be noted: {_reason_of(error)}"
            row["reason"] = row["reason"] or reason
        return row
