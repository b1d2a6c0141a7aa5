"""Models in files: they come back as they were, and what is damaged is refused."""

import os
import pickle
import stat

import joblib
import numpy as np
import pandas as pd
import pytest
from model_files import changed
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    PrunedCNNClassifierCV,
    load_model,
    make_beat_pipeline,
    save_model,
)
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.models import ModelCard, read_card
from sklearn_ecg.models._file import FORMAT, is_model_file

QUICK = {"n_epochs": 1, "n_stages": 1, "stage_epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=2, duration=60, random_state=0)


@pytest.fixture(scope="module")
def model(beats):
    return make_beat_pipeline(**QUICK).fit(beats.data, beats.target)


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    card = ModelCard("A test", scores=[{"class": "V", "F1": 0.5}])
    return save_model(model, tmp_path_factory.mktemp("models") / "model.ecg", card=card)


@pytest.fixture
def small():
    random = np.random.RandomState(0)
    return random.randn(60, 40).astype(np.float32), random.randint(0, 3, 60)


def test_a_pipeline_comes_back_bit_for_bit(model, saved, beats, monkeypatch):
    monkeypatch.setattr(pickle, "load", None)
    monkeypatch.setattr(pickle, "loads", None)
    loaded = load_model(saved)
    np.testing.assert_array_equal(
        loaded.predict_proba(beats.data), model.predict_proba(beats.data)
    )
    assert str(loaded) == str(model)
    for one, other in zip(loaded, model, strict=True):
        # Those of a segmenter's times are arrays.
        assert repr(one.get_params()) == repr(other.get_params())
        assert {name for name in vars(one) if name.endswith("_")} == {
            name for name in vars(other) if name.endswith("_")
        }
    assert loaded[-1].stages_ == model[-1].stages_
    assert loaded[-1].complexity_ == model[-1].complexity_


def test_a_loaded_model_can_be_cloned_fitted_and_saved_again(saved, beats, tmp_path):
    loaded = load_model(saved)
    again = save_model(loaded, tmp_path / "again.ecg")
    assert again.read_bytes() == saved.read_bytes()
    clone(loaded).fit(beats.data, beats.target)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"structure": "channel"},
        {"structure": "pair", "schedule": [0.4, 0.6], "stage_epochs": (1, 1)},
        {"module": "acharya2017"},
        {
            "module_params": {"n_hidden": np.int64(8)},
            "class_weight": {0: 1, 1: 2.5, 2: 1},
        },
        {"min_recall": {1: 0.0}},
        {"random_state": np.random.RandomState(3)},
    ],
    ids=lambda parameters: " ".join(parameters) or "defaults",
)
def test_a_classifier_comes_back_bit_for_bit(parameters, small, tmp_path):
    X, y = small
    fitted = PrunedCNNClassifier(**QUICK | parameters).fit(X, y)
    loaded = load_model(save_model(fitted, tmp_path / "model.ecg"))
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.classes_.dtype == fitted.classes_.dtype
    assert loaded.complexity_ == fitted.complexity_
    assert getattr(loaded, "recall_floors_", 0) == getattr(fitted, "recall_floors_", 0)
    assert loaded.sample_range_ == fitted.sample_range_


@pytest.mark.parametrize(
    "labels",
    [["N", "V", "S"], [True, False, True], np.array(["a", "b", "c"], dtype=object)],
    ids=["text", "truth", "objects"],
)
def test_labels_of_any_kind_come_back(labels, small, tmp_path):
    X, y = small
    y = np.array(labels)[y]
    fitted = PrunedCNNClassifier(**QUICK).fit(X, y)
    loaded = load_model(save_model(fitted, tmp_path / "model.ecg"))
    assert loaded.predict(X).tolist() == fitted.predict(X).tolist()


def test_of_a_search_the_classifier_chosen_is_saved(small, tmp_path):
    X, y = small
    search = PrunedCNNClassifierCV(
        PrunedCNNClassifier(**QUICK), sparsities=[0, 0.5], cv=2
    ).fit(X, y)
    loaded = load_model(save_model(search, tmp_path / "model.ecg"))
    assert type(loaded) is PrunedCNNClassifier
    np.testing.assert_array_equal(loaded.predict_proba(X), search.predict_proba(X))


def own_network(n_channels, n_samples, n_rhythm, n_classes):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(n_channels * n_samples, n_classes)

        def forward(self, signal, rhythm):
            return self.layer(signal.flatten(1))

    return Own()


