import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_ecg import PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.classifier._classifier_cv import _choose, _results

QUICK = PrunedCNNClassifier(
    n_epochs=4,
    stage_epochs=1,
    batch_size=32,
    module_params={"conv_channels": (4,), "kernel_sizes": (5,), "n_hidden": 8},
    random_state=0,
)
SPARSITIES = [0.0, 0.5, 0.8]


@pytest.fixture(scope="module")
def beats():
    """Windows of two shapes from 6 patients, with labels and patients."""
    random = np.random.RandomState(0)
    y = random.choice(["N", "V"], size=180, p=[0.7, 0.3])
    X = 0.5 * random.randn(180, 20).astype(np.float32)
    X[y == "V", 5:12] += 1
    return X, y, np.arange(180) % 6


def test_it_gives_the_table_that_a_grid_search_over_the_path_gives(beats):
    X, y, groups = beats
    cv = GroupKFold(3)
    search = PrunedCNNClassifierCV(QUICK, sparsities=SPARSITIES, cv=cv)
    search.fit(X, y, groups=groups)
    grid = GridSearchCV(
        QUICK,
        [
            {"sparsity": [0.0]},
            {"sparsity": [0.5], "schedule": [[0.5]]},
            {"sparsity": [0.8], "schedule": [[0.5, 0.8]]},
        ],
        cv=cv,
    ).fit(X, y, groups=groups)
    for column in ["mean_test_score", "std_test_score", "split2_test_score"]:
        assert np.array_equal(search.cv_results_[column], grid.cv_results_[column])
    assert np.array_equal(
        search.cv_results_["rank_test_score"], grid.cv_results_["rank_test_score"]
    )


def test_the_choice_is_fitted_on_everything(beats):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(QUICK, sparsities=SPARSITIES, cv=2).fit(X, y)
    chosen = search.best_estimator_
    assert search.sparsity_ == SPARSITIES[search.best_index_]
    again = clone(chosen).fit(X, y)
    assert np.array_equal(search.predict_proba(X), again.predict_proba(X))
    assert np.array_equal(search.predict(X), again.predict(X))
    assert f"sparsity {search.sparsity_:g}" in search.choice_
    assert search.classes_.tolist() == ["N", "V"]


def test_folds_in_parallel_score_the_same(beats):
    X, y, _ = beats
    one, two = (
        PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    )
    assert np.array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )


def test_rules_choose_as_they_say():
    scores = np.array([[0.90, 0.95, 0.93, 0.70], [0.92, 0.99, 0.95, 0.70]])
    results = _results([0.0, 0.5, 0.8, 0.9], scores)
    np.testing.assert_allclose(results["standard_error"], [0.01, 0.02, 0.01, 0.0])
    assert results["rank_test_score"].tolist() == [3, 1, 2, 4]
    index, why = _choose(results, "best")
    assert index == 1
    assert why == "sparsity 0.5 has the best mean score, 0.9700"
    scores[0, 1] = 0.91
    index, why = _choose(_results([0.0, 0.5, 0.8, 0.9], scores), "one_standard_error")
    assert index == 2
    assert "sparsity 0.8 is the highest" in why


def test_of_equals_the_sparsest_is_best():
    results = _results([0.0, 0.5, 0.8], np.array([[0.9, 0.9, 0.8]] * 2))
    assert _choose(results, "best")[0] == 1


@pytest.fixture
def by_patient():
    return PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=GroupKFold(2))


def test_a_split_by_patient_without_patients_is_refused_with_the_remedy(
    beats, by_patient
):
    X, y, groups = beats
    with pytest.raises(ValueError, match=r"GroupKFold .* give groups=patients"):
        by_patient.fit(X, y)
    message = r"params=\{'groups': patients\}"
    with pytest.raises(ValueError, match=message):
        cross_val_score(by_patient, X, y, groups=groups, cv=GroupKFold(3))


def test_nesting_by_patient_is_what_it_is_by_hand(beats, by_patient):
    X, y, groups = beats
    expected = [
        clone(by_patient)
        .fit(X[train], y[train], groups=groups[train])
        .score(X[test], y[test])
        for train, test in GroupKFold(3).split(X, y, groups)
    ]
    split = {"groups": groups, "cv": GroupKFold(3)}
    scores = cross_val_score(by_patient, X, y, **split, params={"groups": groups})
    assert scores.tolist() == expected
    pipeline = Pipeline([("scale", "passthrough"), ("classify", by_patient)])
    scores = cross_val_score(
        pipeline, X, y, **split, params={"classify__groups": groups}
    )
    assert scores.tolist() == expected
    search = GridSearchCV(pipeline, {"classify__rule": ["best"]}, cv=GroupKFold(3))
    search.fit(X, y, groups=groups, classify__groups=groups)
    assert search.best_score_ == np.mean(expected)


def test_nesting_by_patient_works_by_metadata_routing(beats, by_patient):
    X, y, groups = beats
    split = {"groups": groups, "cv": GroupKFold(3)}
    expected = cross_val_score(by_patient, X, y, **split, params={"groups": groups})
    pipeline = make_pipeline("passthrough", by_patient)
    with config_context(enable_metadata_routing=True):
        for nested in (by_patient, pipeline):
            scores = cross_val_score(
                nested, X, y, cv=GroupKFold(3), params={"groups": groups}
            )
            assert scores.tolist() == expected.tolist()
        search = GridSearchCV(by_patient, {"rule": ["best"]}, cv=GroupKFold(3))
        assert search.fit(X, y, groups=groups).best_score_ == expected.mean()


