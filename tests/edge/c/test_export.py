import json
import os
import shutil
import subprocess
import sys

import joblib
import pytest
from compiled import SANITIZED, STRICT
from random_models import random_model, random_model_of_rows
from sklearn.base import clone

from sklearn_ecg import (
    PrunedCNNClassifier,
)
from sklearn_ecg.edge import export_c, quantize
from sklearn_ecg.edge.c._memory import fits_lanes
from sklearn_ecg.networks._networks import TwoBranch


def a_model_in_lanes(seed):
    return next(
        model
        for model in map(random_model, range(seed, seed + 30))
        if fits_lanes(model.network)
    )


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("optimize", ["size", "speed", "fast"])
def test_several_exports_compile_in_one_file(
    compiler, optimize, tmp_path, tool, free_decoders
):
    without_library = ["-DFIRST_NO_LIBC", "-DSECOND_NO_LIBC"]
    models = [
        ("first", random_model(3)),
        ("Second", random_model(4)),
        ("third", random_model_of_rows(5, TwoBranch)),
    ]
    if optimize == "fast":
        models = [("first", a_model_in_lanes(0)), ("Second", a_model_in_lanes(30))]
    lines = ["#include <stdio.h>"]
    for name, model in models:
        export_c(model, tmp_path / name, name=name, optimize=optimize)
        lines.append(f"#define {name.upper()}_SELFTEST_NO_MAIN")
        lines.append(f'#include "{name}/{name}.c"')
        lines.append(f'#include "{name}/{name}_selftest.c"')
    lines.append("int main(void) {")
    lines += [f'    printf("%d", {name}_selftest());' for name, _ in models]
    lines += ["    return 0;", "}", ""]
    (tmp_path / "all.c").write_text("\n".join(lines))
    includes = [f"-I{name}" for name, _ in models]
    command = [tool(compiler), *STRICT, *without_library, *includes]
    output_of([*command, "all.c", "-o", "all"], tmp_path)
    assert output_of([tmp_path / "all"], tmp_path) == "0" * len(models)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("make_chain", [False, True], ids=["window", "chain"])
def test_nothing_is_linked_but_what_compilers_call(
    compiler, make_chain, tmp_path, tool, chain
):
    export_c(chain if make_chain else random_model(3), tmp_path)
    output_of([tool(compiler), "-O2", "-ffreestanding", "-c", "ecg_beat.c"], tmp_path)
    undefined = output_of([tool("nm"), "-u", "ecg_beat.o"], tmp_path).split()
    allowed = {"U", "memcpy", "memmove", "memset"}
    assert set(undefined) - {"_GLOBAL_OFFSET_TABLE_"} <= allowed