def test_a_network_of_ones_own_is_made_by_what_is_given(small, tmp_path):
    X, y = small
    fitted = PrunedCNNClassifier(module=own_network, **QUICK).fit(X, y)
    path = save_model(fitted, tmp_path / "model.ecg")
    loaded = load_model(path, module=own_network)
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(ValueError, match="give the class or function that makes it"):
        load_model(path)


def test_module_is_for_networks_of_ones_own_only(saved):
    with pytest.raises(ValueError, match="its network is 'twobranch': leave out"):
        load_model(saved, module=own_network)


def test_the_card_is_read_without_the_weights(saved, model):
    card = read_card(saved)
    assert card == load_model(saved).card_
    assert card.title == "A test"
    assert not hasattr(model, "card_")


@pytest.mark.parametrize(
    "wrong",
    [
        make_pipeline(BeatSegmenter(), LogisticRegression()),
        LogisticRegression(),
        make_pipeline(LogisticRegression(), PrunedCNNClassifier()),
    ],
    ids=["last", "alone", "first"],
)
def test_what_is_not_ours_is_refused(wrong, tmp_path):
    with pytest.raises(TypeError, match=r"not .*LogisticRegression.*joblib\.dump"):
        save_model(wrong, tmp_path / "model.ecg")
    assert not any(tmp_path.iterdir())


def test_a_model_that_is_not_fitted_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        save_model(make_beat_pipeline(), tmp_path / "model.ecg")


def test_a_parameter_that_is_no_plain_value_is_refused_by_name(small, tmp_path):
    X, y = small
    fitted = PrunedCNNClassifier(**QUICK).fit(X, y)
    fitted.set_params(module_params={"activation": print})
    with pytest.raises(TypeError, match=r"parameter module_params .*joblib"):
        save_model(fitted, tmp_path / "model.ecg")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model file '.*none\.ecg'"):
        load_model(tmp_path / "none.ecg")


def test_a_file_of_a_later_version_says_what_to_do(saved, tmp_path):
    def later(content):
        content.update(format=FORMAT + 1, version="9.0")

    path = changed(saved, tmp_path / "later.ecg", later)
    for read in (load_model, read_card):
        with pytest.raises(ValueError, match=r"by sklearn_ecg 9\.0.*pip install --upg"):
            read(path)


def of_version_0_2(content):
    content.update(format=1, version="0.2.0")


def test_a_model_of_the_features_of_before_is_refused_with_what_to_do(saved, tmp_path):
    path = changed(saved, tmp_path / "before.ecg", of_version_0_2)
    with pytest.raises(ValueError, match=r"by sklearn_ecg 0\.2\.0.*Train it anew"):
        load_model(path)


def test_a_model_without_them_is_read_as_before(beats, tmp_path):
    model = make_beat_pipeline("known", **QUICK).fit(beats.data, beats.target)
    saved = save_model(model, tmp_path / "known.ecg")
    loaded = load_model(changed(saved, tmp_path / "before.ecg", of_version_0_2))
    np.testing.assert_array_equal(
        loaded.predict_proba(beats.data), model.predict_proba(beats.data)
    )


def _set(*place):
    *where, name, value = place

    def change(content):
        for key in where:
            content = content[key]
        content[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("steps", 0, "kind", "os.system"), "no estimator 'os.system'"),
        (_set("steps", 1, "network", "os.system"), "no network 'os.system'"),
        (_set("steps", 0, "parameters", "colour", "red"), "has no parameter colour"),
        (_set("steps", 0, "parameters", "before", -1), "'before' parameter"),
        (_set("steps", 1, "parameters", "sparsity", {"set": [1]}), "it holds"),
        (_set("steps", 1, "parameters", "sparsity", 3), "'sparsity' parameter"),
        (_set("steps", 1, "layout", [1, 126, 3, None]), "not those of its network"),
        (_set("steps", 1, "classes", "dtype", "V8"), "can't be of the type"),
        (_set("steps", 1, "columns", ["a"]), "columns of its steps differ"),
        (_set("steps", 1, "stages", {"dict": [[{"dict": []}, 1]]}), "it holds the key"),
        (_set("steps", []), "it has no steps"),
        (_set("steps", [3]), "can't be loaded"),
        (_set("card", {"title": "a", "colour": "red"}), "not colour"),
        (lambda content: content["steps"].reverse(), "ends with no classifier"),
        (lambda content: content.pop("card"), "'card'"),
    ],
)
def test_unknown_content_is_refused(change, message, saved, tmp_path):
    path = changed(saved, tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match=message):
        load_model(path)


