import matplotlib.pyplot as plt
import numpy as np
import pytest
from legends import legend_of
from matplotlib.lines import Line2D
from pruning_paths import stages

from sklearn_ecg.displays import BeatDisplay, PruningPathDisplay
from sklearn_ecg.displays._style import legend_outside


def test_curves_differ_without_colour():
    lines = PruningPathDisplay(stages()).plot().lines_.values()
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 3


def test_a_class_looks_as_in_the_strip():
    line = PruningPathDisplay(stages()).plot().lines_["validation_recall: V"]
    strip = BeatDisplay(np.zeros(100), 100, [0.5], ["V"], ["V"]).plot()
    [handle] = legend_of(strip.ax_).legend_handles
    assert line.get_color() == handle.get_color()
    assert line.get_marker() == handle.get_marker()


SPARSITIES = (0.0, 0.5, 0.8, 0.9, 0.95)


def random_paths(seed, n_classes):
    """Three paths whose recalls start and end anywhere."""
    random = np.random.default_rng(seed)
    ends = random.uniform(size=(2, n_classes))
    way = np.linspace(0, 1, len(SPARSITIES))[:, np.newaxis]
    recalls = (1 - way) * ends[0] + way * ends[1]
    return [
        [
            {"sparsity": sparsity, "recall": dict(zip("NSVFQ", recall, strict=False))}
            for sparsity, recall in zip(SPARSITIES, recalls + shift, strict=True)
        ]
        for shift in (-0.05, 0, 0.05)
    ]


def assert_legend_is_free(ax):
    """Check the picture as drawn, not as it was when the legend was placed."""
    ax.figure.draw_without_rendering()
    box = legend_of(ax).get_window_extent()
    for line in ax.lines:
        drawn = line.get_path().transformed(ax.transData)
        assert not drawn.intersects_bbox(box, filled=False), line.get_label()
    for band in ax.collections:
        for path in band.get_paths():
            assert not path.transformed(ax.transData).intersects_bbox(box)


@pytest.mark.parametrize("layout", ["constrained", "tight", None])
@pytest.mark.parametrize("width", [3.6, 9.0])
@pytest.mark.parametrize("n_classes", [1, 5])
def test_a_legend_lies_on_no_curve_and_on_no_band(width, n_classes, layout):
    for seed in range(2):
        _, ax = plt.subplots(figsize=(width, 3.6), layout=layout)
        PruningPathDisplay.from_paths(random_paths(seed, n_classes), ax=ax)
        assert_legend_is_free(ax)


def test_a_legend_stays_free_when_something_is_drawn_afterwards():
    ax = PruningPathDisplay(stages()).plot().ax_
    ax.plot([0.0, 0.9], [0.98, 0.97], label="_added")
    ax.set_title("What was added")
    assert_legend_is_free(ax)


def test_curves_that_are_flat_are_not_magnified():
    path = [{"sparsity": s, "f1": 0.9 + 1e-12 * s} for s in SPARSITIES]
    ax = PruningPathDisplay(path).plot().ax_
    assert_legend_is_free(ax)
    low, high = ax.get_ylim()
    assert high - low > 0.005


def test_a_curve_with_a_gap_counts_where_it_is_drawn():
    scores = [np.nan, 0.1, np.nan, 0.2, 0.9]
    path = [
        {"sparsity": s, "f1": score, "accuracy": 0.95}
        for s, score in zip(SPARSITIES, scores, strict=True)
    ]
    assert_legend_is_free(PruningPathDisplay(path).plot().ax_)


def handles(n):
    return [Line2D([], [], label=f"class number {number}") for number in range(n)]


@pytest.mark.parametrize(("width", "n_rows"), [(10, 1), (5.5, 2), (2, 5)])
def test_a_legend_outside_takes_the_rows_that_it_needs(width, n_rows):
    figure, ax = plt.subplots(figsize=(width, 3), layout="constrained")
    assert legend_outside([ax], handles(5), "upper left")
    figure.draw_without_rendering()
    [legend] = figure.legends
    tops = {round(text.get_window_extent().y0) for text in legend.get_texts()}
    assert len(tops) == n_rows
    assert legend.get_window_extent().y0 >= ax.bbox.y1


def test_a_legend_is_outside_where_the_figure_makes_room_for_no_other_axes():
    figure, ax = plt.subplots(layout="constrained")
    for name in ("lamp", "magnitude"):
        PruningPathDisplay(stages()).plot(scores="train_score", name=name, ax=ax)
    [legend] = figure.legends  # of both displays
    assert len(legend.get_texts()) == 2
    assert ax.get_legend() is None
    for layout, n_axes in ((None, 1), ("constrained", 2)):
        figure, axes = plt.subplots(n_axes, layout=layout, squeeze=False)
        PruningPathDisplay(stages()).plot(ax=axes[0, 0])
        assert not figure.legends
        assert axes[0, 0].get_legend() is not None


def test_a_strip_without_beats_has_no_legend():
    display = BeatDisplay(np.zeros(100), 100, [], [], []).plot()
    assert not display.figure_.legends
    assert display.ax_.get_legend() is None
