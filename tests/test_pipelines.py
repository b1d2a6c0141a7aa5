import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline

import sklearn_ecg
from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    annotate,
    make_beat_pipeline,
)
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import quantize

NEW = {
    "module": "twobranch",
    "max_shift": 2,
    "max_noise": 0.2,
    "batch_size": 1024,
    "learning_rate": 0.006,
    "n_epochs": 6,
    "stage_epochs": 3,
}
AT_125_HZ = {"sampling_rate": 125, "before": 25 / 125, "after": 39 / 125}
AT_360_HZ = {"sampling_rate": 120, "before": 25 / 120, "after": 39 / 120}


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=4, duration=60, random_state=0)


@pytest.fixture
def pipeline():
    return make_beat_pipeline(
        sparsity=0.8, n_epochs=3, n_stages=1, stage_epochs=1, random_state=0
    )


def parameters(pipeline):
    """All parameters of a Pipeline but those that are estimators."""
    return {
        name: value
        for name, value in pipeline.get_params().items()
        if name not in ("steps", "segment", "classify")
    }


@pytest.mark.parametrize(
    ("given", "segment", "classify"),
    [
        (
            {},
            {"rr_features": ["rr_prev", "rr_next"], "relative_features": "all"}
            | AT_125_HZ,
            NEW,
        ),
        (
            {"causal": True},
            {"rr_features": ["rr_prev"], "relative_features": "causal"} | AT_125_HZ,
            NEW,
        ),
        (
            {"device_rate": 360},
            {"rr_features": ["rr_prev", "rr_next"], "relative_features": "all"}
            | AT_125_HZ,
            NEW | {"module_params": {"n_hidden": 64}},
        ),
        ({"patients": "known"}, {}, {}),
        ({"patients": "known", "causal": True}, {"rr_features": "causal"}, {}),
        (
            {"patients": "known", "device_rate": 360},
            AT_360_HZ,
            {"max_shift": 2, "stage_epochs": 8},
        ),
    ],
)
def test_patients_and_device_choose_the_parameters_of_both_steps(
    given, segment, classify
):
    pipeline = make_beat_pipeline(**given, random_state=3, verbose=1)
    expected = [
        ("segment", BeatSegmenter(**segment, verbose=1)),
        ("classify", PrunedCNNClassifier(0.9, **classify, random_state=3, verbose=1)),
    ]
    assert type(pipeline) is Pipeline
    assert parameters(pipeline) == parameters(Pipeline(expected))
    beside = make_beat_pipeline(**given, second_lead="V1", random_state=3, verbose=1)
    assert type(beside) is MultiLeadPipeline
    assert parameters(beside) == parameters(
        MultiLeadPipeline(expected, second_lead="V1")
    )


@pytest.mark.parametrize(
    ("old", "arguments", "options", "written"),
    [
        ("make_interpatient_pipeline", (0.8,), {}, "sparsity=0.8"),
        (
            "make_interpatient_pipeline",
            (),
            {"causal": True, "second_lead": "V1", "n_stages": 2},
            "sparsity=0.9, causal=True, second_lead='V1', n_stages=2",
        ),
        (
            "make_device_pipeline",
            (250, 0.8),
            {"max_shift": 1},
            "'new', device_rate=250, sparsity=0.8, max_shift=1",
        ),
        (
            "make_device_pipeline",
            (360,),
            {"known_patients": True},
            "'known', device_rate=360, sparsity=0.9",
        ),
    ],
)
def test_old_names_go_on_and_say_what_to_write(old, arguments, options, written):
    with pytest.warns(
        FutureWarning, match=f"{old} goes in .* make_beat_pipeline"
    ) as seen:
        found = getattr(sklearn_ecg, old)(*arguments, **options)
    new = eval(f"make_beat_pipeline({written})")
    assert seen[0].filename == __file__
    assert type(found) is type(new)
    assert parameters(found) == parameters(new)
    said = str(seen[0].message).partition("make_beat_pipeline(")[2].partition(")")[0]
    assert written.startswith(said.replace('"', "'"))


def test_parameters_given_come_before_those_chosen():
    classifier = make_beat_pipeline(
        device_rate=250, sparsity=0.5, module="beatcnn", max_shift=0, n_stages=1
    )["classify"]
    assert (classifier.sparsity, classifier.module) == (0.5, "beatcnn")
    assert (classifier.max_shift, classifier.n_stages) == (0, 1)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"patients": "old"}, ValueError, r"'patients' .* must be 'new' or 'known'"),
        ({"device_rate": 2000}, ValueError, r"'device_rate' .* in \[100, 1000\]"),
        ({"lead": "V5"}, TypeError, r"set_params\(segment__lead=\.\.\.\)"),
        ({"epochs": 5}, TypeError, "of PrunedCNNClassifier; 'epochs' is none.$"),
    ],
)
def test_what_is_no_parameter_is_refused_with_the_remedy(wrong, error, message):
    with pytest.raises(error, match=message):
        make_beat_pipeline(**wrong)


def test_two_leads_work_in_python_and_on_a_device_and_so_does_one_of_them():
    beats = make_ecg(n_records=2, duration=60, leads=("MLII", "V1"), random_state=0)
    pipeline = make_beat_pipeline(
        device_rate=360,
        second_lead="V1",
        n_epochs=4,
        n_stages=1,
        stage_epochs=1,
        batch_size=32,
        random_state=0,
    ).fit(beats.data, beats.target)
    assert pipeline.score(beats.data, beats.target) > 0.8
    for model, n_leads in ((pipeline, 2), (Pipeline(pipeline.steps), 1)):
        chain = quantize(model, beats.records, sampling_rate=360, fine_tune_epochs=0)
        assert chain.inputs.n_leads == n_leads
        assert len(annotate(beats.records[0], chain).beats) > 30


def test_learns_and_is_as_sparse_as_asked_for(beats):
    pipeline = make_beat_pipeline(
        sparsity=0.8, n_epochs=10, n_stages=1, batch_size=32, random_state=0
    ).fit(beats.data, beats.target)
    assert pipeline["classify"].sparsity_ == pytest.approx(0.8, abs=1e-3)
    assert pipeline.score(beats.data, beats.target) > 0.9


def test_causal_one_does_not_need_the_next_beat(beats):
    table = beats.data.drop(columns="rr_next")
    pipeline = make_beat_pipeline(causal=True, n_epochs=1, n_stages=1, stage_epochs=1)
    names = pipeline.fit(table, beats.target)[0].get_feature_names_out()
    assert not [name for name in names if "next" in name]


def test_survives_joblib_and_searches(pipeline, beats, tmp_path):
    search = GridSearchCV(
        clone(pipeline), {"classify__sparsity": [0.5, 0.8]}, cv=GroupKFold(2)
    ).fit(beats.data, beats.target, groups=beats.groups)
    joblib.dump(search.best_estimator_, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(
        again.predict_proba(beats.data), search.predict_proba(beats.data)
    )


def test_stages_and_paths_work_with_its_network(pipeline, beats):
    windows = pipeline["segment"].fit_transform(beats.data)
    path = pipeline["classify"].pruning_path(
        windows, beats.target, sparsities=[0, 0.5, 0.8]
    )
    last = path.classifiers[-1]
    np.testing.assert_array_equal(
        last.at_stage(1).predict_proba(windows),
        path.classifiers[1].predict_proba(windows),
    )
