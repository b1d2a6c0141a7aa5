import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, BeatStream, PrunedCNNClassifier
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.detection import _detector
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.windows._row_stream import RowStream

RATE = 360


def pushed(stream, signal, stops=()):
    """Push a signal in pieces, and return all beats."""
    pieces = np.split(signal, sorted(stops))
    found = [stream.push(piece) for piece in pieces]
    return pd.concat([*found, stream.flush()], ignore_index=True)


def batch(model, signal, rate, lead="MLII"):
    """Label the beats of a whole signal."""
    table = beat_table(
        recording_from_array(signal, rate, lead), lead=lead, on_invalid="ignore"
    )
    segmenter = copy.copy(model[0]).set_params(on_invalid="ignore", lead=lead)
    has_signal = segmenter.has_signal(table)
    labels = np.full(len(table), "?", dtype=object)
    rows = segmenter.transform(table)[has_signal]
    labels[has_signal] = model[1:].predict(rows)
    probabilities = np.full((len(table), len(model.classes_)), np.nan)
    probabilities[has_signal] = model[1:].predict_proba(rows)
    return table, labels, probabilities


def assert_same(beats, model, signal, rate):
    table, labels, probabilities = batch(model, signal, rate)
    assert beats["sample"].tolist() == table["sample"].tolist()
    assert beats["label"].tolist() == labels.tolist()
    columns = [f"p_{label}" for label in model.classes_]
    np.testing.assert_array_equal(beats[columns], probabilities)
    np.testing.assert_array_equal(beats["rr_prev"], table["rr_prev"])


@settings(max_examples=20, deadline=None)
@given(
    rate=st.sampled_from([100, 128, 250, 257, 360, 1000]),
    gain=st.sampled_from([-1.0, 0.02, 1.0, 40.0]),
    gaps=st.lists(
        st.tuples(st.floats(0, 1), st.integers(1, 900)), min_size=0, max_size=3
    ),
    stops=st.sets(st.integers(0, 20_000), max_size=40),
)
def test_beats_are_those_of_the_whole_recording(model, signal, rate, gain, gaps, stops):
    signal = gain * signal[: 40 * RATE] + 3
    for start, length in gaps:
        first = int(start * len(signal))
        signal[first : first + length] = np.nan
    beats = pushed(BeatStream(model, rate), signal, stops)
    assert_same(beats, model, signal, rate)


@pytest.mark.parametrize("n_samples", [1, 37, 360])
def test_pieces_of_one_size_are_one_signal(model, signal, n_samples):
    signal = signal[: 2000 + 20 * n_samples]
    stops = range(n_samples, len(signal), n_samples)
    assert_same(pushed(BeatStream(model, RATE), signal, stops), model, signal, RATE)


def test_missing_samples_at_the_start_and_at_the_end(model, signal):
    signal = signal[: 30 * RATE].copy()
    signal[:700] = np.nan
    signal[-300:] = np.nan
    beats = pushed(BeatStream(model, RATE), signal, range(0, len(signal), 250))
    assert_same(beats, model, signal, RATE)


def test_all_channels_of_a_model_are_read_by_name(ecg):
    segmenter = BeatSegmenter(["V1", "MLII"], channels="all")
    classifier = PrunedCNNClassifier(n_epochs=1, n_stages=1, random_state=0)
    model = make_pipeline(segmenter, classifier).fit(ecg.data, ecg.target)
    record = ecg.records[0]
    stream = BeatStream(model, RATE, ["MLII", "V1"])
    beats = pushed(stream, record.p_signal, range(0, 21_000, 777))
    table = beat_table(record, lead="V1")
    assert beats["sample"].tolist() == table["sample"].tolist()
    found = beats[[f"p_{label}" for label in model.classes_]]
    np.testing.assert_array_equal(found, model.predict_proba(table))


def seconds_late(model, signal, stream):
    """Return by how much each beat comes after its R peak, in steps of 10 ms."""
    late = []
    step = round(0.01 * RATE)
    for start in range(0, len(signal), step):
        beats = stream.push(signal[start : start + step])
        late += ((start + step) / RATE - beats["time"]).tolist()
    return np.array(late)


