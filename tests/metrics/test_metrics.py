import pickle

import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV

from sklearn_ecg.metrics import (
    EC57_SCORING,
    after_learning_period,
    beat_scores,
    detection_scores,
    ec57_score,
    ec57_scores,
    macro_f1_score,
    macro_f1_scorer,
    match_beats,
    paired_labels,
)

LABELS = st.sampled_from("NSVFQ")
# All entries differ, so that a count taken from the wrong cell cannot go unnoticed.
CONFUSION = pd.DataFrame(
    [
        [101, 2, 3, 5, 7, 11],
        [13, 103, 17, 19, 23, 29],
        [31, 37, 107, 41, 43, 47],
        [53, 59, 61, 109, 67, 71],
        [73, 79, 83, 89, 113, 97],
        [127, 131, 137, 139, 149, 0],
    ],
    index=list("NSVFQO"),
    columns=list("nsvfqo"),
)


def labels_of(confusion):
    pairs = [
        (true, predicted.upper())
        for true in confusion.index
        for predicted in confusion.columns
        for _ in range(confusion.loc[true, predicted])
    ]
    return zip(*pairs, strict=True)


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
        copy = pickle.loads(pickle.dumps(report))
        pd.testing.assert_frame_equal(copy.per_class, report.per_class)

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


class TestEC57:
    scores = ec57_scores(*labels_of(CONFUSION))

    def test_veb_counts_are_those_of_bxb(self):
        veb = self.scores.loc["VEB"]
        assert veb["TP"] == 107
        assert veb["FN"] == 31 + 37 + 41 + 43 + 47
        assert veb["FP"] == 3 + 17 + 137
        assert veb["TN"] == sum(
            [101 + 2 + 5 + 7, 13 + 103 + 19 + 23, 53 + 59 + 109 + 67]
            + [73 + 79 + 89 + 113, 127 + 131 + 139 + 149]
        )
        assert veb["beats"] == veb["TP"] + veb["FN"]

    def test_sveb_counts_are_those_of_bxb(self):
        sveb = self.scores.loc["SVEB"]
        assert sveb["TP"] == 103
        assert sveb["FN"] == 13 + 17 + 19 + 23 + 29
        assert sveb["FP"] == 2 + 37 + 59 + 131
        assert sveb["TN"] == sum(
            [101 + 3 + 5 + 7, 31 + 107 + 41 + 43, 53 + 61 + 109 + 67]
            + [73 + 83 + 89 + 113, 127 + 137 + 139 + 149]
        )

    def test_statistics_follow_from_the_counts(self):
        for _, row in self.scores.iterrows():
            tp, fn, fp, tn = row[["TP", "FN", "FP", "TN"]]
            assert row["Se"] == tp / (tp + fn)
            assert row["+P"] == tp / (tp + fp)
            assert row["FPR"] == fp / (fp + tn)
            assert row["F1"] == pytest.approx(2 * tp / (2 * tp + fp + fn))

    @pytest.mark.parametrize("true", ["F", "Q"])
    def test_veb_forgives_fusion_and_unclassifiable_beats_as_precision_does_not(
        self, true
    ):
        y_true, y_pred = ["V", true], ["V", "V"]
        assert ec57_score(y_true, y_pred, statistic="+P") == 1.0
        assert beat_scores(y_true, y_pred).per_class.loc["V", "+P"] == 0.5

    def test_sveb_forgives_unclassifiable_beats_but_not_fusion_beats(self):
        forgiven = ec57_score(["S", "Q"], ["S", "S"], beat="SVEB", statistic="+P")
        counted = ec57_score(["S", "F"], ["S", "S"], beat="SVEB", statistic="+P")
        assert (forgiven, counted) == (1.0, 0.5)

    def test_undefined_statistics_are_nan_in_the_table(self):
        row = ec57_scores(["N"], ["N"]).loc["VEB"]
        assert row[["Se", "+P", "F1"]].isna().all()
        assert row["FPR"] == 0

    def test_a_scorer_without_such_beats_is_0_and_warns(self):
        with pytest.warns(UndefinedMetricWarning, match="VEB Se is undefined"):
            assert ec57_score(["N"], ["N"], statistic="Se") == 0.0
        assert ec57_score(["N"], ["N"], zero_division=1) == 1.0
        assert np.isnan(ec57_score(["N"], ["N"], zero_division=np.nan))

    def test_f1_without_such_beats_is_0_if_one_is_claimed(self):
        assert ec57_score(["N"], ["V"]) == 0.0

    def test_other_labels_are_named_with_the_way_out(self):
        with pytest.raises(ValueError, match=r"y_true also holds 'L', 'R'.*'aami'"):
            ec57_scores(["R", "N", "L"], ["N", "N", "N"])
        with pytest.raises(ValueError, match="y_pred also holds 1, 2"):
            ec57_scores(["N", "V"], [1, 2])

    def test_a_pair_of_no_beat_and_no_beat_is_refused(self):
        with pytest.raises(ValueError, match="either must be a beat"):
            ec57_scores(["O", "N"], ["O", "N"])

    @pytest.mark.parametrize(
        ("parameter", "allowed"), [("beat", "'SVEB'"), ("statistic", "'FPR'")]
    )
    def test_unknown_choices_are_refused(self, parameter, allowed):
        with pytest.raises(ValueError, match=f"{parameter}='PVC' .*{allowed}"):
            ec57_score(["N"], ["N"], **{parameter: "PVC"})


