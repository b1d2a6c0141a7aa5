"""The numbers of the algorithm that the C has, by macros, from their Python names.

What a macro means stands beside it in ``templates/module/numbers.h``.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ...beats import N_LOCAL_INTERVALS
from ...detection._decision import (
    _FOUR_TIMES,
    _MEMORY,
    _MOST_FALLS,
    _MOST_PENDING,
    _MOST_TICKS,
    _ONE,
    _SEVEN_EIGHTHS,
    _THREE_TIMES,
    NOISY_BELOW,
    Times,
    Weights,
)
from ...detection._judge import (
    _ALWAYS,
    _AS_GOOD,
    _CLEAR,
    _FLAT,
    _GAP_OF,
    _GAP_OVER,
    _IRREGULAR,
    _KNOWN,
    _SILENT,
    _SOUND,
    _TRUSTED,
    _USELESS,
    _WORSE,
    MOST_BEATS,
    Distances,
)
from ...detection._judge import _MEMORY as _MEMORY_OF_JUDGE
from ...patient import FEATURES, Milliseconds
from ...patient._beats import LEAST_CORRELATION, MOST_IRREGULAR
from ...patient._features import (
    BEATS_BEFORE,
    HEIGHT,
    JUMPS,
    LOG_MAX,
    LOG_SIZE_MIN,
    LONGEST_MS,
    MEANS,
    OF_BEATS_BEFORE,
    QUANTILES,
    RATIO_MAX,
    UNKNOWN_MS,
    WAVE_MAX,
)
from ...patient._integers import ONE, logarithm
from ...patient._qrs import (
    BEATS_TO_START,
    FAR_HIGHER,
    FRACTION,
    GAIN_BITS,
    STEP,
    largest_shift,
    qrs_extent,
)
from ...patient._rhythm import (
    IRREGULARITIES,
    LEAST_SHARE,
    LONG_OF,
    LONG_OVER,
    MEAN_OF_32,
    MOST_SHARE,
    OF_NEXT,
    OF_PREV,
    TYPICAL_JUMP,
    quantile_step,
)
from ...patient._waves import BEATS_TO_START as WAVES_TO_START
from ...patient._waves import (
    SEGMENT_MAX,
    SMALLEST,
    TYPICAL_FRACTION,
    TYPICAL_MAX,
    wave_spans,
)
from ...patient._waves import STEP as WAVE_STEP
from ...rhythm import EpisodeFinder
from ...rhythm._ectopic import CYCLE_NAMES, CYCLES, RUN
from ...rhythm._fibrillation import (
    AF,
    BEGINS_ABOVE,
    ENDS_BELOW,
    FEWEST_INTERVALS,
    FEWEST_WORDS,
    MOST_LEFT_OUT,
    N_WORDS,
    SHORTEST_MS,
    SYMBOL_MS,
)
from ...rhythm._fibrillation import LONGEST_MS as LONGEST_AF_MS
from ...rhythm._gaps import LEAST_NOISE
from ...rhythm._kinds import KINDS
from ...stream._device_rhythm import OCTAVES
from ...stream._device_rhythm import ONE as CERTAIN
from ...windows._grid import PLACE_BITS
from ..twin._features import FEATURE_MAX
from ..twin._front_end import BLOCK, FLAGS, SLACK
from ..twin._gate import MAY_PASS
from ._templates import c_array, c_string

NOT_TAKEN = 255
"""The place of a feature that the network doesn't take."""

_NAMES = list(FEATURES)


def constants_of(switches):
    """Return the numbers that are the same for every model with some switches."""
    parts = {
        "STREAM": _OF_STREAM,
        "DETECTOR": _OF_DECISION,
        "TWO_LEADS": _OF_JUDGE,
        "INTERVALS": _OF_INTERVALS | _places("rr_"),
        "RR": _OF_INTERVALS,
        "RATIOS": {"RATIO_ONE": ONE, "RATIO_MAX": RATIO_MAX},
        "RHYTHM": {"FEATURE_MAX": FEATURE_MAX},
        "RELATIVE": _OF_RHYTHM,
        "MORPHOLOGY": _OF_BEATS | _places("qrs_"),
        "EPISODES": _OF_EPISODES,
    }
    found = {}
    for switch, numbers in parts.items():
        found |= numbers if switches[switch] else {}
    if switches["STREAM"] and switches["RHYTHM"]:
        found["NOT_TAKEN"] = f"{NOT_TAKEN}u"
    if switches["STREAM"] and not switches["RELATIVE"]:
        found["MEDIAN_UP"] = quantile_step(50)
    return found


