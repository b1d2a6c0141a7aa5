import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import RPeakDetector, detect_r_peaks
from sklearn_ecg.metrics import detection_scores, match_beats

RATES = [100, 100.5, 128, 250, 360, 500, 1000, 2000]


def lead_and_beats(sampling_rate, random_state=0, duration=60):
    """Return a lead in mV and the samples of its beats."""
    beats = make_ecg(
        1,
        duration=duration,
        sampling_rate=sampling_rate,
        class_frequencies={"N": 1.0},
        random_state=random_state,
    )
    return beats.records[0].p_signal[:, 0], beats.data["sample"].to_numpy()


@pytest.mark.parametrize("random_state", [0, 1, 2])
@pytest.mark.parametrize("sampling_rate", RATES)
def test_every_beat_is_found_within_20_ms(sampling_rate, random_state):
    signal, beats = lead_and_beats(sampling_rate, random_state)
    found = detect_r_peaks(signal, sampling_rate)
    assert found.dtype == np.int64
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() <= 0.02 * sampling_rate


def test_beats_of_all_classes_are_found():
    beats = make_ecg(4, duration=120, random_state=0)
    all_matches = []
    for record in beats.records:
        rows = [other is record for other in beats.data["record"]]
        reference = beats.data["sample"].to_numpy()[rows]
        found = detect_r_peaks(record.p_signal[:, 0], record.fs)
        all_matches.append(match_beats(reference, found, sampling_rate=360))
    scores = detection_scores(pd.concat(all_matches))
    assert scores["beats"] > 500
    assert scores["Se"] > 0.99
    assert scores["+P"] > 0.99


@pytest.mark.parametrize("gain", [0.001, 0.05, 1, 20, 1000])
def test_the_gain_and_the_offset_change_no_beat(gain):
    signal, beats = lead_and_beats(360)
    found = detect_r_peaks(gain * signal + 300, 360)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() <= 0.02 * 360


def test_counts_and_millivolts_have_the_same_beats():
    signal, _ = lead_and_beats(360)
    counts = np.rint(200 * signal).astype(np.int16)
    in_millivolts = detect_r_peaks(counts / 200, 360, resolution=5)
    np.testing.assert_array_equal(detect_r_peaks(counts, 360), in_millivolts)


def test_an_inverted_lead_has_its_beats_at_the_same_places():
    signal, _ = lead_and_beats(360)
    np.testing.assert_allclose(
        detect_r_peaks(-signal, 360), detect_r_peaks(signal, 360), atol=1
    )


def test_the_first_and_the_last_beat_are_found():
    signal, beats = lead_and_beats(360)
    start = beats[0] - 36
    stop = beats[-1] + 36
    found = detect_r_peaks(signal[start:stop], 360)
    assert len(found) == len(beats)
    assert abs(found[0] - 36) <= 7
    assert abs(found[-1] - (beats[-1] - start)) <= 7


def test_beats_in_a_gap_are_missed_and_the_others_are_found():
    signal, beats = lead_and_beats(360)
    signal[7200:9000] = np.nan
    found = detect_r_peaks(signal, 360)
    outside = beats[(beats < 7200 - 36) | (beats > 9000 + 72)]
    scores = detection_scores(match_beats(outside, found, sampling_rate=360))
    assert scores["FN"] == 0
    assert not ((found > 7300) & (found < 8900)).any()


def test_beats_are_found_after_a_minute_without_signal():
    signal, beats = lead_and_beats(250, duration=20)
    for gap in (np.zeros(60 * 250), np.full(60 * 250, np.nan)):
        found = detect_r_peaks(np.concatenate([gap, signal]), 250)
        matches = match_beats(beats, found - len(gap), sampling_rate=250)
        assert detection_scores(matches)["FN"] == 0


def test_beats_are_found_after_an_artifact_at_the_start():
    signal, beats = lead_and_beats(250)
    signal[100:120] += 50
    found = detect_r_peaks(signal, 250)
    later = beats[beats > 10 * 250]
    matches = match_beats(later, found[found > 10 * 250 - 30], sampling_rate=250)
    assert detection_scores(matches)["FN"] == 0


@pytest.mark.parametrize("level", [0.3, 1, 5])
def test_beats_are_found_after_ten_seconds_of_noise_at_the_start(level):
    signal, beats = lead_and_beats(250)
    noisy = signal.copy()
    noisy[:2500] = level * np.random.default_rng(0).normal(size=2500)
    found = detect_r_peaks(noisy, 250)
    # The detector's idea of a QRS complex is of the noise for a moment.
    late = beats[beats > 12 * 250]
    np.testing.assert_allclose(found[-len(late) :], late, atol=0.02 * 250)


