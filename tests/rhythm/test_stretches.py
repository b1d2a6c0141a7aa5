import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.rhythm._stretches import (
    in_samples,
    merged,
    seconds_between,
    stretches_of,
    touched,
)

times = st.floats(0, 100, allow_subnormal=False)
some_stretches = st.lists(st.tuples(times, times).map(sorted), max_size=8)


@pytest.mark.parametrize("nothing", [None, [], np.zeros((0, 2)), pd.DataFrame()])
def test_nothing_is_unreadable(nothing):
    if isinstance(nothing, pd.DataFrame):
        nothing = pd.DataFrame({"start": [], "stop": [], "reason": []})
    assert stretches_of(nothing).shape == (0, 2)


def test_stretches_are_taken_in_any_order():
    given = [(5, 6), (1, 9), (2, 3)]
    expected = [[1, 9], [2, 3], [5, 6]]
    assert stretches_of(given).tolist() == expected
    table = pd.DataFrame(given, columns=["start", "stop"], dtype="float64[pyarrow]")
    assert stretches_of(table).tolist() == expected


@pytest.mark.parametrize(
    "given",
    [
        (4, 6),
        [(1, 2, 3), (4, 5, 6)],
        [(1, 2), (3,)],
        [(3, 2)],
        [(1, None)],
        [(1, np.nan)],
        "abc",
        pd.to_datetime([["2024-01-01", "2024-01-02"]][0]).to_numpy().reshape(1, 2),
        pd.DataFrame(
            {name: [pd.Timestamp("2024-01-01", tz="CET")] for name in ("start", "stop")}
        ),
    ],
)
def test_what_is_no_pair_of_seconds_is_refused(given):
    with pytest.raises(ValueError, match="unreadable must hold stretches: pairs"):
        stretches_of(given)


def test_a_stretch_without_an_end_is_longer_than_any_recording():
    ((start, stop),) = in_samples(stretches_of([(-np.inf, np.inf)]), 360)
    assert start < 0
    assert stop > 366 * 86400 * 2000


@pytest.mark.parametrize(
    ("start", "stop", "is_touched"),
    [(0, 1, False), (0, 1.1, True), (1.5, 1.6, True), (1.9, 5, True), (2, 5, False)],
)
def test_episodes_touch_what_they_reach_into(start, stop, is_touched):
    episodes = pd.DataFrame({"start": [1.0, 7.0], "stop": [2.0, 8.0]})
    found = touched(np.array([start]), np.array([stop]), episodes)
    assert found.tolist() == [is_touched]


@given(some_stretches)
def test_merged_stretches_are_the_same_moments_apart_and_in_order(stretches):
    starts, stops = merged(np.array(stretches).reshape(-1, 2))
    assert (starts[1:] > stops[:-1]).all()
    moments = np.array(stretches).ravel()
    for moment in [*moments, *(moments + 0.01)]:
        is_in = any(start <= moment <= stop for start, stop in stretches)
        assert ((starts <= moment) & (moment <= stops)).any() == is_in


@given(some_stretches, st.lists(times, min_size=2, max_size=6).map(sorted))
def test_seconds_between_edges_are_what_stretches_take_of_them(stretches, edges):
    starts, stops = merged(np.array(stretches).reshape(-1, 2))
    taken = seconds_between(np.array(edges), (starts, stops))
    for low, high, seconds in zip(edges, edges[1:], taken, strict=False):
        inside = np.minimum(stops, high) - np.maximum(starts, low)
        assert seconds == pytest.approx(np.maximum(inside, 0).sum(), abs=1e-9)
