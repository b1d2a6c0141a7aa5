import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.displays import WindowDisplay
from sklearn_ecg.displays._windows import WindowRows
from sklearn_ecg.windows._columns import InputLayout

QUICK = {"n_stages": 1, "n_epochs": 1, "stage_epochs": 1, "random_state": 0}


def windows_of(n_beats=40, n_samples=30, classes=("V", "N")):
    """Windows that differ by class, the later ones of the table larger."""
    y = np.repeat(classes, n_beats // len(classes))
    heights = np.arange(len(y)) % (n_beats // len(classes))
    X = heights[:, np.newaxis] + np.linspace(0, 1, n_samples)
    return X + 100 * (y == classes[0])[:, np.newaxis], y


def test_draws_median_and_quantiles_of_each_class_in_axes_of_its_own():
    X, y = windows_of()
    display = WindowDisplay.from_predictions(X, y)
    assert display.classes_ == ["N", "V"]
    assert display.axes_.shape == (2, 1)
    of_n = X[y == "N"]
    np.testing.assert_allclose(display.lines_[0, 0].get_ydata(), np.median(of_n, 0))
    [band] = display.axes_[0, 0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(np.quantile(of_n, 0.1, axis=0).min())
    assert heights.max() == pytest.approx(np.quantile(of_n, 0.9, axis=0).max())
    assert "ventricular" in display.axes_[1, 0].get_title(loc="left")
    assert "20 windows" in display.axes_[1, 0].get_title(loc="left")


def test_misclassified_windows_look_like_the_class_they_were_taken_for():
    X, y = windows_of(classes=("N", "S", "V", "F"))
    y_pred = y.copy()
    y_pred[[0, 1, 2, 3]] = ["V", "V", "S", "F"]
    display = WindowDisplay.from_predictions(X, y, y_pred, n_wrong=4)
    assert [len(lines) for lines in display.wrong_lines_] == [4, 0, 0, 0]
    for row, line in enumerate(display.wrong_lines_[0]):
        np.testing.assert_array_equal(line.get_ydata(), X[row])
    looks = [(line.get_marker(), line.get_color()) for line in display.wrong_lines_[0]]
    assert looks[0] == looks[1]
    assert len({marker for marker, _ in looks}) == len(set(looks)) == 3
    assert "4 misclassified" in display.axes_[0, 0].get_title(loc="left")
    [legend] = display.figure_.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[2:] == ["taken for S", "taken for V", "taken for F"]
    few = WindowDisplay.from_predictions(X, y, y_pred, n_wrong=2)
    assert [len(lines) for lines in few.wrong_lines_] == [2, 0, 0, 0]


def test_predicted_classes_alone_are_drawn_by_themselves():
    X, y = windows_of()
    display = WindowDisplay.from_predictions(X, y_pred=y)
    assert display.classes_ == ["N", "V"]
    assert not any(display.wrong_lines_)
    assert "misclassified" not in display.axes_[0, 0].get_title(loc="left")


def test_single_windows_are_spread_over_the_rows_of_their_class():
    X, y = windows_of()
    display = WindowDisplay.from_predictions(X, y, n_windows=3)
    drawn = [line.get_ydata()[0] for line in display.axes_[0, 0].lines[:3]]
    assert drawn == [0, 10, 19]
    all_of_them = WindowDisplay.from_predictions(X, y, n_windows=1000)
    assert len(all_of_them.axes_[0, 0].lines) == 20 + 1


def test_windows_that_are_not_finite_are_left_out():
    X, y = windows_of()
    X[y == "N", 3] = np.nan
    display = WindowDisplay.from_predictions(X, y)
    assert display.classes_ == ["V"]
    with pytest.raises(ValueError, match="None of the 40 windows"):
        WindowDisplay.from_predictions(X * np.nan, y)


def test_what_cannot_be_drawn_is_refused():
    X, y = windows_of()
    with pytest.raises(ValueError, match="There is no class to draw windows by"):
        WindowDisplay.from_predictions(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        WindowDisplay.from_predictions(X, y[1:])
    with pytest.raises(ValueError, match="of 13 classes; a figure holds up to 12"):
        WindowDisplay.from_predictions(X, np.arange(40) % 13)
    with pytest.raises(ValueError, match="'n_wrong' parameter of plot"):
        WindowDisplay.from_predictions(X, y, n_wrong=-1)


@pytest.mark.parametrize("n_classes", [1, 4, 5])
def test_every_column_of_axes_ends_with_a_labelled_x_axis(n_classes):
    X, y = windows_of(60, classes=[f"class {n}" for n in range(n_classes)])
    display = WindowDisplay.from_predictions(X, y, sampling_rate=125)
    display.figure_.draw_without_rendering()
    panels = display.axes_[:, 0]
    lowest = {}
    for ax in panels:
        lowest[ax.get_subplotspec().colspan.start] = ax
    for ax in panels:
        is_lowest = ax in lowest.values()
        assert ax.get_xlabel() == ("Time (s)" if is_lowest else "")
        shown = any(label.get_visible() for label in ax.get_xticklabels())
        assert shown == is_lowest
    assert len(display.figure_.axes) == n_classes


def test_draws_on_given_axes():
    X, y = windows_of()
    figure, axes = plt.subplots(2)
    display = WindowDisplay.from_predictions(X, y, ax=axes)
    assert display.axes_[:, 0].tolist() == axes.tolist()
    assert display.figure_ is figure
    assert axes[0].get_legend() is not None
    with pytest.raises(ValueError, match=r"holds 2 axes; 1 classes and 1 .* need 1\."):
        WindowDisplay.from_predictions(X, np.zeros(40), ax=axes)
    _, ax = plt.subplots()
    assert WindowDisplay.from_predictions(X, np.zeros(40), ax=ax).axes_[0, 0] is ax


def hold(classifier, how):
    if how == "search":
        return GridSearchCV(classifier, {}, cv=2)
    if how == "Pipeline":
        return make_pipeline(FunctionTransformer(np.negative), classifier)
    if how == "both":
        return GridSearchCV(hold(classifier, "Pipeline"), {}, cv=2)
    return classifier


@pytest.mark.parametrize("how", ["alone", "search", "Pipeline", "both"])
def test_draws_what_the_classifier_sees_whatever_holds_it(how):
    X, y = windows_of()
    X[0] += 100
    fitted = hold(LogisticRegression(max_iter=1000), how).fit(X, y)
    display = WindowDisplay.from_estimator(fitted, X, y)
    seen = -X if how in ("Pipeline", "both") else X
    median = np.median(seen[y == "V"], axis=0)
    np.testing.assert_allclose(display.lines_[1, 0].get_ydata(), median)
    n_wrong = np.count_nonzero(fitted.predict(X) != y)
    assert sum(map(len, display.wrong_lines_)) == min(n_wrong, 3)


def test_an_estimator_that_is_not_fitted_is_refused():
    X, y = windows_of()
    with pytest.raises(NotFittedError):
        WindowDisplay.from_estimator(PrunedCNNClassifier(), X, y)


def test_a_classifier_of_a_beat_table_shows_its_windows_by_lead_and_time():
    beats = make_ecg(n_records=2, duration=30, random_state=0)
    segmenter = BeatSegmenter().set_output(transform="default")
    pipeline = make_pipeline(segmenter, PrunedCNNClassifier(**QUICK))
    pipeline.fit(beats.data, beats.target)
    display = WindowDisplay.from_estimator(pipeline, beats.data, beats.target)
    assert display.x_label == "Time from the R peak (s)"
    assert display.channels == ["MLII"]
    assert display.windows.shape[1:] == (1, 126)
    times = display.lines_[0, 0].get_xdata()
    assert times[45] == 0
    normal = display.lines_[0, 0].get_ydata()
    assert abs(times[normal.argmax()]) < 0.05


def test_a_classifier_of_several_channels_has_a_column_of_axes_for_each():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 30)
    X = rng.normal(size=(60, 2, 25)) + y[:, np.newaxis, np.newaxis]
    along = PrunedCNNClassifierCV(PrunedCNNClassifier(**QUICK), sparsities=[0.5], cv=2)
    along.fit(X, y)
    for rows in (X, X.reshape(60, 50)):
        display = WindowDisplay.from_estimator(along, rows)
        assert display.axes_.shape[1] == 2
        assert display.axes_[0, 1].get_ylabel() == "channel 1"
    with pytest.raises(ValueError, match=r"49 columns, .* on 50"):
        WindowDisplay.from_estimator(along, pd.DataFrame(X.reshape(60, 50)[:, 1:]))


def test_classes_of_numbers_beside_texts_are_refused():
    X = np.random.default_rng(0).normal(size=(4, 20))
    with pytest.raises(ValueError, match="Mix of label input types"):
        WindowDisplay.from_predictions(X, [0, 1, 0, 1], ["0", "1", "1", "1"])


def test_rows_without_names_are_one_channel():
    rows = WindowRows.of(np.arange(12.0).reshape(3, 4))
    assert rows.windows.shape == (3, 1, 4)
    assert rows.positions.tolist() == [0, 1, 2, 3]
    assert (rows.x_label, rows.channels) == ("Sample", [])
    at_rate = WindowRows.of(np.arange(12.0).reshape(3, 4), sampling_rate=125)
    assert at_rate.positions.tolist() == [0, 0.008, 0.016, 0.024]
    assert at_rate.x_label == "Time (s)"


def test_columns_are_sorted_by_lead_and_time_and_features_are_left_out():
    names = ["V1@+0.100", "rr_prev", "II@+0.000", "V1@+0.000", "II@+0.100"]
    table = pd.DataFrame([[11, 800, 0, 10, 1]], columns=names, dtype=float)
    for X, given in [(table, None), (table.to_numpy(), names)]:
        rows = WindowRows.of(X, sampling_rate=999, names=given)
        assert rows.windows.tolist() == [[[10, 11], [0, 1]]]
        assert rows.positions.tolist() == [0, 0.1]
        assert rows.x_label == "Time from the R peak (s)"
        assert rows.channels == ["V1", "II"]


def test_a_layout_says_which_columns_are_windows():
    rows = WindowRows.of(np.arange(10).reshape(2, 5), 10, InputLayout(2, 2, 1))
    assert rows.windows.tolist() == [[[0, 1], [2, 3]], [[5, 6], [7, 8]]]
    assert rows.positions.tolist() == [0, 0.1]
    assert rows.channels == ["channel 0", "channel 1"]
    with pytest.raises(ValueError, match=r"has 4 columns, .* fitted on 5"):
        WindowRows.of(np.zeros((2, 4)), layout=InputLayout(2, 2, 1))


@pytest.mark.parametrize(
    ("X", "rate", "message"),
    [
        (np.zeros((2, 2, 2, 2)), None, r"shape \(2, 2, 2, 2\); it must be"),
        (np.zeros(4), None, "Expected 2D array"),
        ([["a", "b"]], None, "could not convert|numeric"),
        (pd.DataFrame({"record": ["100"], "sample": [9]}), None, "X is a beat table"),
        (np.zeros((2, 4)), 0, "sampling_rate=0 must be positive"),
    ],
)
def test_what_is_no_table_of_windows_is_refused(X, rate, message):
    with pytest.raises(ValueError, match=message):
        WindowRows.of(X, rate)
