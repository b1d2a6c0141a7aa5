"""What the templates of a stream are filled with, from its chain."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ...detection._decision import _MOST_TICKS, Times, Weights
from ...windows._features import FEATURES, OF_BEATS_BEFORE, RHYTHM
from ...windows._relative_qrs import largest_shift, qrs_extent
from ...windows._relative_waves import P_SEGMENT, T_SEGMENT
from ..twin._beat_features import Intervals
from ..twin._front_end import NOISY_BELOW, SLACK
from ..twin._relative_rhythm import IRREGULARITIES, OF_NEXT, OF_PREV
from ._text import c_rows, c_table, numbers

_NOT_TAKEN = 255
"""The place of a feature that the network doesn't take."""


def _names_in_c():
    """Return all features, in the order in which the C numbers them."""
    of_rhythm = [name for name, each in FEATURES.items() if each.group == RHYTHM]
    first = [*of_rhythm, *OF_PREV, *OF_NEXT, *IRREGULARITIES]
    return [*first, *(name for name in FEATURES if name not in first)]


NAMES = _names_in_c()


def stream_switches(chain):
    """Return which parts the C of a chain has."""
    inputs = chain.inputs
    groups = {FEATURES[name].group for name in inputs.names}
    return {
        "STREAM": True,
        "DETECTOR": inputs.detects,
        "WAITS": inputs.waits,
        "INTERVALS": RHYTHM in groups,
        "RELATIVE": inputs.is_relative,
        "MORPHOLOGY": inputs.looks_at_signal,
    }


def stream_numbers(chain, memory):
    """Return the values of the macros that only a stream has."""
    inputs, front = chain.inputs, chain.inputs.front_end
    lengths = front.lengths
    before, after = front.reach
    intervals = Intervals(inputs.sampling_rate)
    low, high = inputs.limits
    found = {
        "DEVICE_RATE": f"{inputs.sampling_rate:g}",
        "RING": front.ring,
        "N_INPUT_FEATURES": max(len(inputs.names), 1),
        "FACTOR": f"{lengths.factor}u",
        "SUM_SHIFT": front.shift,
        "LOWEST": low,
        "HIGHEST": high,
        "LONG_OFF": f"{front.lead_off}u",
        "WINDOW_FIRST": inputs.first,
        "WINDOW_BYTES": memory.rows("signal").n_cells * memory.cell_bytes,
        "SPAN_FIRST": front.first,
        "SPAN": front.end - front.first,
        "WINDOW_STEP": front.step,
        "REACH_BEFORE": before,
        "REACH_AFTER": after,
        "SLACK": SLACK,
        "PATIENCE": front.longest_wait,
        "TAIL": f"{front.tail}u",
        "SHORTEST": front.shortest,
        "MS_PER_SAMPLE": f"{intervals.per_sample}u",
        "MOST_COUNTED": f"{intervals.longest}u",
        "MARGIN_FACTOR": f"{chain.margin_factor}u",
        "N_ALL_FEATURES": len(NAMES),
    }
    if inputs.detects:
        found |= _of_detector(lengths)
    return found | _places() | _of_beats(inputs.window_rate)


def _of_detector(lengths):
    """Return lengths, times and weights of the detector."""
    found = {
        "BOX": lengths.box,
        "HIGH_PASS": lengths.high_pass,
        "SLOPE": lengths.slope,
        "ENERGY": lengths.energy,
        "APART": lengths.apart,
        "BEFORE_PEAK": lengths.before_peak,
        "AFTER_PEAK": lengths.after_peak,
        "LAG": lengths.lag,
        "SHARP_DELAY": lengths.sharp_delay,
        "MOST_TICKS": _MOST_TICKS,
        "NOISY_BELOW": NOISY_BELOW,
    }
    times = dataclasses.asdict(Times.at(lengths.working_rate))
    del times["apart"]
    found |= {name.upper(): value for name, value in times.items()}
    return found | {
        f"WEIGHT_{name.upper()}": value
        for name, value in dataclasses.asdict(Weights()).items()
    }


