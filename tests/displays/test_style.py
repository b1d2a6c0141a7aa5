import numpy as np
from pruning_paths import stages

from sklearn_ecg.displays import BeatDisplay, PruningPathDisplay


def test_curves_differ_without_colour():
    lines = PruningPathDisplay(stages()).plot().lines_.values()
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 3


def test_a_class_looks_as_in_the_strip():
    line = PruningPathDisplay(stages()).plot().lines_["validation_recall: V"]
    strip = BeatDisplay(np.zeros(100), 100, [0.5], ["V"], ["V"]).plot()
    [handle] = strip.ax_.get_legend().legend_handles
    assert line.get_color() == handle.get_color()
    assert line.get_marker() == handle.get_marker()
