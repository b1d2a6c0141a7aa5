import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_validate

from sklearn_ecg.metrics import (
    beat_scores,
    coverage_curve,
    macro_f1_score,
    macro_f1_scorer,
)

LABELS = st.sampled_from("NSVFQ")


class TestBeatScores:
    y_true = tuple("NNNNNNSSVVVF")
    y_pred = tuple("NNNNNSSNVVNN")

    def test_counts_each_class(self):
        per_class = beat_scores(self.y_true, self.y_pred).per_class
        assert per_class.index.tolist() == list("NSVF")
        assert per_class["beats"].tolist() == [6, 2, 3, 1]
        np.testing.assert_allclose(per_class["Se"], [5 / 6, 1 / 2, 2 / 3, 0])
        np.testing.assert_allclose(per_class["+P"], [5 / 8, 1 / 2, 1, np.nan])
        np.testing.assert_allclose(per_class["F1"], [5 / 7, 1 / 2, 4 / 5, 0])

    def test_averages(self):
        report = beat_scores(self.y_true, self.y_pred)
        assert report.accuracy == 8 / 12
        assert report.macro_f1 == pytest.approx((5 / 7 + 1 / 2 + 4 / 5 + 0) / 4)

    def test_confusion_has_true_classes_as_rows(self):
        confusion = beat_scores(self.y_true, self.y_pred).confusion
        assert confusion.loc["S", "N"] == 1
        assert confusion.loc["V", "N"] == 1
        assert confusion.loc["N", "V"] == 0
        assert confusion.to_numpy().sum() == 12

    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60))
    def test_agrees_with_scikit_learn_on_the_classes_that_have_beats(self, pairs):
        y_true, y_pred = zip(*pairs, strict=True)
        report = beat_scores(y_true, y_pred)
        present = sorted(set(y_true))
        expected = f1_score(
            y_true, y_pred, labels=present, average="macro", zero_division=0
        )
        assert report.macro_f1 == pytest.approx(expected)
        assert report.accuracy == accuracy_score(y_true, y_pred)

    def test_one_class_is_enough(self):
        report = beat_scores(["N", "N"], ["N", "N"])
        assert report.macro_f1 == report.accuracy == 1.0
        assert report.confusion.to_numpy().tolist() == [[2]]

    def test_a_class_without_beats_is_shown_but_not_averaged(self):
        report = beat_scores(["N", "N"], ["N", "Q"])
        assert np.isnan(report.per_class.loc["Q", "Se"])
        assert report.per_class.loc["Q", "+P"] == 0
        assert report.macro_f1 == report.per_class.loc["N", "F1"]

    def test_labels_choose_and_order_the_classes(self):
        report = beat_scores(self.y_true, self.y_pred, labels=["V", "N", "Q"])
        assert report.per_class.index.tolist() == ["V", "N", "Q"]
        assert report.macro_f1 == pytest.approx((4 / 5 + 5 / 7) / 2)
        assert report.accuracy == 8 / 12
        assert report.confusion.columns.tolist() == ["V", "N", "Q", "S", "F"]
        assert report.confusion.to_numpy().sum() == 12

    def test_other_labels_than_aami_follow_sorted(self):
        report = beat_scores(["a", "V", "N", "L"], ["a", "V", "N", "L"])
        assert report.per_class.index.tolist() == ["N", "V", "L", "a"]
        assert beat_scores([2, 1], [2, 2]).per_class.index.tolist() == [1, 2]

    def test_prints_a_dash_for_what_is_undefined(self):
        text = str(beat_scores(self.y_true, self.y_pred))
        assert "12 beats: accuracy 0.6667, macro-F1 0.5036" in text
        assert "F      1  0.0000       –  0.0000" in text

    def test_shows_tables_in_a_notebook(self):
        markup = beat_scores(self.y_true, self.y_pred)._repr_html_()
        assert markup.count("<table") == 2
        assert "accuracy 0.6667" in markup

    @pytest.mark.parametrize(
        ("y_true", "y_pred"),
        [
            (["N", 1], ["N", 1]),
            (("1", "1"), (1, 1)),
            (np.array(["N", 1], dtype=object), pd.Series(["N", "N"])),
            (["N", np.nan], ["N", "N"]),
        ],
    )
    @pytest.mark.parametrize("score", [beat_scores, macro_f1_score])
    def test_labels_that_mix_text_and_numbers_are_refused(self, score, y_true, y_pred):
        with pytest.raises(ValueError, match="y_true and y_pred mix text and numbers"):
            score(y_true, y_pred)

    def test_report_can_be_pickled(self):
        report = beat_scores(self.y_true, self.y_pred)
        loaded = pickle.loads(pickle.dumps(report))
        pd.testing.assert_frame_equal(loaded.per_class, report.per_class)

    @pytest.mark.parametrize(
        ("y_true", "y_pred", "message"),
        [
            (["N"], ["N", "V"], "y_true has 1 beats and y_pred 2"),
            ([], [], "no beats"),
            ([["N"]], [["N"]], "y_true must have one dimension"),
        ],
    )
    def test_refuses_what_cannot_be_compared(self, y_true, y_pred, message):
        with pytest.raises(ValueError, match=message):
            beat_scores(y_true, y_pred)


