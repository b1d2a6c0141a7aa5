"""The summary in cards, each figure with what it is out of."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.report._figures import (
    cards_of,
    cards_of_short,
    firsts_of,
    moments_of,
    percent,
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
    cards = {card.name: card for card in cards_of(summary, table)}
    card = cards["Ventricular beats (V)"]
    assert card.of == "of 700 beats in 11.7 min analysed"
    lines = {line.name: line for line in card.lines}
    assert (lines["beats"].text, lines["beats"].of) == ("6", "0.86 %")
    assert lines["nonsustained VT"].of == "of 1 V run"
    assert lines["longest run"].text == "4"
    assert lines["longest run"].at == pytest.approx(times[100])
    pause = {line.name: line for line in cards["Pauses"].lines}["longest"]
    assert (pause.text, pause.at) == ("3.0 s", pytest.approx(times[499]))
    assert {"SDNN", "RMSSD"} <= {line.name for line in cards["Variability"].lines}


def test_a_share_of_few_is_not_nothing():
    shares = [0.0, 1e-4, 0.006, 16.291]
    assert list(map(percent, shares)) == ["0.00 %", "< 0.01 %", "0.01 %", "16.29 %"]


def test_what_is_counted_leads_to_the_first_of_it(found):
    summary, _, times = found
    firsts = {"V couplets": times[300], "S couplets": 1.0}
    cards = {card.name: card for card in cards_of(summary, None, firsts)}
    couplets = cards["Ventricular beats (V)"].lines[1]
    assert (couplets.at, couplets.moment) == (times[300], "couplets, the first")
    none = cards["Supraventricular beats (S)"].lines[1]
    assert (none.text, none.at) == ("0", None)


def test_the_first_of_each_kind_is_known_by_its_figure(found):
    summary, _, times = found
    labels = np.full(700, "N", dtype=object)
    labels[100:104] = labels[300:302] = "V"
    beats = pd.DataFrame({"label": labels, "time": times})
    samples = np.rint(RATE * times).astype(int)
    firsts = firsts_of(beats, find_episodes(samples, labels, RATE, duration=700.0))
    expected = {"V beats": 100, "V runs": 100, "V couplets": 300}
    for figure, place in expected.items():
        assert firsts[figure] == pytest.approx(times[place])
    assert firsts["pauses > 2.0 s"] == pytest.approx(times[499])
    counted = set(firsts) - {"N beats"}
    assert counted <= set(summary.index)


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
    cards = {card.name: card for card in cards_of(short, None)}
    (line,) = cards["Atrial fibrillation"].lines
    assert (line.text, line.of) == ("not told", "too few intervals")


def test_of_seconds_only_what_they_can_tell_is_told():
    samples = 85 * np.arange(1, 11)
    labels = list("NNVVVNNNNN")
    episodes = find_episodes(samples, labels, RATE, duration=10.0)
    summary = summarize(samples, labels, RATE, episodes, 10.0)
    cards = {card.name: card.lines for card in cards_of_short(summary)}
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
    assert "Atrial fibrillation" in [card.name for card in cards_of_short(summary)]


def test_without_beats_nothing_is_told_but_how_much_was_analysed():
    episodes = find_episodes([], [], RATE, duration=10.0)
    cards = cards_of_short(summarize([], [], RATE, episodes, 10.0))
    assert [card.name for card in cards] == ["Recording"]
