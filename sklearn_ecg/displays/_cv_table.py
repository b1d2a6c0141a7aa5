"""What a search along sparsities found, as curves: means, and how folds spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._messages import listed
from ._style import MARKERS

_MEAN, _STD, _PARAM = "mean_test_", "std_test_", "param_"


def curves_of_search(cv_results, param_name, scores):
    """Arrange the candidates of a search as curves along their sparsity."""
    table = _as_table(cv_results)
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


def _as_table(cv_results):
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