def test_an_unknown_rule_is_named(beats):
    X, y, _ = beats
    with pytest.raises(ValueError, match="must be 'best' or 'one_stand"):
        PrunedCNNClassifierCV(QUICK, rule="worst").fit(X, y)


def test_verbose_shows_folds(beats, capsys):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2, verbose=1).fit(X, y)
    assert "2/2" in capsys.readouterr().err
    assert search.best_estimator_.verbose == 0


def test_a_score_that_is_nan_is_told_with_its_fold(beats):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(
        QUICK, sparsities=[0.5], cv=2, scoring=lambda *_: float("nan")
    )
    with pytest.raises(ValueError, match=r"nan in fold 0 at sparsity 0\.5"):
        search.fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sparsities": 0.5}, "must be a list"),
        ({"rule": "worst"}, "Got 'worst' instead"),
        ({"scoring": ["accuracy", "f1_macro"]}, "must be one score"),
        ({"sparsities": []}, "a list of one number at least"),
        ({"sparsities": [0.5, 1.0]}, r"number in .0, 1\). Got .0\.5, 1\.0. instead"),
        ({"sparsities": [float("nan")]}, "Got .nan. instead"),
        (
            {"rule": "one_standard_error", "cv": [(np.arange(90), np.arange(90, 180))]},
            "at least two folds",
        ),
    ],
)
def test_bad_parameters_are_named_and_nothing_stays_fitted(beats, parameters, message):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2).fit(X, y)
    with pytest.raises(ValueError, match=message):
        search.set_params(**parameters).fit(X, y)
    assert not hasattr(search, "best_estimator_")


def test_the_choice_takes_the_epochs_of_its_stages(beats):
    X, y, _ = beats
    classifier = clone(QUICK).set_params(stage_epochs=[1, 2])
    search = PrunedCNNClassifierCV(classifier, sparsities=[0, 0.5, 0.99], cv=2)
    chosen = search.fit(X, y).best_estimator_
    assert search.sparsity_ < 0.99
    assert [row["n_epochs"] for row in chosen.stages_][1:] == [1, 2][
        : len(chosen.stages_) - 1
    ]
    assert np.array_equal(
        chosen.predict_proba(X), clone(chosen).fit(X, y).predict_proba(X)
    )


def test_a_pipeline_is_told_to_hold_the_search_instead(beats):
    X, y, _ = beats
    with pytest.raises(TypeError, match="must be a PrunedCNNClassifier, not a Pipe"):
        PrunedCNNClassifierCV(make_pipeline(QUICK)).fit(X, y)


def test_logarithms_of_probabilities_are_those_of_the_choice(beats):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2).fit(X, y)
    expected = search.best_estimator_.predict_log_proba(X)
    assert np.array_equal(search.predict_log_proba(X), expected)


def test_weights_reach_fits_and_scores(beats):
    X, y, groups = beats
    weights = np.where(y == "V", 5.0, 1.0)
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=GroupKFold(2))
    search.fit(X, y, groups=groups, sample_weight=weights)
    for fold, (train, test) in enumerate(GroupKFold(2).split(X, y, groups)):
        path = clone(QUICK).pruning_path(
            X[train], y[train], sample_weight=weights[train], sparsities=[0.5]
        )
        score = path.classifiers[0].score(X[test], y[test], weights[test])
        assert search.cv_results_[f"split{fold}_test_score"][0] == score
    again = clone(search.best_estimator_).fit(X, y, sample_weight=weights)
    assert np.array_equal(again.predict_proba(X), search.predict_proba(X))


def test_weights_need_a_score_that_takes_them(beats):
    X, y, _ = beats
    search = PrunedCNNClassifierCV(
        QUICK, sparsities=[0.5], cv=2, scoring=lambda fitted, X, y: 1.0
    )
    search.fit(X, y)
    with pytest.raises(ValueError, match="a score that takes sample_weight"):
        search.fit(X, y, sample_weight=np.arange(180))


def test_rows_that_are_not_finite_are_those_of_all_the_data(beats):
    X, y, _ = beats
    X = X.copy()
    X[170, 0] = np.nan
    with pytest.raises(ValueError, match="1 of its 180 rows: 170"):
        PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2).fit(X, y)


def test_beats_without_signal_are_left_out_of_every_fold(beats):
    X, y, _ = beats
    silent = X.copy()
    silent[170] = np.nan
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2)
    with pytest.warns(UserWarning, match="1 of the 180 rows of X are NaN throughout"):
        scores = search.fit(silent, y).cv_results_["mean_test_score"]
    rest = np.delete(np.arange(180), 170)
    assert scores == search.fit(X[rest], y[rest]).cv_results_["mean_test_score"]


@pytest.mark.parametrize("kind", ["list", "pandas", "polars"])
def test_any_table_is_cut_into_folds(beats, kind):
    X, y, _ = beats
    names = [f"II@{t:+.2f}" for t in np.arange(20) / 100]
    table = {
        "list": lambda: X[:, None].tolist(),
        "pandas": lambda: pd.DataFrame(X, columns=names, index=np.arange(180) + 7),
        "polars": lambda: pytest.importorskip("polars").DataFrame(X, schema=names),
    }[kind]()
    search = PrunedCNNClassifierCV(QUICK, sparsities=[0.5], cv=2).fit(table, list(y))
    plain = clone(search).fit(X, y)
    assert np.array_equal(search.predict_proba(table), plain.predict_proba(X))