class TestScorers:
    X = np.zeros((12, 1))
    y = np.array(list("NVNSNVNSNVNS"))

    def test_grid_search_takes_them_all_at_once(self):
        search = GridSearchCV(
            DummyClassifier(),
            {"strategy": ["constant"], "constant": ["V", "S"]},
            scoring=EC57_SCORING | {"macro_f1": macro_f1_scorer},
            refit="macro_f1",
            cv=[(np.arange(12), np.arange(12))],
            error_score="raise",
        )
        with pytest.warns(UndefinedMetricWarning, match="is undefined"):
            search.fit(self.X, self.y)
        results = pd.DataFrame(search.cv_results_).set_index("param_constant")
        always_v, always_s = results.loc["V"], results.loc["S"]
        # Of 12 beats 6 are N, 3 S and 3 V.
        assert always_v["mean_test_veb_sensitivity"] == 1.0
        assert always_v["mean_test_veb_positive_predictivity"] == 3 / 12
        assert always_v["mean_test_veb_f1"] == 6 / 15
        assert always_v["mean_test_sveb_f1"] == 0.0
        assert always_s["mean_test_sveb_sensitivity"] == 1.0
        assert always_s["mean_test_sveb_positive_predictivity"] == 3 / 12
        assert always_s["mean_test_sveb_f1"] == 6 / 15
        assert always_s["mean_test_macro_f1"] == pytest.approx(6 / 15 / 3)

    def test_macro_f1_score_is_that_of_the_report(self):
        y_pred = list("NVNNNVSSNVQS")
        assert macro_f1_score(self.y, y_pred) == beat_scores(self.y, y_pred).macro_f1