BARE = ["-nostdlib", "-ffreestanding", "-DECG_BEAT_NO_LIBC"]
TARGETS = {
    "cortex-m0plus": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m0plus"],
    "cortex-m4": ["arm-none-eabi-gcc", "-mthumb", "-mcpu=cortex-m4"],
    "riscv": ["riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32"],
    "riscv without M": ["riscv64-unknown-elf-gcc", "-march=rv32ic", "-mabi=ilp32"],
}
HELPERS = {"cortex-m4": [], "riscv": ["__clzsi2", "__lshrdi3"]}
HELPERS["cortex-m0plus"] = ["__aeabi_idiv", "__aeabi_uidiv", "__aeabi_lmul"]
HELPERS["cortex-m0plus"] += ["__aeabi_llsr", "__clzsi2"]
HELPERS["riscv without M"] = ["__mulsi3", "__muldi3", "__divsi3", "__udivsi3"]
HELPERS["riscv without M"] += HELPERS["riscv"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("make_chain", [False, True], ids=["window", "chain"])
def test_without_a_library_nothing_is_called_but_what_the_readme_names(
    make_chain, target, tmp_path, tool, chain
):
    export_c(chain if make_chain else random_model(3), tmp_path)
    compiler, *options = TARGETS[target]
    command = [tool(compiler), *options, "-O2", *BARE]
    output_of([*command, "-c", "ecg_beat.c"], tmp_path)
    undefined = output_of([tool("nm"), "-u", "ecg_beat.o"], tmp_path).split()
    assert set(undefined) - {"U"} <= set(HELPERS[target])
    readme = (tmp_path / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in HELPERS[target])
    entry = "ecg_beat_stream_poll" if make_chain else "ecg_beat_classify"
    linked = [f"-Wl,--entry={entry}", "ecg_beat.c", "-lgcc", "-o", "bare.elf"]
    output_of([*command, *linked], tmp_path)


def test_without_a_library_it_links_as_webassembly(tmp_path, tool, chain):
    export_c(chain, tmp_path)
    tool("wasm-ld")
    command = [tool("clang"), "--target=wasm32", "-O2", *BARE, "-Wl,--no-entry"]
    command += ["-Wl,--export=ecg_beat_stream_poll", "ecg_beat.c", "-o", "chain.wasm"]
    output_of(command, tmp_path)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize(
    "options",
    [["-O2"], ["-Os"], SANITIZED, [*SANITIZED, "-march=native"]],
    ids=" ".join,
)
def test_emitted_code_is_clean_and_passes_its_own_test(
    compiler, options, quantized, tmp_path, tool
):
    files = export_c(quantized, tmp_path)
    sources = [file for file in files if file.suffix == ".c"]
    program = tmp_path / "selftest"
    subprocess.run(
        [tool(compiler), *options, *STRICT, *sources, "-o", program], check=True
    )
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "ecg_beat: 0 of 8 beats differ\n", done.stderr
    assert done.returncode == 0


def test_selftest_fails_when_a_weight_is_changed(quantized, tmp_path, tool):
    export_c(quantized, tmp_path)
    source = tmp_path / "ecg_beat.c"
    text = source.read_text()
    start = text.index("output_bias[5] = {") + len("output_bias[5] = {")
    end = text.index("}", start)
    biases = [int(number) + 1 for number in text[start:end].split(",")]
    numbers = ", ".join(map(str, biases))
    source.write_text(text[:start] + numbers + text[end:])
    program = tmp_path / "selftest"
    sources = [source, tmp_path / "ecg_beat_selftest.c"]
    subprocess.run([tool("gcc"), *sources, "-o", program], check=True)
    assert subprocess.run([program], capture_output=True).returncode == 8


def output_of(command, directory):
    # The make that runs the tests would tell an inner one what it was told.
    ours = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        command, cwd=directory, env=ours, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", ["beats.mk", "./beats.mk", "{}/beats.mk"])
def test_snippet_for_make_builds_and_runs_the_selftest(file, quantized, tmp_path, tool):
    export_c(quantized, tmp_path, name="beats")
    command = [tool("make"), "-f", file.format(tmp_path), "beats_selftest"]
    assert "beats: 0 of 8 beats differ" in output_of(command, tmp_path)
    assert "beats: 0 of 8 beats differ" in output_of(command, tmp_path)


def test_snippet_for_make_leaves_the_default_goal_alone(quantized, tmp_path, tool):
    export_c(quantized, tmp_path / "model")
    goal = "firmware:\n\t@echo made from $(ECG_BEAT_SOURCES)\n"
    include = "include model/ecg_beat.mk\n"
    for text in (include + goal, goal + include):
        (tmp_path / "Makefile").write_text(text)
        output = output_of([tool("make")], tmp_path)
        assert output == "made from model/ecg_beat.c\n"


def test_cmake_builds_and_runs_the_selftest(quantized, tmp_path, tool):
    export_c(quantized, tmp_path / "model")
    top = "cmake_minimum_required(VERSION 3.13)\nproject(top C)\n"
    top += "enable_testing()\nadd_subdirectory(model)\n"
    (tmp_path / "CMakeLists.txt").write_text(top)
    for source, option in (("model", "OFF"), (".", "ON")):
        build = f"build-{option}"
        options = ["-DECG_BEAT_SELFTEST=ON"] * (option == "ON")
        output_of([tool("cmake"), "-S", source, "-B", build, *options], tmp_path)
        output_of(["cmake", "--build", build], tmp_path)
        assert "100% tests passed, 0 tests failed out of 1" in output_of(
            ["ctest"], tmp_path / build
        )


def test_cmake_installs_what_find_package_finds(chain, tmp_path, tool):
    export_c(chain, tmp_path, package="cmake")
    cmake, there = tool("cmake"), tmp_path / "there"
    options = [f"-DCMAKE_INSTALL_PREFIX={there}", "-DECG_BEAT_SELFTEST=OFF"]
    output_of([cmake, "-S", ".", "-B", "module", *options], tmp_path)
    output_of([cmake, "--build", "module", "--target", "install"], tmp_path)
    options = [f"-DCMAKE_PREFIX_PATH={there}"]
    example = tmp_path / "examples" / "ecg_beat_cmake"
    output_of([cmake, "-S", example, "-B", "example", *options], tmp_path)
    output_of([cmake, "--build", "example"], tmp_path)
    selftest = json.loads((tmp_path / "ecg_beat.json").read_text())["selftest"]
    done = subprocess.run(
        [tmp_path / "example" / "ecg_beat_example"],
        input="\n".join(map(str, selftest["samples"])),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    beats = [int(first) for first, *_ in lines if first.isdigit()]
    assert beats == [event[0] for event in selftest["events"]]
    assert len(lines) - len(beats) == len(selftest["episodes"])


def test_compilers_whose_int_has_16_bits_refuse_the_code(quantized, tmp_path, tool):
    export_c(quantized, tmp_path)
    command = [tool("clang"), "-ffreestanding", "-fsyntax-only", "ecg_beat.c"]
    output_of(command, tmp_path)
    done = subprocess.run(
        [*command, "--target=msp430"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "int_has_32_bits" in done.stderr


def test_no_float_heap_or_library_is_in_the_code(quantized, tmp_path, tool):
    export_c(quantized, tmp_path)
    compiled = tmp_path / "model.o"
    command = [tool("gcc"), "-O2", "-fno-builtin", "-c", tmp_path / "ecg_beat.c"]
    subprocess.run([*command, "-o", compiled], check=True)
    listing = subprocess.run(
        [tool("nm"), "--undefined-only", compiled], capture_output=True, text=True
    )
    assert listing.stdout == ""
    text = (tmp_path / "ecg_beat.c").read_text()
    assert "float" not in text
    assert "double" not in text


def test_export_is_the_same_bytes_in_another_process(quantized, tmp_path):
    files = export_c(quantized, tmp_path / "here")
    joblib.dump(quantized, tmp_path / "model.joblib")
    program = (
        "import joblib, sys; from sklearn_ecg.edge import export_c; "
        "export_c(joblib.load(sys.argv[1]), sys.argv[2])"
    )
    there = tmp_path / "there"
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "model.joblib", there], check=True
    )
    for file in files:
        assert file.read_bytes() == (there / file.name).read_bytes()


def test_second_fit_exports_the_same_bytes(synthetic_beats, tmp_path, pipeline):
    exports = []
    for number in range(2):
        pipeline_again = pipeline if number == 0 else _refit(pipeline, synthetic_beats)
        quantized = quantize(pipeline_again, synthetic_beats.data)
        files = export_c(quantized, tmp_path / str(number))
        exports.append([file.read_bytes() for file in files])
    assert exports[0] == exports[1]


def _refit(pipeline, beats):
    return clone(pipeline).fit(beats.data, beats.target)


def test_selftest_needs_no_stack_for_the_scratch_buffer(quantized, tmp_path, tool):
    export_c(quantized, tmp_path)
    options = ["-O2", "-fstack-usage", "-DECG_BEAT_SELFTEST_NO_MAIN", "-c"]
    output_of([tool("gcc"), *options, "ecg_beat_selftest.c"], tmp_path)
    usage = (tmp_path / "ecg_beat_selftest.su").read_text()
    assert int(usage.split("\t")[1]) < 500


def test_selftest_is_declared_in_the_header(quantized, tmp_path, tool):
    export_c(quantized, tmp_path)
    (tmp_path / "board.c").write_text(
        '#include "ecg_beat.h"\nint main(void) { return ecg_beat_selftest(); }\n'
    )
    command = [tool("gcc"), *STRICT, "-Wmissing-prototypes", "-Wmissing-declarations"]
    command += ["-DECG_BEAT_SELFTEST_NO_MAIN", "board.c", "ecg_beat.c"]
    output_of([*command, "ecg_beat_selftest.c", "-o", "board"], tmp_path)
    output_of([tmp_path / "board"], tmp_path)


def test_files_of_different_exports_do_not_compile_together(tmp_path, tool):
    for seed in (1, 2):
        export_c(random_model(seed), tmp_path / str(seed))
    shutil.copy(tmp_path / "1" / "ecg_beat.h", tmp_path / "2")
    for file in ("ecg_beat.c", "ecg_beat_selftest.c"):
        done = subprocess.run(
            [tool("gcc"), "-c", file],
            cwd=tmp_path / "2",
            capture_output=True,
            text=True,
        )
        assert "ecg_beat.h is of another export than this file" in done.stderr
    shutil.copy(tmp_path / "1" / "ecg_beat.c", tmp_path / "2")
    output_of([tool("gcc"), "-c", "ecg_beat.c"], tmp_path / "2")


def test_export_of_another_name_and_files_of_the_user_are_not_replaced(
    quantized, tmp_path
):
    export_c(quantized, tmp_path / "one", name="one")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    with pytest.raises(
        ValueError, match=r"CMakeLists.txt would be .* with '# one, mad"
    ):
        export_c(quantized, tmp_path / "one", name="two")
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*")} == before
    export_c(quantized, tmp_path / "one", name="one", optimize="speed")
    (tmp_path / "README.md").write_text("# My project\n")
    with pytest.raises(ValueError, match=r"README.md would be .* with '# My project'"):
        export_c(quantized, tmp_path)


@pytest.mark.parametrize("name", ["stdint", "string", "Stddef", "arm_acle"])
def test_names_of_system_headers_are_refused(name, quantized, tmp_path):
    with pytest.raises(ValueError, match=rf"{name}.h would hide the system's"):
        export_c(quantized, tmp_path / "firmware", name=name)
    assert not (tmp_path / "firmware").exists()


def test_nothing_is_written_when_the_model_cannot_be_exported(tmp_path, quantized):
    directory = tmp_path / "firmware"
    classifier = PrunedCNNClassifier()
    with pytest.raises(TypeError, match="what quantize returns"):
        export_c(classifier, directory)
    with pytest.raises(ValueError, match=r"'name' .* must be an identifier.*'2 beats'"):
        export_c(quantized, directory, name="2 beats")
    with pytest.raises(
        ValueError, match=r"'optimize' .* must be 'size', 'speed' or 'fast'"
    ):
        export_c(quantized, directory, optimize="faster")
    with pytest.raises(ValueError, match=r"8 bits, and these have 16: .*\"int8\""):
        export_c(quantized, directory, optimize="fast")
    assert not directory.exists()


def test_lanes_are_refused_for_windows_that_they_do_not_fit(
    pipeline, synthetic_beats, tmp_path
):
    quantized = quantize(pipeline, synthetic_beats.data, activations="int8")
    with pytest.raises(ValueError, match=r"126 samples: .* a multiple of \d+ samples"):
        export_c(quantized, tmp_path / "firmware", optimize="fast")
    assert not (tmp_path / "firmware").exists()


def test_earlier_export_stays_whole_when_writing_fails(
    quantized, tmp_path, monkeypatch
):
    export_c(quantized, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(
        "pathlib.Path.write_text", lambda *_, **__: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(OSError):  # noqa: PT011
        export_c(quantized, tmp_path, optimize="speed")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
