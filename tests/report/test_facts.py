"""Runs, couplets, bigeminy and pauses that follow from labels."""

import pandas as pd
import pytest

from sklearn_ecg.report._facts import Run, facts_of

NOTHING = pd.DataFrame({"start": [], "stop": [], "reason": []})


def facts(labels, times=None, quality=NOTHING):
    times = range(len(labels)) if times is None else times
    beats = pd.DataFrame({"time": times, "label": list(labels)})
    return facts_of(beats, quality)


def lost(start, stop):
    return pd.DataFrame({"start": [start], "stop": [stop], "reason": ["flat"]})


def test_runs_have_three_beats_and_the_longest_comes_first():
    found = facts("NVVVNSSSSNVVN")
    assert found.runs == [Run("S", 5, 8, 4), Run("V", 1, 3, 3)]
    assert found.couplets == {"V": 1, "S": 0}
    assert [run.rate for run in found.runs] == [60, 60]


def test_a_run_ends_at_another_kind_and_at_the_end():
    assert facts("VVVSSS").runs == [Run("V", 0, 2, 3), Run("S", 3, 5, 3)]


def test_what_is_no_beat_does_not_end_a_run():
    assert facts("NVOVVN").runs == [Run("V", 1, 4, 3)]


def test_a_stretch_without_signal_ends_a_run():
    found = facts("VVVV", [0, 1, 5, 6], lost(2, 4))
    assert found.runs == []
    assert found.couplets == {"V": 2, "S": 0}
    assert facts("VVVV", [0, 1, 5, 6]).runs == [Run("V", 0, 6, 4)]


@pytest.mark.parametrize(
    ("labels", "n_stretches"),
    [
        ("NVNV", 0),
        ("NVNVNV", 1),
        ("NVNVNVNVNV", 1),
        ("NVNVNVNNVNVNV", 2),
        ("NVNVNNV", 0),
        ("VNVNVN", 0),
        ("VNVNVNV", 1),
        ("NVVNVNV", 0),
    ],
)
def test_bigeminy_is_every_other_beat_at_least_three_times(labels, n_stretches):
    assert facts(labels).bigeminy == {"V": n_stretches, "S": 0}


def test_bigeminy_does_not_go_on_through_a_stretch_without_signal():
    times = [0, 1, 2, 3, 6, 7]
    assert facts("NVNVNV", times).bigeminy["V"] == 1
    assert facts("NVNVNV", times, lost(4, 5)).bigeminy["V"] == 0


def test_the_longest_pauses_are_between_beats_that_are_seen():
    found = facts("NNNNO", [0, 1, 3, 9, 30], lost(5, 7))
    assert found.pauses == [(1.0, 2.0), (0.0, 1.0)]


def test_no_beats_have_no_facts():
    found = facts("")
    assert (found.runs, found.pauses) == ([], [])
    assert facts("N").pauses == []
