"""Make the picture of the README: labelled strips of two patients not trained on.

A network is trained on the 22 records of DS1 of the MIT-BIH Arrhythmia Database, pruned
to a tenth of its weights, and labels strips of two records of DS2. The strips were
chosen by eye, to show beats of several classes, right ones and wrong ones: they
illustrate, and measure nothing. It takes a few minutes.

    python docs/images/make_images.py
"""

from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, load_beats
from sklearn_ecg.datasets import fetch_mitdb
from sklearn_ecg.displays import BeatDisplay
from sklearn_ecg.model_selection import DS1, DS2

HERE = Path(__file__).parent
STRIPS = {"200": 1690.0, "213": 1480.5}
"""Where the strips begin: seconds from the beginning of each record."""


def main():
    pipeline = train()
    test = load_beats(fetch_mitdb(), list(DS2))
    figure, axes = plt.subplots(len(STRIPS), figsize=(11, 6), layout="constrained")
    for ax, (record, start) in zip(axes, STRIPS.items(), strict=True):
        BeatDisplay.from_estimator(
            pipeline, test.data, test.target, record=record, start=start, ax=ax
        )
    figure.savefig(HERE / "beats.png", dpi=90)


def train():
    """Fit the pipeline of the README on DS1."""
    beats = load_beats(fetch_mitdb(), list(DS1))
    pipeline = Pipeline(
        [
            ("segment", BeatSegmenter()),
            ("classify", PrunedCNNClassifier(sparsity=0.9, random_state=0, verbose=1)),
        ]
    )
    return pipeline.fit(beats.data, beats.target)


if __name__ == "__main__":
    main()
