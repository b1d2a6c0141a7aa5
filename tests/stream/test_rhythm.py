import copy

import numpy as np
import pandas as pd
import pytest
from small_classifiers import QUICK

from sklearn_ecg import BeatStream, annotate, load_pretrained, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import RPeakDetector
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.rhythm import variability


@pytest.fixture(scope="module")
def recording():
    """Four minutes of which a quarter is lost, and beats come and go."""
    made = make_ecg(1, duration=240, random_state=1).records[0]
    signal = made.p_signal[:, 0].copy()
    signal[100 * 360 : 130 * 360] = np.nan
    signal[200 * 360 : 205 * 360] = signal[200 * 360]
    return recording_from_array(signal, 360, "MLII")


@pytest.fixture(scope="module")
def annotation(recording):
    return annotate(recording, load_pretrained())


def test_a_stream_tells_the_episodes_of_the_whole_recording(recording, annotation):
    signal = recording.read("MLII")
    rng = np.random.default_rng(0)
    cuts = np.sort(rng.choice(len(signal), 300, replace=False))
    stream = BeatStream(load_pretrained(), 360, ["MLII"])
    events = []
    for piece in np.split(signal, cuts):
        stream.push(piece)
        events.append(stream.episodes)
        if rng.random() < 0.1:
            stream = copy.deepcopy(stream)
    stream.flush()
    events = pd.concat([*events, stream.episodes], ignore_index=True)
    over = events[events["event"] == "end"].drop(columns="event")
    over = over.sort_values(["start", "stop", "kind"], ignore_index=True)
    pd.testing.assert_frame_equal(over, annotation.episodes)
    assert {"not analysable", "V couplet"} <= set(over["kind"])


class Chip:
    """A source of R peaks that knows nothing of what it cannot see."""

    def __init__(self):
        self._inside = RPeakDetector(360)

    def push(self, samples):
        return self._inside.push(samples)

    def flush(self):
        return self._inside.flush()


def test_a_gap_is_no_slow_rate_whatever_the_source_of_r_peaks(recording):
    signal = recording.read("MLII")
    stream = BeatStream(load_pretrained(), 360, ["MLII"], r_peaks=Chip())
    events = []
    for piece in (signal[: 90 * 360], None, signal[130 * 360 : 190 * 360]):
        stream.gap(40 * 360) if piece is None else stream.push(piece)
        events.append(stream.episodes)
    stream.flush()
    events = pd.concat([*events, stream.episodes])
    assert "bradycardia" not in set(events["kind"])
    (lost,) = events[events["kind"] == "not analysable"].itertuples()
    assert (lost.start, lost.stop) == pytest.approx((90, 130), abs=1)
    assert stream.quality[["start", "stop"]].to_numpy().tolist() == [[32400, 46800]]


def test_what_has_ended_is_told_once(recording):
    stream = BeatStream(load_pretrained(), 360, ["MLII"])
    stream.push(recording.read("MLII"))
    assert len(stream.episodes)
    stream.gap(360 * 200)
    stream.flush()
    assert stream.episodes["kind"].tolist() == ["not analysable"]
    stream.flush()
    assert stream.episodes.empty


def test_what_is_lost_is_told_where_it_was(annotation):
    episodes = annotation.episodes
    lost = episodes[episodes["kind"] == "not analysable"]
    assert len(lost) == 2
    assert lost["start"].to_numpy() == pytest.approx([100, 200], abs=0.2)
    assert lost["stop"].to_numpy() == pytest.approx([130, 205], abs=0.2)


def test_episodes_follow_from_corrected_beats(annotation):
    is_couplet = annotation.episodes["kind"] == "V couplet"
    couplet = annotation.episodes[is_couplet].iloc[0]
    inside = annotation.beats["time"].between(couplet["start"], couplet["stop"])
    right = annotation.beats.loc[inside, ["sample"]].assign(label="N")
    corrected = annotation.corrected(right)
    n_couplets = (corrected.episodes["kind"] == "V couplet").sum()
    assert n_couplets == is_couplet.sum() - 1
    before = annotation.summary().loc["V beats", "value"]
    assert corrected.summary().loc["V beats", "value"] == before - 2


def test_certainty_is_of_the_labels(annotation):
    couplet = annotation.episodes.query("kind == 'V couplet'").iloc[0]
    beats = annotation.beats
    own = beats[beats["time"].between(couplet["start"], couplet["stop"])]
    assert couplet["certainty"] == pytest.approx(own["p_V"].mean(), abs=2e-3)


def test_a_model_of_other_classes_says_nothing_of_the_rhythm(recording):
    made = make_ecg(2, duration=60, random_state=0)
    target = np.where(np.asarray(made.target) == "N", "normal", "ectopic")
    model = make_beat_pipeline(**QUICK).fit(made.data, target)
    other = annotate(recording, model)
    with pytest.raises(ValueError, match=r"'ectopic', 'normal'.*mapped"):
        _ = other.episodes
    with pytest.raises(ValueError, match="mapped"):
        other.summary()
    stream = BeatStream(model, 360, ["MLII"])
    stream.push(recording.read("MLII")[:3600])
    with pytest.raises(ValueError, match="mapped"):
        _ = stream.episodes


def test_variability_is_of_normal_beats_that_can_be_analysed():
    made = make_ecg(1, duration=420, random_state=1).records[0]
    signal = made.p_signal[:, 0].copy()
    signal[100 * 360 : 105 * 360] = np.nan
    annotation = annotate(recording_from_array(signal, 360, "MLII"), load_pretrained())
    beats, episodes = annotation.beats, annotation.episodes
    table = variability(
        beats["sample"],
        beats["label"],
        360,
        unreadable=annotation.quality,
        episodes=episodes,
        duration=420.0,
    )
    pd.testing.assert_frame_equal(annotation.variability(), table)
    assert table.loc["whole", "not_analysable_share"] == pytest.approx(
        5 / 420, abs=1e-3
    )
    assert annotation.variability(least_share=1).loc["whole", "reason"]


def test_a_stream_tells_that_a_lead_is_off_while_it_is():
    made = make_ecg(1, duration=120, random_state=1).records[0]
    signal = made.p_signal[:, 0]
    lost = np.full(200 * 360, np.nan)
    whole = np.concatenate([signal[: 60 * 360], lost, signal[60 * 360 :]])
    annotation = annotate(recording_from_array(whole, 360, "MLII"), load_pretrained())
    stream = BeatStream(load_pretrained(), 360, ["MLII"])
    events = []
    for second in range(0, 320, 4):
        stream.push(whole[360 * second : 360 * (second + 4)])
        events.append(stream.episodes.assign(told=second + 4))
    stream.flush()
    events.append(stream.episodes.assign(told=320))
    events = pd.concat(events, ignore_index=True)
    of_lost = events[events["kind"] == "not analysable"]
    assert of_lost["event"].tolist() == ["begin", "end"]
    last = annotation.beats["time"][annotation.beats["time"] < 61].max()
    assert of_lost["start"].tolist() == [last, last]
    # Two minutes, and as long as the detector may search back.
    assert last + 120 < of_lost["told"].iloc[0] < last + 150
    over = events[events["event"] == "end"].drop(columns=["event", "told"])
    over = over.sort_values(["start", "stop", "kind"], ignore_index=True)
    pd.testing.assert_frame_equal(over, annotation.episodes)
