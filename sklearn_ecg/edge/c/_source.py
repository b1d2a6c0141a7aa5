"""The generated part of the C: tables, and the calls from one layer to the next."""

from __future__ import annotations

import numpy as np

from ...patient import FEATURES, RATIO
from ..twin._layers import CONVOLUTION, LOGITS, RHYTHM
from ._memory import STRIP_INT8, STRIP_INT16
from ._templates import c_rows, c_struct, c_table, indented


def layers_text(plan):
    """Write the constants of all layers, and the function that runs them."""
    tables = "\n\n".join(_layer_text(plan, stored) for stored in plan.layers)
    return f"{tables}\n\n{_run_text(plan)}"


def _layer_text(plan, stored):
    """Write the constants of one layer, and the structure that points at them."""
    layer, name = stored.layer, f"{plan.name}_{stored.layer.name}"
    kind = "x".join(map(str, layer.weight.shape))
    even = f"{plan.name.upper()}_EVEN"
    texts = [
        f"/* {layer.name}: {kind} weights, {layer.n_nonzero} of them not 0, as "
        f"{stored.encoding}. */",
        c_table(f"{even} int8_t", f"{name}_code", np.concatenate(stored.rows)),
        c_table("int16_t", f"{name}_bias", layer.stored_bias()),
    ]
    fields, kind = _fields(plan, stored, name), "layer"
    if layer.kind == CONVOLUTION:
        fields, kind = {"layer": fields} | _geometry(plan, layer), "convolution"
    texts.append(c_struct(f"static const {plan.name}_{kind} {name}", fields))
    return "\n".join(texts)


def _fields(plan, stored, name):
    """Return the fields of the C structure of a layer."""
    layer = stored.layer
    fields = {
        "code": f"{name}_code",
        "bias": f"{name}_bias",
        "bias_shift": layer.bias_shift,
        "multiplier_shift": layer.multiplier_shift,
        "n_outputs": len(layer.weight),
    }
    if not plan.most_decoded:
        return fields
    decoder = f"{plan.name}_decode_{stored.encoding}"
    kernel_size = layer.weight.shape[-1]
    return (
        {"decode": decoder if stored.is_decoded else "NULL"}
        | fields
        | {
            "n_weights": layer.weight[0].size,
            "kernel_size": kernel_size,
            "row_step": stored.stride - kernel_size if layer.kind == CONVOLUTION else 0,
        }
    )


def _geometry(plan, layer):
    """Return the fields of the C structure that say where outputs go."""
    rows, n_outputs = plan.memory.rows(layer.name), plan.memory.n_outputs[layer.name]
    if plan.in_lanes:
        return {
            "n_strips": n_outputs // STRIP_INT8,
            "has_tail": int(n_outputs % STRIP_INT8 > 0),
            "length": rows.half,
            "halo": rows.halo,
        }
    strip = STRIP_INT8 if plan.network.form.n_bytes == 1 else STRIP_INT16
    return {
        "n_strips": n_outputs // strip,
        "length": rows.length,
        "halo": rows.halo,
        "padding": rows.padding,
    }


def _run_text(plan):
    """Write the calls of the layers, from one part of the buffer to another."""
    name, memory = plan.name, plan.memory
    beside = f"const {name}_rr *rr, " if plan.inputs.intervals else ""
    named = "const uint8_t *names, " if plan.takes_names else ""
    if plan.inputs.takes_rows and plan.network.n_rhythm:
        beside = "const int16_t *features, "
    if plan.is_stream and plan.network.n_rhythm:
        beside = "const uint8_t *features, "
    calls = []
    for layer in plan.network.layers:
        if RHYTHM in layer.inputs:
            pointer = "rr" if plan.inputs.intervals else "features"
            there = _at(memory.start(RHYTHM))
            calls.append(f"{name}_features({pointer}, {there});")
        here, its = _at(memory.starts[layer.name]), f"&{name}_{layer.name}"
        if layer.kind == LOGITS:
            last = f"return {name}_logits({its}, {here}, logits);"
            if plan.takes_names:
                other = f"return {name}_named_logits({its}, names, {here}, logits);"
                calls += ["if (names != NULL) {", f"    {other}", "}"]
            calls.append(last)
            continue
        call = "convolve" if layer.kind == CONVOLUTION else "dense"
        there = _at(memory.start(layer.name))
        calls.append(f"{name}_{call}({its}, {here}, {there});")
    return "\n".join(
        [
            "/* From one part of the scratch buffer to another, layer after layer. */",
            f"static int {name}_run_layers(",
            indented([f"{name}_cell *cells, {beside}{named}int32_t *logits)"]),
            "{",
            indented(calls),
            "}",
        ]
    )


def _at(cell):
    return f"cells + {cell}" if cell else "cells"


def features_text(plan):
    """Write the statements that store rhythm features."""
    if not plan.inputs.intervals:
        return ""
    name, scaling = plan.name, plan.inputs.feature_scaling
    made_of = {FEATURES[feature].interval for feature in scaling.names}
    lines = []
    for interval in plan.inputs.intervals:
        if interval in made_of - {"rr_local"}:
            known = f"{name}_known_interval(rr->{interval}, local)"
            lines.append(f"const uint32_t {interval} = {known};")
    for number, (feature, low, multiplier) in enumerate(
        zip(scaling.names, scaling.low, scaling.multiplier, strict=True)
    ):
        interval = FEATURES[feature].interval
        value = "local" if interval == "rr_local" else interval
        if FEATURES[feature].unit == RATIO:
            value = f"{name}_ratio({value}, local)"
        stored = f"{name}_stored_feature({value}, {low}, {multiplier}u)"
        lines.append(f"out[{number}] = {stored};")
    return indented(lines)


def beats_text(plan):
    """Write the beats of the self-test, and the logits they must give."""
    name, macro, selftest = plan.name, plan.name.upper(), plan.selftest
    windows, logits = selftest["windows"], selftest["logits"]
    n_beats = f"{macro}_N_BEATS"
    tables = [(f"int16_t {name}_windows[{n_beats}][{macro}_N_INPUTS]", windows)]
    if plan.inputs.intervals:
        rows = selftest["intervals"]
        tables.append((f"{name}_rr {name}_intervals[{n_beats}]", rows))
    tables.append((f"int32_t {name}_expected[{n_beats}][{macro}_N_CLASSES]", logits))
    texts = [f"#define {n_beats} {len(windows)}"]
    texts += [c_rows(f"static const {start}", rows) for start, rows in tables]
    return "\n\n".join(texts)
