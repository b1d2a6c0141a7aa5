"""What the report of an annotation shows, and which beats are the oddest of it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._parameter_checks import Choice, check
from ..report import PAPERS, Findings, browser, write_report
from ._corrector import APART, NEAR
from ._model import UNKNOWN
from ._questions import questions_of
from ._rhythm import certainty_of

if TYPE_CHECKING:
    from ._annotation import Annotation

_PAPER = Choice(PAPERS)

_RAREST = 1e-6
"""Likelihood of a label below which beats are equally odd."""


def report_pages(
    annotation: Annotation,
    path: str | os.PathLike,
    n_odd: int = 40,
    paper: str = "A4",
) -> list[Path]:
    """Write a report, and return all its pages, the one at `path` first."""
    endings = (".html", ".htm", ".pdf")
    path = annotation._checked_path(path, endings, "HTML or PDF")
    paper = check("report", "paper", paper, _PAPER)
    if path.suffix.lower() == ".pdf":
        browser()  # Missing, it is said before any work is done.
    return write_report(path, _findings(annotation, n_odd), paper)


def _findings(annotation, n_odd):
    """Return what a page shows."""
    questions, cells = questions_of(annotation)
    is_told, origin = annotation.has_rhythm, annotation.origin
    return Findings(
        recording=annotation.recording,
        start=0.0,
        stop=annotation.recording.duration,
        leads=annotation._both_leads(),
        looked_at=annotation._leads(),
        notes=list(annotation._notes()),
        beats=annotation.beats,
        quality=annotation.quality,
        odd_of=partial(odd_beats, n=n_odd),
        labels=annotation._labels(),
        episodes=annotation.episodes if is_told else None,
        summary=annotation.summary() if is_told else None,
        before=origin.summary() if is_told and origin else None,
        variability=annotation.variability() if is_told else None,
        said=annotation.said,
        seconds={"apart": APART, "near": NEAR},
        model=annotation.model,
        questions=questions,
        cells=cells,
    )


def odd_beats(beats: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the oddest of some beats, as `Annotation.odd` does of all."""
    labelled = beats["label"] != UNKNOWN
    share = beats["label"][labelled].value_counts(normalize=True)
    if "checked" in beats:
        labelled &= ~beats["checked"]
    likely = beats["label"][labelled].map(share).to_numpy(dtype=float)
    certainty = certainty_of(beats[labelled])
    likely = likely if certainty is None else likely * certainty
    oddness = -np.log(np.maximum(likely, _RAREST))
    order = np.argsort(-oddness, kind="stable")[:n]
    places = np.flatnonzero(labelled)[order]
    return beats.iloc[places].assign(oddness=oddness[order])