def _of_beats(rate):
    """Return where beats are compared, in samples of a window."""
    spans = {"P": P_SEGMENT, "T": T_SEGMENT}
    found = {"EXTENT": qrs_extent(rate), "SHIFT_REACH": largest_shift(rate)}
    for wave, span in spans.items():
        first, stop = (round(time * rate) for time in span)
        found |= {f"{wave}_FIRST": first, f"{wave}_SAMPLES": stop - first}
    found["LONGEST_SEGMENT"] = max(found["P_SAMPLES"], found["T_SAMPLES"])
    return found


def _places():
    """Return the numbers of the features, by their names in the C."""
    named = {
        "PREV_OVER": OF_PREV[0],
        "NEXT_OVER": OF_NEXT[0],
        "IRREGULARITY": IRREGULARITIES[0],
        "P": "p_correlation",
        "T": "t_correlation",
        "BEFORE": f"{OF_BEATS_BEFORE[0]}_1_before",
    }
    named |= {
        name.upper(): name
        for name, each in FEATURES.items()
        if each.group == RHYTHM
        or (name.startswith("qrs_") and not name.endswith("_before"))
    }
    return {f"FEATURE_{key}": f"{NAMES.index(name)}u" for key, name in named.items()}


def feature_tables(plan):
    """Write which features the network takes, and how they are scaled."""
    name, scaling = plan.name, plan.quantized.feature_scaling
    taken = {feature: place for place, feature in enumerate(scaling.names)}
    places = [taken.get(feature, _NOT_TAKEN) for feature in NAMES]
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


def strip_text(plan):
    """Write the strip of the self-test, and the events that it must give."""
    name, macro, chain = plan.name, plan.name.upper(), plan.quantized
    counts, r_peaks = strip(chain.inputs.sampling_rate, chain.adc_gain)
    events = chain.run(counts, r_peaks=None if chain.inputs.detects else r_peaks)
    codes = events["label"].map({c: code for code, c in enumerate(chain.classes_)})
    columns = [events[each] for each in ("sample", "rr_prev", "margin", "flags")]
    columns.insert(3, codes)
    rows = np.column_stack(columns).tolist()
    return "\n\n".join(
        [
            f"#define {macro}_N_STRIP {len(counts)}\n"
            f"#define {macro}_N_EVENTS {len(rows)}",
            f"static const int16_t {name}_played[{macro}_N_STRIP] = {{\n"
            + "\n".join(f"    {line}" for line in numbers(counts))
            + "\n};",
            c_rows(
                f"static const {name}_event {name}_expected[{macro}_N_EVENTS]", rows
            ),
        ]
    )


def strip(sampling_rate, adc_gain):
    """Make ten seconds of a signal with early, wide and ordinary beats."""
    seconds = np.arange(math.floor(10 * sampling_rate)) / sampling_rate
    millivolts = 0.1 * np.sin(2 * np.pi * 0.2 * seconds)
    at, early, r_peaks = 0.5, (4, 8), []
    for beat in range(14):
        is_wide = beat == early[1]
        at += 0.45 if beat in early else 0.8 if beat - 1 not in early else 1.1
        r_peaks.append(round(at * sampling_rate))
        height, width = (1.6, 0.05) if is_wide else (1.0, 0.018)
        millivolts += height * np.exp(-(((seconds - at) / width) ** 2))
        millivolts -= 0.25 * np.exp(-(((seconds - at - 2 * width) / width) ** 2))
        millivolts += 0.2 * np.exp(-(((seconds - at - 0.28) / 0.07) ** 2))
        if not is_wide:
            millivolts += 0.12 * np.exp(-(((seconds - at + 0.16) / 0.03) ** 2))
    counts = np.clip(np.rint(millivolts * adc_gain), -32768, 32767).astype(np.int16)
    r_peaks = np.array(r_peaks)
    return counts, r_peaks[r_peaks < len(counts)]


def told_text(plan):
    """Write where the R peaks of the strip are, for a chain that is told."""
    chain = plan.quantized
    _, r_peaks = strip(chain.inputs.sampling_rate, chain.adc_gain)
    return c_table("uint32_t", f"{plan.name}_told", r_peaks)
