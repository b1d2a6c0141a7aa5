import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from small_classifiers import QUICK, BeatCNNInDouble

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.datasets import make_ecg


def test_table_2d_and_3d_agree(beats):
    X, y = beats
    table = pd.DataFrame(X, columns=[f"MLII@{t:+.3f}" for t in np.arange(40) / 100])
    fits = [
        PrunedCNNClassifier(0.5, **QUICK).fit(data, y)
        for data in (table, X, X[:, None])
    ]
    probabilities = [
        classifier.predict_proba(data)
        for classifier, data in zip(fits, (table, X, X[:, None]), strict=True)
    ]
    assert np.array_equal(probabilities[0], probabilities[1])
    assert np.array_equal(probabilities[0], probabilities[2])
    assert fits[0].feature_names_in_.tolist() == table.columns.tolist()


def test_a_beat_table_is_refused_with_the_step_that_is_missing(trained):
    table = make_ecg(n_records=1, random_state=0)
    message = "beat table, and PrunedCNNClassifier.* put a BeatSegmenter before it"
    fits = PrunedCNNClassifier(), PrunedCNNClassifierCV(cv=2)
    for fit in [*(each.fit for each in fits), trained.adapted]:
        with pytest.raises(ValueError, match=message):
            fit(table.data, table.target)
    with pytest.raises(ValueError, match=message):
        trained.predict(table.data)
    pipeline = make_pipeline(BeatSegmenter(), PrunedCNNClassifier(**QUICK))
    pipeline.fit(table.data, table.target)


def test_columns_that_are_no_numbers_are_named(beats):
    X, y = beats
    table = pd.DataFrame(X).assign(patient="p", sex="f").rename(columns=str)
    message = "no numbers in its columns 'patient', 'sex': a row of X is"
    with pytest.raises(ValueError, match=message):
        PrunedCNNClassifier().fit(table, y)
    with pytest.raises(ValueError, match="X has values that are no numbers: a row"):
        PrunedCNNClassifier().fit(np.full((4, 2), "a"), list("NVNV"))


def test_channels_and_rhythm_are_found_by_name(beats):
    X, y = beats
    names = [f"{lead}@{t:+.3f}" for lead in ("II", "V1") for t in np.arange(20) / 100]
    table = pd.DataFrame(X, columns=names).assign(rr_prev=np.float32(0.8))
    layout = PrunedCNNClassifier(0.5, **QUICK).fit(table, y).layout_
    assert (layout.n_channels, layout.n_samples, layout.n_rhythm) == (2, 20, 1)


def test_the_range_is_that_of_the_samples_trained_on_at_every_stage(beats):
    X, y = beats
    names = [f"II@{t:+.3f}" for t in np.arange(40) / 100]
    table = pd.DataFrame(X, columns=names)
    table.insert(0, "rr_prev", np.float32(1e3))
    fitted = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    assert fitted.sample_range_ == (X.min(), X.max())
    assert fitted.at_stage(0).sample_range_ == fitted.sample_range_


def test_columns_of_another_lead_are_refused(beats):
    X, y = beats
    table = pd.DataFrame(X, columns=[f"MLII@{t:+.3f}" for t in np.arange(40) / 100])
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    with pytest.raises(ValueError, match=r"feature names .* match(.|\n)*V1@"):
        classifier.predict(
            table.rename(columns=lambda name: name.replace("MLII", "V1"))
        )


def test_a_table_with_the_columns_of_the_fit_is_checked_as_any_other(beats):
    X, y = beats
    table = pd.DataFrame(X.astype(np.float32)).add_prefix("x")
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    expected = classifier.predict_proba(table.astype("Float64"))
    for kind in ("float32", "float64"):
        assert np.array_equal(classifier.predict_proba(table.astype(kind)), expected)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        classifier.predict(table.iloc[:0])
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(table.iloc[:, ::-1])
    for value in (np.nan, 1e39):
        broken = table.astype(float)
        broken.iloc[3, 5] = value
        with pytest.raises(ValueError, match=r"1 of its \d+ rows: 3\."):
            classifier.predict(broken)


