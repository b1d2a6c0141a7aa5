"""What an export says of itself to programs: a file of JSON beside the C."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np

from ..._version import __version__

_FORMAT = 2
_MAKER = "sklearn_ecg"
_SIZES = (
    "n_samples",
    "n_channels",
    "n_inputs",
    "n_intervals",
    "n_classes",
    "activation_bytes",
    "scratch_bytes",
)
"""Macros of the C that stand in the description, too."""


@dataclass(frozen=True)
class Description:
    """What was exported, as ``name.json`` says it."""

    version: str  # Of the package that exported it
    name: str
    kind: str  # What comes in: "window", "row" or "chain", which takes samples
    is_told: bool  # Whether a host tells a chain where beats are
    n_leads: int  # Of which samples come in, or a window
    model: str  # SHA-256 of its integers
    classes: list
    sampling_rate: float | None  # Of the converter, or of a window
    leads: str | None
    n_samples: int
    n_channels: int
    n_inputs: int
    n_intervals: int
    n_classes: int
    activation_bytes: int
    scratch_bytes: int
    features: list  # In their places: how each is scaled
    facts: dict
    files: list
    selftest: dict  # Tables of what comes in, and of what must come out
    tells_rhythm: bool = False  # Whether a chain tells episodes of the rhythm

    @classmethod
    def of(cls, plan, numbers, files):
        """Describe a plan, with the numbers of its macros."""
        return cls(
            version=__version__,
            name=plan.name,
            kind=plan.kind,
            is_told=plan.is_stream and not plan.quantized.inputs.detects,
            n_leads=2 if plan.has_two_leads else plan.network.n_channels,
            tells_rhythm=plan.tells_rhythm,
            model=plan.fingerprint,
            classes=plan.quantized.classes_.tolist(),
            facts={str(key): str(value) for key, value in plan.facts.items()},
            files=sorted(files),
            selftest={name: rows.tolist() for name, rows in plan.selftest.items()},
            **{name: numbers[name.upper()] for name in _SIZES},
            **_of_inputs(plan),
        )

    @property
    def is_chain(self):
        """Whether a signal comes in, not beats."""
        return self.kind == "chain"

    def table(self, name):
        """Return a table of the self-test."""
        return np.array(self.selftest[name], dtype=np.int64)

    @property
    def text(self):
        """The same as JSON, one line for each key."""
        content = asdict(self) | {"format": _FORMAT, "made_by": _MAKER}
        lines = (f"  {_json(key)}: {_json(content[key])}" for key in sorted(content))
        return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value):
    return json.dumps(value, sort_keys=True, default=str)


def _of_inputs(plan):
    """Say of what comes in its rate, its leads, and how its features are scaled."""
    inputs = plan.inputs
    if plan.kind == "row":
        scaling = inputs.row_scaling
        features = _features(inputs.names_beside, low=scaling.low, step=scaling.step)
        return {"sampling_rate": None, "leads": None, "features": features}
    of = plan.quantized if plan.is_stream else inputs
    scaling = of.feature_scaling
    rate = of.inputs.sampling_rate if plan.is_stream else inputs.window_rate
    features = _features(scaling.names, low=scaling.low, multiplier=scaling.multiplier)
    return {"sampling_rate": float(rate), "leads": inputs.leads, "features": features}


def _features(names, **scaling):
    return [
        {"name": name, "place": place, **dict(zip(scaling, numbers, strict=True))}
        for place, (name, *numbers) in enumerate(
            zip(names, *scaling.values(), strict=True)
        )
    ]


def read_description(directory):
    """Read what an export in a directory says of itself."""
    found = [path for path in sorted(directory.glob("*.json")) if _is_ours(path)]
    if len(found) != 1:
        named = f" ({', '.join(path.name for path in found)})" if found else ""
        raise FileNotFoundError(
            f"{directory} has {len(found)} descriptions of exports{named}, must have "
            "one: give the directory that export_c wrote to. One of an earlier version "
            "has none: export again."
        )
    content = json.loads(found[0].read_text("utf-8"))
    del content["made_by"]
    if content.pop("format", None) != _FORMAT:
        raise ValueError(
            f"{found[0]} was written by another version of sklearn_ecg: export again."
        )
    return Description(**content)


def _is_ours(path):
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("made_by") == _MAKER
