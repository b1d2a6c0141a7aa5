"""The page asks about beats that stand for others, and what is answered is saved."""

import numpy as np
import pandas as pd
import pytest
from live_pages import beats_on, choose, open_live, saved
from pages import click, press, text_of
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from sklearn_ecg import annotate
from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.stream._templates import template_of

QUESTION = "return [inquiry.beat.sample, inquiry.answers.length];"
LABELS = """
return Array.from(beatTable.samples, (sample, i) => [sample, labelOf(beatAt(i))]);
"""
GROUPS = """
return Array.from(beatTable.cells, (cell) => questions.template_of[cell - 1] ?? -1);
"""


@pytest.fixture(scope="module")
def beats(tmp_path_factory):
    directory = tmp_path_factory.mktemp("record")
    return make_ecg(1, duration=120, random_state=5, directory=directory), directory


@pytest.fixture(scope="module")
def record(beats):
    return beats[1] / "synthetic_000"


def reader_of(samples, labels):
    """Return what tells the right label of the beat nearest to a sample."""
    samples, labels = np.asarray(samples), np.asarray(labels)
    return lambda sample: str(labels[np.abs(samples - sample).argmin()])


def open_questions(browser, page, record):
    """Label a record, and wait until the frame asks; the frame is left open."""
    open_live(browser, page)
    choose(browser, record.with_suffix(".hea"), record.with_suffix(".dat"))
    browser.switch_to.frame("strips")
    asks = "return typeof inquiry !== 'undefined' && Boolean(inquiry);"
    WebDriverWait(browser, 20).until(lambda _: browser.execute_script(asks))


@pytest.fixture
def asking(browser, page, record):
    open_questions(browser, page, record)
    yield browser
    browser.switch_to.default_content()


def answer(browser, reader, n):
    """Answer questions by keys, as a reader knows it."""
    for number in range(n):
        sample, n_answers = browser.execute_script(QUESTION)
        assert n_answers == number
        press(browser, reader(sample).lower())


def table_on(browser):
    return pd.DataFrame(browser.execute_script(LABELS), columns=["sample", "label"])


def read_by_python(browser, button, record, chain):
    path = saved(browser, button, "*-corrections.csv")
    return annotate(record, chain).corrected(path)


def assert_same_labels(shown, annotation):
    beats = annotation.beats[["sample", "label"]]
    assert shown.to_numpy().tolist() == beats.to_numpy().tolist()


def share_right(table, reader):
    return np.mean([reader(at) == label for at, label in table.to_numpy().tolist()])


def test_answers_by_keys_are_the_labels_that_python_reads(asking, beats, record, chain):
    truth = reader_of(beats[0].data["sample"], beats[0].target)
    found = table_on(asking)
    assert "V" in found["label"].tolist()
    assert "Template of" in text_of(asking, "question")
    assert asking.find_elements("css selector", "#beat polyline")
    # From the head of the questions on, a keyboard is all that it takes.
    asking.execute_script("by('ask').focus()")
    wrong = {"N": "V"}.get(truth(asking.execute_script(QUESTION)[0]), "S")
    press(asking, wrong.lower())
    assert not table_on(asking).equals(found)
    press(asking, (Keys.CONTROL, "z"))
    pd.testing.assert_frame_equal(table_on(asking), found)
    answer(asking, truth, 4)
    press(asking, "?")
    labels = table_on(asking)
    annotation = read_by_python(asking, "save-names", record, chain)
    assert_same_labels(labels, annotation)
    # The beats that were shown are checked; those that are alike are not.
    assert annotation.beats["checked"].sum() == 4
    assert {"template", "carried"} >= set(annotation.said["what"])


