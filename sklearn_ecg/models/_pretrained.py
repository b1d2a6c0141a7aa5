"""The models in the box."""

from __future__ import annotations

import pandas as pd
from sklearn.pipeline import Pipeline

from .._constants import PRETRAINED
from ._file import load_model, read_card, read_content


def list_pretrained() -> pd.DataFrame:
    """List the models that come with the package.

    Returns
    -------
    DataFrame
        Indexed by ``name``, with ``title``, the ``n_nonzero`` weights that pruning left
        and the ``bytes`` of the file.

    Examples
    --------
    >>> from sklearn_ecg import list_pretrained
    >>> list_pretrained().index.tolist()
    ['ambulatory', 'wearable']
    """
    rows = {}
    for name, path in PRETRAINED.items():
        card = read_card(path)
        stages = read_content(path)["steps"][-1]["stages"]
        rows[name] = {
            "title": card.title if card else "",
            "n_nonzero": dict(stages[-1]["dict"])["n_nonzero"],
            "bytes": path.stat().st_size,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("name")


def load_pretrained(name: str = "ambulatory") -> Pipeline:
    """Load a model that comes with the package.

    Parameters
    ----------
    name : str, default="ambulatory"
        One of those that `list_pretrained` lists.

    Returns
    -------
    Pipeline
        Fitted: what `annotate`, `BeatStream` and `predict` take. Its attribute `card_`
        says what it was trained on, how well it does, and what it is not for.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> from sklearn_ecg import load_pretrained
    >>> model = load_pretrained("wearable")
    >>> model.classes_.tolist()
    ['F', 'N', 'O', 'Q', 'S', 'V']
    >>> print(model.card_)
    Heartbeats of patients never seen, small...
    """
    if name not in PRETRAINED:
        raise ValueError(f"name={name!r}: must be one of {', '.join(PRETRAINED)}.")
    return load_model(PRETRAINED[name])
