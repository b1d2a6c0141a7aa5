import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold

from sklearn_ecg import make_interpatient_pipeline
from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="module")
def beats():
    return make_ecg(n_records=4, duration=60, random_state=0)


@pytest.fixture
def pipeline():
    return make_interpatient_pipeline(
        0.8, n_epochs=3, n_stages=1, stage_epochs=1, random_state=0
    )


def test_learns_and_is_as_sparse_as_asked_for(beats):
    pipeline = make_interpatient_pipeline(
        0.8, n_epochs=10, n_stages=1, batch_size=32, random_state=0
    ).fit(beats.data, beats.target)
    assert pipeline["classify"].sparsity_ == pytest.approx(0.8, abs=1e-3)
    assert pipeline.score(beats.data, beats.target) > 0.9


def test_causal_one_does_not_need_the_next_beat(beats):
    table = beats.data.drop(columns="rr_next")
    pipeline = make_interpatient_pipeline(
        causal=True, n_epochs=1, n_stages=1, stage_epochs=1
    )
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
