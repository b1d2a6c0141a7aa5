import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.metrics import (
    after_learning_period,
    detection_scores,
    ec57_scores,
    match_beats,
    paired_labels,
)


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

    def test_two_next_beats_that_are_nearer_leave_the_first_two_a_pair(self):
        assert self.pairs([100, 118], [109, 126]) == [[0, 0], [1, 1]]
        assert self.pairs([100, 118], [109, 127]) == [[0, -1], [-1, 0], [1, 1]]

    def test_the_window_is_rounded_to_whole_samples(self):
        assert self.pairs([100], [138], sampling_rate=250) == [[0, 0]]
        assert self.pairs([100], [139], sampling_rate=250) == [[0, -1], [-1, 0]]

    def test_from_a_start_on_a_detection_goes_with_its_beat(self):
        later = self.pairs([900, 1001], [900, 998, 1100], start=10)
        assert later == [[1, 1], [-1, 2]]
        earlier = self.pairs([900, 998, 1100], [900, 1001, 1100], start=10)
        assert earlier == [[2, 2]]

    def test_labels_of_beats_before_the_start_are_left_out(self):
        matches = match_beats([90, 2000], [91, 99], sampling_rate=100, start=1)
        y_true, y_pred = paired_labels(matches, list("NV"), list("SF"))
        assert (y_true.tolist(), y_pred.tolist()) == (["V"], ["O"])

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
            ({"sampling_rate": 0}, r"'sampling_rate' .* a number above 0\. Got 0 inst"),
            ({"start": -1}, r"'start' .* a number of seconds of at least 0"),
            ({"tolerance": -0.1}, r"'tolerance' .* a number above 0\. Got -0\.1 inst"),
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


def test_a_start_after_all_beats_is_told_of():
    with pytest.warns(UserWarning, match="no beat after start: nothing is matched"):
        matches = match_beats([100, 400], [110], sampling_rate=360, start=300)
    with pytest.warns(UserWarning, match="no matches to score"):
        scores = detection_scores(matches)
    assert np.isnan(scores["Se"])
