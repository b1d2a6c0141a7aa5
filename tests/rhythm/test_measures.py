import numpy as np
import pytest

from sklearn_ecg.rhythm import variability


def whole(intervals, labels=None, **parameters):
    """Return the first row for beats so many ms apart, the first at 0."""
    samples = np.cumsum([0, *intervals])
    labels = "N" * len(samples) if labels is None else labels
    return variability(samples, list(labels), 1000, **parameters).loc["whole"]


def test_two_intervals_in_turn():
    row = whole([800, 860] * 1000)
    assert row["n_nn"] == 2000
    assert row["mean_nn"] == 830
    assert row["SDNN"] == pytest.approx(30, rel=1e-3)
    assert row["RMSSD"] == pytest.approx(60)
    assert row["pNN50"] == 100
    assert row["SDANN"] == pytest.approx(0, abs=0.1)
    assert row["triangular_index"] == 2


def test_a_difference_of_50_ms_is_not_above_50():
    assert whole([800, 850] * 250)["pNN50"] == 0
    assert whole([800, 851] * 250)["pNN50"] == 100


def test_no_difference_is_taken_across_an_ectopic_beat():
    """The heart slows behind it, and each side is steady."""
    labels = "N" * 300 + "V" + "N" * 300
    row = whole([700] * 299 + [500, 1300] + [1000] * 299, labels)
    assert row["RMSSD"] == row["pNN50"] == 0
    assert row["SDNN"] == pytest.approx(150, rel=1e-2)


def test_differences_across_hours_are_of_the_later_one():
    intervals = np.append(np.full(4500, 800), np.full(400, 1000))
    samples = np.cumsum([0, *intervals])
    table = variability(samples, ["N"] * len(samples), 1000)
    assert table["RMSSD"]["hour 0"] == 0
    assert table["RMSSD"]["hour 1"] == pytest.approx(200 / np.sqrt(401))
    assert table["n_nn"].tolist() == [4900, 4499, 401]


def test_segment_means_are_those_of_five_minutes():
    intervals = [750] * 400 + [1000] * 300 + [600] * 500
    row = whole(intervals, duration=900)
    # The interval that ends at 5:00 is of the segment that begins there.
    means = [750, (750 + 299 * 1000) / 300, (1000 + 500 * 600) / 501]
    assert row["SDANN"] == pytest.approx(np.std(means, ddof=1))


def test_a_segment_that_is_not_seen_has_no_mean():
    intervals = [750] * 400 + [1000] * 300 + [600] * 500 + [800] * 375
    row = whole(intervals, unreadable=[(301, 599)], least_share=0.6)
    others = whole(intervals, least_share=0.6)
    means = [750, 600, (600 + 374 * 800) / 375]
    assert row["SDANN"] == pytest.approx(np.std(means, ddof=1), rel=1e-3)
    assert row["SDANN"] < others["SDANN"] - 10


def test_the_triangular_index_counts_in_bins_of_1_128_s():
    """At 128 Hz, a bin is a step of the positions."""
    steps = np.repeat([100, 101, 102], [900, 300, 600])
    samples = np.cumsum([0, *steps])
    table = variability(samples, ["N"] * len(samples), 128)
    assert table["triangular_index"]["whole"] == 2


def test_the_triangular_index_needs_20_min():
    row = whole([800] * 1480)
    assert np.isnan(row["triangular_index"])
    assert "triangular_index: less than 20 min" in row["reason"]
    assert whole([800] * 1520)["triangular_index"] == 1


def test_equal_intervals_have_no_ratio_of_powers():
    row = whole([800] * 1600)
    assert row["LF"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(row["LF/HF"])
    assert row["reason"] == "LF/HF: no HF"


def test_shares_are_of_intervals_and_of_time():
    labels = "NNNV" * 200
    row = whole([1000] * 799, labels, least_share=0, duration=1000)
    assert row["n_nn"] == 400
    assert row["nn_share"] == pytest.approx(400 / 799)
    assert row["nn_time_share"] == pytest.approx(0.4)


def test_an_interval_across_an_edge_is_counted_once_and_timed_on_both_sides():
    samples = np.arange(700, 7_201_000, 1500)
    table = variability(samples, ["N"] * len(samples), 1000, duration=7203)
    assert table["n_nn"]["whole"] == table["n_nn"].iloc[1:].sum()
    lengths = table["stop"] - table["start"]
    seconds = table["nn_time_share"] * lengths
    assert seconds["hour 1"] == pytest.approx(3600)
    assert seconds["whole"] == pytest.approx(seconds.iloc[1:].sum())


def test_a_day_is_one_if_18_hours_can_be_analysed():
    samples = np.arange(0, 86_400_000, 900)
    labels = ["N"] * len(samples)
    for lost, is_day in ((5.9, True), (6.1, False)):
        stretch = [(1000, 1000 + 3600 * lost)]
        table = variability(samples, labels, 1000, unreadable=stretch)
        assert table["is_24_h"]["whole"] == is_day
        assert not table["is_24_h"].iloc[1:].any()
