"""All leads on paper: where they stand, in millimetres, and to which scale."""

import base64
import re

import numpy as np
import pandas as pd
import pytest
from pages import TWELVE, click, data_of, labels_of, open_page, press, show

from sklearn_ecg import annotate
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.report._paper import sheets_of

RATE = 250
MM = 25.4 / 96
NO_BEATS = pd.DataFrame({"time": [], "label": [], "sample": []})


def stored(leads, seconds, height=1.0, **units):
    """Return leads of a millivolt at each whole second, for 40 ms."""
    signal = np.zeros((round(RATE * seconds), len(leads)))
    for second in range(int(seconds)):
        signal[RATE * second : RATE * second + 10] = height
    return recording_from_array(signal, RATE, leads, name="made", **units)


def sheets(recording, beats=NO_BEATS, looked_at=("II",)):
    return sheets_of(recording, looked_at, beats)


def points_of(path):
    """Return the points of a trace in mm."""
    numbers = np.array(re.findall(r"-?\d+", path), dtype=float).reshape(-1, 2)
    return np.cumsum(numbers, axis=0) / 100


def test_a_second_takes_25_mm_and_a_millivolt_10():
    (sheet,) = sheets(stored(["II"], 10))
    (trace,) = sheet.traces
    points = points_of(trace)
    # The first sample stands at 10 mm, right of the pulse.
    np.testing.assert_allclose(
        points[:, 0], 10 + 25 * np.arange(2500) / RATE, atol=0.01
    )
    baseline = points[100, 1]
    np.testing.assert_allclose(points[RATE : RATE + 10, 1], baseline - 10)
    assert baseline % 5 == 0
    assert sheet.lines == f"M1 {baseline:g}h1.5v-10h5v10h1.5"
    assert (sheet.width, sheet.height % 5) == (260, 0)
    assert sheet.texts[-1].text == "25 mm/s, 10 mm/mV"
    for name, apart in (("small", 1), ("large", 5)):
        lines = re.findall(r"M(\d+) 0V", sheet.grids[name])
        assert [int(x) for x in lines] == list(range(0, 261, apart))


def test_twelve_leads_stand_in_three_rows_whatever_their_order_above_lead_ii():
    (sheet,) = sheets(stored(TWELVE[::-1], 10))
    assert [(text.text, text.x) for text in sheet.texts[:-1]] == [
        *[("I", 11), ("aVR", 73.5), ("V1", 136), ("V4", 198.5)],
        *[("II", 11), ("aVL", 73.5), ("V2", 136), ("V5", 198.5)],
        *[("III", 11), ("aVF", 73.5), ("V3", 136), ("V6", 198.5)],
        ("II", 11),
    ]
    pulses = [float(y) for y in re.findall(r"M1 (\d+)h", sheet.lines)]
    assert [y % 5 for y in pulses] == [0] * 4
    assert min(np.diff(pulses)) >= 15
    assert [len(points_of(path)) for path in sheet.traces] == [625] * 12 + [2500]
    assert sheet.width == 260
    assert sheet.height < 155
    assert sheet.name.startswith(
        "ECG on paper, 0 to 10 s, leads I, aVR, V1, V4, II, aVL"
    )


def test_leads_that_are_not_there_are_not_made_up():
    eight = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]
    recording = stored([*eight, "ABP", "Resp"], 10)
    shown = [text.text for sheet in sheets(recording) for text in sheet.texts[:-1]]
    assert shown == eight
    assert all(sheet.height <= 160 for sheet in sheets(recording))


def test_a_lead_that_was_looked_at_is_there_whatever_it_is_called():
    recording = stored(["II", "Resp"], 10)
    (sheet,) = sheets(recording, looked_at=["Resp"])
    assert [text.text for text in sheet.texts[:-1]] == ["II", "Resp"]
    assert sheets(stored(["II"], 10, unit="mmHg")) == []


@pytest.mark.parametrize(
    ("leads", "seconds", "rows"),
    [
        (["II"], 30, ["II", "II  10 s", "II  20 s"]),
        (["II"], 12, ["II", "II  10 s"]),
        (["I", "II"], 12, ["I", "II", "I  10 s", "II  10 s"]),
        (["II"], 4, ["II"]),
    ],
)
def test_longer_recordings_go_on_in_the_next_row(leads, seconds, rows):
    (sheet,) = sheets(stored(leads, seconds))
    assert [text.text for text in sheet.texts[:-1]] == rows
    assert sheet.width == 10 + 25 * min(seconds, 10)


def test_of_twelve_leads_what_is_left_is_of_lead_ii_alone():
    first, second = sheets(stored(TWELVE, 22, height=1.5))
    shown = [text.text for text in [*first.texts[:-1], *second.texts[:-1]]]
    assert shown[:4] == ["I", "aVR", "V1", "V4"]
    assert shown[13:15] == ["I  10 s", "aVR"]
    assert len(first.texts) == 13 + 1  # No ten seconds are torn apart
    assert shown[26:] == ["II  20 s"]


