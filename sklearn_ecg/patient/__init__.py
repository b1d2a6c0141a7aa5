"""What is typical of a patient, and how each beat differs from it, in integers.

Batch, live stream and device compute these features by the same code; the C mirrors it.
"""

from ._beats import BeatState, beat_extent
from ._features import (
    FEATURES,
    LONGEST_MS,
    RATIO,
    RELATIVE,
    RHYTHM,
    chosen_features,
    feature_names,
    look_at_signal,
    milliseconds_of,
    required_columns,
    rhythm_features,
)
from ._integers import divided, logarithm, shifted
from ._rhythm import LocalMean, Milliseconds, RhythmState

# What users import; the other names above are for other rooms.
__all__ = [
    "FEATURES",
    "BeatState",
    "LocalMean",
    "Milliseconds",
    "RhythmState",
    "beat_extent",
    "chosen_features",
    "feature_names",
    "look_at_signal",
    "milliseconds_of",
    "required_columns",
    "rhythm_features",
]
