"""What is compared on patients never seen: trees, and the pruned network.

Each is fitted to the beats that are marked, and returns, by name, what gives the
probabilities of others.
"""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.classifier import SECOND_LEADS, mean_log_proba

SPARSITY = 0.9
LEADS = ("MLII", "II", "ECG1", "D3", "CM5", "V5", "V4")
"""The first lead of each database, by name."""


def model_of(seed, *, causal):
    """Return the Pipeline for strangers that looks at two leads."""
    pipeline = make_beat_pipeline(
        sparsity=SPARSITY, causal=causal, second_lead=SECOND_LEADS, random_state=seed
    )
    return pipeline.set_params(segment__lead=LEADS)


def fit_trees(beats, rows, seed):
    # Classes of a few beats make leaves of any height; these bounds hold them.
    trees = HistGradientBoostingClassifier(
        max_iter=120,
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=10,
        early_stopping=False,
        random_state=seed,
    )
    first, _ = beats.views[0]
    features = first[[name for name in first.columns if "@" not in name]]
    trees.fit(features[rows], beats.labels[rows])

    def predict(other):
        return pd.DataFrame(
            trees.predict_proba(features[other]), columns=trees.classes_
        )

    return {"trees": predict}


def fit_network(beats, rows, seed, *, causal=False):
    """Fit a network to two leads; return how it sees both, and the first alone."""
    pipeline = model_of(seed, causal=causal)
    columns = pipeline[0]._name_outputs().feature_names_out_
    windows, labels = beats.in_leads(rows, columns)
    classifier = pipeline[-1].fit(windows, labels)
    ending = ", causal" if causal else ""
    return {
        f"one lead{ending}": Network(classifier, beats, columns, 1),
        f"two leads{ending}": Network(classifier, beats, columns, 2),
    }


class Network:
    """A fitted classifier that looks at some leads of the beats."""

    def __init__(self, classifier, beats, columns, n_leads):
        self.classifier, self.beats = classifier, beats
        self.columns, self.n_leads = columns, n_leads

    def __call__(self, rows):
        """Return probabilities of the beats that are marked."""
        classes = self.classifier.classes_
        total = np.zeros((len(rows), len(classes)))
        n_views = np.zeros(len(rows), dtype=int)
        for seen, places in self.beats.views[: self.n_leads]:
            chosen = rows[places]
            windows = seen.loc[chosen, self.columns]
            total[places[chosen]] += self.classifier.predict_log_proba(windows)
            n_views[places[chosen]] += 1
        log_proba = mean_log_proba(total[rows], n_views[rows])
        return pd.DataFrame(np.exp(log_proba), columns=classes)

    def adapted(self, rows):
        """Return the same, adapted to beats of one patient that are labelled."""
        windows, labels = self.beats.in_leads(rows, self.columns, self.n_leads)
        views = self.beats.views[: self.n_leads]
        places = np.concatenate([places[rows[places]] for _, places in views])
        known = np.isin(labels, self.classifier.classes_)
        if not known.any():
            return self
        in_time = np.argsort(places[known], kind="stable")
        then = self.classifier.adapted(
            windows[known].iloc[in_time], labels[known][in_time]
        )
        return Network(then, self.beats, self.columns, self.n_leads)


def fit_causal(beats, rows, seed):
    return fit_network(beats, rows, seed, causal=True)


MODELS = {"trees": fit_trees, "network": fit_network, "causal": fit_causal}
