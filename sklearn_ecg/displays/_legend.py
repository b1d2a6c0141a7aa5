"""Legends that lie on nothing."""

import numpy as np

# Room between a legend and a curve, in points: half a marker, and a little air.
_CLEARANCE = 6.0

# Of the axes' height; a legend that is taller leaves no room for curves.
_TALLEST = 0.8

_LEAST_SPAN = 0.01

_AAMI_MEANINGS = {
    "N": "normal",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion",
    "Q": "paced or unclassifiable",
}


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


def legend_above(ax, handles):
    """Put a legend above the axes, in as few rows as their width allows."""
    for n_rows in range(1, len(handles) + 1):
        legend = ax.legend(
            handles=handles,
            ncols=-(-len(handles) // n_rows),
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            frameon=False,
            fontsize="small",
            handletextpad=0.4,
            columnspacing=1.2,
            borderaxespad=0.2,
        )
        if legend.get_window_extent().width <= ax.bbox.width:
            break


def curves_on(ax):
    """Return the curves, points and edges of bands that are drawn already."""
    from matplotlib.collections import PathCollection, PolyCollection

    curves = [line.get_xydata() for line in ax.lines]
    for drawn in ax.collections:
        if isinstance(drawn, PathCollection):
            curves.append(np.asarray(drawn.get_offsets()))
        elif isinstance(drawn, PolyCollection):
            curves += [path.vertices for path in drawn.get_paths()]
    return curves


def legend_below(ax, curves):
    """Put a legend into the lower left corner, with room for it below the curves."""
    ax.autoscale_view()
    curves = [curve[np.isfinite(curve).all(axis=1)] for curve in curves]
    curves = [curve for curve in curves if len(curve)]
    n_entries = len(ax.get_legend_handles_labels()[0])
    floors = {n: _floor_of_columns(ax, curves, n) for n in range(1, n_entries + 1)}
    # The arrangement that takes the least room off the curves.
    best = max(floors, key=floors.get)
    _draw_legend(ax, best)
    ax.update_datalim([(0, floors[best])], updatex=False)
    ax.autoscale_view(scalex=False)


def _draw_legend(ax, n_columns):
    return ax.legend(
        ncols=n_columns,
        loc="lower left",
        frameon=False,
        fontsize="small",
        handlelength=3,
        columnspacing=1.2,
    )


def _floor_of_columns(ax, curves, n_columns):
    """Return how low the data limits must reach for the legend to be off the curves."""
    width, height = _size_in_axes(ax, _draw_legend(ax, n_columns))
    if width > 1 and n_columns > 1:
        return -np.inf
    low = min(_lowest_within(ax, curve, width) for curve in curves)
    high = ax.dataLim.y1
    margin = ax.margins()[1]
    # The limits are the data's and a margin at either end. In them, the lowest point
    # has to stand above the legend, which takes a part of the whole.
    part = 1 + margin - (1 + 2 * margin) * min(height, _TALLEST)
    # Flat curves would else be magnified until their rounding shows.
    return high - max(high - low, _LEAST_SPAN) / part


def _size_in_axes(ax, legend):
    """Return the width and the height that a legend takes, in parts of the axes."""
    box = legend.get_window_extent()
    clearance = _CLEARANCE / 72 * ax.figure.dpi
    width = (box.x1 + clearance - ax.bbox.x0) / ax.bbox.width
    return width, (box.y1 + clearance - ax.bbox.y0) / ax.bbox.height


def _lowest_within(ax, curve, width):
    """Return the lowest value of a curve over a part of the axes, from the left."""
    to_axes = ax.transScale + ax.transLimits
    positions = to_axes.transform(curve)[:, 0]
    order = np.argsort(positions)
    positions, values = positions[order], curve[order, 1]
    inside = values[positions <= width]
    ends = np.interp([0.0, min(width, positions[-1])], positions, values)
    return min([*inside, *ends])


def with_meaning(label):
    """Write a label with what it stands for, where the standard knows it."""
    meaning = _AAMI_MEANINGS.get(label)
    return f"{label}  {meaning}" if meaning else str(label)
