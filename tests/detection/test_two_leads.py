import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.detection._two_leads import TwoLeads

RATE = 360


@pytest.fixture(scope="module")
def leads():
    return (
        make_ecg(1, duration=60, leads=("MLII", "V1"), random_state=0)
        .records[0]
        .p_signal.T
    )


def taken(leads, stops=()):
    both = TwoLeads(RATE)
    found = []
    for piece in np.split(np.array(leads), sorted(stops), axis=1):
        found += both.take(piece)
    return both, found + both.end()


def test_beats_are_those_of_the_first_lead(leads):
    _, found = taken(leads)
    assert [beat.sample for beat in found] == detect_r_peaks(leads[0], RATE).tolist()


@settings(max_examples=15, deadline=None)
@given(
    stops=st.sets(st.integers(0, 21_000), max_size=40),
    gaps=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20_000)), max_size=3),
)
def test_pieces_of_any_size_make_no_difference(leads, stops, gaps):
    holed = leads.copy()
    for lead, start in gaps:
        holed[lead, start : start + 3000] = np.nan
    whole, expected = taken(holed)
    pieces, found = taken(holed, stops)
    assert found == expected
    assert pieces.changes == whole.changes
    assert pieces.stretches == whole.stretches


@pytest.mark.parametrize("off", [0.0, np.nan])
def test_only_what_both_leads_lack_is_a_stretch_without_beats(leads, off):
    holed = leads.copy()
    holed[0, 20 * RATE : 40 * RATE] = off
    holed[1, 30 * RATE : 50 * RATE] = off
    both, found = taken(holed)
    [stretch] = both.stretches
    assert stretch[:2] == pytest.approx((30 * RATE, 40 * RATE), abs=36)
    seconds = np.array([beat.sample for beat in found]) / RATE
    assert np.diff(seconds).max() > 9
    # The other lead shows what one of them lacks.
    for start, stop in ((20, 30), (40, 50)):
        assert ((seconds > start) & (seconds < stop)).sum() > 8


def test_missing_samples_of_both_leads_are_passed_over(leads):
    missing = np.full((2, 200 * RATE), np.nan)
    _, expected = taken(np.concatenate([leads, missing, leads], axis=1))
    both = TwoLeads(RATE)
    found = both.take(leads) + both.take_missing(200 * RATE) + both.take(leads)
    assert found + both.end() == expected


def test_it_is_settled_where_no_stretch_to_come_can_begin(leads):
    holed = leads.copy()
    holed[0, 20 * RATE :] = 0
    holed[1, 40 * RATE : 50 * RATE] = 0
    both, begun = TwoLeads(RATE), []
    for start in range(0, holed.shape[1], 100):
        both.take(holed[:, start : start + 100])
        n_known = len(both.stretches)
        begun.append((both.settled, n_known))
    both.end()
    for settled, n_known in begun:
        assert all(stretch.start >= settled for stretch in both.stretches[n_known:])
    # The lead that is off holds nothing up while the other one shows beats.
    assert begun[39 * RATE // 100][0] > 36 * RATE
