import math

import pytest

from sklearn_ecg._constants import CPU_NAMES
from sklearn_ecg.edge._cycles import TIMINGS, cycles_per_instruction

KINDS = {
    "instructions": 10,
    "other": 3,
    "load": 1,
    "load_next": 1,
    "load_constant": 1,
    "multiple": 1,
    "registers": 4,
    "return": 1,
    "taken": 1,
    "not_taken": 1,
    "multiply": 1,
}


@pytest.mark.parametrize(
    ("cpu", "cycles"),
    [
        # 3 others, 3 loads of 2, 1 + 4 registers and 2 to return, 2, 1, 1
        ("cortex-m0plus", 3 + 3 * 2 + (1 + 4) + 2 + 2 + 1 + 1),
        # the second load overlaps; to return and to branch refills the pipeline
        ("cortex-m4", 3 + 2 + 1 + 2 + (1 + 4) + 2 + 3 + 1 + 1),
    ],
)
def test_cycles_are_those_of_the_published_table(cpu, cycles):
    assert cycles_per_instruction(cpu, KINDS) == pytest.approx(cycles / 10)


def test_a_flash_that_waits_is_charged_where_nothing_is_fetched_ahead():
    each = cycles_per_instruction("cortex-m4", KINDS)
    waiting = cycles_per_instruction("cortex-m4", KINDS, wait_states=4)
    # A branch, a return and a constant.
    assert waiting - each == pytest.approx(3 * 4 / 10)


@pytest.mark.parametrize("cpu", ["cortex-m7", "riscv32"])
def test_of_cores_without_published_timings_nothing_is_said(cpu):
    assert math.isnan(cycles_per_instruction(cpu, KINDS))
    assert set(TIMINGS) < set(CPU_NAMES)


def test_of_nothing_counted_nothing_is_said():
    assert math.isnan(cycles_per_instruction("cortex-m4", {}))
