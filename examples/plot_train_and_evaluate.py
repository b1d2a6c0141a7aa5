"""
Train, prune and evaluate
=========================

From ECG records to a pruned classifier, and what it does for patients it has not seen.
"""

# %%
# Records
# -------
# A row of the beat table is one heartbeat: its record, the sample of its R peak, and
# the RR intervals around it. Here the records are synthetic, so that the script runs
# anywhere and in seconds. **What follows is therefore no evidence of how well the
# method works.** For that, read the MIT-BIH Arrhythmia Database in the place of
# ``make_ecg``::
#
#     from sklearn_ecg.datasets import fetch_mitdb, load_beats
#
#     beats = load_beats(fetch_mitdb())

from sklearn_ecg.datasets import make_ecg

beats = make_ecg(n_records=12, duration=90, random_state=3)
print(beats.DESCR)
beats.data.drop(columns="record").head()

# %%
# Split by patient
# ----------------
# Beats of one patient resemble each other. Split at random, a network recognises the
# patient; so the patients are split, not the beats. (For the MIT-BIH database
# ``sklearn_ecg.model_selection.DeChazalSplit`` is the split of the literature.)

from sklearn.model_selection import StratifiedGroupKFold

folds = StratifiedGroupKFold(n_splits=4, shuffle=True, random_state=0)
train, test = next(folds.split(beats.data, beats.target, beats.groups))
X_train, y_train = beats.data.iloc[train], beats.target[train]
X_test, y_test = beats.data.iloc[test], beats.target[test]

# %%
# Train and prune
# ---------------
# The segmenter cuts a window around each R peak and adds the rhythm; the classifier
# trains a dense network, then prunes and retrains it in four stages until nine of ten
# weights are exactly zero. There is little to train on here, hence the small batches.
#
# With ``early_stopping``, some of the *training* patients decide when each stage has
# trained for long enough: for that, the classifier is handed the patients.

from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier

pipeline = Pipeline(
    [
        ("segment", BeatSegmenter()),
        (
            "classify",
            PrunedCNNClassifier(
                sparsity=0.9,
                batch_size=64,
                early_stopping=True,
                validation_fraction=0.3,
                patience=8,
                random_state=0,
            ),
        ),
    ]
)
pipeline.fit(X_train, y_train, classify__groups=beats.groups[train])

# %%
# What each stage left of the network, in weights and in multiplications per beat:

import pandas as pd

classifier = pipeline["classify"]
columns = ["stage", "sparsity", "n_nonzero", "macs", "n_epochs", "validation_score"]
pd.DataFrame(classifier.stages_)[columns].round(4)

# %%
# What classifying one beat costs at the end:

from dataclasses import asdict

pd.Series(asdict(classifier.complexity_)).to_frame("for one beat")

# %%
# The scores along the pruning, on the patients that were held out of the training:

from sklearn_ecg.displays import PruningPathDisplay

PruningPathDisplay.from_estimator(
    pipeline, x="macs", scores=["validation_score", "validation_recall"]
)

# %%
# Evaluate
# --------
# Sensitivity (Se), positive predictivity (+P) and F1 of each class say what accuracy
# hides, since most beats are normal.

from sklearn_ecg.metrics import beat_scores, ec57_scores

y_pred = pipeline.predict(X_test)
report = beat_scores(y_test, y_pred)
print(report)

# %%
# The same predictions as ANSI/AAMI EC57 counts them. It forgives fusion beats that are
# taken for ventricular ones, so that its +P is another figure; say which one you quote.

ec57_scores(y_test, y_pred).round(4)

# %%

from sklearn.metrics import ConfusionMatrixDisplay

ConfusionMatrixDisplay.from_predictions(
    y_test, y_pred, labels=report.confusion.index, normalize="true", cmap="Blues"
)

# %%
# Look at it
# ----------
# No table replaces a look at the signal. Without ``start``, the strip shows the first
# misclassified beat of the record.

from sklearn_ecg.displays import BeatDisplay

is_wrong = y_pred != y_test
patient = pd.Series(is_wrong).groupby(beats.groups[test]).sum().idxmax()
BeatDisplay.from_estimator(pipeline, X_test, y_test, record=patient)
