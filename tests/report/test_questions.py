"""What the page asks first: by keys, fingers and screen readers, as Python would."""

import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pages import (
    click,
    data_of,
    load,
    open_page,
    press,
    reload,
    save,
    text_of,
)
from scipy.special import softmax
from selenium.webdriver.common.keys import Keys

from sklearn_ecg import annotate
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.templates import BeatGroups, Inquiry, constants
from sklearn_ecg.templates._opinion import (
    Answer,
    Groups,
    kernel_of,
    opinion_of,
    worth_of,
)

CLASSES = tuple("NSVFQO")


@pytest.fixture(scope="module")
def night(model):
    return annotate(make_ecg(1, duration=180, random_state=5).records[0], model)


@pytest.fixture(scope="module")
def asking(night, tmp_path_factory):
    return night.report(tmp_path_factory.mktemp("asking") / "night.html")


@pytest.fixture
def opened(browser, asking):
    open_page(browser, asking)
    return browser


def asked(browser):
    """Return the sample of the beat in question."""
    return int(marked(browser).get_attribute("data-sample"))


def marked(browser):
    """Return the label under which the line of the beat in question stands."""
    line = browser.find_element("css selector", "#beat .odd")
    middle = line.rect["x"] + line.rect["width"] / 2
    labels = browser.find_elements("css selector", "#beat [data-sample]")
    return min(
        labels, key=lambda each: abs(each.rect["x"] + each.rect["width"] / 2 - middle)
    )


def counts_of(browser):
    words = text_of(browser, "counts").split()
    counts = [int(word.replace(",", "")) for word in words[1::2]]
    return dict(zip(words[::2], counts, strict=True))


def strip_of(browser):
    """Return the samples of the beats of the strip below, and their labels."""
    beats = browser.find_elements("css selector", "#strip [data-sample]")
    return {int(beat.get_attribute("data-sample")): beat.text for beat in beats}


def saved(browser):
    """Save, and return what is in the file, which is taken away."""
    path = save(browser, "save-names")
    table = pd.read_csv(path, keep_default_na=False)
    path.unlink()
    return table


def template_at(page, sample):
    """Return the template of a beat in question, and its place among those shown."""
    shown = data_of(page)["questions"]["shown"]
    return next(
        (template, place)
        for template, beats in enumerate(shown)
        for place, beat in enumerate(beats)
        if beat["sample"] == sample
    )


def answer(browser, page, n, name=None):
    """Answer by keys what the model thinks, or a name; return the beats and names."""
    answers = {}
    for _ in range(n):
        sample = asked(browser)
        told = re.search("the model says (.)", text_of(browser, "question"))[1]
        answers[sample] = name or told
        press(browser, answers[sample].lower())
    return answers


def groups_of(page):
    given = data_of(page)["questions"]
    return Groups(*(np.array(given[name]) for name in Groups._fields))


def labels_after(page, answers):
    """Return the label of each cell as Python has it after answers."""
    given = data_of(page)["questions"]
    cells = {beat["sample"]: beat["cell"] for each in given["shown"] for beat in each}
    told = [
        Answer(
            given["template_of"][cells[sample]],
            cells[sample],
            given["classes"].index(label),
        )
        for sample, label in answers.items()
    ]
    best = opinion_of(groups_of(page), told).argmax(axis=1)
    return [given["classes"][place] for place in best]


