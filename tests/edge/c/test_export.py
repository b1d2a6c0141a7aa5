import os
import re
import shutil
import subprocess
import sys

import joblib
import numpy as np
import pytest
from compiled import SANITIZED, STRICT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from random_models import random_model
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.edge import export_c, profile, quantize

LOW, HIGH = np.iinfo(np.int16).min, np.iinfo(np.int16).max


def extreme_windows(shape, seed):
    """Noise, and what a broken electrode gives: saturated, constant, full swing."""
    rng = np.random.default_rng(seed)
    windows = [rng.integers(LOW, HIGH + 1, shape) for _ in range(3)]
    windows += [rng.integers(-200, 200, shape) for _ in range(3)]
    windows += [np.full(shape, value) for value in (LOW, -1, 0, HIGH)]
    swing, step, spike, tiny = (np.full(shape, LOW) for _ in range(4))
    swing[..., ::2] = HIGH
    step[..., shape[-1] // 2 :] = HIGH
    spike[..., 3] = HIGH
    tiny[..., 5] += 1
    return np.array([*windows, swing, step, spike, tiny], dtype=np.int16)


@pytest.mark.parametrize("optimize", ["size", "speed"])
def test_c_equals_the_twin_on_every_beat(
    optimize, quantized, synthetic_beats, tmp_path, compile_model
):
    export_c(quantized, tmp_path, optimize=optimize)
    model = compile_model(tmp_path, 5)
    windows, intervals = quantized.inputs.read(synthetic_beats.data)
    logits, codes = model(windows, intervals)
    expected = quantized.logits(synthetic_beats.data)
    assert_array_equal(logits, expected)
    assert_array_equal(codes, expected.argmax(axis=1))
    assert len(np.unique(codes)) > 1


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), optimize=st.sampled_from(["size", "speed"]))
def test_c_equals_the_twin_for_any_network_and_extreme_input(
    seed, optimize, tmp_path_factory, compile_model, free_decoders
):
    quantized = random_model(seed)
    directory = tmp_path_factory.mktemp("random")
    export_c(quantized, directory, optimize=optimize)
    model = compile_model(directory, len(quantized.classes_))
    inputs = quantized.inputs
    shape = inputs.n_channels, inputs.window_scaling.n_samples
    windows = extreme_windows(shape, seed)
    values = np.array([0, 1, 299, 800, 3000, 3001, 65535])
    names = inputs.rhythm_scaling.intervals
    rng = np.random.default_rng(seed)
    intervals = rng.choice(values, (len(windows), len(names))).astype(np.uint16)
    logits, codes = model(windows, intervals)
    expected = quantized.device_logits(windows, intervals)
    assert_array_equal(logits, expected)
    assert_array_equal(codes, expected.argmax(axis=1))


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


def test_header_says_what_the_model_is(quantized, tmp_path):
    header, *_ = export_c(
        quantized, tmp_path, notes={"Accuracy": "99 % /* of */ synthetic beats"}
    )
    text = header.read_text()
    assert '#define ECG_BEAT_CLASS_NAMES { "F", "N", "Q", "S", "V" }' in text
    assert "#define ECG_BEAT_N_SAMPLES 126\n" in text
    assert "#define ECG_BEAT_R_PEAK 45\n" in text
    assert f"SHA-256 of the integers: {quantized.fingerprint_}" in text
    assert "Accuracy: 99 % / * of * / synthetic beats" in text


def test_header_defines_what_the_device_hands_over(quantized, tmp_path):
    header, *_ = export_c(quantized, tmp_path)
    for file in (header, tmp_path / "README.md"):
        text = " ".join(file.read_text().replace(" * ", " ").split())
        assert "milliseconds, rounded, 0 where one isn't known" in text
        assert "above 3000 counts as 3000: give 3000" in text
        assert "each beat is classified one beat late" in text
        assert "mean of the last ten intervals, rr_prev included" in text
        assert "as long as every sample fits 16 bits without clipping" in text


def test_intervals_as_the_header_defines_them_give_the_logits_of_the_twin(
    quantized, synthetic_beats
):
    r_peaks = np.cumsum([200, *range(250, 330, 8), 1800, 270, 260, 250, 240, 300, 310])
    r_peaks = np.append(r_peaks, r_peaks[-1] + np.cumsum([290, 1200, 280, 275]))
    table = beat_table(synthetic_beats.data["record"].iloc[0], r_peaks)
    windows, _ = quantized.inputs.read(table)
    logits = quantized.logits(table)
    measured = np.diff(r_peaks) / 360 * 1000
    assert measured.max() > 3000
    given = np.zeros((len(r_peaks), 3))
    given[1:, 0] = measured
    given[:-1, 1] = measured
    for beat in range(1, len(r_peaks)):
        given[beat, 2] = measured[max(0, beat - 10) : beat].mean()
    given = np.minimum(np.floor(given + 0.5), 3000)
    assert_array_equal(quantized.device_logits(windows, given), logits)


