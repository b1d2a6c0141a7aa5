"""The main job, from beat table to labels, through scikit-learn's own tools."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
import sklearn
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline

import sklearn_ecg.classifier._classifier
from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import beat_table, load_beats, make_ecg
from sklearn_ecg.metrics import EC57_SCORING, macro_f1_score, macro_f1_scorer
from sklearn_ecg.model_selection import DeChazalSplit


def quick_pipeline(**parameters):
    pipeline = Pipeline(
        [
            ("segment", BeatSegmenter(sampling_rate=90)),
            (
                "classify",
                PrunedCNNClassifier(
                    0.6,
                    n_stages=2,
                    n_epochs=4,
                    stage_epochs=2,
                    batch_size=32,
                    learning_rate=0.01,
                    module_params={
                        "conv_channels": (4, 8),
                        "kernel_sizes": (5, 5),
                        "n_hidden": 16,
                    },
                    random_state=0,
                ),
            ),
        ]
    )
    return pipeline.set_params(**parameters)


@pytest.fixture(scope="module")
def beats(synthetic_beats):
    return synthetic_beats


@pytest.fixture(scope="module")
def fitted(beats):
    return quick_pipeline().fit(beats.data, beats.target)


def test_it_classifies_beats(beats):
    train, test = train_test_split(
        np.arange(len(beats.target)), stratify=beats.target, random_state=0
    )
    pipeline = quick_pipeline(classify__n_epochs=20, classify__stage_epochs=6)
    pipeline.fit(beats.data.iloc[train], beats.target[train])
    assert pipeline.score(beats.data.iloc[test], beats.target[test]) > 0.9


def test_cross_validation_by_patient(beats):
    scores = cross_val_score(
        quick_pipeline(),
        beats.data,
        beats.target,
        groups=beats.groups,
        cv=StratifiedGroupKFold(2),
        scoring=macro_f1_scorer,
        error_score="raise",
    )
    assert scores.shape == (2,)
    assert (scores > 0).all()


def test_grid_search_over_both_steps_in_two_processes_with_memory(beats, tmp_path):
    search = GridSearchCV(
        quick_pipeline(memory=str(tmp_path)),
        {
            "segment__rr_features": ["all", None],
            "classify__sparsity": [0.0, 0.8],
            "classify__n_stages": [1, 2],
        },
        cv=StratifiedGroupKFold(2),
        n_jobs=2,
        error_score="raise",
    )
    search.fit(beats.data, beats.target, groups=beats.groups)
    results = search.cv_results_
    assert len(results["params"]) == 8
    assert np.isfinite(results["mean_test_score"]).all()
    assert list(tmp_path.rglob("*.pkl"))
    best = search.best_estimator_["classify"]
    assert best.sparsity_ == pytest.approx(
        search.best_params_["classify__sparsity"], abs=1e-3
    )


def test_ec57_scorers_in_a_search(beats):
    search = GridSearchCV(
        quick_pipeline(),
        {"classify__sparsity": [0.5]},
        cv=StratifiedGroupKFold(2),
        scoring=EC57_SCORING,
        refit=False,
        error_score="raise",
    )
    search.fit(beats.data, beats.target, groups=beats.groups)
    assert all(f"mean_test_{name}" in search.cv_results_ for name in EC57_SCORING)


def test_clone_forgets_and_refits_to_the_same_bits(beats, fitted):
    again = clone(fitted)
    assert not hasattr(again["classify"], "module_")
    again.fit(beats.data, beats.target)
    expected = fitted.predict_proba(beats.data)
    assert np.array_equal(again.predict_proba(beats.data), expected)


def test_routed_groups_reach_split_and_early_stopping(beats, monkeypatch):
    seen = []
    original = sklearn_ecg.classifier._parameters.split_validation

    def spy(y, groups, *rest, **options):
        seen.append(groups)
        return original(y, groups, *rest, **options)

    monkeypatch.setattr("sklearn_ecg.classifier._parameters.split_validation", spy)
    pipeline = quick_pipeline(
        classify__early_stopping=True, classify__validation_fraction=0.5
    )
    with sklearn.config_context(enable_metadata_routing=True):
        cross_val_score(
            pipeline,
            beats.data,
            beats.target != "N",
            params={"groups": beats.groups},
            cv=StratifiedGroupKFold(2),
            error_score="raise",
        )
    assert [len(np.unique(groups)) for groups in seen] == [2, 2]


def test_weights_reach_the_classifier_through_a_pipeline(beats):
    X, y = beats.data, beats.target
    weights = np.where(y == "N", 1.0, 4.0)
    windows = BeatSegmenter(sampling_rate=90).fit_transform(X)
    alone = clone(quick_pipeline()["classify"]).fit(windows, y, sample_weight=weights)
    through = quick_pipeline().fit(X, y, classify__sample_weight=weights)
    expected = alone.predict_proba(windows)
    assert np.array_equal(through.predict_proba(X), expected)
    assert through.score(X, y, sample_weight=weights) == pytest.approx(
        alone.stages_[-1]["train_score"]
    )


def test_weights_are_routed_to_fit_and_score(beats):
    X, y = beats.data, beats.target
    weights = np.where(y == "N", 1.0, 4.0)
    halves = [(np.arange(len(y)) % 2 == part).nonzero()[0] for part in (0, 1)]
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = quick_pipeline()
        pipeline["classify"].set_fit_request(sample_weight=True)
        search = GridSearchCV(
            pipeline,
            {"classify__n_epochs": np.array([2])},
            cv=[(halves[0], halves[1])],
            scoring=make_scorer(macro_f1_score).set_score_request(sample_weight=True),
            error_score="raise",
        ).fit(X, y, sample_weight=weights)
    train, test = halves
    alone = quick_pipeline(classify__n_epochs=2).fit(
        X.iloc[train], y[train], classify__sample_weight=weights[train]
    )
    predicted = alone.predict(X.iloc[test])
    score = macro_f1_score(y[test], predicted, sample_weight=weights[test])
    assert search.cv_results_["mean_test_score"][0] == score


def test_a_dump_of_records_on_disk_predicts_the_same_in_a_new_process(tmp_path):
    beats = make_ecg(n_records=2, random_state=1, directory=tmp_path)
    pipeline = quick_pipeline().fit(beats.data, beats.target)
    joblib.dump(pipeline, tmp_path / "model.joblib")
    code = (
        "import sys, joblib, numpy as np\n"
        "from sklearn_ecg import load_beats\n"
        "pipeline = joblib.load(sys.argv[1])\n"
        "X, y = load_beats(sys.argv[2], return_X_y=True)\n"
        "np.save(sys.argv[3], pipeline.predict_proba(X))\n"
    )
    arguments = [tmp_path / "model.joblib", tmp_path, tmp_path / "proba.npy"]
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True)
    X, _ = load_beats(tmp_path, return_X_y=True)
    assert np.array_equal(np.load(arguments[2]), pipeline.predict_proba(X))


def test_a_dump_holds_no_signal(beats, tmp_path):
    pipeline = quick_pipeline().fit(beats.data, beats.target)
    joblib.dump(pipeline, tmp_path / "model.joblib")
    n_bytes = 4 * pipeline["classify"].complexity_.n_parameters
    assert (tmp_path / "model.joblib").stat().st_size < n_bytes + 40_000


def test_a_random_forest_takes_the_classifiers_place(beats):
    pipeline = quick_pipeline(
        classify=RandomForestClassifier(n_estimators=20, random_state=0)
    )
    scores = cross_val_score(
        pipeline,
        beats.data,
        beats.target,
        groups=beats.groups,
        cv=StratifiedGroupKFold(2),
        error_score="raise",
    )
    assert (scores > 0.5).all()


def test_a_fitted_pipeline_refuses_windows_of_another_rate(beats, fitted):
    other = clone(fitted["segment"]).set_params(sampling_rate=100)
    windows = other.fit_transform(beats.data)
    with pytest.raises(ValueError, match="feature names"):
        fitted["classify"].predict(windows)


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False))
def test_predictions_do_not_depend_on_order_and_grouping_of_rows(beats, fitted, chance):
    expected = fitted.predict_proba(beats.data)
    rows = list(range(len(beats.data)))
    chance.shuffle(rows)
    cut = chance.randrange(1, len(rows))
    for part in (rows[:cut], rows[cut:]):
        probabilities = fitted.predict_proba(beats.data.iloc[part])
        assert np.array_equal(probabilities, expected[part])


@settings(deadline=None, max_examples=10)
@given(gain=st.floats(0.01, 100), offset=st.floats(-50, 50))
def test_predictions_do_not_depend_on_gain_and_offset(beats, fitted, gain, offset):
    expected = fitted.predict_proba(beats.data)
    changed = beats.data.copy()
    changed["record"] = _on_each_record(
        changed["record"], lambda record: _amplified(record, gain, offset)
    )
    np.testing.assert_allclose(
        fitted.predict_proba(changed), expected, rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("sampling_rate", [128, 250, 257, 1000])
def test_predictions_do_not_depend_on_the_sampling_rate(fitted, sampling_rate):
    quiet = {"random_state": 3, "duration": 60, "n_records": 3}
    reference = make_ecg(sampling_rate=360, **quiet)
    other = make_ecg(sampling_rate=sampling_rate, **quiet)
    agreement = fitted.predict(other.data) == fitted.predict(reference.data)
    assert agreement.mean() >= 0.98


def test_arrays_from_any_source_have_a_short_way_in(fitted, beats):
    record = beats.data["record"].iloc[0]
    mine = wfdb.Record(
        record_name="mine",
        fs=record.fs,
        sig_name=["MLII"],
        units=["mV"],
        n_sig=1,
        sig_len=len(record.p_signal),
        p_signal=record.p_signal[:, :1].copy(),
    )
    of_record = beats.data[[r is record for r in beats.data["record"]]]
    table = beat_table(mine, of_record["sample"].to_numpy())
    assert np.array_equal(fitted.predict_proba(table), fitted.predict_proba(of_record))


def test_the_paced_and_the_trained_on_stay_out_of_the_test(mitdb):
    beats = load_beats(mitdb, records=["101", "102", "106", "100", "200"])
    (scores,) = cross_val_score(
        quick_pipeline(classify__n_epochs=1, classify__stage_epochs=1),
        beats.data,
        beats.target,
        cv=DeChazalSplit(),
        error_score="raise",
    )[np.newaxis]
    assert scores.shape == (1,)
    assert scores[0] > 0.5


def _on_each_record(records, change):
    changed = {}
    for record in records:
        if id(record) not in changed:
            changed[id(record)] = change(record)
    return [changed[id(record)] for record in records]


def _amplified(record, gain, offset):
    return wfdb.Record(
        record_name=record.record_name,
        fs=record.fs,
        sig_name=record.sig_name,
        units=record.units,
        n_sig=record.n_sig,
        sig_len=record.sig_len,
        p_signal=gain * record.p_signal + offset,
    )
