"""The features of a device beside those of `BeatSegmenter`."""

import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge.twin._beat_features import FeatureScaling, Intervals, worth_of
from sklearn_ecg.edge.twin._relative_beats import RelativeBeats
from sklearn_ecg.edge.twin._relative_rhythm import RelativeRhythm
from sklearn_ecg.windows._cutting import cut_windows
from sklearn_ecg.windows._features import feature_names
from sklearn_ecg.windows._relative_beats import RelativeBeatState, beat_extent
from sklearn_ecg.windows._relative_rhythm import relative_rhythm

RATE = 125
# Where two samples are as high, either may be the highest; so may two shifts.
CHOICES = ("qrs_shift", "qrs_sign", "p_place", "t_place")


@pytest.fixture(scope="module")
def both():
    """Features in floats and in integers of the beats of a record."""
    record = make_ecg(1, duration=120, sampling_rate=RATE, random_state=3)
    counts = np.rint(200 * record.records[0].p_signal[:, 0]).astype(np.int64)
    r_peaks = record.data["sample"].to_numpy()
    before, after = beat_extent(RATE)
    around = cut_windows(counts, r_peaks - before, before + after)
    floats = relative_rhythm(r_peaks, RATE)
    floats |= RelativeBeatState(RATE).update_block(around.astype(float), floats)
    rhythm = rhythm_of(r_peaks)
    return floats, rhythm | RelativeBeats(RATE).update(around, rhythm)


def rhythm_of(r_peaks):
    state, intervals, rows = RelativeRhythm(), Intervals(RATE), []
    for distance in (0, *np.diff(r_peaks).tolist()):
        interval = intervals.milliseconds(distance) if distance else 0
        if rows:
            rows[-1] |= state.of_next(interval)
        rows.append(state.of_prev(interval))
    rows[-1] |= state.of_next(0)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("name", feature_names("relative"))
def test_integers_say_what_floats_say(name, both):
    floats, integers = both
    errors = np.abs(integers[name] * worth_of(name, RATE) - floats[name])
    if name.removesuffix("_1_before") in CHOICES:
        assert np.mean(errors > 0.001) < 0.05
    else:
        # Small differences between a wave and the typical one have large logarithms.
        assert np.quantile(errors, 0.9) < (0.05 if "difference" in name else 0.012)


def test_beats_in_parts_are_beats_as_a_whole():
    random = np.random.default_rng(0)
    width = sum(beat_extent(RATE))
    around = random.integers(-2000, 2000, size=(30, width))
    rhythm = {
        name: random.integers(-300, 300, size=30)
        for name in ("rr_prev_over_q50", "rr_prev_over_before")
    }
    whole = RelativeBeats(RATE).update(around, rhythm)
    state = RelativeBeats(RATE)
    parts = [
        state.update(around[part], {key: row[part] for key, row in rhythm.items()})
        for part in (slice(0, 1), slice(1, 11), slice(11, 30))
    ]
    for name, values in whole.items():
        joined = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(joined, values)


def test_flat_beats_count_as_typical():
    flat = np.full((3, sum(beat_extent(RATE))), 77)
    rhythm = dict.fromkeys(
        ("rr_prev_over_q50", "rr_prev_over_before"), np.zeros(3, int)
    )
    features = RelativeBeats(RATE).update(flat, rhythm)
    assert features["qrs_correlation"].tolist() == [1024] * 3
    assert features["qrs_width"].tolist() == [0] * 3


@pytest.mark.parametrize("rate", [100, 250, 360, 1000])
def test_intervals_are_milliseconds_to_the_nearest(rate):
    intervals = Intervals(rate)
    for n_samples in (1, 77, 3 * rate, 60 * rate, 10**6):
        expected = max(round(1000 * n_samples / rate), 1)
        found = intervals.milliseconds(n_samples)
        if expected > 65535:  # of 16 bits
            assert 65500 < found <= 65535
        else:
            assert abs(found - expected) <= 1


def test_scaled_features_span_a_byte_and_are_limited():
    values = np.linspace(-1000, 1000, 5001)[:, np.newaxis].astype(int)
    scaling = FeatureScaling.of(["rr_prev_over_q50"], values, RATE)
    scaled = scaling(np.array([[-30000], [-1000], [0], [1000], [30000]]))
    assert scaled[:, 0].tolist() == [0, 0, scaled[2, 0], 255, 255]
    middle = scaled[2, 0] * scaling.units()[0] + scaling.offsets()[0]
    assert abs(middle) < scaling.units()[0]
