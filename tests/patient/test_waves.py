import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from states import in_pieces, size_after

from sklearn_ecg.patient import FEATURES
from sklearn_ecg.patient._waves import TypicalSegments, WaveState, wave_spans

RATE = 100
R_PEAK = 30


def update(state, around, *, height=64 * 1000, usual=True, shift=0):
    """Update a state with beats in counts, of typical complexes of one height."""
    around = np.array(around)
    each = np.ones(len(around), dtype=np.int64)
    height, usual = height * each, np.array(usual) & (each == 1)
    return state.update(around, R_PEAK, shift * each, height, usual)


def flat(n_beats=1):
    return np.zeros((n_beats, R_PEAK + 50), dtype=np.int64)


def test_a_p_wave_is_placed_within_its_segment():
    around = flat()
    around[0, R_PEAK - 15] = 200  # 0.15 s before the R peak; P is from 0.24 s on
    assert update(WaveState(RATE), around)["p_place"].tolist() == [9]
    assert update(WaveState(RATE), around, shift=2)["p_place"].tolist() == [7]


def test_segments_are_parts_of_the_height_of_the_typical_complex():
    around = flat()
    around[0, R_PEAK - 15] = 200
    once = update(WaveState(RATE), around)
    assert once["p_highest"][0] / 2048 == pytest.approx(0.2, abs=0.02)
    twice = update(WaveState(RATE), 50 * around, height=50 * 64 * 1000)
    for name, values in once.items():
        assert_allclose(values, twice[name], atol=8, err_msg=name)


def test_a_slope_is_taken_out_and_told():
    around = flat() + np.arange(R_PEAK + 50)  # A count for each sample
    features = update(WaveState(RATE), around)
    # Half of its rise over the 17 samples of the P segment.
    assert features["p_slope"][0] / 2048 == pytest.approx(8 / 1000, abs=0.001)
    assert abs(features["p_highest"][0]) <= 3
    assert abs(features["p_lowest"][0]) <= 3
    assert_array_equal(features["p_size_relative"], 0)


def test_nothing_is_said_where_no_complex_is_typical_yet():
    random = np.random.default_rng(0).integers(-900, 900, flat(5).shape)
    features = update(WaveState(RATE), random, height=0)
    for name in ("p_correlation", "t_correlation", "p_highest", "t_lowest", "p_slope"):
        assert_array_equal(features[name], 0)


@pytest.mark.parametrize("rate", [50, 125, 360, 1000])
@pytest.mark.parametrize("height", [0, 1, 64_000, 2**42])
def test_features_of_any_segments_are_within_the_limits_of_the_table(rate, height):
    random = np.random.default_rng(0)
    spans = wave_spans(rate)
    before, width = -spans["p"][0], spans["t"][1] - spans["p"][0]
    around = random.integers(-1000, 1000, (60, width))
    around[20:40] *= 2**26
    around[40:] = np.cumsum(around[40:], axis=1)
    each = np.ones(60, dtype=np.int64)
    found = WaveState(rate).update(around, before, 0 * each, height * each, each == 1)
    for name, values in found.items():
        assert (values >= FEATURES[name].lowest).all(), name
        assert (values <= FEATURES[name].highest).all(), name


def segments(*sizes):
    return np.array([[size, size] for size in sizes])


def test_the_typical_segment_is_the_mean_of_the_first_beats_before():
    before = TypicalSegments(2).update(segments(100, 200, 900), np.ones(3, bool))
    # A step is 0.3 heights at most, so no more than 614.
    assert_array_equal(before, segments(100, 100, 150))


def test_unusual_beats_do_not_move_the_typical_segment():
    usual = np.array([True, True, False, True])
    before = TypicalSegments(2).update(segments(100, 200, 5000, 100), usual)
    assert_array_equal(before[-2:], segments(150, 150))


def test_one_odd_beat_moves_the_typical_segment_by_no_more_than_a_step():
    values = segments(*[100] * 20, 8000, 100)
    before = TypicalSegments(2).update(values, np.ones(22, bool))
    assert_array_equal(before[20], [100, 100])
    assert_allclose(before[21], 100 + 0.3 * 2048 / 16, atol=1)


def test_what_is_typical_in_pieces_is_that_of_the_whole():
    random = np.random.default_rng(0)
    values, usual = random.integers(-8000, 8000, (40, 5)), random.random(40) < 0.7
    whole = TypicalSegments(5).update(values, usual)
    parts = in_pieces(TypicalSegments(5), [0, 1, 7, 30], values, usual)
    assert_array_equal(np.concatenate(parts), whole)


def test_the_state_stays_small():
    sizes = []
    for n_beats in (10, 500):
        state = WaveState(RATE)
        update(state, flat(n_beats))
        sizes.append(size_after(state, []))
    assert sizes[1] <= sizes[0] + 20
    assert sizes[1] < 2500
