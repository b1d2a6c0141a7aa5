"""What the templates are filled with, from the plan of an export."""

from __future__ import annotations

import textwrap

import numpy as np

from ..._version import __version__
from ..twin._layers import CONVOLUTION
from ._memory import STRIP_INT8
from ._source import beats_text, features_text, layers_text
from ._stream_content import (
    feature_tables,
    stream_numbers,
    stream_switches,
    strip_text,
    told_text,
)
from ._templates import Content
from ._text import c_array, c_string, in_comment, one_line, unique_identifiers

_WIDTH = 88

_STACK_BYTES = 256
"""More than any call has taken on a Cortex-M. What is decoded comes on top, twice
if the compiler merges functions."""

_STACK_OF_STREAM = 768
"""The same of a stream, whose polls look at a whole beat."""

_UNALIGNED_COST = {1: "2.2", 2: "1.3"}
"""Instructions with -mno-unaligned-access, as a multiple of those without, by the bytes
of an activation. Measured with arm-none-eabi-gcc 12.2, -O2."""


def content_of(plan):
    """Collect what the templates ask for."""
    regions = {
        "labels": _labels(plan),
        "same_export": _same_export(plan),
        "layers": layers_text(plan),
    }
    if plan.is_stream:
        regions |= {"feature_tables": feature_tables(plan), "strip": strip_text(plan)}
        regions["told"] = told_text(plan)
    else:
        regions |= {"features": features_text(plan), "beats": beats_text(plan)}
    return Content(plan.name, _switches(plan), _numbers(plan), regions, _words(plan))


def _switches(plan):
    inputs = plan.inputs
    encodings = {stored.encoding for stored in plan.layers}
    convolutions = {
        stored.is_decoded for stored in plan.layers if stored.layer.kind == CONVOLUTION
    }
    dense = {
        stored.is_decoded for stored in plan.layers if stored.layer.kind != CONVOLUTION
    }
    rows = inputs.takes_rows
    in_steps = rows and inputs.row_scaling.window is None
    standardized = not rows and inputs.window_scaling.standardized
    return _switches_of_stream(plan) | {
        "INT16": plan.network.form.n_bytes == 2,
        "LANES": plan.in_lanes,
        "STRIPS": any(n >= STRIP_INT8 for n in plan.memory.n_outputs.values()),
        "TAILS": any(n % STRIP_INT8 for n in plan.memory.n_outputs.values()),
        "ROWS": rows,
        "IN_STEPS": in_steps,
        "STANDARDIZED": standardized,
        "PLAIN": not in_steps and not standardized,
        "RR": bool(inputs.intervals),
        "RR_NEXT": "rr_next" in inputs.intervals,
        "RATIOS": plan.is_stream
        or (bool(inputs.intervals) and inputs.rhythm_scaling.has_ratios),
        "RHYTHM": plan.network.n_rhythm > 0,
        "PAIRED_CONVOLUTIONS": False in convolutions,
        "DECODED_CONVOLUTIONS": True in convolutions,
        "DECODED_DENSE": True in dense,
        "DECODED": True in convolutions | dense,
        "NIBBLES": "nibbles" in encodings,
        "BITMAP": "bitmap" in encodings,
        "ALL_WEIGHTS": "dense" in encodings,
    }


def _switches_of_stream(plan):
    if plan.is_stream:
        return stream_switches(plan.quantized)
    names = ("STREAM", "DETECTOR", "WAITS", "INTERVALS", "RELATIVE", "MORPHOLOGY")
    return dict.fromkeys(names, False)


def _numbers(plan):
    network, inputs = plan.network, plan.inputs
    first = plan.memory.rows("signal")
    numbers = {
        "VERSION": c_string(__version__),
        "MODEL": plan.model_number,
        "N_SAMPLES": network.n_samples,
        "N_CHANNELS": network.n_channels,
        "N_INPUTS": int(np.prod(inputs.window_shape)),
        "N_INTERVALS": len(inputs.intervals),
        "N_CLASSES": len(plan.quantized.classes_),
        "CLASS_NAMES": c_array(map(c_string, plan.quantized.classes_)),
        "ACTIVATION_BYTES": network.form.n_bytes,
        "SCRATCH_BYTES": plan.memory.n_bytes,
        "SAMPLE_MAX": network.form.activation_max,
        "SAMPLE_OFFSET": network.form.sample_offset,
        "INPUT_HALO": first.halo,
    }
    if not plan.in_lanes:
        numbers["INPUT_PADDING"] = first.padding
    if network.n_rhythm:
        numbers["RHYTHM_SHIFT"] = network.form.rhythm_shift
    if plan.most_decoded:
        numbers["MAX_PAIRS"] = plan.most_decoded
    if plan.is_stream:
        numbers |= stream_numbers(plan.quantized, plan.memory)
    of_inputs = _numbers_of_rows if inputs.takes_rows else _numbers_of_device
    return numbers | of_inputs(inputs)


