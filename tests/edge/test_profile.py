import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from compiled import SANITIZED
from random_models import random_model
from sklearn.base import clone

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.edge import CPUS, export_c, profile, quantize
from sklearn_ecg.edge._emulator import Toolchain, sizes_of


@pytest.fixture
def cross_tools(tools_of):
    return tools_of("cortex-m4")


@pytest.mark.parametrize("cpu", CPUS)
def test_every_core_gives_the_logits_of_the_twin(
    cpu, quantized, synthetic_beats, tmp_path, tools_of
):
    tools_of(cpu)
    export_c(quantized, tmp_path, optimize="speed")
    beats = synthetic_beats.data.iloc[:100]
    report = profile(tmp_path, cpu, quantized=quantized, X=beats)
    assert report.n_beats == 100
    assert report.n_different == 0


def test_the_counter_of_a_riscv_counts_every_instruction(
    quantized, synthetic_beats, tmp_path, tools_of
):
    tools_of("riscv32")
    export_c(quantized, tmp_path)
    windows, intervals = quantized.inputs.read(synthetic_beats.data.iloc[:1])
    beats = windows, intervals, quantized.device_logits(windows, intervals)
    tools = Toolchain(tmp_path, tmp_path, "ecg_beat", CPUS["riscv32"], ["-O2"])
    tools.compile_beats(beats)
    figures = tools.emulate()
    # The loops, what sets their number, and one reading.
    assert 0 < figures["ticks_of_loops"] - 2 * figures["loops"] < 5
    assert tools.emulate() == figures


def test_where_nobody_knows_the_cycles_nothing_is_estimated(
    quantized, tmp_path, tools_of
):
    tools_of("riscv32")
    export_c(quantized, tmp_path)
    report = profile(tmp_path, "riscv32")
    assert quantized.origin.macs < report.instructions < 6 * quantized.origin.macs
    assert 50 < report.stack < 1000
    assert np.isnan([report.estimated_ms, report.estimated_microjoules]).all()
    assert "not estimated" in str(report)
    assert "nan" not in str(report)


def test_profile_counts_instructions_flash_and_ram(quantized, tmp_path, cross_tools):
    export_c(quantized, tmp_path, optimize="speed")
    report = profile(tmp_path)
    macs = quantized.origin.macs
    assert macs < report.instructions < 4 * macs
    assert report.instructions <= report.most_instructions
    assert report.flash_weights > 2 * quantized.origin.n_nonzero
    assert 500 < report.flash_code < 4000
    assert report.ram_static > 1000
    assert report.ram_buffers == 2 * 126 + 2 * 3 + 4 * 5
    assert 50 < report.stack < 1000
    assert report.ram == report.ram_static + report.ram_buffers + report.stack
    text = str(report)
    assert "estimated for 64 MHz" in text
    assert "8 of 8 beats" in text


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m4", "esp32c3"])
def test_what_is_counted_by_kind_is_all_that_is_counted(
    cpu, quantized, tmp_path, tools_of
):
    tools_of(cpu)
    export_c(quantized, tmp_path)
    report = profile(tmp_path, cpu)
    kinds = report.kinds
    # What calls a beat takes some instructions that the other count has.
    assert kinds["instructions"] / 8 == pytest.approx(report.instructions, rel=0.01)
    beside = ("instructions", "registers", "return")
    assert (
        sum(n for kind, n in kinds.items() if kind not in beside)
        == (kinds["instructions"])
    )
    assert kinds["load"] > kinds["instructions"] / 20
    assert kinds["taken"] > kinds["not_taken"] > 0
    assert 1 < report.cycles_per_instruction < 2
    expected = report.instructions * report.cycles_per_instruction / 64e3
    assert report.estimated_ms == pytest.approx(expected)


def test_a_chain_has_cycles_of_pushes_and_of_beats(chain, tmp_path, cross_tools):
    export_c(chain, tmp_path)
    report = profile(tmp_path, wait_states=2)
    assert report.wait_states == 2
    each = report.cycles_per_instruction, report.cycles_per_instruction_of_push
    assert 1 < min(each) < max(each) < 3
    cycles = report.estimated_cycles_a_second()
    assert min(each) < cycles / report.instructions_a_second() < max(each)
    assert f"{cycles:,.0f} a second, estimated: " in str(report)
    assert "an instruction, 2 wait states\n" in str(report)


def test_flash_that_is_faster_than_possible_is_refused(quantized, tmp_path):
    export_c(quantized, tmp_path)
    with pytest.raises(ValueError, match=r"'wait_states' .* must be 0 or more"):
        profile(tmp_path, wait_states=-1)


def test_models_of_rows_are_measured_too(
    pipeline, synthetic_beats, tmp_path, cross_tools
):
    rows = pipeline[0].transform(synthetic_beats.data)
    of_rows = quantize(pipeline[-1], rows, fine_tune_epochs=0)
    export_c(of_rows, tmp_path)
    report = profile(tmp_path, quantized=of_rows, X=rows.iloc[:50])
    assert report.n_beats == 50
    assert report.n_different == 0
    assert report.ram_buffers == 2 * 131 + 4 * 5


