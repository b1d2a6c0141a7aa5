import numpy as np
from numpy.testing import assert_allclose

from sklearn_ecg.windows._relative_waves import RelativeWaveState, TypicalSegment


def test_a_p_wave_is_placed_within_its_segment():
    state = RelativeWaveState("p", (-0.2, -0.1), sampling_rate=100)
    around = np.zeros((1, 30))
    around[0, 15] = 0.2  # 0.15 s before the R peak
    features = state.update_block(
        around, 30, np.zeros(1, dtype=int), np.ones(1), np.ones(1, dtype=bool)
    )
    assert features["p_place"].tolist() == [0.05]


def test_the_typical_segment_is_the_running_mean_before_a_beat():
    typical = TypicalSegment()
    before = [
        typical.update(np.full(2, size), is_usual=True) for size in (0.1, 0.2, 0.9)
    ]
    assert_allclose(before[-1], [0.15, 0.15])


def test_unusual_beats_do_not_move_the_typical_segment():
    typical = TypicalSegment()
    typical.update(np.full(2, 0.1), is_usual=True)
    before = typical.update(np.full(2, 5.0), is_usual=False).copy()
    assert_allclose(typical.update(np.full(2, 0.1), is_usual=True), before)
