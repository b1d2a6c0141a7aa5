"""What a reader says in the page: kept, undone, saved, loaded, and believed."""

from dataclasses import replace

import pandas as pd
import pytest
from pages import (
    beat_at,
    beats_of,
    click,
    data_of,
    labels_of,
    load,
    open_below,
    open_page,
    press,
    reload,
    save,
    text_of,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

COLUMNS = ["recording", "sample", "stop", "time", "before", "label"]
COLUMNS += ["what", "who", "when"]
NO_STORAGE = """Object.defineProperty(window, "localStorage",
    {get() { throw new DOMException("denied", "SecurityError"); }});"""


@pytest.fixture
def opened(browser, page):
    open_below(browser, page)
    return browser


def saved(browser):
    """Save, and return what is in the file, which is taken away."""
    path = save(browser)
    table = pd.read_csv(path, keep_default_na=False)
    path.unlink()
    return table


def strip_of(browser):
    """Return the samples of the beats of the strip, and their labels."""
    samples = [int(beat.get_attribute("data-sample")) for beat in beats_of(browser)]
    return dict(zip(samples, labels_of(browser), strict=True))


def say_something_of_every_kind(browser):
    """Correct a beat, remove one, add one, and name a stretch, by keys alone."""
    samples = list(strip_of(browser))
    go_to(browser, samples[1])
    press(browser, "s", (Keys.SHIFT, Keys.ARROW_RIGHT), "o")
    press(browser, (Keys.SHIFT, Keys.ARROW_RIGHT), "a", Keys.ARROW_LEFT, "v")
    go_to(browser, samples[-4])
    press(browser, "[", (Keys.SHIFT, Keys.ARROW_RIGHT), "]", "x")
    return samples


def go_to(browser, sample):
    """Mark a beat by keys."""
    samples = list(strip_of(browser))
    chosen = browser.find_element("css selector", "#strip [aria-pressed=true]")
    steps = samples.index(sample) - samples.index(
        int(chosen.get_attribute("data-sample"))
    )
    key = Keys.ARROW_RIGHT if steps > 0 else Keys.ARROW_LEFT
    press(browser, *[(Keys.SHIFT, key)] * abs(steps))


def test_the_annotation_becomes_what_the_page_shows(opened, annotation, page):
    samples = say_something_of_every_kind(opened)
    shown = strip_of(opened)
    path = save(opened)
    corrected = annotation.corrected(path)
    beats = corrected.beats.set_index("sample")["label"]
    assert beats.loc[list(shown)].to_dict() == shown
    (added,) = set(shown) - set(samples)
    assert samples[3] < added < samples[4]
    assert [shown[samples[1]], shown[samples[2]], shown[added]] == ["S", "O", "V"]
    assert [shown[each] for each in samples[-4:-2]] == ["O", "O"]
    noise = corrected.quality.query("reason == 'noise'") * 1
    assert noise[["start", "stop"]].to_numpy()[0] * 360 == pytest.approx(samples[-4:-2])
    table = pd.read_csv(path, keep_default_na=False)
    assert table.columns.tolist() == COLUMNS
    assert table["what"].value_counts()[["added", "stretch"]].tolist() == [1, 1]
    assert set(corrected.said["what"]) == {"beat", "added", "stretch"}


def test_who_said_it_and_when_is_in_the_file(opened):
    press(opened, "c")
    opened.find_element("id", "who").send_keys('Dr. "Who", A.', Keys.TAB)
    click(opened, "next")
    press(opened, "c")
    table = saved(opened)
    assert set(table["who"]) == {'Dr. "Who", A.'}
    times = pd.to_datetime(table["when"], utc=True)
    assert (pd.Timestamp.now("UTC") - times).abs().max() < pd.Timedelta("5min")


def test_a_file_without_a_reader_is_told_of_before_it_is_saved(opened):
    assert "the file will not say who said it" in text_of(opened, "kept")
    opened.find_element("id", "who").send_keys("A. Reader")
    assert "who said it" not in text_of(opened, "kept")


def test_letters_of_a_name_are_no_labels(opened):
    opened.find_element("id", "who").send_keys("Vaxco")
    assert text_of(opened, "n-saved") == "0"


def test_nothing_is_lost_when_the_page_is_loaded_again(opened):
    opened.find_element("id", "who").send_keys("A. Reader", Keys.TAB)
    say_something_of_every_kind(opened)
    before = strip_of(opened)
    reload(opened)
    assert strip_of(opened) == before
    assert opened.find_element("id", "who").get_property("value") == "A. Reader"
    table = saved(opened)
    assert len(table) >= 5
    reload(opened)
    pd.testing.assert_frame_equal(saved(opened), table)


def test_another_page_has_what_was_said_in_it_alone(opened, annotation, tmp_path):
    press(opened, "c")
    other = annotation.report(tmp_path / "other.html", n_odd=3)
    open_page(opened, other)
    assert text_of(opened, "n-saved") == "0"


def test_a_browser_that_keeps_nothing_says_so_and_the_page_works(opened, page):
    assert "keeps what you say" in text_of(opened, "kept")
    script = opened.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": NO_STORAGE}
    )
    try:
        reload(opened)
        press(opened, Keys.ESCAPE, "c")
        assert "keeps nothing" in text_of(opened, "kept")
        assert len(saved(opened)) > 1
    finally:
        opened.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_saved_file_goes_back_into_the_page(opened, tmp_path):
    say_something_of_every_kind(opened)
    shown, path = strip_of(opened), save(opened)
    copy = tmp_path / "kept.csv"
    copy.write_bytes(path.read_bytes())
    path.unlink()
    excel = tmp_path / "excel.csv"
    table = pd.read_csv(copy, dtype=str, keep_default_na=False)
    table.to_csv(
        excel, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )
    for file in (copy, excel):
        opened.execute_script("localStorage.clear()")
        reload(opened)
        assert text_of(opened, "n-saved") == "0"
        assert "rows of the file are in the page" in load(opened, file)
        assert strip_of(opened) == shown
        again = save(opened)
        assert again.read_bytes() == copy.read_bytes()
        again.unlink()
    click(opened, "undo")
    assert text_of(opened, "n-saved") == "0"


