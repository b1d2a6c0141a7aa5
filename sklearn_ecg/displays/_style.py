"""Colours, markers and lines that the figures share."""

from itertools import cycle

import numpy as np

from ..datasets import AAMI_CLASSES

# Okabe & Ito, "Color Universal Design", 2008, without black and yellow: black is the
# trace, and yellow is too light on white.
COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
MARKERS = ("o", "^", "s", "D", "X", "v", "P", "*")
LINE_STYLES = ("-", "--", "-.", ":")
TRACE = "#222222"
GREYS = ("#222222", "#8A8A8A")
GRID = "#DDDDDD"
LIGHT_COLOURS = {"#E69F00", "#56B4E9", "#CC79A7"}


def styles_of_classes(labels):
    """Return colour and marker of each label; those of the AAMI classes are fixed."""
    fixed = dict(zip(AAMI_CLASSES, zip(COLOURS, MARKERS, strict=False), strict=False))
    present = list(dict.fromkeys(np.asarray(labels).tolist()))
    if set(present) <= set(fixed):
        return {label: style for label, style in fixed.items() if label in present}
    styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    return dict(zip(sorted(present, key=str), styles, strict=False))
