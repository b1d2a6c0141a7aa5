"""An x-axis from dense to sparse, scaled by the logarithm of what is left."""

import numpy as np

from ._path_table import QUANTITIES

_SPARSITY_TICKS = (0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)


def check_axis_is_free(ax, x):
    """Refuse axes whose curves are against another quantity."""
    there = ax.get_xlabel()
    if there != QUANTITIES[x] and there in QUANTITIES.values():
        raise ValueError(
            f"x={x!r}: the curves on this ax are against {there!r}. Give the same x to "
            "all of them, or axes of its own to each."
        )


def set_path_axis(ax, x, positions):
    """Scale the x-axis by the logarithm of what is left, from dense to sparse."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    ax.set_xlabel(QUANTITIES[x])
    if x == "sparsity":
        ax.set_xscale("function", functions=(_what_is_left, lambda t: -np.expm1(-t)))
        ticks = [tick for tick in _SPARSITY_TICKS if tick <= positions.max() + 1e-3]
        ax.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
        return
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_locator(NullLocator())
    if not ax.xaxis_inverted():
        ax.invert_xaxis()


def _what_is_left(sparsity):
    """Return minus the logarithm of it; matplotlib asks for 1 in passing."""
    with np.errstate(divide="ignore"):
        return -np.log1p(-sparsity)