def test_the_page_opens_with_a_question(opened, asking):
    given = data_of(asking)["questions"]
    sample = asked(opened)
    template, place = template_at(asking, sample)
    assert place == 0
    worth = worth_of(groups_of(asking), [])
    assert template == worth.argmax()
    minutes, seconds = divmod(given["shown"][template][0]["time"], 60)
    at = f"0:{minutes:02.0f}:{int(seconds):02d}"
    assert re.fullmatch(
        rf"Question 1, at {at}\. "
        rf"Template of {given['n_beats'][template]} beats, the model says "
        r"[NSVFQO], \d+(\.\d)? % sure\. Answered: 0\.",
        text_of(opened, "question"),
    )
    strip = given["shown"][template][0]["strip"]
    shown = opened.find_elements("css selector", "#beat [data-sample]")
    assert [int(beat.get_attribute("data-sample")) for beat in shown] == [
        beat[0] for beat in strip["beats"]
    ]
    drawn = opened.find_elements("css selector", "#shapes polyline")
    assert len(drawn) == len(given["shapes"]) + 1
    assert [each.get_attribute("class") for each in drawn].count("this") == 1
    assert counts_of(opened) == {label: n for label, n in given["counts"].items() if n}


def test_ten_answers_by_keys_are_in_the_file_in_a_minute(opened, asking):
    begun = time.monotonic()
    answers = answer(opened, asking, 5, "N") | answer(opened, asking, 5)
    table = saved(opened)
    assert time.monotonic() - begun < 30
    assert text_of(opened, "n-answers") == "10 answers"
    assert "Answered: 10." in text_of(opened, "question")
    assert dict(zip(table["sample"], table["label"], strict=True)) == answers
    assert table["sample"].tolist() == list(answers)
    assert set(table["what"]) == {"template"}
    assert pd.to_datetime(table["when"], utc=True).notna().all()


def test_what_an_answer_does_is_told_and_undone(opened, asking):
    given = data_of(asking)["questions"]
    first, before = asked(opened), counts_of(opened)
    doubt = text_of(opened, "n-doubtful")
    answers = answer(opened, asking, 1, "Q")
    labels = labels_after(asking, answers)
    told = text_of(opened, "became")
    changes = pd.DataFrame(
        {"from": given["cell_labels"], "to": labels, "n": given["cell_counts"]}
    )
    changes = changes.query("`from` != `to`").groupby(["from", "to"])["n"].sum()
    assert changes.sum() > 1
    for (old, new), n in changes.items():
        verb = "beat becomes" if n == 1 else "beats become"
        assert f"{n} {verb} {new} (from {old})" in told
    expected = pd.Series(given["cell_counts"]).groupby(labels).sum()
    assert counts_of(opened) == expected[expected > 0].to_dict()
    assert text_of(opened, "n-doubtful") != doubt
    click(opened, "take-back")
    assert (asked(opened), counts_of(opened)) == (first, before)
    assert text_of(opened, "n-doubtful") == doubt
    assert "undone" in text_of(opened, "became")
    assert not opened.find_element("id", "take-back").is_enabled()
    press(opened, "q", (Keys.CONTROL, "z"))
    assert (asked(opened), counts_of(opened)) == (first, before)


def test_labels_of_strips_follow_answers(opened, asking):
    answers = answer(opened, asking, 4, "S")
    labels = labels_after(asking, answers)
    press(opened, Keys.ESCAPE)
    n_moved = 0
    for number, strip in enumerate(data_of(asking)["strips"][:4]):
        press(opened, *[Keys.ARROW_RIGHT] * bool(number))
        expected = {}
        for sample, _, label, _, *cell in strip["beats"]:
            moved = labels[cell[0]] if cell else label
            expected[sample] = answers.get(sample, moved)
            n_moved += moved != label
        assert strip_of(opened) == expected
    assert n_moved


def test_what_was_said_of_a_beat_stays_when_answers_come(opened, asking):
    press(opened, Keys.ESCAPE, "f")
    before = strip_of(opened)
    assert data_of(asking)["strips"][0]["odd"] in before
    press(opened, "g")
    answers = answer(opened, asking, 4, "S")
    # All labels of a strip in which one was corrected are checked.
    assert strip_of(opened) == {
        sample: answers.get(sample, label) for sample, label in before.items()
    }
    press(opened, Keys.ESCAPE, Keys.ARROW_RIGHT, "c")
    shown, table = strip_of(opened), saved(opened)
    checked = table[(table["what"] == "beat") & table["sample"].isin(shown)]
    assert len(checked) > 2
    assert checked["label"].tolist() == [shown[each] for each in checked["sample"]]
    assert "template" in set(table["what"])


