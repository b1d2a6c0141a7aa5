import numpy as np
import pandas as pd
import pytest
import summary_counts
from hypothesis import given, settings
from hypothesis import strategies as st
from summary_counts import Annotated, differences

from sklearn_ecg.rhythm import EpisodeFinder, find_episodes, summarize

RATE = 100


def summary_of(intervals, labels=None, duration=None, **keywords):
    samples = np.cumsum([0, *intervals])
    labels = ["N"] * len(samples) if labels is None else list(labels)
    episodes = find_episodes(samples, labels, RATE, duration=duration, **keywords)
    return summarize(samples, labels, RATE, episodes, duration)


def test_shares_are_of_what_was_analysed():
    # A quarter of a minute is lost: ten V of 40 beats.
    labels = ["N", "N", "N", "V"] * 10
    summary = summary_of([100] * 39, labels, 60, unreadable=[(39.5, 60)])
    assert summary.loc["analysed time", ["value", "out_of"]].tolist() == pytest.approx(
        [39.5 / 3600, 60 / 3600]
    )
    assert summary.loc["V burden", ["value", "out_of"]].tolist() == [25, 40]
    assert summary.loc["beats", "out_of"] == pytest.approx(39.5 / 3600)
    assert summary.loc["longest stretch not analysable", ["value", "at"]].tolist() == [
        20.5,
        39.5,
    ]


def test_rates_are_means_of_eight_intervals_that_were_not_cut():
    intervals = [100] * 20 + [50] * 8 + [100] * 20 + [300] + [100] * 20
    summary = summary_of(intervals, pause=5)
    assert summary.loc["highest rate", ["value", "at"]].tolist() == [120, 20]
    assert summary.loc["lowest rate", "value"] == pytest.approx(60 * 8 / 10)
    lost = summary_of(intervals, unreadable=[(44.5, 46)])
    assert lost.loc["lowest rate", "value"] == 60
    assert lost.loc["mean rate", "out_of"] == 68
    assert lost.loc["mean rate", "value"] == pytest.approx(60 * 68 / 64)


def test_a_recording_of_few_beats_has_no_rate_of_eight_intervals():
    for n_intervals in range(8):
        summary = summary_of([100] * n_intervals)
        assert np.isnan(summary.loc["lowest rate", "value"])
    assert summary_of([100] * 8).loc["lowest rate", "value"] == 60


def test_runs_are_counted_by_their_names():
    labels = "NVVVN" + "VVVVVN"
    intervals = [80, 50, 50, 90, 90] + [80] * 5
    summary = summary_of(intervals, labels)
    assert summary.loc["V runs", "value"] == 2
    assert summary.loc["runs: nonsustained VT", ["value", "out_of"]].tolist() == [1, 2]
    slow = "runs: accelerated idioventricular rhythm"
    assert summary.loc[slow, "value"] == 1
    assert summary.loc["longest V run", ["value", "at"]].tolist() == [5, 3.6]
    assert summary.loc["fastest V run", ["value", "at"]].tolist() == [120, 0.8]
    assert summary.loc["S runs", "value"] == 0
    assert np.isnan(summary.loc["longest S run", "value"])


def test_pauses_are_told_apart():
    rng = np.random.default_rng(0)
    irregular = rng.integers(40, 110, 200).tolist()
    intervals = [80, 210, 80, 260, 80, 310, 80, *irregular, 250, *irregular]
    summary = summary_of(intervals)
    pauses = [summary.loc[f"pauses > {least} s", "value"] for least in (2.0, 2.5, 3.0)]
    assert pauses == [4, 2, 1]
    assert summary.loc["longest pause", ["value", "at"]].tolist() == pytest.approx(
        [3.1, 7.1]
    )
    # The first window of fibrillation decides what was before it, too.
    assert summary.loc["pauses in AF", ["value", "out_of"]].tolist() == [4, 4]
    beside = summary_of([80, 250, 80], unreadable=[(0, 0.7)])
    assert beside.loc["pauses beside what is not analysable", "value"] == 1


def test_the_burden_of_fibrillation_leaves_out_what_was_lost():
    rng = np.random.default_rng(0)
    intervals = rng.integers(40, 110, 400)
    seconds = intervals.sum() / RATE
    samples = np.cumsum([0, *intervals])
    lost = [(samples[200] / RATE, samples[220] / RATE)]
    summary = summary_of(intervals, unreadable=lost)
    analysed = seconds - (lost[0][1] - lost[0][0])
    own = (seconds - intervals[0] / RATE - (lost[0][1] - lost[0][0])) / analysed
    assert summary.loc["AF burden", "value"] == pytest.approx(100 * own)
    assert summary.loc["AF burden", "out_of"] == pytest.approx(analysed / 3600)
    assert summary.loc["AF episodes", "value"] == 1


