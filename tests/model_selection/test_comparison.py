"""Pruning methods compared: the same folds and seeds for each, and paired intervals."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.model_selection import PruningComparison, compare_pruning

QUICK = {"n_epochs": 2, "stage_epochs": 1}
METHODS = {
    "lamp": PrunedCNNClassifier(**QUICK),
    "smallest": PrunedCNNClassifier(criterion="magnitude", **QUICK),
    "mine": PrunedCNNClassifier(criterion=lambda squares: squares.sqrt(), **QUICK),
}


@pytest.fixture(scope="module")
def data():
    random = np.random.RandomState(0)
    y = random.randint(0, 2, 160)
    X = random.randn(160, 30) + y[:, np.newaxis]
    return pd.DataFrame(X), np.array(["N", "V"])[y], np.repeat(np.arange(8), 20)


@pytest.fixture(scope="module")
def comparison(data):
    return compare_pruning(
        METHODS, *data, cv=GroupKFold(2), sparsities=[0.8, 0, 0.9], seeds=[0, 3]
    )


def test_every_method_is_scored_in_each_fold_with_each_seed(comparison):
    rows = comparison.rows
    assert len(rows) == 3 * 2 * 2 * 3
    assert not rows.duplicated(["method", "fold", "seed", "sparsity"]).any()
    assert comparison.names == tuple(METHODS)
    assert rows["score"].between(0, 1).all()
    epochs = rows.groupby("sparsity")["epochs"].unique().to_dict()
    assert {sparsity: list(each) for sparsity, each in epochs.items()} == {
        0.0: [2],
        0.8: [3],
        0.9: [4],
    }


def test_methods_that_differ_in_the_pruning_start_from_one_network(comparison):
    dense = comparison.rows[comparison.rows["sparsity"] == 0]
    by_method = dense.pivot_table(
        index=["fold", "seed"], columns="method", values="score"
    )
    assert (by_method.nunique(axis=1) == 1).all()


def test_a_criterion_that_ranks_alike_prunes_alike(comparison):
    scores = comparison.rows.pivot_table(
        index=["sparsity", "fold", "seed"], columns="method", values="score"
    )
    assert (scores["mine"] == scores["smallest"]).all()
    assert (scores["mine"] != scores["lamp"]).any()


def test_a_fit_is_that_of_the_fold_alone(comparison, data):
    X, y, groups = data
    train, test = list(GroupKFold(2).split(X, y, groups))[1]
    path = PrunedCNNClassifier(**QUICK, random_state=3).pruning_path(
        X.iloc[train], y[train], sparsities=[0, 0.8, 0.9]
    )
    rows = comparison.rows.query("method == 'lamp' and fold == 1 and seed == 3")
    nonzero = [c.complexity_.n_nonzero for c in path.classifiers]
    assert rows["n_nonzero"].tolist() == nonzero
    scored = compare_pruning(
        {"lamp": METHODS["lamp"]},
        *data,
        cv=GroupKFold(2),
        sparsities=[0.9],
        seeds=[3],
        scoring=accuracy_score,
    ).rows.iloc[1]
    alone = PrunedCNNClassifier(0.9, schedule=[0.9], **QUICK, random_state=3)
    alone.fit(X.iloc[train], y[train])
    assert scored["score"] == accuracy_score(y[test], alone.predict(X.iloc[test]))


def test_the_table_has_means_and_deviations(comparison):
    table = comparison.table()
    one = comparison.rows.query("method == 'lamp' and sparsity == 0.9")["score"]
    assert table.loc[(0.9, "lamp"), "score"] == pytest.approx(one.mean())
    assert table.loc[(0.9, "lamp"), "std"] == pytest.approx(one.std())
    assert table.index.get_level_values("method")[:3].tolist() == list(METHODS)
    assert "smallest" in str(comparison)


ONE_SHOT = PrunedCNNClassifier(n_stages=1, **QUICK)
MULTISTAGE = PrunedCNNClassifier(n_stages=4, **QUICK)


def test_one_shot_and_multistage_are_compared_as_they_would_be_fitted(data):
    X, y, groups = data
    split = {"cv": GroupKFold(2), "sparsities": [0, 0.6, 0.9]}
    methods = {"one-shot": ONE_SHOT, "multistage": MULTISTAGE}
    rows = compare_pruning(methods, *data, **split, scoring=accuracy_score).rows
    table = rows.pivot_table(
        index=["fold", "sparsity"], columns="method", values=["score", "epochs"]
    )
    assert table["epochs", "one-shot"].tolist() == [2, 3, 3] * 2
    assert table["epochs", "multistage"].tolist() == [2, 6, 6] * 2
    train, test = next(iter(GroupKFold(2).split(X, y, groups)))
    for name, method in methods.items():
        alone = PrunedCNNClassifier(**method.get_params() | {"sparsity": 0.9})
        alone.set_params(random_state=0).fit(X.iloc[train], y[train])
        score = accuracy_score(y[test], alone.predict(X.iloc[test]))
        assert table["score", name].loc[0, 0.9] == score
    dense = table["score"].xs(0.0, level="sparsity")
    assert (dense["one-shot"] == dense["multistage"]).all()


@pytest.mark.parametrize(
    ("method", "stages", "epochs"),
    [
        (MULTISTAGE, None, [3, 4]),  # The defaults: a path.
        (MULTISTAGE, "own", [6, 6]),
        (ONE_SHOT, None, [3, 3]),
        (ONE_SHOT, "path", [3, 4]),
        (PrunedCNNClassifier(schedule="linear", **QUICK), None, [6, 6]),
        (PrunedCNNClassifier(schedule=[0.3, 0.6, 0.9], **QUICK), None, [4, 5]),
    ],
)
def test_stages_are_those_of_the_path_or_of_the_method(data, method, stages, epochs):
    rows = compare_pruning(
        {"a": method}, *data, cv=GroupKFold(2), sparsities=[0.6, 0.9], stages=stages
    ).rows
    assert rows.query("fold == 0")["epochs"].tolist() == epochs


def test_a_guard_ends_a_comparison_of_own_stages_as_it_ends_a_path(data):
    strict = PrunedCNNClassifier(n_stages=1, min_recall={"V": 1.0}, **QUICK)
    with pytest.warns(UserWarning, match="below its floor"):
        rows = compare_pruning(
            {"a": strict}, *data, cv=GroupKFold(2), sparsities=[0.9, 0.99]
        ).rows
    assert rows["sparsity"].tolist() == [0.0, 0.0]


def made(scores):
    rows = [
        {"method": name, "fold": fold, "seed": 0, "sparsity": 0.9, "score": score}
        | {"n_nonzero": 10, "macs": 20, "epochs": 3}
        for name, of_method in scores.items()
        for fold, score in enumerate(of_method)
    ]
    return PruningComparison(pd.DataFrame(rows), tuple(scores))


def test_differences_are_paired_with_students_interval():
    one, other = np.array([0.9, 0.8, 0.7]), np.array([0.95, 0.83, 0.71])
    found = made({"one": one, "other": other}).differences().loc[(0.9, "other")]
    low, high = stats.t.interval(0.95, 2, (other - one).mean(), stats.sem(other - one))
    assert found["difference"] == pytest.approx(0.03)
    assert (found["low"], found["high"]) == pytest.approx((low, high))
    assert found["n_pairs"] == 3
    back = made({"one": one, "other": other}).differences("other").loc[(0.9, "one")]
    assert back["difference"] == pytest.approx(-0.03)


def test_one_pair_has_no_interval_and_an_unknown_method_is_named():
    comparison = made({"one": [0.9], "other": [0.8]})
    found = comparison.differences().loc[(0.9, "other")]
    assert np.isnan(found["low"])
    with pytest.raises(ValueError, match="'third': must be one of 'one', 'other'"):
        comparison.differences("third")


def test_all_methods_are_drawn_with_their_names(comparison):
    display = comparison.plot(x="n_nonzero")
    assert list(display.lines_) == list(METHODS)
    drawn = display.lines_["lamp"].get_ydata()
    np.testing.assert_allclose(drawn, comparison.table().xs("lamp", level=1)["score"])
    plt.close(display.figure_)


@pytest.mark.parametrize(
    ("methods", "options", "error", "message"),
    [
        ({}, {}, ValueError, "nothing to compare"),
        ({"a": LogisticRegression()}, {}, TypeError, "'a' is a LogisticRegression"),
        (METHODS, {"seeds": []}, ValueError, "nothing to compare"),
        (METHODS, {"seeds": [-1]}, ValueError, "'seeds' parameter"),
        (METHODS, {"sparsities": [1]}, ValueError, "'sparsities' parameter"),
        (METHODS, {"stages": 4}, ValueError, "'stages' parameter.*'path', 'own' or"),
        (
            {"a": PrunedCNNClassifier(schedule=[0.5, 0.9])},
            {"sparsities": [0, 0.8, 0.9]},
            ValueError,
            r"'a' passes through \[0.0, 0.5, 0.9\], not through 0.8",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(data, methods, options, error, message):
    with pytest.raises(error, match=message):
        compare_pruning(methods, *data, cv=2, **options)
