import numpy as np
import pandas as pd
import pytest
from small_classifiers import QUICK

from sklearn_ecg import PrunedCNNClassifier


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


def test_channels_and_rhythm_are_found_by_name(beats):
    X, y = beats
    names = [f"{lead}@{t:+.3f}" for lead in ("II", "V1") for t in np.arange(20) / 100]
    table = pd.DataFrame(X, columns=names).assign(rr_prev=np.float32(0.8))
    layout = PrunedCNNClassifier(0.5, **QUICK).fit(table, y).layout_
    assert (layout.n_channels, layout.n_samples, layout.n_rhythm) == (2, 20, 1)


def test_columns_of_another_lead_are_refused(beats):
    X, y = beats
    table = pd.DataFrame(X, columns=[f"MLII@{t:+.3f}" for t in np.arange(40) / 100])
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    with pytest.raises(ValueError, match=r"feature names .* match(.|\n)*V1@"):
        classifier.predict(
            table.rename(columns=lambda name: name.replace("MLII", "V1"))
        )


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