def test_a_surprising_answer_is_asked_again_of_the_same_template(opened, asking):
    groups, given = groups_of(asking), data_of(asking)["questions"]
    likely = softmax(opinion_of(groups, []), axis=1)
    sample = asked(opened)
    template, _ = template_at(asking, sample)
    cell = given["shown"][template][0]["cell"]
    label = given["classes"][int(likely[cell].argmin())]
    assert likely[cell].min() < constants()["SURPRISING"]
    press(opened, label.lower())
    assert template_at(asking, asked(opened)) == (template, 1)
    assert "Another beat of the same template" in text_of(opened, "became")


def test_what_cannot_be_told_is_passed_over_and_not_saved(opened, asking):
    template, _ = template_at(asking, asked(opened))
    before = counts_of(opened)
    press(opened, "?")
    assert template_at(asking, asked(opened)) == (template, 1)
    assert counts_of(opened) == before
    press(opened, " ")
    assert template_at(asking, asked(opened))[0] != template
    reload(opened)
    assert template_at(asking, asked(opened))[0] != template
    assert saved(opened).empty
    assert "Answered: 0." in text_of(opened, "question")


def test_nothing_is_lost_when_the_page_is_loaded_again_or_a_file_is(
    opened, asking, tmp_path
):
    answer(opened, asking, 4, "V")
    state = asked(opened), counts_of(opened), text_of(opened, "question")
    reload(opened)
    assert (asked(opened), counts_of(opened), text_of(opened, "question")) == state
    file = tmp_path / "answers.csv"
    file.write_bytes(save(opened, "save-names").read_bytes())
    opened.execute_script("localStorage.clear()")
    reload(opened)
    assert "Answered: 0." in text_of(opened, "question")
    assert "4 rows of the file are in the page." in load(opened, file)
    assert (asked(opened), counts_of(opened), text_of(opened, "question")) == state
    table = pd.read_csv(file, keep_default_na=False)
    table["sample"] += 10_000_000
    table.to_csv(file, index=False)
    opened.execute_script("localStorage.clear()")
    reload(opened)
    assert "move no labels here: 4" in load(opened, file)
    assert "Answered: 0." in text_of(opened, "question")


def test_one_answer_among_others_is_undone_in_the_list(opened, asking):
    answers = answer(opened, asking, 3, "V")
    second = list(answers)[1]
    items = opened.find_elements("css selector", "#corrected li")
    assert len(items) == 3
    items[1].find_element("tag name", "button").click()
    left = [sample for sample in answers if sample != second]
    assert saved(opened)["sample"].tolist() == left


def test_answers_of_before_are_there_and_not_saved_again(
    opened, asking, night, tmp_path
):
    answer(opened, asking, 3, "V")
    state = asked(opened), counts_of(opened)
    named = night.corrected(save(opened, "save-names"))
    open_page(opened, named.report(tmp_path / "later.html"))
    assert (asked(opened), counts_of(opened)) == state
    assert "Answered: 3." in text_of(opened, "question")
    press(opened, "n")
    assert text_of(opened, "n-answers") == "4 answers"
    assert text_of(opened, "n-saved") == "1"


def test_when_all_is_asked_the_page_says_so(browser, night, tmp_path):
    few = replace(night, beats=night.beats.head(10))
    page = few.report(tmp_path / "few.html")
    open_page(browser, page)
    name = browser.find_element("css selector", "[data-name=N]")
    for _ in range(4):
        name.click()
    assert "All is asked. Answered: 4." in text_of(browser, "question")
    assert not name.is_displayed()
    assert not browser.find_element("id", "beat").is_displayed()
    assert browser.switch_to.active_element.get_attribute("id") == "leave"
    press(browser, "v", "?")
    assert len(saved(browser)) == 4
    press(browser, (Keys.CONTROL, "z"))
    assert name.is_displayed()