def test_twelve_leads_of_a_few_seconds_have_a_row_each():
    first, *others = sheets(stored(TWELVE, 5))
    shown = [text.text for sheet in (first, *others) for text in sheet.texts[:-1]]
    assert shown == TWELVE
    assert first.width == 135


def test_a_name_stands_above_what_begins_below_it():
    (sheet,) = sheets(stored(["II"], 10, height=2.0))
    (pulse,) = re.findall(r"M1 (\d+)h", sheet.lines)
    assert sheet.texts[0].y == float(pulse) - 21
    flat = recording_from_array(np.zeros(10 * RATE), RATE, "II", name="flat")
    assert sheets(flat)[0].texts[0].y == 15 - 5.5


def test_other_leads_than_the_twelve_follow_below():
    (sheet,) = sheets(stored(["V7", *TWELVE], 10))
    assert [text.text for text in sheet.texts[-3:-1]] == ["II", "V7"]


def test_less_than_a_second_at_the_end_has_no_row_and_that_is_said():
    (sheet,) = sheets(stored(["II"], 10.24))
    assert len(sheet.traces) == 1
    assert sheet.texts[-1].text == "25 mm/s, 10 mm/mV, without the last 0.24 s"
    assert "without the last 0.24 s" in sheet.name


def test_twelve_tall_leads_fit_on_one_sheet_and_touch_nowhere():
    time = np.arange(10 * RATE) / RATE
    tall = (abs(time % 1 - 0.45) < 0.02)[:, None] * np.repeat(
        [[0.5, 1.5, 1.0, -1.2, 0.5, 1.2, -1.5, -2.4, -1.5, 2.0, 2.5, 2.0]], 10 * RATE, 0
    )
    (sheet,) = sheets(recording_from_array(tall, RATE, TWELVE, name="tall"))
    points = np.concatenate([points_of(path) for path in sheet.traces[:12]])
    n_rows = np.repeat([0, 1, 2], 4 * 625)
    for left in np.arange(10, 260, 62.5):
        inside = (points[:, 0] >= left) & (points[:, 0] < left + 62.4)
        y = [points[inside & (n_rows == row), 1] for row in range(3)]
        assert y[0].max() < y[1].min()
        assert y[1].max() < y[2].min()


def test_missing_samples_leave_gaps_and_a_lead_of_none_an_empty_row():
    signal = np.zeros((10 * RATE, 2))
    signal[500:750, 0] = np.nan
    signal[1000, 0] = signal[1002, 0] = np.nan
    signal[:, 1] = np.nan
    (sheet,) = sheets(recording_from_array(signal, RATE, ["I", "II"], name="gaps"))
    x = [points_of(path)[[0, -1], 0].tolist() for path in sheet.traces]
    assert x == [[10, 59.9], [85, 109.9], [110.1, 110.1], [110.3, 259.9]]
    assert [text.text for text in sheet.texts[:-1]] == ["I", "II"]


@pytest.mark.parametrize("height", [0.2, 2.0, -3.0, 4.9])
def test_tall_leads_take_more_room_and_stay_between_their_neighbours(height):
    (sheet,) = sheets(stored(["I", "II", "III"][: 3 if height < 3 else 1], 10, height))
    ends = [(points_of(p)[:, 1].min(), points_of(p)[:, 1].max()) for p in sheet.traces]
    edges = [0, *(y for low, high in ends for y in (low, high)), sheet.height]
    assert edges == sorted(edges)


def test_what_is_cut_off_is_said():
    (sheet,) = sheets(stored(["II"], 10, height=40.0))
    y = points_of(sheet.traces[0])[:, 1]
    assert y.max() - y.min() == 50
    assert sheet.height < 100
    assert sheet.texts[-1].text == "25 mm/s, 10 mm/mV, cut off at 5 mV: II"
    assert "cut off at 5 mV: II" in sheet.name


def test_labels_stand_above_their_beats_and_are_counted_once():
    time = np.array([0.0, 1.0, 9.99, 10.0])
    beats = pd.DataFrame(
        {"time": time, "label": list("NVNS"), "sample": (time * RATE).astype(int)}
    )
    (sheet,) = sheets(stored(["I", "II"], 12), beats)
    first, second = sheet.labels
    assert first.beats == [(10, "N", 0), (35, "V", 250), (258, "N", 2497)]
    assert second.beats == [(10, "S", 2500)]
    assert first.y == 3.7
    assert sheet.name.endswith("Beats: 2 N, 1 V, 1 S.")
    twelve = sheets(stored(TWELVE, 10), beats)[0]
    assert len(twelve.labels) == 2  # Above the first row, and above lead II
    assert twelve.name.endswith("Beats: 2 N, 1 V.")