def test_weights_of_another_network_or_without_value_are_refused(saved, tmp_path):
    path = tmp_path / "changed.ecg"
    name = "morphology.weight"
    with safe_open(saved, framework="numpy") as file:
        weight = file.get_tensor(name)
    for unfit, message in (
        ({name: weight[:, :3].copy()}, "not those of its network"),
        ({name: np.full_like(weight, np.nan)}, "not finite"),
        ({"more": weight}, "not those of its network"),
    ):
        changed(saved, path, lambda content: None, unfit)
        with pytest.raises(ValueError, match=message):
            load_model(path)


def test_a_network_that_would_fill_the_memory_is_never_made(saved, tmp_path):
    huge = {"dict": [["n_hidden", 10**9]]}
    change = _set("steps", 1, "parameters", "module_params", huge)
    path = changed(saved, tmp_path / "huge.ecg", change)
    with pytest.raises(ValueError, match="can't be loaded"):
        load_model(path)


def test_a_file_cut_short_anywhere_is_refused(saved, tmp_path):
    content = saved.read_bytes()
    path = tmp_path / "cut.ecg"
    for length in [*range(0, 200, 7), *range(200, len(content), len(content) // 40)]:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"cut\.ecg can't be loaded"):
            load_model(path)


def test_a_file_with_any_bit_changed_is_refused(saved, tmp_path):
    content, path = bytearray(saved.read_bytes()), tmp_path / "flipped.ecg"
    random = np.random.RandomState(0)
    places = [*random.randint(len(content), size=60), *random.randint(9000, size=100)]
    for place in places:
        flipped = content.copy()
        flipped[place] ^= 1 << random.randint(8)
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match=r"flipped\.ecg "):
            load_model(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"0" * 300, b"x" * 5000])
def test_a_file_of_anything_else_is_refused(content, tmp_path):
    path = tmp_path / "other.ecg"
    path.write_bytes(content)
    assert not is_model_file(path)
    with pytest.raises(ValueError, match="a file of something else"):
        load_model(path)


class RunsSomething:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["night.edf", "model.joblib", "model.ecg"])
@pytest.mark.parametrize("compress", [0, 3, *[(c, 3) for c in ("gzip", "bz2", "xz")]])
def test_a_pickle_is_never_opened_whatever_its_name(tmp_path, name, compress):
    path, made = tmp_path / name, tmp_path / "made"
    joblib.dump(RunsSomething(made), path, compress=compress)
    for read in (load_model, read_card):
        with pytest.raises(ValueError, match=r"is a pickle.*If you trust it") as error:
            read(path)
    assert not made.exists()
    assert "\n" not in str(error.value)


def test_what_a_pickle_is_told_to_do_turns_it_into_a_model(model, tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    with pytest.raises(ValueError, match="in Python: ") as error:
        load_model(path)
    exec(str(error.value).partition("in Python: ")[2])
    X = make_ecg(1, duration=20, random_state=0).data
    expected = model.predict_proba(X)
    np.testing.assert_array_equal(
        load_model(path.with_suffix(".ecg")).predict_proba(X), expected
    )


@pytest.mark.parametrize("content", [b"", b"cos\nmkdir\n."])
def test_a_name_of_pickles_is_enough(tmp_path, content):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is a pickle"):
        load_model(path)


def test_a_model_of_another_version_that_cannot_be_read_says_which(saved, tmp_path):
    def other(content):
        content["version"] = "0.0.1"
        content["steps"][0]["parameters"]["colour"] = "red"

    path = changed(saved, tmp_path / "other.ecg", other)
    with pytest.raises(ValueError, match=r"no parameter colour.*sklearn_ecg 0\.0\.1"):
        load_model(path)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="a file of something else"):
        load_model(path)


def test_a_file_is_written_whole_or_not_at_all(model, tmp_path):
    path = tmp_path / "model.ecg"
    path.write_text("before")
    unfit = ModelCard("a", scores=[{"F1": float("nan")}])
    with pytest.raises(ValueError, match="JSON"):
        save_model(model, path, card=unfit)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["model.ecg"]


def test_others_can_read_a_saved_model(model, tmp_path):
    path = save_model(model, tmp_path / "model.ecg")
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(os.stat(path).st_mode) == stat.S_IMODE(os.stat(plain).st_mode)


def test_a_saved_model_reads_other_leads(saved):
    other = make_ecg(n_records=1, duration=20, leads=("V1",), random_state=0)
    loaded = load_model(saved).set_params(segment__lead="V1")
    assert len(loaded.predict(other.data)) == len(other.data)
    assert isinstance(other.data, pd.DataFrame)