def test_without_the_next_beat_a_label_comes_after_window_and_detection(ecg, signal):
    causal = make_pipeline(
        BeatSegmenter(rr_features="causal"),
        PrunedCNNClassifier(n_epochs=1, n_stages=1, random_state=0),
    ).fit(ecg.data, ecg.target)
    late = seconds_late(causal, signal[: 20 * RATE], BeatStream(causal, RATE))
    # The first two seconds are learnt from.
    assert late[5:].max() <= 0.45 + 0.35 + 0.01


def test_with_the_next_beat_a_label_comes_an_interval_later(model, signal):
    signal = signal[: 30 * RATE]
    late = seconds_late(model, signal, BeatStream(model, RATE))
    intervals = np.diff(beat_table(recording_from_array(signal, RATE, "II"))["sample"])
    n_beats = min(len(late), len(intervals))
    limit = np.maximum(0.45, intervals[5:n_beats] / RATE) + 0.35 + 0.01
    # A beat found by searching back comes later, and with it the one before.
    assert np.mean(late[5:n_beats] <= limit) > 0.95


def test_what_is_remembered_does_not_grow(model, signal):
    stream = BeatStream(model, RATE)
    sizes = []
    for _ in range(8):
        for piece in np.array_split(signal, 6):
            stream.push(piece)
        sizes.append(len(pickle.dumps(stream)))
    assert max(sizes[2:]) < 1.3 * min(sizes[1:])


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_a_copy_goes_on_where_it_was(model, signal, copied):
    stream = BeatStream(model, RATE)
    stream.push(signal[:9000])
    other = copied(stream)
    expected, found = (
        pd.concat([s.push(signal[9000:]), s.flush()]) for s in (stream, other)
    )
    pd.testing.assert_frame_equal(found, expected)


def with_a_gap(signal, n_missing, n_after=20 * RATE):
    return np.concatenate(
        [signal[: 20 * RATE], np.full(n_missing, np.nan), signal[:n_after]]
    )


@pytest.mark.parametrize("n_missing", [1, 360, 3 * RATE, 5 * RATE, 130 * RATE + 1])
def test_a_lead_that_is_off_changes_no_beat_of_the_whole(model, signal, n_missing):
    off = with_a_gap(signal, n_missing)
    beats = pushed(BeatStream(model, RATE), off, range(0, len(off), 999))
    assert_same(beats, model, off, RATE)
    stream = BeatStream(model, RATE)
    found = [stream.push(off[: 20 * RATE]), stream.gap(n_missing)]
    found += [stream.push(off[20 * RATE + n_missing :]), stream.flush()]
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), beats)


@pytest.mark.parametrize("rate", [100, 257, 360])
@pytest.mark.parametrize("n_before", [0, 3217])
def test_an_hour_that_is_passed_over_is_an_hour(
    model, signal, rate, n_before, monkeypatch
):
    hour = 3600 * rate + 7

    def run():
        stream = BeatStream(model, rate)
        parts = [stream.push(signal[:n_before]), stream.gap(hour)]
        parts += [stream.push(piece) for piece in np.array_split(signal[:9000], 7)]
        beats = pd.concat([*parts, stream.flush()], ignore_index=True)
        return beats, stream.quality

    beats, quality = run()
    assert beats["sample"].max() > n_before + hour
    monkeypatch.setattr(RowStream, "settled", 10**9)
    monkeypatch.setattr(_detector, "_SETTLED", 1e9)
    whole, quality_of_whole = run()
    pd.testing.assert_frame_equal(beats, whole)
    pd.testing.assert_frame_equal(quality, quality_of_whole)


@pytest.mark.parametrize("silence", [np.nan, None])
def test_the_last_beat_before_a_silence_is_told_after_3_5_seconds(
    model, signal, silence
):
    stream = BeatStream(model, RATE)
    told = stream.push(signal[: 20 * RATE])["sample"].tolist()
    value = signal[20 * RATE - 1] if silence is None else silence
    expected = beat_table(
        recording_from_array(signal[: 20 * RATE], RATE, "MLII"), lead="MLII"
    )["sample"]
    when = {}
    for n in range(36, 6 * RATE, 36):
        for sample in stream.push(np.full(36, value))["sample"]:
            when[sample] = 20 * RATE + n
    assert [*told, *when] == expected.tolist()
    last = expected.iloc[-1]
    assert 3.5 * RATE < when[last] - last <= 3.5 * RATE + 36


