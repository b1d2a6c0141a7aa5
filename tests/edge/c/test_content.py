import re
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from compiled import STRICT
from numpy.testing import assert_array_equal
from random_models import (
    random_model,
    random_model_of_counts,
    random_model_of_rows,
)
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg._constants import PACKAGE_NAMES
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.edge import DeviceChain, export_c, profile, quantize
from sklearn_ecg.edge.c._selftest import UNCLASSIFIED_CODE
from sklearn_ecg.edge.twin._front_end import FLAGS, SECOND_LEAD
from sklearn_ecg.rhythm import EpisodeFinder


def output_of(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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


def long_words(model):
    """Return a copy whose labels, and whose leads if it has any, are long words."""
    labels = [f"a class of beats, number {code}" for code in range(len(model.classes_))]
    copy = clone(model).set_params(classes=np.array(labels, dtype=object))
    if isinstance(model, DeviceChain):
        copy.set_params(lead=tuple(f"precordial lead V{n}" for n in range(12)))
    return copy


@pytest.mark.parametrize("kind", ["chain", "window", "row", "lanes"])
def test_no_line_of_c_is_longer_than_a_hundred_columns(kind, chain, tmp_path, tool):
    models = {"window": random_model(3), "row": random_model_of_rows(1)}
    model = long_words(models.get(kind, chain))
    notes = {"Data": "some words " * 40, "A long key " * 20: "", "A path": "x/" * 99}
    optimize = "fast" if kind == "lanes" else "size"
    export_c(model, tmp_path, notes=notes, optimize=optimize)
    sources = [*tmp_path.glob("*.c"), *tmp_path.glob("*.h")]
    for line in "\n".join(file.read_text() for file in sources).split("\n"):
        assert len(line) <= 100, line
    output_of([tool("gcc"), *STRICT, "-c", *tmp_path.glob("*.c")], tmp_path)
    text = " ".join((tmp_path / "ecg_beat.h").read_text().replace("\n *", "").split())
    assert "some words " * 40 in text
    if isinstance(model, DeviceChain):
        assert " or ".join(model.lead) in text


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
    given[-1, 1] = 3500  # The recording goes on, and no beat follows in time.
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
    text = " ".join(header.read_text().replace("\n *", "").split())
    assert "random_state=RandomState, " in text
    assert "sparsity=0.75" in text
    assert "module_params={'conv_channels': [4, 4], 'kernel_sizes': (5, 3)}" in text
    beats = len(synthetic_beats.data)
    assert f" Calibrated on: {beats} beats, at 250 counts per mV " in text


def test_every_file_names_its_licence(quantized, tmp_path):
    files = export_c(quantized, tmp_path)
    for file in (file for file in files if file.suffix != ".json"):
        text = file.read_text()
        assert "SPDX-License-Identifier: BSD-3-Clause" in text
        assert "SPDX-FileCopyrightText: the sklearn_ecg developers" in text


def test_the_default_writes_nothing_that_only_decoders_need(quantized, tmp_path):
    export_c(quantized, tmp_path)
    text = (tmp_path / "ecg_beat.c").read_text()
    for name in ("decode", "n_weights", "kernel_size", "row_step", "put_pair", "NULL)"):
        assert name not in text
    assert not re.search(r"if \([01]\)", text)
    assert f"n_outputs = {len(quantized.classes_)}" in text
    struct = re.search(r"typedef struct ecg_beat_layer {(.*?)}", text, re.S)[1]
    for field in re.findall(r"(\w+)(?:, (\w+))?;", struct):
        for name in filter(None, field):
            assert f"l->{name}" in text


def test_size_has_no_branch_that_is_never_taken(quantized, tmp_path):
    export_c(quantized, tmp_path, optimize="size")
    assert not re.search(r"if \([01]\)", (tmp_path / "ecg_beat.c").read_text())


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_labels_have_names_in_c(compiler, quantized, tmp_path, tool):
    labels = np.array(["N", "not a beat", 7, "+", "N "], dtype=object)
    export_c(clone(quantized).set_params(classes=labels), tmp_path)
    (tmp_path / "labels.c").write_text(
        '#include "ecg_beat.h"\n#include <stdio.h>\n'
        "int main(void) {\n"
        "    const enum ecg_beat_label label = ECG_BEAT_LABEL_not_a_beat;\n"
        '    printf("%d%d%d%d%d", ECG_BEAT_LABEL_N, (int)label, ECG_BEAT_LABEL_7,\n'
        "           ECG_BEAT_LABEL_NUMBER_3, ECG_BEAT_LABEL_NUMBER_4);\n"
        "    return 0;\n}\n"
    )
    output_of([tool(compiler), *STRICT, "labels.c", "-o", "labels"], tmp_path)
    assert output_of([tmp_path / "labels"], tmp_path) == "01234"


def test_flags_of_events_are_those_of_the_twin(chain, tmp_path):
    header, *_ = export_c(chain, tmp_path)
    text = header.read_text()
    flags = re.findall(r"ECG_BEAT_FLAG_(\w+) = (\d+)", text)
    of_two_leads = {"second_lead": SECOND_LEAD}
    assert {name.lower(): int(bit) for name, bit in flags} | of_two_leads == FLAGS
    assert f"ECG_BEAT_UNCLASSIFIED = {UNCLASSIFIED_CODE} " in text


def test_rows_are_explained_instead_of_a_device(tmp_path):
    header, *_ = export_c(random_model_of_rows(1), tmp_path)
    for file in (header, tmp_path / "README.md"):
        text = file.read_text()
        assert "R peak" not in text
        assert "rr_prev" not in text
        assert "row" in text
        assert "counts per mV" not in text


def test_counts_of_rows_are_explained_where_their_scale_is_known(tmp_path):
    for make, is_known in [
        (random_model_of_rows, False),
        (random_model_of_counts, True),
    ]:
        quantized = make(1)
        header, *_ = export_c(quantized, tmp_path)
        scale = f"{1 / quantized.inputs.row_scaling.scale:.10g}"
        for file in (header, tmp_path / "README.md"):
            text = " ".join(file.read_text().replace("\n *", " ").split())
            assert (f"is worth {scale} in the unit of" in text) == is_known
        assert ("SAMPLE_LIMIT 32767\n" in header.read_text()) == is_known


def test_weights_that_are_loaded_in_pairs_begin_at_even_addresses(tmp_path, tool):
    export_c(random_model(3), tmp_path)
    command = [tool("arm-none-eabi-gcc"), "-mcpu=cortex-m4", "-mthumb", "-Os"]
    command += ["-fdata-sections", "-c", "ecg_beat.c", "-o", "module.o"]
    output_of(command, tmp_path)
    sections = output_of(["arm-none-eabi-objdump", "-h", "module.o"], tmp_path)
    powers = re.findall(r"rodata\.\w+_code .*2\*\*(\d)$", sections, re.M)
    assert powers
    assert "0" not in powers


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_header_says_what_aligned_loads_cost(
    activations, pipeline, synthetic_beats, tmp_path, tool
):
    for program in ("arm-none-eabi-gcc", "qemu-system-arm"):
        tool(program)
    quantized = quantize(pipeline, synthetic_beats.data, activations=activations)
    header, *_ = export_c(quantized, tmp_path)
    text = " ".join(header.read_text().replace("\n *", " ").split())
    said = re.search(r"-mno-unaligned-access: the same logits, in ([\d.]+) times", text)
    aligned = profile(tmp_path, options="-O2 -mno-unaligned-access")
    assert aligned.n_different == 0
    ratio = aligned.instructions / profile(tmp_path).instructions
    assert abs(ratio / float(said[1]) - 1) < 0.1


def test_the_readme_says_when_fibrillation_is_told(chain, tmp_path):
    export_c(chain, tmp_path)
    text = " ".join((tmp_path / "README.md").read_text().split())
    said = re.search(r"AF is told when (\d+) seconds .* and (\d+) more intervals", text)
    seconds, n_more = map(int, said.groups())
    # Regular at first, and then not any more.
    rng = np.random.default_rng(0)
    intervals = np.r_[rng.integers(98, 102, 300), rng.integers(50, 140, 300)]
    beats = np.cumsum(intervals)
    finder = EpisodeFinder(100)
    told = (finder.push([beat], ["N"]) for beat in beats.tolist())
    number, first = next(
        (number, episode.start)
        for number, episodes in enumerate(told)
        for episode in episodes.itertuples()
        if episode.kind == "AF"
    )
    assert number == np.argmax(beats / 100 >= first + seconds) + n_more


def test_the_readme_says_what_is_beside_the_c(chain, tmp_path):
    export_c(chain, tmp_path, "heart", package=PACKAGE_NAMES)
    text = (tmp_path / "README.md").read_text()
    for folder in tmp_path.glob("*/heart*/"):
        assert f"`{folder.relative_to(tmp_path)}" in text
    for file in (tmp_path / "Kconfig", tmp_path / "zephyr" / "Kconfig"):
        options = re.findall(r"^\s*config (\w+)$", file.read_text(), re.M)
        assert options
        assert all(f"`CONFIG_{option}`" in text for option in options)
    pack = ET.parse(tmp_path / "sklearn_ecg.heart.pdsc").getroot()
    for each in pack.iter("component"):
        name = ":".join(each.get(key) for key in ("Cclass", "Cgroup", "Csub"))
        assert f"`{name}`" in text
    export_c(chain, tmp_path / "alone")
    assert "## In a project" not in (tmp_path / "alone" / "README.md").read_text()