def test_the_page_has_what_seconds_can_tell_and_nothing_else(resting):
    text = resting.read_text(encoding="utf-8")
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    assert headings == ["On paper", "Summary", "Beats to look at", "The model"]
    cards = re.findall(r"<h3>(.*?)</h3>", text)
    assert cards == ["Recording", "Heart rate", "Runs and pauses"]
    assert re.findall(r"<dt>(lowest|highest)</dt>|not told", text) == []
    assert data_of(resting)["questions"] is None


def test_a_page_of_no_beats_has_the_signal_and_no_empty_table(model, tmp_path):
    flat = recording_from_array(np.zeros(RATE * 10), RATE, "MLII", name="flat")
    text = annotate(flat, model).report(tmp_path / "flat.html").read_text("utf-8")
    assert "lead MLII, 25 mm/s, 10 mm/mV. No beats." in text
    assert "Beats by class" not in text
    assert "10.0 s without a signal to see beats in" in text


def test_more_than_a_minute_has_the_page_of_a_day(page):
    text = page.read_text(encoding="utf-8")
    assert 'class="sheet"' not in text
    assert 'id="disclosure"' in text


def on_paper(browser):
    """Return the labels on paper, of each row that has them."""
    rows = browser.find_elements("css selector", ".sheet .labels")
    return [
        [text.text for text in row.find_elements("css selector", "text")]
        for row in rows
    ]


def marked_label(browser):
    return browser.find_element("css selector", "#strip [aria-pressed=true]").text


class TestInABrowser:
    @pytest.mark.parametrize("dark", [False, True])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_it_fits_a_phone_and_a_screen(self, browser, resting, width, dark):
        show(browser, width, dark)
        open_page(browser, resting)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
        region = browser.find_element("css selector", "[role=region]:has(.sheet)")
        assert region.rect["x"] + region.rect["width"] <= width
        is_scrolled = "return arguments[0].scrollWidth > arguments[0].clientWidth"
        assert browser.execute_script(is_scrolled, region) is (width == 390)
        colour = (
            "return getComputedStyle(document.querySelector('.sheet g path')).stroke"
        )
        assert ("230, 233, 236" in browser.execute_script(colour)) is dark

    def test_labels_follow_what_a_reader_says_below(self, browser, resting):
        open_page(browser, resting)
        found = on_paper(browser)
        assert len(found) == 2  # Above the first row, and above lead II
        assert found[0] == found[1] == labels_of(browser)
        changed = "F" if marked_label(browser) != "F" else "V"
        press(browser, changed.lower())
        assert on_paper(browser)[0] == on_paper(browser)[1] == labels_of(browser)
        assert on_paper(browser) != found
        colours = browser.find_elements("css selector", f".labels .of-{changed}")
        assert len(colours) == 2 * labels_of(browser).count(changed)
        click(browser, "undo")
        assert on_paper(browser) == found

    def test_on_paper_it_is_to_scale_in_landscape(self, browser, resting):
        open_page(browser, resting)
        media = {"media": "print", "features": []}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        sheet = browser.find_element("css selector", ".sheet")
        assert sheet.rect["width"] * MM == pytest.approx(260, abs=0.1)
        box = "return arguments[0].getBoundingClientRect().width"
        trace = browser.find_elements("css selector", ".sheet g path")[-1]
        assert browser.execute_script(box, trace) * MM == pytest.approx(250, abs=0.3)
        assert not browser.find_element("id", "strip").is_displayed()
        for paper, size in {"A4": (8.27, 11.69), "Letter": (8.5, 11)}.items():
            asked = {"paperWidth": size[0], "paperHeight": size[1]}
            pdf = browser.execute_cdp_cmd("Page.printToPDF", asked)["data"]
            boxes = set(re.findall(rb"/MediaBox \[([\d. ]+)\]", base64.b64decode(pdf)))
            (box,) = boxes
            wide, tall = map(float, box.split()[2:])
            assert (wide, tall) == pytest.approx((72 * size[1], 72 * size[0]), abs=1), (
                paper
            )

    def test_a_screen_reader_finds_names_and_scrolls(self, browser, resting):
        open_page(browser, resting)
        nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        named = [
            (node["role"]["value"], node["name"]["value"].strip())
            for node in nodes
            if not node["ignored"] and "name" in node
        ]
        (sheet,) = [name for role, name in named if name.startswith("ECG on paper")]
        assert "leads I, aVR, V1, V4, II" in sheet
        assert "25 mm/s, 10 mm/mV. Beats: " in sheet
        assert ("region", "On paper") in named
        needs = {"button", "image", "table", "region", "application", "group"}
        assert [role for role, name in named if role in needs and not name] == []