def test_what_is_remembered_does_not_grow_while_a_lead_is_off(model, signal):
    stream = BeatStream(model, RATE)
    stream.push(signal)
    sizes = []
    for _ in range(6):
        for _ in range(60):
            stream.push(np.full(30 * RATE, np.nan))
        sizes.append(len(pickle.dumps(stream)))
    assert max(sizes) < 1.02 * min(sizes)


@pytest.mark.parametrize("n_lost", [1, 35])
def test_packets_with_time_stamps_tell_of_those_that_are_lost(model, signal, n_lost):
    packets = np.array_split(signal[: 30 * RATE], 60)
    starts = np.cumsum([0, *map(len, packets)])[:-1]
    arrived = [n for n in range(60) if not 20 <= n < 20 + n_lost]
    stream = BeatStream(model, RATE)
    found = [stream.push(packets[n], time=1e6 + starts[n] / RATE) for n in arrived]
    found.append(stream.flush())
    holed = signal[: 30 * RATE].copy()
    holed[starts[20] : starts[20] + n_lost * len(packets[0])] = np.nan
    expected = pushed(BeatStream(model, RATE), holed)
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), expected)


def test_a_packet_that_comes_twice_leaves_the_stream_as_it_was(model, signal):
    stream = BeatStream(model, RATE)
    found = [stream.push(signal[:3600], time=0.0), stream.push(signal[3600:7200], 10.0)]
    with pytest.raises(ValueError, match=r"begins 10 s \(3600 samples\) before"):
        stream.push(signal[3600:7200], time=10.0)
    found += [stream.push(signal[7200:10_800], time=20.0), stream.flush()]
    expected = pushed(BeatStream(model, RATE), signal[:10_800])
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), expected)


def test_nothing_can_be_pushed_after_the_end(model, signal):
    stream = BeatStream(model, RATE)
    stream.push(signal[:3600])
    assert len(stream.flush()) > 1
    assert len(stream.flush()) == 0
    for call in (stream.push, stream.gap):
        with pytest.raises(ValueError, match="has been ended by flush"):
            call(100)


@pytest.mark.parametrize("n_samples", [-1, 1.5, np.nan, "7", None])
def test_a_gap_is_a_number_of_samples(model, n_samples):
    with pytest.raises(ValueError, match=r"'n_samples' parameter of BeatStream\.gap"):
        BeatStream(model, RATE).gap(n_samples)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, 1e10])
def test_a_number_that_cannot_be_leaves_the_stream_as_it_was(model, signal, value):
    stream = BeatStream(model, RATE)
    found = [stream.push(signal[:5000])]
    wrong = signal[5000:6000].copy()
    wrong[10] = value
    with pytest.raises(ValueError, match=r"samples holds .* at index \(10, 0\)"):
        stream.push(wrong)
    found += [stream.push(signal[5000:9000]), stream.flush()]
    expected = pushed(BeatStream(model, RATE), signal[:9000])
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), expected)


def test_what_is_masked_is_missing(model, signal):
    masked = np.ma.MaskedArray(signal[:9000].copy(), np.arange(9000) // 400 == 9)
    masked.data[3600:4000] = 99.0
    beats = pushed(BeatStream(model, RATE), masked)
    expected = pushed(BeatStream(model, RATE), masked.filled(np.nan))
    pd.testing.assert_frame_equal(beats, expected)
    assert set(beats["quality"]) == {"good", "no signal"}


class Returns:
    """A chip that returns what it was given."""

    def __init__(self, found):
        self.found = found

    def push(self, samples):
        return self.found

    def flush(self):
        return []


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([0.4, 1.2], "whole numbers of samples"),
        ([400, 300], "must rise"),
        ([400, 400], "must rise"),
        ([-1], "samples of the signal, 0 to 3599"),
        ([3600], "samples of the signal, 0 to 3599"),
        (np.arange(3600) == 70, "np.flatnonzero"),
    ],
)
def test_what_another_source_of_r_peaks_returns_is_checked(
    model, signal, found, message
):
    stream = BeatStream(model, RATE, r_peaks=Returns(found))
    with pytest.raises(ValueError, match=rf"result of r_peaks\.push .*{message}"):
        stream.push(signal[:3600])


