import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.records._annotations import atrial_fibrillation, rhythms_at, shutdown
from sklearn_ecg.rhythm import rhythm_marks

RATE = 100
BEATS = np.arange(50, 5050, 50)
"""A beat every half second, from half a second on."""


def episodes(*rows):
    """Return episodes of kind, start, stop and, if it matters, rate."""
    rows = [row if len(row) == 4 else (*row, 120.0) for row in rows]
    return pd.DataFrame(rows, columns=["kind", "start", "stop", "rate"])


def marks(*rows, samples=BEATS, labels=None, lost=()):
    labels = np.full(len(samples), "N") if labels is None else labels
    lost = pd.DataFrame(lost, columns=["start", "stop"], dtype=float)
    return rhythm_marks(episodes(*rows), samples, labels, RATE, lost)


def rhythms(*rows, **given):
    table = marks(*rows, **given)
    changes = table[table["symbol"] == "+"]
    return list(zip(changes["sample"], changes["note"], strict=True))


def test_without_episodes_the_usual_rhythm_begins_with_the_first_beat():
    assert rhythms() == [(49, "(N")]


def test_no_beats_are_no_marks():
    assert marks(samples=BEATS[:0]).empty


def test_what_is_no_beat_begins_no_rhythm():
    labels = np.array(["O", "O", *"N" * 98])
    assert rhythms(labels=labels) == [(149, "(N")]


@pytest.mark.parametrize(
    ("kind", "rate", "text"),
    [
        ("AF", 140, "(AFIB"),
        ("V run", 101, "(VT"),
        ("V run", 100, "(IVR"),
        ("S run", 101, "(SVTA"),
        ("V bigeminy", 80, "(B"),
        ("V trigeminy", 80, "(T"),
        ("S bigeminy", 80, "(AB"),
        ("bradycardia", 45, "(SBR"),
    ],
)
def test_a_rhythm_is_marked_beside_its_first_and_its_last_beat(kind, rate, text):
    expected = [(49, "(N"), (999, text), (2001, "(N")]
    assert rhythms((kind, 10, 20, rate)) == expected


@pytest.mark.parametrize(
    "kind",
    ["V couplet", "S couplet", "V quadrigeminy", "S trigeminy", "tachycardia", "S run"],
)
def test_what_has_no_text_in_wfdb_is_not_marked(kind):
    assert rhythms((kind, 10, 20, 90)) == [(49, "(N")]


@pytest.mark.parametrize("kind", ["V run", "V bigeminy", "V trigeminy"])
def test_ventricular_beats_interrupt_fibrillation_which_then_goes_on(kind):
    found = rhythms(("AF", 5, 30), (kind, 10, 12))
    assert [sample for sample, _ in found] == [49, 499, 999, 1201, 3001]
    assert [text for _, text in found][1::2] == ["(AFIB", "(AFIB"]


@pytest.mark.parametrize("kind", ["S run", "S bigeminy", "bradycardia"])
def test_fibrillation_hides_what_is_part_of_it(kind):
    found = rhythms(("AF", 5, 30), (kind, 10, 12), (kind, 28, 35))
    assert [text for _, text in found[:2]] == ["(N", "(AFIB"]
    # What lasts longer begins where the fibrillation ends.
    assert [sample for sample, _ in found] == [49, 499, 3001, 3501]


def test_a_rhythm_goes_on_until_the_next_if_there_is_no_beat_between():
    found = rhythms(("AF", 5, 30), ("V run", 30.5, 32))
    assert found == [(49, "(N"), (499, "(AFIB"), (3049, "(VT"), (3201, "(N")]
    found = rhythms(("AF", 5, 40), ("V run", 10, 11), ("V bigeminy", 11.5, 15))
    assert [text for _, text in found] == ["(N", "(AFIB", "(VT", "(B", "(AFIB", "(N"]


def test_the_last_rhythm_ends_with_the_last_beat():
    assert rhythms(("AF", 5, 50)) == [(49, "(N"), (499, "(AFIB"), (5001, "(N")]


def test_what_is_not_analysable_is_noise_between_beats():
    found = rhythms(("not analysable", 10, 12, np.nan), ("AF", 20, 30))
    assert found[:3] == [(49, "(N"), (1001, "(NOISE"), (1199, "(N")]
    without = BEATS[(BEATS <= 1000) | (BEATS >= 2000)]
    found = rhythms(("not analysable", 10, 20, np.nan), samples=without)
    assert found == [(49, "(N"), (1001, "(NOISE"), (1999, "(N")]


