"""All of a recording in few bytes: nothing is lost but what no eye sees."""

import numpy as np
import pandas as pd
import pytest
from packed import unfolded, unpacked

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.report._disclosure import (
    hours_of,
    minute_edges,
    packed_beats,
    packed_episodes,
)


def decoded(fact, text):
    """Return the signal of a lead in mV, NaN where there is none."""
    codes, rate = unfolded(unpacked(text)), fact["rate"]
    edges = minute_edges(len(codes), rate)
    minutes = np.split(codes, edges[1:-1])
    steps = zip(minutes, fact["steps"], strict=True)
    signal = np.concatenate([np.cumsum(codes) * step / 1000 for codes, step in steps])
    for first, past in fact["gaps"]:
        signal[first:past] = np.nan
    return signal


@pytest.fixture(scope="module")
def recording():
    made = make_ecg(1, duration=150, random_state=0).records[0].p_signal
    signal = np.tile(made, (26, 1))  # 65 minutes
    signal[360 * 100 : 360 * 130, 0] = np.nan
    return recording_from_array(signal, 360, ["II", "V1"])


def test_signals_come_back_as_fine_as_their_noise_is(recording):
    facts, texts = hours_of(recording, ["II", "V1"], 0.0, recording.duration)
    assert [len(hour) for hour in texts] == [2, 2]
    for number, (hour, own) in enumerate(zip(facts, texts, strict=True)):
        for lead, fact, text in zip(("II", "V1"), hour, own, strict=True):
            assert 360 / fact["rate"] == 8
            stop = min(3600 * (number + 1), recording.duration)
            signal = recording.read(lead, 3600 * number, stop)
            signal = signal[: len(signal) // 8 * 8].reshape(-1, 8).mean(axis=1)
            step = max(fact["steps"]) / 1000
            np.testing.assert_allclose(decoded(fact, text), signal, atol=step)
            noise = np.nanmedian(np.abs(np.diff(signal)))
            assert step < max(2 * noise, 0.01)


def test_what_is_missing_is_said(recording):
    facts, _ = hours_of(recording, ["II", "V1"], 0.0, recording.duration)
    assert facts[0][0]["gaps"] == [[4500, 5850]]
    assert facts[0][1]["gaps"] == facts[1][0]["gaps"] == []


def test_beats_and_episodes_come_back():
    beats = pd.DataFrame(
        {
            "sample": [5, 300, 70_000_000],
            "label": ["N", "?", "V"],
            "p_N": [0.904, np.nan, 0.2],
            "p_V": [0.096, np.nan, 0.8],
        }
    )
    packed = packed_beats(beats, ["N", "V", "?"], np.array([3, -1, 0]))
    found = {name: unpacked(text).tolist() for name, text in packed.items()}
    assert np.cumsum(found["samples"]).tolist() == [5, 300, 70_000_000]
    assert found["labels"] == [0, 2, 1]
    assert found["sure"] == [90, 255, 80]
    assert found["cells"] == [4, 0, 1]
    episodes = pd.DataFrame(
        {"kind": ["V run", "AF"], "start": [9.0, 2.5], "stop": [9.5, 90.001]}
    )
    packed = packed_episodes(episodes, ["AF", "V run"])
    found = {name: unpacked(text).tolist() for name, text in packed.items()}
    assert found["kinds"] == [0, 1]
    assert np.cumsum(found["starts"]).tolist() == [2500, 9000]
    assert found["lengths"] == [87_501, 500]


def test_a_noisy_day_of_two_leads_fits_into_a_page():
    random = np.random.default_rng(0)
    hour = random.standard_normal((3600 * 360, 2))
    recording = recording_from_array(hour, 360, ["II", "V1"])
    _, texts = hours_of(recording, ["II", "V1"], 0.0, 3600.0)
    assert 24 * sum(map(len, texts[0])) < 5.2e6
