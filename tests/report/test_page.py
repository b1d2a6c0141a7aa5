"""The page: what stands in it, and in a browser what it does."""

import json
import os
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import adapt, annotate, make_interpatient_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array
from sklearn_ecg.report._charts import clock, heart_rate

RATE = 360


@pytest.fixture(scope="module")
def training():
    return make_ecg(3, duration=60, random_state=0)


@pytest.fixture(scope="module")
def model(training):
    pipeline = make_interpatient_pipeline(
        n_epochs=8, n_stages=1, learning_rate=0.02, batch_size=64, random_state=0
    )
    return pipeline.fit(training.data, training.target)


@pytest.fixture(scope="module")
def recording():
    signal = make_ecg(1, duration=60, random_state=5).records[0].p_signal.copy()
    signal[20 * RATE : 25 * RATE] = np.nan
    return recording_from_array(signal, RATE, ["MLII", "V1"], name='bed <3> & "side"')


@pytest.fixture(scope="module")
def annotation(model, recording):
    return annotate(recording, model)


@pytest.fixture(scope="module")
def page(annotation, tmp_path_factory):
    return annotation.report(tmp_path_factory.mktemp("report") / "night.html")


class _Reader(HTMLParser):
    """Notes addresses and ids, and that tags are closed in order."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.addresses = [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.addresses += [given[name] for name in ("src", "href") if name in given]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(page):
    text = page.read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    assert reader.addresses == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []


def test_the_page_says_what_was_found(page, annotation):
    text = page.read_text(encoding="utf-8")
    counts = annotation.beats["label"].value_counts()
    for label, count in counts.items():
        assert f'of-{label}">{label}</td><td>{count}</td>' in text or label == "?"
    assert "not a diagnosis" in text
    assert "invalid" in text  # the stretch that is missing
    assert "bed &lt;3&gt; &amp; &#34;side&#34;" in text
    assert "PrunedCNNClassifier" in text


def data_of(page):
    text = page.read_text(encoding="utf-8")
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</', text)
    return json.loads(content)


def test_a_strip_shows_the_signal_around_an_odd_beat(page, annotation, recording):
    data = data_of(page)
    odd = annotation.odd(40)
    assert data["recording"] == recording.name
    assert [strip["odd"] for strip in data["strips"]] == odd["sample"].tolist()
    for strip in data["strips"]:
        start, rate = strip["start"], strip["rate"]
        inside = annotation.beats["time"].between(start, start + 10, inclusive="left")
        assert [beat[0] for beat in strip["beats"]] == annotation.beats["sample"][
            inside
        ].tolist()
        signal = recording.read("MLII", start, start + 10)
        shown = np.array([np.nan if u is None else u / 200 for u in strip["signal"]])
        whole = signal.reshape(-1, round(RATE / rate)).mean(axis=1)
        whole -= np.nanmedian(whole)
        np.testing.assert_allclose(shown, whole, atol=0.005)


def test_pages_of_no_beats_and_of_one_can_be_written(model, tmp_path):
    flat = recording_from_array(np.zeros(RATE * 30), RATE, "MLII", name="flat")
    path = annotate(flat, model).report(tmp_path / "flat.html")
    assert data_of(path)["strips"] == []
    short = make_ecg(1, duration=5, random_state=0).records[0]
    assert annotate(short, model).report(tmp_path / "short.html", n_odd=1).is_file()


def test_a_page_is_written_whole_or_not_at_all(annotation, tmp_path, monkeypatch):
    path = tmp_path / "night.html"
    path.write_text("before")

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_ecg.report._page.strips_of", interrupt)
    with pytest.raises(KeyboardInterrupt):
        annotation.report(path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["night.html"]


def test_the_heart_rate_breaks_where_no_beats_are():
    times = np.concatenate([np.arange(0, 300, 1.0), np.arange(600, 900, 0.5)])
    beats = pd.DataFrame({"time": times, "label": "N"})
    chart = heart_rate(beats, 900)
    first, second = chart["lines"]
    assert {point.split(",")[1] for point in first.split()} == {
        f"{220 - 220 * 60 / chart['top']:.1f}"
    }
    assert chart["top"] == 132
    assert len(second.split()) == len(first.split())
    assert clock(90061) == "25:01:01"


class TestCorrections:
    def table(self, annotation, rows, label="V"):
        samples = annotation.beats["sample"].iloc[rows]
        return pd.DataFrame({"sample": samples, "label": label})

    def test_labels_and_probabilities_become_what_a_person_says(self, annotation):
        corrected = annotation.corrected(self.table(annotation, [2, 7]))
        assert corrected.beats["label"].iloc[[2, 7]].tolist() == ["V", "V"]
        probabilities = corrected.beats.filter(like="p_")
        assert probabilities.iloc[2].to_dict() == {
            name: float(name == "p_V") for name in probabilities
        }
        others = annotation.beats.index.difference([2, 7])
        pd.testing.assert_frame_equal(
            corrected.beats.loc[others], annotation.beats.loc[others], check_dtype=False
        )
        assert "p_V" in annotation.beats

    def test_no_corrections_change_nothing(self, annotation):
        corrected = annotation.corrected(self.table(annotation, []))
        pd.testing.assert_frame_equal(
            corrected.beats, annotation.beats, check_dtype=False
        )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sample": [1]}, "no beat at the samples 1 to correct"),
            ({"sample": [1.5]}, r"no whole numbers: 1\.5"),
            ({"label": ["X"]}, "labels 'X' are not the model's"),
            ({"recording": ["other"]}, "of the recording 'other'"),
        ],
    )
    def test_corrections_that_cannot_be_are_refused(self, annotation, change, message):
        table = self.table(annotation, [2]).assign(**change)
        with pytest.raises(ValueError, match=message):
            annotation.corrected(table)

    def test_a_beat_twice_or_a_column_that_is_missing_is_named(self, annotation):
        with pytest.raises(ValueError, match="are there twice"):
            annotation.corrected(self.table(annotation, [2, 2]))
        with pytest.raises(ValueError, match="lacks the column 'label'"):
            annotation.corrected(self.table(annotation, [2])[["sample"]])
        with pytest.raises(FileNotFoundError, match=r"'none\.csv' of corrections"):
            annotation.corrected("none.csv")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Open Debian's Chromium without a window."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
            pytest.fail("chromium and chromedriver are required, and not here")
        pytest.skip("chromium or chromedriver is not installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    downloads = tmp_path_factory.mktemp("downloads")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1200,900"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(downloads)}
    )
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.downloads = downloads
    yield driver
    driver.quit()


def press(browser, key):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(key).perform()


def text_of(browser, name):
    return browser.find_element("id", name).text


def test_strips_are_stepped_through_by_keys_and_buttons(browser, page, annotation):
    browser.get(page.as_uri())
    n_strips = min(len(annotation.odd(40)), 40)
    assert text_of(browser, "where") == f"1 of {n_strips}"
    press(browser, "\ue014")  # right
    assert text_of(browser, "where") == f"2 of {n_strips}"
    browser.find_element("id", "next").click()
    press(browser, "\ue012")  # left
    press(browser, "\ue012")
    press(browser, "\ue012")
    assert text_of(browser, "where") == f"1 of {n_strips}"
    n_labels = len(browser.find_elements("css selector", "#strip .beat"))
    press(browser, "+")
    press(browser, "+")
    assert len(browser.find_elements("css selector", "#strip .beat")) < n_labels
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_a_readers_correction_reaches_the_next_report(
    browser, page, annotation, model, recording, tmp_path
):
    from selenium.webdriver.support.ui import Select, WebDriverWait

    browser.get(page.as_uri())
    odd = annotation.odd(40).iloc[0]
    label = next(name for name in ("V", "N") if name != odd["label"])
    Select(browser.find_element("id", "choice")).select_by_value(label)
    assert text_of(browser, "n-corrected") == "1"
    browser.find_element("id", "save").click()
    found = WebDriverWait(browser, 10).until(
        lambda _: list(browser.downloads.glob("*-corrections*.csv"))
    )
    corrected = annotation.corrected(found[0])
    changed = corrected.beats["label"] != annotation.beats["label"]
    assert corrected.beats["sample"][changed].tolist() == [odd["sample"]]
    # The corrected labels teach the model, and the next annotation has it right.
    usable = (corrected.beats["quality"] == "good").to_numpy()
    table, labels = corrected.beat_table()[usable], corrected.beats["label"][usable]
    taught = adapt(model, table, labels.to_numpy(), strength=3.0)
    again = annotate(recording, taught)
    assert again.beats["label"].iloc[odd.name] == label
    again.report(tmp_path / "again.html")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_fits_a_phone_and_a_screen(browser, page, width, dark):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(page.as_uri())
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    paper = browser.execute_script("return getComputedStyle(document.body).background")
    assert ("255, 255, 255" in paper) is not dark
