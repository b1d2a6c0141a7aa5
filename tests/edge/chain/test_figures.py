"""The figures for a device in the README are of the code that is shown above them."""

import re
from pathlib import Path

import pytest

from sklearn_ecg import load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import profile

README = Path(__file__).parents[3] / "README.md"


def test_the_model_in_the_box_takes_what_the_readme_says(tool, tmp_path, monkeypatch):
    for program in ("arm-none-eabi-gcc", "qemu-system-arm"):
        tool(program)
    section = README.read_text("utf-8").partition("## Onto a device")[2]
    code = re.search(r"```python\n(.*?)```", section, re.S)[1]
    words = section.partition("results: chain words -->")[2].partition("<!--")[0]
    numbers = [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]+", words)]
    # Those of the rate and the heart are no measurements.
    figures = [number for number in numbers if number not in (250, 75)]
    small, fast, (longest,) = figures[:3], figures[3:6], figures[6:]
    monkeypatch.chdir(tmp_path)
    recording = make_ecg(1, duration=60, random_state=5).records[0]
    exec(code, {"load_pretrained": load_pretrained, "recording": recording})
    for options, (flash, ram, a_second) in (("-Os", small), ("-O2", fast)):
        report = profile(tmp_path / "firmware", options=options)
        assert report.n_different == 0
        assert report.flash == pytest.approx(flash, rel=0.02)
        assert report.ram == pytest.approx(ram, rel=0.02)
        # Other weights are next to zero after rounding: a few beats or many.
        assert report.instructions_a_second() == pytest.approx(a_second, rel=0.08)
        assert report.longest_push <= longest + 5
