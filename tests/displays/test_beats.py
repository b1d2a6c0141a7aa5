from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st
from legends import legend_of
from matplotlib.colors import to_hex
from matplotlib.transforms import Bbox
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_ecg.displays import BeatDisplay
from sklearn_ecg.displays._beats import lines_without_overlap

RATE = 100
R_PEAKS = np.arange(50, 3000, 100)


def signals():
    """Two leads of 30 s whose samples tell their own number and lead."""
    samples = np.arange(3000) / 1000
    return np.column_stack([samples, -samples])


@pytest.fixture
def on_disk(tmp_path):
    wfdb.wrsamp(
        "100",
        RATE,
        ["mV", "mV"],
        ["V5", "MLII"],
        signals(),
        fmt=["16", "16"],
        adc_gain=[1000.0, 1000.0],
        baseline=[0, 0],
        write_dir=tmp_path,
    )
    return str(tmp_path / "100")


@pytest.fixture
def in_memory():
    return wfdb.Record(
        record_name="bedside",
        fs=RATE,
        n_sig=2,
        sig_name=["I", "II"],
        units=["mV", "mV"],
        p_signal=signals(),
    )


def table(*records):
    return pd.DataFrame(
        {
            "record": np.repeat(np.array(records, dtype=object), len(R_PEAKS)),
            "sample": np.tile(R_PEAKS, len(records)),
        }
    )


def texts(artists):
    return [artist.get_text() for artist in artists]


def normal(n_beats=30):
    return np.full(n_beats, "N", dtype=object)


class Labeller(ClassifierMixin, BaseEstimator):
    """Predicts V for the beat at sample 850, N for the others."""

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        self.n_predicted_ = len(X)
        return np.where(X["sample"] == 850, "V", "N")


def test_shows_the_strip_asked_for(on_disk):
    y = normal()
    display = BeatDisplay.from_predictions(
        table(on_disk), y, y, start=5, duration=4, lead="V5"
    )
    times, trace = display.line_.get_data()
    np.testing.assert_allclose(times, np.arange(500, 900) / RATE)
    np.testing.assert_allclose(trace, np.arange(500, 900) / 1000)
    np.testing.assert_allclose(display.beat_times, [5.5, 6.5, 7.5, 8.5])
    assert texts(display.text_) == ["N"] * 4
    assert display.ax_.get_xlabel() == "Time from the beginning of record 100 (s)"
    assert display.ax_.get_ylabel() == "V5 (mV)"


def test_reads_nothing_but_the_strip(on_disk, monkeypatch):
    spans = []
    read = wfdb.rdrecord

    def watch(*args, **kwargs):
        spans.append((kwargs["sampfrom"], kwargs["sampto"]))
        return read(*args, **kwargs)

    monkeypatch.setattr(wfdb, "rdrecord", watch)
    y = normal()
    BeatDisplay.from_predictions(table(on_disk), y, y, start=5, duration=4)
    assert spans == [(500, 900)]


def test_takes_mlii_or_else_the_first_lead(on_disk, in_memory):
    y = normal()
    assert BeatDisplay.from_predictions(table(on_disk), y, y).lead == "MLII"
    assert BeatDisplay.from_predictions(table(in_memory), y, y).lead == "I"


def test_digital_samples_in_memory_are_converted_and_left_alone(on_disk):
    record = wfdb.rdrecord(on_disk, physical=False)
    y = normal()
    display = BeatDisplay.from_predictions(
        table(record), y, y, start=1, duration=2, lead="V5"
    )
    np.testing.assert_allclose(display.signal, np.arange(100, 300) / 1000)
    assert record.p_signal is None
    assert len(record.d_signal) == 3000


def test_marks_wrong_beats_with_their_true_class(in_memory):
    y_true, y_pred = normal(), normal()
    y_true[2], y_pred[3] = "V", "S"
    display = BeatDisplay.from_predictions(
        table(in_memory), y_true, y_pred, start=0, duration=6
    )
    assert texts(display.text_) == ["N", "N", "N", "S", "N", "N"]
    assert texts(display.truth_text_) == ["is V", "is N"]
    assert [text.get_position()[0] for text in display.truth_text_] == [2.5, 3.5]
    framed = [
        text.get_bbox_patch() is not None
        and to_hex(text.get_bbox_patch().get_edgecolor()) == "#000000"
        for text in display.text_
    ]
    assert framed == [False, False, True, True, False, False]


