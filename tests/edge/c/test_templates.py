import ctypes
import fnmatch
import itertools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from compiled import STRICT
from random_models import (
    random_model,
    random_model_of_counts,
    random_model_of_rows,
)
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.edge import CPUS, DeviceChain, c, quantize
from sklearn_ecg.edge.c._content import content_of
from sklearn_ecg.edge.c._export import ExportPlan
from sklearn_ecg.edge.c._templates import (
    _decided_lines,
    c_array,
    c_string,
    emit,
    in_comment,
    one_line,
    renamed,
    unique_identifiers,
)

TEMPLATES = Path(c.__file__).parent / "templates"
FIRMWARE = sorted((TEMPLATES / "firmware").glob("*.h"))  # For a microcontroller.
PARTS = sorted(set(TEMPLATES.glob("*/*.h")) - set(FIRMWARE))
PARTS.remove(TEMPLATES / "module" / "state.h")  # A piece of the public header.
A_STREAM = "-DECG_BEAT_STREAM=1"
TWO_LEADS = "-DECG_BEAT_TWO_LEADS=1"
NAMES = "-DECG_BEAT_NAMES=1"
WHOLE = sorted((TEMPLATES / "module").glob("*.c"))
WARNINGS = ["-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]


def compile_by_itself(compiler, file, *options):
    command = [compiler, *WARNINGS, *options, "-x", "c", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("file", PARTS, ids=lambda file: file.name)
def test_every_part_compiles_by_itself(compiler, file, tool):
    # Its functions are called from other files.
    options = ["-Wno-unused-function", "-Wno-unused-const-variable"]
    of_stream = file.parent.name in ("stream", "package") or "of_stream" in file.name
    options += [A_STREAM] * of_stream
    options += ["-DECG_BEAT_DETECTOR=0"] * (file.name == "told.h")
    options += [TWO_LEADS] * (file.name == "judge.h")
    options += [A_STREAM, NAMES] * (file.name == "named.h")
    in_lanes = "lanes" in file.name or file.name == "close_row.h"
    options += ["-DECG_BEAT_LANES=1"] * in_lanes
    for more in ([], ["-march=native"]):
        compile_by_itself(tool(compiler), file, *options, *more)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("file", WHOLE, ids=lambda file: file.name)
def test_what_includes_the_parts_uses_them_all(compiler, file, tool):
    of_stream = ([], [TWO_LEADS], [NAMES], ["-DECG_BEAT_DETECTOR=0"])
    for more in ([], *([A_STREAM, *each] for each in of_stream)):
        compile_by_itself(tool(compiler), file, *STRICT, *more)


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m4", "riscv32"])
def test_templates_compile_for_a_microcontroller(cpu, tool):
    architecture = CPUS[cpu].architecture
    options = [CPUS[cpu].option, *architecture.options, f"-I{TEMPLATES / 'module'}"]
    compiler, firmware = tool(architecture.compiler), TEMPLATES / "firmware"
    # What only the self-test needs, such as stdio.h, isn't there without a library.
    whole = WHOLE if architecture.library else [TEMPLATES / "module" / "ecg_beat.c"]
    for file in (*whole, firmware / "main.c"):
        compile_by_itself(compiler, file, *options)
    of_stream = [A_STREAM, "-DN_SAMPLES=9u", "-DN_EVENTS=1u"]
    of_stream += ["-DFIRST_WATCHED=1u", "-DN_WATCHED=1u", "-DN_EPISODES=1u"]
    for more in ([], ["-DPRINT_EVENTS"], ["-DRHYTHM", "-DPRINT_EVENTS"]):
        compile_by_itself(compiler, firmware / "stream.c", *options, *of_stream, *more)
    # It prints nothing.
    options += ["-Wno-unused-function", "-DN_BEATS=1"]
    for more in ([], of_stream, [*of_stream, "-DECG_BEAT_DETECTOR=0", "-DN_TOLD=1"]):
        compile_by_itself(compiler, firmware / "trace.c", *options, *more)


@pytest.fixture(scope="module")
def plain_loops(tool, tmp_path_factory):
    """What stands for a C library where there is none, compiled for this computer."""
    library = tmp_path_factory.mktemp("plain") / "loops.so"
    names = ("memcpy", "memmove", "memset", "memcmp")
    command = [tool("gcc"), *STRICT, "-O2", "-ffreestanding", "-shared", "-fPIC"]
    command += [f"-D{name}=plain_{name}" for name in names]
    command += ["-x", "c", TEMPLATES / "module" / "memory.h", "-o", library]
    subprocess.run(command, check=True)
    return ctypes.CDLL(library)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 8, 11])
def test_plain_loops_do_what_a_c_library_does(n, plain_loops):
    before = bytes(range(1, 41))

    def after(function, target, second):
        memory = ctypes.create_string_buffer(before, len(before))
        start = ctypes.addressof(memory)
        arguments = [ctypes.c_void_p(start + target)]
        is_memset = function == "memset"
        arguments += [second if is_memset else ctypes.c_void_p(start + second)]
        getattr(plain_loops, f"plain_{function}")(*arguments, ctypes.c_size_t(n))
        return memory.raw

    for target, source in itertools.product(range(8, 20), repeat=2):
        moved = before[:target] + before[source : source + n] + before[target + n :]
        assert after("memmove", target, source) == moved
        if abs(target - source) >= n:
            assert after("memcpy", target, source) == moved
        filled = before[:target] + n * b"\xc3" + before[target + n :]
        assert after("memset", target, 0x1C3) == filled


