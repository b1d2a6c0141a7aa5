"""The legend of a display, wherever it stands."""


def legend_of(ax):
    """Return the legend of axes, or the only one of their figure."""
    if ax.get_legend() is not None:
        return ax.get_legend()
    [legend] = ax.figure.legends
    return legend
