"""
Choose a sparsity by patient-wise grid search
=============================================

How far can a network be pruned before it costs more than chance does? A grid search
whose folds keep patients together answers that without touching the test patients.
"""

# %%
# Synthetic records stand in for real ones here, and a few epochs for a whole training,
# so that the search runs in seconds: **its scores are no evidence**. On the MIT-BIH
# Arrhythmia Database, search inside the training half, DS1::
#
#     from sklearn_ecg.datasets import fetch_mitdb, load_beats
#     from sklearn_ecg.model_selection import DS1
#
#     beats = load_beats(fetch_mitdb(), list(DS1))
#
# and leave out ``n_epochs``, ``stage_epochs`` and ``batch_size``, whose defaults are
# meant for it.

from sklearn_ecg.datasets import make_ecg

beats = make_ecg(n_records=9, duration=60, random_state=1)

# %%
# The search
# ----------
# It goes over the whole Pipeline, so ``segment__...`` could be searched as well.
# ``groups`` are the patients. Of settings that score alike the sparsest is wanted, not
# the luckiest: ``refit`` takes the sparsest within one standard error of the best.

import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.metrics import macro_f1_scorer

N_FOLDS = 3


def sparsest_as_good(results):
    """Return the sparsest candidate within one standard error of the best."""
    scores = results["mean_test_score"]
    best = scores.argmax()
    tolerated = scores[best] - results["std_test_score"][best] / np.sqrt(N_FOLDS)
    sparsities = results["param_classify__sparsity"].astype(float)
    return int(np.where(scores >= tolerated, sparsities, -1).argmax())


pipeline = Pipeline(
    [
        ("segment", BeatSegmenter()),
        (
            "classify",
            PrunedCNNClassifier(
                n_stages=2, n_epochs=6, stage_epochs=3, batch_size=32, random_state=0
            ),
        ),
    ]
)
search = GridSearchCV(
    pipeline,
    {"classify__sparsity": [0, 0.6, 0.9, 0.98]},
    scoring=macro_f1_scorer,
    cv=StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0),
    refit=sparsest_as_good,
)
search.fit(beats.data, beats.target, groups=beats.groups)

# %%

import pandas as pd

results = pd.DataFrame(search.cv_results_)
columns = ["param_classify__sparsity", "mean_test_score", "std_test_score"]
results[columns].round(3)

# %%
# Folds against sparsity
# ----------------------
# Each fold is a path from dense to sparse; the curve is their median, the band their
# range. It is this range, over patients, that says how much of a difference is chance.

from sklearn_ecg.displays import PruningPathDisplay

sparsities = results["param_classify__sparsity"].astype(float)
paths = [
    pd.DataFrame(
        {"sparsity": sparsities, "macro-F1 score": results[f"split{fold}_test_score"]}
    )
    for fold in range(N_FOLDS)
]
display = PruningPathDisplay.from_paths(paths)
chosen = search.best_params_["classify__sparsity"]
display.ax_.axvline(chosen, color="#D55E00", linestyle=":")
display.ax_.set_title(f"Dotted: the sparsity chosen, {chosen}", fontsize="medium")

# %%
# The chosen network, refitted on all patients of the search, and what it costs:

from dataclasses import asdict

pd.Series(asdict(search.best_estimator_["classify"].complexity_)).to_frame(
    f"sparsity {chosen}"
)

# %%
# What remains is to score ``search.best_estimator_`` once, on patients that took no
# part in any of this. The scores above were chosen among, and are too good for that.
