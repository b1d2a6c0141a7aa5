"""Colours, markers and lines that the figures share."""

from itertools import cycle, islice

import numpy as np

from ..records._symbols import AAMI_CLASSES, NO_BEAT

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
    names = (*AAMI_CLASSES, NO_BEAT)
    fixed = dict(zip(names, zip(COLOURS, MARKERS, strict=False), strict=False))
    fixed["?"] = GREYS[1], MARKERS[6]
    present = list(dict.fromkeys(np.asarray(labels).tolist()))
    if set(present) <= set(fixed):
        return {label: style for label, style in fixed.items() if label in present}
    styles = zip(cycle(COLOURS), cycle(MARKERS), strict=False)
    return dict(zip(sorted(present, key=str), styles, strict=False))


def curve_styles(names, n_before=0):
    """Return the style of each curve: colours for classes, greys for overall scores."""
    split = {name: name.rpartition(": ") for name in names}
    of_classes = {name: label for name, (score, _, label) in split.items() if score}
    class_styles = styles_of_classes(list(of_classes.values()))
    scores = list(dict.fromkeys(split[name][0] for name in of_classes))
    overall = [name for name in names if name not in of_classes]
    greys = _from(n_before, GREYS if of_classes else (TRACE, *COLOURS))
    markers = _from(n_before, MARKERS)
    lines = _from(n_before, ("--", ":") if of_classes else LINE_STYLES)
    styles = {
        name: {"color": next(greys), "marker": next(markers), "linestyle": next(lines)}
        for name in overall
    }
    for name, label in of_classes.items():
        colour, marker = class_styles[label]
        # Two further for each display before, as overall scores are dashed, too.
        place = scores.index(split[name][0]) + 2 * -(-n_before // len(names))
        line = LINE_STYLES[place % len(LINE_STYLES)]
        styles[name] = {"color": colour, "marker": marker, "linestyle": line}
    return {name: {"markersize": 5, "linewidth": 1.5} | styles[name] for name in names}


def _from(n_before, values):
    return islice(cycle(values), n_before, None)
