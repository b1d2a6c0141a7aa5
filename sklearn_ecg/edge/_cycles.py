"""What instructions cost in cycles: an estimate, from the timings that are published.

Tables of timings are of a core whose memory never waits. `wait_states` of a flash are
added where its prefetch can't help: at the target of a jump, and where a constant that
lies between the instructions is loaded. What is read from tables in flash, such as
weights, can't be told from what is read from RAM, and is not charged for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

_REFILL = 2
"""Cycles to fill a pipeline again: Arm says 1 to 3, by target and foresight."""

_DIVIDE = 7
"""Cycles of a division: Arm says 2 to 12, by how long the quotient is."""

# Arm DDI 0484, table 3-1, with the multiplier of one cycle. Registers that go together
# take a cycle each beside the one of the instruction.
_CORTEX_M0PLUS = {
    "load": 2,
    "load_next": 2,
    "load_constant": 2,
    "store": 2,
    "store_by_register": 2,
    "registers": 1,
    "taken": 2,
    "call": 2.5,  # BL takes 3, BX 2
    "return": 2,
}

# Arm 100166, table 3-1. A load or store right after another one overlaps with it, and a
# store with a fixed offset never waits.
_CORTEX_M4 = {
    "load": 2,
    "load_constant": 2,
    "store_by_register": 2,
    "registers": 1,
    "divide": _DIVIDE,
    "taken": 1 + _REFILL,
    "call": 1 + _REFILL,
    "table": 2 + _REFILL,
    "return": _REFILL,
}

# Arm DDI 0337, table 3.1; of multiplications that depend on their values, the middle.
_CORTEX_M3 = _CORTEX_M4 | {
    "multiply_add": 2,
    "multiply_long": 4,
    "multiply_add_long": 5.5,
}

# Espressif publishes four stages, a multiplier and a divider, and no table. Assumed: a
# jump empties two stages, a value that is needed at once is waited for, and the divider
# makes four bits a cycle.
_ESP32C3 = {"load_needed": 2, "taken": 3, "call": 3, "divide": 10}

# Arm publishes none of the Cortex-M33; its instructions are timed as the M4's.
TIMINGS: Mapping[str, Mapping[str, float]] = {
    "cortex-m0plus": _CORTEX_M0PLUS,
    "cortex-m3": _CORTEX_M3,
    "cortex-m4": _CORTEX_M4,
    "cortex-m33": _CORTEX_M4,
    "esp32c3": _ESP32C3,
}
"""Cycles by kind of instruction, of each core; of a kind that isn't named, 1."""

_BESIDE = {"instructions": 0, "registers": 0, "return": 0}
"""What is counted beside the instructions, and costs nothing where no table says so."""

_WAITS = ("taken", "call", "table", "return", "load_constant")


def cycles_per_instruction(
    cpu: str, kinds: Mapping[str, int], wait_states: float = 0
) -> float:
    """Estimate the cycles of an instruction, mean of those that were counted.

    Parameters
    ----------
    cpu : str
    kinds : mapping of str to int
        As `count_kinds` returns them.
    wait_states : float, default=0
        Cycles that the flash keeps a core waiting.

    Returns
    -------
    float
        NaN where nobody publishes timings, or nothing was counted.
    """
    if cpu not in TIMINGS or not kinds.get("instructions"):
        return math.nan
    timing = {**_BESIDE, **TIMINGS[cpu]}
    cycles = sum(n * timing.get(kind, 1) for kind, n in kinds.items())
    cycles += wait_states * sum(kinds.get(kind, 0) for kind in _WAITS)
    return cycles / kinds["instructions"]
