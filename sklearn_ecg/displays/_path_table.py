"""A pruning path as a table: one row a stage, one column a score."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .._messages import listed
from ..records._symbols import aami_first

QUANTITIES = {
    "sparsity": "Sparsity: weights that are zero",
    "n_nonzero": "Non-zero weights",
    "macs": "MACs per beat",
}
"""The quantities that a path can be drawn against, and how the x-axis calls them."""


def as_table(path):
    """Return a path as a DataFrame, each class of a mapping as a column of its own."""
    table = pd.DataFrame(path).reset_index(drop=True)
    if table.empty:
        raise ValueError("The pruning path has no stage; at least one is needed.")
    columns = {}
    for name, values in table.items():
        if isinstance(values.iloc[0], Mapping):
            by_class = pd.DataFrame(list(values))
            labels = aami_first(by_class)
            columns |= {f"{name}: {label}": by_class[label] for label in labels}
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def mean_and_range(rows, methods):
    """Return the mean, least and greatest score of each method, at each sparsity."""
    by_sparsity = rows.groupby("sparsity")
    costs = by_sparsity[["n_nonzero", "macs"]].mean().reset_index()
    by_method = rows.groupby(["sparsity", "method"])["score"]
    return [
        pd.concat([costs, part.unstack()[methods].reset_index(drop=True)], axis=1)
        for part in (by_method.mean(), by_method.min(), by_method.max())
    ]


def check_same_sparsities(tables):
    if not tables:
        raise ValueError("paths is empty; at least one pruning path is needed.")
    for number, table in enumerate(tables):
        check_quantity("sparsity", table)
        sparsities = table["sparsity"].to_numpy(), tables[0]["sparsity"].to_numpy()
        # Rounding to whole weights may differ by one weight per layer.
        if len(table) != len(tables[0]) or not np.allclose(*sparsities, atol=1e-3):
            raise ValueError(
                "The paths must go through the same sparsities; path 0 goes through "
                f"{_sparsities(tables[0])}, path {number} through {_sparsities(table)}."
            )


def _sparsities(table):
    return ", ".join(f"{sparsity:.3g}" for sparsity in table["sparsity"])


def check_quantity(x, path):
    allowed = [name for name in QUANTITIES if name in path]
    if x not in allowed:
        raise ValueError(
            f"x={x!r} is not among the quantities of this pruning path, which are "
            f"{listed(allowed) or 'none'}."
        )


def chosen_scores(path, scores):
    """Return the columns to draw."""
    available = [name for name in path.select_dtypes("number") if _is_score(name)]
    if scores is None:
        wanted = available
    else:
        chosen = [scores] if isinstance(scores, str) else list(scores)
        wanted = [column for name in chosen for column in _columns_of(path, name)]
    wanted = [name for name in wanted if path[name].notna().any()]
    if not wanted:
        raise ValueError(
            "The pruning path has no scores to draw that are not NaN throughout; its "
            f"columns are {listed(list(path.columns))}."
        )
    return wanted


def _is_score(name):
    words = ("score", "accuracy", "recall", "f1")
    return ": " in name or any(word in name.lower() for word in words)


def _columns_of(path, name):
    columns = [column for column in path if column == name]
    columns += [column for column in path if column.startswith(f"{name}: ")]
    if not columns:
        raise ValueError(
            f"The pruning path has no score {name!r}; its columns are "
            f"{listed(list(path.columns))}."
        )
    return columns
