import numpy as np
import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.patient import look_at_signal
from sklearn_ecg.records._leads import Lead
from sklearn_ecg.windows._window_cutter import WindowCutter

R_PEAKS = np.arange(1, 9) * 360


def cutter(**parameters):
    return WindowCutter.of(BeatSegmenter(**parameters))


@pytest.fixture
def lead():
    samples = np.random.default_rng(0).normal(size=9 * 360).cumsum()
    return Lead("100", "II", 360.0, samples)


def test_a_window_goes_from_its_first_sample_to_the_one_before_its_end():
    some = cutter(before=np.float32(0.35), after=0.5, sampling_rate=250)
    assert (some.first, some.end, some.n_samples) == (-88, 125, 213)
    half = cutter(before=0.5, after=0.5, sampling_rate=101)
    assert (half.first, half.end) == (-51, 51)


def test_windows_at_the_rate_of_the_lead_are_its_samples(lead):
    some = cutter(sampling_rate=360, normalize=None)
    signal = some.signal(lead)
    windows = some.windows(lead, signal, R_PEAKS)
    for window, r_peak in zip(windows, R_PEAKS, strict=True):
        np.testing.assert_array_equal(window, lead.samples[r_peak - 90 : r_peak + 162])


@pytest.mark.parametrize("rate", [180, 250, 500])
def test_a_window_needs_its_own_samples_and_the_reach_of_the_filter(lead, rate):
    some = cutter(sampling_rate=rate)
    window = some.windows(lead, some.signal(lead), R_PEAKS)[3]
    reach = int(np.ceil(10 * max(1, 360 / rate))) + 2
    changed = lead.samples.copy()
    changed[: R_PEAKS[3] - 90 - reach] += 7
    changed[R_PEAKS[3] + 162 + reach :] -= 7
    other = Lead("100", "II", 360.0, changed)
    np.testing.assert_allclose(
        some.windows(other, some.signal(other), R_PEAKS)[3], window, atol=1e-9
    )


@pytest.mark.parametrize("normalize", ["beat", "record", None])
def test_cutting_leaves_the_lead_and_the_signal_as_they_were(lead, normalize):
    some = cutter(normalize=normalize, sampling_rate=360)
    kept, signal = lead.samples.copy(), some.signal(lead)
    once = some.windows(lead, signal, R_PEAKS)
    np.testing.assert_array_equal(some.windows(lead, signal, R_PEAKS), once)
    np.testing.assert_array_equal(lead.samples, kept)


def test_a_lead_shorter_than_a_window_is_refused(lead):
    some = cutter(before=5, after=5)
    with pytest.raises(ValueError, match=r"5 \+ 5 s .* longer than the lead 'II' of"):
        some.windows(lead, some.signal(lead), R_PEAKS)


def test_features_of_the_rhythm_do_not_look_at_the_signal(lead):
    features = cutter().relative_features(lead, None, R_PEAKS, ["rr_irregularity32"])
    assert "rr_irregularity32" in features
    assert not any(look_at_signal([name]) for name in features)
    some = cutter()
    names = ["qrs_correlation"]
    features = some.relative_features(lead, some.signal(lead), R_PEAKS, names)
    assert len(features["qrs_correlation"]) == len(R_PEAKS)


def test_an_r_peak_outside_of_the_lead_has_no_features(lead):
    with pytest.raises(ValueError, match="sample 4000 lies outside of the lead 'II'"):
        cutter().relative_features(lead, None, np.array([10, 4000]), [])


def test_a_window_is_usable_where_no_sample_of_it_is_missing():
    missing = np.zeros(9 * 360, dtype=bool)
    missing[[3 * 360 - 90, 5 * 360 + 161, 7 * 360 + 170]] = True
    samples = np.random.default_rng(0).normal(size=9 * 360)
    lead = Lead("100", "II", 360.0, samples, missing)
    usable = cutter(sampling_rate=360).is_usable(lead, R_PEAKS)
    assert np.flatnonzero(~usable).tolist() == [2, 4]


def test_positions_may_be_counted_at_the_rate_of_a_faster_lead(lead):
    slow = Lead("100", "II", 360.0, lead.samples, position_rate=720.0)
    some = cutter(normalize=None)
    np.testing.assert_array_equal(
        some.windows(slow, some.signal(slow), 2 * R_PEAKS),
        some.windows(lead, some.signal(lead), R_PEAKS),
    )
