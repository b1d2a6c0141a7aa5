"""The classifiers: where scikit-learn ends and PyTorch begins."""

from ._classifier import PrunedCNNClassifier
from ._classifier_cv import PrunedCNNClassifierCV
from ._multi_lead import SECOND_LEADS, MultiLeadPipeline

__all__ = [
    "SECOND_LEADS",
    "MultiLeadPipeline",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
]
