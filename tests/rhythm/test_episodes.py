import copy
import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.datasets import map_symbols
from sklearn_ecg.records import BEAT_SYMBOLS, read_recording
from sklearn_ecg.rhythm import KINDS, EpisodeFinder, find_episodes

RATE = 250


def random_beats(random_state, n_beats=800):
    """Return beats of all labels, with stretches that are lost."""
    rng = np.random.default_rng(random_state)
    labels = rng.choice(list("NNNNNSVVFQO?"), n_beats)
    runs = rng.random(n_beats) < 0.4
    for n in np.flatnonzero(runs)[1:]:
        labels[n] = labels[n - 1]
    intervals = rng.integers(60, 400, n_beats)
    intervals[rng.random(n_beats) < 0.02] = 800
    samples = np.cumsum(intervals)
    edges = np.sort(rng.choice(samples[-1], 20, replace=False)) / RATE
    return samples, labels, edges.reshape(-1, 2)[::3], rng.random(n_beats)


def streamed(samples, labels, lost, certainty, cuts):
    """Return the episodes of beats that come in pieces."""
    finder = EpisodeFinder(RATE)
    edges = [0, *sorted(cuts), len(samples)]
    events, n_told = [], 0
    for first, last in itertools.pairwise(edges):
        if first == last:
            continue
        part = slice(first, last)
        n_known = int((lost[:, 0] * RATE < samples[last - 1]).sum())
        stretches, n_told = lost[n_told:n_known], n_known
        events.append(
            finder.push(samples[part], labels[part], certainty[part], stretches)
        )
        finder = pickle.loads(pickle.dumps(copy.deepcopy(finder)))
    events.append(finder.flush(samples[-1] / RATE + 1))
    return pd.concat(events, ignore_index=True)


@settings(deadline=None, max_examples=25)
@given(
    random_state=st.integers(0, 1000),
    cuts=st.lists(st.integers(0, 800), max_size=8),
)
def test_pieces_of_any_size_give_the_same_episodes(random_state, cuts):
    samples, labels, lost, certainty = random_beats(random_state)
    whole = find_episodes(
        samples,
        labels,
        RATE,
        certainty=certainty,
        unreadable=lost,
        duration=samples[-1] / RATE + 1,
    )
    events = streamed(samples, labels, lost, certainty, cuts)
    over = events[events["event"] == "end"].drop(columns="event")
    over = over.sort_values(["start", "stop", "kind"], ignore_index=True)
    pd.testing.assert_frame_equal(over, whole)


@pytest.mark.parametrize("random_state", range(3))
def test_what_begins_is_told_before_it_ends(random_state):
    samples, labels, lost, certainty = random_beats(random_state)
    cuts = range(0, 800, 7)
    events = streamed(samples, labels, lost, certainty, cuts)
    at_once = ["pause", "not analysable", "V couplet", "S couplet"]
    begun = events[events["event"] == "begin"]
    ended = events[(events["event"] == "end") & ~events["kind"].isin(at_once)]
    assert begun["stop"].isna().all()
    columns = ["kind", "start"]
    assert sorted(map(tuple, begun[columns].to_numpy())) == sorted(
        map(tuple, ended[columns].to_numpy())
    )
    for kind, start in begun[columns].itertuples(index=False):
        same = events[(events["kind"] == kind) & (events["start"] == start)]
        assert same["event"].tolist() == ["begin", "end"]


def test_certainty_is_the_mean_of_an_episodes_labels():
    samples, labels = [0, 200, 300, 400, 500, 700], list("NVVVNN")
    certainty = [1, 0.5, 0.75, 1, 0.1, 0.1]
    found = find_episodes(samples, labels, RATE, certainty=certainty)
    assert found["certainty"].tolist() == [0.75]
    lost = find_episodes(
        samples, labels, RATE, certainty=certainty, unreadable=[(2, 3)]
    )
    assert lost["certainty"].fillna(-1).tolist() == [0.75, -1]
    assert find_episodes(samples, labels, RATE)["certainty"].isna().all()


def test_what_cannot_be_seen_at_either_end_is_told():
    found = find_episodes(
        [1000, 1200, 1400],
        list("NNN"),
        RATE,
        unreadable=[(0, 3), (5.8, 20)],
        duration=20,
    )
    assert found[["kind", "start", "stop"]].to_numpy().tolist() == [
        ["not analysable", 0.0, 3.0],
        ["not analysable", 5.8, 20.0],
    ]


def test_what_was_lost_of_two_intervals_in_a_row_is_told_as_one():
    samples = np.arange(0, 4000, 200)
    lost = [(4.1, 4.7), (4.9, 5.5), (6.5, 7.1)]
    found = find_episodes(samples, ["N"] * len(samples), RATE, unreadable=lost)
    assert found[["start", "stop"]].to_numpy().tolist() == [[4.1, 5.5], [6.5, 7.1]]


def test_stretches_that_overlap_count_once():
    samples = np.arange(0, 4000, 200)
    # Of an interval of 0.8 s 0.4 s are lost, though the stretches last 0.8 s together.
    twice = [(4.1, 4.5), (4.2, 4.5), (4.3, 4.4)]
    assert find_episodes(samples, ["N"] * 20, RATE, unreadable=twice).empty
    # One that holds another ends what was lost.
    found = find_episodes(
        samples, ["N"] * 20, RATE, unreadable=[(6, 7), (4, 8), (4.1, 4.2)]
    )
    assert found[["start", "stop"]].to_numpy().tolist() == [[4, 8]]


