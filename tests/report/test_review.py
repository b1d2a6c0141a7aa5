"""The loop of a review: page, reader, file, annotations, a model that has learnt."""

import numpy as np
import pytest
import wfdb
from command_line import run
from pages import beat_at, click, data_of, open_below, press, save
from selenium.webdriver.common.keys import Keys

from sklearn_ecg import adapt, annotate, load_beats, load_pretrained, save_model
from sklearn_ecg.datasets import make_ecg

N_STRIPS = 8
STRENGTH = 3.0


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A recording of two minutes, of which an expert knows every beat."""
    directory = tmp_path_factory.mktemp("patient")
    made = make_ecg(1, duration=120, random_state=0, directory=directory)
    return next(directory.glob("*.hea")).with_suffix(""), made


def truth_of(made, beats):
    """Return what the expert says of each detected beat."""
    known, found = made.data["sample"].to_numpy(), beats["sample"].to_numpy()
    nearest = np.abs(known[:, None] - found).argmin(axis=0)
    is_beat = np.abs(known[nearest] - found) < 0.15 * 360
    return np.where(is_beat, np.asarray(made.target)[nearest], "O").astype(object)


def review(browser, page, truth):
    """Look at strips, and correct what is wrong, each beat in another way."""
    open_below(browser, page)
    corrected = {}
    for strip in data_of(page)["strips"][:N_STRIPS]:
        for sample, _, label, *_ in strip["beats"]:
            if sample in corrected or label == truth[sample]:
                continue
            beat = beat_at(browser, sample)
            if beat.get_attribute("aria-pressed") != "true":
                beat.click()
            if len(corrected) % 2:
                press(browser, truth[sample].lower())
            else:
                choice = f'[data-label="{truth[sample]}"]'
                browser.find_element("css selector", choice).click()
            corrected[sample] = label
        is_checked = browser.find_element("id", "check").get_attribute("aria-pressed")
        if is_checked == "false":
            click(browser, "check")
        press(browser, Keys.ARROW_RIGHT)
    return corrected


def test_what_a_reader_corrects_the_next_report_has_right(browser, patient, tmp_path):
    path, made = patient
    model = load_pretrained()
    first = annotate(path, model)
    truth = dict(zip(first.beats["sample"], truth_of(made, first.beats), strict=True))
    page = first.report(tmp_path / "first.html")
    wrong = review(browser, page, truth)
    assert len(wrong) >= 4
    file = save(browser)

    # The command writes what the reader says as annotations, which can be loaded.
    options = ("--corrections", file, "--out", path.parent, "--quiet")
    assert run("annotate", "wearable", path, *options) == 0
    written = wfdb.rdann(str(path), "ext")
    symbols = dict(zip(written.sample.tolist(), written.symbol, strict=True))
    assert {sample: symbols[sample] for sample in wrong} == {
        sample: truth[sample].replace("O", "|") for sample in wrong
    }
    loaded = load_beats(path.parent, annotator="ext")
    targets = dict(zip(loaded.data["sample"], loaded.target, strict=True))
    beats = [sample for sample in wrong if truth[sample] != "O"]
    assert [targets[sample] for sample in beats] == [truth[each] for each in beats]

    # The model learns from what was checked, and labels the recording again, by itself.
    corrected = first.corrected(file)
    checked = corrected.beats["checked"]
    assert set(wrong) < set(corrected.beats["sample"][checked])
    taught = adapt(
        model,
        corrected.beat_table()[checked],
        corrected.beats["label"][checked],
        strength=STRENGTH,
    )
    save_model(taught, tmp_path / "taught.ecg")
    n_beats = len(first.beats)
    again = annotate(path, taught)
    next_page = again.report(tmp_path / "next.html", n_odd=n_beats)
    shown = {
        sample: label
        for strip in data_of(next_page)["strips"]
        for sample, _, label, *_ in strip["beats"]
    }
    assert {sample: shown[sample] for sample in wrong} == {
        sample: truth[sample] for sample in wrong
    }
    n_wrong = [
        sum(truth[s] != label for s, label in zip(b["sample"], b["label"], strict=True))
        for b in (first.beats, again.beats)
    ]
    assert n_wrong[1] <= n_wrong[0] - len(wrong)

    # So does the command with the model that was saved.
    options = ("--out", tmp_path / "out", "--format", "csv,html", "--quiet")
    assert run("annotate", tmp_path / "taught.ecg", path, *options) == 0
    browser.get((tmp_path / "out" / f"{path.name}.html").as_uri())
    assert browser.title == f"Heartbeats of {path.name}"
