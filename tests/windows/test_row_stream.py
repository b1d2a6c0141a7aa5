import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.windows._row_stream import Rows, RowStream

SIGNAL = make_ecg(1, duration=30, random_state=0).records[0].p_signal


def pushed(segmenter, signal, rate, r_peaks, stops, views=(("II",),)):
    """Push a signal in pieces; R peaks come with the piece that holds them.

    Each view has columns of the signal of its own, one after the other.
    """
    stream = RowStream(segmenter, rate, views, memory=5)
    columns = np.cumsum([len(view) for view in views])[:-1]
    found, start = [], 0
    for piece in np.split(signal, sorted(stops)):
        # Whoever unpickles a stream goes on with it.
        stream = pickle.loads(pickle.dumps(stream))
        inside = (r_peaks >= start) & (r_peaks < start + len(piece))
        found.append(stream.push(np.split(piece, columns, axis=1), r_peaks[inside]))
        start += len(piece)
    found.append(stream.flush(r_peaks[:0]))
    return [
        Rows(*(np.concatenate(column) for column in zip(*of_view, strict=True)))
        for of_view in zip(*found, strict=True)
    ]


def rows_of(segmenter, signal, rate, r_peaks, stops):
    """Push a signal of one view in pieces."""
    return pushed(segmenter, signal, rate, r_peaks, stops)[0]


@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([100, 180, 250, 257.5, 360]),
    stops=st.sets(st.integers(0, len(SIGNAL)), max_size=25),
    features=st.sampled_from(["all", "causal", None]),
    on_grid=st.booleans(),
    normalize=st.sampled_from(["beat", None]),
    n_missing=st.integers(0, 400),
    begins_late=st.booleans(),
)
def test_rows_are_those_of_the_segmenter(
    rate, stops, features, on_grid, normalize, n_missing, begins_late
):
    signal = SIGNAL[:, :1].copy()
    start = 0 if begins_late else 3000
    signal[start : start + n_missing] = np.nan
    table = beat_table(
        recording_from_array(signal, rate, "II"),
        np.arange(60, len(signal) - 10, 170),
        on_invalid="ignore",
    )
    segmenter = BeatSegmenter(
        "II",
        rr_features=features,
        relative_features=(features or "causal") if on_grid else None,
        normalize=normalize,
        on_invalid="ignore",
    ).fit(table)
    r_peaks = table["sample"].to_numpy()
    found = rows_of(segmenter, signal, rate, r_peaks, stops)
    np.testing.assert_array_equal(found.r_peaks, r_peaks)
    np.testing.assert_array_equal(found.rr_prev, table["rr_prev"])
    np.testing.assert_array_equal(found.features, segmenter.transform(table))
    np.testing.assert_array_equal(found.has_signal, segmenter.has_signal(table))


@pytest.mark.parametrize("relative", ["all", ["rr_irregularity32"], None])
def test_rows_of_two_channels_are_those_of_the_segmenter(relative):
    r_peaks = np.arange(60, len(SIGNAL) - 10, 170)
    signal = SIGNAL.copy()
    signal[5000:5100, 1] = np.nan
    recording = recording_from_array(signal, 360, ["II", "V1"])
    table = beat_table(recording, r_peaks, on_invalid="ignore")
    segmenter = BeatSegmenter(
        ["II", "V1"], channels="all", relative_features=relative, on_invalid="ignore"
    ).fit(table)
    views = [["II", "V1"]]
    (found,) = pushed(segmenter, signal, 360, r_peaks, [1, 2, 4000, 4100], views)
    np.testing.assert_array_equal(found.features, segmenter.transform(table))
    np.testing.assert_array_equal(found.has_signal, segmenter.has_signal(table))
    assert not found.has_signal.all()


def test_beats_too_close_to_another_are_left_out_as_in_a_beat_table():
    recording = recording_from_array(SIGNAL[:, 0], 360, "II")
    r_peaks = np.array([500, 520, 900, 1300])
    table = beat_table(recording, r_peaks, on_invalid="ignore")
    segmenter = BeatSegmenter("II").fit(table)
    found = rows_of(segmenter, SIGNAL[:, :1], 360, r_peaks, [700])
    assert found.r_peaks.tolist() == table["sample"].tolist() == [500, 900, 1300]


