"""What the templates are filled with: from the plan of an export, or from a chain."""

from __future__ import annotations

import re

import numpy as np

from ..._version import __version__
from ...patient import FEATURES, RHYTHM
from ...rhythm import CODES, KINDS
from .._emulator import CPUS, memory_words
from .._names import IN_LANES, NAMES_VERSION, n_names_bytes
from ..twin._layers import CONVOLUTION
from ._constants import (
    NOT_TAKEN,
    constants_of,
    numbers_of_chain,
    numbers_of_rhythm,
    words_of_rhythm,
)
from ._memory import STRIP_INT8
from ._packages import text_of_packages
from ._source import beats_text, features_text, layers_text
from ._templates import (
    Content,
    c_array,
    c_rows,
    c_string,
    c_table,
    in_comment,
    numbers,
    one_line,
    renamed,
    unique_identifiers,
    wrapped,
)

_STACK_BYTES = 256
"""More than any call has taken on a Cortex-M. What is decoded comes on top, twice
if the compiler merges functions."""

_STACK_OF_STREAM = 768
"""The same of a stream, whose polls look at a whole beat."""

_UNALIGNED_COST = {1: "2.2", 2: "1.3"}
"""Instructions with -mno-unaligned-access, as a multiple of those without, by the bytes
of an activation. Measured with arm-none-eabi-gcc 12.2, -O2."""


def content_of(plan, package=None):
    """Collect what the templates ask for, with the files of some build systems."""
    regions = {
        "labels": _labels(plan),
        "same_export": _same_export(plan),
        "layers": layers_text(plan),
    }
    if plan.is_stream:
        regions |= {"feature_tables": feature_tables(plan), "strip": strip_text(plan)}
        regions |= {"told": told_text(plan), "gate_tables": gate_tables(plan)}
        regions["samples"] = ",\n".join(map(str, plan.selftest["samples"].ravel()))
    if plan.tells_rhythm:
        regions |= {"kinds": _kinds(plan), "heard": heard_text(plan)}
        regions["episodes"] = episodes_text(plan)
    if plan.takes_names:
        table = plan.selftest["names"]
        regions["names"] = c_table("uint8_t", f"{plan.name}_named", table)
    if not plan.is_stream:
        regions |= {"features": features_text(plan), "beats": beats_text(plan)}
    switches = _switches(plan)
    numbers = _numbers(plan) | constants_of(switches)
    words = _words(plan) | {"PACKAGES": renamed(text_of_packages(package), plan.name)}
    return Content(plan.name, switches, numbers, regions, words)


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
    of_stream = _switches_of_stream(plan)
    return of_stream | {
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
        "RATIOS": of_stream["INTERVALS"]
        or (bool(inputs.intervals) and inputs.feature_scaling.has_ratios),
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
    names = (
        "STREAM",
        "DETECTOR",
        "TWO_LEADS",
        "EPISODES",
        "NAMES",
        "WAITS",
        "INTERVALS",
        "RELATIVE",
        "LOGARITHMS",
        "MORPHOLOGY",
        "GATE",
    )
    if not plan.is_stream:
        return dict.fromkeys(names, False)
    inputs = plan.quantized.inputs
    groups = {FEATURES[name].group for name in inputs.names}
    is_on = (
        True,
        inputs.detects,
        inputs.n_leads == 2,
        plan.tells_rhythm,
        plan.takes_names,
        inputs.waits,
        RHYTHM in groups,
        inputs.is_relative,
        inputs.is_relative or plan.tells_rhythm,
        inputs.looks_at_signal,
        plan.quantized.gate is not None,
    )
    return dict(zip(names, is_on, strict=True))


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
        numbers |= numbers_of_chain(plan.quantized, plan.memory)
    if plan.takes_names:
        numbers |= {
            "NAMES_VERSION": f"{NAMES_VERSION}u",
            "NAMES_LAYOUT": f"{IN_LANES if plan.in_lanes else 0}u",
            "NAMES_BYTES": f"{n_names_bytes(plan.quantized)}u",
        }
    if plan.tells_rhythm:
        numbers |= numbers_of_rhythm(plan.quantized.inputs.sampling_rate)
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


def _kinds(plan):
    names = [re.sub(r"\W+", "_", name).upper() for name in KINDS]
    prefix = f"    {plan.name.upper()}_KIND_"
    return ",\n".join(f"{prefix}{name} = {code}" for code, name in enumerate(names))


def heard_text(plan):
    """Write what each class is to the rhythm."""
    heard = [CODES[label] for label in plan.quantized.classes_]
    size = f"{plan.name.upper()}_N_CLASSES"
    return c_table("uint8_t", f"{plan.name}_heard_as", heard, size)


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
            wrapped(in_comment(f"{key}: {value}"), " * ", "  ")
            for key, value in plan.facts.items()
        ),
        "FACTS": "\n".join(
            f"- {one_line(key)}: {one_line(value)}" for key, value in plan.facts.items()
        ),
        "STACK_BYTES": (_STACK_OF_STREAM if plan.is_stream else _STACK_BYTES)
        + 4 * plan.most_decoded,
        "UNALIGNED_COST": _UNALIGNED_COST[plan.network.form.n_bytes],
    }
    words |= _words_of_qemu()
    if plan.is_stream:
        words["DEVICE_RATE"] = f"{plan.quantized.inputs.sampling_rate:g}"
    if plan.tells_rhythm:
        words |= words_of_rhythm()
    if plan.inputs.takes_rows:
        words["INPUT_SCALE"] = f"{1 / plan.inputs.row_scaling.scale:.10g}"
    else:
        leads = in_comment(plan.inputs.leads)
        is_one = plan.network.n_channels == 1 and not plan.has_two_leads
        named = f"Lead: {leads}" if is_one else f"Leads: {leads}"
        note = f"{named}. {_gain_note(plan.inputs)}"
        indent = " * " if plan.is_stream else " *" + " " * 10
        words |= {
            "SAMPLING_RATE": f"{plan.inputs.window_rate:g}",
            "INPUT_NOTE": wrapped(note, indent),
            "INPUT_TEXT": wrapped(note),
        }
    return words


