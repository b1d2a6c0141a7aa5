import numpy as np
import pytest

from sklearn_ecg.detection._given import refuse_falling, refuse_outside, samples_of


def taken(r_peaks, **rest):
    return samples_of(r_peaks, "r_peaks", 5000, 250, **rest)


@pytest.mark.parametrize("r_peaks", [[100, 300], [100.0, 300.0], np.uint16([100, 300])])
def test_whole_numbers_of_any_type_are_samples(r_peaks):
    assert taken(r_peaks).tolist() == [100, 300]
    assert taken(r_peaks).dtype == np.int64


def test_the_first_beats_of_a_signal_are_no_seconds():
    assert taken([3]).tolist() == [3]
    assert samples_of([5, 200, 390], "r_peaks", 650_000, 360).tolist() == [5, 200, 390]


def test_places_between_two_samples_are_rounded_only_where_that_is_allowed():
    assert taken([100.4, 300.6], rounds=True).tolist() == [100, 301]
    with pytest.raises(ValueError, match=r"r_peaks .* position 1 holds 300\.6\.$"):
        taken([100.0, 300.6])


@pytest.mark.parametrize("rounds", [True, False])
@pytest.mark.parametrize(
    ("r_peaks", "message"),
    [
        ([0.4, 1.3], r"position 0 holds 0\.4 \(and 1 more\)\. They seem to be seconds"),
        ([1, 2, 3, 4], r"position 0 holds 1\. They seem to be seconds"),
        ([100, np.nan], "position 1 holds nan"),
        ([100, np.inf], "position 1 holds inf"),
        (np.arange(5000) % 250 == 7, r"mask of 5000 entries\. np\.flatnonzero\(mask\)"),
        ([True, False], "mask of 2 entries"),
        (np.eye(1, 5000)[0], "mask of 5000 entries"),
        (["a"], "whole numbers of samples, not <U1"),
        ([[1, 2]], "one dimension"),
        (3, "one dimension"),
    ],
)
def test_what_is_no_list_of_samples_is_named(r_peaks, message, rounds):
    with pytest.raises(ValueError, match=message):
        taken(r_peaks, rounds=rounds)


@pytest.mark.parametrize("wrong", [-1, 5000])
def test_a_place_outside_of_the_signal_is_named(wrong):
    with pytest.raises(ValueError, match=f"0 to 4999; position 1 holds {wrong}"):
        refuse_outside(np.array([7, wrong]), "r_peaks", 5000)


@pytest.mark.parametrize("second", [6, 7])
def test_places_that_do_not_rise_are_named(second):
    with pytest.raises(ValueError, match=f"{second}, at position 1, comes after 7"):
        refuse_falling(np.array([7, second]), "r_peaks")
