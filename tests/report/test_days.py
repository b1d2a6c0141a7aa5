"""Recordings of several days: a page of all, and a page of each day."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from pages import beats_in, data_of, open_page
from selenium.webdriver.support.ui import Select

from sklearn_ecg.records import recording_from_array

RATE, HOURS = 100, 40
DAYS = ((0, 12), (12, 36), (36, 40))
"""Hours from the start: it begins at noon."""


@pytest.fixture(scope="module")
def week(annotation):
    """Forty hours in which the heart beats every four seconds, and once in a run."""
    n_samples = HOURS * 3600 * RATE
    random = np.random.default_rng(0)
    signal = random.standard_normal(n_samples, dtype=np.float32) / 20
    sample = np.arange(200, n_samples, 4 * RATE)
    signal[sample] += 1.0
    recording = recording_from_array(signal, RATE, "II", name="week")
    recording.start_time = datetime(2026, 12, 1, 12)
    beats = pd.DataFrame({"time": sample / RATE, "sample": sample, "label": "N"})
    beats.loc[15_000:15_003, "label"] = "V"
    return replace(
        annotation,
        recording=recording,
        beats=beats,
        lead="II",
        second_lead=None,
        classes=("N", "S", "V"),
        quality=annotation.quality.head(0),
    )


@pytest.fixture(scope="module")
def page(week, tmp_path_factory):
    path = tmp_path_factory.mktemp("week") / "week.html"
    return week.report(path)


def pages_beside(page):
    return sorted(page.parent.glob("week.day-*.html"))


def test_there_is_a_page_for_each_day_by_the_clock(page):
    names = [each.name for each in pages_beside(page)]
    assert names == ["week.day-1.html", "week.day-2.html", "week.day-3.html"]
    text = page.read_text(encoding="utf-8")
    assert [f'<a href="{name}">' in text for name in names] == [True] * 3
    for name in names:
        own = page.with_name(name).read_text(encoding="utf-8")
        assert '<a href="week.html">All days</a>' in own


def test_a_day_has_its_own_beats_and_hours(page, week):
    for (first, last), path in zip(DAYS, pages_beside(page), strict=True):
        data = data_of(path)
        times = week.beats["time"]
        inside = (times >= 3600 * first) & (times < 3600 * last)
        samples = [beat[0] for beat in beats_in(data)]
        assert samples == week.beats["sample"][inside].tolist()
        assert len(data["hours"]) == last - first
        assert (data["start"], data["stop"]) == (3600 * first, 3600 * last)
        assert path.stat().st_size < 4e6


def test_the_page_of_all_has_every_figure_and_no_signals_but_strips(page, week):
    data = data_of(page)
    assert data["hours"] == []
    assert data["questions"]["n_beats"]
    shown = {beat[0] for beat in beats_in(data)}
    in_strips = {b[0] for s in data["strips"] + data["found"] for b in s["beats"]}
    assert in_strips <= shown
    assert len(shown) < len(week.beats) / 10
    text = page.read_text(encoding="utf-8")
    assert "2 Dec 0:00:00" in text
    assert f"of {len(week.beats):,} beats" in text


def test_pages_open_and_a_time_leads_to_its_strip(browser, page):
    second = pages_beside(page)[1]
    open_page(browser, second)
    browser.execute_async_script("visit(15001 * 4 + 2).then(arguments[0])")
    told = browser.find_element("id", "told").text
    assert "2 Dec 4:40:0" in told
    labels = browser.find_elements("css selector", "#strip .beat")
    assert "V" in [label.text for label in labels]
    kinds = Select(browser.find_element("id", "kind")).options
    assert "V: 4 beats" in [kind.text for kind in kinds]
    open_page(browser, page)
    assert not browser.find_element("id", "disclosure").is_displayed()
    browser.find_element("link text", "2 Dec 0:00:00").click()
    assert browser.current_url == second.as_uri()