@pytest.mark.parametrize(
    ("one", "other"),
    [(b"same", b"same"), (b"a\x80", b"a\x7f"), (b"ab", b"ac"), (b"", b"")],
)
def test_plain_loops_compare_bytes_without_sign(one, other, plain_loops):
    order = plain_loops.plain_memcmp(one, other, ctypes.c_size_t(len(one)))
    assert order == (one > other) - (one < other)


def test_the_templates_are_a_model_that_runs(tmp_path, tool):
    program = tmp_path / "selftest"
    subprocess.run([tool("gcc"), *STRICT, *WHOLE, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "ecg_beat: 0 of 5 beats differ\n"


def test_every_switch_is_decided_by_the_plan_and_none_is_written():
    content = content_of(ExportPlan.of(random_model(0), "ecg_beat", "size", {}, False))
    text = (TEMPLATES / "module" / "switches.h").read_text()
    names = re.findall(r"^#define ECG_BEAT_(\w+) [01]$", text, re.M)
    assert sorted(content.switches) == sorted(names)
    for file in ("ecg_beat.h", "ecg_beat.c", "ecg_beat_selftest.c", "README.md"):
        text = emit(f"module/{file}", content)
        for name in names:
            assert not re.search(rf"\bECG_BEAT_{name}\b", text)


def assert_every_macro_is_used(model):
    content = content_of(
        ExportPlan.of(model, "ecg_beat", "size", {}, isinstance(model, DeviceChain))
    )
    text = emit("module/ecg_beat.c", content)
    for macro in re.findall(r"^#define (\w+)", text, re.M):
        assert len(re.findall(rf"\b{macro}\b", text)) > 1, macro


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "make", [random_model, random_model_of_rows, random_model_of_counts]
)
def test_every_macro_that_is_written_is_used(seed, make):
    assert_every_macro_is_used(make(seed))


@pytest.mark.parametrize(
    "features",
    [
        {},
        {"rr_features": None},
        {"rr_features": None, "relative_features": ["rr_prev_over_q50"]},
        {"relative_features": "all"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "options", [{}, {"detector": False}, {"latency": "immediate"}], ids=str
)
def test_every_macro_of_a_chain_is_used(features, options, synthetic_beats):
    features = {"normalize": "beat"} | features
    classifier = PrunedCNNClassifier(0.8, n_stages=1, n_epochs=1, random_state=0)
    pipeline = make_pipeline(BeatSegmenter(**features), classifier)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    chain = quantize(
        pipeline,
        synthetic_beats.records,
        sampling_rate=250,
        fine_tune_epochs=0,
        **options,
    )
    assert_every_macro_is_used(chain)


ARITHMETIC = {14507, 8107, 2733}
"""Of the logarithm."""


def is_of_fixed_point(number):
    """Tell whether a number is small, or a width, a half or a limit of some bits."""
    is_round = number & (number + 1) == 0 or number & (number - 1) == 0
    return number <= 32 or (is_round and not 64 < number < 8191)


@pytest.mark.parametrize(
    "part", [part for part in PARTS if part.parent.name in ("stream", "front_end")]
)
def test_numbers_of_the_algorithm_are_macros(part):
    text = re.sub(r"/\* generated.*?/\* end \*/", "", part.read_text(), flags=re.S)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    literals = re.findall(r"(?<![\w.])(0x[0-9A-Fa-f]+|\d+)u?\b", text)
    numbers = {int(literal, 0) for literal in literals} - ARITHMETIC
    assert list(filter(is_of_fixed_point, numbers)) == list(numbers)


def test_what_stands_between_marks_and_in_words_is_not_looked_at_again():
    content = content_of(
        ExportPlan.of(
            random_model(0), "af", "speed", {"note": "@LEADS@ ecg_beat"}, False
        )
    )
    assert " * note: @LEADS@ ecg_beat\n" in emit("module/ecg_beat.h", content)


def test_conditions_of_the_compiler_stay():
    theirs = ["#if defined(__SSE2__)", "b", "#else", "c", "#endif"]
    lines = ["#if OURS", "a", *theirs, "#else", "d", "#endif"]
    assert _decided_lines(lines, {"#if OURS": True}.get) == ["a", *theirs]
    assert _decided_lines(lines, {"#if OURS": False}.get) == ["d"]


def test_names_that_only_end_alike_stay():
    assert renamed("my_ecg_beat ecg_beats MY_ECG", "x") == "my_ecg_beat xs MY_ECG"


def test_every_template_is_part_of_the_package():
    root = Path(__file__).parents[3]
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["sklearn_ecg.edge.c"]
    for file in TEMPLATES.rglob("*.*"):
        path = str(file.relative_to(TEMPLATES.parent))
        assert any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def test_arrays_stand_in_braces():
    assert c_array(["1", "2"]) == "{ 1, 2 }"


def test_long_arrays_take_lines_that_a_backslash_joins():
    text = c_array([str(10**9 + number) for number in range(20)])
    lines = text.removeprefix("{ ").removesuffix(" }").split("\\\n")
    assert max(map(len, lines)) < 70
    numbers = "".join(lines).replace(" ", "").split(",")
    assert numbers == [str(10**9 + number) for number in range(20)]


def test_strings_escape_quotes_and_trigraphs():
    assert c_string('a "beat"??/') == r'"a \"beat\"?\?/"'


def test_comments_can_not_be_closed_or_continued_by_their_text():
    assert in_comment("99 % /* of */ what??/") == "99 % / * of * / what? ?/"


def test_line_ends_become_blanks():
    assert one_line("99 %\nof the beats") == "99 % of the beats"


def test_identifiers_are_unique_and_allowed_in_c():
    names = unique_identifiers(["N", "NUMBER_4", 3, "not a beat", "+"])
    assert names == ["N", "NUMBER_4", "3", "not_a_beat", "NUMBER_4_"]