@pytest.mark.parametrize(("n_intervals", "is_told"), [(80, False), (81, True)])
def test_nobody_can_tell_fibrillation_from_few_intervals(n_intervals, is_told):
    irregular = np.random.default_rng(0).integers(40, 110, n_intervals)
    summary = summary_of(irregular, shortest_af=5)
    for name in ("AF episodes", "AF burden"):
        assert (summary.loc[name, "value"] > 0) == is_told
        assert np.isnan(summary.loc[name, "value"]) == (not is_told)


def test_events_of_a_whole_recording_count_as_its_episodes():
    samples, labels = np.arange(12) * 50, list("NVVVNVVNVVVV")
    finder = EpisodeFinder(RATE)
    events = pd.concat([finder.push(samples, labels), finder.flush()])
    assert (events["event"] == "begin").any()
    whole = summarize(samples, labels, RATE, find_episodes(samples, labels, RATE))
    pd.testing.assert_frame_equal(summarize(samples, labels, RATE, events), whole)
    in_another_order = events.sort_values("rate")
    by_rate = summarize(samples, labels, RATE, in_another_order)
    pd.testing.assert_frame_equal(by_rate, whole)


@pytest.mark.parametrize(
    ("samples", "labels", "duration", "message"),
    [
        ([2, 1], "NN", None, "must not fall"),
        ([1], "A", None, "'A' are not known"),
        ([100], "N", 0.5, "duration=0.5 s is before the last beat, at 1 s"),
    ],
)
def test_what_cannot_be_summarized_is_refused(samples, labels, duration, message):
    episodes = find_episodes([], [], RATE)
    with pytest.raises(ValueError, match=message):
        summarize(samples, list(labels), RATE, episodes, duration)
    with pytest.raises(ValueError, match="columns kind, start, stop, n_beats, rate"):
        summarize([1], ["N"], RATE, episodes.drop(columns="rate"))


def test_nothing_at_all_has_a_summary():
    episodes = find_episodes([], [], RATE)
    summary = summarize([], [], RATE, episodes)
    assert summary.loc["beats", "value"] == 0
    assert np.isnan(summary.loc["AF burden", "value"])
    assert summary.index.is_unique
    assert isinstance(summary, pd.DataFrame)


@pytest.mark.parametrize("name", ["121", "201", "207", "222"])
def test_every_number_is_what_another_count_says(data_directory, name):
    annotated = summary_counts.read(data_directory("mitdb") / name)
    assert differences(annotated) == []


def test_every_number_of_a_day_is_what_another_count_says(data_directory):
    annotated = summary_counts.read(data_directory("ltafdb") / "104")
    assert len(annotated.samples) > 80_000
    assert differences(annotated) == []


# In sixtieths of a second, beside the limits of rates, pauses, gaps and silence.
LENGTHS = [12, 18, 29, 30, 31, 35, 36, 37, 48, 60, 71, 72, 73, 90, 120, 121, 150, 151]
LENGTHS += [180, 181, 7200, 7201]


@settings(max_examples=100, deadline=None)
@given(
    rate=st.sampled_from([180, 360, 420]),
    first=st.integers(0, 40_000),
    beats=st.lists(
        st.tuples(
            st.sampled_from([*LENGTHS, *LENGTHS[:16] * 3]),
            st.sampled_from("NNNNNVVVSSFQ?OO"),
            st.integers(1, 12),
        ),
        min_size=1,
        max_size=40,
    ),
    unreadable=st.lists(
        st.tuples(st.integers(0, 5000), st.sampled_from([1, 29, 30, 90, 121, 300])),
        max_size=3,
    ),
    rest=st.integers(0, 8000),
)
def test_limits_are_kept_to_the_sample(rate, first, beats, unreadable, rest):
    sixtieth = rate // 60
    steps, labels = [first], ["N"]
    for length, label, n_times in beats:
        steps += [length * sixtieth] * n_times
        labels += [label] * n_times
    samples = np.cumsum(steps).tolist()
    stretches = sorted(
        (first + start * sixtieth, first + (start + length) * sixtieth)
        for start, length in unreadable
    )
    n_samples = samples[-1] + rest
    annotated = Annotated(samples, labels, stretches, rate, n_samples)
    assert differences(annotated) == []


@pytest.mark.parametrize("first", range(1, 3000, 97))
def test_what_is_at_a_limit_is_not_beyond_it(first):
    # 2.5 s, V at 100 a minute for 30 s, and two seconds to what was lost.
    samples = first + np.cumsum([0, 360, 900, 360, *[216] * 51, 360, 900, 360])
    labels = ["N"] * 4 + ["V"] * 51 + ["N"] * 3
    lost_until = int(samples[0]) + 360 - 720
    stretches = [(max(lost_until - 600, 0), lost_until)] if lost_until > 0 else []
    annotated = Annotated(samples.tolist(), labels, stretches, 360, int(samples[-1]))
    counted = summary_counts.counted_of(annotated)
    assert counted["pauses > 2.0 s"][0] == 2
    assert counted["pauses > 2.5 s"][0] == 0
    assert counted["runs: accelerated idioventricular rhythm"][0] == 1
    assert differences(annotated) == []
