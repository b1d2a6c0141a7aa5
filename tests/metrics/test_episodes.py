import re

import numpy as np
import pandas as pd
import pytest
from annotation_files import write_marks
from annotation_tables import counts_of

from sklearn_ecg.metrics import compare_annotations, compare_episodes
from sklearn_ecg.records import Recording


class NoSignals:
    """A source of annotations alone, whose header may say how long it is."""

    leads = ()
    start_time = None

    def __init__(self, rate, length):
        self.annotation_rate, self.annotation_length = rate, length


HALF_AN_HOUR = Recording("r", NoSignals(250, 450_000))

_EPISODE = re.compile(r"(?P<start>[\d.]+):(?P<stop>[\d.]+|_)( (?P<marks>\(.*))?")
_CHANGE = re.compile(r"(?P<time>[\d.]+) ?(?P<note>\S+)")


def marks_of(text, kind, rate, last):
    """Return the annotations of a case: "400:600" or "400:_ (AFL>(N", or ST marks."""
    rows = [(0.1, "+", "(N")]
    if kind.startswith("ST"):
        changes = map(_CHANGE.fullmatch, text.split(", "))
        rows += [(float(one["time"]), "s", one["note"]) for one in changes]
    else:
        for one in map(_EPISODE.fullmatch, filter(None, text.split(", "))):
            opens, closes = (one["marks"] or "(AFIB>(N").split(">")
            symbols = "[]" if kind == "VF" else "++"
            rows.append((float(one["start"]), symbols[0], opens))
            if one["stop"] != "_":
                rows.append((float(one["stop"]), symbols[1], closes))
    rows += [] if last is None else [(last, "N", "")]
    seconds, symbols, notes = zip(*rows, strict=True)
    samples = np.floor(np.array(seconds) * rate + 0.5).astype(int)
    return pd.DataFrame({"sample": samples, "symbol": symbols, "note": notes})


def compared(
    reference, test, *, rate=250, length=1800, kind="AF", last=(None, None), **options
):
    recording = Recording("r", NoSignals(rate, round(length * rate)))
    tables = [
        marks_of(text, kind, rate, end)
        for text, end in zip((reference, test), last, strict=True)
    ]
    return compare_episodes(recording, *tables, kind=kind, **options)


