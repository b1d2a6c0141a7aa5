"""Names of a few beats, carried to those that look alike."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import BeatStream, adapt, annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.stream._templates import taught_by, template_of


@pytest.fixture(scope="module")
def beats():
    return make_ecg(1, duration=240, random_state=5)


@pytest.fixture(scope="module")
def annotation(beats):
    return annotate(beats.records[0], load_pretrained())


@pytest.fixture(scope="module")
def truth(beats, annotation):
    """The right label of each beat that was found, by its sample."""
    samples = beats.data["sample"].to_numpy()
    found = annotation.beats["sample"].to_numpy()
    nearest = np.abs(found[:, np.newaxis] - samples).argmin(axis=1)
    return dict(zip(found.tolist(), beats.target[nearest].tolist(), strict=True))


def labels_of(annotation):
    return annotation.beats["label"].tolist()


def test_questions_are_beats_of_different_templates(annotation):
    templates = annotation.templates(8)
    questions = templates.questions
    assert len(questions) == len(templates) == 8
    assert not questions["sample"].duplicated().any()
    assert set(questions["sample"]) <= set(annotation.beats["sample"])
    assert questions["certainty"].between(0, 1).all()
    counts = pd.Series(templates.template_of).value_counts()
    assert counts[range(8)].tolist() == questions["n_beats"].tolist()
    assert str(templates).count("% sure") == 8


def test_a_name_is_carried_to_the_beats_of_its_template(annotation):
    templates = annotation.templates(3)
    label = "V" if templates.questions.loc[0, "label"] != "V" else "S"
    named = templates.named({0: label}, who="A. Reader", when="2026-12-01T09:00:00Z")
    inside = templates.template_of == 0
    assert inside.sum() > 1
    before = (annotation.beats["label"] == label).sum()
    assert (named.beats["label"] == label).sum() > before + 1
    said = named.said.loc[0]
    assert (said["what"], said["label"]) == ("template", label)
    assert said["who"] == "A. Reader"
    assert said["when"] == "2026-12-01T09:00:00Z"
    assert named.beats["checked"].sum() == 1
    shown = named.beats.set_index("sample").loc[templates.questions.loc[0, "sample"]]
    assert shown["checked"]
    assert shown[f"p_{label}"] == 1


def test_probabilities_say_how_sure_a_carried_name_is(annotation):
    named = annotation.templates(3).named({0: "V", 2: "V"})
    names = [name for name in named.beats if name.startswith("p_")]
    likely = named.beats[names].to_numpy()
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    best = np.array([name.removeprefix("p_") for name in names])[likely.argmax(axis=1)]
    assert best.tolist() == labels_of(named)


def test_leaving_a_name_out_undoes_it(annotation):
    templates = annotation.templates(4)
    both = templates.named({0: "V", 1: "S"})
    one = templates.named({1: "S"})
    assert labels_of(templates.named({})) == labels_of(annotation)
    assert labels_of(both) != labels_of(one)
    assert one.said["label"].tolist() == ["S"]


def test_a_reader_is_asked_for_as_many_answers_as_wanted_and_labels_get_better(
    annotation, truth
):
    asked = []

    def reader(sample):
        asked.append(sample)
        return truth[sample]

    named = annotation.ask(reader, 6, who="A. Reader")
    assert len(asked) == len(set(asked)) == len(named.said) == 6
    right = list(truth.values())
    n_right = np.sum(np.array(labels_of(annotation)) == right)
    assert np.sum(np.array(labels_of(named)) == right) > n_right
    assert set(named.said["who"]) == {"A. Reader"}


def test_asking_goes_on_where_it_stopped(annotation, truth):
    at_once = annotation.ask(truth.get, 7)
    in_parts = annotation.ask(truth.get, 3).ask(truth.get, 4)
    assert at_once.said["sample"].tolist() == in_parts.said["sample"].tolist()
    assert labels_of(at_once) == labels_of(in_parts)


def test_what_the_reader_cannot_tell_is_passed_over(annotation, truth):
    asked = []

    def reader(sample):
        asked.append(sample)
        return truth[sample] if len(asked) % 2 == 0 else None

    named = annotation.ask(reader, 3)
    assert len(asked) == 6
    assert named.said["sample"].tolist() == asked[1::2]
    assert annotation.ask(lambda sample: None, 3) is annotation


def test_what_was_said_makes_the_same_of_another_annotation(annotation, truth, beats):
    named = annotation.ask(truth.get, 5)
    again = annotate(beats.records[0], load_pretrained()).corrected(named.said)
    assert labels_of(again) == labels_of(named)
    other = annotate(beats.records[0], load_pretrained("wearable"))
    told = other.corrected(named.said)
    answers = dict(zip(named.said["sample"], named.said["label"], strict=True))
    found = told.beats.set_index("sample")["label"]
    assert {sample: found[sample] for sample in answers} == answers


def test_what_is_said_of_a_beat_itself_counts_for_more_than_its_template(annotation):
    templates = annotation.templates(1)
    inside = annotation.beats["sample"][templates.template_of == 0].tolist()
    other = next(s for s in inside if s != templates.questions.loc[0, "sample"])
    row = pd.DataFrame({"sample": [other], "label": ["S"]})
    for told in (
        templates.named({0: "V"}).corrected(row),
        annotation.corrected(row).templates(1).named({0: "V"}),
    ):
        assert told.beats.set_index("sample").loc[other, "label"] == "S"


def test_no_beat_is_an_answer_for_a_model_that_knows_none(model, ecg):
    annotation = annotate(ecg.records[0], model)
    named = annotation.templates(2).named({0: "O"})
    assert labels_of(named).count("O") >= 1


def test_the_page_and_files_take_what_was_named(annotation, tmp_path):
    named = annotation.templates(2).named({0: "V"})
    named.report(tmp_path / "page.html")
    named.said.to_csv(tmp_path / "said.csv", index=False)
    assert labels_of(annotation.corrected(tmp_path / "said.csv")) == labels_of(named)


@pytest.mark.parametrize(
    ("names", "message"),
    [({7: "V"}, "numbered from 0 to 1"), ({0: "X"}, "are not the model's")],
)
def test_a_wrong_name_is_refused(annotation, names, message):
    with pytest.raises(ValueError, match=message):
        annotation.templates(2).named(names)


def test_a_wrong_number_and_a_wrong_label_of_a_reader_are_refused(annotation):
    with pytest.raises(ValueError, match="'n' parameter of Annotation"):
        annotation.templates(0)
    with pytest.raises(ValueError, match="calls the beat at sample"):
        annotation.ask(lambda sample: "normal", 1)


def test_an_answer_of_which_there_is_no_beat_is_refused(annotation):
    row = pd.DataFrame({"sample": [1], "label": ["V"], "what": ["template"]})
    with pytest.raises(ValueError, match="leave them out"):
        annotation.corrected(row)


def test_a_question_is_drawn_with_its_neighbours(annotation):
    display = annotation.templates(1).plot(0)
    assert len(display.ax_.texts) >= 3


def test_a_model_learns_from_names_and_labels_the_next_recording_as_well(beats):
    model = load_pretrained()
    annotation = annotate(beats.records[0], model)
    wrong = annotation.beats["label"].mode()[0]
    templates = annotation.templates(10)
    sure = templates.questions["label"] == wrong
    named = templates.named(dict.fromkeys(templates.questions.index[sure], "F"))
    again = named.templates(10)
    named = again.named(dict.fromkeys(again.questions.index, "F"))
    adapted = adapt(model, named, strength=1.0)
    told = annotate(beats.records[0], adapted)
    assert (told.beats["label"] == "F").sum() > (annotation.beats["label"] == "F").sum()
    stream = BeatStream(adapted, sampling_rate=360, leads=annotation.recording.leads)
    signal = beats.records[0].p_signal
    live = pd.concat([stream.push(signal), stream.flush()])
    assert live["label"].tolist() == labels_of(told)


def test_what_nobody_has_said_teaches_nothing(annotation):
    with pytest.raises(ValueError, match="Nobody has said anything"):
        adapt(load_pretrained(), annotation)
    with pytest.raises(ValueError, match="leave out y"):
        adapt(load_pretrained(), annotation.templates(1).named({0: "V"}), ["V"])


def test_a_template_counts_as_a_few_beats_and_a_checked_beat_as_one(annotation):
    named = annotation.templates(5).named({0: "V", 1: "N"})
    table, labels, weights = taught_by(named, named.classes)
    samples = table["sample"].to_numpy()
    checked = named.beats.loc[named.beats["checked"], "sample"]
    assert (weights[np.isin(samples, checked)] == 1).all()
    number = dict(zip(named.beats["sample"], template_of(named), strict=True))
    sums = pd.Series(weights).groupby([number[each] for each in samples]).sum()
    assert sums.max() <= 12
    assert len(labels) == len(table) > 0.9 * len(named.beats)


def test_what_a_page_has_carried_is_taken_at_its_word(annotation):
    samples = annotation.beats["sample"].to_numpy()
    rows = {"sample": samples[[3, 3, 5]], "label": ["V", "V", "S"]}
    rows["what"] = ["template", "carried", "carried"]
    said = annotation.corrected(pd.DataFrame(rows))
    expected = annotation.beats["label"].to_numpy(dtype=object).copy()
    expected[[3, 5]] = "V", "S"
    assert labels_of(said) == expected.tolist()
    assert np.flatnonzero(said.beats["checked"]).tolist() == [3]
    assert said.beats.loc[5, "p_S"] == 1
    # An answer that no page has carried is carried here.
    place = int(annotation._groups.shown[0][0])
    more = pd.DataFrame({"sample": [samples[place]], "label": ["V"]})
    again = said.corrected(more.assign(what="template"))
    assert labels_of(again)[5] == "S"
    assert labels_of(again)[place] == "V"
