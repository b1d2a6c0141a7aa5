import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.lines import Line2D
from pruning_paths import stages

from sklearn_ecg.displays import PruningPathDisplay
from sklearn_ecg.displays._legend import legend_above, legend_below

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
    box = ax.get_legend().get_window_extent()
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


def test_curves_that_leave_room_keep_their_limits():
    _, ax = plt.subplots()
    curve = np.array([[0.0, 1.0], [0.3, 0.9], [1.0, 0.0]])
    ax.plot(*curve.T, label="falls")
    limits = ax.get_ylim()
    legend_below(ax, [curve])
    assert ax.get_ylim() == limits


def handles(n):
    return [Line2D([], [], label=f"class number {number}") for number in range(n)]


@pytest.mark.parametrize(("width", "n_rows"), [(10, 1), (5.5, 2), (2, 5)])
def test_a_legend_above_takes_the_rows_that_it_needs(width, n_rows):
    _, ax = plt.subplots(figsize=(width, 3))
    legend_above(ax, handles(5))
    ax.figure.draw_without_rendering()
    legend = ax.get_legend()
    tops = {round(text.get_window_extent().y0) for text in legend.get_texts()}
    assert len(tops) == n_rows
    assert legend.get_window_extent().y0 >= ax.bbox.y1


def test_a_strip_without_beats_has_no_legend_above():
    _, ax = plt.subplots()
    legend_above(ax, [])
    assert ax.get_legend() is None
