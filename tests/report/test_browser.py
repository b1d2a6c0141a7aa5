"""The page in a browser: keys and clicks, a phone, the dark, paper, a screen reader."""

import base64
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pages import (
    beat_at,
    beats_of,
    click,
    dark_or_light,
    data_of,
    labels_of,
    open_below,
    open_page,
    press,
    save,
    show,
    text_of,
)
from selenium.webdriver.common.keys import Keys

from sklearn_ecg.records import recording_from_array

PAINTED = (
    """return performance.getEntriesByName("first-contentful-paint")[0].startTime"""
)


@pytest.fixture
def opened(browser, page):
    open_below(browser, page)
    return browser


def marked(browser):
    return browser.find_element("css selector", "#strip [aria-pressed=true]")


def test_strips_are_stepped_through_by_keys_and_buttons(opened, page):
    n_strips = len(data_of(page)["strips"])
    assert text_of(opened, "where") == f"1 of {n_strips}"
    assert not opened.find_element("id", "previous").is_enabled()
    press(opened, Keys.ARROW_RIGHT)
    assert text_of(opened, "where") == f"2 of {n_strips}"
    click(opened, "next")
    press(opened, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert text_of(opened, "where") == f"1 of {n_strips}"
    n_labels = len(labels_of(opened))
    press(opened, "+", "+")
    assert len(labels_of(opened)) < n_labels
    click(opened, "farther")
    press(opened, "-")
    assert len(labels_of(opened)) == n_labels


def test_a_beat_is_marked_and_corrected_by_keys_alone(opened, annotation):
    first = annotation.odd(40).iloc[0]
    assert marked(opened).get_attribute("data-sample") == str(first["sample"])
    press(opened, (Keys.SHIFT, Keys.ARROW_LEFT))
    beat = annotation.beats.loc[first.name - 1]
    assert marked(opened).get_attribute("data-sample") == str(beat["sample"])
    label = "F" if beat["label"] != "F" else "V"
    press(opened, label.lower())
    assert beat_at(opened, beat["sample"]).text == label
    assert f"corrected to {label}" in text_of(opened, "told")
    assert len(opened.find_elements("css selector", "#strip .corrected")) == 1
    # Tab reaches the beat, and the page keeps the focus on it while it redraws.
    opened.find_elements("css selector", "[data-label]")[-1].send_keys(Keys.TAB)
    press(opened, Keys.ENTER, (Keys.SHIFT, Keys.ARROW_RIGHT))
    focused = opened.switch_to.active_element
    assert focused.get_attribute("data-sample") == str(first["sample"])
    assert beat_at(opened, beat["sample"]).text != label


def test_a_click_marks_a_beat_and_another_changes_its_label(opened, annotation):
    first = annotation.odd(40).iloc[0]
    beat = annotation.beats.loc[first.name - 1]
    beat_at(opened, beat["sample"]).click()
    assert beat_at(opened, beat["sample"]).text == beat["label"]
    beat_at(opened, beat["sample"]).click()
    assert beat_at(opened, beat["sample"]).text != beat["label"]
    opened.find_element("css selector", "[data-label=Q]").click()
    assert beat_at(opened, beat["sample"]).text == "Q"
    undo = opened.find_element("css selector", "#corrected button")
    assert "Undo the correction of the beat at" in undo.get_attribute("aria-label")
    undo.click()
    assert beat_at(opened, beat["sample"]).text == beat["label"]
    assert opened.find_elements("css selector", "#strip .corrected") == []


def test_a_strip_that_was_checked_is_saved_with_the_labels_it_has(opened, annotation):
    strip = [int(beat.get_attribute("data-sample")) for beat in beats_of(opened)]
    press(opened, "c")
    saved = pd.read_csv(save(opened), keep_default_na=False)
    beats = annotation.beats.set_index("sample").loc[strip]
    known = beats[beats["label"] != "?"]
    assert saved["sample"].tolist() == known.index.tolist()
    assert saved["label"].tolist() == known["label"].tolist()
    assert saved["before"].tolist() == known["label"].tolist()
    click(opened, "check")
    assert text_of(opened, "n-saved") == "0"


def test_what_is_not_saved_is_not_lost_without_a_word(opened):
    leave = """const event = new Event("beforeunload", {cancelable: true});
        dispatchEvent(event); return event.defaultPrevented;"""
    assert not opened.execute_script(leave)
    press(opened, "c")
    assert opened.execute_script(leave)
    save(opened)
    assert not opened.execute_script(leave)


def test_a_page_without_beats_has_nothing_to_press(browser, annotation, tmp_path):
    empty = replace(annotation, beats=annotation.beats.head(0))
    nothing = empty.report(tmp_path / "nothing.html")
    open_page(browser, nothing)
    press(browser, Keys.ARROW_RIGHT, "+", "n", "c")
    assert text_of(browser, "told") == "There are no beats to look at."
    buttons = browser.find_elements("css selector", ".controls button")
    buttons = [button for button in buttons if button.is_displayed()]
    assert buttons
    assert not any(button.is_enabled() for button in buttons)


def test_the_page_of_a_day_is_small_and_soon_there(browser, annotation, tmp_path):
    rate, n_beats = 100, 100_000
    random = np.random.default_rng(0)
    recording = recording_from_array(
        0.2 * random.standard_normal(24 * 3600 * rate), rate, "II", name="day"
    )
    sample = np.linspace(100, 24 * 3600 * rate - 100, n_beats).astype(int)
    beats = pd.DataFrame({"time": sample / rate, "sample": sample})
    beats["label"] = random.choice(list("NSV"), n_beats, p=[0.9, 0.05, 0.05])
    classes = tuple("NSV")
    day = replace(annotation, recording=recording, beats=beats, classes=classes)
    page = replace(day, lead="II").report(tmp_path / "day.html")
    assert page.stat().st_size < 6e6
    open_page(browser, page)
    assert labels_of(browser)
    assert text_of(browser, "question").startswith("Question 1, at ")
    painted = browser.execute_script(PAINTED)
    assert 0 < painted < 2000


def test_runs_of_long_names_fit_a_phone(browser, annotation, tmp_path):
    beats = annotation.beats.assign(label="N")
    beats.loc[20:25, "label"] = "V"
    slow = replace(annotation, beats=beats)
    assert "accelerated idioventricular rhythm" in str(slow)
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    open_page(browser, slow.report(tmp_path / "runs.html"))
    table = browser.find_element("css selector", "[aria-labelledby='runs'] .wide")
    assert table.get_property("scrollWidth") <= table.get_property("clientWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_a_phone_and_a_screen(browser, page, width, dark):
    show(browser, width, dark)
    open_page(browser, page)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    strip = browser.find_element("id", "strip").rect
    assert strip["x"] + strip["width"] <= width
    mark = marked(browser).rect
    assert 0 < mark["x"] < width
    for button in browser.find_elements("css selector", ".controls button"):
        assert button.rect["x"] + button.rect["width"] <= width
        assert min(button.rect["height"], button.rect["width"]) >= 40
    paper = browser.execute_script("return getComputedStyle(document.body).background")
    assert ("255, 255, 255" in paper) is not dark


@pytest.mark.parametrize("dark", [False, True])
def test_colours_stand_out_from_the_paper(browser, page, dark):
    show(browser, 1280, dark)
    open_page(browser, page)
    colours = browser.execute_script(
        """const style = getComputedStyle(document.documentElement);
        return Object.fromEntries("paper soft ink faint accent N S V F Q O".split(" ")
            .map((name) => [name, style.getPropertyValue("--" + name).trim()]));"""
    )
    paper, soft = colours.pop("paper"), colours.pop("soft")
    for colour in colours.values():
        assert min(contrast(colour, paper), contrast(colour, soft)) >= 4.5


def test_paper_is_white_and_has_strips_whatever_the_screen(browser, page):
    show(browser, 1280, dark=True)
    open_page(browser, page)
    media = {"media": "print", "features": [dark_or_light(True)]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    colour = "return getComputedStyle(document.body)"
    assert browser.execute_script(f"{colour}.backgroundColor") == "rgb(255, 255, 255)"
    assert browser.execute_script(f"{colour}.color") == "rgb(27, 31, 36)"
    data = data_of(page)
    told = [(found["start"], found["stop"]) for found in data["found"]]
    others = [
        strip
        for strip in data["strips"]
        if not any(a <= strip["start"] + 1 and strip["stop"] - 1 <= b for a, b in told)
    ]
    assert told
    assert others
    n_strips = len(told) + min(len(others), 6)
    strips = browser.find_elements("css selector", "#printed svg")
    assert len([each for each in strips if each.is_displayed()]) == n_strips
    assert not browser.find_element("id", "strip").is_displayed()
    assert not browser.find_element("id", "save").is_displayed()
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF")


def test_paper_is_drawn_in_the_colours_of_paper(browser, page):
    """Plots, too, whether they were in sight or not."""
    show(browser, 1280, dark=True)
    open_page(browser, page)
    ink = "return coloursOf()('--ink')"
    drawn = """const {width, height} = by("lorenz");
        const {data: pixels} = brushOf(by("lorenz")).getImageData(0, 0, width, height);
        return pixels.some((value) => value > 0);"""
    assert browser.execute_script(ink) == "#e6e9ec"
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(ink) == "#1b1f24"
    assert browser.execute_script(drawn)
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(ink) == "#e6e9ec"


def test_a_browser_that_cannot_read_the_page_is_told_so(browser, page):
    script = "Page.addScriptToEvaluateOnNewDocument"
    made = browser.execute_cdp_cmd(script, {"source": "delete DecompressionStream;"})
    try:
        open_page(browser, page)
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)
    (alert,) = browser.find_elements("css selector", "header [role=alert]")
    assert "cannot unpack" in alert.text
    assert "Firefox 113" in alert.text
    buttons = browser.find_elements("css selector", "main button")
    assert buttons
    assert not any(button.is_enabled() for button in buttons)
    assert browser.find_element("css selector", ".cards").is_displayed()


def test_names_of_episodes_fit_beside_their_bands(browser, page):
    for width in (390, 1280):
        show(browser, width, dark=False)
        open_page(browser, page)
        names = browser.execute_script(
            """return [...document.querySelectorAll(".band")].map((band) => {
                const [svg, name] = [...band.children];
                const {left, right, top} = name.getBoundingClientRect();
                const drawn = svg.getBoundingClientRect();
                return [right <= innerWidth && name.scrollWidth <= name.clientWidth + 1,
                    left >= drawn.right || top < drawn.top];
            });"""
        )
        assert names
        assert all(fits and is_beside for fits, is_beside in names)


def test_what_has_not_changed_is_not_told_again(opened):
    told = opened.execute_script(
        """const seen = new MutationObserver(() => {});
        for (const live of document.querySelectorAll("[aria-live]"))
            seen.observe(live, {childList: true, characterData: true, subtree: true});
        draw(); draw();
        return seen.takeRecords().length;"""
    )
    assert told == 0


def test_a_screen_reader_finds_a_name_on_everything_that_it_can_reach(opened):
    press(opened, "f" if "F" not in text_of(opened, "told") else "v")
    nodes = opened.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = [
        (node["role"]["value"], node["name"]["value"].strip())
        for node in nodes
        if not node["ignored"] and "name" in node
    ]
    needs = {"button", "image", "table", "region", "application", "group", "heading"}
    found = [(role, name) for role, name in named if role in needs]
    assert {role for role, _ in found} == needs
    assert [role for role, name in found if not name] == []
    buttons = [name for role, name in found if role == "button"]
    assert len(set(buttons)) == len(buttons)
    assert any("corrected from" in name for name in buttons)
    levels = [
        prop["value"]["value"]
        for node in nodes
        for prop in node.get("properties", [])
        if node.get("role", {}).get("value") == "heading" and prop["name"] == "level"
    ]
    assert levels.count(1) == 1
    assert set(levels) == {1, 2, 3}


def contrast(one, other):
    """Return the contrast of two colours as WCAG 2 defines it."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