def _words_of_qemu():
    """Describe the board on which a package for the emulator runs."""
    board = CPUS["cortex-m4"]
    return {"MACHINE": board.machine} | memory_words(board)


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


def feature_tables(plan):
    """Write which features the network takes, and how they are scaled."""
    name, scaling = plan.name, plan.quantized.feature_scaling
    taken = {feature: place for place, feature in enumerate(scaling.names)}
    places = [taken.get(feature, NOT_TAKEN) for feature in FEATURES]
    return "\n".join(
        [
            "/* What the network takes: the place of each feature, or 255; its lowest "
            "value, which",
            "   becomes 0; and what one is worth, times 2^16. */",
            c_table("uint8_t", f"{name}_feature_place", places),
            c_table("int16_t", f"{name}_feature_low", scaling.low or (0,)),
            c_table(
                "uint16_t", f"{name}_feature_multiplier", scaling.multiplier or (0,)
            ),
        ]
    )


def gate_tables(plan):
    """Write what the gate before the network weighs."""
    gate = plan.quantized.gate
    if gate is None or plan.quantized.inputs.n_leads == 2:
        return ""
    name = f"{plan.name}_gate"
    return "\n".join(
        [
            "/* The usual value of each feature; what a step below it counts, and a "
            "step above. */",
            c_table("uint8_t", f"{name}_center", gate.centers),
            c_table("int8_t", f"{name}_below", gate.below),
            c_table("int8_t", f"{name}_above", gate.above),
        ]
    )


def strip_text(plan):
    """Write the strip of the self-test, and the events that it must give."""
    name, macro = plan.name, plan.name.upper()
    samples, events = plan.selftest["samples"], _expected(plan, "events")
    # As the structure of C has them: sample, interval, margin, label, flags.
    rows = events[:, [0, 3, 2, 1, 4]].tolist()
    of_leads = f" * {samples.shape[1]}" if samples.ndim == 2 else ""
    return "\n\n".join(
        [
            f"#define {macro}_N_STRIP {len(samples)}\n"
            f"#define {macro}_N_EVENTS {len(rows)}",
            f"static const int16_t {name}_played[{macro}_N_STRIP{of_leads}] = {{\n"
            + "\n".join(f"    {line}" for line in numbers(samples))
            + "\n};",
            c_rows(
                f"static const {name}_event {name}_expected[{macro}_N_EVENTS]", rows
            ),
        ]
    )


def _expected(plan, table):
    """Return what the self-test must give: with names, where they are taken."""
    return plan.selftest[f"named_{table}" if plan.takes_names else table]


def told_text(plan):
    """Write where the R peaks of the strip are, for a chain that is told."""
    return c_table("uint32_t", f"{plan.name}_told", plan.selftest["r_peaks"])


def episodes_text(plan):
    """Write the episodes that the strip must give, and after how many beats."""
    name, macro = plan.name, plan.name.upper()
    told = _expected(plan, "episodes")
    # C has no tables without rows.
    some = told if len(told) else np.zeros((1, 7), dtype=int)
    # As the structure of C has them; what is over comes last there.
    rows = some[:, [3, 4, 5, 6, 2, 1]].tolist()
    return "\n\n".join(
        [
            f"#define {macro}_N_EPISODES {len(told)}",
            c_table("uint8_t", f"{name}_told_after", some[:, 0]),
            c_rows(f"static const {name}_episode {name}_episodes[{len(rows)}]", rows),
        ]
    )
