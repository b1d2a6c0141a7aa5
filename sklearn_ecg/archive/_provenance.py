"""Where the labels of a recording come from: a model, a version, readers."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd

from .._version import __version__

PROVENANCE = (
    *("model", "model_hash", "version", "who", "when"),
    *("patient", "taught_by"),
)
"""Columns of a manifest that say where labels come from."""


def model_named(model: Any, content: bytes) -> dict[str, str]:
    """Return what a model is called, and what tells it from all others."""
    card = getattr(model, "card_", None)
    return {
        "model": type(model).__name__ if card is None else card.title,
        "model_hash": hashlib.sha256(content).hexdigest(),
        "version": __version__,
    }


def readers_named(said: pd.DataFrame) -> dict[str, str]:
    """Return who has said something, and when: from the first time to the last."""
    who = dict.fromkeys(name for name in said["who"] if name)
    when = said["when"][said["when"] != ""].drop_duplicates()
    times = pd.to_datetime(when, format="ISO8601", utc=True, errors="coerce")
    in_order = when.loc[times.sort_values(kind="stable").index].tolist()
    ends = in_order if len(in_order) < 2 else [in_order[0], in_order[-1]]
    return {"who": "; ".join(who), "when": "/".join(ends)}
