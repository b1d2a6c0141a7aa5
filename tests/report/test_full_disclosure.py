"""All that was recorded, in a browser: lines, times, kinds, strips."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from pages import beat_at, data_of, open_below, open_page, press, text_of
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array

RATE = 360


@pytest.fixture(scope="module")
def night():
    """A quarter of an hour that begins late in the evening, two leads."""
    signal = make_ecg(1, duration=300, random_state=3).records[0].p_signal
    signal = np.tile(signal, (3, 1))
    recording = recording_from_array(signal, RATE, ["MLII", "V1"], name="night")
    recording.start_time = datetime(2026, 12, 1, 23, 50)
    return annotate(recording, load_pretrained())


@pytest.fixture(scope="module")
def page(night, tmp_path_factory):
    return night.report(tmp_path_factory.mktemp("disclosure") / "night.html")


@pytest.fixture
def opened(browser, page):
    open_below(browser, page)
    return browser


def told(browser, text):
    """Wait until the page tells something of the strip, and return it."""
    return WebDriverWait(browser, 10).until(
        lambda _: text in (said := text_of(browser, "told")) and said
    )


def shown(browser):
    """Return the strip that is shown: its start, its stop, the samples of its beats."""
    return browser.execute_script(
        """const {start, stop, beats} = current();
        return [start, stop, beats.map(([sample]) => sample)];"""
    )


def type_time(browser, text):
    box = browser.find_element("id", "time")
    box.clear()
    box.send_keys(text, Keys.ENTER)


def test_there_is_a_line_for_each_minute_with_signals_in_it(opened):
    def inks():
        return opened.execute_script(
            """return [...canvases].sort(([a], [b]) => a - b).map(([, canvas]) => {
                const {data} = canvas.getContext("2d")
                    .getImageData(LEGEND, 0, canvas.width - LEGEND, canvas.height);
                return data.filter((value, i) => i % 4 === 3 && value > 200).length;
            });"""
        )

    drawn = WebDriverWait(opened, 10).until(lambda _: min(inks() or [0]) and inks())
    assert len(drawn) == 15
    assert min(drawn) > 1000


def test_signals_of_the_page_are_those_of_the_recording(opened, night):
    """What the script unpacks is what Python packed."""
    values = opened.execute_async_script(
        "hourOf(0).then((hour) => arguments[0](hour.map((lead) => [...lead])));"
    )
    for lead, own in zip(("MLII", "V1"), values, strict=True):
        signal = night.recording.read(lead)
        signal = signal[: len(signal) // 8 * 8].reshape(-1, 8).mean(axis=1)
        np.testing.assert_allclose(own, signal, atol=0.05)


def test_all_beats_are_in_the_page(opened, night, page):
    beats = opened.execute_script("return [...beatTable.samples.keys()].map(beatAt);")
    assert [beat[0] for beat in beats] == night.beats["sample"].tolist()
    assert [beat[2] for beat in beats] == night.beats["label"].tolist()
    assert len(data_of(page)["leads"]) == 2


def test_a_time_of_the_clock_leads_to_its_strip(opened, night):
    type_time(opened, "0:01:30")
    told(opened, "from 0:01:25")
    start, stop, samples = shown(opened)
    assert (start, stop) == (685, 695)
    times = night.beats["time"]
    inside = night.beats["sample"][(times >= start) & (times < stop)]
    assert samples == inside.tolist()
    assert "samples a second" in text_of(opened, "scale")
    for text in ("12:00", "23:75", "0:01:77", "99:00", "2 Dec 0:01", "soon"):
        type_time(opened, text)
        told(opened, f"No time of this recording: {text}. Type hours:minutes")
    assert shown(opened)[0] == start


def test_of_several_days_a_date_says_which(opened):
    times = opened.execute_script(
        """const {clock, stop} = data;
        data.clock = {...clock, isLong: true}; data.stop = 3 * 86400;
        const found = ["2 Dec 0:10", "3 dec 0:10", "0:10"].map(timesIn);
        Object.assign(data, {clock, stop});
        return found;"""
    )
    assert times == [[1200], [87600], [1200, 87600, 174000]]


def test_the_next_and_the_one_before_of_a_kind_are_found(opened, night):
    select = Select(opened.find_element("id", "kind"))
    found = [option.get_attribute("value") for option in select.options]
    assert "beat N" not in found
    select.select_by_value("beat V")
    times = night.beats["time"][night.beats["label"] == "V"].tolist()
    for time in times[:3]:
        opened.find_element("id", "later").click()
        WebDriverWait(opened, 10).until(
            lambda _, time=time: (
                abs(opened.execute_script("return soughtAt") - time) < 1e-6
            )
        )
        assert opened.execute_script("return marked[1]") == pytest.approx(time)
    opened.find_element("id", "earlier").click()
    WebDriverWait(opened, 10).until(
        lambda _: abs(opened.execute_script("return soughtAt") - times[1]) < 1e-6
    )
    opened.execute_script("soughtAt = 899")
    opened.find_element("id", "later").click()
    told(opened, "There is no later V.")


def kinds(browser):
    return [
        option.text for option in Select(browser.find_element("id", "kind")).options
    ]


def test_kinds_are_those_after_what_was_said(opened):
    before = kinds(opened)
    assert "F: 1 beat" not in before
    press(opened, "f")
    assert "F: 1 beat" in kinds(opened)
    opened.execute_script(
        """inOneStep(() => say({sample: 30 * data.rate, label: "F", what: "added"}));
        draw();"""
    )
    assert "F: 2 beats" in kinds(opened)
    Select(opened.find_element("id", "kind")).select_by_value("beat F")
    opened.execute_script("soughtAt = 0; seek(1)")
    WebDriverWait(opened, 10).until(
        lambda _: opened.execute_script("return soughtAt") == 30
    )
    opened.execute_script("undo(); undo(); draw()")
    assert kinds(opened) == before


def test_where_there_is_no_kind_there_is_nothing_to_seek(opened):
    opened.execute_script(
        """beatTable.samples = new Float64Array();
        data.episodes.names = []; fillKinds();"""
    )
    assert not opened.find_element("id", "seek").is_displayed()


def test_a_run_of_s_has_the_colour_of_s(opened):
    names = ["SVT", "S couplet", "nonsustained VT", "sustained VT", "V bigeminy"]
    colours = opened.execute_script("return arguments[0].map(bandOf)", names)
    assert colours == ["--S", "--S", "--V", "--V", "--V"]


def test_lines_that_were_hidden_are_drawn_at_their_width(opened):
    """As they are while the page is printed."""
    opened.execute_script("by('disclosure').hidden = true")
    opened.execute_async_script("setTimeout(arguments[0], 100)")
    opened.execute_script("by('disclosure').hidden = false")
    opened.execute_async_script("setTimeout(arguments[0], 300)")
    widths, whole = opened.execute_script(
        """return [[...canvases.values()].map(({width}) => width),
            Math.round(look.sharp * lines.clientWidth)];"""
    )
    assert set(widths) == {whole}


def test_a_lead_that_is_off_is_said_to_be(browser, night, tmp_path):
    signal = np.column_stack([night.recording.read(lead) for lead in ("MLII", "V1")])
    signal[60 * RATE : 180 * RATE, 1] = np.nan
    recording = recording_from_array(signal, RATE, ["MLII", "V1"], name="off #1")
    off = replace(night, recording=recording).report(tmp_path / "off #1.html")
    open_page(browser, off)
    browser.execute_async_script("visit(120).then(arguments[0])")
    names = browser.find_elements("css selector", "#strip .lead")
    assert [name.text for name in names] == ["MLII", "V1: no signal"]


def test_a_figure_leads_to_its_moment_and_a_step_back_to_the_list(opened):
    figure = opened.find_element("css selector", ".cards [data-at]")
    at = float(figure.get_attribute("data-at"))
    figure.click()
    told(opened, "Heart rate: ")
    start, stop, _ = shown(opened)
    assert start <= at <= stop
    assert text_of(opened, "where").startswith("at ")
    focused = opened.switch_to.active_element
    assert focused.get_attribute("data-sample") == str(
        opened.execute_script("return marked[0]")
    )
    press(opened, Keys.ARROW_RIGHT)
    assert text_of(opened, "where").startswith("1 of ")


def test_a_beat_of_any_time_is_corrected_and_its_line_drawn_anew(opened):
    type_time(opened, "23:55")
    told(opened, "from 23:54:55")
    sample = opened.execute_script("return marked[0]")
    before = opened.execute_script("return drawnFor")
    press(opened, "f")
    assert beat_at(opened, sample).text == "F"
    assert f"beat {sample}" in opened.execute_script("return drawnFor")
    assert opened.execute_script("return drawnFor") != before


def test_a_click_on_a_line_shows_its_strip(opened):
    opened.execute_script("whole.scrollIntoView()")
    x, y = opened.execute_script(
        """const box = lines.getBoundingClientRect();
        return [box.left + LEGEND + .5 * (lines.clientWidth - LEGEND),
            box.top + 3.5 * LINE];"""
    )
    opened.execute_script(
        """document.elementFromPoint(arguments[0], arguments[1]).dispatchEvent(
            new MouseEvent("click", {clientX: arguments[0], clientY: arguments[1],
                bubbles: true}))""",
        x,
        y,
    )
    told(opened, "from 23:53:2")
    box = opened.find_element("css selector", "#lines .here")
    assert box.is_displayed()


def test_a_recording_without_rhythm_has_its_lines_too(browser, night, tmp_path):
    beats = night.beats.assign(label="a")
    other = replace(night, beats=beats, classes=("a", "b"))
    open_page(browser, other.report(tmp_path / "other.html"))
    assert browser.find_element("id", "whole").is_displayed()
    assert not browser.find_elements("css selector", ".cards")