def test_a_wrong_name_by_button_is_carried_as_it_is_shown(asking, record, chain):
    found = table_on(asking)
    for _ in range(2):
        asking.find_element("css selector", "[data-name=S]").click()
    labels = table_on(asking)
    n_changed = (labels["label"] != found["label"]).sum()
    assert n_changed > 2
    annotation = read_by_python(asking, "save", record, chain)
    assert_same_labels(labels, annotation)
    carried = annotation.said[annotation.said["what"] == "carried"]
    assert len(carried) >= n_changed
    # The page itself takes its file, and carries the answers again.
    press(asking, (Keys.CONTROL, "z"), (Keys.CONTROL, "z"))
    pd.testing.assert_frame_equal(table_on(asking), found)
    path = next(asking.downloads.glob("*-corrections.csv"))
    asking.find_element("id", "file").send_keys(str(path))
    WebDriverWait(asking, 5).until(lambda _: table_on(asking).equals(labels))


def test_questions_leave_the_letters_to_whoever_names_a_beat(browser, page, record):
    open_live(browser, page)
    slow = "const held = askedOf; askedOf = async (...given) => { const asked = "
    slow += "await held(...given); await new Promise((go) => { goOn = go; });"
    browser.execute_script(f"window.goOn = null; {slow} return asked; }};")
    choose(browser, record.with_suffix(".hea"), record.with_suffix(".dat"))
    waits = "return Boolean(goOn)"
    WebDriverWait(browser, 10).until(lambda _: browser.execute_script(waits))
    browser.switch_to.frame("strips")
    WebDriverWait(browser, 10).until(
        lambda _: browser.execute_script("return document.body?.dataset.ready")
    )
    assert browser.execute_script("return by('questions').hidden")
    click(browser, "odd")
    browser.execute_script("parent.goOn()")
    asks = "return !by('questions').hidden"
    WebDriverWait(browser, 10).until(lambda _: browser.execute_script(asks))
    press(browser, "s")
    assert "corrected to S" in text_of(browser, "told")
    assert browser.execute_script("return inquiry.answers.length") == 0
    browser.switch_to.default_content()


@pytest.mark.parametrize("seconds", [5, 30])
def test_nothing_is_asked_of_a_short_recording(browser, page, tmp_path, seconds):
    make_ecg(1, duration=seconds, random_state=4, directory=tmp_path)
    path = tmp_path / "synthetic_000"
    open_live(browser, page)
    choose(browser, path.with_suffix(".hea"), path.with_suffix(".dat"))
    given = "given.asked.then(arguments[0])"
    assert browser.execute_async_script(given) is None
    browser.switch_to.frame("strips")
    assert browser.execute_script("return by('questions').hidden")
    browser.switch_to.default_content()


def test_nothing_is_asked_where_no_beat_has_a_label(browser, page, tmp_path):
    flat = pd.DataFrame({"time (s)": np.arange(0, 90, 0.01), "II (mV)": 0.0})
    flat.to_csv(tmp_path / "flat.csv", index=False)
    open_live(browser, page)
    choose(browser, tmp_path / "flat.csv")
    assert len(beats_on(browser)) < 5
    given = "given.asked.then(arguments[0])"
    assert browser.execute_async_script(given) is None


def test_groups_and_answers_are_worth_what_those_of_python_are(
    browser, page, chain, mitdb
):
    record = mitdb / "208"
    known = load_beats([record])
    reader = reader_of(known.data["sample"], known.target)
    open_questions(browser, page, record)
    before, templates = table_on(browser), np.array(browser.execute_script(GROUPS))
    click(browser, "ask")
    answer(browser, reader, 5)
    after = table_on(browser)
    browser.switch_to.default_content()
    annotation = annotate(record, chain)
    truth = np.array([reader(at) for at in before["sample"]])
    own = purity(templates, truth)
    assert own > 0.95
    assert own > purity(template_of(annotation), truth) - 0.01
    asked = annotation.ask(reader, 5).beats[["sample", "label"]]
    gain = share_right(after, reader) - share_right(before, reader)
    assert gain > 0.02
    assert gain > share_right(asked, reader) - share_right(before, reader) - 0.01


def purity(templates, truth):
    """Return the share of beats that are of the commonest label of their template."""
    inside = [truth[templates == each] for each in set(templates.tolist()) - {-1}]
    commonest = [np.unique(labels, return_counts=True)[1].max() for labels in inside]
    return sum(commonest) / sum(map(len, inside))
