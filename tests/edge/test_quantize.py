import re
from dataclasses import replace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import quantize
from sklearn_ecg.edge._quantize import ways_onto_a_device

FAST = {"n_stages": 1, "n_epochs": 1, "stage_epochs": 1, "random_state": 0}


def test_labels_agree_with_the_float_pipeline(pipeline, quantized, synthetic_beats):
    y_float = pipeline.predict(synthetic_beats.data)
    y_int8 = quantized.predict(synthetic_beats.data)
    assert (y_float == y_int8).mean() >= 0.98
    assert len(np.unique(y_int8)) >= 3


def test_probabilities_are_near_those_of_the_float_pipeline(
    pipeline, quantized, synthetic_beats
):
    p_float = pipeline.predict_proba(synthetic_beats.data)
    p_int8 = quantized.predict_proba(synthetic_beats.data)
    assert_allclose(p_int8.sum(axis=1), 1)
    assert np.abs(p_float - p_int8).mean() < 0.02


def test_logarithms_of_probabilities_are_those_of_the_probabilities(
    quantized, synthetic_beats
):
    np.testing.assert_allclose(
        np.exp(quantized.predict_log_proba(synthetic_beats.data)),
        quantized.predict_proba(synthetic_beats.data),
    )


def test_pruned_weights_stay_zero(pipeline, quantized):
    network = pipeline[-1].module_
    first = network.blocks[0][0].weight.detach().numpy()[:, :, 0, :]
    assert_array_equal(quantized.network.layers[0].weight[first == 0], 0)
    hidden = network.hidden.weight.detach().numpy()
    assert_array_equal(quantized.network.layers[-2].weight[hidden == 0], 0)
    assert quantized.origin.n_nonzero <= pipeline[-1].complexity_.n_nonzero


def test_logits_do_not_depend_on_the_batch(quantized, synthetic_beats):
    together = quantized.logits(synthetic_beats.data)
    alone = quantized.logits(synthetic_beats.data.iloc[[7]])
    assert_array_equal(alone[0], together[7])


def test_device_logits_are_those_of_the_beat_table(quantized, synthetic_beats):
    windows, intervals = quantized.inputs.read(synthetic_beats.data)
    assert windows.dtype == np.int16
    assert intervals[0, 0] == 0  # the first beat has no interval before it
    assert_array_equal(
        quantized.device_logits(windows, intervals),
        quantized.logits(synthetic_beats.data),
    )


def test_labels_do_not_change_with_gain_and_offset_of_the_converter(
    quantized, synthetic_beats
):
    windows, intervals = quantized.inputs.read(synthetic_beats.data)
    louder = 7 * windows.astype(int) + 1000
    logits = quantized.device_logits(windows, intervals)
    other = quantized.device_logits(louder, intervals)
    assert (logits.argmax(axis=1) == other.argmax(axis=1)).mean() > 0.99


