"""The figures for a device in README and guide are of the code that is shown."""

import re
from pathlib import Path

import pytest

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import profile

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
GUIDE = ROOT / "docs" / "user_guide" / "deploying.rst"


def numbers_of(path, begin, end):
    words = path.read_text("utf-8").partition(begin)[2].partition(end)[0]
    numbers = re.findall(r"\d[\d,]+", words)
    return [int(number.replace(",", "")) for number in numbers]


def test_the_model_in_the_box_takes_what_is_said(tool, tmp_path, monkeypatch):
    for program in ("arm-none-eabi-gcc", "qemu-system-arm"):
        tool(program)
    numbers = numbers_of(GUIDE, ".. results: chain words", ".. results end")
    # Those of the rate and the heart are no measurements.
    figures = [number for number in numbers if number not in (250, 75)]
    small, fast, (longest,) = figures[:3], figures[3:6], figures[6:]
    assert numbers_of(README, "chain short words -->", "<!--") == small

    section = README.read_text("utf-8").partition("## C for a device")[2]
    code = re.search(r"```python\n(.*?)```", section, re.S)[1]
    monkeypatch.chdir(tmp_path)
    recording = make_ecg(1, duration=60, random_state=5).records[0]
    annotate(recording, load_pretrained("wearable")).to_edf("night.edf")
    exec(code, {"annotate": annotate, "load_pretrained": load_pretrained})
    for options, (flash, ram, a_second) in (("-Os", small), ("-O2", fast)):
        report = profile(tmp_path / "firmware", options=options)
        assert report.n_different == 0
        assert report.flash == pytest.approx(flash, rel=0.02)
        assert report.ram == pytest.approx(ram, rel=0.02)
        # Other weights are next to zero after rounding: a few beats or many.
        assert report.instructions_a_second() == pytest.approx(a_second, rel=0.08)
        assert report.longest_push <= longest + 5