@pytest.mark.parametrize("relative", ["all", None])
def test_the_signal_of_old_beats_is_forgotten(relative):
    table = beat_table(recording_from_array(SIGNAL[:, 0], 360, "II"), [500, 900])
    segmenter = BeatSegmenter("II", relative_features=relative).fit(table)
    stream = RowStream(segmenter, 360, [["II"]], memory=2)
    sizes = []
    for _ in range(5):
        stream.push([SIGNAL[:, :1]], np.zeros(0, dtype=np.int64))
        sizes.append(len(pickle.dumps(stream)))
    assert sizes[-1] < sizes[0] + 100
    assert stream.n_seen == 5 * len(SIGNAL)
    with pytest.raises(ValueError, match=r"sample 900 comes \d+\.\d s late"):
        stream.push([SIGNAL[:, :1]], np.array([900]))


@pytest.mark.parametrize("relative", ["all", None])
def test_views_have_one_rhythm_and_signals_of_their_own(relative):
    r_peaks = np.arange(60, len(SIGNAL) - 10, 170)
    table = beat_table(recording_from_array(SIGNAL, 360, ["II", "V1"]), r_peaks)
    segmenter = BeatSegmenter("II", relative_features=relative).fit(table)
    stops = [700, 701, 5000]
    found = pushed(segmenter, SIGNAL, 360, r_peaks, stops, [["II"], ["V1"]])
    for number in (0, 1):
        column = SIGNAL[:, number : number + 1]
        alone = rows_of(segmenter, column, 360, r_peaks, stops)
        for one, other in zip(found[number], alone, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("relative", ["causal", None])
@pytest.mark.parametrize("rate", [250, 257.5, 360])
def test_missing_samples_may_be_skipped_once_all_has_settled(relative, rate):
    segmenter = BeatSegmenter("II", rr_features=None, relative_features=relative)
    table = beat_table(recording_from_array(SIGNAL[:, 0], rate, "II"), [500, 900])
    segmenter = segmenter.set_params(normalize=None).fit(table)
    r_peaks = np.arange(500, 3000, 250)
    streams = [RowStream(segmenter, rate, [["II"]], memory=2) for _ in range(2)]
    taken, skipped = streams
    n_more = 12_345
    for stream in streams:
        stream.push([SIGNAL[:3500, :1]], r_peaks)
        stream.push([np.full((stream.settled, 1), np.nan)], r_peaks[:0])
    n_before = taken.n_seen
    taken.push([np.full((n_more, 1), np.nan)], r_peaks[:0])
    skipped.skip(n_more)
    found = []
    for stream in streams:
        assert stream.n_seen == n_before + n_more
        (some,) = stream.push([SIGNAL[:, :1]], stream.n_seen + r_peaks)
        (rest,) = stream.flush(r_peaks[:0])
        found.append([np.concatenate(pair) for pair in zip(some, rest, strict=True)])
    assert found[0][0].tolist() == (n_before + n_more + r_peaks).tolist()
    assert found[0][3].all()
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_rows_are_returned_before_there_is_a_window():
    table = beat_table(recording_from_array(SIGNAL[:, 0], 360, "II"), [500, 900])
    stream = RowStream(BeatSegmenter("II").fit(table), 360, [["II"], ["V1"]], memory=2)
    found = stream.push([SIGNAL[:9, :1], SIGNAL[:9, 1:]], np.array([5]))
    assert [len(rows.r_peaks) for rows in found] == [0, 0]
    for rows, none in zip(found, stream.none, strict=True):
        assert rows.features.shape == none.features.shape == (0, 131)


@pytest.mark.parametrize(
    ("parameters", "remedy"),
    [
        ({"normalize": "record"}, "normalize='beat'"),
        ({"baseline": "median"}, "baseline=None"),
        ({"bandpass": (0.5, 40)}, "bandpass=None"),
    ],
)
def test_what_looks_ahead_is_refused(parameters, remedy):
    table = beat_table(recording_from_array(SIGNAL[:, 0], 360, "II"), [500, 900])
    segmenter = BeatSegmenter("II", **parameters).fit(table)
    with pytest.raises(ValueError, match=f"Fit the pipeline with {remedy}"):
        RowStream(segmenter, 360, [["II"]], memory=2)
