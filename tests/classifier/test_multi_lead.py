"""A Pipeline that looks at a beat in two leads."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ecg import (
    BeatSegmenter,
    BeatStream,
    PrunedCNNClassifier,
    adapt,
    annotate,
    load_model,
    make_beat_pipeline,
    save_model,
)
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.records import recording_from_array

QUICK = {"n_epochs": 2, "n_stages": 1, "stage_epochs": 1, "random_state": 0}
RATE = 360


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=2, duration=60, leads=("MLII", "V1"), random_state=0)


@pytest.fixture(scope="module")
def model(beats):
    pipeline = make_beat_pipeline(second_lead=("V5", "V1"), **QUICK)
    return pipeline.fit(beats.data, beats.target)


def in_one_lead(model, lead):
    """Return the model's steps, as a Pipeline that reads another lead."""
    segmenter, classifier = model
    segmenter = clone(segmenter).set_params(lead=lead)._name_outputs()
    segmenter.feature_names_out_ = model[0].feature_names_out_
    return Pipeline([("segment", segmenter), ("classify", classifier)])


def test_logarithms_of_probabilities_are_averaged_over_the_leads(model, beats):
    mean = np.mean(
        [
            in_one_lead(model, lead).predict_log_proba(beats.data)
            for lead in ("MLII", "V1")
        ],
        axis=0,
    )
    expected = np.exp(mean) / np.exp(mean).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(beats.data), expected, rtol=1e-6)
    np.testing.assert_array_equal(
        model.predict(beats.data), model.classes_[expected.argmax(axis=1)]
    )
    accuracy = np.mean(model.predict(beats.data) == beats.target)
    assert model.score(beats.data, beats.target) == accuracy


def test_fit_sees_the_beats_in_both_leads(beats):
    class Seen(PrunedCNNClassifier):
        def fit(self, X, y, groups=None, sample_weight=None):
            self.seen = X, y, groups
            return super().fit(X, y, groups, sample_weight)

    pipeline = MultiLeadPipeline([("s", BeatSegmenter()), ("c", Seen(**QUICK))])
    pipeline.fit(beats.data, beats.target, c__groups=beats.groups)
    X, y, groups = pipeline[-1].seen
    assert len(X) == len(y) == len(groups) == 2 * len(beats.data)
    with config_context(enable_metadata_routing=True):
        pipeline.fit(beats.data, beats.target, groups=beats.groups)
    np.testing.assert_array_equal(pipeline[-1].seen[2], groups)
    np.testing.assert_array_equal(y, np.tile(beats.target, 2))
    np.testing.assert_array_equal(groups, np.tile(beats.groups, 2))
    # In the second half, the windows are those of V1.
    v1 = BeatSegmenter("V1").fit_transform(beats.data).to_numpy()
    np.testing.assert_array_equal(X.to_numpy()[len(beats.data) :], v1)


def test_a_recording_of_one_lead_is_labelled_by_that(model):
    alone = make_ecg(n_records=1, duration=30, leads=("MLII",), random_state=3)
    np.testing.assert_allclose(
        model.predict_proba(alone.data),
        in_one_lead(model, "MLII").predict_proba(alone.data),
        rtol=1e-6,
    )


def two_leads(second):
    """Return a recording whose second lead is given, and its beat table."""
    made = make_ecg(n_records=1, duration=30, random_state=3)
    first = made.records[0].p_signal[:, 0]
    signal = np.column_stack([first, second(first)])
    recording = recording_from_array(signal, RATE, ["MLII", "V1"])
    return recording, beat_table(recording, made.data["sample"].to_numpy())


@pytest.mark.parametrize(
    "second",
    [np.zeros_like, lambda first: np.full_like(first, np.nan)],
    ids=["flat", "missing"],
)
def test_a_second_lead_that_is_off_is_not_looked_at(second, model):
    _, table = two_leads(second)
    expected = in_one_lead(model, "MLII").predict_proba(table)
    np.testing.assert_allclose(model.predict_proba(table), expected, rtol=1e-6)


def test_a_beat_that_one_lead_misses_is_labelled_by_the_other(model):
    recording, table = two_leads(lambda first: -first)
    signal = np.column_stack(list(recording.read(["MLII", "V1"]).values()))
    signal[5 * RATE : 8 * RATE, 0] = np.nan
    gap = recording_from_array(signal, RATE, ["MLII", "V1"])
    table = beat_table(gap, table["sample"].to_numpy())
    with pytest.warns(UserWarning, match="without signal"):
        labels = model.predict(table)
    assert len(labels) == len(table)
    signal[6 * RATE : 7 * RATE] = np.nan
    silent = recording_from_array(signal, RATE, ["MLII", "V1"])
    with (
        pytest.warns(UserWarning, match="without signal"),
        pytest.raises(ValueError, match="a signal in no lead: rows "),
    ):
        model.predict(beat_table(silent, table["sample"].to_numpy()))


def test_the_lead_that_comes_first_is_not_the_second_one_too(beats):
    pipeline = MultiLeadPipeline(
        [("s", BeatSegmenter(["V1", "MLII"])), ("c", PrunedCNNClassifier(**QUICK))],
        second_lead=["V1", "MLII"],
    )
    pipeline[0].fit(beats.data)
    first, second = pipeline.views(beats.data)
    mlii = BeatSegmenter("MLII").fit_transform(beats.data).to_numpy()
    np.testing.assert_array_equal(second.windows.to_numpy(), mlii)
    assert not np.array_equal(first.windows.to_numpy(), mlii)


