"""The classifiers: where scikit-learn ends and PyTorch begins."""

from ._adaptation import STRENGTHS, Strength, adapted_layer
from ._classifier import PrunedCNNClassifier
from ._classifier_cv import PrunedCNNClassifierCV, folds_of
from ._data import read_rows
from ._multi_lead import SECOND_LEADS, MultiLeadPipeline, mean_log_proba
from ._network import build_network, with_contiguous_weights
from ._parameters import checked_parameters, checked_sparsities

# What users import; the other names above are for other rooms.
__all__ = [
    "SECOND_LEADS",
    "MultiLeadPipeline",
    "PrunedCNNClassifier",
    "PrunedCNNClassifierCV",
]
