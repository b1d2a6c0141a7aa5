"""The text of the exported C: tables from the network, kernels from templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from ...windows._features import FEATURES, RATIO
from ..twin._arithmetic import BYTES
from ._encoding import choose_encodings, encode, n_pairs
from ._memory import STRIP_PACKED, STRIP_WIDE, MemoryPlan, plan_memory

_LINE = 88
_ACLE_INCLUDE = "#if defined(__ARM_FEATURE_SIMD32)\n#include <arm_acle.h>\n#endif\n"
_START = {
    "packed": {
        "START_TYPE": "uint32_t",
        "START": "0x10001u * (uint32_t)(bias + 32768)",
    },
    "wide": {"START_TYPE": "int32_t", "START": "bias"},
}


def render(template, values):
    """Fill the ``@NAMES@`` of a template.

    Parameters
    ----------
    template : str
        Name of a file in ``templates``.
    values : dict of str to object

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If the template has a name without a value.
    """
    text = files(__package__).joinpath("templates", template).read_text("utf-8")
    return re.sub(r"@(\w+)@", lambda match: str(values[match[1]]), text)


@dataclass(frozen=True, eq=False)
class EmittedLayer:
    """A layer and how it is stored.

    Attributes
    ----------
    name : str
        In C.
    layer : IntegerLayer
    encoding : str
    rows : list of ndarray of int8
        The encoded weights of each output.
    n_pairs : int
        Pairs of the longest row, decoded.
    kernel_size, row_step, n_strips, length, halo, padding : int
        Fields of the same names of the C structure.
    """

    name: str
    layer: object
    encoding: str
    rows: list
    n_pairs: int
    kernel_size: int
    row_step: int = 0
    n_strips: int = 0
    length: int = 0
    halo: int = 0
    padding: int = 0

    @property
    def n_bytes(self):
        """Size of the constants in flash, without the structure that points at them."""
        n_outputs = len(self.layer.weight)
        scales = 0 if self.layer.multiplier is None else n_outputs
        return sum(map(len, self.rows)) + 2 * n_outputs + scales


def emitted_layers(network, plan: MemoryPlan, optimize):
    """Decide how each layer is stored.

    Parameters
    ----------
    network : IntegerNetwork
    plan : MemoryPlan
    optimize : {"size", "speed"}

    Returns
    -------
    list of EmittedLayer
    """
    strides = [rows.stride for rows in plan.rows[:-1]]
    strides += [layer.weight.shape[1] for layer in (network.hidden, network.output)]
    names = [f"convolution_{number + 1}" for number in range(len(plan.n_strips))]
    names += ["hidden", "output"]
    encodings = choose_encodings(network.layers, strides, optimize)
    return [
        EmittedLayer(
            name,
            layer,
            encoding,
            encode(layer, stride, encoding),
            n_pairs(layer, stride),
            **_geometry(layer, plan, number),
        )
        for number, (name, layer, encoding, stride) in enumerate(
            zip(names, network.layers, encodings, strides, strict=True)
        )
    ]


def _geometry(layer, plan, number):
    """Fields of the C structure that say where the activations of a layer are."""
    if layer.weight.ndim == 2:
        return {"kernel_size": layer.weight.shape[1]}
    rows, after = plan.rows[number], plan.rows[number + 1]
    kernel_size = layer.weight.shape[2]
    return {
        "kernel_size": kernel_size,
        "row_step": rows.stride - kernel_size,
        "n_strips": plan.n_strips[number],
        "length": after.length,
        "halo": after.halo,
        "padding": after.padding,
    }


def source(name, quantized, optimize):
    """Write the C source.

    Parameters
    ----------
    name : str
        Of the module.
    quantized : QuantizedClassifier
        Of a pipeline.
    optimize : {"size", "speed"}

    Returns
    -------
    str
    """
    network, inputs = quantized.network, quantized.inputs
    plan = plan_memory(network)
    layers = emitted_layers(network, plan, optimize)
    values = names_of(name) | _window_values(inputs.window_scaling)
    values |= {
        "RR_PARAMETER": rr_parameter(name, inputs),
        "RHYTHM_FEATURES": _rhythm_lines(inputs.rhythm_scaling),
        "MODEL": model_number(quantized),
        "SCRATCH_BYTES": plan.n_bytes,
        "CELL": network.form.cell,
        "SAMPLE_MAX": network.form.activation_max,
        "SAMPLE_OFFSET": network.form.sample_offset,
        "EVEN": _first_cell(network.form),
        "EVEN_CELLS": plan.even,
        "INPUT_HALO": plan.rows[0].halo,
        "INPUT_PADDING": plan.rows[0].padding,
        "STEPS": _steps(network, plan, layers),
    }
    parts = [
        f'#include "{name}.h"\n\n#include <stddef.h>\n',
        render("same_export.c", values),
        _ACLE_INCLUDE,
        _sizes(network, layers),
        *(
            render(f"{part}.c", values | more)
            for part, more in _kernels(network, inputs, layers)
        ),
    ]
    tables = "\n".join(_table(layer) for layer in layers)
    parts += [tables, render("classify.c", values)]
    return "\n".join(part for part in parts if part)


def _sizes(network, layers):
    return f"#define N_SAMPLES {network.n_samples}\n" + _most_pairs(layers)


def _most_pairs(layers):
    most = most_decoded(layers)
    if not most:
        return ""
    comment = "The most pairs of an output, where they have to be decoded."
    return f"\n/* {comment} */\n#define MAX_PAIRS {most}\n"


def most_decoded(layers):
    """Count the pairs of the longest row that has to be decoded; 0 if none has."""
    return max(
        (layer.n_pairs for layer in layers if layer.encoding != "pairs"), default=0
    )


def model_number(quantized):
    """Return the first digits of a model's hash, as a number in C."""
    return f"0x{quantized.fingerprint_[:8]}u"


