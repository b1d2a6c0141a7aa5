"""Results for other programs: lines of JSON, and beats, on standard output."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..classifier import MultiLeadPipeline
from ..edge import ways_onto_a_device
from ..records import NO_BEAT
from ..windows import LIVE, BeatSegmenter, is_sample_column, obstacle
from ._arguments import STDOUT


@contextmanager
def results_apart(args: Any) -> Iterator[None]:
    """Print words to standard error, where standard output is for results."""
    args.results = sys.stdout
    is_apart = getattr(args, "json", False) or getattr(args, "out", None) == STDOUT
    if is_apart and sys.stdout is None:
        raise OSError("Standard output is closed, and results go there.")
    with redirect_stdout(sys.stderr) if is_apart else nullcontext():
        yield


def emit(args: Any, facts: Mapping[str, Any]) -> None:
    """Print an object as a line of JSON."""
    print(json.dumps(_plain(facts), allow_nan=False), file=args.results, flush=True)


def emit_beats(args: Any, beats: pd.DataFrame) -> None:
    """Print beats as CSV, as the file of them would be."""
    beats.to_csv(args.results, index=False, lineterminator="\n")
    args.results.flush()


def _plain(value):
    """Return what JSON has: numbers that are none become null."""
    if isinstance(value, pd.DataFrame):
        value = {name: row.to_dict() for name, row in value.iterrows()}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value if isinstance(value, bool | int | float | None) else str(value)


def annotation_facts(annotation: Any) -> dict[str, Any]:
    """Return what was found in a recording; the first names are those of a manifest."""
    counts = annotation.beats["label"].value_counts()
    leads = [annotation.lead, annotation.second_lead]
    facts = {
        "reason": " ".join(annotation._notes()),
        "hours": round(annotation.recording.duration / 3600, 4),
        "beats": int(counts.drop(NO_BEAT, errors="ignore").sum()),
        "labels": {label: counts.get(label, 0) for label in annotation._labels()},
        "leads": [lead for lead in leads if lead is not None],
        "doubts": annotation.doubts,
    }
    if annotation.has_rhythm:
        facts["summary"] = {
            name: {key: value for key, value in row.items() if value not in ("", None)}
            for name, row in _plain(annotation.summary()).items()
        }
    return facts


def manifest_facts(manifest: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what the manifest of an archive says of each recording."""
    names = manifest.columns.tolist()
    labels = names[names.index("beats") + 1 : names.index("seconds")]
    for row in manifest.to_dict("records"):
        facts = {name: row[name] for name in names if name not in labels}
        facts["files"] = shlex.split(row["files"])
        if row["status"] == "done":
            facts["labels"] = {label: row[label] for label in labels}
        yield facts


def score_facts(report: Any, ec57: pd.DataFrame | None) -> dict[str, Any]:
    """Return the scores of predictions."""
    facts = {
        "accuracy": report.accuracy,
        "macro_f1": report.macro_f1,
        "per_class": report.per_class,
        "confusion": report.confusion,
    }
    return facts if ec57 is None else {**facts, "ec57": ec57}


def model_facts(model: Any) -> dict[str, Any]:
    """Return what a model is: its input, its network, its stages, its card."""
    steps = list(model) if isinstance(model, Pipeline) else [model]
    card = getattr(model, "card_", None)
    cost = steps[-1].complexity_
    takes_records = isinstance(steps[0], BeatSegmenter)
    obstacles = dict(ways_onto_a_device(model))
    if takes_records:
        obstacles["live"] = obstacle(steps[0], LIVE)
    return {
        "card": None if card is None else vars(card),
        "classes": model.classes_,
        "input": _input_facts(model) if takes_records else None,
        "obstacles": {way: why or None for way, why in obstacles.items()},
        "network": type(steps[-1].module_).__name__,
        "n_parameters": cost.n_parameters,
        "n_prunable": cost.n_prunable,
        "n_nonzero": cost.n_nonzero,
        "sparsity": cost.sparsity,
        "n_bytes": cost.n_bytes,
        "dense_bytes": cost.dense_bytes,
        "macs": cost.macs,
        "dense_macs": cost.dense_macs,
        "stages": steps[-1].stages_,
        "parameters": {
            type(step).__name__: step.get_params(deep=False) for step in steps
        },
    }


def _input_facts(pipeline):
    """Return how the windows of beats are cut."""
    segmenter = pipeline[0]
    columns = segmenter.get_feature_names_out()
    is_of_two = isinstance(pipeline, MultiLeadPipeline)
    return {
        "lead": np.atleast_1d(segmenter.lead),
        "second_lead": pipeline.second_names() if is_of_two else None,
        "channels": segmenter.channels,
        "before": segmenter.before,
        "after": segmenter.after,
        "n_samples": segmenter.n_samples_,
        "sampling_rate": segmenter.sampling_rate,
        "features": [name for name in columns if not is_sample_column(name)],
    }