def test_legend_names_the_classes_shown_and_errors_only_if_any(in_memory):
    y = normal()
    y[1] = "V"
    right = BeatDisplay.from_predictions(table(in_memory), y, y, start=0)
    legend = texts(legend_of(right.ax_).get_texts())
    assert legend == ["N  normal", "V  ventricular ectopic"]
    wrong = BeatDisplay.from_predictions(table(in_memory), y, normal(), start=0)
    legend = texts(legend_of(wrong.ax_).get_texts())
    assert legend[-1] == "misclassified; below, what it is"


def test_classes_differ_in_colour_and_in_marker(in_memory):
    y = np.resize(np.array(list("NSVFQ"), dtype=object), len(R_PEAKS))
    display = BeatDisplay.from_predictions(table(in_memory), y, y, start=0)
    handles = legend_of(display.ax_).legend_handles
    assert len({handle.get_color() for handle in handles}) == 5
    assert len({handle.get_marker() for handle in handles}) == 5


def test_a_class_keeps_its_colour_in_every_strip(in_memory):
    all_v = np.full(len(R_PEAKS), "V", dtype=object)
    some_v = all_v.copy()
    some_v[::2] = "N"
    colours = set()
    for y in (all_v, some_v):
        display = BeatDisplay.from_predictions(table(in_memory), y, y, start=0)
        patch = display.text_[1].get_bbox_patch()
        colours.add(to_hex(patch.get_facecolor()))
    assert len(colours) == 1


def test_other_labels_than_aami_are_drawn_too(in_memory):
    y = np.resize([1, 2], len(R_PEAKS))
    display = BeatDisplay.from_predictions(table(in_memory), y, y, start=0, duration=2)
    assert texts(display.text_) == ["1", "2"]


def test_starts_near_the_first_wrong_beat_by_default(in_memory):
    y_pred = normal()
    y_pred[18] = "V"
    display = BeatDisplay.from_predictions(
        table(in_memory), normal(), y_pred, duration=6
    )
    assert display.start == pytest.approx(18.5 - 2)
    assert "V" in texts(display.text_)


def test_the_default_strip_stays_inside_the_record(in_memory):
    y_pred = normal()
    y_pred[-1] = "V"
    display = BeatDisplay.from_predictions(table(in_memory), normal(), y_pred)
    assert display.start == pytest.approx(20)
    assert len(display.signal) == 1000


def test_a_strip_that_passes_the_end_is_cut(in_memory):
    y = normal()
    display = BeatDisplay.from_predictions(table(in_memory), y, y, start=28)
    assert len(display.signal) == 200
    assert len(display.text_) == 2


def test_a_strip_without_beats_is_drawn(in_memory):
    X = table(in_memory).iloc[:3]
    y = normal(3)
    display = BeatDisplay.from_predictions(X, y, y, start=20, duration=5)
    assert display.text_ == []
    assert len(display.line_.get_xdata()) == 500


def test_a_signal_with_gaps_or_constant_is_drawn(in_memory):
    y = normal()
    in_memory.p_signal[100:200] = np.nan
    in_memory.p_signal[200:] = 0.5
    for start in (1, 0, 10):
        display = BeatDisplay.from_predictions(
            table(in_memory), y, y, start=start, duration=1
        )
        low, high = display.ax_.get_ylim()
        assert np.isfinite([low, high]).all()
        assert high - low > 0.1


def test_letters_stand_above_the_trace(in_memory):
    y = normal()
    display = BeatDisplay.from_predictions(table(in_memory), y, y, start=0)
    to_axes = display.ax_.transLimits
    _, highest = to_axes.transform((0, np.nanmax(display.signal)))
    assert highest < display.text_[0].get_position()[1] - 0.1


def test_beats_out_of_order_are_shown_in_time_order(in_memory):
    X = table(in_memory).iloc[::-1]
    y = normal()
    y[-1] = "V"
    display = BeatDisplay.from_predictions(X, y, y, start=0, duration=3)
    assert texts(display.text_) == ["V", "N", "N"]


def test_chooses_the_record_by_name_or_path(on_disk, in_memory):
    X = table(in_memory, on_disk)
    y = np.concatenate([normal(), np.full(len(R_PEAKS), "V")])
    for record in ("100", on_disk, Path(on_disk)):
        display = BeatDisplay.from_predictions(X, y, y, record=record)
        assert display.record_name == "100"
        assert set(display.y_true) == {"V"}
    assert BeatDisplay.from_predictions(X, y, y).record_name == "bedside"


