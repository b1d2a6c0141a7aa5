import numpy as np
import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.patient import BeatState, RhythmState, beat_extent
from sklearn_ecg.records._leads import Lead
from sklearn_ecg.windows import _window_cutter
from sklearn_ecg.windows._cutting import scale_of_record
from sklearn_ecg.windows._window_cutter import GridLead, WindowCutter

R_PEAKS = np.arange(1, 9) * 360
RELATIVE = [None, ["rr_irregularity32"], ["qrs_correlation"]]


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
    windows = cutter(sampling_rate=360, normalize=None).cut(lead).windows(R_PEAKS)
    for window, r_peak in zip(windows, R_PEAKS, strict=True):
        np.testing.assert_array_equal(window, lead.samples[r_peak - 90 : r_peak + 162])


@pytest.mark.parametrize("rate", [125, 180, 250, 500])
def test_a_window_needs_its_own_samples_and_the_reach_of_the_filter(lead, rate):
    some = cutter(sampling_rate=rate)
    window = some.cut(lead).windows(R_PEAKS)[3]
    reach = int(np.ceil(10 * max(1, 360 / rate))) + 2
    other = changed_outside(lead, R_PEAKS[3] - 90 - reach, R_PEAKS[3] + 162 + reach)
    found = some.cut(other).windows(R_PEAKS)[3]
    np.testing.assert_allclose(found, window, atol=1e-9)


@pytest.mark.parametrize("rate", [125, 180, 250])
def test_a_window_between_working_samples_needs_three_of_them_more(lead, rate):
    some = cutter(sampling_rate=rate, relative_features="all")
    window = some.cut(lead).windows(R_PEAKS)[3]
    other = changed_outside(lead, R_PEAKS[3] - 90 - 9, R_PEAKS[3] + 162 + 9)
    np.testing.assert_array_equal(some.cut(other).windows(R_PEAKS)[3], window)


def changed_outside(lead, start, stop):
    samples = lead.samples.copy()
    samples[1:start] += 7
    samples[stop:] -= 7
    return Lead(lead.record, lead.name, lead.sampling_rate, samples)


def test_windows_between_working_samples_are_near_those_that_are_resampled():
    record = make_ecg(1, duration=30, random_state=0)
    lead = Lead("100", "II", 360.0, 0.3 + record.records[0].p_signal[:, 0])
    r_peaks = record.data["sample"].to_numpy()
    shape = {"normalize": None, "sampling_rate": 125}
    resampled = cutter(**shape).cut(lead).windows(r_peaks)
    between = cutter(**shape, relative_features="all").cut(lead).windows(r_peaks)
    # They start on the R peak itself, not on the sample nearest to it.
    height = np.ptp(resampled, axis=1)
    assert np.sqrt(np.mean((between - resampled) ** 2)) < 0.06 * height.mean()
    assert abs(np.mean(between - resampled)) < 0.002


@pytest.mark.parametrize("relative", RELATIVE)
@pytest.mark.parametrize("normalize", ["beat", "record", None])
def test_cutting_leaves_the_lead_and_what_is_cut_as_they_were(
    lead, normalize, relative
):
    some = cutter(normalize=normalize, sampling_rate=360, relative_features=relative)
    kept, cut = lead.samples.copy(), some.cut(lead)
    once = cut.windows(R_PEAKS)
    np.testing.assert_array_equal(cut.windows(R_PEAKS), once)
    np.testing.assert_array_equal(lead.samples, kept)


@pytest.mark.parametrize("relative", RELATIVE)
def test_windows_are_standardized_by_beat(lead, relative):
    windows = cutter(relative_features=relative).cut(lead).windows(R_PEAKS)
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(windows.std(axis=1), 1)


@pytest.mark.parametrize("relative", RELATIVE)
def test_normalizing_by_record_takes_gain_and_offset_out(lead, relative):
    some = cutter(normalize="record", relative_features=relative)
    other = Lead("100", "II", 360.0, 8 * lead.samples + 3)
    np.testing.assert_allclose(
        some.cut(other).windows(R_PEAKS), some.cut(lead).windows(R_PEAKS), atol=1e-3
    )


def test_a_lead_shorter_than_a_window_is_refused(lead):
    some = cutter(before=5, after=5)
    with pytest.raises(ValueError, match=r"5 \+ 5 s .* longer than the lead 'II' of"):
        some.cut(lead).windows(R_PEAKS)


