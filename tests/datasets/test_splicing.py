import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg, splice_rhythms

RATE = 360


@pytest.fixture(scope="module")
def beats():
    """Two patients with V and S beats that stand alone."""
    return make_ecg(
        n_records=2,
        duration=300,
        class_frequencies={"N": 0.84, "S": 0.08, "V": 0.08},
        random_state=0,
    )


@pytest.fixture(scope="module")
def spliced(beats):
    return splice_rhythms(beats, classes=("S", "V"), duration=400, random_state=0)


def labels_of(spliced, place):
    record = spliced.records[place]
    rows = [source is record for source in spliced.data["record"]]
    return spliced.target[rows]


def longest_run(labels, label):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], labels == label, [0]])))
    return (edges[1::2] - edges[::2]).max(initial=0)


def test_rhythms_are_made_that_the_recording_has_not(beats, spliced):
    before = beats.target[beats.groups == beats.groups[0]]
    after = labels_of(spliced, 0)
    runs = [max(longest_run(each, label) for label in "SV") for each in (before, after)]
    assert runs[1] > runs[0]
    assert np.mean(np.isin(after, ["S", "V"])) > np.mean(np.isin(before, ["S", "V"]))


def test_each_beat_is_where_one_of_its_class_was(beats, spliced):
    # Around an R peak, the signal is that of a beat with the same label.
    made, source = spliced.records[0], beats.records[0]
    rows = [record is made for record in spliced.data["record"]]
    of_source = (beats.groups == beats.groups[0]) & (beats.target == "V")
    signals = made.read("MLII"), source.p_signal[:, 0]
    near = np.arange(-12, 13)
    windows = [
        signal[samples[:, np.newaxis] + near]
        for signal, samples in zip(
            signals,
            (
                spliced.data["sample"].to_numpy()[rows][spliced.target[rows] == "V"],
                beats.data["sample"].to_numpy()[of_source],
            ),
            strict=True,
        )
    ]
    made, source = (w - w.mean(axis=1, keepdims=True) for w in windows)
    distance = np.abs(made[:, np.newaxis] - source).max(axis=2).min(axis=1)
    assert np.median(distance) < 0.05 * np.ptp(source, axis=1).mean()


def test_rows_begin_after_the_two_minutes_that_come_first(spliced):
    first = spliced.data["sample"].to_numpy()[0] / RATE
    assert 115 < first < 125
    assert spliced.data["r_peaks"].iloc[0].samples[0] < 5 * RATE


def test_patients_and_leads_stay_those_of_the_recordings(beats, spliced):
    assert set(spliced.groups) == set(beats.groups)
    assert [record.leads for record in spliced.records] == [("MLII", "V1")] * 2
    names = [record.record_name for record in beats.records]
    assert [record.name for record in spliced.records] == names


def test_the_same_random_state_makes_the_same_rhythms(beats, spliced):
    again = splice_rhythms(beats, classes=("S", "V"), duration=400, random_state=0)
    other = splice_rhythms(beats, classes=("S", "V"), duration=400, random_state=1)
    assert again.target.tolist() == spliced.target.tolist()
    np.testing.assert_array_equal(again.data["sample"], spliced.data["sample"])
    assert other.target.tolist() != spliced.target.tolist()


def test_the_order_of_rows_in_a_recording_changes_nothing(beats, spliced):
    n = len(beats.data)
    order = np.concatenate([np.flatnonzero(beats.groups == beats.groups[0])[::-1]])
    order = np.concatenate([order, np.setdiff1d(np.arange(n), order)])
    turned = type(beats)(
        data=beats.data.iloc[order],
        target=beats.target[order],
        groups=beats.groups[order],
    )
    again = splice_rhythms(turned, classes=("S", "V"), duration=400, random_state=0)
    assert again.target.tolist() == spliced.target.tolist()


def test_recordings_without_ectopic_beats_are_refused_in_words():
    beats = make_ecg(
        n_records=1, duration=60, class_frequencies={"N": 1.0}, random_state=0
    )
    with pytest.raises(ValueError, match="None of the 1 recordings has 6 S beats"):
        splice_rhythms(beats)


def test_the_duration_must_be_positive(beats):
    with pytest.raises(ValueError, match="duration"):
        splice_rhythms(beats, duration=0)


def test_beats_of_another_class_are_put_together_only_if_asked_for(beats):
    of_s, of_v = (
        splice_rhythms(beats, classes=[label], duration=400, random_state=0)
        for label in "SV"
    )
    assert longest_run(of_s.target, "S") > longest_run(of_s.target, "V")
    assert longest_run(of_v.target, "V") > longest_run(of_v.target, "S")
    with pytest.raises(ValueError, match="classes"):
        splice_rhythms(beats, classes=["F"])