def test_windows_of_another_shape_are_refused(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(X.reshape(-1, 2, 20), y)
    with pytest.raises(ValueError, match=r"\(4, 10\) .* was fitted on \(2, 20\)"):
        classifier.predict(X.reshape(-1, 4, 10))


def test_the_columns_may_come_in_any_order_at_fit(beats):
    X, y = beats
    names = [f"MLII@{t:+.3f}" for t in np.arange(40) / 100]
    table = pd.DataFrame(X, columns=names)
    one = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    other = PrunedCNNClassifier(0.5, **QUICK).fit(table[names[::-1]], y)
    assert np.array_equal(
        one.predict_proba(table), other.predict_proba(table[names[::-1]])
    )


def test_zero_beats_in_three_dimensions_are_named(trained):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        trained.predict(np.zeros((0, 1, 40), dtype=np.float32))


def test_one_class_is_refused(beats):
    X, _ = beats
    with pytest.raises(ValueError, match="one class only, 'N'"):
        PrunedCNNClassifier(**QUICK).fit(X, ["N"] * len(X))


def test_a_class_with_one_beat_is_named_in_a_warning(beats):
    X, y = beats
    y = y.astype(object)
    y[17] = "F"
    with pytest.warns(UserWarning, match="Of 'F' y has one beat only") as caught:
        PrunedCNNClassifier(**QUICK).fit(X, y)
    assert caught[0].filename == __file__
    stopping = PrunedCNNClassifier(early_stopping=True, **QUICK)
    with (
        pytest.warns(UserWarning, match="Of 'F' y has one beat only"),
        pytest.raises(ValueError, match="Class 'F' has one beat: early_stopping"),
    ):
        stopping.fit(X, y)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(beats, trained, value):
    X, y = beats
    bad = X.copy()
    bad[5, 3] = value
    with pytest.raises(ValueError, match="Input X contains"):
        PrunedCNNClassifier(**QUICK).fit(bad, y)
    with pytest.raises(ValueError, match="Input X contains"):
        trained.predict(bad)


def in_columns(X, lead="MLII"):
    return pd.DataFrame(X, columns=[f"{lead}@{t:+.3f}" for t in np.arange(40) / 100])


@pytest.mark.parametrize("shape", [(40, 1), (20, 2), (8, 5)])
def test_windows_with_channels_last_are_refused_with_the_way_out(beats, shape):
    X, y = beats
    last = X.reshape(-1, *shape)
    message = rf"{shape[0]} channels of {shape[1]} samples.* pass X\.transpose"
    with pytest.raises(ValueError, match=message):
        PrunedCNNClassifier(**QUICK).fit(last, y)
    first = last.transpose(0, 2, 1)
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(first, y)
    assert classifier.layout_.window_shape == shape[::-1]
    with pytest.raises(ValueError, match=r"are last: pass X\.transpose\(0, 2, 1\)"):
        classifier.predict(last)
    assert len(classifier.predict(last.transpose(0, 2, 1))) == len(y)


def test_as_many_channels_as_samples_are_taken_as_they_are(beats):
    X, y = beats
    square = PrunedCNNClassifier(0.5, **QUICK).fit(X[:, :36].reshape(-1, 6, 6), y)
    assert square.layout_.window_shape == (6, 6)


def test_lists_of_windows_are_what_arrays_of_them_are(beats):
    X, y = beats
    windows = X.reshape(-1, 2, 20)
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(windows.tolist(), list(y))
    expected = clone(classifier).fit(windows, y).predict_proba(windows)
    assert np.array_equal(classifier.predict_proba(windows.tolist()), expected)
    assert classifier.layout_.window_shape == (2, 20)


def test_windows_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        PrunedCNNClassifier(**QUICK).fit([[[1.0, 2.0]], [[1.0]]], ["N", "V"])


def test_a_polars_table_has_the_layout_of_a_pandas_one(beats):
    polars = pytest.importorskip("polars")
    X, y = beats
    names = [f"{lead}@{t:+.3f}" for lead in ("II", "V1") for t in np.arange(20) / 100]
    table = pd.DataFrame(X, columns=names).assign(rr_prev=X[:, 0])
    table = table[["rr_prev", *names[::-1]]]
    other = polars.DataFrame({name: table[name].to_numpy() for name in table})
    of_pandas = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    of_polars = PrunedCNNClassifier(0.5, **QUICK).fit(other, polars.Series(list(y)))
    assert of_polars.layout_ == of_pandas.layout_
    assert of_polars.feature_names_in_.tolist() == table.columns.tolist()
    expected = of_pandas.predict_proba(table)
    assert np.array_equal(of_polars.predict_proba(other), expected)
    assert np.array_equal(of_pandas.predict_proba(other), expected)
    with pytest.raises(ValueError, match="feature names"):
        of_polars.predict(other.rename({"rr_prev": "rr_next"}))


def test_a_column_that_is_there_twice_is_named(beats):
    X, y = beats
    table = in_columns(X).assign(rr_prev=0.8)
    for name in ("MLII@+0.100", "rr_prev"):
        twice = pd.concat([table, table[[name]]], axis=1)
        message = f"more than one column of the name '{re.escape(name)}'"
        with pytest.raises(ValueError, match=message):
            PrunedCNNClassifier(**QUICK).fit(twice, y)
    once = twice.loc[:, ~twice.columns.duplicated()]
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(once, y)
    with pytest.raises(ValueError, match=message):
        classifier.predict(twice)


def test_rows_that_are_not_finite_are_all_named(beats, trained):
    X, y = beats
    bad = X.copy()
    bad[3:20, 7] = np.nan
    bad[100, 0] = np.inf
    message = (
        r"in 18 of its 240 rows: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 8 more\. Leave "
        "these beats out"
    )
    for data in (bad, in_columns(bad), bad.reshape(-1, 2, 20)):
        with pytest.raises(ValueError, match=message):
            PrunedCNNClassifier(**QUICK).fit(data, y)
    with pytest.raises(ValueError, match=message):
        trained.predict(bad)
    good = bad[np.isfinite(bad).all(axis=1)]
    assert len(trained.predict(good)) == 222


def test_a_value_too_large_for_float32_is_named(beats, trained):
    bad = beats[0].astype(np.float64)
    bad[17, 2] = 1e300
    with pytest.raises(ValueError, match=r"too large for float32 in 1 of .*: 17\."):
        trained.predict(bad)


class TestWeights:
    def test_that_are_all_the_same_change_no_bit(self, beats, trained):
        X, y = beats
        for weights in (2.5, np.full(240, 0.1), [3] * 240):
            again = clone(trained).fit(X, y, sample_weight=weights)
            assert np.array_equal(again.predict_proba(X), trained.predict_proba(X))
            assert again.stages_ == trained.stages_

    def test_of_zero_leave_beats_out(self, beats, trained):
        X, y = beats
        groups = np.arange(240) % 6
        weights = np.where(np.arange(240) < 60, 0, 1.5)
        careful = clone(trained).set_params(
            early_stopping=True, validation_fraction=0.5
        )
        weighted = clone(careful).fit(X, y, groups, sample_weight=weights)
        without = clone(careful).fit(X[60:], y[60:], groups[60:])
        expected = without.predict_proba(X)
        assert np.array_equal(weighted.predict_proba(X), expected)
        assert weighted.stages_ == without.stages_

    def test_leave_no_class_whose_beats_weigh_nothing(self, beats):
        X, y = beats
        classifier = PrunedCNNClassifier(0.5, **QUICK)
        classifier.fit(X, y, sample_weight=(y != "S").astype(int))
        assert classifier.classes_.tolist() == ["N", "V"]
        with pytest.raises(ValueError, match="one class only, 'N', among the beats"):
            classifier.fit(X, y, sample_weight=(y == "N").astype(int))

    def test_count_as_many_beats_in_one_batch(self, beats):
        X, y = beats[0][:60], beats[1][:60]
        weights = np.random.RandomState(0).randint(0, 4, size=60)
        classifier = PrunedCNNClassifier(
            0.5,
            class_weight="balanced",
            **QUICK | {"batch_size": 1000, "n_epochs": 6, "module": BeatCNNInDouble},
        )
        weighted = clone(classifier).fit(X, y, sample_weight=weights)
        repeated = clone(classifier).fit(X.repeat(weights, axis=0), y.repeat(weights))
        np.testing.assert_allclose(
            weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-8
        )
        for one, other in zip(weighted.stages_, repeated.stages_, strict=True):
            assert one["train_score"] == pytest.approx(other["train_score"])
            assert one["losses"] == pytest.approx(other["losses"])
        score = weighted.score(X, y, sample_weight=weights)
        assert score == weighted.stages_[-1]["train_score"]

    def test_move_the_balance_in_small_batches(self, beats):
        X, y = beats
        longer = QUICK | {"n_epochs": 8}
        favoured = PrunedCNNClassifier(0.5, **longer).fit(
            X, y, sample_weight=np.where(y == "S", 100.0, 0.01)
        )
        plain = PrunedCNNClassifier(0.5, **longer).fit(X, y)
        shares = [(model.predict(X) == "S").mean() for model in (favoured, plain)]
        assert shares[0] > shares[1]
        last = favoured.stages_[-1]
        assert last["losses"] != plain.stages_[-1]["losses"]
        assert last["scores"][-1] > 0.99

    def test_count_in_the_validation_part(self, beats):
        X, y = beats
        weights = np.where(y == "N", 0.5, 2.0)
        classifier = PrunedCNNClassifier(
            early_stopping=True, validation_fraction=0.5, **QUICK
        )
        groups = np.arange(240) < 120
        row = classifier.fit(X, y, groups, sample_weight=weights).stages_[-1]
        shares = [
            classifier.score(X[part], y[part], sample_weight=weights[part])
            for part in (groups, ~groups)
        ]
        assert min(abs(row["validation_score"] - share) for share in shares) < 1e-12

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1.0, 2.0], r"shape \(2,\), must be \(240,\)"),
            ([-1.0] + [1.0] * 238 + [-2], "negative for 2 of 240 beats: 0, 239"),
            ([np.nan] + [1.0] * 239, "sample_weight contains NaN"),
            (0, "Every sample_weight is zero"),
        ],
    )
    def test_that_are_not_usable_are_named(self, beats, weights, message):
        classifier = PrunedCNNClassifier(**QUICK)
        with pytest.raises(ValueError, match=message):
            classifier.fit(*beats, sample_weight=weights)
        assert not hasattr(classifier, "n_features_in_")


def test_beats_without_signal_are_not_trained_on_and_named(beats):
    X, y = beats
    silent = X.copy()
    silent[[3, 200]] = np.nan
    rest = np.setdiff1d(np.arange(len(X)), [3, 200])
    classifier = PrunedCNNClassifier(**QUICK)
    with pytest.warns(UserWarning, match=r"2 of the 240 .* throughout: 3, 200\. The"):
        classifier.fit(silent, y)
    expected = PrunedCNNClassifier(**QUICK).fit(X[rest], y[rest])
    assert np.array_equal(classifier.predict_proba(X), expected.predict_proba(X))
    with pytest.raises(ValueError, match=r"2 of its 240 rows: 3, 200.*has_signal"):
        classifier.predict(silent)
    silent[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 of its 240 rows: 7\. Leave"):
        classifier.fit(silent, y)
