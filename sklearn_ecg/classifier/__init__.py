"""The classifiers: where scikit-learn ends and PyTorch begins."""

from ._classifier import PrunedCNNClassifier
from ._classifier_cv import PrunedCNNClassifierCV

__all__ = ["PrunedCNNClassifier", "PrunedCNNClassifierCV"]
