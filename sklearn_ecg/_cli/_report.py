"""What the command line shows: tables and figures."""

import platform
import textwrap
from importlib.metadata import version

import numpy as np
import pandas as pd
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import Pipeline

from .._files import written_whole
from ..classifier import MultiLeadPipeline
from ..datasets import AAMI_CLASSES
from ..displays import BeatDisplay, PruningPathDisplay
from ..edge import ways_onto_a_device
from ..metrics import beat_scores, ec57_scores
from ..windows import LIVE, BeatSegmenter, is_sample_column, obstacle

_PACKAGES = ("sklearn-ecg", "scikit-learn", "torch", "skorch", "numpy", "wfdb")
_N_STRIPS = 3
_FEATURES_NAMED = 10

_ON_A_DEVICE = {
    "chain": "as a whole chain, from samples to labelled beats (export --rate HZ)",
    "windows": "from windows that the host cuts (export)",
    "rows": "from rows (quantize and export_c, in Python)",
}


def stage_table(stages):
    """Return the table of the stages of a training."""
    table = pd.DataFrame(stages)
    columns = {
        "stage": table["stage"].replace(0, "dense"),
        "zeros": table["sparsity"].map("{:.1%}".format),
        "non-zero weights": table["n_nonzero"].map("{:,}".format),
        "MACs per beat": table["macs"].map("{:,}".format),
        "epochs": table["n_epochs"],
        "training loss": table["train_loss"].map("{:.4f}".format),
        "training accuracy": table["train_score"].map("{:.4f}".format),
    }
    if not table.get("accepted", pd.Series(True)).all():
        columns["kept"] = table["accepted"].map({True: "yes", False: "no"})
    return pd.DataFrame(columns).to_string(index=False)


def scores_of(y_true, y_pred):
    """Return the scores by class, and as EC57 counts, None for classes not its own."""
    report = beat_scores(y_true, y_pred)
    is_aami = set(report.confusion.index) <= set(AAMI_CLASSES)
    return report, ec57_scores(y_true, y_pred) if is_aami else None


def score_text(report, ec57):
    """Return the scores of predictions as they are shown."""
    if ec57 is None:
        return str(report)
    rounded = ec57.to_string(float_format="{:.4f}".format, na_rep="–")
    return f"{report}\n\nEctopic beats, counted as ANSI/AAMI EC57 does\n{rounded}"


def _wrapped(text, indent):
    """Break a text into lines, all but the first of which are indented."""
    space = " " * indent
    return textwrap.fill(
        text,
        88,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    ).lstrip()


def describe_model(model):
    """Return what a model is: its input, its network, its stages, its parameters."""
    steps = list(model) if isinstance(model, Pipeline) else [model]
    takes_records = isinstance(steps[0], BeatSegmenter)
    facts = _input_facts(steps[0]) if takes_records else _row_facts(steps[0])
    if isinstance(model, MultiLeadPipeline):
        facts["Second lead"] = ", or else ".join(model.second_names())
    facts["Classes"] = ", ".join(map(str, model.classes_))
    ways = {"On a device": _on_a_device(model)}
    if takes_records:
        ways["Live"] = obstacle(steps[0], LIVE) or "yes, by BeatStream"
    width = max(map(len, (*facts, *ways)))
    facts |= {name: _wrapped(text, width + 2) for name, text in ways.items()}
    parts = [_network_facts(steps[-1]), _versions()]
    for step in steps:
        parameters = step.get_params(deep=False)
        parts.append(
            f"Parameters of {type(step).__name__}\n"
            + _aligned({f"  {name}": value for name, value in parameters.items()})
        )
    card = getattr(model, "card_", None)
    cards = [] if card is None else [str(card)]
    return "\n\n".join([*cards, _aligned(facts), *parts])


def _input_facts(segmenter):
    leads = segmenter.lead
    leads = [leads] if isinstance(leads, str) else leads
    between = " and " if segmenter.channels == "all" else ", or else "
    return {
        "Lead": between.join(leads),
        "Window": (
            f"{segmenter.before:g} s before to {segmenter.after:g} s after the R peak,"
            f" {segmenter.n_samples_} samples at {segmenter.sampling_rate:g} Hz"
        ),
        "Features": _features_among(segmenter.get_feature_names_out()),
    }


def _on_a_device(model):
    ways = ways_onto_a_device(model)
    is_open = [text for way, text in _ON_A_DEVICE.items() if not ways[way]]
    return "; or ".join(is_open) or f"no. {ways['chain']}"