def test_a_file_goes_into_pages_made_after_it_and_by_other_models(
    opened, annotation, tmp_path
):
    say_something_of_every_kind(opened)
    shown = strip_of(opened)
    file = tmp_path / "kept.csv"
    file.write_bytes(save(opened).read_bytes())
    corrected = annotation.corrected(file)
    first = annotation.odd(1)["sample"].iloc[0]
    beats = corrected.beats.assign(checked=corrected.beats["sample"] != first)
    moved = beats.assign(sample=beats["sample"] + 20, time=beats["time"] + 20 / 360)
    for each, shift in ((beats, 0), (moved, 20)):
        other = replace(corrected, beats=each, origin=None)
        page = other.report(tmp_path / f"{shift}.html")
        open_page(opened, page)
        assert "rows of the file" in load(opened, file)
        expected = {sample + shift: label for sample, label in shown.items()}
        assert strip_of(opened) == expected


def test_room_is_made_by_forgetting_pages_that_were_saved(opened):
    fill = """const kept = (isSaved, n) =>
            JSON.stringify({rows: [], isSaved, no: "x".repeat(n)});
        localStorage.setItem("sklearn_ecg saved 1", kept(true, 3e6));
        localStorage.setItem("sklearn_ecg not 2", kept(false, 2e6));
        for (let n = 2e5; n > 0; n = Math.floor(n / 2)) {
            const key = `sklearn_ecg full ${n}`;
            try { localStorage.setItem(key, kept(false, n)); } catch {}
        }"""
    opened.execute_script(fill)
    press(opened, "c")
    assert "keeps what you say" in text_of(opened, "kept")
    keys = opened.execute_script("return Object.keys(localStorage)")
    assert "sklearn_ecg saved 1" not in keys
    assert "sklearn_ecg not 2" in keys
    n_rows = text_of(opened, "n-saved")
    reload(opened)
    assert text_of(opened, "n-saved") == n_rows != "0"
    save(opened)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("recording,sample,label\nsomeone,370,V\n", "is of the recording someone."),
        ("sample,label\n370,V\n3.5,V\n", "Row 2 of the file has no sample"),
        ("a,b\n1,2\n", "no columns sample and label"),
        ("", "no columns sample and label"),
    ],
)
def test_a_file_that_cannot_be_loaded_changes_nothing(
    opened, tmp_path, content, message
):
    press(opened, "c")
    n_rows = text_of(opened, "n-saved")
    file = tmp_path / "wrong.csv"
    file.write_text(content)
    told = load(opened, file)
    assert message in told
    assert "Nothing was loaded" in told
    assert text_of(opened, "n-saved") == n_rows


def test_every_step_can_be_undone(opened):
    before = strip_of(opened)
    press(opened, Keys.ARROW_RIGHT, "c", Keys.ARROW_LEFT)
    say_something_of_every_kind(opened)
    press(opened, *[(Keys.CONTROL, "z")] * 4)
    assert strip_of(opened) == before
    assert text_of(opened, "n-saved") != "0"
    click(opened, "undo")
    assert text_of(opened, "n-saved") == "0"
    assert not opened.find_element("id", "undo").is_enabled()


