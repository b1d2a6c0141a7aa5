"""
Bring your own network
======================

Any PyTorch network can be trained and pruned in the place of the ones that ship.
"""

# %%
# The contract
# ------------
# ``module`` is called as ``module(n_channels, n_samples, n_rhythm, n_classes,
# **module_params)``, with what the classifier found in the columns of X. It returns a
# network whose ``forward(signal, rhythm)`` turns windows of shape ``(beats, n_channels,
# n_samples)`` and rhythm features of shape ``(beats, n_rhythm)`` into a logit for each
# class. All its convolutions and dense layers are pruned.
#
# This one has residual blocks of depthwise separable convolutions, and averages over
# time at the end, in the place of the flattening of
# ``PrunedCNNClassifier``'s own network:

import torch
from torch import nn


class SeparableBlock(nn.Module):
    """Depthwise and pointwise convolution, with a shortcut."""

    def __init__(self, n_filters):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(n_filters, n_filters, 7, padding=3, groups=n_filters, bias=False),
            nn.Conv1d(n_filters, n_filters, 1, bias=False),
            nn.BatchNorm1d(n_filters),
            nn.ReLU(),
        )

    def forward(self, maps):
        return nn.functional.max_pool1d(maps + self.layers(maps), 2)


class SeparableNet(nn.Module):
    """Three separable blocks, the mean over time, and a dense layer."""

    def __init__(self, n_channels, n_samples, n_rhythm, n_classes, *, n_filters=24):
        super().__init__()
        self.stem = nn.Conv1d(n_channels, n_filters, 7, padding=3)
        self.blocks = nn.Sequential(*(SeparableBlock(n_filters) for _ in range(3)))
        self.output = nn.Linear(n_filters + n_rhythm, n_classes)

    def forward(self, signal, rhythm):
        maps = self.blocks(torch.relu(self.stem(signal)))
        return self.output(torch.cat([maps.mean(dim=2), rhythm], dim=1))


# %%
# Give the class, not a network: every ``fit`` starts with new weights, which is what
# cross-validation needs. Arguments of its own go into ``module_params``, where a grid
# search reaches the whole dictionary.

from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier

common = {"sparsity": 0.8, "n_stages": 2, "batch_size": 32, "random_state": 0}
classifiers = {
    "BeatCNN, as shipped": PrunedCNNClassifier(**common),
    "Acharya et al. 2017": PrunedCNNClassifier(module="acharya2017", **common),
    "SeparableNet": PrunedCNNClassifier(
        module=SeparableNet, module_params={"n_filters": 32}, **common
    ),
}

# %%
# Compare
# -------
# Synthetic records again, one split, one seed: **the scores are no evidence** of which
# network is better. The sizes are what they are. For the MIT-BIH Arrhythmia Database,
# put ``load_beats(fetch_mitdb())`` in the place of ``make_ecg`` and
# ``sklearn_ecg.model_selection.DeChazalSplit`` in that of the folds.

import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.metrics import macro_f1_score

beats = make_ecg(n_records=8, duration=60, random_state=2)
folds = StratifiedGroupKFold(n_splits=4, shuffle=True, random_state=0)
train, test = next(folds.split(beats.data, beats.target, beats.groups))

rows = {}
for name, classifier in classifiers.items():
    pipeline = Pipeline([("segment", BeatSegmenter()), ("classify", classifier)])
    pipeline.fit(beats.data.iloc[train], beats.target[train])
    y_pred = pipeline.predict(beats.data.iloc[test])
    cost = classifier.complexity_
    rows[name] = {
        "prunable weights": cost.n_prunable,
        "non-zero": cost.n_nonzero,
        "MACs, dense": cost.dense_macs,
        "MACs": cost.macs,
        "macro-F1": round(macro_f1_score(beats.target[test], y_pred), 3),
    }
pd.DataFrame.from_dict(rows, orient="index")

# %%
# Where the pruning stops is not the same everywhere: LAMP, the criterion by default,
# takes more from layers that have weights to spare.

layers = classifiers["SeparableNet"].module_.named_parameters()
alive = {
    name: (weight != 0).float().mean().item()
    for name, weight in layers
    if weight.dim() > 1
}

import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.barh(list(alive), list(alive.values()), color="#0072B2")
ax.set(xlabel="Weights that are not zero (fraction of the layer)", xlim=(0, 1))
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)

# %%
# To save a Pipeline with a network of your own, define it in a module that can be
# imported, not in a notebook or a script that is run: a pickle refers to classes by
# name, and the program that loads it must find them there.
