"""What no heart does is said."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.stream._doubts import doubts_of

NOTHING_LOST = pd.DataFrame({"start": [], "stop": [], "reason": []})


def doubts(labels, duration, quality=NOTHING_LOST, of_leads=None):
    times = np.linspace(0, duration, len(labels), endpoint=False)
    beats = pd.DataFrame({"time": times, "label": labels})
    return " ".join(doubts_of(beats, quality, duration, of_leads))


def test_nothing_is_doubted_as_a_rule():
    assert doubts(["N", "V"] * 350 + ["O"] * 20, 600) == ""
    assert doubts([], 0) == ""


def test_more_detections_than_beats_are_doubted():
    assert "Of 1000 detections, 600 are no beats" in doubts(
        ["N"] * 400 + ["O"] * 600, 600
    )


@pytest.mark.parametrize(
    ("a_minute", "said"),
    [(20, "fewer than 25"), (24, "fewer"), (26, ""), (219, ""), (230, "more than 220")],
)
def test_rates_that_no_heart_has_are_doubted(a_minute, said):
    found = doubts(["N"] * 10 * a_minute, 600)
    assert said in found
    assert bool(found) == bool(said)


def test_few_beats_are_no_doubt_where_the_signal_is_lost():
    lost = pd.DataFrame({"start": [0.0], "stop": [300.0], "reason": ["flat"]})
    beats = pd.DataFrame({"time": np.arange(300, 600, 0.8), "label": "N"})
    assert list(doubts_of(beats, lost, 600.0)) == []
    hardly = lost.assign(stop=580.0)
    [said] = doubts_of(beats[beats["time"] > 580], hardly, 600.0)
    assert said == "No lead shows beats in 97 % of the time."


def test_a_class_that_is_most_beats_in_one_lead_and_none_in_the_other_is_doubted():
    counts = pd.DataFrame({"N": [20, 99], "V": [80, 0]}, index=["D3", "V4"])
    found = doubts(["N"] * 700, 600, of_leads=counts)
    assert found == ("In lead D3, 80 % of the beats look V; in lead V4, none do.")
    assert doubts(["N"] * 700, 600, of_leads=counts + 5) == ""


def test_a_doubt_is_warned_of_and_stays_with_the_annotation(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 600 * 360)
    recording = recording_from_array(noise, 360, "MLII")
    with pytest.warns(UserWarning, match="no beats.*Look at a strip") as told:
        annotation = annotate(recording, load_pretrained("wearable"))
    assert len(told) == 1
    assert "are no beats" in annotation.doubts[0]
    assert f"Doubtful: {annotation.doubts[0]}" in str(annotation)
    assert "Doubtful" in annotation.report(tmp_path / "a.html").read_text()


def test_a_good_recording_has_no_doubts():
    made = make_ecg(1, duration=240, random_state=0).records[0]
    assert annotate(made, load_pretrained()).doubts == ()