@pytest.mark.parametrize("seconds", [2, 3, 5, 8, 9.5])
def test_a_short_strip_has_all_its_beats(seconds):
    signal, beats = lead_and_beats(250)
    n_samples = round(250 * seconds)
    found = detect_r_peaks(signal[:n_samples], 250)
    np.testing.assert_allclose(found, beats[beats < n_samples], atol=0.02 * 250)


def test_beats_are_found_again_after_the_lead_has_become_lower():
    signal, beats = lead_and_beats(250)
    signal[20 * 250 :] /= 8
    found = detect_r_peaks(signal, 250)
    later = beats[beats > 30 * 250]
    matches = match_beats(later, found[found > 30 * 250 - 30], sampling_rate=250)
    assert detection_scores(matches)["FN"] == 0


def test_the_noise_of_a_lead_that_is_off_is_not_taken_for_beats():
    signal, beats = lead_and_beats(250)
    noise = np.random.default_rng(0).normal(scale=0.002, size=60 * 250)
    found = detect_r_peaks(np.concatenate([signal, noise, signal]), 250)
    after = len(signal) + len(noise)
    assert not ((found > len(signal) + 50) & (found < after - 50)).any()
    matches = match_beats(beats, found[found > after] - after, sampling_rate=250)
    assert detection_scores(matches)["FN"] <= 1


SIGNALS_WITHOUT_BEATS = {
    "empty": [],
    "empty integers": np.zeros(0, dtype=np.int16),
    "one sample": [1.0],
    "shorter than 2 s": np.sin(np.arange(499) / 3),
    "all NaN": np.full(5000, np.nan),
    "all masked": np.ma.masked_all(5000),
    "constant": np.full(5000, 3.3),
    "at the lowest of int16": np.full(5000, -32768, dtype=np.int16),
    "at the highest of uint32": np.full(5000, 2**32 - 1, dtype=np.uint32),
}


@pytest.mark.parametrize("name", SIGNALS_WITHOUT_BEATS)
def test_a_signal_without_beats_has_none(name):
    found = detect_r_peaks(SIGNALS_WITHOUT_BEATS[name], 250)
    assert found.dtype == np.int64
    assert len(found) == 0


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, -1e10, 9.97e36])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_number_that_no_converter_gives_is_named(value, dtype):
    signal = np.full(1000, np.nan)
    with np.errstate(over="ignore"):
        signal[700] = dtype(value)
    message = r"signal holds .* at index 700, .* within ±4\.3e\+09\. Put NaN where"
    with pytest.raises(ValueError, match=message):
        detect_r_peaks(signal.astype(dtype), 250)


def test_a_whole_number_that_no_converter_gives_is_named():
    with pytest.raises(ValueError, match="at index 3, which no converter gives"):
        detect_r_peaks(np.array([1, 2, 3, 2**63], dtype=np.uint64), 250)


def test_what_is_masked_is_missing():
    signal, _ = lead_and_beats(250)
    signal[1000:1300] = 40.0
    is_masked = np.arange(len(signal)) // 300 == 3
    is_masked |= signal == 40.0
    masked = np.ma.MaskedArray(signal, is_masked)
    expected = detect_r_peaks(np.where(is_masked, np.nan, signal), 250)
    assert detect_r_peaks(masked, 250).tolist() == expected.tolist()
    detector = RPeakDetector(250)
    found = np.concatenate([detector.push(masked), detector.flush()])
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.float32])
def test_samples_of_every_type_are_taken(dtype):
    signal, beats = lead_and_beats(250)
    found = detect_r_peaks((20 * signal + 60).clip(0, 127).astype(dtype), 250)
    assert abs(len(found) - len(beats)) <= 1


