"""The models in the box."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from sklearn_ecg import (
    BeatStream,
    annotate,
    list_pretrained,
    load_pretrained,
)
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.metrics import compare_annotations
from sklearn_ecg.records import read_recording, recording_from_array

NAMES = ["ambulatory", "wearable"]


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return load_pretrained(request.param)


def test_the_list_says_what_there_is():
    table = list_pretrained()
    assert table.index.tolist() == NAMES
    assert (table["bytes"] < 300_000).all()
    assert table.loc["wearable", "n_nonzero"] <= 1500
    for name in NAMES:
        classifier = load_pretrained(name)[-1]
        assert table.loc[name, "n_nonzero"] == classifier.complexity_.n_nonzero


def test_one_looks_at_two_leads_and_the_other_at_one():
    assert type(load_pretrained()) is MultiLeadPipeline
    assert type(load_pretrained("wearable")) is Pipeline


def test_an_unknown_name_is_told_the_others():
    with pytest.raises(
        ValueError, match="'night': must be one of ambulatory, wearable"
    ):
        load_pretrained("night")


def test_the_card_says_what_it_was_made_of_and_what_it_is_not_for(model):
    card = model.card_
    text = str(card)
    for part in ("MIT-BIH Arrhythmia Database", "Open Data Commons", "Circulation"):
        assert part in text
    assert "Diagnosis" in card.not_for
    assert "pretrain.py" in card.made_by
    scores = pd.DataFrame(card.scores)
    of_v = scores[scores["class"] == "V"].set_index("database")["F1"]
    assert of_v.index.tolist() == ["mitdb", "svdb", "qtdb", "nstdb", "mitdb in noise"]
    assert of_v["mitdb"] > 0.85


@pytest.mark.parametrize("rate", [128, 250, 1000])
@pytest.mark.parametrize("leads", [("MLII", "V1"), ("ECG",), ("V5", "aVF")])
def test_recordings_of_any_rate_and_lead_are_labelled(model, rate, leads):
    made = make_ecg(
        1, duration=30, sampling_rate=rate, class_frequencies={"N": 1.0}, random_state=4
    )
    signal = made.records[0].p_signal[:, : len(leads)]
    recording = recording_from_array(signal, rate, list(leads))
    labels = annotate(recording, model).beats["label"]
    assert len(labels) == len(made.data)
    assert (labels == "N").mean() > 0.9


def test_labels_are_those_of_a_stream(model):
    signal = make_ecg(1, duration=30, random_state=4).records[0].p_signal
    recording = recording_from_array(signal, 360, ["MLII", "V1"])
    stream = BeatStream(model, 360, ["MLII", "V1"])
    parts = [stream.push(part) for part in np.array_split(signal, 70)]
    live = pd.concat([*parts, stream.flush()], ignore_index=True)
    expected = annotate(recording, model).beats
    pd.testing.assert_frame_equal(live, expected, check_dtype=False)


@pytest.mark.filterwarnings("ignore:Record 'in memory':UserWarning")  # It is told
def test_what_is_no_ecg_is_hardly_ever_called_ectopic(model):
    random = np.random.default_rng(0)
    n_samples = 360 * 300
    signals = {
        "flat": np.zeros(n_samples),
        "white noise": 0.3 * random.normal(size=n_samples),
        "ramps": np.arange(n_samples) % 3600 / 1800,
    }
    for name, signal in signals.items():
        labels = annotate(recording_from_array(signal, 360, "II"), model).beats["label"]
        n_called = labels.isin(["V", "S"]).sum()
        assert n_called <= max(2, 0.02 * len(labels)), name


def test_real_beats_are_labelled_right(model, mitdb):
    # It was trained on them: this is a check of the file, no measurement.
    for name, beat in (("119", "VEB"), ("208", "VEB"), ("209", "SVEB")):
        recording = read_recording(mitdb / name)
        annotations = annotate(recording, model).annotations()
        scores = compare_annotations(recording, test=annotations).scores
        assert scores.loc["QRS", "Se"] > 0.99
        assert scores.loc[beat, "F1"] > 0.6, name