def test_letters_go_where_the_reader_is(opened, asking):
    click(opened, "leave")
    told = text_of(opened, "told")
    press(opened, "f" if ", F" not in told else "v")
    assert "corrected to" in text_of(opened, "told")
    assert "Answered: 0." in text_of(opened, "question")
    press(opened, "g", "n", "c", Keys.ARROW_RIGHT)
    assert "Answered: 1." in text_of(opened, "question")
    assert text_of(opened, "where").startswith("1 of")
    opened.find_element("id", "strip").click()
    press(opened, Keys.ARROW_RIGHT)
    assert text_of(opened, "where").startswith("2 of")
    opened.find_element("css selector", "[data-name=S]").click()
    press(opened, "s")
    assert "Answered: 3." in text_of(opened, "question")


@pytest.mark.parametrize("width", [390, 1280])
def test_questions_fit_a_phone_and_a_screen(browser, asking, width):
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1}
    metrics["mobile"] = width < 500
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    open_page(browser, asking)
    answer(browser, asking, 1, "V")
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    assert 0 < marked(browser).rect["x"] < width
    buttons = browser.find_elements("css selector", "#questions button")
    for button in buttons:
        assert button.rect["x"] + button.rect["width"] <= width
        assert min(button.rect["height"], button.rect["width"]) >= 40
    names = browser.find_elements("css selector", "[data-name]")
    assert max(each.rect["y"] + each.rect["height"] for each in names) <= 844


def test_paper_has_no_questions_and_the_labels_of_answers(opened, asking):
    answers = answer(opened, asking, 3, "V")
    labels = labels_after(asking, answers)
    media = {"media": "print", "features": []}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    opened.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert not opened.find_element("id", "questions").is_displayed()
    strip = data_of(asking)["found"][0]
    middle = strip["told"][0]["at"]
    start = min(max(middle - 3.5, strip["start"]), strip["stop"] - 7)
    expected = [
        answers.get(sample, labels[cell[0]] if cell else label)
        for sample, time, label, _, *cell in strip["beats"]
        if start <= time < start + 7
    ]
    first = opened.find_element("css selector", "#printed svg")
    printed = [each.text for each in first.find_elements("css selector", ".beat")]
    assert printed == expected


def test_a_screen_reader_hears_questions_and_reaches_the_names(opened, asking):
    nodes = opened.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    names = [
        node["name"]["value"].strip()
        for node in nodes
        if not node["ignored"] and node["role"]["value"] == "button"
    ]
    assert "" not in names
    assert len(set(names)) == len(names)
    for name in ("question", "became"):
        live = opened.find_element("id", name)
        assert live.get_attribute("aria-live") == "polite"
    opened.find_element("id", "ask").send_keys("")
    opened.execute_script("document.getElementById('ask').focus()")
    reached = []
    for _ in range(len(opened.find_elements("css selector", "[data-name]"))):
        press(opened, Keys.TAB)
        reached.append(opened.switch_to.active_element.get_attribute("data-name"))
    assert reached == [*data_of(asking)["questions"]["classes"], ""]
    press(opened, Keys.ENTER)
    assert "Passed over" in text_of(opened, "became")
    press(opened, (Keys.SHIFT, Keys.TAB), " ")
    assert "Answered: 1." in text_of(opened, "question")


def test_answers_are_loaded_into_a_page_of_questions_alone(
    opened, asking, night, tmp_path
):
    answers = answer(opened, asking, 2)
    file = tmp_path / "answers.csv"
    file.write_bytes(save(opened, "save-names").read_bytes())
    open_page(opened, night.report(tmp_path / "alone.html", n_odd=0))
    assert "2 rows of the file are in the page." in load(opened, file)
    assert "Answered: 2." in text_of(opened, "question")
    assert text_of(opened, "n-saved") == "2"
    assert len(opened.find_elements("css selector", "#corrected li")) == len(answers)


