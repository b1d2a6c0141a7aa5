import os
import pickle

import joblib
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg._cli._pickle_names import names_in_pickle


class RunsSomething:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("compress", [0, 3, *[(c, 3) for c in ("gzip", "bz2", "xz")]])
def test_names_of_a_model_are_read_whatever_its_compression(
    pipeline, tmp_path, compress
):
    joblib.dump(pipeline, tmp_path / "model", compress=compress)
    found = names_in_pickle(tmp_path / "model")
    assert found.holds == "sklearn.pipeline.Pipeline"
    assert len(found.names) == len(set(found.names))
    names = {name.rpartition(".")[2] for name in found.names}
    assert {"BeatSegmenter", "PrunedCNNClassifier", "BeatCNN"} <= names
    assert {name.partition(".")[0] for name in found.names} <= {
        "_codecs",
        "collections",
        "joblib",
        "numpy",
        "sklearn",
        "sklearn_ecg",
        "torch",
    }


def test_nothing_in_the_file_is_run(tmp_path):
    path, made = tmp_path / "model", tmp_path / "made"
    joblib.dump([np.arange(10.0), RunsSomething(made), {"after": 1}], path)
    found = names_in_pickle(path)
    assert f"{os.mkdir.__module__}.mkdir" in found.names
    assert found.holds == "list"
    assert not made.exists()
    joblib.load(path)
    assert made.exists()


def test_what_is_hidden_in_an_array_of_objects_is_found(tmp_path):
    path, made = tmp_path / "model", tmp_path / "made"
    hidden = np.array([None, RunsSomething(made)], dtype=object)
    joblib.dump({"array": hidden, "after": np.arange(3)}, path)
    assert f"{os.mkdir.__module__}.mkdir" in names_in_pickle(path).names
    assert not made.exists()


@pytest.mark.parametrize("shape", [(0,), (3, 0), (7,), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["f8", "i2", "U5", "?"])
def test_arrays_of_all_kinds_are_passed_over(tmp_path, shape, dtype):
    array = np.zeros(shape, dtype=dtype)
    joblib.dump([array, np.asfortranarray(array), BeatSegmenter()], tmp_path / "model")
    names = names_in_pickle(tmp_path / "model").names
    assert names[-1].endswith(".BeatSegmenter")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_plain_pickle_is_read_too(tmp_path, protocol):
    model = make_pipeline(BeatSegmenter(), PrunedCNNClassifier())
    (tmp_path / "model").write_bytes(pickle.dumps(model, protocol))
    assert names_in_pickle(tmp_path / "model").holds == "sklearn.pipeline.Pipeline"


@pytest.mark.parametrize(
    "content", [b"", b"no pickle at all", b"\x80\x04}\x94(", b"x\x9cdamaged"]
)
def test_a_file_that_is_no_pickle_is_named(tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(ValueError, match="no model file that can be looked into"):
        names_in_pickle(tmp_path / "model")
