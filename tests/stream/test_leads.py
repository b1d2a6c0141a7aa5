"""Of two leads, the one to believe."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.detection import Change
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.stream import BeatStream
from sklearn_ecg.stream._leads import leads_used, longest_believed, sentences_of

RATE = 360
MINUTE = 60 * RATE


@pytest.fixture(scope="module")
def pair():
    """Two leads of three minutes, one of which is off in the second minute."""
    made = make_ecg(1, duration=180, leads=("MLII", "V1"), random_state=4).records[0]
    signals = made.p_signal.copy()
    signals[MINUTE : 2 * MINUTE, 0] = 0.5
    return signals


@pytest.fixture(scope="module", params=["ambulatory", "wearable"])
def box(request):
    return load_pretrained(request.param)


def recorded(signals, *names):
    return recording_from_array(signals, RATE, list(names or ("MLII", "V1")))


def test_beats_of_the_stream_are_those_of_the_recording(box, pair):
    expected = annotate(recorded(pair), box)
    assert set(expected.beats["lead"]) == {"MLII", "V1"}
    stream = BeatStream(box, RATE, ["MLII", "V1"])
    pieces = np.split(pair, [100, 5000, MINUTE + 77, 2 * MINUTE + 500])
    found = [stream.push(piece) for piece in pieces]
    beats = pd.concat([*found, stream.flush()], ignore_index=True)
    pd.testing.assert_frame_equal(beats, expected.beats[beats.columns])


def test_the_other_lead_is_believed_where_the_first_is_off(box, pair):
    annotation = annotate(recorded(pair), box)
    assert annotation.leads_used["lead"].tolist() == ["MLII", "V1", "MLII"]
    change, back = annotation.leads_used["start"].iloc[1:]
    assert 60 < change < 70
    assert 120 < back < 180
    assert annotation.leads_used["why"].tolist() == ["", "MLII missed beats", ""]
    assert annotation.quality.empty
    alone = annotate(recorded(pair), box, lead="V1").beats["time"]
    during = annotation.beats["time"].between(60.2, 119.8)
    there = alone[alone.between(60.2, 119.8)]
    assert during.sum() == len(there)
    assert (annotation.beats["quality"] == "good").all()


def test_a_change_is_said_in_words_and_on_the_page(box, pair, tmp_path):
    annotation = annotate(recorded(pair), box)
    said = "lead V1 was believed: MLII missed beats."
    assert said in str(annotation)
    assert said in annotation.report(tmp_path / "a.html").read_text()


def test_a_lead_that_is_named_is_read_alone(box, pair):
    annotation = annotate(recorded(pair), box, lead="MLII")
    assert set(annotation.beats["lead"]) == {"MLII"}
    assert len(annotation.leads_used) == 1
    assert annotation.second_lead is None
    assert not annotation.beats["time"].between(61, 119).any()


def test_given_beats_are_left_as_they_are(box, pair):
    given = np.arange(500, len(pair) - 500, 300)
    beats = annotate(recorded(pair), box, r_peaks=given).beats
    assert beats["sample"].tolist() == given.tolist()


def test_the_first_lead_is_read_where_the_second_is_bad(box, pair):
    noise = np.random.default_rng(0).normal(0, 0.3, len(pair))
    good = pair[:, 1]
    annotation = annotate(recorded(np.column_stack([good, noise])), box)
    expected = annotate(recorded(good, "MLII"), box)
    assert annotation.leads_used["lead"].tolist() == ["MLII"]
    assert annotation.beats["sample"].tolist() == expected.beats["sample"].tolist()


def test_a_flat_first_lead_is_not_the_one_that_is_shown(box, pair):
    flat = np.column_stack([np.zeros(len(pair)), pair[:, 1]])
    annotation = annotate(recorded(flat), box)
    assert annotation.lead == "V1"
    expected = annotate(recorded(flat), box, lead="V1").beats
    assert abs(len(annotation.beats) - len(expected)) <= 1
    same = annotation.beats["sample"].isin(expected["sample"])
    assert same.sum() > 0.97 * len(expected)


def test_many_changes_are_said_at_once():
    changes = [(0, 0, "")] + [
        (k * MINUTE, k % 2, "noise" if k % 2 else "") for k in range(1, 9)
    ]
    used = leads_used([Change(*each) for each in changes], ["A", "B"], RATE, 540.0)
    assert longest_believed(used) == "A"
    assert list(sentences_of(used)) == [
        "Lead B was believed 4 times, for 0:04 in all: A is noisy. 'leads_used' has "
        "each time."
    ]
