import pytest

from sklearn_ecg.rhythm import find_episodes

RATE = 100


def kinds_of(labels, interval=80, **unreadable):
    """Return the kinds in beats that come every 0.8 s, and how many beats each has."""
    samples = [interval * n for n in range(len(labels))]
    episodes = find_episodes(samples, list(labels), RATE, bradycardia=1, **unreadable)
    return list(zip(episodes["kind"], episodes["n_beats"], strict=True))


@pytest.mark.parametrize("label", ["V", "S"])
@pytest.mark.parametrize(
    ("pattern", "kinds"),
    [
        ("NXN", []),
        ("NXXN", [("X couplet", 2)]),
        ("NXXXN", [("X run", 3)]),
        ("XXXXX", [("X run", 5)]),
        ("NXXNNXX", [("X couplet", 2), ("X couplet", 2)]),
        ("NXNX", []),
        ("NXNXNX", [("X bigeminy", 6)]),
        ("XNXNX", []),
        ("NNNXNXNXNN", [("X bigeminy", 6)]),
        ("NXNXNXNXNXNNNN", [("X bigeminy", 10)]),
        ("NNXNNXNNX", [("X trigeminy", 9)]),
        ("NQXNNXQNX", [("X trigeminy", 9)]),
        ("NNNXNNNXNNNX", [("X quadrigeminy", 12)]),
        ("NNNNXNNNNXNNNNX", []),
        ("NXNXNNXNX", []),
        ("NXXNXNX", [("X couplet", 2)]),
        ("NX?XNXNXNX", [("X bigeminy", 6)]),
    ],
)
def test_ectopic_beats_are_counted_as_they_come(label, pattern, kinds):
    expected = [(kind.replace("X", label), n_beats) for kind, n_beats in kinds]
    assert kinds_of(pattern.replace("X", label)) == expected


def test_a_fusion_beat_counts_as_ventricular():
    assert kinds_of("NVFVN") == [("V run", 3)]


def test_an_ectopic_beat_of_the_other_kind_ends_a_pattern():
    assert kinds_of("NVNVSNVNV") == []
    assert kinds_of("NVVSVVN") == [("V couplet", 2), ("V couplet", 2)]


def test_a_detection_that_is_no_beat_changes_nothing():
    assert kinds_of("NVOVVN") == [("V run", 3)]


def test_nothing_goes_on_where_the_signal_was_lost():
    # Between the second and the third V there is no signal for 0.6 s.
    lost = [(1.7, 2.3)]
    assert kinds_of("NVVVVN", unreadable=lost) == [
        ("V couplet", 2),
        ("not analysable", 0),
        ("V couplet", 2),
    ]
    assert kinds_of("NVVVVN", unreadable=[(1.7, 2.1)]) == [("V run", 4)]
