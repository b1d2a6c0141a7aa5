"""
One hour of multistage pruning
==============================

A lesson to read, run and change: a network for heartbeats is trained, pruned at once
and in stages, looked into, rounded to integers and written as C. Exercises are at the
end.
"""

# %%
# You need some Python and some scikit-learn, and nothing of ECG. The whole page runs in
# less than half a minute; the link at its end downloads it as a notebook. All records
# are synthetic: **the scores show how to look, and are no evidence of anything.** How
# methods compare on people is in the `results
# <https://github.com/sklearn-ecg/sklearn-ecg/blob/main/docs/results.rst>`_.
#
# Ten minutes: heartbeats
# -----------------------
# Twelve patients, a minute each. A row of the table is one heartbeat. N is a normal
# beat, S one that comes early from above the ventricles, V one that begins in a
# ventricle and is wide, F a mixture of N and V.

from sklearn_ecg.datasets import make_ecg

frequencies = {"N": 0.8, "S": 0.07, "V": 0.1, "F": 0.03}
beats = make_ecg(12, class_frequencies=frequencies, random_state=0)
print(beats.DESCR)

# %%

from sklearn_ecg.displays import BeatDisplay

strip = BeatDisplay.from_predictions(
    beats.data, beats.target, record="synthetic_011", start=30, duration=8
)

# %%
# Four of the patients are kept apart. If their beats were drawn at random from all
# patients, the network could learn to know the patients instead of the classes.

import numpy as np

from sklearn_ecg import BeatSegmenter

windows = BeatSegmenter().fit_transform(beats.data)
kept_apart = np.isin(beats.groups, np.unique(beats.groups)[8:])
X_train, y_train = windows[~kept_apart], beats.target[~kept_apart]
X_test, y_test = windows[kept_apart], beats.target[kept_apart]
print(f"{X_train.shape[0]} beats to learn from, {X_test.shape[0]} to test on")

# %%
# A window is 126 samples of one lead around the R peak, and five numbers say how early
# the beat is.
#
# Ten minutes: a network
# ----------------------
# Four small convolutions and a hidden layer. ``sparsity=0`` prunes nothing.

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.metrics import beat_scores

small = {"conv_channels": (8, 16, 32, 32), "kernel_sizes": (7, 5, 5, 3), "n_hidden": 32}
common = {"module_params": small, "n_epochs": 8, "batch_size": 32}
dense = PrunedCNNClassifier(sparsity=0, random_state=0, **common).fit(X_train, y_train)
cost = dense.complexity_
print(f"{cost.n_nonzero:,} weights, {cost.macs:,} multiplications a beat")
print(beat_scores(y_test, dense.predict(X_test)))

# %%
# Most beats are N, so accuracy hides what happens to the others. Sensitivity (Se) is
# the share of the beats of a class that were found; positive predictivity (+P) the
# share of the beats called so that were. F1 is high if both are, and macro-F1 is its
# mean over the classes.
#
# Fifteen minutes: once, or in stages
# -----------------------------------
# 95 of 100 weights shall go. *One-shot* pruning takes them all away, then retrains what
# is left for eight epochs. *Multistage* pruning takes some away and retrains for two
# epochs, four times. So both are trained equally long; a method that trains for longer
# would look better for that alone. Three random states tell what chance does.

import pandas as pd

from sklearn_ecg.metrics import macro_f1_score

METHODS = {
    "one-shot": {"n_stages": 1, "stage_epochs": 8},
    "multistage": {"n_stages": 4, "stage_epochs": 2},
}
fitted = {
    (method, seed): PrunedCNNClassifier(
        sparsity=0.95, random_state=seed, **stages, **common
    ).fit(X_train, y_train)
    for method, stages in METHODS.items()
    for seed in range(3)
}
scores = pd.Series(
    {
        which: macro_f1_score(y_test, classifier.predict(X_test))
        for which, classifier in fitted.items()
    }
)
scores.unstack().rename_axis(columns="random state").round(3)