def _numbers_of_rows(inputs):
    scaling, names = inputs.row_scaling, inputs.names_beside
    others = {"N_RHYTHM": len(names)} if names else {}
    if scaling.window is not None:
        others["WINDOW_SHIFT"] = scaling.window.shift
        others["WINDOW_FACTOR"] = f"{scaling.window.factor}u"
    return others | {
        "N_FEATURES": len(names),
        "SAMPLE_SCALE": repr(scaling.scale),
        "SAMPLE_LIMIT": scaling.most,
        "FEATURE_NAMES": c_array(map(c_string, names)),
        "FEATURE_LOWS": c_array(map(repr, scaling.low)),
        "FEATURE_STEPS": c_array(map(repr, scaling.step)),
    }


def _numbers_of_device(inputs):
    scaling = inputs.window_scaling
    numbers = {
        "R_PEAK": inputs.r_peak,
        "SAMPLING_RATE": f"{inputs.window_rate:g}",
        "WINDOW_SHIFT": scaling.shift,
    }
    if scaling.standardized:
        numbers["WINDOW_NUMERATOR"] = f"{scaling.numerator}u"
        numbers["WINDOW_PLACES"] = scaling.shift - scaling.exponent
    else:
        numbers["WINDOW_FACTOR"] = f"{scaling.factor}u"
    return numbers


def _labels(plan):
    names = unique_identifiers(plan.quantized.classes_.tolist())
    prefix = f"    {plan.name.upper()}_LABEL_"
    return ",\n".join(f"{prefix}{name} = {code}" for code, name in enumerate(names))


def _same_export(plan):
    prefix = plan.name.upper()
    return (
        f"#if {prefix}_MODEL != {plan.model_number} || "
        f"{prefix}_SCRATCH_BYTES != {plan.memory.n_bytes}\n"
        f'#error "{plan.name}.h is of another export than this file"\n'
        "#endif"
    )


def _words(plan):
    words = {
        "VERSION": __version__,
        "PROVENANCE": "\n".join(
            f" * {in_comment(key)}: {in_comment(value)}"
            for key, value in plan.facts.items()
        ),
        "FACTS": "\n".join(
            f"- {one_line(key)}: {one_line(value)}" for key, value in plan.facts.items()
        ),
        "STACK_BYTES": (_STACK_OF_STREAM if plan.is_stream else _STACK_BYTES)
        + 4 * plan.most_decoded,
        "UNALIGNED_COST": _UNALIGNED_COST[plan.network.form.n_bytes],
    }
    if plan.is_stream:
        words["DEVICE_RATE"] = f"{plan.quantized.inputs.sampling_rate:g}"
    if plan.inputs.takes_rows:
        words["INPUT_SCALE"] = f"{1 / plan.inputs.row_scaling.scale:.10g}"
    else:
        note = _gain_note(plan.inputs)
        indent = " *" + " " * 10
        words |= {
            "LEADS": in_comment(plan.inputs.leads),
            "SAMPLING_RATE": f"{plan.inputs.window_rate:g}",
            "GAIN_NOTE": textwrap.fill(
                note, _WIDTH, initial_indent=indent, subsequent_indent=indent
            ),
            "GAIN_TEXT": textwrap.fill(note, _WIDTH),
        }
    return words


def _gain_note(inputs):
    if inputs.window_scaling.standardized:
        return (
            "Gain and offset of the converter don't matter, as long as every sample "
            "fits 16 bits without clipping or wrapping around: shift wider ones right."
        )
    return (
        f"The converter has {inputs.adc_gain:.10g} counts per mV, and 0 at 0 mV. What "
        "16 bits can't hold is clipped, and doesn't wrap around."
    )
