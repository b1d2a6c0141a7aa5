from datetime import datetime

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.displays import RhythmDisplay
from sklearn_ecg.displays._style import AF_COLOUR, COLOURS
from sklearn_ecg.rhythm import find_episodes

RATE = 100


@pytest.fixture(scope="module")
def beats():
    """Twenty minutes, eight of them atrial fibrillation."""
    return make_ecg(
        1,
        duration=1200,
        sampling_rate=RATE,
        class_frequencies={"N": 0.9, "S": 0.03, "V": 0.07},
        atrial_fibrillation=[(600, 1080)],
        random_state=0,
    )


@pytest.fixture(scope="module")
def display(beats):
    return RhythmDisplay.from_beats(
        beats.data["sample"], beats.target, RATE, duration=1200, record_name="night"
    )


def names_of_lanes(display):
    return [text.get_text() for text in display.axes_["episodes"].get_yticklabels()]


def test_the_lane_of_fibrillation_is_where_it_was(display):
    assert names_of_lanes(display)[0] == "AF"
    bars = display.axes_["episodes"].collections[0].get_paths()
    [(start, _, seconds, _)] = [path.get_extents().bounds for path in bars]
    assert start == pytest.approx(600, abs=60)
    assert start + seconds == pytest.approx(1080, abs=60)


def test_the_band_has_the_colour_of_fibrillation_there(display):
    _, band = display.axes_["rate"].collections[:2]
    assert tuple(band.get_facecolor()[0, :3]) == to_rgb(AF_COLOUR)
    x, _, width, _ = band.get_paths()[0].get_extents().bounds
    assert x == pytest.approx(600, abs=60)
    assert width == pytest.approx(480, abs=120)


def test_the_title_says_how_long_it_is_and_how_many_beats(display, beats):
    title = display.axes_["rate"].get_title(loc="left")
    assert title == f"night: 20.0 min, {len(beats.data):,} beats"


def test_letters_of_the_lorenz_plot_name_what_is_there(display):
    places = {t.get_text(): t.get_position() for t in display.axes_["lorenz"].texts}
    assert set(places) == {"N", "S", "V", "AF"}
    before, after = places["V"]
    assert before < 0.9 * after
    assert np.diff(places["N"]) == pytest.approx(0, abs=0.08)


def test_all_panels_over_time_show_the_same_time(display):
    limits = {display.axes_[name].get_xlim() for name in ("rate", "episodes", "counts")}
    assert limits == {(0, 1200)}


def test_the_clock_is_shown_if_the_start_is_known(beats):
    shown = RhythmDisplay.from_beats(
        beats.data["sample"],
        beats.target,
        RATE,
        start_time=datetime(2026, 3, 5, 23, 53),
    )
    ticks = [text.get_text() for text in shown.axes_["counts"].get_xticklabels()]
    assert "0:00" in ticks
    assert shown.axes_["counts"].get_xlabel() == "Clock time, from 5 March 2026"


def test_what_was_lost_is_shaded_and_joins_no_intervals():
    samples = np.append(np.arange(0, 6000, 80), np.arange(9000, 15000, 80))
    labels = ["N"] * len(samples)
    episodes = find_episodes(samples, labels, RATE, unreadable=[(59, 90)])
    display = RhythmDisplay.from_beats(samples, labels, RATE, episodes)
    assert names_of_lanes(display) == ["Not analysable"]
    shade = display.axes_["rate"].collections[-1].get_paths()
    [(start, _, seconds, _)] = [path.get_extents().bounds for path in shade]
    assert (start, start + seconds) == (59.2, 90)
    pixels = np.asarray(display.axes_["lorenz"].images[0].get_array())
    assert (pixels[..., 3] > 0).sum() == 1


def test_episodes_that_are_given_are_those_that_are_shown(beats):
    samples, labels = beats.data["sample"], beats.target
    strict = find_episodes(samples, labels, RATE, bradycardia=30, tachycardia=60)
    display = RhythmDisplay.from_beats(samples, labels, RATE, strict)
    assert "Tachycardia" in names_of_lanes(display)


def test_fusion_beats_are_ventricular_and_detections_of_no_beat_are_none():
    samples = np.arange(0, 4000, 80)
    labels = np.resize(list("NNNNF"), len(samples))
    with_noise = np.sort(np.append(samples, samples[::4] + 30))
    order = np.argsort(np.append(samples, samples[::4] + 30), kind="stable")
    noisy = np.append(labels, ["O"] * len(samples[::4]))[order]
    displays = [
        RhythmDisplay.from_beats(samples, labels, RATE),
        RhythmDisplay.from_beats(with_noise, noisy, RATE),
    ]
    images = [
        np.asarray(display.axes_["lorenz"].images[0].get_array())
        for display in displays
    ]
    np.testing.assert_array_equal(*images)
    assert {t.get_text() for t in displays[0].axes_["lorenz"].texts} == {"N"}


def test_a_patient_with_a_pacemaker_has_q_in_the_lorenz_plot():
    display = RhythmDisplay.from_beats(np.arange(0, 4000, 80), ["Q"] * 50, RATE)
    assert [t.get_text() for t in display.axes_["lorenz"].texts] == ["Q"]
    pixels = np.asarray(display.axes_["lorenz"].images[0].get_array())
    assert {tuple(p[:3]) for p in pixels[pixels[..., 3] > 0]} == {to_rgb(COLOURS[4])}


@pytest.mark.parametrize("labels", ["", "N", "O", "NV", "?"])
def test_few_beats_and_none_are_drawn(labels):
    samples = np.arange(1, len(labels) + 1) * 80
    display = RhythmDisplay.from_beats(samples, list(labels), RATE)
    display.figure_.draw_without_rendering()
    plt.close(display.figure_)


def test_draws_on_a_figure_that_is_given(beats):
    figure = plt.figure(layout="constrained", figsize=(10, 10))
    top, bottom = figure.subfigures(2)
    for part in (top, bottom):
        shown = RhythmDisplay.from_beats(
            beats.data["sample"], beats.target, RATE, figure=part
        )
        assert shown.figure_ is part
    assert len(figure.axes) == 10
    figure.draw_without_rendering()


def test_lengths_that_differ_and_labels_that_are_unknown_are_refused():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        RhythmDisplay.from_beats([80, 160], ["N"], RATE)
    with pytest.raises(ValueError, match="'X' are not known"):
        RhythmDisplay.from_beats([80], ["X"], RATE)


def test_a_day_of_beats_is_a_small_file(tmp_path):
    rng = np.random.default_rng(0)
    samples = np.cumsum(rng.normal(85, 5, 100_000).round().astype(int))
    labels = rng.choice(list("NSV"), len(samples), p=[0.96, 0.02, 0.02])
    display = RhythmDisplay.from_beats(samples, labels, RATE)
    display.figure_.savefig(tmp_path / "day.pdf")
    assert (tmp_path / "day.pdf").stat().st_size < 300_000
