"""What a reader does with a page, in a browser."""

import json
import re

import numpy as np
from packed import unfolded, unpacked
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


def data_of(page):
    """Return what the script of a page reads, its strips with samples and beats."""
    text = page.read_text(encoding="utf-8")
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</', text)
    data = json.loads(content)
    shown = [
        one["strip"]
        for beats in (data["questions"] or {}).get("shown", [])
        for one in beats
    ]
    beats, first = beats_in(data), 0
    samples = np.cumsum(unfolded(unpacked(data["samples"])))
    for strip in [*data["strips"], *data["found"], *shown]:
        start, stop = strip["start"], strip["stop"]
        strip["beats"] = [beat for beat in beats if start <= beat[1] < stop]
        for signal in strip["signals"]:
            values = samples[first : first + signal["n"]].tolist()
            first += signal["n"]
            signal["values"] = [None if v == data["missing"] else v for v in values]
    return data


def beats_in(data):
    """Return all beats of a page: sample, time, label, certainty, and any cell."""
    packed = data["beats"]
    samples = np.cumsum(unpacked(packed["samples"])).tolist()
    columns = [unpacked(packed[name]).tolist() for name in ("labels", "sure", "cells")]
    return [
        [
            sample,
            sample / data["rate"],
            packed["names"][label],
            None if sure == 255 else sure / 100,
            *([cell - 1] if cell else []),
        ]
        for sample, label, sure, cell in zip(samples, *columns, strict=True)
    ]


def dark_or_light(dark):
    """Return the feature of media that asks for a dark page, or a light one."""
    return {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}


def show(browser, width, dark):
    """Let the browser be a screen of some width, a phone if it is narrow."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    features = {"features": [dark_or_light(dark)]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)


def open_page(browser, page):
    """Open a page, and wait until it has read its beats."""
    browser.get(page.as_uri())
    _wait(browser)


def reload(browser):
    browser.refresh()
    _wait(browser)


def _wait(browser):
    WebDriverWait(browser, 10).until(
        lambda _: browser.execute_script("return document.body.dataset.ready")
    )


def open_below(browser, page):
    """Open a page, and leave its questions for the beats to look at."""
    open_page(browser, page)
    press(browser, Keys.ESCAPE)


def press(browser, *keys):
    """Press keys, one after the other, or several at once where they are a tuple."""
    for key in keys:
        *held, last = key if isinstance(key, tuple) else (key,)
        actions = ActionChains(browser)
        for each in held:
            actions = actions.key_down(each)
        actions = actions.send_keys(last)
        for each in held:
            actions = actions.key_up(each)
        actions.perform()


def click(browser, name):
    browser.find_element("id", name).click()


def text_of(browser, name):
    return browser.find_element("id", name).text


def beat_at(browser, sample):
    """Return the label of a beat in the strip."""
    return browser.find_element("css selector", f'#strip [data-sample="{sample}"]')


def beats_of(browser):
    """Return the labels of the strip as they are drawn."""
    return browser.find_elements("css selector", "#strip [data-sample]")


def labels_of(browser):
    """Return the labels of the strip, from left to right."""
    return [beat.text for beat in beats_of(browser)]


def load(browser, file):
    """Load a saved file, and return what the page says of it."""
    browser.find_element("id", "file").send_keys(str(file))
    return WebDriverWait(browser, 10).until(
        lambda _: "file" in (told := text_of(browser, "told")) and told
    )


def save(browser, button="save"):
    """Save, and return the file once the browser has written it."""
    click(browser, button)
    (found,) = WebDriverWait(browser, 10).until(
        lambda _: list(browser.downloads.glob("*.csv"))
    )
    return found
