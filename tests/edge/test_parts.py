import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, load_pretrained
from sklearn_ecg.edge import quantize, quantize_chain
from sklearn_ecg.edge._parts import parts_of, ways_onto_a_device


def ways_of(model):
    return {way for way, obstacle in ways_onto_a_device(model).items() if not obstacle}


def test_the_small_model_of_the_box_runs_as_a_whole_chain_only():
    model = load_pretrained("wearable")
    assert ways_of(model) == {"chain"}
    assert "relative_features='all'" in ways_onto_a_device(model)["windows"]


def test_a_model_of_two_leads_runs_nowhere_until_it_looks_at_one():
    model = load_pretrained("ambulatory")
    assert ways_of(model) == set()
    assert "looks at a second" in ways_onto_a_device(model)["chain"]
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
        quantize_chain(ambulatory, synthetic_beats.records, sampling_rate=250)
    assert str(error.value) == ways_onto_a_device(ambulatory)["chain"]


def test_steps_that_no_device_repeats_are_named():
    pipeline = make_pipeline(BeatSegmenter(), StandardScaler(), PrunedCNNClassifier())
    with pytest.raises(TypeError, match="'standardscaler'"):
        parts_of(clone(pipeline))