def _row_facts(classifier):
    """Say what a classifier alone expects of X."""
    layout = classifier.layout_
    names = getattr(classifier, "feature_names_in_", None)
    named = "" if names is None else f", named {names[0]} to {names[-1]}"
    channels = (
        "1 channel" if layout.n_channels == 1 else f"{layout.n_channels} channels"
    )
    columns = f"{layout.n_features}{named}: {channels} of {layout.n_samples} samples"
    facts = {"Input": "windows, as rows", "Columns": columns}
    if layout.n_rhythm:
        facts["Columns"] += f" and {layout.n_rhythm} features"
        facts["Features"] = _features_among(names)
    if hasattr(classifier, "sample_range_"):
        low, high = classifier.sample_range_
        facts["Samples"] = (
            f"from {low:.4g} to {high:.4g} in training; scale yours as these were"
        )
    return facts


def _features_among(columns):
    """Name the columns that are no samples, but not too many."""
    features = [name for name in columns if not is_sample_column(name)]
    if len(features) > _FEATURES_NAMED:
        n_more = len(features) - _FEATURES_NAMED
        features = [*features[:_FEATURES_NAMED], f"{n_more} more"]
    return ", ".join(features) or "none"


def _network_facts(classifier):
    cost = classifier.complexity_
    facts = {
        "Network": type(classifier.module_).__name__,
        "Parameters": f"{cost.n_parameters:,}, {cost.dense_bytes:,} bytes in float32",
        "Weights not zero": (
            f"{cost.n_nonzero:,} of {cost.n_prunable:,} prunable ones "
            f"({cost.sparsity:.1%} are zero), {cost.n_bytes:,} bytes in int8"
        ),
        "MACs per beat": f"{cost.macs:,} of {cost.dense_macs:,}",
    }
    return f"{_aligned(facts)}\n\n{stage_table(classifier.stages_)}"


def _versions():
    here = [f"{name} {version(name)}" for name in _PACKAGES]
    return f"Versions here: Python {platform.python_version()}, {', '.join(here)}"


def _aligned(facts, width=0):
    width = max(width, *map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def save_figures(directory, pipeline, table, y_true, y_pred):
    """Write strips of ECG with their beats labelled, and what tells of the scores."""
    figures = {
        "beats.png": _draw_strips(table, y_true, y_pred),
        "confusion.png": _draw_confusion(y_true, y_pred),
    }
    classifier = pipeline[-1]
    if len(classifier._kept_stages()) > 1:
        windows = pipeline[:-1].transform(table)
        figures["pruning.png"] = _draw_pruning(classifier, windows, y_true)
    paths = [directory / name for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        with written_whole(path) as temporary:
            figure.savefig(temporary, dpi=120)
    return paths


def _figure(width, height):
    """Make a bare Figure, as pyplot's would need a display on some machines."""
    # Most commands draw nothing, and matplotlib takes half a second to import.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _draw_strips(table, y_true, y_pred):
    records = _telling_records(table, y_true)
    figure = _figure(12, 3.3 * len(records))
    axes = figure.subplots(len(records), squeeze=False)[:, 0]
    for record, ax in zip(records, axes, strict=True):
        BeatDisplay.from_predictions(table, y_true, y_pred, record=record, ax=ax)
    return figure


def _telling_records(table, y_true):
    """Return the records with the most beats that are not of the commonest class."""
    classes, counts = np.unique(y_true, return_counts=True)
    is_rare = pd.Series(y_true != classes[counts.argmax()], index=table["record"])
    n_rare = is_rare.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
    return n_rare.index[:_N_STRIPS].tolist()


def _draw_pruning(classifier, windows, y_true):
    """Draw the F1 of each class on these beats at every stage that was kept."""
    path = []
    for stage in classifier._kept_stages():
        then = classifier.at_stage(stage)
        f1 = beat_scores(y_true, then.predict(windows)).per_class["F1"].to_dict()
        path.append({"sparsity": then.sparsity_, "F1": f1})
    figure = _figure(6.4, 4.2)
    PruningPathDisplay(path).plot(scores="F1", ax=figure.subplots())
    return figure


def _draw_confusion(y_true, y_pred):
    labels = beat_scores(y_true, y_pred).confusion.index.tolist()
    side = 2.5 + 0.6 * len(labels)
    figure = _figure(side + 0.8, side)
    ax = figure.subplots()
    ConfusionMatrixDisplay.from_predictions(
        y_true,
        y_pred,
        labels=labels,
        normalize="true",
        values_format=".3f",
        cmap="Blues",
        im_kw={"vmin": 0, "vmax": 1},
        ax=ax,
    )
    ax.set(
        title="Fraction of the beats of each true class",
        xlabel="Predicted class",
        ylabel="True class",
    )
    return figure
