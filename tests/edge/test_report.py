from dataclasses import replace

import numpy as np
import pytest

from sklearn_ecg.edge import EdgeReport

OF_WINDOWS = EdgeReport(
    cpu="cortex-m4",
    compiler="gcc",
    options="-O2",
    flash_code=1000,
    flash_weights=2000,
    ram_static=500,
    ram_buffers=60,
    stack=100,
    instructions=60_000.0,
    most_instructions=61_000,
    n_beats=8,
    n_different=1,
    clock_mhz=64.0,
    cycles_per_instruction=1.5,
    picojoules_per_cycle=200.0,
)
OF_CHAIN = replace(
    OF_WINDOWS,
    ram_buffers=0,
    sampling_rate=250.0,
    instructions_a_sample=100.0,
    cycles_per_instruction_of_push=2.0,
    longest_push=200,
    n_samples=2500,
)


def test_sums_and_estimates_are_those_of_the_counts():
    assert OF_WINDOWS.flash == 3000
    assert OF_WINDOWS.ram == 660
    assert OF_WINDOWS.estimated_ms == pytest.approx(90_000 / 64_000)
    assert OF_WINDOWS.estimated_microjoules == pytest.approx(18)


def test_a_second_has_the_pushes_of_a_chain_and_the_beats_of_both():
    assert OF_WINDOWS.instructions_a_second(60) == 60_000
    assert OF_WINDOWS.instructions_a_second() == 75_000
    assert OF_CHAIN.instructions_a_second(60) == 85_000
    # Of the beats 90,000 cycles, of the pushes 50,000; at 200 pJ, 28 µW at 3 V; sleep.
    assert OF_CHAIN.estimated_cycles_a_second(60) == pytest.approx(140_000)
    assert OF_CHAIN.estimated_microamperes(60) == pytest.approx(28 / 3 + 1.9)
    microamperes = OF_CHAIN.estimated_microamperes()
    assert OF_CHAIN.estimated_days(24) == pytest.approx(1000 / microamperes)


def test_a_person_reads_what_there_is():
    text = str(OF_WINDOWS)
    assert "  instructions    60,000 a beat  (at most 61,000)\n" in text
    assert "       7 of 8 beats are the twin's" in text
    assert (
        "  cycles          90,000 a beat, estimated: 1.50 an instruction, 0 wait"
        in text
    )
    assert "1.406 ms a beat" in text
    assert "kinds" not in text
    kinds = {"instructions": 50, "load": 10, "load_next": 5, "taken": 3, "not_taken": 2}
    text = str(replace(OF_WINDOWS, kinds=kinds))
    assert "  kinds         load 30%, store 0%, " in text
    assert "branch 10%\n" in text
    assert "push" not in text
    text = str(OF_CHAIN)
    assert "  instructions   100,000 a second, at 250 Hz and 75" in text
    assert "    push             100 a sample  (at most 200)\n" in text
    of_beats = "60,000 a beat, all calls together  (the longest call 61,000)"
    assert f"    poll          {of_beats}\n" in text
    # The mean of a beat may be more than the longest of its calls.
    assert "at most" not in text.partition("poll")[2].partition("\n")[0]
    assert "1.62 an instruction, 0 wait states\n" in text


@pytest.mark.parametrize("report", [OF_WINDOWS, OF_CHAIN])
def test_nothing_is_estimated_where_nobody_knows_the_cycles(report):
    unknown = replace(report, cycles_per_instruction=np.nan)
    assert str(unknown).endswith("not estimated: nobody publishes the core's timings")
    assert "nan" not in str(unknown)
