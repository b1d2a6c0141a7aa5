"""Figures of parts: what is counted of each, and that they add up."""

from itertools import pairwise

import numpy as np
import pytest

from sklearn_ecg.rhythm import find_episodes, summarize, summarize_part

RATE = 100


@pytest.fixture(scope="module")
def beats():
    random = np.random.default_rng(0)
    samples = np.cumsum(random.integers(30, 130, 6000))
    labels = random.choice(list("NVS"), 6000, p=[0.7, 0.2, 0.1])
    return samples, labels, float(samples[-1] / RATE) + 1


def test_a_part_that_is_the_whole_is_the_whole(beats):
    samples, labels, duration = beats
    episodes = find_episodes(samples, labels, RATE, duration=duration)
    whole = summarize(samples, labels, RATE, episodes, duration)
    part = summarize_part(samples, labels, RATE, episodes, 0.0, duration)
    assert part.equals(whole)


def test_parts_add_up(beats):
    samples, labels, duration = beats
    episodes = find_episodes(
        samples, labels, RATE, unreadable=[(900, 1300)], duration=duration
    )
    whole = summarize(samples, labels, RATE, episodes, duration)["value"]
    edges = [0.0, 1000.0, 1000.5, 3000.0, duration]
    parts = [
        summarize_part(samples, labels, RATE, episodes, start, stop)["value"]
        for start, stop in pairwise(edges)
    ]
    for name in (
        "beats",
        "V beats",
        "V couplets",
        "S runs",
        "V bigeminy",
        "pauses > 2.0 s",
    ):
        assert sum(part[name] for part in parts) == whole[name]
    assert sum(part["analysed time"] for part in parts) == pytest.approx(
        whole["analysed time"]
    )
    seconds = [part["tachycardia"] * part["analysed time"] for part in parts]
    expected = whole["tachycardia"] * whole["analysed time"]
    assert np.nansum(seconds) == pytest.approx(expected)


def test_times_stay_those_of_the_recording(beats):
    samples, labels, duration = beats
    episodes = find_episodes(samples, labels, RATE, duration=duration)
    part = summarize_part(samples, labels, RATE, episodes, 1000.0, 2000.0)
    at = part["at"].dropna()
    assert len(at) >= 4
    assert at.between(1000, 2000).all()
