"""Colours, markers, lines and legends that the figures share."""

from itertools import cycle, islice

import numpy as np

from ..records import AAMI_CLASSES, NO_BEAT

# Okabe & Ito, "Color Universal Design", 2008, without black and yellow: black is the
# trace, and yellow is too light on white.
COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
MARKERS = ("o", "^", "s", "D", "X", "v", "P", "*")
LINE_STYLES = ("-", "--", "-.", ":")
TRACE = "#222222"
GREYS = ("#222222", "#8A8A8A")
GRID = "#DDDDDD"
AF_COLOUR = "#CC79A7"
LIGHT_COLOURS = {"#E69F00", "#56B4E9", "#CC79A7"}

_TALLEST = 0.8
"""Of the height of axes: a legend that is taller leaves no room for curves."""

_LEAST_SPAN = 0.01

_OURS = "sklearn-ecg"

_AAMI_MEANINGS = {
    "N": "normal",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion",
    "Q": "paced or unclassifiable",
}


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


def with_meaning(label):
    """Write a label with what it stands for, where the standard knows it."""
    meaning = _AAMI_MEANINGS.get(label)
    return f"{label}  {meaning}" if meaning else str(label)


def class_handles(styles, has_errors):
    """Return what stands in the legend of a strip: its classes, and how errors look."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], marker=marker, color=colour, linestyle="none")
        for colour, marker in styles.values()
    ]
    for handle, label in zip(handles, styles, strict=True):
        handle.set_label(with_meaning(label))
    if has_errors:
        shading = Patch(facecolor="#E5E5E5", edgecolor="black")
        shading.set_label("misclassified; below, what it is")
        handles.append(shading)
    return handles


def legend_outside(axes, handles, loc):
    """Put a legend beside all axes of a figure, if it makes room; tell whether it did.

    `axes` are those of the display; `loc` as in ``"lower center"``.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = axes[0].figure
    makes_room = isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine)
    if not makes_room or set(figure.axes) != set(axes):
        return False
    for legend in [one for one in figure.legends if one.get_gid() == _OURS]:
        legend.remove()
    legend_in_rows(figure, handles, loc=f"outside {loc}").set_gid(_OURS)
    return True


def legend_in_rows(owner, handles, **place):
    """Give axes or a figure a legend of as few rows as the width allows."""
    for n_rows in range(1, max(len(handles), 1) + 1):
        legend = owner.legend(
            handles=handles,
            ncols=-(-len(handles) // n_rows) or 1,
            frameon=False,
            fontsize="small",
            columnspacing=1.2,
            **place,
        )
        if legend.get_window_extent().width <= owner.bbox.width:
            break
        if n_rows < len(handles):
            legend.remove()
    return legend


def legend_below(ax, handles):
    """Put a legend into the lower left corner, with room for it below all curves."""
    legend = legend_in_rows(ax, handles, loc="lower left", handlelength=3)
    clearance = 6 / 72 * ax.figure.dpi  # half a marker, and a little air
    share = min(
        (legend.get_window_extent().y1 + clearance - ax.bbox.y0) / ax.bbox.height,
        _TALLEST,
    )
    leave_room(ax, share)


def leave_room(ax, share=0.0):
    """Leave a share of the height of axes free below all curves and bands."""
    boxes = [drawn.get_datalim(ax.transData).intervaly for drawn in ax.collections]
    heights = np.concatenate([*boxes, *(line.get_ydata() for line in ax.lines)])
    heights = heights[np.isfinite(heights.astype(float))]
    # Flat curves would be magnified until their rounding shows.
    span = max(np.ptp(heights), _LEAST_SPAN)
    # The limits are those of the data, with a margin at either end.
    margin = ax.margins()[1]
    floor = heights.max() - span / (1 + margin - (1 + 2 * margin) * share)
    ax.update_datalim([(0, floor)], updatex=False)
    ax.autoscale_view(scalex=False)
