"""The first stage of a cascade: beats that surely are of the commonest class.

The features of most beats of most patients say already what the network would: these
beats are as the patient's always are. Each feature adds to a score by how far it is
below or above its usual value. A beat whose score stays low is not shown to the
network. Of two leads, the network looks at the first, and at the second only where the
first does not tell enough. The choice of cascade is ours; the idea is that of Viola and
Jones (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._front_end import NOISY

MAY_PASS = NOISY
"""The flag of beats that need not be shown to the network all the same."""

WEIGHT_MAX = 127


@dataclass(frozen=True)
class Gate:
    """Tells which beats are surely of one class, by the features of the network."""

    centers: tuple[int, ...]  # The usual value of each scaled feature
    below: tuple[int, ...]  # Weights of 8 bits of what is below it, and above
    above: tuple[int, ...]
    limit: int  # The score from which on a beat is shown to the network
    logits: tuple[int, ...]  # What is said of the others

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Return how far beats are from the usual: features as the network takes them.

        The C sums 32 bits: 255 features by 255 by 127 stay below 2**24.
        """
        away = features.astype(np.int64) - np.array(self.centers)
        below, above = np.array(self.below), np.array(self.above)
        return np.minimum(away, 0) @ below + np.maximum(away, 0) @ above

    def passes(self, features: np.ndarray, flags: np.ndarray) -> np.ndarray:
        """Tell which beats are not shown to the network."""
        return (self.scores(features) < self.limit) & ((flags & ~MAY_PASS) == 0)

    @property
    def label(self) -> int:
        """The label of beats that pass, as its place among the classes."""
        return int(np.argmax(self.logits))


@dataclass(frozen=True)
class LeadGate:
    """Tells of which beats the first of two leads says enough, by its logits."""

    label: int  # The label of beats that pass, as its place among the classes
    limit: int  # How far above all others its logit is at least, less one

    def passes(self, logits: np.ndarray) -> np.ndarray:
        """Tell of which beats the second lead is not shown to the network."""
        return lead_of(logits, self.label) > self.limit


def lead_of(logits: np.ndarray, label: int) -> np.ndarray:
    """Return how far the logit of a label is above the highest of the others."""
    return logits[..., label] - np.delete(logits, label, axis=-1).max(axis=-1)
