"""Chains in files: they come back as they were, and what is damaged is refused."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from gates import some_gate, some_lead_gate
from model_files import changed

from sklearn_ecg import annotate, load_model, load_pretrained, save_model
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import export_c, quantize
from sklearn_ecg.edge.twin._gate import Gate
from sklearn_ecg.models import ModelCard


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=2, duration=60, random_state=0)


@pytest.fixture(scope="module")
def chain(beats):
    chain = quantize(
        load_pretrained("wearable"),
        beats.records,
        sampling_rate=250,
        fine_tune_epochs=0,
    )
    chain.gate = some_gate(chain, beats.records[0])
    return chain


@pytest.fixture(scope="module")
def saved(chain, tmp_path_factory):
    path = tmp_path_factory.mktemp("chains") / "chain.ecg"
    return save_model(chain, path, card=ModelCard("A chain"))


def test_a_chain_comes_back_bit_for_bit(chain, saved, beats, tmp_path, monkeypatch):
    monkeypatch.setattr(pickle, "load", None)
    monkeypatch.setattr(pickle, "loads", None)
    loaded = load_model(saved)
    assert loaded.fingerprint_ == chain.fingerprint_
    assert loaded.card_.title == "A chain"
    for record in beats.records:
        of_both = (annotate(record, each).beats for each in (loaded, chain))
        pd.testing.assert_frame_equal(*of_both)
    notes = {"Data": "none"}
    for name, model in (("one", chain), ("other", loaded)):
        export_c(model, tmp_path / name, notes=notes)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()


def test_a_loaded_chain_is_saved_as_it_was(saved, tmp_path):
    again = save_model(load_model(saved), tmp_path / "again.ecg")
    assert again.read_bytes() == saved.read_bytes()


def inputs_of(content):
    chain = dict(content["steps"][0]["chain"]["dict"])
    return chain["inputs"]["dict"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("names", {"tuple": ["rr_prev", "os.system"]}, "no feature 'os.system'"),
        ("sampling_rate", 5, "'sampling_rate' parameter"),
        ("nonsense", 5, "nonsense"),
    ],
)
def test_what_no_chain_has_is_refused(field, value, message, saved, tmp_path):
    def change(content):
        inputs = inputs_of(content)
        inputs[:] = [pair for pair in inputs if pair[0] != field] + [[field, value]]

    path = changed(saved, tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match=message):
        load_model(path)


def test_weights_that_do_not_fit_are_refused(saved, tmp_path):
    weights = {"convolution_1.weight": np.zeros((3, 7, 5), dtype=np.int8)}
    path = changed(saved, tmp_path / "changed.ecg", lambda content: None, weights)
    with pytest.raises(ValueError, match="convolution_1 don't fit its inputs"):
        load_model(path)


def test_classes_that_are_not_those_of_the_network_are_refused(saved, tmp_path):
    def change(content):
        pairs = content["steps"][0]["chain"]["dict"]
        (classes,) = (value for name, value in pairs if name == "classes")
        del classes[-1]

    path = changed(saved, tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match="there are 5 classes, and 6 outputs"):
        load_model(path)


def test_features_that_are_not_those_of_the_network_are_refused(saved, tmp_path):
    def change(content):
        (names,) = (value for name, value in inputs_of(content) if name == "names")
        del names["tuple"][-1]

    path = changed(saved, tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match=r"there are \d+ features, and inputs for"):
        load_model(path)


def test_a_gate_that_is_of_other_features_is_refused(saved, tmp_path):
    def change(content):
        pairs = content["steps"][0]["chain"]["dict"]
        (gate,) = (value for name, value in pairs if name == "gate")
        del dict(gate["dict"])["centers"]["tuple"][-1]

    path = changed(saved, tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match="the gate is of other features"):
        load_model(path)


@pytest.fixture(scope="module")
def saved_in_two_leads(beats, tmp_path_factory):
    """A chain of two leads whose gate spares the second, and where it is saved."""
    model = MultiLeadPipeline(load_pretrained("wearable").steps, second_lead=("V1",))
    records = beats.records
    chain = quantize(model, records, sampling_rate=250, fine_tune_epochs=0)
    chain.gate = some_lead_gate(chain, records[0])
    return chain, save_model(chain, tmp_path_factory.mktemp("two") / "chain.ecg")


def test_a_gate_that_spares_a_lead_comes_back(saved_in_two_leads):
    chain, path = saved_in_two_leads
    loaded = load_model(path)
    assert loaded.gate == chain.gate
    assert loaded.fingerprint_ == chain.fingerprint_


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("label", 99, "the gate is of other classes"),
        ("label", 0.5, "the gate is of numbers that no device has"),
        ("limit", 2**31, "the gate is of numbers that no device has"),
    ],
)
def test_a_gate_that_no_device_has_is_refused(
    saved_in_two_leads, tmp_path, name, value, message
):
    def change(content):
        pairs = content["steps"][0]["chain"]["dict"]
        (gate,) = (value for name, value in pairs if name == "gate")
        for pair in gate["dict"]:
            if pair[0] == name:
                pair[1] = value

    path = changed(saved_in_two_leads[1], tmp_path / "changed.ecg", change)
    with pytest.raises(ValueError, match=message):
        load_model(path)


def test_a_gate_of_another_number_of_leads_is_refused(saved_in_two_leads, tmp_path):
    chain = copy.copy(saved_in_two_leads[0])
    chain.gate = Gate((0,), (1,), (1,), 3, (1, 0))
    path = save_model(chain, tmp_path / "other.ecg")
    with pytest.raises(ValueError, match="the gate is of another number of leads"):
        load_model(path)
