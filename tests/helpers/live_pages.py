"""What a reader does with the page of a chain, in Chromium."""

import numpy as np
import pandas as pd
from pages import click, press, text_of
from selenium.webdriver.support.ui import WebDriverWait

WAITED = """
const [result, wrong, told] = ["result", "wrong", "told"].map((id) => by(id));
return !result.hidden || !wrong.hidden || told.textContent.includes("press Label");
"""
READY = """
if (typeof labelled !== "undefined") return Boolean(labelled);
return document.body.dataset.ready;
"""
ROWS = """
labelled.beats.all.map(({sample, label, margin, rr, flags}) =>
  [sample, label, margin, rr, flags])
"""


def open_live(browser, page):
    """Open a page; it is ready when it can be given files."""
    browser.get(page.as_uri())
    WebDriverWait(browser, 10).until(
        lambda _: browser.execute_script("return document.body.dataset.ready")
    )


def choose(browser, *files):
    """Choose files, and wait until they are labelled, or something is asked."""
    browser.execute_script("forget()")
    browser.find_element("id", "files").send_keys("\n".join(map(str, files)))
    WebDriverWait(browser, 30).until(lambda _: browser.execute_script(WAITED))


def table_of(rows):
    """Return beats of a page as those of `annotate`."""
    columns = ["sample", "label", "margin", "rr_prev", "flags"]
    return pd.DataFrame(rows, columns=columns)


def beats_on(browser):
    """Return the beats that a page has found."""
    return table_of(browser.execute_script(f"return {ROWS.strip()}"))


def assert_same(found, annotation):
    """Compare the beats of a page with those of `annotate`, event for event."""
    beats = annotation.beats
    expected = beats[["sample", "label", "margin"]].assign(
        rr_prev=np.rint(1000 * beats["rr_prev"].fillna(0)).astype(np.int64),
        flags=beats["flags"],
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert len(found) > 20


def press_and_wait(browser, *keys):
    """Press keys, and wait until a recording is labelled, or its strips are drawn."""
    WebDriverWait(browser, 10).until(lambda _: browser.execute_script(READY))
    press(browser, *keys)


def saved(browser, button, pattern):
    """Save, and return the file once the browser has written it."""
    click(browser, button)
    (found,) = WebDriverWait(browser, 10).until(
        lambda _: list(browser.downloads.glob(pattern))
    )
    return found


def wait_for_strip(browser):
    """Wait until the strip of a moment is shown, in the frame."""
    WebDriverWait(browser, 10).until(lambda _: text_of(browser, "where")[:3] == "at ")
