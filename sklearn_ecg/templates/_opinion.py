"""What answers about some beats say of all others, and what to ask next.

The logits of the model are the mean of a Gaussian process over templates, and answers
are observations of it (Rasmussen and Williams, "Gaussian Processes for Machine
Learning", 2006, chapter 3). So an answer moves templates that are alike far, and all
others a little; where the model was sure, one answer alone moves less than two that
agree. The page of a report does the same in ``questions.js``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax, softmax

LENGTH, OWN, SHARED = 1.5, 2.0, 1.0
"""How far an answer reaches, and how much templates differ from the model's logits.

Standard deviations: of what each has of its own, and of what all have in common.
"""

SLIP = 0.03
"""How often a reader gives another answer than was meant."""

SHARE_OF_OWN = 0.5
"""What the logits of a cell count beside those of its template."""

VARIANCE = 4.0
"""Variance of an answer beside that of a logit, where the gain is foreseen."""

DOUBT = 0.3 * np.pi / 8
"""How much the variance of a logit takes from what it says."""

POWER = 0.7
"""Of the number of beats, in what a question is worth."""

SURPRISING = 0.2
"""Probability of an answer below which another beat of the template is asked."""

JITTER = 0.01
STEPS = 12
SMALL = 1e-4


def constants() -> dict[str, float]:
    """Return by name what the page needs to think the same."""
    return {
        "SLIP": SLIP,
        "SHARE_OF_OWN": SHARE_OF_OWN,
        "VARIANCE": VARIANCE,
        "DOUBT": DOUBT,
        "POWER": POWER,
        "SURPRISING": SURPRISING,
        "JITTER": JITTER,
        "STEPS": STEPS,
        "SMALL": SMALL,
    }


class Groups(NamedTuple):
    """What is asked about: templates, and the cells that their beats fall into."""

    kernel: np.ndarray  # Covariance of logits, shape (n_templates, n_templates)
    n_beats: np.ndarray  # Of each template
    logits: np.ndarray  # The model's, shape (n_templates, n_classes)
    template_of: np.ndarray  # Of each cell
    cell_logits: np.ndarray  # The model's, shape (n_cells, n_classes)


class Answer(NamedTuple):
    """A beat that was shown, by its template and cell, and its class."""

    template: int
    cell: int
    label: int  # Place in the classes


def kernel_of(centres: np.ndarray) -> np.ndarray:
    """Return the covariance of what the logits of templates are off by."""
    squares = np.sum((centres[:, np.newaxis] - centres) ** 2, axis=2)
    return OWN**2 * np.exp(-squares / (2 * LENGTH**2)) + SHARED**2


def shift_of(groups: Groups, answers: Sequence[Answer]) -> np.ndarray:
    """Return by how much answers move the logits of templates."""
    if not answers:
        return np.zeros_like(groups.logits)
    asked, cells, labels = np.array(answers).T
    own = groups.cell_logits[cells]
    start = SHARE_OF_OWN * own + (1 - SHARE_OF_OWN) * groups.logits[asked]
    kernel = groups.kernel[np.ix_(asked, asked)] + JITTER * np.eye(len(asked))
    return groups.kernel[:, asked] @ _pull(start, kernel, labels)


def opinion_of(groups: Groups, answers: Sequence[Answer]) -> np.ndarray:
    """Return the logits of cells after some answers."""
    of_template = (1 - SHARE_OF_OWN) * groups.logits + shift_of(groups, answers)
    return SHARE_OF_OWN * groups.cell_logits + of_template[groups.template_of]


def worth_of(groups: Groups, answers: Sequence[Answer]) -> np.ndarray:
    """Return what a question about each template is worth.

    That is how much the answer would tell of all templates, each weighted by its number
    of beats and by how unsure its label is.
    """
    covariance = groups.kernel
    if answers:
        asked = np.array([answer.template for answer in answers])
        inner = covariance[np.ix_(asked, asked)] + VARIANCE * np.eye(len(asked))
        told = covariance[:, asked] @ np.linalg.solve(inner, covariance[asked])
        covariance = covariance - told
    variance = np.maximum(np.diag(covariance), SMALL)
    logits = groups.logits + shift_of(groups, answers)
    likely = softmax(logits / np.sqrt(1 + DOUBT * variance)[:, np.newaxis], axis=1)
    gain = covariance**2 / (variance[:, np.newaxis] + VARIANCE) / np.diag(groups.kernel)
    return gain @ (groups.n_beats**POWER * (1 - likely.max(axis=1)))


def _pull(start, kernel, labels):
    """Return how strongly each answer pulls the logits, by Newton's method."""
    n_answers, n_classes = start.shape
    wanted = np.full(start.shape, SLIP / n_classes)
    wanted[np.arange(n_answers), labels] += 1 - SLIP
    root = np.linalg.cholesky(kernel)
    moved = np.zeros_like(start)
    loss, likely = _loss(start, root, moved, wanted)
    for _ in range(STEPS):
        slope = root.T @ (likely - wanted) + moved
        if np.abs(slope).max() < SMALL:
            break
        step = np.linalg.solve(_curvature(root, likely), slope.ravel())
        step = step.reshape(slope.shape)
        length = 1.0
        while length > SMALL:
            trial, likely = _loss(start, root, moved - length * step, wanted)
            if trial <= loss:
                break
            length /= 2
        moved, loss = moved - length * step, trial
    return np.linalg.solve(root.T, moved)


def _loss(start, root, moved, wanted):
    """Return what is minimized, and the probabilities there."""
    log_likely = log_softmax(start + root @ moved, axis=1)
    loss = 0.5 * np.sum(moved**2) - np.sum(wanted * log_likely)
    return loss, np.exp(log_likely)


def _curvature(root, likely):
    """Return the matrix of second derivatives, of which the answers come first."""
    n_answers, n_classes = likely.shape
    spread = -likely[:, :, np.newaxis] * likely[:, np.newaxis]
    places = np.arange(n_classes)
    spread[:, places, places] += likely
    bent = np.einsum("ai,acd,aj->icjd", root, spread, root, optimize=True)
    size = n_answers * n_classes
    return np.eye(size) + bent.reshape(size, size)