@pytest.mark.filterwarnings("ignore:Between many of the beats")
@settings(deadline=None, max_examples=25)
@given(
    kind=st.sampled_from(["noise", "square", "extremes", "ramp", "spikes"]),
    rate=st.floats(100, 2000),
    seed=st.integers(0, 1000),
)
def test_whatever_comes_the_beats_are_in_order_and_inside(kind, rate, seed):
    rng = np.random.default_rng(seed)
    n_samples = int(10 * rate)
    signal = {
        "noise": lambda: rng.normal(size=n_samples),
        "square": lambda: np.sign(np.sin(np.arange(n_samples) / rng.uniform(2, 99))),
        "extremes": lambda: rng.choice([-32768, 32767], n_samples).astype(np.int16),
        "ramp": lambda: np.arange(n_samples) * 1e-3,
        "spikes": lambda: (rng.random(n_samples) < 0.01) * 1e6,
    }[kind]()
    found = detect_r_peaks(signal, rate)
    assert (np.diff(found) > 0).all()
    assert not len(found) or (found[0] >= 0 and found[-1] < n_samples)
    assert len(found) <= 5.1 * 10 + 1


@pytest.mark.parametrize("rate", [0, -250, 99, 2001, np.nan, np.inf, "250", None, True])
def test_a_rate_that_is_not_allowed_is_named(rate):
    with pytest.raises(ValueError, match="sampling_rate"):
        detect_r_peaks(np.zeros(5000), rate)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros((100, 2)),
        3.0,
        ["a", "b"],
        np.zeros(10, dtype=complex),
        [[1], [1, 2]],
        None,
    ],
)
def test_a_signal_that_is_not_one_lead_of_numbers_is_named(signal):
    with pytest.raises(ValueError, match=r"^signal must be"):
        detect_r_peaks(signal, 250)


@pytest.mark.parametrize("resolution", [0, -1, np.nan, "1"])
def test_a_resolution_that_is_not_allowed_is_named(resolution):
    with pytest.raises(ValueError, match="resolution"):
        detect_r_peaks(np.zeros(5000), 250, resolution=resolution)


def test_another_method_gets_the_signal_and_its_rate():
    def method(signal, sampling_rate):
        assert sampling_rate == 250
        return [len(signal) - 1, 7.2, 7]

    found = detect_r_peaks(np.zeros(5000), 250, method=method)
    assert found.tolist() == [7, 4999]
    assert found.dtype == np.int64


def test_another_method_may_find_nothing():
    found = detect_r_peaks(np.zeros(5000), 250, method=lambda signal, rate: [])
    assert found.tolist() == []
    assert found.dtype == np.int64


def test_a_method_that_returns_seconds_is_refused_with_the_remedy():
    seconds = np.arange(0.4, 19, 0.8)
    with pytest.raises(ValueError, match=r"position 0 holds 0\.4.*seem to be seconds"):
        detect_r_peaks(np.zeros(5000), 250, method=lambda signal, rate: seconds)
    whole = np.arange(1.0, 19)
    with pytest.raises(ValueError, match="They seem to be seconds"):
        detect_r_peaks(np.zeros(5000), 250, method=lambda signal, rate: whole)


@pytest.mark.parametrize("dtype", [bool, int, float])
def test_a_method_that_returns_a_mask_is_refused_with_the_remedy(dtype):
    def method(signal, sampling_rate):
        return (np.arange(len(signal)) % 200 == 50).astype(dtype)

    with pytest.raises(ValueError, match="not a mask of 5000 entries"):
        detect_r_peaks(np.zeros(5000), 250, method=method)


@pytest.mark.parametrize("returned", [[5000], [-1], [np.nan], [[1, 2]], ["a"], 3])
def test_what_another_method_returns_must_be_samples_of_the_signal(returned):
    with pytest.raises(ValueError, match="the result of method must"):
        detect_r_peaks(np.zeros(5000), 250, method=lambda signal, rate: returned)


def test_a_method_by_name_is_refused():
    with pytest.raises(ValueError, match="method must be None or a callable"):
        detect_r_peaks(np.zeros(5000), 250, method="xqrs")


@pytest.mark.parametrize("times", [4, 5, 6])
def test_beats_too_fast_to_be_told_apart_are_spoken_of_and_the_remedy_works(times):
    signal, beats = lead_and_beats(250, duration=180)
    rate = 250 * times  # As if the heart beat so many times as fast
    with pytest.warns(UserWarning, match="more than 300 times a minute"):
        found = detect_r_peaks(signal, rate)
    assert len(found) < 0.6 * len(beats)
    found = detect_r_peaks(signal, rate / 4)
    matches = match_beats(beats, found, sampling_rate=250)
    assert detection_scores(matches)["FN"] <= 4


def test_a_fast_heart_of_a_person_is_not_spoken_of():
    signal, beats = lead_and_beats(250, duration=60)
    assert abs(len(detect_r_peaks(signal, 500)) - len(beats)) <= 1