@pytest.mark.parametrize(
    "kind", [pd.Categorical, np.array, lambda x: pd.Series(x, dtype="string[pyarrow]")]
)
def test_labels_of_any_kind_of_array_are_the_same(kind):
    samples, labels = [0, 200, 300, 400, 700], list("NVVVN")
    whole = find_episodes(samples, labels, RATE)
    other = find_episodes(np.array(samples, dtype=np.uint16), kind(labels), RATE)
    pd.testing.assert_frame_equal(whole, other)


def test_a_recording_without_beats_has_no_episodes():
    assert find_episodes([], [], RATE).empty
    found = find_episodes([], [], RATE, unreadable=[(0, 60)], duration=60)
    assert found["kind"].tolist() == ["not analysable"]


def test_every_kind_that_is_found_is_defined():
    kinds = set()
    for random_state in range(20):
        samples, labels, lost, _ = random_beats(random_state)
        kinds |= set(find_episodes(samples, labels, RATE, unreadable=lost)["kind"])
    assert kinds <= set(KINDS)
    assert len(kinds) == 10


@pytest.mark.parametrize(
    ("samples", "labels", "keywords", "message"),
    [
        ([5, 3], "NN", {}, "must not fall.*3, at position 1, comes after 5"),
        ([-1], "N", {}, "must not fall, and begin at 0"),
        ([0.5], "N", {}, "whole numbers"),
        ([np.inf], "N", {}, "whole numbers"),
        ([np.nan], "N", {}, "whole numbers"),
        ([1e20], "N", {}, "whole numbers"),
        ([True], "N", {}, "whole numbers"),
        ([1, 2], "N", {}, r"shape \(2,\) and labels 1"),
        ([1], "A", {}, "'A' are not known.*map_symbols"),
        ([1], "N", {"certainty": [0.1, 0.2]}, "certainty has 2 entries for 1"),
        ([1], "N", {"unreadable": [(3, 2)]}, "a stop that is not before it"),
        ([1], "N", {"certainty": [95]}, "fractions from 0 to 1, or NaN; it goes from"),
        ([1], "N", {"unreadable": pd.DataFrame({"start": [1]})}, "no column 'stop'"),
        ([1], "N", {"pause": 0}, "'pause' parameter"),
        ([1], "N", {"pause_beats": "X"}, "'pause_beats' parameter"),
        ([1], "N", {"bradycardia": 120}, "must be below tachycardia"),
        ([1], "N", {"n_intervals": 2.5}, "'n_intervals' parameter"),
        ([1], "N", {"duration": -1}, "'duration' parameter"),
        (
            [1, 500],
            "NN",
            {"duration": 1},
            "duration=1 s is before the last beat, at 2 s",
        ),
    ],
)
def test_what_is_wrong_is_named(samples, labels, keywords, message):
    with pytest.raises(ValueError, match=message):
        find_episodes(samples, list(labels), RATE, **keywords)


def test_a_stream_that_is_refused_beats_stays_what_it_was():
    finder = EpisodeFinder(RATE)
    finder.push([0, 100, 200], list("NVV"))
    with pytest.raises(ValueError, match="must not fall"):
        finder.push([150], ["N"])
    with pytest.raises(ValueError, match="not known"):
        finder.push([300], ["X"])
    with pytest.raises(ValueError, match="must hold stretches"):
        finder.push([300], ["V"], [0.5], [(3, 2)])
    events = finder.push([290], ["V"])
    assert events[["kind", "n_beats"]].to_numpy().tolist() == [["V run", 3]]
    assert events["certainty"].isna().all()


def test_after_flush_nothing_is_told_and_nothing_taken():
    finder = EpisodeFinder(RATE)
    finder.push([0, 100, 200], list("NVV"))
    with pytest.raises(ValueError, match="'duration' parameter of EpisodeFinder"):
        finder.flush("a minute")
    assert set(finder.flush(300)["kind"]) == {"V couplet", "not analysable"}
    assert finder.flush(300).empty
    with pytest.raises(ValueError, match="Make another EpisodeFinder"):
        finder.push([300], ["V"])


@pytest.fixture(scope="module")
def reference(mitdb):
    """The beats of all records of MIT-BIH, as its annotators labelled them."""
    beats = {}
    for header in sorted(mitdb.glob("*.hea")):
        table = read_recording(header.with_suffix("")).annotations("atr")
        table = table[table["symbol"].isin(BEAT_SYMBOLS)]
        labels = map_symbols(table["symbol"], "bxb")
        beats[header.stem] = table["sample"].to_numpy(), labels
    return beats


def test_the_counts_of_mit_bih_are_those_of_its_annotators(reference):
    found = pd.concat(find_episodes(*beats, 360) for beats in reference.values())
    counts = found["kind"].value_counts()
    expected = {
        "V couplet": 816,
        "V run": 76,
        "V bigeminy": 292,
        "V trigeminy": 120,
        "V quadrigeminy": 72,
        "S couplet": 178,
        "S run": 259,
    }
    assert {kind: counts[kind] for kind in expected} == expected
    runs = found[found["kind"] == "V run"]
    assert (runs["rate"] > 100).sum() == 65
    assert (runs["stop"] - runs["start"] >= 30).sum() == 3
    assert (found[found["kind"] == "S run"]["rate"] > 100).sum() == 28


@pytest.mark.parametrize(
    ("pause_beats", "counts"),
    [("NSVFQ", [141, 90, 41]), ("NS", [136, 87, 39]), ("N", [50, 32, 11])],
)
def test_the_pauses_of_mit_bih_are_counted(reference, pause_beats, counts):
    own = [
        sum(
            find_episodes(*beats, 360, pause=pause, pause_beats=list(pause_beats))[
                "kind"
            ]
            .eq("pause")
            .sum()
            for beats in reference.values()
        )
        for pause in (2.0, 2.5, 3.0)
    ]
    assert own == counts
