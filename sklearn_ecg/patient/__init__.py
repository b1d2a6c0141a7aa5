"""What is typical of a patient, and how each beat differs from it, in integers.

Batch, live stream and device compute these features by the same code; the C mirrors it.
"""

from ._beats import BeatState, beat_extent
from ._features import (
    FEATURES,
    chosen_features,
    feature_names,
    in_units,
    look_at_signal,
    milliseconds_of,
    required_columns,
    rhythm_features,
)
from ._rhythm import LocalMean, Milliseconds, RhythmState

__all__ = [
    "FEATURES",
    "BeatState",
    "LocalMean",
    "Milliseconds",
    "RhythmState",
    "beat_extent",
    "chosen_features",
    "feature_names",
    "in_units",
    "look_at_signal",
    "milliseconds_of",
    "required_columns",
    "rhythm_features",
]