def test_a_window_between_working_samples_goes_on_past_the_ends_of_a_lead():
    lead = Lead("100", "II", 360.0, np.arange(360.0))
    some = cutter(normalize=None, relative_features="all")
    (first,) = some.cut(lead).windows(np.array([0]))
    (last,) = some.cut(lead).windows(np.array([359]))
    np.testing.assert_allclose(first[:40], 1, atol=0.01)  # The mean of 0, 1 and 2
    np.testing.assert_allclose(last[60:], 359, atol=0.01)


def test_what_looks_at_the_signal_sees_as_much_as_it_needs(lead):
    before, after = beat_extent(180)
    narrow, wide = (cutter(relative_features=each) for each in RELATIVE[1:])
    assert narrow.cut(lead).spans(R_PEAKS).shape == (8, 45 + 81)
    cut = wide.cut(lead)
    spans = cut.spans(R_PEAKS)
    assert spans.shape == (8, max(45, before) + max(81, after))
    around = cut.around(spans)
    assert around.shape == (8, before + after)
    rhythm = RhythmState().update(np.full(8, 1000), np.full(8, 1000)).features
    assert len(BeatState(180).update(around, rhythm)["qrs_correlation"]) == 8
    np.testing.assert_array_equal(cut.scaled(spans), cut.windows(R_PEAKS))
    np.testing.assert_array_equal(
        cut.windows(R_PEAKS), narrow.cut(lead).windows(R_PEAKS)
    )


def test_a_window_is_usable_where_no_sample_of_it_is_missing():
    missing = np.zeros(9 * 360, dtype=bool)
    missing[[3 * 360 - 90, 5 * 360 + 161, 7 * 360 + 170]] = True
    samples = np.random.default_rng(0).normal(size=9 * 360)
    lead = Lead("100", "II", 360.0, samples, missing)
    usable = cutter(sampling_rate=360).cut(lead).is_usable(R_PEAKS)
    assert np.flatnonzero(~usable).tolist() == [2, 4]


@pytest.mark.parametrize("relative", RELATIVE[1:])
def test_between_working_samples_it_is_usable_where_none_of_them_is_missing(relative):
    missing = np.zeros(9 * 360, dtype=bool)
    # The last is needed by features alone, and by none of the window.
    missing[[3 * 360 - 90, 5 * 360 + 161, 7 * 360 - 100]] = True
    samples = np.random.default_rng(0).normal(size=9 * 360)
    lead = Lead("100", "II", 360.0, samples, missing)
    usable = cutter(relative_features=relative).cut(lead).is_usable(R_PEAKS)
    assert np.flatnonzero(~usable).tolist() == [2, 4]


@pytest.mark.parametrize("relative", RELATIVE)
def test_positions_may_be_counted_at_the_rate_of_a_faster_lead(lead, relative):
    missing = np.arange(9 * 360) == 1000
    slow = Lead("100", "II", 360.0, lead.samples, missing, position_rate=720.0)
    same = Lead("100", "II", 360.0, lead.samples, missing)
    some = cutter(normalize=None, relative_features=relative)
    np.testing.assert_array_equal(
        some.cut(slow).windows(2 * R_PEAKS), some.cut(same).windows(R_PEAKS)
    )
    usable = some.cut(same).is_usable(R_PEAKS)
    assert not usable.all()
    np.testing.assert_array_equal(some.cut(slow).is_usable(2 * R_PEAKS), usable)


def test_a_lead_that_comes_in_pieces_is_that_of_the_whole(lead):
    some = cutter(relative_features="all")
    whole, pieces = some.cut(lead), GridLead(some, 360.0)
    for piece in np.array_split(lead.samples, 77):
        pieces.append(piece)
        pieces.forget(R_PEAKS[-1] - pieces.before)
    assert pieces.working.start > 0
    pieces.finish()
    np.testing.assert_array_equal(
        pieces.windows(R_PEAKS[-1:]), whole.windows(R_PEAKS[-1:])
    )


@pytest.mark.parametrize("relative", [None, ["qrs_width"]])
def test_the_scale_of_a_record_is_computed_once(lead, relative, monkeypatch):
    calls = []

    def counted(*args):
        calls.append(args)
        return scale_of_record(*args)

    monkeypatch.setattr(_window_cutter, "scale_of_record", counted)
    cut = cutter(normalize="record", relative_features=relative).cut(lead)
    windows = [cut.windows(R_PEAKS), cut.windows(R_PEAKS)]
    np.testing.assert_array_equal(*windows)
    assert len(calls) == 1
