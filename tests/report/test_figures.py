"""The summary in cards, each figure with what it is out of."""

import numpy as np
import pytest

from sklearn_ecg.report._figures import (
    cards_of,
    cards_of_short,
    moments_of,
    table_of,
)
from sklearn_ecg.rhythm import find_episodes, summarize, variability

RATE = 100


@pytest.fixture(scope="module")
def found():
    """Ten minutes with a run of four, a couplet, and a pause of three seconds."""
    labels = np.full(700, "N", dtype=object)
    labels[100:104] = labels[300:302] = "V"
    intervals = np.full(700, 85)
    intervals[100:105], intervals[500] = 40, 300
    samples = np.cumsum(intervals)
    episodes = find_episodes(samples, labels, RATE, duration=700.0)
    table = variability(samples, labels, RATE, episodes=episodes, duration=700.0)
    return summarize(samples, labels, RATE, episodes, 700.0), table, samples / RATE


def test_figures_say_what_they_are_out_of_and_when_they_were(found):
    summary, table, times = found
    cards = dict(cards_of(summary, table))
    lines = {line.name: line for line in cards["Ventricular beats (V)"]}
    assert lines["beats"].text == "6"
    assert lines["beats"].of == "0.86 % of all"
    assert lines["nonsustained VT"].of == "of 1 V runs"
    assert lines["longest run"].text == "4"
    assert lines["longest run"].at == pytest.approx(times[100])
    pause = {line.name: line for line in cards["Pauses"]}["longest"]
    assert (pause.text, pause.at) == ("3.0 s", pytest.approx(times[499]))
    assert {"SDNN", "RMSSD"} <= {line.name for line in cards["Variability"]}


def test_what_has_a_moment_is_to_be_seen(found):
    summary, table, _ = found
    moments = moments_of(cards_of(summary, table))
    titles = [title for title, _ in moments]
    assert "Pauses: longest, 3.0 s" in titles
    assert "Ventricular beats (V): longest run, 4" in titles
    assert [at for _, at in moments] == sorted(at for _, at in moments)


def test_what_a_reader_changed_stands_beside_what_the_model_said(found):
    summary, _, _ = found
    before = summary.copy()
    before.loc["V beats", "value"] = 9.0
    rows = {row["name"]: row for row in table_of(summary, before)}
    assert (rows["V beats"]["value"], rows["V beats"]["before"]) == ("6", "9")
    assert [name for name, row in rows.items() if row["is_changed"]] == ["V beats"]
    assert rows["V beats"]["of"] == "of 700 beats"
    assert table_of(summary, None)[0]["before"] is None


def test_what_cannot_be_told_is_said(found):
    summary, _, _ = found
    short = summary.copy()
    short.loc["AF episodes", "value"] = np.nan
    (line,) = dict(cards_of(short, None))["Atrial fibrillation"]
    assert (line.text, line.of) == ("not told", "too few intervals")


def test_of_seconds_only_what_they_can_tell_is_told():
    samples = 85 * np.arange(1, 11)
    labels = list("NNVVVNNNNN")
    episodes = find_episodes(samples, labels, RATE, duration=10.0)
    cards = dict(cards_of_short(summarize(samples, labels, RATE, episodes, 10.0)))
    assert list(cards) == ["Recording", "Heart rate", "Runs and pauses"]
    (rate,) = cards["Heart rate"]  # Of 9 intervals, lowest and highest are the same
    assert (rate.name, rate.text, rate.of) == ("mean", "71 /min", "of 9 intervals")
    lines = {line.name: line.text for line in cards["Runs and pauses"]}
    assert lines["V runs"] == "1"
    assert lines["longest V run"] == "3"
    assert lines["pauses > 2.0 s"] == lines["S runs"] == "0"
    assert "longest pause" not in lines


def test_atrial_fibrillation_of_a_minute_is_told_if_there_are_beats_enough(found):
    summary, _, _ = found
    assert "Atrial fibrillation" in dict(cards_of_short(summary))


def test_without_beats_nothing_is_told_but_how_much_was_analysed():
    episodes = find_episodes([], [], RATE, duration=10.0)
    cards = cards_of_short(summarize([], [], RATE, episodes, 10.0))
    assert [name for name, _ in cards] == ["Recording"]
