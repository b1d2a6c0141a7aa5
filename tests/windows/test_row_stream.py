import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.windows._row_stream import RowStream

SIGNAL = make_ecg(1, duration=30, random_state=0).records[0].p_signal


def rows_of(segmenter, signal, rate, r_peaks, stops, names=("II",)):
    """Push a signal in pieces; R peaks come with the piece that holds them."""
    stream = RowStream(segmenter, rate, names, memory=5)
    found, start = [], 0
    for piece in np.split(signal, sorted(stops)):
        inside = (r_peaks >= start) & (r_peaks < start + len(piece))
        found.append(stream.push(piece, r_peaks[inside]))
        start += len(piece)
    found.append(stream.flush(r_peaks[:0]))
    return [np.concatenate(column) for column in zip(*found, strict=True)]


@settings(max_examples=30, deadline=None)
@given(
    rate=st.sampled_from([100, 180, 250, 257.5, 360]),
    stops=st.sets(st.integers(0, len(SIGNAL)), max_size=25),
    features=st.sampled_from(["all", "causal", None]),
    normalize=st.sampled_from(["beat", None]),
    n_missing=st.integers(0, 400),
)
def test_rows_are_those_of_the_segmenter(rate, stops, features, normalize, n_missing):
    signal = SIGNAL[:, :1].copy()
    signal[3000 : 3000 + n_missing] = np.nan
    table = beat_table(
        recording_from_array(signal, rate, "II"),
        np.arange(60, len(signal) - 10, 170),
        on_invalid="ignore",
    )
    segmenter = BeatSegmenter(
        "II",
        rr_features=features,
        relative_features=features,
        normalize=normalize,
        on_invalid="ignore",
    ).fit(table)
    r_peaks = table["sample"].to_numpy()
    found = rows_of(segmenter, signal, rate, r_peaks, stops)
    np.testing.assert_array_equal(found[0], r_peaks)
    np.testing.assert_array_equal(found[1], table["rr_prev"])
    np.testing.assert_array_equal(found[2], segmenter.transform(table))
    np.testing.assert_array_equal(found[3], segmenter.has_signal(table))


def test_beats_too_close_to_another_are_left_out_as_in_a_beat_table():
    recording = recording_from_array(SIGNAL[:, 0], 360, "II")
    r_peaks = np.array([500, 520, 900, 1300])
    table = beat_table(recording, r_peaks, on_invalid="ignore")
    segmenter = BeatSegmenter("II").fit(table)
    found = rows_of(segmenter, SIGNAL[:, :1], 360, r_peaks, [700])
    assert found[0].tolist() == table["sample"].tolist() == [500, 900, 1300]


def test_the_signal_of_old_beats_is_forgotten():
    table = beat_table(recording_from_array(SIGNAL[:, 0], 360, "II"), [500, 900])
    stream = RowStream(BeatSegmenter("II").fit(table), 360, ["II"], memory=2)
    for _ in range(5):
        stream.push(SIGNAL[:, :1], np.zeros(0, dtype=np.int64))
    assert stream.n_seen == 5 * len(SIGNAL)
    with pytest.raises(ValueError, match=r"sample 900 comes \d+\.\d s late"):
        stream.push(SIGNAL[:, :1], np.array([900]))


def test_a_stream_after_another_has_its_rhythm_and_a_signal_of_its_own():
    r_peaks = np.arange(60, len(SIGNAL) - 10, 170)
    table = beat_table(recording_from_array(SIGNAL, 360, ["II", "V1"]), r_peaks)
    segmenter = BeatSegmenter("II", relative_features="all").fit(table)
    pieces = np.split(SIGNAL, [700, 701, 5000])
    stops = np.cumsum([len(piece) for piece in pieces])
    first = RowStream(segmenter, 360, ["II"], memory=5)
    second = RowStream(segmenter, 360, ["V1"], memory=5, after=first)
    # Whoever unpickles both has the same two.
    first, second = pickle.loads(pickle.dumps((first, second)))
    found = []
    for piece, stop in zip(pieces, stops, strict=True):
        inside = r_peaks[(r_peaks >= stop - len(piece)) & (r_peaks < stop)]
        first.push(piece[:, :1], inside)
        found.append(second.push(piece[:, 1:], inside))
    first.flush(r_peaks[:0])
    found.append(second.flush(r_peaks[:0]))
    found = [np.concatenate(column) for column in zip(*found, strict=True)]
    alone = rows_of(segmenter, SIGNAL[:, 1:], 360, r_peaks, stops[:-1], ["V1"])
    for one, other in zip(found, alone, strict=True):
        np.testing.assert_array_equal(one, other)
