"""scikit-learn's own estimator checks, without an expected failure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from small_classifiers import BeatCNNInDouble

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV

# The checks' toy data have few rows and columns: a small network. A beat of weight 2
# counts as the same beat twice, which the checks want to 7 digits: so one batch, lest
# chance deal the beats out differently, and float64, lest rounding does.
QUICK = {
    "n_epochs": 30,
    "stage_epochs": 8,
    "batch_size": 1000,
    "learning_rate": 0.03,
    "module": BeatCNNInDouble,
    "module_params": {"conv_channels": (8, 8), "kernel_sizes": (3, 3), "n_hidden": 16},
    "random_state": 0,
}


# One of the checks has a class of a single beat that weighs more than 1.
@pytest.mark.filterwarnings("ignore:Of 0 y has one beat only")
@parametrize_with_checks(
    [
        PrunedCNNClassifier(sparsity=0.5, n_stages=2, **QUICK),
        PrunedCNNClassifierCV(
            PrunedCNNClassifier(**QUICK), sparsities=(0.0, 0.5), cv=2
        ),
    ]
)
def test_estimator(estimator, check):
    check(estimator)