# What `epicmp` 10.7.0 gives: TPs FN TPp FP, overlap and duration of the reference, and
# of the test, in seconds. Episodes are in seconds, too.
LONG = {"shortest": 30}
BOTH = {"shortest": 30, "shortest_of": "both"}
CUT = {"exclude_flutter": True}
CASES = [
    ("400:600", "430:600", {}, "1 0 1 0", "170/200", "170/170"),
    ("400:500, 600:700", "380:720", {}, "2 0 1 0", "200/200", "200/340"),
    ("400:900", "410:450, 500:520, 880:950", {}, "1 0 3 0", "80/500", "80/130"),
    ("400:600", "600:700", {}, "0 1 0 1", "0/200", "0/100"),
    ("400:600", "599.996:700", {}, "1 0 1 0", "0.004/200", "0.004/100.004"),
    ("100:300", "100:350", {}, "0 1 0 1", "0/0", "0/50"),
    ("200:400", "100:350", {}, "1 0 1 0", "50/100", "50/50"),
    ("310:400", "100:320", {}, "1 0 1 0", "10/90", "10/20"),
    ("1000:_", "1000:1200", {}, "1 0 1 0", "200/800", "200/200"),
    ("1000:_", "1000:_", {"last": (1890, None)}, "1 0 1 0", "800/800", "800/800"),
    ("400:500, 1800:1900", "400:500", {}, "1 0 1 0", "100/100", "100/100"),
    ("", "400:500, 600:700", {}, "0 0 0 2", "0/0", "0/200"),
    ("400:500, 600:700", "", {}, "0 2 0 0", "0/200", "0/0"),
    ("400:_, 500:_, 600:700", "450:650", {}, "1 0 1 0", "200/300", "200/200"),
    (
        "400:500 (AFIB>(AFL, 600:700",
        "400:700",
        {},
        "2 0 1 0",
        "200/200",
        "200/300",
    ),
    (
        "400:500 (AFL>(N, 600:700",
        "400:500, 600:700",
        CUT,
        "1 0 1 0",
        "100/100",
        "100/100",
    ),
    (
        "400:500 (AFL>(AFIB, 600:600.004 (N>(N",
        "450:600",
        CUT,
        "1 0 1 0",
        "100/100",
        "100/200",
    ),
    (
        "400:500 (AFIB>(AFL, 550:650 (AFIB>(N",
        "420:640",
        CUT,
        "2 0 1 0",
        "170/200",
        "170/170",
    ),
    ("400:500 (AFIBX>(N", "400:500", {}, "1 0 1 0", "100/100", "100/100"),
    (
        "400:500 (AFIB>(VT, 505:510 (N>(SVTA",
        "400:510",
        {},
        "1 0 1 0",
        "100/100",
        "100/110",
    ),
    (
        "400:420, 500:600",
        "400:420, 500:529, 700:731",
        LONG,
        "1 0 0 1",
        "29/100",
        "0/31",
    ),
    (
        "400:420, 500:600",
        "400:420, 500:529, 700:731",
        BOTH,
        "0 1 0 1",
        "0/100",
        "0/31",
    ),
    ("200:320", "200:320", LONG, "0 0 0 0", "0/0", "0/0"),
    ("310:400", "200:320", BOTH, "1 0 0 0", "10/90", "0/0"),
    ("100:200, 700:800", "550:750", {"start": 600}, "1 0 1 0", "50/100", "50/150"),
    (
        "400:500, 1100:1400, 1500:1600",
        "1150:1300, 1500:1600",
        {"stop": 1200},
        "1 1 1 0",
        "50/200",
        "50/50",
    ),
    (
        "400:_",
        "450:_",
        {"stop": 0, "last": (1490, 1590)},
        "1 0 1 0",
        "1040/1090",
        "1040/1140",
    ),
    ("400:400", "390:410", {}, "0 1 0 1", "0/0", "0/20"),
    (
        "401.3:702.7",
        "399.9:650.2, 651.1:777.7",
        {"rate": 128},
        "1 0 2 0",
        "300.508/301.406",
        "300.508/376.906",
    ),
    ("1000:_", "1100:1200", {"kind": "VF"}, "1 0 1 0", "100/800", "100/100"),
    ("400:500, 600:700", "450:650", {"kind": "VF"}, "2 0 1 0", "100/200", "100/200"),
    ("400:500", "450:550", {"kind": "VF"}, "1 0 1 0", "50/100", "50/100"),
    ("400:_, 450:500", "400:500", {"kind": "VF"}, "1 0 1 0", "100/100", "100/100"),
    (
        "400(ST0-, 450AST0-200, 500ST0-",
        "450(ST0-, 460AST0-200, 600ST0-",
        {"kind": "ST0"},
        "1 0 1 0",
        "50/100",
        "50/150",
    ),
    (
        "400(ST0-, 480AST0-200, 500ST0-",
        "470(ST0-, 475AST0-200, 600ST0-",
        {"kind": "ST0"},
        "1 0 1 0",
        "30/100",
        "30/130",
    ),
    (
        "400(ST0-, 420AST0-200, 500ST0-",
        "460(ST0-, 590AST0-200, 600ST0-",
        {"kind": "ST0"},
        "0 1 0 1",
        "40/100",
        "40/140",
    ),
    (
        "400(ST0-, 450AST0-200, 480(ST1-, 500ST0-, 520AST1-200, 600ST1-",
        "520(ST1-, 530AST1-200, 590ST1-",
        {"kind": "ST"},
        "1 0 1 0",
        "70/200",
        "70/70",
    ),
    (
        "400(ST0+, 500ST0+",
        "440(ST0+, 480ST0+",
        {"kind": "ST0"},
        "0 1 1 0",
        "40/100",
        "40/40",
    ),
]


NOTHING = ("0 0 0 0", "0/0", "0/0")


def assert_figures(found, counts, of_reference, of_test):
    assert " ".join(map(str, found.counts[["TPs", "FN", "TPp", "FP"]])) == counts
    for role, text in (("reference", of_reference), ("test", of_test)):
        overlap, duration = map(float, text.split("/"))
        assert round(found.durations[role], 3) == duration
        assert round(found.durations[f"{role}_overlap"], 3) == overlap


@pytest.mark.parametrize(
    ("reference", "test", "options", "counts", "first", "second"), CASES
)
def test_counts_and_durations_are_those_of_epicmp(
    reference, test, options, counts, first, second
):
    assert_figures(compared(reference, test, **options), counts, first, second)