class TestWeights:
    y_true = np.array(list("NNNSVVVF"))
    y_pred = np.array(list("NNSSVVNN"))
    weights = np.array([1, 2, 0, 3, 1, 1, 4, 2])

    def test_a_weight_is_as_many_beats(self):
        weighted = beat_scores(self.y_true, self.y_pred, sample_weight=self.weights)
        repeated = beat_scores(
            self.y_true.repeat(self.weights), self.y_pred.repeat(self.weights)
        )
        for name in ("per_class", "confusion"):
            pd.testing.assert_frame_equal(
                getattr(weighted, name), getattr(repeated, name), check_dtype=False
            )
        assert weighted.accuracy == repeated.accuracy
        assert weighted.macro_f1 == repeated.macro_f1
        assert str(weighted).startswith("14 beats: accuracy 0.5714")

    def test_the_macro_f1_scorer_takes_routed_weights(self):
        classifier = DummyClassifier(strategy="constant", constant="V")
        # A copy, as the request is kept by the scorer itself.
        scorer = copy.deepcopy(macro_f1_scorer)
        with sklearn.config_context(enable_metadata_routing=True):
            scorer.set_score_request(sample_weight=True)
            results = cross_validate(
                classifier.set_fit_request(sample_weight=False),
                np.zeros((8, 1)),
                self.y_true,
                scoring=scorer,
                params={"sample_weight": self.weights},
                cv=[(np.arange(8), np.arange(8))],
                error_score="raise",
            )
        always_v = ["V"] * self.weights.sum()
        assert results["test_score"][0] == macro_f1_score(
            self.y_true.repeat(self.weights), always_v
        )

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1, 2], r"shape \(2,\), must be \(8,\)"),
            ([1] * 7 + [-1], "negative for 1 of 8 beats: 7"),
            ([1] * 7 + [np.nan], "sample_weight contains NaN"),
            (0, "Every sample_weight is zero"),
        ],
    )
    def test_bad_weights_are_named(self, weights, message):
        for score in (beat_scores, macro_f1_score):
            with pytest.raises(ValueError, match=message):
                score(self.y_true, self.y_pred, sample_weight=weights)


def test_errors_are_counted_among_the_surest_beats():
    random = np.random.RandomState(0)
    certainty = random.uniform(0.5, 1, 1000)
    probabilities = np.column_stack([certainty, 1 - certainty])
    y = np.where(random.uniform(size=1000) < certainty, "N", "V")
    curve = coverage_curve(y, probabilities, ["N", "V"])
    assert curve["coverage"].tolist() == [1, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5]
    assert curve["n_open"].tolist() == [0, 10, 20, 50, 100, 200, 500]
    for row in curve.itertuples():
        labelled = certainty >= row.threshold
        assert labelled.mean() == row.coverage
        assert row.error == pytest.approx((y[labelled] == "V").mean())
        assert row.expected == pytest.approx((1 - certainty[labelled]).mean())
        n_wrong = (y[labelled] == "V").sum()
        assert row.errors_left == pytest.approx(n_wrong / (y == "V").sum())
    assert curve["error"].iloc[-1] < 0.6 * curve["error"].iloc[0]


def test_one_beat_is_enough():
    curve = coverage_curve(["V"], [[0.4, 0.6]], ["N", "V"])
    assert (curve["coverage"] == 1).all()
    assert (curve["error"] == 0).all()
    assert curve["errors_left"].isna().all()


def test_beats_of_one_probability_are_all_labelled_or_all_open():
    probabilities = [[1.0, 0.0]] * 8 + [[0.6, 0.4]] * 2
    y = ["N"] * 7 + ["V"] + ["N", "V"]
    half = coverage_curve(y, probabilities, ["N", "V"]).iloc[-1]
    assert half[["coverage", "threshold", "n_open"]].tolist() == [0.8, 1, 2]
    assert half[["error", "expected", "errors_left"]].tolist() == [1 / 8, 0, 1 / 2]


@pytest.mark.parametrize(
    ("y", "probabilities", "message"),
    [
        (["N"], [[0.5, 0.3, 0.2]], r"shape \(1, 3\); with 1 labels and 2 classes"),
        (["N", "V"], [[0.5, 0.5]], "must be"),
        ([], np.zeros((0, 2)), "at least one beat"),
        (["N", "V"], [[0.5, 0.5], [np.nan, np.nan]], "missing in the rows 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(y, probabilities, message):
    with pytest.raises(ValueError, match=message):
        coverage_curve(y, probabilities, ["N", "V"])