def test_pickles_and_clones_predict_the_same(quantized, synthetic_beats, tmp_path):
    joblib.dump(quantized, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    expected = quantized.logits(synthetic_beats.data)
    assert_array_equal(loaded.logits(synthetic_beats.data), expected)
    assert_array_equal(clone(quantized).logits(synthetic_beats.data), expected)
    assert loaded.fingerprint_ == quantized.fingerprint_
    assert (tmp_path / "model.joblib").stat().st_size < 100_000


def test_classifier_alone_predicts_from_rows(pipeline, synthetic_beats):
    windows = pipeline[0].transform(synthetic_beats.data)
    quantized = quantize(pipeline[-1], windows)
    agreement = quantized.predict(windows) == pipeline.predict(synthetic_beats.data)
    assert agreement.mean() >= 0.98
    with pytest.raises(ValueError, match=r"windows has shape .* be \(n_beats, 131\)"):
        quantized.device_logits(np.zeros((1, 126), dtype=int))


@pytest.fixture(scope="module")
def rows(pipeline, synthetic_beats):
    return pipeline[0].transform(synthetic_beats.data)


@pytest.fixture(scope="module")
def of_rows(pipeline, rows):
    return quantize(pipeline[-1], rows, fine_tune_epochs=0)


def test_rows_of_other_columns_are_refused(pipeline, of_rows, rows):
    reversed_columns = rows[rows.columns[::-1]]
    with pytest.raises(ValueError, match="feature names"):
        of_rows.predict(reversed_columns)
    with pytest.raises(ValueError, match="feature names"):
        quantize(pipeline[-1], reversed_columns)
    with pytest.raises(ValueError, match="feature names"):
        of_rows.predict(rows.iloc[:, 1:])
    assert of_rows.n_features_in_ == 131
    assert_array_equal(of_rows.feature_names_in_, rows.columns)


def test_rows_that_are_not_finite_or_not_there_are_refused(pipeline, of_rows, rows):
    broken = rows.copy()
    broken.iloc[3, 5] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        of_rows.predict(broken)
    with pytest.raises(ValueError, match="contains NaN"):
        quantize(pipeline[-1], broken)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        of_rows.predict(rows.iloc[:0])


def test_windows_of_another_shape_are_refused():
    X = np.random.default_rng(0).normal(size=(60, 2, 32))
    classifier = PrunedCNNClassifier(0.5, **FAST).fit(X, np.repeat([0, 1], 30))
    quantized = quantize(classifier, X, fine_tune_epochs=0)
    assert not hasattr(quantized, "feature_names_in_")
    assert_array_equal(quantized.logits(X), quantized.logits(X.reshape(60, 64)))
    with pytest.raises(ValueError, match=r"X has 63 features, but Quantized.* 64"):
        quantized.predict(X.reshape(60, 64)[:, 1:])
    with pytest.raises(ValueError, match=r"shape \(32, 2\) .* was fitted on \(2, 32\)"):
        quantized.predict(X.transpose(0, 2, 1))


def test_fingerprint_knows_the_scale_of_rows(of_rows):
    scaling = of_rows.inputs.row_scaling
    inputs = replace(
        of_rows.inputs, row_scaling=replace(scaling, scale=scaling.scale * 1.01)
    )
    other = clone(of_rows).set_params(inputs=inputs)
    assert other.fingerprint_ != of_rows.fingerprint_
    assert clone(of_rows).fingerprint_ == of_rows.fingerprint_


def test_a_scale_that_the_calibration_beats_do_not_fit_is_refused(pipeline, rows):
    def of_scale(input_scale):
        return quantize(pipeline[-1], rows, input_scale=input_scale, fine_tune_epochs=0)

    largest = np.abs(rows.to_numpy()[:, :126]).max()
    with pytest.raises(
        ValueError, match=r"input_scale=1e-05: .*takes up to 32767\."
    ) as e:
        of_scale(1e-5)
    least = float(re.search(r"at least ([\d.e-]+)\.$", str(e.value))[1])
    assert least == pytest.approx(largest / 32767, rel=0.3)
    with pytest.raises(ValueError, match="too few to tell beats apart") as error:
        of_scale(1000)
    low, high = re.search(
        r"from ([\d.e-]+) to ([\d.e-]+)\.$", str(error.value)
    ).groups()
    assert float(low) == least
    agreement = of_scale(least).predict(rows) == pipeline[-1].predict(rows)
    assert agreement.mean() > 0.97
    of_scale(float(high))


def test_beats_of_zeros_tell_nothing_of_a_scale(pipeline, rows):
    nothing = rows.copy()
    nothing.iloc[:, :126] = 0
    with pytest.raises(ValueError, match="all samples of the calibration beats are 0"):
        quantize(pipeline[-1], nothing, input_scale=0.01)


def test_only_rows_have_an_input_scale(pipeline, synthetic_beats, rows):
    with pytest.raises(ValueError, match=r"None for a pipeline.* adc_gain"):
        quantize(pipeline, synthetic_beats.data, input_scale=0.01)
    for wrong in (0, -1, "int16"):
        with pytest.raises(ValueError, match="'input_scale' parameter of quantize"):
            quantize(pipeline[-1], rows, input_scale=wrong)


def test_no_beats_of_a_device_give_no_logits(quantized):
    windows = np.zeros((0, 1, 126), dtype=np.int16)
    assert quantized.device_logits(windows).shape == (0, 5)


def test_gain_that_clips_the_calibration_beats_is_refused(pipeline, synthetic_beats):
    with pytest.raises(ValueError, match=r"adc_gain=1000000: 100\.0 % of the") as error:
        quantize(pipeline, synthetic_beats.data, adc_gain=1e6)
    places, gain = re.search(
        r"right by (\d+) bits, and give adc_gain=([\d.]+)\.$", str(error.value)
    ).groups()
    assert float(gain) == 1e6 / 2 ** int(places)
    advised = quantize(pipeline, synthetic_beats.data, adc_gain=float(gain))
    agreement = advised.predict(synthetic_beats.data) == pipeline.predict(
        synthetic_beats.data
    )
    assert agreement.mean() > 0.98
    with pytest.raises(ValueError, match="calibration windows have samples"):
        quantize(pipeline, synthetic_beats.data, adc_gain=2 * float(gain))


def test_signals_in_another_unit_than_they_say_are_not_blamed_on_the_gain():
    beats = make_ecg(n_records=2, duration=30, random_state=0)
    records = {id(record): record for record in beats.data["record"]}.values()
    for record in records:
        record.p_signal = record.p_signal * 1e6  # µV that are taken for V
    classifier = PrunedCNNClassifier(**FAST)
    pipeline = make_pipeline(BeatSegmenter(normalize=None), classifier)
    pipeline.fit(beats.data, beats.target)
    with pytest.raises(ValueError, match="in which unit their signals are") as error:
        quantize(pipeline, beats.data, fine_tune_epochs=0)
    assert "shift" not in str(error.value)
    for record in records:
        record.p_signal = record.p_signal / 1e6
    pipeline.fit(beats.data, beats.target)
    quantized = quantize(pipeline, beats.data, fine_tune_epochs=0)
    agreement = quantized.predict(beats.data) == pipeline.predict(beats.data)
    assert agreement.mean() > 0.9


@pytest.mark.parametrize(
    ("parameters", "change"),
    [
        ({"baseline": "median"}, "baseline=None"),
        ({"bandpass": (0.5, 40)}, "bandpass=None"),
        ({"normalize": "record"}, "normalize='beat'"),
    ],
)
def test_preprocessing_that_no_device_repeats_is_refused(
    parameters, change, synthetic_beats
):
    pipeline = make_pipeline(BeatSegmenter(**parameters), PrunedCNNClassifier(**FAST))
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    with pytest.raises(ValueError, match=f"Fit the pipeline with .*{change}"):
        quantize(pipeline, synthetic_beats.data)


def test_windows_in_millivolts_and_chosen_features_are_supported(synthetic_beats):
    segmenter = BeatSegmenter(normalize=None, rr_features="causal")
    pipeline = make_pipeline(segmenter, PrunedCNNClassifier(**FAST))
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    quantized = quantize(pipeline, synthetic_beats.data, adc_gain=1000)
    assert quantized.inputs.feature_scaling.intervals == ("rr_prev", "rr_local")
    p_float = pipeline.predict_proba(synthetic_beats.data)
    p_int8 = quantized.predict_proba(synthetic_beats.data)
    assert np.abs(p_float - p_int8).mean() < 0.02


def test_unfitted_estimators_are_refused(synthetic_beats):
    with pytest.raises(NotFittedError):
        quantize(PrunedCNNClassifier(), synthetic_beats.data)
    pipeline = make_pipeline(BeatSegmenter(), PrunedCNNClassifier())
    with pytest.raises(NotFittedError):
        quantize(pipeline, synthetic_beats.data)


@pytest.mark.parametrize("X", [None, np.empty((0, 131))])
def test_missing_calibration_beats_are_refused(pipeline, X):
    with pytest.raises(ValueError, match="calibration has no beats"):
        quantize(pipeline, X)


def test_other_estimators_are_refused_by_name():
    with pytest.raises(TypeError, match="got a RandomForestClassifier"):
        quantize(RandomForestClassifier())


def test_unknown_networks_are_refused_by_name(synthetic_beats):
    classifier = PrunedCNNClassifier(module="acharya2017", **FAST)
    pipeline = make_pipeline(BeatSegmenter(), classifier)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    with pytest.raises(ValueError, match=r"A Acharya2017 can't .* module='beatcnn'"):
        quantize(pipeline, synthetic_beats.data)


def test_out_of_range_arguments_are_refused(pipeline, quantized, synthetic_beats):
    with pytest.raises(ValueError, match="adc_gain"):
        quantize(pipeline, synthetic_beats.data, adc_gain=0)
    with pytest.raises(ValueError, match=r"'activations' .* Got 'int4' instead"):
        quantize(pipeline, synthetic_beats.data, activations="int4")
    with pytest.raises(ValueError, match="windows must be integers from -32768"):
        quantized.device_logits(np.full((1, 126), 40_000))
    with pytest.raises(ValueError, match=r"intervals has shape \(1, 2\)"):
        quantized.device_logits(np.zeros((1, 126), int), np.zeros((1, 2), int))
    with pytest.raises(ValueError, match=r"windows has shape \(1, 125\)"):
        quantized.device_logits(np.zeros((1, 125), int))


def test_sums_of_8_bit_activations_fit_into_half_a_register(pipeline, synthetic_beats):
    narrow = quantize(pipeline, synthetic_beats.data, activations="int8")
    *convolutions, _, _ = narrow.network.layers
    for layer in convolutions:
        assert layer.two_sums_a_register
        assert layer.sum_limit < 2**15


def test_wider_activations_are_nearer_to_the_float_network(pipeline, synthetic_beats):
    expected = pipeline.predict_proba(synthetic_beats.data)
    errors = {}
    for activations in ("int8", "int16"):
        quantized = quantize(pipeline, synthetic_beats.data, activations=activations)
        found = quantized.predict_proba(synthetic_beats.data)
        errors[activations] = np.abs(found - expected).mean()
    assert errors["int16"] < errors["int8"] / 2


def ways_of(model):
    return {way for way, obstacle in ways_onto_a_device(model).items() if not obstacle}


def test_the_small_model_of_the_box_runs_as_a_whole_chain_only():
    model = load_pretrained("wearable")
    assert ways_of(model) == {"chain"}
    assert "relative_features='all'" in ways_onto_a_device(model)["windows"]


def test_a_model_of_two_leads_runs_as_a_chain_of_two_or_one():
    model = load_pretrained("ambulatory")
    assert ways_of(model) == {"chain"}
    assert "looks at a second" in ways_onto_a_device(model)["windows"]
    assert ways_of(Pipeline(model.steps)) == {"chain"}


def test_a_pipeline_of_defaults_runs_both_ways_and_its_classifier_on_rows(pipeline):
    assert ways_of(pipeline) == {"windows", "chain"}
    assert ways_of(pipeline[-1]) == {"rows"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"normalize": None}, {"windows"}),
        ({"sampling_rate": 250}, {"windows"}),
        ({"bandpass": (0.5, 40)}, set()),
    ],
)
def test_each_way_has_preprocessing_of_its_own(synthetic_beats, parameters, expected):
    classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, random_state=0)
    pipeline = make_pipeline(BeatSegmenter(**parameters), classifier)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    assert ways_of(pipeline) == expected


