"""The report on paper: pages, and strips to scale."""

import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from pages import data_of

from sklearn_ecg.report import _pdf

POINTS = 72 / 25.4  # In a millimetre


@pytest.fixture(scope="module", params=["A4", "Letter"])
def printed(request, chromium, annotation, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "night.pdf"
    assert annotation.report(path, paper=request.param) == path
    return path


def read(*command):
    if shutil.which(command[0]) is None:
        if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
            pytest.fail(f"{command[0]} is required, and not here")
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, capture_output=True, check=True).stdout


def words_of(pdf, page):
    """Return the words of a page of paper, and where each is, in millimetres."""
    text = read("pdftotext", "-bbox", "-f", str(page), "-l", str(page), pdf, "-")
    found = re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax=".*?">(.*?)</word>',
        text.decode(),
    )
    return [(w, (float(a) + float(c)) / 2 / POINTS, float(y)) for a, y, c, w in found]


def test_the_summary_is_the_first_page_and_strips_are_on_the_next(printed):
    first = [word for word, _, _ in words_of(printed, 1)]
    assert {"Summary", "Pauses"} <= set(first)
    assert "mm/mV." not in first
    assert "mm/mV." in [word for word, _, _ in words_of(printed, 2)]


def test_strips_run_at_25_mm_a_second(printed, page):
    strip = data_of(page)["found"][0]
    middle = strip["told"][0]["at"]
    start = min(max(middle - 3.5, strip["start"]), strip["stop"] - 7)
    beats = [b for b in strip["beats"] if start <= b[1] < start + 7]
    words = words_of(printed, 2)
    top = next(y for word, _, y in words if word == "mm/mV.")
    labels = [(x, y) for word, x, y in words if word in "NSVFQO?" and y > top]
    row = [x for x, y in labels if y < labels[0][1] + 2][: len(beats)]
    between = np.diff([beat[1] for beat in beats])
    np.testing.assert_allclose(np.diff(row), 25 * between, atol=0.15)


def test_lines_of_paper_are_five_millimetres_apart(printed):
    image = read("pdftoppm", "-r", "254", "-f", "2", "-l", "2", "-gray", printed)
    _, size, _, pixels = image.split(b"\n", 3)
    width, height = map(int, size.split())
    grey = np.frombuffer(pixels, np.uint8).reshape(height, width).astype(int)
    for axis in (0, 1):
        dark = (255 - grey).mean(axis=axis)
        lags = np.arange(30, 70)
        alike = [np.corrcoef(dark[:-lag], dark[lag:])[0, 1] for lag in lags]
        assert lags[int(np.argmax(alike))] == 50


def test_without_a_browser_the_remedy_is_said(annotation, tmp_path, monkeypatch):
    monkeypatch.setattr(_pdf.shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"apt-get install chromium.*\.html"):
        annotation.report(tmp_path / "night.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_leaves_no_file(annotation, tmp_path, monkeypatch):
    monkeypatch.setattr(_pdf, "browser", lambda: shutil.which("false"))
    with pytest.raises(OSError, match="did not print the page"):
        annotation.report(tmp_path / "night.pdf")
    assert list(tmp_path.iterdir()) == []


def test_another_paper_is_refused(annotation, tmp_path):
    with pytest.raises(ValueError, match=r"'A4' or 'Letter'\. Got 'A3'"):
        annotation.report(tmp_path / "night.pdf", paper="A3")
