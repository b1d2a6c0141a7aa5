import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sklearn_ecg.displays._rhythm_panels import (
    BAND,
    draw_counts,
    draw_key,
    draw_lanes,
    draw_rate,
    lanes_of,
)
from sklearn_ecg.displays._style import AF_COLOUR
from sklearn_ecg.rhythm import find_episodes, summarize


def beats_of(times, labels="N", rates=60.0, in_af=False):
    return pd.DataFrame(
        {"time": times, "label": labels, "rate": rates, "in_af": in_af}, dtype=object
    ).astype({"time": float, "rate": float, "in_af": bool})


@pytest.fixture
def ax():
    return plt.subplots()[1]


def bounds(collection):
    return [path.get_extents().bounds for path in collection.get_paths()]


class TestRate:
    def test_the_median_of_each_minute_is_a_level_line(self, ax):
        times = np.arange(0, 1800, 1.0)
        rates = np.where(times < 900, 70.0, 90.0)
        draw_rate(ax, beats_of(times, rates=rates), 1800)
        x, y = ax.lines[0].get_data()
        assert set(y[x < 900]) == {70}
        assert set(y[x > 900]) == {90}
        assert np.diff(np.unique(x)).tolist() == [60] * 30

    def test_the_band_leaves_out_the_lowest_and_the_highest_tenth(self, ax):
        rates = np.tile([30, *range(70, 80), 200], 200)
        draw_rate(ax, beats_of(np.arange(2400), rates=rates), 2400)
        [(_, low, _, height)] = bounds(ax.collections[0])
        assert 70 <= low < low + height <= 80

    def test_fibrillation_has_its_own_colour(self, ax):
        times = np.arange(1800)
        beats = beats_of(times, rates=70 + times % 10, in_af=times >= 1200)
        draw_rate(ax, beats, 1800)
        plain, fibrillating = ax.collections
        assert to_hex(plain.get_facecolor()[0]) == BAND.lower()
        assert to_hex(fibrillating.get_facecolor()[0]) == AF_COLOUR.lower()
        [(x, _, width, _)] = bounds(fibrillating)
        assert (x, width) == (1200, 600)

    def test_a_minute_of_few_beats_has_no_rate(self, ax):
        times = [*np.arange(0, 600), 630, 650, *np.arange(660, 1200)]
        draw_rate(ax, beats_of(times), 1200)
        x, y = ax.lines[0].get_data()
        assert np.isnan(y[(x > 600) & (x < 660)]).all()
        assert np.isfinite(y).sum() == 2 * 19

    def test_the_usual_rates_are_always_shown(self, ax):
        draw_rate(ax, beats_of(np.arange(1000), rates=75), 1000)
        assert ax.get_ylim() == (50, 100)


class TestLanes:
    def lanes(self, labels, intervals, **keywords):
        samples = np.cumsum([0, *intervals])
        episodes = find_episodes(samples, labels, 100, **keywords)
        summary = summarize(samples, labels, 100, episodes)
        return list(lanes_of(episodes, summary))

    def test_there_is_one_for_each_kind_that_occurs(self):
        labels = [*"NVVVNVVVVN", *["N"] * 60, *"NSNSNSN"]
        intervals = [80] * 30 + [250] + [160] * 30 + [80] * 15
        found = self.lanes(labels, intervals, shortest_rate=20)
        assert [(lane.name, lane.told) for lane in found] == [
            ("V runs", "2"),
            ("S bigeminy etc.", "1"),
            ("Pauses", "1"),
            ("Bradycardia", found[3].told),
        ]
        share = 100 * found[3].seconds.sum() / (sum(intervals) / 100)
        assert found[3].told == f"{share:.1f} %"

    def test_shares_are_of_what_was_analysed(self):
        [slow, lost] = self.lanes(
            ["N"] * 101, [200] * 100, unreadable=[(100, 200)], pause=3
        )
        assert lost.told == "50.0 %"
        assert slow.told == "100.0 %"

    def test_a_short_episode_in_a_long_recording_is_seen(self, ax):
        found = self.lanes(list("NVVVN"), [80] * 4)
        draw_lanes(ax, found, 86400.0)
        bar = ax.collections[0]
        [(x, _, width, _)] = bounds(bar)
        assert x == 0.8
        assert width == pytest.approx(0.003 * 86400)
        assert [text.get_text() for text in ax.texts] == ["1"]

    def test_that_there_are_none_is_said(self, ax):
        draw_lanes(ax, [], 60.0)
        assert [text.get_text() for text in ax.texts] == ["no episodes"]


class TestCounts:
    def test_ventricular_beats_go_up_and_supraventricular_ones_down(self, ax):
        beats = beats_of([10, 20, 70, 80, 90, 130], list("VVSSSN"))
        draw_counts(ax, beats, 180)
        (_, bottom, _, up), (_, down, _, _) = (bounds(one)[0] for one in ax.collections)
        assert (bottom, up, down) == (0, 2, -3)
        assert [text.get_text() for text in ax.texts] == ["V  2", "S  3"]
        assert ax.yaxis.get_major_formatter()(-3, 0) == "3"

    @pytest.mark.parametrize(
        ("hours", "unit"), [(1, "a minute"), (24, "10 minutes"), (200, "an hour")]
    )
    def test_the_axis_says_in_how_long_they_are_counted(self, ax, hours, unit):
        draw_counts(ax, beats_of([1.0], ["V"]), 3600.0 * hours)
        assert ax.get_ylabel() == f"Ectopic beats\nin {unit}"


def test_the_key_says_what_a_rate_is_the_median_of(ax):
    draw_key(ax, 3600)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[0] == "rate: median of a minute"
    assert "atrial fibrillation" in texts