def _places(*beginnings):
    """Return the numbers of all features of a beat whose names begin so."""
    return {
        f"FEATURE_{name.upper()}": f"{place}u"
        for place, name in enumerate(_NAMES)
        if name.startswith(beginnings) and not name.endswith("_before")
    }


def _place(name):
    return f"{_NAMES.index(name)}u"


_OF_STREAM = {
    "BLOCK": BLOCK,
    "SLACK": SLACK,
    "PLACE_BITS": PLACE_BITS,
    "HALF_PLACE": 1 << (PLACE_BITS - 1),
    "LONGEST_MS": f"{LONGEST_MS}u",
    "LONG_OF": f"{LONG_OF}u",
    "LONG_OVER": f"{LONG_OVER}u",
    "LEAST_SHARE": LEAST_SHARE,
    "MOST_SHARE": MOST_SHARE,
    "UP_AND_DOWN": quantile_step(100),
}

_OF_DECISION = {
    "MEMORY": _MEMORY,
    "MOST_PENDING": _MOST_PENDING,
    "MOST_TICKS": _MOST_TICKS,
    "MOST_FALLS": _MOST_FALLS,
    "LEVEL_BITS": _ONE.bit_length() - 1,
    "ONE": _ONE,
    "THREE_TIMES": _THREE_TIMES,
    "FOUR_TIMES": _FOUR_TIMES,
    "SEVEN_EIGHTHS": _SEVEN_EIGHTHS,
    "NOISY_BELOW": NOISY_BELOW,
} | {
    f"WEIGHT_{name.upper()}": value
    for name, value in dataclasses.asdict(Weights()).items()
}

_OF_JUDGE = {
    "MOST_BEATS": MOST_BEATS,
    "JUDGE_ALWAYS": _ALWAYS,
    "JUDGE_MEMORY": _MEMORY_OF_JUDGE,
    "JUDGE_WORSE": _WORSE,
    "JUDGE_SOUND": _SOUND,
    "JUDGE_USELESS": _USELESS,
    "JUDGE_TRUSTED": _TRUSTED,
    "JUDGE_CLEAR": _CLEAR,
    "JUDGE_GAP_OF": _GAP_OF,
    "JUDGE_GAP_OVER": _GAP_OVER,
    "JUDGE_IRREGULAR": _IRREGULAR,
    "JUDGE_KNOWN": f"{_KNOWN}u",
    "JUDGE_FLAT": _FLAT,
    "JUDGE_AS_GOOD": f"{_AS_GOOD}u",
    "JUDGE_SILENT": f"{_SILENT}u",
}

_OF_INTERVALS = {
    "N_LOCAL": f"{N_LOCAL_INTERVALS}u",
    "LONGEST_MS": f"{LONGEST_MS}u",
    "UNKNOWN_MS": f"{UNKNOWN_MS}u",
}

_OF_RHYTHM = {
    "N_MEANS": len(MEANS),
    "N_QUANTILES": len(QUANTILES),
    "N_JUMPS": len(JUMPS),
    "MEANS": c_array(map(str, MEANS)),
    "QUANTILES": c_array(str(quantile_step(each)) for each in QUANTILES),
    "JUMPS": c_array(map(str, JUMPS)),
    "MEAN_OF_32": MEAN_OF_32,
    "MEDIAN": len(MEANS) + QUANTILES.index(50),
    "TYPICAL_JUMP": TYPICAL_JUMP,
    "LOG_MAX": LOG_MAX,
    "RATIO_MAX": RATIO_MAX,
    "FEATURE_PREV_OVER": _place(OF_PREV[0]),
    "FEATURE_NEXT_OVER": _place(OF_NEXT[0]),
    "FEATURE_IRREGULARITY": _place(IRREGULARITIES[0]),
}