class TestMatchBeats:
    def pairs(self, reference, detected, **parameters):
        parameters = {"sampling_rate": 100} | parameters
        return match_beats(reference, detected, **parameters).to_numpy().tolist()

    def test_pairs_within_the_window_and_reports_the_rest(self):
        found = self.pairs([100, 200, 300], [103, 250, 299])
        assert found == [[0, 0], [1, -1], [-1, 1], [2, 2]]

    def test_the_window_is_closed_at_150_ms(self):
        assert self.pairs([100], [115]) == [[0, 0]]
        assert self.pairs([100], [85]) == [[0, 0]]
        assert self.pairs([100], [116]) == [[0, -1], [-1, 0]]
        assert self.pairs([100], [116], tolerance=0.16) == [[0, 0]]

    def test_the_window_scales_with_the_sampling_rate(self):
        assert self.pairs([100], [130], sampling_rate=360) == [[0, 0]]

    def test_the_nearer_of_two_detections_is_taken(self):
        assert self.pairs([100], [90, 98]) == [[-1, 0], [0, 1]]
        assert self.pairs([100], [102, 110]) == [[0, 0], [-1, 1]]

    def test_the_nearer_of_two_beats_is_taken(self):
        assert self.pairs([100, 110], [108]) == [[0, -1], [1, 0]]

    def test_nothing_detected_and_nothing_to_detect(self):
        assert self.pairs([100, 200], []) == [[0, -1], [1, -1]]
        assert self.pairs([], [100]) == [[-1, 0]]
        assert self.pairs([], []) == []

    @settings(deadline=None)
    @given(*[st.sets(st.integers(0, 400), max_size=30).map(sorted)] * 2)
    def test_every_beat_appears_once_and_every_pair_is_near(self, reference, detected):
        matches = match_beats(reference, detected, sampling_rate=100)
        for column, peaks in (("reference", reference), ("detected", detected)):
            positions = matches[column][matches[column] >= 0]
            assert positions.tolist() == list(range(len(peaks)))
        both = matches[(matches >= 0).all(axis=1)]
        distance = np.array(reference, dtype=int)[both["reference"]]
        distance = distance - np.array(detected, dtype=int)[both["detected"]]
        assert (np.abs(distance) <= 15).all()

    @settings(deadline=None)
    @given(st.sets(st.integers(0, 400).map(lambda i: 31 * i), min_size=1).map(sorted))
    def test_a_small_shift_of_all_beats_loses_none(self, reference):
        detected = np.array(reference) + 15
        matches = match_beats(reference, detected, sampling_rate=100)
        assert (matches["reference"] == matches["detected"]).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"reference": [2, 1]}, "reference must be in increasing order: entry 1"),
            ({"detected": [1, 1]}, "detected must be in increasing order: entry 1"),
            ({"detected": [1, np.nan]}, "detected must hold finite"),
            ({"detected": [[1]]}, "detected must have one dimension"),
            ({"sampling_rate": 0}, "sampling_rate=0 must be a positive number"),
            ({"tolerance": -0.1}, "tolerance=-0.1 must be a positive number"),
        ],
    )
    def test_refuses_bad_input_by_name(self, arguments, message):
        good = {"reference": [1, 2], "detected": [1, 2], "sampling_rate": 100}
        with pytest.raises(ValueError, match=message):
            match_beats(**(good | arguments))

    def test_labels_and_scores_of_a_detector(self):
        matches = match_beats([100, 200, 300], [103, 250, 299], sampling_rate=100)
        y_true, y_pred = paired_labels(matches, list("NVV"), list("SVV"))
        assert (y_true.tolist(), y_pred.tolist()) == (list("NVOV"), list("SOVV"))
        veb = ec57_scores(y_true, y_pred).loc["VEB"]
        assert veb[["TP", "FN", "FP"]].tolist() == [1, 1, 1]
        scores = detection_scores(matches)
        assert scores[["beats", "TP", "FN", "FP"]].tolist() == [3, 2, 1, 1]
        assert scores["Se"] == scores["+P"] == scores["F1"] == 2 / 3

    def test_labels_of_other_beats_are_refused(self):
        matches = match_beats([100, 200], [103], sampling_rate=100)
        with pytest.raises(ValueError, match=r"y_detected has 2 labels.* of 1 beats"):
            paired_labels(matches, ["N", "N"], ["N", "N"])

    def test_scores_of_a_silent_detector(self):
        scores = detection_scores(match_beats([100], [], sampling_rate=100))
        assert scores["Se"] == 0
        assert np.isnan(scores["+P"])


class TestAfterLearningPeriod:
    def test_each_record_by_its_own_sampling_rate(self, tmp_path):
        signal = np.zeros((2000, 1))
        wfdb.wrsamp("slow", 10, ["mV"], ["II"], signal, fmt=["16"], write_dir=tmp_path)
        fast = wfdb.Record(record_name="fast", fs=100, n_sig=1, p_signal=signal)
        X = pd.DataFrame(
            {
                "record": [str(tmp_path / "slow"), fast] * 2,
                "sample": [99, 999, 100, 1000],
            }
        )
        mask = after_learning_period(X, seconds=10)
        assert mask.tolist() == [False, False, True, True]

    def test_begins_at_5_minutes_by_default(self):
        record = wfdb.Record(
            record_name="r", fs=1, n_sig=1, p_signal=np.zeros((900, 1))
        )
        X = pd.DataFrame({"record": [record] * 3, "sample": [299, 300, 301]})
        assert after_learning_period(X).tolist() == [False, True, True]

    def test_a_missing_record_is_named(self, tmp_path):
        X = pd.DataFrame({"record": [str(tmp_path / "nowhere")], "sample": [5]})
        with pytest.raises(FileNotFoundError, match="nowhere"):
            after_learning_period(X)

    def test_refuses_what_is_no_beat_table(self):
        with pytest.raises(TypeError, match="list"):
            after_learning_period([1, 2, 3])