def test_a_page_without_beats_asks_nothing(browser, night, tmp_path):
    page = replace(night, beats=night.beats.head(0)).report(tmp_path / "no.html")
    open_page(browser, page)
    assert not browser.find_elements("id", "questions")


def test_the_annotation_becomes_what_the_page_says(opened, asking, night):
    answer(opened, asking, 6, "S")
    answer(opened, asking, 4)
    press(opened, Keys.ESCAPE, "f")
    path = save(opened)
    corrected = night.corrected(path)
    labels = corrected.beats.set_index("sample")["label"]
    for number in range(len(data_of(asking)["strips"])):
        press(opened, *[Keys.ARROW_RIGHT] * bool(number))
        shown = strip_of(opened)
        assert labels.loc[list(shown)].to_dict() == shown
    named = labels.value_counts()
    changed = counts_of(opened)
    # What was said of single beats below is not in these counts.
    assert abs(changed["S"] - named["S"]) <= 1
    assert named["S"] > (night.beats["label"] == "S").sum() + 10


class TestAsPythonSays:
    """The page and Python know the same after the same answers."""

    @pytest.mark.parametrize("seed", range(4))
    def test_opinions_and_questions_are_the_same(self, opened, seed):
        random = np.random.default_rng(seed)
        beats = random_beats(random, n_templates=12)
        inquiry, steps, answers = Inquiry(beats), [], []
        while (place := inquiry.question()) is not None:
            page = opened.execute_script(ASK, page_groups(beats), steps)
            opinion = opinion_of(beats.groups, answers)
            np.testing.assert_allclose(page["opinion"], opinion, atol=1e-6)
            assert page["place"] == place
            template, label = place // 2, int(random.integers(6))
            if random.random() < 0.1:
                inquiry.skip(place)
                steps.append({"sample": place, "cell": place, "label": None})
                continue
            inquiry.answer(place, CLASSES[label])
            answers.append(Answer(template, place, label))
            steps.append({"sample": place, "cell": place, "label": label})
        assert len(steps) == 24
        page = opened.execute_script(ASK, page_groups(beats), steps)
        assert page["place"] is None

    def test_the_fortieth_answer_takes_no_time(self, opened):
        random = np.random.default_rng(0)
        beats = random_beats(random, n_templates=40)
        steps = [
            {"sample": 2 * each, "cell": 2 * each, "label": int(label)}
            for each, label in enumerate(random.integers(0, 6, 40))
        ]
        given = page_groups(beats), steps
        assert min(opened.execute_script(TIME, *given) for _ in range(5)) < 100


ASK = """const [groups, steps] = arguments;
    const {opinion, beat} = inquiryAfter(groups, steps.map(
        (step) => ({...step, label: step.label ?? undefined})));
    return {opinion: opinion.map((row) => [...row]), place: beat?.sample ?? null};"""


TIME = """const [groups, steps] = arguments;
    inquiryAfter(groups, steps.slice(0, -1));
    const begun = performance.now();
    inquiryAfter(groups, steps);
    return performance.now() - begun;"""


def random_beats(random, n_templates):
    """Return templates of two beats, each a cell of its own."""
    logits = random.normal(0, 3, (n_templates, len(CLASSES)))
    places = np.arange(2 * n_templates)
    own = random.normal(0, 1, (len(places), len(CLASSES)))
    groups = Groups(
        kernel=kernel_of(random.normal(0, 1, (n_templates, 3))),
        n_beats=random.integers(1, 3000, n_templates),
        logits=logits,
        template_of=places // 2,
        cell_logits=logits[places // 2] + own,
    )
    shown = list(places.reshape(-1, 2))
    return BeatGroups(CLASSES, groups, places // 2, places, shown, np.empty(0))


def page_groups(beats):
    """Return groups as the page has them."""
    groups = {name: of.tolist() for name, of in beats.groups._asdict().items()}
    shown = [[{"sample": int(place)} for place in pair] for pair in beats.shown]
    return {**groups, "shown": shown}