_AF_ONE = 20
"""What a share of the highest score of fibrillation is out of."""

_OTHER, _V, _S, _UNKNOWN = range(4)
"""What a beat is to runs and cycles, in two bits."""

_ECTOPIC = (_OTHER, _S, _V, _V, _OTHER, _UNKNOWN, _UNKNOWN, _UNKNOWN)
"""The same of N, S, V, F and Q, of what is not labelled, no beat, and the end."""


def _in_two_bits(beats):
    """Return a number that has two bits of each beat, the first one lowest."""
    return sum(what << 2 * beat for beat, what in enumerate(beats))


_OF_EPISODES = {
    "KIND_NAMES": c_array(map(c_string, KINDS)),
    "N_SYMBOLS": N_WORDS + 2,
    "MOST_WAITING": FEWEST_INTERVALS,
    "CERTAIN": f"{CERTAIN}u",
    "OCTAVES": f"{OCTAVES}u",
    "SYMBOL_MS": f"{SYMBOL_MS}u",
    "FEWEST_WORDS": f"{FEWEST_WORDS}u",
    "SHORTEST_AF_MS": f"{SHORTEST_MS}u",
    "LONGEST_AF_MS": f"{LONGEST_AF_MS}u",
    "AF_BEGINS": f"{round(BEGINS_ABOVE * _AF_ONE)}u",
    "AF_ENDS": f"{round(ENDS_BELOW * _AF_ONE)}u",
    "AF_ONE": f"{_AF_ONE}u",
    "MOST_LEFT_OUT": f"{MOST_LEFT_OUT}u",
    "LEAST_NOISE": f"{LEAST_NOISE}u",
    "ECTOPIC": f"{_in_two_bits(_ECTOPIC)}u",
    "NO_KIND": f"{list(KINDS).index(AF)}u",
    "COUPLET_BEATS": f"{_in_two_bits(2 * [1])}u",
    "RUN_BEATS": f"{_in_two_bits(RUN * [1])}u",
    "CYCLES": f"{CYCLES}u",
    "MOST_OTHERS": f"{max(CYCLE_NAMES)}u",
}

_OF_BEATS = {
    "RATIO_ONE": ONE,
    "BEATS_BEFORE": BEATS_BEFORE,
    "COUNT_ONE": 1 << FRACTION,
    "QRS_TO_START": f"{BEATS_TO_START}u",
    "FAR_HIGHER": f"{FAR_HIGHER}u",
    "QRS_STEP": f"{STEP}u",
    "QRS_GAIN_BITS": GAIN_BITS,
    "TYPICAL_BITS": TYPICAL_FRACTION,
    "TYPICAL_ONE": 1 << TYPICAL_FRACTION,
    "TYPICAL_MAX": TYPICAL_MAX,
    "WAVE_STEP": WAVE_STEP,
    "WAVES_TO_START": f"{WAVES_TO_START}u",
    "SEGMENT_MAX": SEGMENT_MAX,
    "WAVE_MAX": WAVE_MAX,
    "SMALLEST": f"{SMALLEST}u",
    "LOG_OF_HEIGHT": int(logarithm(16 * HEIGHT)),
    "LOG_SIZE_MIN": LOG_SIZE_MIN,
    "LEAST_CORRELATION": LEAST_CORRELATION,
    "MOST_IRREGULAR": MOST_IRREGULAR,
    "FEATURE_P": _place("p_correlation"),
    "FEATURE_T": _place("t_correlation"),
    "FEATURE_BEFORE": _place(f"{OF_BEATS_BEFORE[0]}_1_before"),
}


