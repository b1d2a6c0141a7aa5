import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from sklearn_ecg.displays import BeatDisplay
from sklearn_ecg.displays._strip import lines_without_overlap

RATE = 100


def strip(r_peaks, y_true, y_pred, *, width, seconds=10, layout=None):
    _, ax = plt.subplots(figsize=(width, 3.3), layout=layout)
    signal = np.random.default_rng(0).normal(size=seconds * RATE)
    display = BeatDisplay(signal, RATE, np.array(r_peaks), y_true, y_pred)
    return display.plot(ax=ax)


def boxes(display):
    """Return where labels are when they are drawn, badges included."""
    display.figure_.draw_without_rendering()
    shown = [
        text for text in [*display.text_, *display.truth_text_] if text.get_visible()
    ]
    return [
        Bbox.union(
            [text.get_window_extent()]
            + [patch.get_window_extent() for patch in [text.get_bbox_patch()] if patch]
        )
        for text in shown
    ]


def assert_none_touch(display):
    found = boxes(display)
    for number, box in enumerate(found):
        assert not any(box.overlaps(other) for other in found[:number])
    return found


@pytest.mark.parametrize("layout", ["constrained", None])
@pytest.mark.parametrize("width", [3.6, 11.0])
@pytest.mark.parametrize("interval", [0.2, 0.35, 0.8])
def test_no_label_touches_another(interval, width, layout):
    random = np.random.default_rng(1)
    r_peaks = np.arange(0.02, 9.99, interval)
    y_true, y_pred = random.choice(list("NNNSV"), size=(2, len(r_peaks)))
    display = strip(r_peaks, y_true, y_pred, width=width, layout=layout)
    assert_none_touch(display)


@pytest.mark.parametrize("width", [4.2, 11.0])
def test_no_label_touches_another_in_strips_one_above_the_other(width):
    _, axes = plt.subplots(3, figsize=(width, 9), layout="constrained")
    r_peaks = np.arange(0.02, 9.99, 0.31)
    y_true, y_pred = np.random.default_rng(2).choice(list("NSV"), (2, len(r_peaks)))
    signal = np.zeros(1000)
    displays = [
        BeatDisplay(signal, RATE, r_peaks, y_true, y_pred).plot(ax=ax) for ax in axes
    ]
    for display in displays:
        assert_none_touch(display)


def test_close_beats_all_keep_their_labels_where_three_lines_are_enough():
    r_peaks = [1.0, 1.15, 1.3, 4.0, 4.2]
    display = strip(r_peaks, list("NNNNN"), list("VVVSN"), width=9)
    found = assert_none_touch(display)
    assert len(found) == 5 + 4
    heights = [text.get_window_extent().y0 for text in display.text_]
    assert heights[0] > heights[1]
    # A beat that stands alone is on the first line.
    assert heights[3] == pytest.approx(heights[0])


def test_letters_of_plain_beats_give_way_first():
    r_peaks = np.arange(0.1, 9.9, 0.1)
    y = np.array(["N"] * len(r_peaks))
    y[5::14] = "V"
    display = strip(r_peaks, y, y, width=4)
    hidden = {t.get_text() for t in display.text_ if not t.get_visible()}
    assert hidden == {"N"}
    assert len(display.text_) == len(r_peaks)


@pytest.mark.parametrize("height", [1.8, 3.3])
def test_labels_stay_above_the_trace(height):
    _, ax = plt.subplots(figsize=(5, height))
    signal = np.sin(np.arange(1000))
    r_peaks = np.arange(0.1, 9.9, 0.25)
    y_true, y_pred = ["N"] * len(r_peaks), ["V"] * len(r_peaks)
    display = BeatDisplay(signal, RATE, r_peaks, y_true, y_pred).plot(ax=ax)
    _, top = ax.transData.transform((0, 1.0))
    assert min(box.y0 for box in boxes(display)) >= top
    bottom, _ = ax.get_ylim()
    assert ax.get_ylim()[1] - bottom < 2.2 / 0.3


@pytest.mark.parametrize("width", [3.6, 11.0])
def test_labels_at_the_edges_stay_inside(width):
    display = strip([0.0, 9.99], list("NN"), list("VV"), width=width)
    for box in boxes(display):
        assert box.x0 > display.ax_.bbox.x0 - 5
        assert box.x1 < display.ax_.bbox.x1 + 5


spans = st.tuples(st.integers(0, 50), st.integers(1, 20))


@given(st.lists(spans, max_size=30), st.integers(1, 4), st.randoms())
def test_lines_hold_no_two_intervals_that_overlap(spans, n_lines, random):
    starts = np.array([start for start, _ in spans], dtype=float)
    ends = starts + [length for _, length in spans]
    order = list(range(len(spans)))
    random.shuffle(order)
    lines = lines_without_overlap(starts, ends, n_lines, order)
    for a in range(len(spans)):
        others = [b for b in range(len(spans)) if b != a]
        rivals = {
            lines[b] for b in others if starts[a] < ends[b] and ends[a] > starts[b]
        }
        if lines[a] < 0:
            assert rivals >= set(range(n_lines))
        else:
            assert lines[a] not in rivals
