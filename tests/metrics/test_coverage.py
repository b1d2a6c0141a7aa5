import numpy as np
import pytest

from sklearn_ecg.metrics import coverage_curve


def test_errors_are_counted_among_the_surest_beats():
    random = np.random.RandomState(0)
    certainty = random.uniform(0.5, 1, 1000)
    probabilities = np.column_stack([certainty, 1 - certainty])
    y = np.where(random.uniform(size=1000) < certainty, "N", "V")
    curve = coverage_curve(y, probabilities, ["N", "V"])
    assert curve["coverage"].tolist() == [1, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5]
    assert curve["n_open"].tolist() == [0, 10, 20, 50, 100, 200, 500]
    for row in curve.itertuples():
        labelled = certainty >= row.threshold
        assert labelled.mean() == row.coverage
        assert row.error == pytest.approx((y[labelled] == "V").mean())
    assert curve["error"].iloc[-1] < 0.6 * curve["error"].iloc[0]


def test_one_beat_is_enough():
    curve = coverage_curve(["V"], [[0.4, 0.6]], ["N", "V"])
    assert (curve["coverage"] == 1).all()
    assert (curve["error"] == 0).all()


@pytest.mark.parametrize(
    ("y", "probabilities", "message"),
    [
        (["N"], [[0.5, 0.3, 0.2]], r"shape \(1, 3\); with 1 labels and 2 classes"),
        (["N", "V"], [[0.5, 0.5]], "must be"),
        ([], np.zeros((0, 2)), "at least one beat"),
        (["N", "V"], [[0.5, 0.5], [np.nan, np.nan]], "missing in the rows 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(y, probabilities, message):
    with pytest.raises(ValueError, match=message):
        coverage_curve(y, probabilities, ["N", "V"])