class TestMissedBeats:
    def test_one_is_added_by_touch_at_the_peak_nearby(self, opened, page):
        first, second = sorted(strip_of(opened))[3:5]
        strip = data_of(page)["strips"][0]
        click(opened, "add")
        tap(opened, strip, (first + second) / 2 / 360)
        opened.find_element("css selector", "[data-label=S]").click()
        (added,) = saved(opened).query("what == 'added'").itertuples()
        middle = (first + second) / 2
        assert abs(added.sample - middle) < 0.1 * 360
        signal = strip["signals"][0]
        place = round((added.sample / 360 - strip["start"]) * signal["rate"])
        around = [abs(u) for u in signal["values"][place - 3 : place + 4]]
        assert max(around) == around[3]
        assert (added.label, added.before) == ("S", "")
        assert added.time == pytest.approx(added.sample / 360, abs=6e-4)

    def test_none_is_added_on_another(self, opened, page):
        first = sorted(strip_of(opened))[3]
        click(opened, "add")
        tap(opened, data_of(page)["strips"][0], first / 360)
        press(opened, "v")
        assert "There is a beat at" in text_of(opened, "told")
        click(opened, "undo")
        assert "Marked: beat" in text_of(opened, "told")
        assert text_of(opened, "n-saved") == "0"

    def test_one_is_changed_and_taken_away_like_any_other(self, opened):
        before = strip_of(opened)
        press(opened, "a", Keys.ENTER)
        (added,) = set(strip_of(opened)) - set(before)
        assert strip_of(opened)[added] == "N"
        press(opened, "s")
        assert strip_of(opened)[added] == "S"
        undo = opened.find_element("css selector", "#corrected button")
        assert "Undo the beat added at" in undo.get_attribute("aria-label")
        press(opened, "o")
        assert strip_of(opened) == before
        assert "added" not in set(saved(opened)["what"])

    def test_a_screen_reader_hears_the_place(self, opened):
        press(opened, "a")
        place = opened.switch_to.active_element
        assert place.get_attribute("role") == "slider"
        before = float(place.get_attribute("aria-valuenow"))
        press(opened, Keys.ARROW_RIGHT, (Keys.SHIFT, Keys.ARROW_RIGHT))
        place = opened.switch_to.active_element
        assert float(place.get_attribute("aria-valuenow")) == pytest.approx(
            before + 0.12
        )
        assert place.get_attribute("aria-valuetext") in text_of(opened, "told")
        assert text_of(opened, "choice") == "Label of the beat to add:"


class TestStretches:
    def test_one_is_named_by_buttons_and_across_strips(self, opened, annotation):
        start = min(strip_of(opened))
        beat_at(opened, start).click()
        click(opened, "begin")
        click(opened, "next")
        stop = max(strip_of(opened))
        beat_at(opened, stop).click()
        click(opened, "end")
        assert text_of(opened, "choice") == "Label of the stretch:"
        opened.find_element("css selector", "[data-label=V]").click()
        table = saved(opened)
        assert table["what"].tolist() == ["stretch"]
        start, stop = sorted([start, stop])
        assert table[["sample", "stop"]].values.tolist() == [[start, stop]]
        beats = annotation.corrected(table).beats
        inside = beats["sample"].between(start, stop) & (beats["label"] != "O")
        assert set(beats["label"][inside]) == {"V"}

    def test_what_was_said_of_its_beats_before_is_no_more(self, opened, annotation):
        samples = say_something_of_every_kind(opened)
        go_to(opened, samples[0])
        press(opened, "[")
        go_to(opened, samples[-5])
        press(opened, "]", "f")
        shown = strip_of(opened)
        assert [shown[samples[1]], shown[samples[2]]] == ["F", "O"]
        beats = annotation.corrected(save(opened)).beats.set_index("sample")
        assert beats["label"].loc[list(shown)].to_dict() == shown
        press(opened, (Keys.CONTROL, "z"))
        assert strip_of(opened)[samples[1]] == "S"

    def test_one_needs_two_ends_and_no_other_in_it(self, opened):
        samples = list(strip_of(opened))
        press(opened, "x")
        assert "Noise is a stretch" in text_of(opened, "told")
        press(opened, "[", Keys.ESCAPE, "]")
        assert "Mark the first beat" in text_of(opened, "told")
        go_to(opened, samples[2])
        press(opened, "[", "]")
        assert "has two ends" in text_of(opened, "told")
        press(opened, (Keys.SHIFT, Keys.ARROW_RIGHT), "]", "v", "[")
        press(opened, (Keys.SHIFT, Keys.ARROW_RIGHT), "]", "x")
        assert "stretch of another label is there" in text_of(opened, "told")
        assert text_of(opened, "n-saved") == "1"


def tap(browser, strip, time):
    """Touch the strip, below its labels, at a time of the recording."""
    box = browser.find_element("id", "strip")
    width = box.rect["width"]
    seconds = strip["stop"] - strip["start"]
    x = 12 + (width - 24) * (time - strip["start"]) / seconds
    actions = ActionChains(browser)
    actions.move_to_element_with_offset(box, x - width / 2, 40).click().perform()