def test_draws_on_given_axes(in_memory):
    _, ax = plt.subplots()
    y = normal()
    display = BeatDisplay.from_predictions(table(in_memory), y, y, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"record": "999"}, "record='999' is not in the beat table.*'bedside'"),
        ({"lead": "V9"}, "'bedside' has no lead 'V9'; its leads are 'I' .*, 'II'"),
        ({"start": 30}, "start=30 is outside of record 'bedside', which is 30 s"),
        ({"start": -1}, "start=-1 is outside"),
        ({"duration": 0, "start": 0}, "duration=0 must be positive"),
    ],
)
def test_refuses_what_cannot_be_shown(in_memory, options, message):
    y = normal()
    with pytest.raises(ValueError, match=message):
        BeatDisplay.from_predictions(table(in_memory), y, y, **options)


def test_units_that_the_record_does_not_give_are_left_out(in_memory):
    in_memory.units = None
    y = normal()
    display = BeatDisplay.from_predictions(table(in_memory), y, y, lead="II")
    assert (display.lead, display.units) == ("II", "")


def test_refuses_a_name_that_two_records_share(in_memory):
    twin = wfdb.Record(record_name="bedside", fs=RATE, p_signal=signals(), n_sig=2)
    y = normal(2 * len(R_PEAKS))
    with pytest.raises(ValueError, match="name of 2 records"):
        BeatDisplay.from_predictions(table(in_memory, twin), y, y, record="bedside")


def test_names_a_damaged_signal_file(on_disk):
    with open(f"{on_disk}.dat", "r+b") as file:
        file.truncate(100)
    y = normal()
    with pytest.raises(ValueError, match=r"Record .*100' .*truncated"):
        BeatDisplay.from_predictions(table(on_disk), y, y, start=5)


def test_refuses_labels_of_another_length(in_memory):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        BeatDisplay.from_predictions(table(in_memory), normal(), normal(3))


def test_an_estimator_predicts_the_record_shown_only(on_disk, in_memory):
    X = table(on_disk, in_memory)
    y = normal(len(X))
    labeller = Labeller().fit(X, y)
    display = BeatDisplay.from_estimator(labeller, X, y, record="bedside")
    assert labeller.n_predicted_ == len(R_PEAKS)
    assert display.record_name == "bedside"
    assert texts(display.truth_text_) == ["is N"]
    [at] = [text.get_position()[0] for text in display.truth_text_]
    assert at == 8.5


def test_labels_alone_are_shown_and_none_is_marked_wrong(in_memory):
    y = normal()
    y[4] = "V"
    for one in ({"y_pred": y}, {"y_true": y}):
        display = BeatDisplay.from_predictions(
            table(in_memory), **one, start=0, duration=6
        )
        assert texts(display.text_) == ["N", "N", "N", "N", "V", "N"]
        assert display.truth_text_ == []
        assert len(legend_of(display.ax_).get_texts()) == 2


def test_labels_alone_start_at_the_first_beat(in_memory):
    X = table(in_memory).iloc[10:]
    display = BeatDisplay.from_predictions(X, y_pred=normal(20), duration=6)
    assert display.start == pytest.approx(10.5 - 2)


def test_an_estimator_needs_no_true_classes(in_memory):
    X = table(in_memory)
    labeller = Labeller().fit(X, normal())
    display = BeatDisplay.from_estimator(labeller, X, start=8, duration=2)
    assert texts(display.text_) == ["V", "N"]
    assert display.y_true is None


def test_a_display_can_be_made_of_labels_alone():
    display = BeatDisplay(np.zeros(200), 100, [0.5, 1.5], y_pred=["N", "V"]).plot()
    assert texts(display.text_) == ["N", "V"]


def test_without_any_labels_there_is_nothing_to_show(in_memory):
    with pytest.raises(ValueError, match="give y_pred, y_true or both"):
        BeatDisplay.from_predictions(table(in_memory))
    with pytest.raises(ValueError, match="give y_pred, y_true or both"):
        BeatDisplay(np.zeros(100), 100, [0.5]).plot()


def strip(r_peaks, y_true, y_pred, *, width, seconds=10, layout=None):
    _, ax = plt.subplots(figsize=(width, 3.3), layout=layout)
    signal = np.random.default_rng(0).normal(size=seconds * RATE)
    display = BeatDisplay(signal, RATE, np.array(r_peaks), y_true, y_pred)
    return display.plot(ax=ax)