def numbers_of_chain(chain, memory):
    """Return the numbers that depend on the rates, the window and the features."""
    inputs, front = chain.inputs, chain.inputs.front_end
    lengths = front.lengths
    before, after = front.reach
    intervals = Milliseconds(inputs.sampling_rate)
    low, high = inputs.limits
    found = {
        "DEVICE_RATE": f"{inputs.sampling_rate:g}",
        "RING": front.ring,
        "N_INPUT_FEATURES": max(len(inputs.names), 1),
        "FACTOR": f"{lengths.factor}u",
        "SUM_SHIFT": inputs.shift,
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
        "TAIL": f"{front.tail}u",
        "SHORTEST": front.shortest,
        "LONGEST_PAUSE": front.longest_pause,
        "MS_PER_SAMPLE": f"{intervals.per_sample}u",
        "MOST_COUNTED": f"{intervals.longest}u",
        "MARGIN_FACTOR": f"{chain.margin_factor}u",
    }
    if inputs.waits:
        found["PATIENCE"] = front.longest_wait
    if chain.gate is not None:
        found |= _of_gate(chain)
    if inputs.detects:
        found |= _of_detector(lengths)
    if inputs.n_leads == 2:
        times = dataclasses.asdict(Distances.at(inputs.sampling_rate))
        found |= {f"JUDGE_{name.upper()}": value for name, value in times.items()}
    if inputs.looks_at_signal:
        found |= _of_places(inputs.window_rate)
    return found


def _of_gate(chain):
    """Return the limit of the gate, and what is said of beats that pass."""
    gate = chain.gate
    found = {"GATE_LIMIT": gate.limit, "GATE_LABEL": f"{gate.label}u"}
    if chain.inputs.n_leads == 2:
        return found
    return found | {
        "GATE_MARGIN": f"{chain.margins(np.array([gate.logits]))[0]}u",
        "GATE_STOPS": f"{sum(FLAGS.values()) & ~MAY_PASS}u",
    }


def numbers_of_rhythm(rate):
    """Return times of the rhythm, in samples: those of `find_episodes`."""
    state = EpisodeFinder(rate).state
    fibrillation, gaps, rates = state._fibrillation, state._gaps, state._rates
    return {
        "N_RECENT": rates._recent.maxlen,
        "SHORTEST_AF": f"{math.ceil(fibrillation._shortest)}u",
        "SILENT_AF": f"{math.floor(fibrillation._silence)}u",
        "SHORTEST_NOISE": f"{math.ceil(gaps._shortest_noise)}u",
        "SLOWEST_NOISE": f"{gaps._slowest_noise}u",
        "PAUSE_OVER": f"{math.floor(state._pauses._longest)}u",
        "SHORTEST_RATE": f"{math.ceil(rates.least)}u",
        "LONG_SPAN": f"{math.floor(rates.longest)}u",
        "SHORT_SPAN": f"{math.ceil(rates.shortest)}u",
    }


def words_of_rhythm():
    """Return what says when fibrillation is told: seconds, and intervals."""
    rate = 250.0
    return {
        "AF_SECONDS": f"{EpisodeFinder(rate).state._fibrillation._shortest / rate:g}",
        "AF_WINDOW": N_WORDS + 2,
        "AF_AFTER": N_WORDS // 2,
        "AF_FEWEST": FEWEST_INTERVALS,
    }


def _of_detector(lengths):
    """Return lengths and times of the detector, in working samples."""
    times = dataclasses.asdict(Times.at(lengths.working_rate))
    return {name.upper(): value for name, value in times.items()} | {
        "BOX": lengths.box,
        "HIGH_PASS": lengths.high_pass,
        "SLOPE": lengths.slope,
        "ENERGY": lengths.energy,
        "APART": lengths.apart,
        "BEFORE_PEAK": lengths.before_peak,
        "AFTER_PEAK": lengths.after_peak,
        "LAG": lengths.lag,
        "SHARP_DELAY": lengths.sharp_delay,
        "BROAD": lengths.broad,
        "AROUND": lengths.around,
        "BROAD_BEFORE": lengths.broad_before,
        "BROAD_AFTER": lengths.broad_after,
        "BENDS": lengths.bends,
    }


def _of_places(rate):
    """Return where beats are compared, in samples of a window."""
    found = {"EXTENT": qrs_extent(rate), "SHIFT_REACH": largest_shift(rate)}
    for wave, (first, stop) in wave_spans(rate).items():
        name = wave.upper()
        found |= {f"{name}_FIRST": first, f"{name}_SAMPLES": stop - first}
    found["LONGEST_SEGMENT"] = max(found["P_SAMPLES"], found["T_SAMPLES"])
    return found
