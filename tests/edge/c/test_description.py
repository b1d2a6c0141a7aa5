import json
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from random_models import random_model, random_model_of_counts, random_model_of_rows
from sklearn.base import clone

from sklearn_ecg.edge import export_c, play, profile
from sklearn_ecg.edge.c._description import read_description


def described(model, directory, **options):
    files = export_c(model, directory, **options)
    name = options.get("name", "ecg_beat")
    return json.loads((directory / f"{name}.json").read_text("utf-8")), files


def test_a_chain_says_what_a_program_has_to_know(chain, tmp_path):
    content, files = described(chain, tmp_path, name="heart", package="zephyr")
    assert content["kind"] == "chain"
    assert content["is_told"] is False
    assert content["name"] == "heart"
    assert content["model"] == chain.fingerprint_
    assert content["classes"] == chain.classes_.tolist()
    assert content["sampling_rate"] == 250
    paths = [file.relative_to(tmp_path).as_posix() for file in files]
    assert content["files"] == sorted(paths)
    assert content["facts"]["SHA-256 of the integers"] == chain.fingerprint_
    features, scaling = content["features"], chain.feature_scaling
    assert [each["name"] for each in features] == list(scaling.names)
    assert [each["low"] for each in features] == list(scaling.low)
    assert [each["multiplier"] for each in features] == list(scaling.multiplier)
    assert [each["place"] for each in features] == list(range(len(features)))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (random_model, "window"),
        (random_model_of_rows, "row"),
        (random_model_of_counts, "row"),
    ],
)
def test_sizes_are_those_of_the_header(make, kind, tmp_path):
    for seed in range(4):
        content, (header, *_) = described(make(seed), tmp_path)
        assert content["kind"] == kind
        text = header.read_text()
        for name in ("n_inputs", "n_classes", "activation_bytes", "scratch_bytes"):
            assert f"#define ECG_BEAT_{name.upper()} {content[name]}\n" in text


def test_the_selftest_is_what_the_twin_says(quantized, chain, tmp_path):
    export_c(quantized, tmp_path / "window")
    of_windows = read_description(tmp_path / "window")
    windows, intervals = of_windows.table("windows"), of_windows.table("intervals")
    shaped = windows.reshape(-1, *quantized.inputs.window_shape)
    logits = quantized.device_logits(shaped, intervals)
    assert_array_equal(of_windows.table("logits"), logits)

    export_c(chain, tmp_path / "chain")
    of_chain = read_description(tmp_path / "chain")
    events = chain.run(of_chain.table("samples"))
    assert_array_equal(of_chain.table("events")[:, 0], events["sample"])
    codes = of_chain.table("events")[:, 1]
    assert_array_equal(chain.classes_[codes], events["label"])


def test_it_is_sorted_json_of_short_numbers_whatever_labels_and_notes_are(
    quantized, tmp_path
):
    labels = np.array(["N", "\udc80", 7, 0.5, None], dtype=object)
    odd = clone(quantized).set_params(classes=labels)
    content, files = described(odd, tmp_path, notes={"Né": 'a "note"\n'})
    assert content["classes"] == labels.tolist()
    assert content["facts"]["Né"] == 'a "note"\n'
    assert list(content) == sorted(content)
    assert files[-1].read_bytes().endswith(b"\n}\n")


@pytest.mark.parametrize("use", [profile, lambda where: play(where, None, [])])
def test_an_export_of_an_earlier_version_is_refused(use, chain, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda program: program)
    export_c(chain, tmp_path, package="platformio")
    description = tmp_path / "ecg_beat.json"
    text = description.read_text()
    description.write_text(re.sub('"format": .', '"format": 0', text))
    with pytest.raises(ValueError, match=r"ecg_beat.json .* another .*: export again"):
        use(tmp_path)
    description.write_text("{")
    with pytest.raises(FileNotFoundError, match=r"has 0 .*: export again"):
        use(tmp_path)


def test_of_two_exports_both_are_named(quantized, tmp_path):
    export_c(quantized, tmp_path)
    (tmp_path / "b.json").write_bytes((tmp_path / "ecg_beat.json").read_bytes())
    with pytest.raises(FileNotFoundError, match=r"2 .* \(b.json, ecg_beat.json\)"):
        profile(tmp_path)


def test_the_description_does_not_replace_a_file_of_platformio(quantized, tmp_path):
    with pytest.raises(ValueError, match=r"library.json is PlatformIO's"):
        export_c(quantized, tmp_path / "new", "library", package="platformio")
    assert not (tmp_path / "new").exists()
