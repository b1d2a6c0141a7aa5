from pathlib import Path

import joblib
import pytest
from command_line import QUICK, assert_fails, run
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    load_pretrained,
    save_model,
)
from sklearn_ecg._cli import _model_files
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import quantize_chain


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (None, ["There is no model file"]),
        (b"", ["no model file", "EOFError"]),
        (b"no pickle at all", ["no model file"]),
        ({"weights": 1}, ["type dict", "Pipeline"]),
        (make_pipeline(RandomForestClassifier()), ["starts with a RandomForest"]),
        (make_pipeline(BeatSegmenter(), PrunedCNNClassifier()), ["not fitted"]),
    ],
)
def test_a_file_that_is_no_model_is_named(tmp_path, capsys, content, saying):
    path = tmp_path / "model.joblib"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        joblib.dump(content, path)
    assert_fails(capsys, "info", "--trust", path, saying=[str(path), *saying])
    assert_fails(capsys, "evaluate", path, tmp_path, saying=[str(path), *saying])


def test_a_chain_is_told_where_it_opens(tmp_path, capsys):
    recordings = make_ecg(1, duration=60, random_state=0).records
    chain = quantize_chain(
        load_pretrained("wearable"), recordings, sampling_rate=250, fine_tune_epochs=0
    )
    path = save_model(chain, tmp_path / "chain.ecg")
    for command in (("info", path), ("export", path, tmp_path / "firmware")):
        saying = [str(path), "load_model opens it", "export_c writes its C"]
        assert_fails(capsys, *command, saying=saying)


@pytest.mark.parametrize("before", [None, b"the model of yesterday"])
def test_failed_write_leaves_what_was_there_and_nothing_else(
    records, tmp_path, capsys, monkeypatch, before
):
    def dump_half(_model, path):
        Path(path).write_bytes(b"half of a mod")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(_model_files.joblib, "dump", dump_half)
    out = tmp_path / "model.joblib"
    if before is not None:
        out.write_bytes(before)
    arguments = ("train", records, "--out", out, *QUICK)
    assert_fails(capsys, *arguments, saying=["No space left on device"])
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [before] * bool(before)


def test_a_model_is_written_through_a_link_and_into_a_device(records, tmp_path):
    link = tmp_path / "newest.joblib"
    link.symlink_to("first.joblib")
    assert run("train", records, "--out", link, *QUICK) == 0
    assert link.is_symlink()
    assert _model_files.load_model(tmp_path / "first.joblib").classes_.size
    assert run("train", records, "--out", "/dev/null", *QUICK) == 0
    assert Path("/dev/null").is_char_device()


def test_a_classifier_alone_is_a_model_where_that_is_enough(model, tmp_path, capsys):
    path = tmp_path / "classifier"
    joblib.dump(joblib.load(model)[-1], path)
    assert isinstance(
        _model_files.load_model(path, or_classifier=True), PrunedCNNClassifier
    )
    assert_fails(
        capsys, "evaluate", path, tmp_path, saying=["type PrunedCNNClassifier"]
    )
    joblib.dump(PrunedCNNClassifier(), path)
    assert_fails(capsys, "info", "--trust", path, saying=["was not fitted"])
