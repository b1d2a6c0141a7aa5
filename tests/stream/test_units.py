"""Gain and offset of a lead change neither beats nor labels nor quality."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import BeatStream, annotate
from sklearn_ecg.detection import RPeakDetector, detect_r_peaks
from sklearn_ecg.metrics import detection_scores, match_beats
from sklearn_ecg.records import recording_from_array

RATE = 360
GAINS = [1e-3, 1.0, 1e3]
OFFSETS = [0.0, -350.0, 1e6]


@pytest.fixture(scope="module")
def millivolts(signal):
    """Return a minute in mV: five seconds off, with some noise, and a gap."""
    signal = signal.copy()
    noise = np.random.default_rng(0).normal(scale=0.002, size=5 * RATE)
    signal[30 * RATE : 35 * RATE] = signal[30 * RATE] + noise
    signal[40 * RATE : 41 * RATE] = np.nan
    return signal


def same_beats(found, expected):
    matches = match_beats(expected, found, sampling_rate=RATE, tolerance=0.02)
    counts = detection_scores(matches)
    return counts["FN"] + counts["FP"] <= 0.02 * len(expected) + 1


@pytest.mark.filterwarnings("ignore:.*seems? to be in:UserWarning")
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("gain", GAINS)
def test_gain_and_offset_change_nothing(model, millivolts, gain, offset):
    signal = gain * millivolts + offset
    assert same_beats(detect_r_peaks(signal, RATE), detect_r_peaks(millivolts, RATE))
    plain, other = (
        annotate(recording_from_array(one, RATE, "MLII"), model)
        for one in (millivolts, signal)
    )
    assert same_beats(other.beats["sample"], plain.beats["sample"])
    both = plain.beats.merge(other.beats, on="sample")
    assert len(both) > 0.8 * len(plain.beats)
    assert (both["label_x"] == both["label_y"]).mean() > 0.95
    reasons = ["flat", "invalid"]
    assert plain.quality["reason"].tolist() == other.quality["reason"].tolist()
    assert other.quality["reason"].tolist() == reasons
    bounds = ["start", "stop"]
    np.testing.assert_allclose(plain.quality[bounds], other.quality[bounds], atol=0.11)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
def test_counts_with_an_offset_are_like_the_same_in_millivolts(
    model, millivolts, dtype
):
    counts = (1000 * np.nan_to_num(millivolts) + 1e6).astype(dtype)
    in_mv = np.nan_to_num(millivolts)
    assert same_beats(detect_r_peaks(counts, RATE), detect_r_peaks(in_mv, RATE))
    found = []
    for signal in (in_mv, counts):
        stream = BeatStream(model, RATE)
        beats = [stream.push(piece) for piece in np.array_split(signal, 40)]
        found.append(pd.concat([*beats, stream.flush()]))
        assert stream.quality["reason"].tolist() == ["flat", "flat"]
    assert same_beats(found[1]["sample"], found[0]["sample"])


@pytest.mark.parametrize("gain", [*GAINS, 2e4])
def test_quality_of_the_detector_is_free_of_gain_and_offset(millivolts, gain):
    def quality(signal):
        detector = RPeakDetector(RATE)
        for piece in np.array_split(signal, 30):
            detector.push(piece)
        detector.flush()
        return detector.quality

    expected = quality(millivolts)
    pd.testing.assert_frame_equal(quality(gain * millivolts + 8e6 * 0.5), expected)
    assert len(expected) == 2
