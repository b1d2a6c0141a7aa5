"""Calls as a type checker of a user sees them: mypy reads them, and nothing runs them.

What is wrong here stays an error: mypy refuses a comment that ignores none.
"""

from typing import assert_type

import numpy as np
import pandas as pd

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.edge import QuantizedClassifier, export_c, quantize
from sklearn_ecg.metrics import (
    AnnotationComparison,
    compare_annotations,
    macro_f1_score,
)
from sklearn_ecg.records import Recording, read_recording


def right(X: pd.DataFrame, y: np.ndarray) -> None:
    segmenter = BeatSegmenter(["MLII", "II"], rr_features="causal").fit(X)
    assert_type(segmenter, BeatSegmenter)
    assert_type(segmenter.deployable_, bool)
    classifier = PrunedCNNClassifier(0.9, stage_epochs=[4, 8], random_state=0)
    assert_type(classifier.fit(X, [0, 1]).predict(np.zeros((2, 40))), np.ndarray)
    assert_type(macro_f1_score(["N", "V"], y), float)
    assert_type(read_recording("100"), Recording)
    assert_type(compare_annotations("100", test=X), AnnotationComparison)
    assert_type(quantize(classifier, X), QuantizedClassifier)


def wrong(quantized: QuantizedClassifier) -> None:
    BeatSegmenter(lead=2)  # type: ignore[arg-type]
    BeatSegmenter(on_invalid="drop")  # type: ignore[arg-type]
    PrunedCNNClassifier(criterion="random")  # type: ignore[arg-type]
    PrunedCNNClassifier(sparsity="0.9")  # type: ignore[arg-type]
    export_c(quantized, "firmware", optimise="size")  # type: ignore[call-arg]