def _kernels(network, inputs, layers):
    """Yield the templates that a network needs, in order, with their values."""
    encodings = sorted({layer.encoding for layer in layers} - {"pairs"})
    yield "prelude", {}
    if encodings:
        yield "put_pair", {}
    yield from ((f"decode_{encoding}", {}) for encoding in encodings)
    packed = network.form == BYTES
    kind, strip = ("packed", STRIP_PACKED) if packed else ("wide", STRIP_WIDE)
    yield from ((f"activation_{kind}", {}), ("fill", {}), (f"strip_{kind}", {}))
    values = {"KIND": kind, "STRIP": strip, "POOLED": strip // 2} | _START[kind]
    yield "convolve", values | _decoding(layers[:-2], "code = l->decode(l, code,")
    yield "dense", _decoding(layers[-2:], "*code = l->decode(l, *code,")
    yield "store_sample", {}
    standardized = inputs.window_scaling.standardized
    yield "window_standardized" if standardized else "window_plain", {}
    features = inputs.rhythm_scaling.features
    if features:
        yield "known_interval", {}
    if any(FEATURES[name].unit == RATIO for name in features):
        yield "ratio", {}
    if features:
        yield "rhythm", {}


def _decoding(layers, call):
    """Write how a kernel comes by the pairs of its layers: decoded, or as they are."""
    are_pairs = [layer.encoding == "pairs" for layer in layers]
    if all(are_pairs):
        return {"BUFFER": "", "DECODE": "", "STORED_AS_PAIRS": "1"}
    lines = [f"{call} buffer);", "pairs = buffer;"]
    if any(are_pairs):
        lines = ["if (l->decode != NULL) {", *("    " + line for line in lines), "}"]
    indent = " " * (4 if "*code" in call else 8)
    return {
        "BUFFER": "    int8_t buffer[2 * MAX_PAIRS];\n",
        "DECODE": "".join(f"{indent}{line}\n" for line in lines),
        "STORED_AS_PAIRS": "l->decode == NULL" if any(are_pairs) else "0",
    }


def names_of(name):
    """Return the two spellings of a module's name."""
    return {"name": name, "NAME": name.upper()}


def rr_parameter(name, inputs):
    """Return the parameter of the RR intervals, with a comma; or nothing."""
    return f"const {name}_rr *rr, " if inputs.rhythm_scaling.features else ""


def _window_values(scaling):
    return {
        "WINDOW_SHIFT": scaling.shift,
        "WINDOW_HALF_SHIFT": scaling.shift - 1,
        "WINDOW_PLACES": scaling.shift - scaling.exponent,
        "WINDOW_NUMERATOR": scaling.numerator,
        "WINDOW_FACTOR": scaling.numerator >> max(0, scaling.exponent - scaling.shift),
    }


def _rhythm_lines(scaling):
    needed = {FEATURES[name].interval for name in scaling.features} - {"rr_local"}
    lines = [
        f"    const uint32_t {name} = known_interval(rr->{name}, local);"
        for name in sorted(needed, reverse=True)
    ]
    for number, (name, low, multiplier) in enumerate(
        zip(scaling.features, scaling.low, scaling.multiplier, strict=True)
    ):
        interval = FEATURES[name].interval
        value = "local" if interval == "rr_local" else interval
        if FEATURES[name].unit == RATIO:
            value = f"ratio({value}, local)"
        lines.append(
            f"    out[{number}] = stored_feature({value}, {low}, {multiplier}u);"
        )
    return "\n".join(lines)


def _first_cell(form):
    """Write where the first cell is: at an address that a cell may have."""
    if form.n_bytes == 1:
        return "scratch"
    return f"({form.cell} *)(void *)(scratch + ((uintptr_t)scratch & 1u))"


def _steps(network, plan, layers):
    """Write the calls of the layers, from one half of the buffer to the other."""
    halves = ("even", "odd")
    lines = []
    for number, layer in enumerate(network.convolutions):
        kind = "packed" if layer.is_packed else "wide"
        here, there = halves[number % 2], halves[1 - number % 2]
        lines.append(f"convolve_{kind}(&{layers[number].name}, {here}, {there});")
    last = len(network.convolutions) % 2
    here, there = halves[last], halves[1 - last]
    if network.n_rhythm:
        lines += _rhythm_steps(network, f"{here} + {plan.rows[-1].n_cells}")
    lines.append(f"dense_activations(&hidden, {here}, {there});")
    lines.append(f"return dense_logits(&output, {there}, logits);")
    return "\n".join(f"    {line}" for line in lines)


def _rhythm_steps(network, there):
    """Write how rhythm features, which are bytes, come to stand beside the maps."""
    shift = network.form.rhythm_shift
    if network.form.n_bytes == 1:
        return [f"rhythm_features(rr, {there});"]
    return [
        f"uint8_t rhythm[{network.n_rhythm}];",
        "rhythm_features(rr, rhythm);",
        f"for (uint32_t i = 0; i < {network.n_rhythm}; ++i) {{",
        f"    ({there})[i] = (cell)(rhythm[i] << {shift});",
        "}",
    ]


def _decoder(emitted):
    return "NULL" if emitted.encoding == "pairs" else f"decode_{emitted.encoding}"


def _table(emitted):
    """Constants of one layer, and the structure that points at them."""
    layer, name = emitted.layer, emitted.name
    kind = "x".join(map(str, layer.weight.shape))
    lines = [
        f"/* {name}: {kind} weights, {layer.n_nonzero} of them not 0, as "
        f"{emitted.encoding}. */",
        _array("int8_t", f"{name}_code", np.concatenate(emitted.rows)),
        _array("int16_t", f"{name}_bias", layer.stored_bias()),
    ]
    multiplier = "NULL"
    if layer.multiplier is not None:
        multiplier = f"{name}_multiplier"
        stored = layer.multiplier >> layer.multiplier_shift
        lines.append(_array("uint8_t", multiplier, stored))
    fields = {
        "decode": _decoder(emitted),
        "code": f"{name}_code",
        "bias": f"{name}_bias",
        "multiplier": multiplier,
        "bias_unit": 1 << layer.bias_shift,
        "multiplier_unit": 1 << layer.multiplier_shift,
        "n_outputs": len(layer.weight),
        "n_weights": layer.weight[0].size,
        "kernel_size": emitted.kernel_size,
        "row_step": emitted.row_step,
        "n_strips": emitted.n_strips,
        "length": emitted.length,
        "halo": emitted.halo,
        "padding": emitted.padding,
    }
    lines.append(f"static const layer {name} = {{")
    lines += [f"    .{field} = {value}," for field, value in fields.items()]
    return "\n".join([*lines, "};\n"])


def _array(kind, name, values):
    return f"static const {kind} {name}[{len(values)}] = {{\n{numbers(values)}\n}};"


def numbers(values, indent="    "):
    """Return integers separated by commas, in lines of limited length."""
    lines, line = [], indent
    for value in np.asarray(values).tolist():
        item = f"{value}, "
        if len(line) + len(item) > _LINE:
            lines.append(line.rstrip())
            line = indent
        line += item
    return "\n".join([*lines, line.rstrip().rstrip(",")])
