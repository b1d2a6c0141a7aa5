"""What a person said, done to a recording of which every beat is known."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.records import recording_from_array
from sklearn_ecg.stream import Annotation

RATE = 100
N_SAMPLES = 60 * RATE


def annotation_of(samples, labels, classes="NSV"):
    """Return an annotation of a minute by a model that is 90 % sure of everything."""
    signal = np.random.default_rng(0).standard_normal(N_SAMPLES) / 10
    recording = recording_from_array(signal, RATE, "II", name="night")
    sample = np.array(samples)
    beats = pd.DataFrame({"time": sample / RATE, "sample": sample})
    beats["label"] = np.array(list(labels), dtype=object)
    for name in classes:
        is_own = beats["label"] == name
        beats[f"p_{name}"] = np.where(is_own, 0.9, 0.1 / (len(classes) - 1))
    beats["rr_prev"] = beats["time"].diff()
    beats = beats.assign(quality="good", lead="II")
    quality = pd.DataFrame({"start": [40.0], "stop": [42.0], "reason": ["flat"]})
    return Annotation(recording, beats, "II", quality, tuple(classes))


@pytest.fixture
def annotation():
    """A beat each second, all of them N, but for a pause of two seconds at 30 s."""
    samples = [100 * n for n in range(1, 60) if n != 30]
    return annotation_of(samples, "N" * len(samples))


def said(*rows):
    """Return a table of rows of sample, label, what and stop."""
    names = ("sample", "label", "what", "stop")
    return pd.DataFrame([dict(zip(names, row, strict=False)) for row in rows])


def labels_of(annotation, *samples):
    beats = annotation.beats.set_index("sample")
    return beats["label"].loc[list(samples)].tolist()


class TestAddedBeats:
    def test_one_stands_among_the_others_as_if_it_had_been_found(self, annotation):
        corrected = annotation.corrected(said((3000, "V", "added")))
        beats = corrected.beats
        assert beats["sample"].tolist() == list(range(100, 6000, 100))
        row = beats.loc[29].to_dict()
        assert row == {
            **{"time": 30.0, "sample": 3000, "label": "V", "rr_prev": 1.0},
            **{"p_N": 0.0, "p_S": 0.0, "p_V": 1.0},
            **{"quality": "good", "lead": "II", "checked": True},
        }
        assert annotation.beats["rr_prev"][29] == 2
        assert (beats["rr_prev"][1:] == 1).all()
        assert beats.dtypes.drop("checked").equals(annotation.beats.dtypes)
        assert len(corrected.beat_table()) == 59

    def test_the_first_one_has_none_before_it(self, annotation):
        beats = annotation.corrected(said((20, "N", "added"))).beats
        assert np.isnan(beats["rr_prev"][0])
        assert beats["rr_prev"][1] == pytest.approx(0.8)

    def test_where_no_beat_was_found_all_can_be_added(self):
        none = annotation_of(np.zeros(0, int), "")
        two = said((200, "N", "added"), (100, "V", "added"))
        assert none.corrected(two).beats["label"].tolist() == ["V", "N"]

    def test_a_beat_that_has_been_found_by_now_is_the_one(self, annotation):
        corrected = annotation.corrected(said((1008, "V", "added")))
        assert len(corrected.beats) == len(annotation.beats)
        assert labels_of(corrected, 1000) == ["V"]

    def test_one_can_stand_beside_a_detection_that_is_none(self, annotation):
        moved = said((1000, "O"), (1005, "V", "added"))
        assert labels_of(annotation.corrected(moved), 1000, 1005) == ["O", "V"]

    def test_it_can_be_taken_back_later(self, annotation):
        once = annotation.corrected(said((3000, "V", "added")))
        twice = once.corrected(said((3000, "O")))
        assert labels_of(twice, 3000) == ["O"]
        again = annotation.corrected(twice.said)
        pd.testing.assert_frame_equal(again.beats, twice.beats)

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (
                [(6000, "N", "added")],
                "6000 .* not inside of the recording of 6000 samp",
            ),
            ([(-1, "N", "added")], "samples -1 of beats to add are not inside"),
            (
                [(3000, "N", "added"), (3009, "N", "added")],
                "3000 are followed .* 0.1 s",
            ),
            (
                [(1000, "N"), (1005, "V", "added")],
                "1000, 1005 are of one beat, at 1000",
            ),
            ([(3000, "O", "added")], "'O' .* What is 'added' can be 'N', 'S', 'V'"),
            ([(3000, "N", "added")] * 2, "3000 are there twice"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, annotation, rows, message):
        with pytest.raises(ValueError, match=message):
            annotation.corrected(said(*rows))

    def test_of_what_a_chain_says_beside_nothing_is_known(self, annotation):
        beats = annotation.beats.assign(margin=np.int32(300), flags=np.uint8(2))
        chain = replace(annotation, beats=beats)
        beats = chain.corrected(said((3000, "V", "added"))).beats
        assert beats.loc[29, ["margin", "flags"]].tolist() == [0, 0]
        assert beats["margin"].dtype == np.int32


class TestRemovedBeats:
    @pytest.fixture
    def corrected(self, annotation):
        return annotation.corrected(said((1000, "O"), (1100, "O")))

    def test_everything_knows_that_it_is_none_though_no_class_says_so(
        self, corrected, tmp_path
    ):
        assert corrected.per_hour()[["O", "beats"]].loc[0].tolist() == [2, 56]
        assert "56 beats" in str(corrected)
        assert corrected.summary().loc["beats", "value"] == 56
        assert (corrected.episodes["kind"] == "pause").sum() == 1
        path = corrected.to_wfdb(tmp_path)
        written = wfdb.rdann(str(path.with_suffix("")), "ext")
        assert written.symbol[written.sample.tolist().index(1000)] == "|"
        text = corrected.report(tmp_path / "page.html").read_text(encoding="utf-8")
        assert 'of-O">O</th><td>2</td>' in text

    def test_its_probability_is_certain_and_that_of_others_as_it_was(
        self, corrected, annotation
    ):
        probabilities = corrected.beats.filter(like="p_")
        assert probabilities.columns.tolist() == ["p_N", "p_S", "p_V", "p_O"]
        assert probabilities.loc[9].tolist() == [0, 0, 0, 1]
        assert probabilities.sum(axis=1).to_numpy() == pytest.approx(1)
        assert corrected.beats["rr_prev"].equals(annotation.beats["rr_prev"])


class TestStretches:
    def test_noise_is_not_analysable_and_has_no_beats(self, annotation):
        corrected = annotation.corrected(said((1000, "noise", "stretch", 1500)))
        labels = corrected.beats.set_index("sample")["label"]
        assert labels.loc[1000:1500].tolist() == ["O"] * 6
        assert (labels.drop(range(1000, 1501, 100)) == "N").all()
        assert corrected.beats["checked"].sum() == 6
        episodes = corrected.episodes.query("kind == 'not analysable'")
        assert [10.0, 15.0] in episodes[["start", "stop"]].to_numpy().round().tolist()

    def test_no_two_stretches_of_what_was_left_out_overlap(self, annotation):
        noise = said(
            (4150, "noise", "stretch", 4300),
            (3900, "noise", "stretch", 4100),
            (1000, "noise", "stretch", 1100),
            (4250, "noise", "stretch", 4400),
        )
        once = annotation.corrected(noise)
        assert once.quality.to_numpy().tolist() == [
            [10.0, 11.0, "noise"],
            [39.0, 40.0, "noise"],
            [40.0, 42.0, "flat"],
            [42.0, 44.0, "noise"],
        ]
        more = once.corrected(said((1050, "noise", "stretch", 1200))).quality
        assert more.to_numpy().tolist()[0] == [10.0, 12.0, "noise"]
        assert len(more) == 4

    def test_a_class_is_of_all_beats_but_those_that_are_none(self, annotation):
        labels = annotation.beats["label"].where(
            annotation.beats["sample"] != 1200, "O"
        )
        given = replace(annotation, beats=annotation.beats.assign(label=labels))
        corrected = given.corrected(said((1000, "V", "stretch", 1300)))
        assert labels_of(corrected, 900, 1000, 1100, 1200, 1300) == list("NVVOV")
        assert (corrected.episodes["kind"] == "V run").sum() == 1

    def test_what_is_said_of_a_beat_counts_for_more(self, annotation):
        rows = [
            (1100, "S"),
            (1150, "V", "added"),
            (1000, "noise", "stretch", 1300),
            (1250, "N", "added"),
        ]
        for table in (said(*rows), said(*rows[::-1])):
            corrected = annotation.corrected(table)
            inside = (1000, 1100, 1150, 1200, 1250, 1300)
            assert labels_of(corrected, *inside) == list("OSVONO")

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([(1000, "V", "stretch")], "no whole numbers: ''"),
            ([(1000, "V", "stretch", 1000)], "samples 1000 must stop later"),
            ([(5900, "V", "stretch", 6001)], "which has 6000 samples"),
            ([(1000, "rest", "stretch", 2000)], "labels 'rest' are not the model's"),
            (
                [(1000, "V", "stretch", 1200), (1200, "noise", "stretch", 1300)],
                "samples 1200 are in stretches of different labels",
            ),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, annotation, rows, message):
        with pytest.raises(ValueError, match=message):
            annotation.corrected(said(*rows))


class TestAnotherModel:
    """Beats that are found a little later than those of which something was said."""

    def found(self, annotation, shift):
        beats = annotation.beats
        return replace(annotation, beats=beats.assign(sample=beats["sample"] + shift))

    def test_its_beats_take_what_was_said_of_those_nearby(self, annotation):
        later = self.found(annotation, 15)
        corrected = later.corrected(said((1000, "V"), (2000, "O")))
        assert labels_of(corrected, 1015, 2015) == ["V", "O"]
        assert corrected.said["sample"].tolist() == [1000, 2000]

    def test_a_beat_that_it_has_not_is_named_with_what_can_be_done(self, annotation):
        later = self.found(annotation, 16)
        with pytest.raises(ValueError, match=r"no beat at .* 1000 .*what='added'"):
            later.corrected(said((1000, "V")))

    def test_no_beat_where_it_has_none_is_right_already(self, annotation):
        table = said((1000, "N"), (1010, "O"), (1050, "O"))
        corrected = annotation.corrected(table)
        assert (corrected.beats["label"] == "N").all()
        assert corrected.beats["checked"].sum() == 1
        assert len(corrected.said) == 3

    def test_two_of_one_beat_are_named(self, annotation):
        with pytest.raises(ValueError, match="1000, 1005 are of one beat, at 1000"):
            annotation.corrected(said((1000, "N"), (1005, "V")))


ANY_ROW = st.one_of(
    st.tuples(st.sampled_from(range(50, 500, 70)), st.sampled_from("NSVO")),
    st.tuples(st.integers(0, 550), st.sampled_from("NSV"), st.just("added")),
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(["N", "V", "O", "noise"]),
        st.just("stretch"),
        st.integers(250, 600),
    ),
)


class TestSaid:
    ROWS = (
        [(1000, "V"), (3000, "S", "added"), (5000, "noise", "stretch", 5500)],
        [(1000, "N"), (900, "V", "stretch", 1100), (3000, "O")],
        [(1100, "S"), (5200, "V")],
    )

    @pytest.fixture
    def corrected(self, annotation):
        for number, rows in enumerate(self.ROWS):
            who = {"who": "A. Reader", "when": f"2026-12-01T16:0{number}:00+01:00"}
            annotation = annotation.corrected(said(*rows).assign(**who))
        return annotation

    def test_it_has_everything_in_the_order_in_which_it_was_said(self, corrected):
        table = corrected.said
        rows = [row for turn in self.ROWS for row in turn]
        assert table["sample"].tolist() == [row[0] for row in rows]
        assert table["time"].tolist() == [row[0] / RATE for row in rows]
        assert table["label"].tolist() == [row[1] for row in rows]
        assert table["turn"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
        assert table["stop"].dropna().tolist() == [5500, 1100]
        assert set(table["what"]) == {"beat", "added", "stretch"}
        assert set(table["who"]) == {"A. Reader"}
        assert table["when"].iloc[-1] == "2026-12-01T16:02:00+01:00"

    @pytest.mark.parametrize("is_file", [False, True])
    def test_all_of_it_can_be_said_of_the_recording_again(
        self, annotation, corrected, tmp_path, is_file
    ):
        path = tmp_path / "said.csv"
        corrected.said.to_csv(path, index=False)
        again = annotation.corrected(path if is_file else corrected.said)
        pd.testing.assert_frame_equal(again.beats, corrected.beats)
        pd.testing.assert_frame_equal(again.quality, corrected.quality)
        pd.testing.assert_frame_equal(again.said, corrected.said)

    @given(turns=st.lists(st.lists(ANY_ROW, max_size=5), max_size=3))
    @settings(max_examples=60, deadline=None)
    def test_whatever_is_said_makes_beats_in_order_and_can_be_said_again(self, turns):
        first = annotation_of(range(50, 500, 70), "NVNSNNV")
        annotation = first.corrected(first.said)
        for rows in turns:
            with suppress(ValueError):  # What cannot be is refused as a whole
                annotation = annotation.corrected(said((50, "N"), *rows))
        beats, quality = annotation.beats, annotation.quality
        assert (np.diff(beats["sample"]) > 0).all()
        assert beats.filter(like="p_").sum(axis=1).to_numpy() == pytest.approx(1)
        assert (quality["start"][1:].array >= quality["stop"][:-1].array).all()
        again = first.corrected(annotation.said)
        pd.testing.assert_frame_equal(again.beats, beats)
        pd.testing.assert_frame_equal(again.quality, quality)

    def test_nothing_is_said_of_what_a_model_has_labelled(self, annotation):
        assert annotation.said.empty
        nothing = annotation.corrected(annotation.said)
        assert list(nothing.said) == list(annotation.said)
