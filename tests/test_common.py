"""scikit-learn's own estimator checks, without an expected failure."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV

# The checks' toy data have few rows and columns: a small network and small batches.
QUICK = {
    "n_epochs": 10,
    "stage_epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.01,
    "module_params": {"conv_channels": (8, 8), "kernel_sizes": (3, 3), "n_hidden": 16},
    "random_state": 0,
}


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
