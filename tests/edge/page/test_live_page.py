"""What a reader does with the page, and that nothing leaves it."""

import re

import numpy as np
import pandas as pd
import pytest
import wfdb
from listening import NO_BYTE, SEND, listening
from live_pages import (
    beats_on,
    choose,
    open_live,
    press_and_wait,
    saved,
    wait_for_strip,
)
from pages import click, press, show, text_of
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from sklearn_ecg import annotate
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording
from sklearn_ecg.rhythm import names_of

EPISODES = """
return labelled.beats.episodes.map((each) =>
  ({...each, stop: Math.min(each.stop, labelled.duration)}));
"""


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    directory = tmp_path_factory.mktemp("record")
    make_ecg(1, duration=60, random_state=4, directory=directory)
    return directory / "synthetic_000"


@pytest.fixture
def labelled(browser, page, record):
    open_live(browser, page)
    choose(browser, record.with_suffix(".hea"), record.with_suffix(".dat"))
    return browser


def test_annotations_are_saved_as_python_writes_them(labelled, record, chain, tmp_path):
    path = saved(labelled, "save-atr", "*.atr")
    assert path.name == "synthetic_000.atr"
    annotation = annotate(record, chain)
    written = annotation.to_wfdb(tmp_path, "ext")
    found, expected = (
        wfdb.rdann(str(each.with_suffix("")), each.suffix[1:])
        for each in (path, written)
    )
    is_beat = np.isin(expected.symbol, found.symbol)
    assert found.sample.tolist() == expected.sample[is_beat].tolist()
    assert found.symbol == np.array(expected.symbol)[is_beat].tolist()
    assert found.fs == 360


def test_the_table_is_saved_as_python_writes_it(labelled, record, chain, tmp_path):
    table = pd.read_csv(saved(labelled, "save-csv", "*.csv"))
    expected = pd.read_csv(annotate(record, chain).to_csv(tmp_path / "beats.csv"))
    probabilities = [name for name in expected if name.startswith("p_")]
    pd.testing.assert_frame_equal(table, expected.drop(columns=probabilities))


def test_a_beat_is_corrected_and_saved_for_python(labelled, record, chain):
    labelled.switch_to.frame("strips")
    press_and_wait(labelled)
    label = "V" if "V" not in text_of(labelled, "told")[-5:] else "S"
    click(labelled, "odd")
    press(labelled, label.lower())
    assert f"corrected to {label}" in text_of(labelled, "told")
    path = saved(labelled, "save", "*-corrections.csv")
    labelled.switch_to.default_content()
    corrected = annotate(record, chain).corrected(path)
    assert label in corrected.said["label"].tolist()
    assert corrected.beats["checked"].any()


