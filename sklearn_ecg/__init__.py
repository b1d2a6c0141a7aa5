"""Heartbeat classification with multistage-pruned CNNs, for scikit-learn."""

from ._pipelines import make_interpatient_pipeline
from .classifier import PrunedCNNClassifier, PrunedCNNClassifierCV
from .datasets import load_beats
from .windows import BeatSegmenter

__all__ = [
    "BeatSegmenter",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
    "__version__",
    "load_beats",
    "make_interpatient_pipeline",
]

__version__ = "0.1.0"