@pytest.mark.parametrize("optimize", ["size", "speed"])
def test_readme_says_how_much_stack_a_call_takes(optimize, quantized, tmp_path, tool):
    for program in ("arm-none-eabi-gcc", "qemu-system-arm"):
        tool(program)
    export_c(quantized, tmp_path, optimize=optimize)
    text = (tmp_path / "README.md").read_text()
    most = int(re.search(r"less than (\d+) bytes of the stack", text)[1])
    for cpu in ("cortex-m0plus", "cortex-m4"):
        assert most / 4 < profile(tmp_path, cpu).stack < most


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


NASTY = 'end */ of /* a "comment", /*/, ???/ \\\n#error\t\0 \u202e\ud800 ö'


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_any_note_and_any_label_compile(compiler, quantized, tmp_path, tool):
    labels = np.array(["??/", 'a "beat"\\', "/* */\n", "ö\u202e", "%d"], dtype=object)
    model = clone(quantized).set_params(classes=labels)
    files = export_c(model, tmp_path, notes={NASTY: NASTY, "key": NASTY})
    (tmp_path / "labels.c").write_text(
        '#include "ecg_beat.h"\n#include <stdio.h>\n'
        "int main(void) {\n"
        "    static const char *const names[] = ECG_BEAT_CLASS_NAMES;\n"
        "    for (int i = 0; i < ECG_BEAT_N_CLASSES; ++i) { puts(names[i]); }\n"
        "    return 0;\n}\n"
    )
    command = [tool(compiler), *STRICT, "labels.c", "-o", "labels"]
    output_of(command, tmp_path)
    output = output_of([tmp_path / "labels"], tmp_path)
    assert output == "".join(f"{label}\n" for label in labels)
    readme = (tmp_path / "README.md").read_text()
    assert len(readme.splitlines()) == len(_readme_without_notes(quantized, tmp_path))
    assert all(file.is_file() for file in files)


def _readme_without_notes(quantized, directory):
    export_c(quantized, directory, notes={"one": "1", "two": "2"})
    return (directory / "README.md").read_text().splitlines()


@pytest.mark.parametrize("name", ["stdint", "string", "Stddef", "arm_acle"])
def test_names_of_system_headers_are_refused(name, quantized, tmp_path):
    with pytest.raises(ValueError, match=rf"{name}.h would hide the system's header"):
        export_c(quantized, tmp_path / "firmware", name=name)
    assert not (tmp_path / "firmware").exists()


def test_parameters_are_the_same_text_whatever_holds_them(synthetic_beats, tmp_path):
    classifier = PrunedCNNClassifier(
        np.float64(0.75),
        n_stages=np.int64(1),
        n_epochs=1,
        stage_epochs=1,
        module_params={"conv_channels": np.array([4, 4]), "kernel_sizes": (5, 3)},
        random_state=np.random.RandomState(0),
    )
    pipeline = make_pipeline(BeatSegmenter(), classifier)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    quantized = quantize(pipeline, synthetic_beats.data, adc_gain=250)
    header, *_ = export_c(quantized, tmp_path)
    text = header.read_text()
    assert "random_state=RandomState, " in text
    assert "sparsity=0.75" in text
    assert "module_params={'conv_channels': [4, 4], 'kernel_sizes': (5, 3)}" in text
    beats = len(synthetic_beats.data)
    assert f" * Calibrated on: {beats} beats, at 250 counts per mV\n" in text


def test_nothing_is_written_when_the_model_cannot_be_exported(tmp_path, quantized):
    directory = tmp_path / "firmware"
    classifier = PrunedCNNClassifier()
    with pytest.raises(TypeError, match="what quantize returns"):
        export_c(classifier, directory)
    with pytest.raises(ValueError, match=r"name='2 beats': must be an identifier"):
        export_c(quantized, directory, name="2 beats")
    with pytest.raises(ValueError, match=r"'optimize' .* must be 'size' or 'speed'"):
        export_c(quantized, directory, optimize="fast")
    assert not directory.exists()


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
