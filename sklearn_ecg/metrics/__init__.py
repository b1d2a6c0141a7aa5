"""Scores of heartbeat classifiers, in the terms of the field.

Two ways to count are in use, and they give different figures for one classifier.
`beat_scores` treats all classes alike, as machine learning does. `ec57_scores` counts
ventricular and supraventricular ectopic beats as the standard ANSI/AAMI EC57 and
PhysioNet's comparator ``bxb`` do, which forgive some confusions. Say which one a figure
is from. `compare_annotations` does all that ``bxb`` does, with annotation files, and
`compare_episodes` what ``epicmp`` does.
`rhythm_scores` scores a rhythm, such as atrial fibrillation, by intervals or by time.
"""

import warnings as _warnings

from ._annotation_set import BEAT_SYMBOLS, NO_BEAT
from ._comparison import (
    AnnotationComparison,
    NothingToCompareError,
    compare_annotations,
)
from ._ec57 import EC57_SCORING, UNMATCHED, ec57_score, ec57_scores
from ._episode_comparison import EpisodeComparison
from ._episode_records import EpisodeRecordComparison, compare_episode_records
from ._episodes import compare_episodes
from ._matching import (
    after_learning_period,
    detection_scores,
    match_beats,
    paired_labels,
)
from ._record_comparison import (
    LeftOut,
    RecordComparison,
    compare_records,
    comparison_of,
)
from ._report import (
    BeatReport,
    beat_scores,
    coverage_curve,
    macro_f1_score,
    macro_f1_scorer,
)
from ._rhythm import RHYTHM_SCORING, rhythm_score, rhythm_scores

# What users import; the other names above are for other rooms.
__all__ = [
    "EC57_SCORING",
    "RHYTHM_SCORING",
    "UNMATCHED",
    "AnnotationComparison",
    "BeatReport",
    "EpisodeComparison",
    "EpisodeRecordComparison",
    "RecordComparison",
    "after_learning_period",
    "beat_scores",
    "compare_annotations",
    "compare_episode_records",
    "compare_episodes",
    "compare_records",
    "coverage_curve",
    "detection_scores",
    "ec57_score",
    "ec57_scores",
    "macro_f1_score",
    "macro_f1_scorer",
    "match_beats",
    "paired_labels",
    "rhythm_score",
    "rhythm_scores",
]


def __getattr__(name):
    key = name.removesuffix("_scorer")
    if key == name or key not in EC57_SCORING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _warnings.warn(
        f"{name} goes with 0.4: write EC57_SCORING[{key!r}].",
        FutureWarning,
        stacklevel=2,
    )
    return EC57_SCORING[key]