class Metronome:
    """A chip that says when a beat was."""

    def __init__(self, late=0):
        self.n, self.late = 0, late

    def push(self, samples):
        before, self.n = self.n, self.n + len(samples)
        r_peaks = np.arange(400, 20_000, 300)
        came = r_peaks + self.late
        return r_peaks[(came >= before) & (came < self.n)]

    def flush(self):
        return np.zeros(0, dtype=np.int64)


def test_another_source_of_r_peaks_is_believed(model, signal):
    stream = BeatStream(model, RATE, r_peaks=Metronome())
    beats = pushed(stream, signal[: 30 * RATE], range(0, 10_000, 500))
    assert beats["sample"].tolist() == list(range(400, 30 * RATE, 300))
    assert len(stream.quality) == 0


def test_an_r_peak_that_comes_too_late_is_an_error(model, signal):
    stream = BeatStream(model, RATE, r_peaks=Metronome(late=50 * RATE))
    with pytest.raises(ValueError, match=r"sample 400 comes \d\d\.. s late"):
        pushed(stream, np.tile(signal, 2), range(0, 40_000, 500))


@pytest.mark.parametrize("samples", [[], np.zeros(0), np.zeros((0, 1))])
def test_no_samples_are_no_beats(model, samples):
    assert len(BeatStream(model, RATE).push(np.asarray(samples, dtype=float))) == 0


@pytest.mark.parametrize(
    "samples", [["a"], [[1.0, 2.0]], np.zeros((2, 2, 2)), [True], [1j]]
)
def test_samples_that_are_none_leave_the_stream_as_it_was(model, signal, samples):
    stream = BeatStream(model, RATE)
    stream.push(signal[:5000])
    with pytest.raises(ValueError, match="samples"):
        stream.push(samples)
    beats = pd.concat([stream.push(signal[5000:]), stream.flush()])
    expected = beat_table(recording_from_array(signal, RATE, "II"))["sample"]
    assert beats["sample"].tolist() == expected.tolist()[-len(beats) :]


@pytest.mark.parametrize("rate", [0, 99, 5000, np.nan, "360", None])
def test_a_rate_that_is_none_is_refused(model, rate):
    with pytest.raises(ValueError, match="sampling_rate"):
        BeatStream(model, rate)


def test_a_lead_that_the_model_does_not_read_is_refused(model):
    with pytest.raises(ValueError, match="no lead 'MLII' or 'II' or 'V5'"):
        BeatStream(model, RATE, ["V1", "V2"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("normalize", "record"), ("bandpass", (0.5, 40)), ("baseline", "median")],
)
def test_a_model_that_looks_at_the_whole_recording_is_refused(model, name, value):
    other = copy.deepcopy(model)
    other[0].set_params(**{name: value})
    with pytest.raises(ValueError, match=rf"cut with BeatSegmenter\({name}="):
        BeatStream(other, RATE)


def test_a_classifier_alone_is_refused(model):
    with pytest.raises(TypeError, match="begins with a BeatSegmenter"):
        BeatStream(model[1], RATE)


@pytest.mark.parametrize(
    "signal",
    [
        np.full(5000, np.nan),
        np.zeros(5000),
        np.full(300, 1.0),
        np.tile([-32.768, 32.767], 2500),
        np.ones(1),
    ],
    ids=["all missing", "flat", "short", "extremes", "one sample"],
)
def test_signals_without_beats_have_none_or_some_but_no_error(model, signal):
    beats = pushed(BeatStream(model, RATE), signal, [100] if len(signal) > 100 else [])
    assert set(beats["label"]) <= {*model.classes_, "?"}


def test_beats_of_another_patient_do_not_matter(model):
    first, second = make_ecg(2, duration=20, random_state=3).records
    stream = BeatStream(model, RATE)
    pushed(stream, first.p_signal[:, 0])
    alone = pushed(BeatStream(model, RATE), second.p_signal[:, 0])
    assert len(alone)