def test_size_is_smaller_and_speed_is_faster(quantized, tmp_path, cross_tools):
    reports = {}
    for optimize in ("size", "speed"):
        export_c(quantized, tmp_path / optimize, optimize=optimize)
        reports[optimize] = profile(tmp_path / optimize)
    assert reports["size"].flash_weights < reports["speed"].flash_weights
    assert reports["size"].instructions > reports["speed"].instructions


def test_lanes_are_fastest_and_take_more_ram(synthetic_beats, tmp_path, cross_tools):
    pipeline = make_beat_pipeline(
        "known",
        device_rate=250,
        sparsity=0.8,
        n_stages=1,
        n_epochs=2,
        stage_epochs=1,
        random_state=0,
    ).fit(synthetic_beats.data, synthetic_beats.target)
    quantized = quantize(pipeline, synthetic_beats.data, activations="int8")
    reports = {}
    for optimize in ("speed", "fast"):
        export_c(quantized, tmp_path / optimize, optimize=optimize)
        reports[optimize] = profile(tmp_path / optimize)
        assert reports[optimize].n_different == 0
    assert reports["fast"].instructions < 0.9 * reports["speed"].instructions
    assert reports["fast"].ram > reports["speed"].ram


def pruned_further(quantized, density):
    """Return a model of which that share of the weights, chosen by chance, is left."""
    rng = np.random.default_rng(0)

    def pruned(layer):
        left = rng.random(layer.weight.shape) < density
        return replace(layer, weight=layer.weight * left)

    network = quantized.network
    network = replace(network, layers=tuple(map(pruned, network.layers)))
    return clone(quantized).set_params(network=network)


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m4"])
@pytest.mark.parametrize("options", ["-O2", "-Os"])
def test_size_is_never_larger_than_speed(cpu, options, quantized, tmp_path, tool):
    compiler = tool("arm-none-eabi-gcc")
    for density in (1.0, 0.6, 0.4, 0.25, 0.1):
        flash = {}
        for optimize in ("size", "speed"):
            export_c(pruned_further(quantized, density), tmp_path, optimize=optimize)
            command = [compiler, f"-mcpu={cpu}", "-mthumb", options, "-nostartfiles"]
            command += ["-Wl,--entry=ecg_beat_classify", "ecg_beat.c", "-o", "a.elf"]
            subprocess.run(command, cwd=tmp_path, check=True)
            flash[optimize] = sum(sizes_of(tmp_path / "a.elf", CPUS[cpu]))
        assert flash["size"] <= flash["speed"], density


def test_profile_sees_a_model_that_differs(quantized, tmp_path, cross_tools):
    export_c(quantized, tmp_path)
    description = tmp_path / "ecg_beat.json"
    content = json.loads(description.read_text())
    content["selftest"]["logits"][2][0] += 1
    description.write_text(json.dumps(content))
    assert profile(tmp_path).n_different == 1


@pytest.mark.parametrize(
    ("cpu", "packages"),
    [
        (
            "cortex-m4",
            "gcc-arm-none-eabi binutils-arm-none-eabi qemu-system-arm "
            "libnewlib-arm-none-eabi",
        ),
        (
            "riscv32",
            "gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf qemu-system-misc",
        ),
    ],
)
def test_missing_programs_are_named_with_their_packages(
    cpu, packages, quantized, tmp_path, monkeypatch
):
    export_c(quantized, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"apt-get install {packages}$"):
        profile(tmp_path, cpu)


def test_directory_without_an_export_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="has 0 descriptions of exports"):
        profile(tmp_path)


def test_half_of_the_beats_to_compare_is_refused(quantized, tmp_path):
    with pytest.raises(ValueError, match="give both, or none"):
        profile(tmp_path, quantized=quantized)


def test_what_is_not_quantized_is_refused(quantized, pipeline, tmp_path):
    export_c(quantized, tmp_path)
    X = np.zeros((3, 131))
    with pytest.raises(
        TypeError, match="profile takes what quantize returns, got a Pip"
    ):
        profile(tmp_path, quantized=pipeline, X=X)


def test_c_that_does_not_compile_is_an_error_with_its_message(
    quantized, tmp_path, cross_tools
):
    export_c(quantized, tmp_path)
    (tmp_path / "ecg_beat.c").write_text("#error broken\n")
    with pytest.raises(RuntimeError, match="#error broken"):
        profile(tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_no_random_network_leaves_its_buffers(seed, tmp_path, tool, free_decoders):
    files = export_c(random_model(seed), tmp_path)
    sources = [file for file in files if file.suffix == ".c"]
    program = tmp_path / "selftest"
    subprocess.run([tool("gcc"), *SANITIZED, *sources, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_random_networks_give_the_same_logits_on_a_core_without_dsp(
    tmp_path, cross_tools, free_decoders
):
    for seed in range(3):
        export_c(random_model(seed), tmp_path / str(seed))
        report = profile(tmp_path / str(seed), "cortex-m3")
        assert report.n_different == 0
        assert report.n_beats == 2 + 3
    assert np.isfinite(report.estimated_microjoules)