def test_a_recording_without_a_length_has_nothing_to_compare_until_it_is_said():
    with pytest.warns(
        UserWarning, match=r"'r' is not known, .* Pass stop=0 to compare"
    ):
        found = compared("400:500", "400:500", length=0)
    assert_figures(found, *NOTHING)
    assert np.isnan(found.burden).all()
    for stop in (0, np.inf, 1800):
        found = compared("400:500", "400:500", length=0, stop=stop)
        assert_figures(found, "1 0 1 0", "100/100", "100/100")


def test_a_recording_that_ends_before_the_start_is_refused():
    with pytest.raises(ValueError, match=r"ends at 4:40, .* at 5:00.* Pass start=0"):
        compared("100:200", "100:200", length=280)
    with pytest.warns(UserWarning, match="from 5:00 to the same time"):
        found = compared("100:_", "100:_", length=300)
    assert_figures(found, *NOTHING)


def test_an_empty_file_has_no_episodes():
    table = pd.DataFrame({"sample": [], "symbol": [], "note": []}).astype(
        {"sample": int}
    )
    assert_figures(compare_episodes(HALF_AN_HOUR, table, table), *NOTHING)


@pytest.mark.parametrize("stop", [1900, 2000])
def test_a_stop_after_the_end_is_taken_as_it_is(stop):
    found = compared("400:_", "1000:_", last=(1890, None), stop=stop)
    assert found.durations["test"] == stop - 1000
    assert found.stop == stop


def test_without_an_end_extrema_of_st_do_not_count_as_in_epicmp():
    reference = "400(ST0-, 480AST0-200, 500ST0-"
    test = "470(ST0-, 475AST0-200, 600ST0-"
    found = compared(reference, test, kind="ST0", stop=0)
    assert_figures(found, "0 1 0 1", "30/100", "30/130")


def test_flutter_is_cut_out_of_atrial_fibrillation_only():
    found = compared("400:500", "400:500", kind="VF", exclude_flutter=True)
    assert_figures(found, "1 0 1 0", "100/100", "100/100")


def test_flutter_that_lasts_to_the_end_and_within_an_episode_is_cut_out():
    reference = "400:500 (AFL>(N, 700:_ (AFL>(N"
    found = compared(reference, "380:720", exclude_flutter=True)
    assert_figures(found, "0 0 0 1", "0/0", "0/220")
    found = compared(reference, "750:800", exclude_flutter=True)
    assert_figures(found, *NOTHING)


def test_episodes_in_a_table_count_as_those_in_marks_do():
    table = pd.DataFrame(
        {
            "kind": ["AF", "pause", "AFL", "AF"],
            "start": [600.0, 450.0, 700.0, 399.9995],
            "stop": [700.0, 453.0, 720.0, 500.0],
        }
    )
    marks = marks_of("400:500, 600:700 (AFIB>(AFL, 720:720 (N>(N", "AF", 250, None)
    other = marks_of("420:640, 690:710", "AF", 250, None)
    for options in ({}, {"exclude_flutter": True}):
        of_table = compare_episodes(HALF_AN_HOUR, table, other, **options)
        of_marks = compare_episodes(HALF_AN_HOUR, marks, other, **options)
        pd.testing.assert_series_equal(of_table.durations, of_marks.durations)
        pd.testing.assert_series_equal(of_table.counts, of_marks.counts)
    found = compare_episodes(HALF_AN_HOUR, other, table, stop=0)
    assert found.counts.tolist() == [2, 0, 2, 0]
    assert found.stop == 710


def test_a_table_of_no_episodes_has_none():
    table = pd.DataFrame(columns=["kind", "start", "stop"])
    assert_figures(compare_episodes(HALF_AN_HOUR, table, table), *NOTHING)


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ([["AF", 500.0, 400.0]], "AF", "AF episodes of the test table must begin and"),
        ([["AF", 400.0, np.nan]], "AF", "at finite numbers of seconds"),
        ([["AF", 400.0, 500.0], ["AF", 499.0, 600.0]], "AF", "and not overlap"),
        ([["ST0", 400.0, 500.0]], "ST0", "The test table .* extrema: hand over annot"),
    ],
)
def test_a_table_of_episodes_that_cannot_be_compared_is_named(rows, kind, message):
    table = pd.DataFrame(rows, columns=["kind", "start", "stop"])
    marks = marks_of("400:500", "AF", 250, None)
    with pytest.raises(ValueError, match=message):
        compare_episodes(
            Recording("r", NoSignals(250, 450_000)), marks, table, kind=kind
        )


