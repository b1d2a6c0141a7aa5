import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import BEAT_SYMBOLS, map_symbols
from sklearn_ecg.records import read_recording
from sklearn_ecg.rhythm import variability

RATE = 250
OF_NN = ["n_nn", "mean_nn", "SDNN", "RMSSD", "pNN50"]
MEASURES = [*OF_NN, "SDANN", "triangular_index", "LF", "HF", "LF/HF"]
random_states = st.integers(0, 2**32 - 1)


def sinus(n_beats=500, seed=0, mean=800, spread=30):
    """Return R peaks at 250 Hz of a heart that breathes and wanders."""
    random = np.random.default_rng(seed)
    wandering = spread * np.sin(np.arange(n_beats) / 300 + random.random())
    breath = spread * np.sin(2 * np.pi * 0.2 * np.arange(n_beats))
    intervals = mean + wandering + breath + random.normal(0, 10, n_beats)
    return np.cumsum(np.rint(intervals * RATE / 1000)).astype(int)


def said(samples, labels=None, row="whole", **parameters):
    labels = ["N"] * len(samples) if labels is None else labels
    parameters = {"least_share": 0.0} | parameters
    return variability(samples, labels, RATE, **parameters).loc[row]


def assert_same(one, other, names):
    np.testing.assert_allclose(
        one[names].astype(float), other[names].astype(float), rtol=1e-9
    )


def episodes_of(*rows):
    return pd.DataFrame(rows, columns=["kind", "start", "stop"])