def test_what_is_closed_is_refused_in_the_same_words(pipeline, synthetic_beats):
    wearable = load_pretrained("wearable")
    with pytest.raises(ValueError, match="relative_features") as error:
        quantize(wearable, synthetic_beats.data)
    assert str(error.value) == ways_onto_a_device(wearable)["windows"]
    ambulatory = load_pretrained("ambulatory")
    with pytest.raises(TypeError, match="second") as error:
        quantize(ambulatory, synthetic_beats.data)
    assert str(error.value) == ways_onto_a_device(ambulatory)["windows"]
    with pytest.raises(ValueError, match="finds the R peaks itself"):
        quantize(ambulatory, synthetic_beats.records, sampling_rate=250, detector=False)


def test_steps_that_no_device_repeats_are_named():
    pipeline = make_pipeline(BeatSegmenter(), StandardScaler(), PrunedCNNClassifier())
    ways = ways_onto_a_device(pipeline)
    assert "'standardscaler'" in ways["windows"]
    assert "'standardscaler'" in ways["chain"]


def test_one_recording_is_no_sequence_to_calibrate_on(synthetic_beats):
    model, recording = load_pretrained("wearable"), synthetic_beats.records[0]
    with pytest.raises(ValueError, match=r"on recordings.* calibration is a Record"):
        quantize(model, recording, sampling_rate=250)