def test_marks_whose_texts_were_lost_are_refused():
    marks = marks_of("400:500", "AF", 250, None)
    lost = marks.drop(columns="note")
    with pytest.raises(ValueError, match=r"test table has marks '\+' and no column"):
        compare_episodes(HALF_AN_HOUR, marks, lost)
    beats = lost[lost["symbol"] == "N"]
    assert compare_episodes(HALF_AN_HOUR, marks, beats).counts["FN"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "AFIB"}, "'kind' parameter of compare_episodes must be 'AF', 'VF'"),
        ({"stop": 299}, "'stop' .* at least 300, or 0 for no end. Got 299"),
        ({"stop": -1}, "'stop' parameter"),
        ({"stop": True}, "'stop' parameter"),
        ({"shortest": -1}, "'shortest' parameter"),
        ({"shortest_of": "I"}, "'shortest_of' parameter of .* 'own' or 'both'"),
        ({"start": np.inf}, "'start' parameter"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        compared("400:500", "400:500", **options)


def test_scores_and_burden_follow_from_counts_and_durations():
    found = compared("400:500, 600:700", "450:650, 900:1000")
    assert found.scores.loc["episodes"].tolist() == [1, 0.5]
    assert found.scores.loc["duration"].tolist() == [0.5, 100 / 300]
    assert found.burden.tolist() == pytest.approx([200 / 1500, 0.2])
    nothing = compared("", "")
    assert nothing.scores.isna().all(axis=None)
    assert nothing.burden.tolist() == [0, 0]


def test_the_text_says_what_was_compared_and_counted():
    text = str(compared("400:500", "450:650", shortest=60))
    assert text.startswith(
        "Record r: AF episodes of at least 60 s, the test table against the reference "
        "table, 5:00 to 30:00\n\n"
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["episodes", "1", "0", "1", "0", "1.0000", "1.0000"] in lines
    expected = "duration 100.000 50.000 200.000 50.000 0.5000 0.2500"
    assert expected.split() in lines
    assert "AF of the time: reference 6.67 %, test 13.33 %." in text
    assert "of the time" not in str(compared("1(ST0, 2ST0", "1(ST0, 2ST0", kind="ST0"))
    assert "–" in str(compared("", ""))


@pytest.mark.parametrize("header", ["r 0 250 450000\n", "r 1 250 450000\nr.dat 16\n"])
def test_files_without_signals_are_compared_at_any_time_resolution(tmp_path, header):
    path = write_marks(tmp_path, "r", "250, +(AFIB 100000, +(N 150000")
    fine = {"annotator": "ext", "resolution": 1000}
    write_marks(tmp_path, "r", "1000, +(AFIB 599998, +(N 700000", **fine)
    (tmp_path / "r.hea").write_text(header)
    found = compare_episodes(path)
    assert (found.record, found.reference, found.test) == ("r", "atr", "ext")
    # 599.998 s is half a sample before 600 s, and goes up.
    assert_figures(found, "0 1 0 1", "0/200", "0/100")
    assert counts_of(compare_annotations(path, start=0)) == "Nn 1"
    write_marks(tmp_path, "r", "1000, +(AFIB 599997, +(N 700000", **fine)
    assert_figures(compare_episodes(path), "1 0 1 0", "0.004/200", "0.004/100.004")
    with pytest.raises(FileNotFoundError, match=r"no annotation file 'r\.mine'"):
        compare_episodes(path, test="mine")


def test_the_length_of_a_signal_that_is_there_is_known_without_the_header(
    write_annotated, tmp_path
):
    write_annotated("r", [100], "N", n_samples=45_000)
    header = (tmp_path / "r.hea").read_text()
    path = write_marks(tmp_path, "r", "+(AFIB 31000, +(N 40000")
    (tmp_path / "r.hea").write_text(header.replace(" 45000", "", 1))
    found = compare_episodes(path, test="atr")
    assert_figures(found, "1 0 1 0", "90/90", "90/90")
    assert found.stop == 450


def test_a_day_without_signals_agrees_with_itself(data_directory):
    found = compare_episodes(data_directory("ltafdb") / "104", test="atr")
    assert found.counts["FN"] == found.counts["FP"] == 0
    assert found.counts["TPs"] == found.counts["TPp"] > 10
    assert found.durations["reference"] == found.durations["test_overlap"]