@given(random_states, st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_when_a_recording_began_changes_nothing_of_its_intervals(seed, later):
    samples = sinus(seed=seed)
    assert_same(said(samples), said(samples + later), OF_NN)


@given(random_states, st.integers(1, 20))
@settings(max_examples=20, deadline=None)
def test_whole_segments_before_a_recording_change_nothing(seed, n_segments):
    samples = sinus(2000, seed=seed)
    later = samples + n_segments * 300 * RATE
    assert_same(said(samples), said(later), MEASURES)


@given(random_states)
@settings(max_examples=20, deadline=None)
def test_atrial_fibrillation_behind_changes_nothing(seed):
    samples = sinus(2000, seed=seed)
    random = np.random.default_rng(seed)
    fibrillation = samples[-1] + np.cumsum(random.integers(80, 400, 800))
    both = np.append(samples, fibrillation)
    end = both[-1] / RATE
    told = episodes_of(("AF", fibrillation[0] / RATE, end))
    row = said(both, episodes=told)
    assert_same(said(samples, duration=end), row, MEASURES)
    assert row["af_share"] == pytest.approx(1 - fibrillation[0] / both[-1])
    assert said(both)["RMSSD"] > 1.5 * row["RMSSD"]


@given(random_states, st.lists(st.floats(10, 390), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_gap_makes_no_difference_that_was_not_there(seed, gaps):
    samples = sinus(seed=seed)
    jumps = np.abs(np.diff(np.diff(samples))) / RATE * 1000
    stretches = [(start, start + 7) for start in sorted(gaps)]
    row = said(samples, unreadable=stretches)
    assert row["n_nn"] < len(samples) - 1
    assert row["RMSSD"] <= jumps.max()


@given(random_states, st.integers(0, 340))
@settings(max_examples=30, deadline=None)
def test_a_minute_that_was_lost_untold_costs_hardly_more_than_one_told(seed, second):
    samples = sinus(seed=seed)
    kept = (samples < second * RATE) | (samples > (second + 60) * RATE)
    clean, untold = said(samples), said(samples[kept])
    told = said(samples[kept], unreadable=[(second, second + 60)])
    assert abs(told["n_nn"] - untold["n_nn"]) <= 4
    for row in (told, untold):
        assert row["SDNN"] == pytest.approx(clean["SDNN"], rel=0.15)
        assert row["RMSSD"] == pytest.approx(clean["RMSSD"], rel=0.15)


@given(random_states)
@settings(max_examples=30, deadline=None)
def test_every_40th_beat_ectopic_changes_little(seed):
    samples = sinus(2000, seed=seed)
    labels = np.full(len(samples), "N")
    early = np.arange(20, len(samples) - 1, 40)
    moved = samples.copy()
    moved[early] = samples[early - 1] + (0.6 * np.diff(samples)[early - 1]).astype(int)
    labels[early] = "V"
    clean, row = said(samples), said(moved, labels)
    for name in ("SDNN", "SDANN", "RMSSD"):
        assert row[name] == pytest.approx(clean[name], rel=0.03)
    assert row["pNN50"] == pytest.approx(clean["pNN50"], rel=0.1)
    assert row["HF"] == pytest.approx(clean["HF"], rel=0.06)


@given(random_states)
@settings(max_examples=10, deadline=None)
def test_the_rate_of_the_positions_changes_nothing(seed):
    samples = sinus(2000, seed=seed)
    labels = ["N"] * len(samples)
    faster = variability(4 * samples, labels, 4 * RATE).loc["whole"]
    assert_same(variability(samples, labels, RATE).loc["whole"], faster, MEASURES)


def test_a_row_for_each_hour_begun():
    table = variability(sinus(6000), ["N"] * 6000, RATE, duration=7300)
    assert table.index.tolist() == ["whole", "hour 0", "hour 1", "hour 2"]
    assert table["start"].tolist() == [0, 0, 3600, 7200]
    assert table["stop"].tolist() == [7300, 3600, 7200, 7300]
    assert table["reason"]["hour 0"] == ""
    assert "less than 67 %" in table["reason"]["hour 1"]
    assert table["reason"]["hour 2"] == "shorter than 5 min"
    assert table.loc["hour 2", MEASURES[1:]].isna().all()


def test_an_hour_is_what_it_would_be_alone():
    samples = sinus(12_000)
    labels = ["N"] * len(samples)
    table = variability(samples, labels, RATE)
    hour = 3600 * RATE
    # The interval across the edge belongs to the later hour.
    inside = (samples < 2 * hour) & (np.append(samples[1:], np.inf) >= hour)
    alone = said(samples[inside] - hour + 300 * RATE, duration=3900)
    assert_same(table.loc["hour 1"], alone, ["n_nn", "mean_nn", "SDNN"])
    assert table["LF"]["whole"] == pytest.approx(
        np.average(table["LF"].iloc[1:], weights=table["n_segments"].iloc[1:])
    )


def test_too_few_nn_intervals_say_nothing_but_why():
    samples = sinus(2000)
    af = episodes_of(("AF", 0, 700), ("bradycardia", 0, 1000))
    lost = pd.DataFrame({"start": [1000], "stop": [1160], "reason": ["flat"]})
    table = variability(samples, ["N"] * 2000, RATE, episodes=af, unreadable=lost)
    row = table.loc["whole"]
    assert row[MEASURES[1:]].isna().all()
    assert row["reason"] == (
        "NN intervals take 46.3 % of the time, less than 67 % (AF 43.7 %, not "
        "analysable 10.0 %)"
    )
    enough = variability(
        samples, ["N"] * 2000, RATE, episodes=af, unreadable=lost, least_share=0.4
    )
    assert np.isfinite(enough["SDNN"]["whole"])


def test_what_is_unreadable_is_not_analysable():
    samples = sinus(2000)
    by_episode = said(samples, episodes=episodes_of(("not analysable", 100, 200)))
    by_stretch = said(samples, unreadable=[(100, 200)])
    pd.testing.assert_series_equal(by_episode, by_stretch)
    assert by_stretch["not_analysable_share"] == pytest.approx(100 * RATE / samples[-1])


def test_stretches_that_overlap_count_once():
    samples = sinus(2000)
    row = said(samples, unreadable=[(100, 200), (120, 130), (150, 300)])
    pd.testing.assert_series_equal(row, said(samples, unreadable=[(100, 300)]))


def test_a_stretch_without_an_end_lasts_until_the_end():
    samples = sinus(2000)
    row = said(samples, unreadable=[(900, np.inf), (5000, np.inf)])
    end = samples[-1] / RATE
    pd.testing.assert_series_equal(row, said(samples, unreadable=[(900, end)]))
    assert row["not_analysable_share"] == pytest.approx(1 - 900 / end)


def test_labels_of_pandas_are_as_good_as_a_list():
    samples = pd.Series(sinus(500))
    labels = pd.Series(["N"] * 500, dtype="string")
    assert_same(said(samples, labels), said(samples.to_numpy()), OF_NN)


@pytest.mark.parametrize("samples", [[], [100]])
def test_a_recording_without_intervals_has_a_table_that_says_so(samples):
    table = variability(samples, ["N"] * len(samples), RATE, duration=600)
    assert table["reason"].tolist() == ["no NN intervals"] * 2
    assert variability(samples, ["N"] * len(samples), RATE)["n_nn"].tolist() == [0, 0]


def test_columns_are_numbers_but_the_reason():
    for samples in ([], sinus(2000)):
        table = variability(samples, ["N"] * len(samples), RATE)
        numbers = table.drop(columns="reason")
        assert all(dtype.kind in "fib" for dtype in numbers.dtypes)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": 0}, "'sampling_rate' parameter of variability must be"),
        ({"least_share": 1.5}, "'least_share' parameter of variability must be"),
        ({"duration": -1}, "'duration' parameter of variability must be"),
        ({"duration": 1}, "duration=1 s is before the last beat, at 3 s"),
        ({"labels": ["N"]}, r"shape \(3,\) and labels 1 entries"),
        ({"labels": ["N", "L", "N"]}, "labels 'L' are not known; allowed are N, S"),
        ({"samples": [100, 300, 200]}, "200, at position 2, comes after 300"),
        ({"samples": [-5, 300, 400]}, "-5, at position 0, comes after 0"),
        ({"samples": [100, np.nan, 200]}, "samples must hold whole numbers"),
        (
            {"unreadable": [(5, 4)]},
            "unreadable must hold stretches: pairs of a start and a stop",
        ),
        (
            {"unreadable": pd.DataFrame({"start": [1]})},
            "unreadable has no column 'stop'",
        ),
        ({"episodes": [("AF", 1, 2)]}, "episodes must be a DataFrame with the columns"),
        (
            {"episodes": episodes_of(("AF", 9, 8))},
            "of kind 'AF' that stops before its start",
        ),
    ],
)
def test_what_is_not_allowed_is_refused_in_words(parameters, message):
    usual = {"samples": [250, 500, 750], "labels": ["N"] * 3, "sampling_rate": 250}
    with pytest.raises(ValueError, match=message):
        variability(**(usual | parameters))


def test_of_the_intervals_of_healthy_people_next_to_none_is_doubted(data_directory):
    for path in sorted(data_directory("nsrdb").glob("*.atr")):
        recording = read_recording(path.with_suffix(""))
        table = recording.annotations("atr")
        beats = table[table["symbol"].isin(BEAT_SYMBOLS)]
        labels = map_symbols(beats["symbol"])
        rate = recording.sampling_rate
        row = variability(beats["sample"], labels, rate).loc["whole"]
        intervals = np.diff(beats["sample"]) / rate
        is_nn = (labels[1:] == "N") & (labels[:-1] == "N") & (intervals <= 2)
        assert row["n_nn"] >= 0.998 * is_nn.sum()
