"""What a figure of scores along sparsities draws, as tables, and its x-axis."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._messages import listed
from ..records import aami_first
from ._style import MARKERS

QUANTITIES = {
    "sparsity": "Sparsity: weights that are zero",
    "n_nonzero": "Non-zero weights",
    "macs": "MACs per beat",
}
"""The quantities that a path can be drawn against, and how the x-axis calls them."""


_SPARSITY_TICKS = (0, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999)

_MEAN, _STD, _PARAM = "mean_test_", "std_test_", "param_"


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


def curves_of_search(cv_results, param_name, scores):
    """Arrange the candidates of a search as curves along their sparsity."""
    table = _results_table(cv_results)
    column = _sparsity_column(table, param_name)
    table = table[table[column].notna()]
    if table.empty:
        raise ValueError(f"No candidate of the search has a {column!r}.")
    names = _score_names(table, scores)
    methods = _methods(table, column)
    curves = {}
    for name in names:
        for method in methods.unique():
            rows = table[methods == method]
            label = ", ".join([method] * bool(method) + [name] * _tells(names, method))
            curves[label] = _curve(rows, rows[column].astype(float), name)
    if len(curves) > len(MARKERS):
        raise ValueError(
            f"The search has {len(curves)} curves, of which a figure holds "
            f"{len(MARKERS)}: {listed(list(curves), 3)}. Choose scores, or give the "
            "rows of some candidates: pd.DataFrame(search.cv_results_) has them all."
        )
    return [
        pd.DataFrame({label: curve[part] for label, curve in curves.items()})
        .rename_axis("sparsity")
        .reset_index()
        for part in ("mean", "low", "high")
    ]


def _tells(names, method):
    """Tell whether the name of a score has to stand in the label of a curve."""
    return len(names) > 1 or not method


def _results_table(cv_results):
    while isinstance(cv_results, Pipeline):
        cv_results = cv_results.steps[-1][1]
    if hasattr(cv_results, "fit"):
        check_is_fitted(cv_results)
    results = getattr(cv_results, "cv_results_", cv_results)
    if not isinstance(results, Mapping | pd.DataFrame):
        raise TypeError(
            "from_cv_results takes a fitted search, such as GridSearchCV, or its "
            f"cv_results_, got a {type(cv_results).__name__}."
        )
    return pd.DataFrame(dict(results)).reset_index(drop=True)


def _sparsity_column(table, param_name):
    there = [column for column in table if str(column).startswith(_PARAM)]
    if param_name is not None:
        found = [column for column in there if column == f"{_PARAM}{param_name}"]
    else:
        found = [
            column
            for column in there
            if column.removeprefix(_PARAM).rpartition("__")[2] == "sparsity"
        ]
    if len(found) == 1:
        return found[0]
    names = listed([column.removeprefix(_PARAM) for column in found or there])
    if param_name is not None:
        problem = f"param_name={param_name!r} was not searched"
    elif found:
        problem = "Several parameters are a sparsity: say which with param_name"
    else:
        problem = "No parameter that was searched is called sparsity: give param_name"
    raise ValueError(f"{problem}; there are {names or 'none'}.")


def _score_names(table, scores):
    there = [column.removeprefix(_MEAN) for column in table if _is_mean(column)]
    wanted = [scores] if isinstance(scores, str) else scores
    wanted = there if wanted is None else list(wanted)
    missing = [name for name in wanted if name not in there]
    if missing or not wanted:
        raise ValueError(
            f"The search has no score {listed(missing) or 'at all'}; it has "
            f"{listed(there) or 'none'}."
        )
    return wanted


def _is_mean(column):
    return str(column).startswith(_MEAN)


def _methods(table, sparsity):
    """Name what candidates differ in beside their sparsity, where they do."""
    others = [c for c in table if str(c).startswith(_PARAM) and c != sparsity]
    if "n_resources" in table:
        others.append("n_resources")
    texts = {
        column.removeprefix(_PARAM).rpartition("__")[2]: table[column].map(_as_text)
        for column in others
    }
    texts = {name: text for name, text in texts.items() if text.nunique() > 1}
    return pd.Series(
        [
            ", ".join(
                f"{name}={text[row]}" for name, text in texts.items() if text[row]
            )
            for row in table.index
        ],
        index=table.index,
    )


def _as_text(value):
    """Write the value of a parameter; nothing for one that a candidate hasn't."""
    if isinstance(value, float) and np.isnan(value):
        return ""
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # What follows a colon would be taken for a class.
    return str(value).replace(": ", ":")


def _curve(rows, sparsities, name):
    mean, std = rows[f"{_MEAN}{name}"], rows.get(f"{_STD}{name}", 0.0)
    curve = pd.DataFrame({"mean": mean, "low": mean - std, "high": mean + std})
    return curve.groupby(sparsities).mean()