# %%
# Look along the rows before you look down the columns: how much do equal methods differ
# by chance? One run of each method compares two random states, not two methods.
#
# Ten minutes: the path
# ---------------------
# The classifier keeps a record of its stages.

multistage = fitted["multistage", 0]
columns = ["stage", "sparsity", "n_nonzero", "macs", "train_score"]
pd.DataFrame(multistage.stages_)[columns].round(3)

# %%
# ``at_stage`` is the classifier as it was. So the whole path can be scored on the
# patients that were kept apart, and drawn, one band over the three random states.

from sklearn_ecg.displays import PruningPathDisplay


def path_of(classifier):
    """Return a row for each stage: what is left, and what it scores."""
    stages = pd.DataFrame(classifier.stages_)[["stage", "sparsity", "macs"]]
    stages["macro-F1 score"] = [
        macro_f1_score(y_test, classifier.at_stage(stage).predict(X_test))
        for stage in stages.pop("stage")
    ]
    return stages


paths = [path_of(fitted["multistage", seed]) for seed in range(3)]
display = PruningPathDisplay.from_paths(paths)

# %%
# Which weights are left? The layers do not lose the same share: weights are ranked over
# all layers at once, and the small first layers keep more.

import matplotlib.pyplot as plt

layers = {
    name: (weight != 0).float().mean().item()
    for name, weight in multistage.module_.named_parameters()
    if weight.ndim > 1
}
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.barh(list(layers), list(layers.values()))
axes.set(xlabel="Share of the weights that is left")
axes.invert_yaxis()

# %%
# So sparsity is not what a device saves. A weight of the first layer is multiplied once
# for each sample of the window, one of the hidden layer once:

cost = multistage.complexity_
print(f"weights left:         {cost.n_nonzero / cost.n_prunable:.1%}")
print(f"multiplications left: {cost.macs / cost.dense_macs:.1%}")

# %%
# Ten minutes: integers, and C
# ----------------------------
# A wearable has no floating point to waste. Weights become integers of 8 bits; zeros
# stay zeros. What comes back is a classifier that computes what the device will.

from sklearn_ecg.edge import export_c, quantize

quantized = quantize(multistage, X_train)
agreement = (quantized.predict(X_test) == multistage.predict(X_test)).mean()
print(f"same label in integers and in floating point: {agreement:.1%} of the beats")

# %%

import tempfile
from pathlib import Path

directory = Path(tempfile.mkdtemp())
for file in export_c(quantized, directory):
    print(f"{file.name:24} {file.stat().st_size:8,} bytes")

# %%
# This is one function of plain C that takes a row and gives logits.
# ``sklearn_ecg.edge.profile`` counts what it takes on a processor, as in the example
# "From a Pipeline to C for a Cortex-M".
#
# Five minutes: exercises
# -----------------------
# - *Sparsities.* Prune to 0.8, 0.9 and 0.98. From where on does the choice of the
#   method matter more than the random state?
# - *Magnitude.* Give ``criterion="magnitude"`` to the classifier. Which layers lose
#   more than before, and why?
# - *A criterion of your own* is a function: of the squared weights of a layer it makes
#   their scores, and the lowest of all layers go first. What does
#   ``squares / squares.sum()`` do to small layers?
# - *Multiplications.* Save those instead of weights, by ``budget="macs"``. How many
#   weights are left when a tenth of the multiplications is?
# - *A random split.* Split the beats at random instead of by patient. How much better
#   do the scores get, and what does that say about the next patient?
#
# What each of them shows is on the `page for teachers
# <https://github.com/sklearn-ecg/sklearn-ecg/blob/main/docs/user_guide/for_teacher.rst>`_.
# From here, the `page for researchers
# <https://github.com/sklearn-ecg/sklearn-ecg/blob/main/docs/user_guide/for_researcher.rst>`_
# compares a method of yours with others on a whole database, and the `page of limits
# <https://github.com/sklearn-ecg/sklearn-ecg/blob/main/docs/user_guide/limits.rst>`_
# says what scores do not say.