def test_strips_show_the_signal_of_the_file(labelled, record):
    labelled.switch_to.frame("strips")
    press_and_wait(labelled, Keys.ESCAPE)
    values, start, rate = labelled.execute_script(
        "const here = current(); const [{values, rate}] = here.signals;"
        "return [values, here.start, rate];"
    )
    labelled.switch_to.default_content()
    signal = read_recording(record).read("MLII", start, start + 5)[: 5 * 360]
    step = round(360 / rate)
    means = signal[: len(signal) // step * step].reshape(-1, step).mean(axis=1)
    shown = np.array(values[: len(means)], dtype=float) / 200
    np.testing.assert_allclose(
        shown - np.median(shown), means - np.median(means), atol=0.011
    )


def test_a_recording_is_tried_by_keys_alone(browser, page):
    open_live(browser, page)
    for _ in range(2):
        press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    press_and_wait(browser)
    assert text_of(browser, "summary").startswith("synthetic: ")
    assert {"N", "V"} <= set(beats_on(browser)["label"])
    assert browser.find_element("id", "said").get_property("textContent")


def test_episodes_are_those_of_annotate(browser, page, chain, mitdb):
    open_live(browser, page)
    choose(browser, mitdb / "203.hea", mitdb / "203.dat")
    found = pd.DataFrame(browser.execute_script(EPISODES))
    expected = annotate(mitdb / "203", chain).episodes
    columns = ["kind", "start", "stop", "n_beats"]
    found = found.rename(columns={"n": "n_beats"})
    found = found.sort_values(["start", "stop", "kind"], ignore_index=True)
    pd.testing.assert_frame_equal(found[columns], expected[columns], check_dtype=False)
    assert found["name"].tolist() == names_of(expected).tolist()
    assert len({"AF", "V couplet"} & set(found["kind"])) == 2
    browser.find_element("css selector", "#episodes button").click()
    browser.switch_to.frame("strips")
    wait_for_strip(browser)
    browser.switch_to.default_content()


WIDTHS = """
const frame = by("strips"), inside = frame.contentDocument?.documentElement;
const scrolled = document.documentElement.scrollWidth;
return inside?.querySelector("#strip polyline") &&
  [scrolled, frame.clientWidth - inside.clientWidth];
"""


@pytest.mark.parametrize(("width", "bar"), [(390, 0), (1200, 15)])
def test_only_the_page_scrolls_and_only_down(browser, page, width, bar):
    show(browser, width, dark=width < 500)
    open_live(browser, page)
    click(browser, "sample")
    press_and_wait(browser)
    wait = WebDriverWait(browser, 10)
    scrolled, hidden = wait.until(lambda _: browser.execute_script(WIDTHS))
    assert scrolled in (width, width - bar)
    assert hidden == 0


# A hundred rows at 200 a second, of which the fifty-first comes late.
LATE = "time (s),II\n" + "".join(
    f"{i / 200 + (i == 50) / 300},{i}\n" for i in range(100)
)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("night.dat", b"1234", r"needs its header: choose night.hea with it"),
        ("night.hea", b"night 1 360 10\nnight.dat 16 200 16\n", "choose both files"),
        ("night.hea", b"night 1 360 10\nnight.dat 80 200 16\n", "format “80”"),
        ("night.hea", b"night 1 360 10\n", "is damaged"),
        ("night.edf", b"0       " + b" " * 300, "is damaged"),
        ("night.csv", b"1,2\n3,4\n5,6\n", "must name the columns"),
        ("night.csv", b"time (s),II\n0,1\n.01,x\n.02,3\n.03,4\n", "Line 3 .* “x”"),
        ("night.csv", LATE, "line 52 .* not where"),
        ("night.png", b"\x89PNG", "none of the formats"),
        ("night.csv", b"", "is empty"),
    ],
)
def test_what_cannot_be_read_is_said(browser, page, tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    open_live(browser, page)
    choose(browser, path)
    wrong = text_of(browser, "wrong")
    assert re.search(told, wrong), wrong
    assert browser.find_element("id", "result").get_property("hidden")


def test_a_file_without_a_rate_is_asked_about(browser, page, tmp_path, chain):
    path = tmp_path / "strap.csv"
    signal = make_ecg(1, duration=40, random_state=4).records[0].p_signal[:, 0]
    pd.DataFrame({"II (mV)": signal}).to_csv(path, index=False)
    open_live(browser, page)
    choose(browser, path)
    assert "type it" in text_of(browser, "told")
    browser.find_element("id", "rate").send_keys("360" + Keys.ENTER)
    press_and_wait(browser)
    annotation = annotate(read_recording(path, sampling_rate=360), chain)
    assert beats_on(browser)["sample"].tolist() == annotation.beats["sample"].tolist()


FROM_PAGE = f"const [port, done] = arguments; (async () => {{ {SEND} done(sent); }})();"
FROM_WORKER = """
const [port, send, done] = arguments;
const text = `onmessage = async ({data: port}) => { ${send} postMessage(sent); };`;
const own = new Worker(URL.createObjectURL(new Blob([text])));
own.onmessage = ({data}) => done(data);
own.postMessage(port);
"""


NAVIGATE = """
const [port, done] = arguments, at = `http://127.0.0.1:${port}/?secret`;
const frame = document.createElement("iframe"), form = document.createElement("form");
frame.src = form.action = at;
document.body.append(frame, form);
form.submit();
setTimeout(done, 500);
"""


def test_the_policy_lets_nothing_out(chromium, page):
    chromium.set_script_timeout(20)
    with listening() as (port, heard):
        open_live(chromium, page)
        from_page = chromium.execute_async_script(FROM_PAGE, port)
        from_worker = chromium.execute_async_script(FROM_WORKER, port, SEND)
    chromium.get_log("browser")  # Each refusal is an error there
    assert heard == []
    assert from_page in ([], ["beacon"])  # Which does not know that it is refused
    assert from_worker == []


def test_frames_and_forms_send_no_byte(chromium, page):
    # Chromium opens a connection before it asks the policy.
    chromium.set_script_timeout(20)
    with listening() as (port, heard):
        open_live(chromium, page)
        chromium.execute_async_script(NAVIGATE, port)
        assert chromium.current_url == page.as_uri()
    chromium.get_log("browser")
    assert set(heard) <= {NO_BYTE}


def test_the_server_hears_what_no_policy_forbids(chromium, tmp_path):
    blank = tmp_path / "blank.html"
    blank.write_text("<body></body>")
    chromium.set_script_timeout(20)
    with listening() as (port, heard):
        chromium.get(blank.as_uri())
        sent = chromium.execute_async_script(FROM_PAGE, port)
    chromium.get_log("browser")
    assert any(each.startswith(b"GET") for each in heard)
    assert "beacon" in sent