def test_noise_begins_and_ends_a_recording():
    inside = BEATS[(BEATS > 1000) & (BEATS < 2000)]
    found = rhythms(
        ("not analysable", 0, 10.5, np.nan),
        ("not analysable", 19.5, 50, np.nan),
        samples=inside,
    )
    assert found == [(1, "(NOISE"), (1049, "(N"), (1951, "(NOISE")]


def test_fibrillation_goes_on_through_noise():
    found = rhythms(("AF", 5, 30), ("not analysable", 10, 12, np.nan))
    assert found == [(49, "(N"), (499, "(AFIB"), (3001, "(N")]


def test_a_pause_is_a_note_in_its_middle():
    table = marks(("pause", 10, 12.5), ("pause", 20, 22), ("AF", 5, 30))
    notes = table[table["symbol"] == '"']
    assert notes["sample"].tolist() == [1125, 2101]  # At 2100 there is a beat
    assert notes["note"].tolist() == ["PSE", "PSE"]
    assert atrial_fibrillation(table).stops.tolist() == [3001]


def test_a_lost_signal_is_a_shutdown():
    lost = [(10, 12), (12, 13), (20, 21), (49, 50.5)]
    table = marks(lost=lost)
    signal = table[table["symbol"] == "~"]
    assert signal["subtype"].tolist() == [-1, 0] * 3
    found = shutdown(table)
    assert found.starts.tolist() == [1001, 2001, 4901]  # At 2000, 4900 there are beats
    assert found.stops.tolist() == [1301, 2101, 5050]  # At 1300, 2100


def test_where_nothing_is_known_of_the_rhythm_only_the_signal_is_marked():
    lost = pd.DataFrame({"start": [10.001], "stop": [12.502]})
    table = rhythm_marks(None, BEATS, np.full(len(BEATS), "normal"), RATE, lost)
    assert table["symbol"].tolist() == ["~", "~"]


def test_a_beat_at_the_first_sample_keeps_its_place():
    table = marks(samples=np.array([0, 50, 100]))
    assert table["sample"].tolist() == [1]


@st.composite
def any_episodes(draw):
    """Return episodes from beat to beat, and beats between those of one kind."""
    rows = []
    for kind in ("AF", "V run", "V bigeminy", "S run", "bradycardia", "pause"):
        edges = sorted(draw(st.sets(st.sampled_from(BEATS[::2]), max_size=6)))
        for first, last in zip(edges[::2], edges[1::2], strict=False):
            rows.append((kind, first / RATE, last / RATE))
    return rows


@settings(deadline=None, max_examples=100)
@given(rows=any_episodes())
def test_each_beat_reads_back_the_highest_of_its_rhythms(rows):
    table = marks(*rows)
    texts = {"AF": "AFIB", "V run": "VT", "V bigeminy": "B", "S run": "SVTA"}
    texts["bradycardia"] = "SBR"
    highest = ["V run", "V bigeminy", "AF", "S run", "bradycardia"]
    expected = []
    for sample in BEATS:
        own = {k for k, start, stop in rows if start <= sample / RATE <= stop}
        expected.append(next((texts[k] for k in highest if k in own), "N"))
    assert rhythms_at(table, BEATS).tolist() == expected


@settings(deadline=None, max_examples=100)
@given(rows=any_episodes())
def test_fibrillation_reads_back_as_long_as_it_is(rows):
    others = ("V run", "V bigeminy")
    found = atrial_fibrillation(marks(*(row for row in rows if row[0] not in others)))
    af = [row for row in rows if row[0] == "AF"]
    assert (found.starts + 1).tolist() == [round(start * RATE) for _, start, _ in af]
    assert (found.stops - 1).tolist() == [round(stop * RATE) for *_, stop in af]


@settings(deadline=None, max_examples=100)
@given(rows=any_episodes(), lost=st.lists(st.integers(0, 5000), max_size=6))
def test_no_two_annotations_are_of_one_sample(rows, lost):
    edges = np.unique(lost)
    table = marks(*rows, lost=np.reshape(edges[: len(edges) // 2 * 2], (-1, 2)) / RATE)
    samples = table["sample"].tolist()
    assert samples == sorted(set(samples) - set(BEATS.tolist()))