def boxes(display):
    """Return where labels are when they are drawn, badges included."""
    display.figure_.draw_without_rendering()
    shown = [
        text for text in [*display.text_, *display.truth_text_] if text.get_visible()
    ]
    return [
        Bbox.union(
            [text.get_window_extent()]
            + [patch.get_window_extent() for patch in [text.get_bbox_patch()] if patch]
        )
        for text in shown
    ]


def assert_none_touch(display):
    found = boxes(display)
    for number, box in enumerate(found):
        assert not any(box.overlaps(other) for other in found[:number])
    return found


@pytest.mark.parametrize("layout", ["constrained", None])
@pytest.mark.parametrize("width", [3.6, 11.0])
@pytest.mark.parametrize("interval", [0.2, 0.35, 0.8])
def test_no_label_touches_another(interval, width, layout):
    random = np.random.default_rng(1)
    r_peaks = np.arange(0.02, 9.99, interval)
    y_true, y_pred = random.choice(list("NNNSV"), size=(2, len(r_peaks)))
    display = strip(r_peaks, y_true, y_pred, width=width, layout=layout)
    assert_none_touch(display)


@pytest.mark.parametrize("width", [4.2, 11.0])
def test_no_label_touches_another_in_strips_one_above_the_other(width):
    _, axes = plt.subplots(3, figsize=(width, 9), layout="constrained")
    r_peaks = np.arange(0.02, 9.99, 0.31)
    y_true, y_pred = np.random.default_rng(2).choice(list("NSV"), (2, len(r_peaks)))
    signal = np.zeros(1000)
    displays = [
        BeatDisplay(signal, RATE, r_peaks, y_true, y_pred).plot(ax=ax) for ax in axes
    ]
    for display in displays:
        assert_none_touch(display)


def test_close_beats_all_keep_their_labels_where_three_lines_are_enough():
    r_peaks = [1.0, 1.15, 1.3, 4.0, 4.2]
    display = strip(r_peaks, list("NNNNN"), list("VVVSN"), width=9)
    found = assert_none_touch(display)
    assert len(found) == 5 + 4
    heights = [text.get_window_extent().y0 for text in display.text_]
    assert heights[0] > heights[1]
    # A beat that stands alone is on the first line.
    assert heights[3] == pytest.approx(heights[0])


def test_letters_of_plain_beats_give_way_first():
    r_peaks = np.arange(0.1, 9.9, 0.1)
    y = np.array(["N"] * len(r_peaks))
    y[5::14] = "V"
    display = strip(r_peaks, y, y, width=4)
    hidden = {t.get_text() for t in display.text_ if not t.get_visible()}
    assert hidden == {"N"}
    assert len(display.text_) == len(r_peaks)


@pytest.mark.parametrize("height", [1.8, 3.3])
def test_labels_stay_above_the_trace(height):
    _, ax = plt.subplots(figsize=(5, height))
    signal = np.sin(np.arange(1000))
    r_peaks = np.arange(0.1, 9.9, 0.25)
    y_true, y_pred = ["N"] * len(r_peaks), ["V"] * len(r_peaks)
    display = BeatDisplay(signal, RATE, r_peaks, y_true, y_pred).plot(ax=ax)
    _, top = ax.transData.transform((0, 1.0))
    assert min(box.y0 for box in boxes(display)) >= top
    bottom, _ = ax.get_ylim()
    assert ax.get_ylim()[1] - bottom < 2.2 / 0.3


@pytest.mark.parametrize("width", [3.6, 11.0])
def test_labels_at_the_edges_stay_inside(width):
    display = strip([0.0, 9.99], list("NN"), list("VV"), width=width)
    for box in boxes(display):
        assert box.x0 > display.ax_.bbox.x0 - 5
        assert box.x1 < display.ax_.bbox.x1 + 5


spans = st.tuples(st.integers(0, 50), st.integers(1, 20))


@given(st.lists(spans, max_size=30), st.integers(1, 4), st.randoms())
def test_lines_hold_no_two_intervals_that_overlap(spans, n_lines, random):
    starts = np.array([start for start, _ in spans], dtype=float)
    ends = starts + [length for _, length in spans]
    order = list(range(len(spans)))
    random.shuffle(order)
    lines = lines_without_overlap(starts, ends, n_lines, order)
    for a in range(len(spans)):
        others = [b for b in range(len(spans)) if b != a]
        rivals = {
            lines[b] for b in others if starts[a] < ends[b] and ends[a] > starts[b]
        }
        if lines[a] < 0:
            assert rivals >= set(range(n_lines))
        else:
            assert lines[a] not in rivals
