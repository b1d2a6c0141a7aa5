"""What a reader does with a page, in a browser."""

import json
import re

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait


def data_of(page):
    """Return what the script of a page reads."""
    text = page.read_text(encoding="utf-8")
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</', text)
    return json.loads(content)


def open_below(browser, page):
    """Open a page, and leave its questions for the beats to look at."""
    browser.get(page.as_uri())
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