def test_rows_may_come_in_any_order(model, beats):
    order = np.random.RandomState(0).permutation(len(beats.data))
    np.testing.assert_array_equal(
        model.predict_proba(beats.data.iloc[order]),
        model.predict_proba(beats.data)[order],
    )


def test_it_is_an_estimator_like_others(model, beats):
    assert clone(model).get_params()["second_lead"] == ("V5", "V1")
    predicted = cross_val_predict(
        clone(model), beats.data, beats.target, cv=2, method="predict_proba"
    )
    assert predicted.shape == (len(beats.data), len(model.classes_))
    assert type(model[:-1]) is Pipeline
    assert type(model[0]) is BeatSegmenter


def test_it_is_saved_and_adapted(model, beats, tmp_path):
    loaded = load_model(save_model(model, tmp_path / "model.ecg"))
    assert type(loaded) is MultiLeadPipeline
    assert loaded.second_lead == ("V5", "V1")
    np.testing.assert_array_equal(
        loaded.predict_proba(beats.data), model.predict_proba(beats.data)
    )
    adapted = adapt(loaded, beats.data[:40], beats.target[:40])
    assert type(adapted) is MultiLeadPipeline
    assert adapted[-1] is not loaded[-1]


def test_both_leads_of_a_beat_are_learnt_one_after_the_other(model, beats, monkeypatch):
    taught = []

    def adapted(classifier, X, y, *, sample_weight, strength):
        taught.append((X.to_numpy(), list(y), list(sample_weight)))
        return classifier

    monkeypatch.setattr(PrunedCNNClassifier, "adapted", adapted)
    adapt(model, beats.data[:40], beats.target[:40], sample_weight=np.arange(40))
    [(windows, labels, weights)] = taught
    assert labels == np.repeat(beats.target[:40], 2).tolist()
    assert weights == np.repeat(np.arange(40), 2).tolist()
    for lead, view in enumerate(model.views(beats.data[:40])):
        np.testing.assert_array_equal(windows[lead::2], view.windows)


@pytest.mark.parametrize(
    ("steps", "more", "error", "message"),
    [
        (
            [StandardScaler(), PrunedCNNClassifier()],
            {},
            TypeError,
            "not StandardScaler",
        ),
        ([BeatSegmenter()], {}, TypeError, "takes two steps"),
        (
            [BeatSegmenter(["II", "V1"], channels="all"), PrunedCNNClassifier()],
            {},
            ValueError,
            "one lead at a time",
        ),
        (
            [BeatSegmenter(), PrunedCNNClassifier()],
            {"second_lead": []},
            ValueError,
            "'second_lead' parameter",
        ),
    ],
)
def test_what_it_cannot_be_made_of_is_refused(steps, more, error, message, beats):
    named = [(f"s{number}", step) for number, step in enumerate(steps)]
    with pytest.raises(error, match=message):
        MultiLeadPipeline(named, **more).fit(beats.data, beats.target)


def test_a_parameter_of_fit_that_is_no_ones_is_named(beats):
    pipeline = MultiLeadPipeline([("s", BeatSegmenter()), ("c", PrunedCNNClassifier())])
    with pytest.raises(ValueError, match=r"'groups'; those of the classifier .*'c__"):
        pipeline.fit(beats.data, beats.target, groups=beats.groups)


@pytest.mark.parametrize("size", [97, 5000])
def test_stream_annotate_and_predict_agree_bit_for_bit(model, beats, size):
    record = beats.records[0]
    annotation = annotate(record, model)
    assert annotation.second_lead == "V1"
    assert "leads MLII and V1" in str(annotation)
    stream = BeatStream(model, RATE, ["MLII", "V1"])
    signal = record.p_signal
    parts = [stream.push(signal[i : i + size]) for i in range(0, len(signal), size)]
    live = pd.concat([*parts, stream.flush()], ignore_index=True)
    pd.testing.assert_frame_equal(live, annotation.beats, check_dtype=False)
    table = beat_table(record)
    expected = model.predict_proba(table)
    order = [model.classes_.tolist().index(name) for name in annotation.classes]
    found = annotation.beats[[f"p_{name}" for name in annotation.classes]].to_numpy()
    np.testing.assert_array_equal(found, expected[:, order])
    assert not np.array_equal(expected, in_one_lead(model, "MLII").predict_proba(table))


def test_a_stream_of_one_lead_or_a_lead_that_is_asked_for_is_looked_at_alone(
    model, beats
):
    record = beats.records[0]
    annotation = annotate(record, model, lead="MLII")
    assert annotation.second_lead is None
    alone = annotation.beats
    stream = BeatStream(model, RATE)
    live = stream.push(record.p_signal[:, 0])
    pd.testing.assert_frame_equal(
        pd.concat([live, stream.flush()], ignore_index=True), alone
    )
    assert not alone.equals(annotate(record, model).beats)


def test_where_one_lead_is_off_a_stream_goes_on_with_the_other(model, beats):
    signal = beats.records[0].p_signal.copy()
    signal[20 * RATE : 30 * RATE, 1] = np.nan
    recording = recording_from_array(signal, RATE, ["MLII", "V1"])
    assert (annotate(recording, model).beats["quality"] == "good").all()
