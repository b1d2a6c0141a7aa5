import inspect
from pathlib import Path

import numpy as np

from sklearn_ecg.rhythm import KINDS, find_episodes, names_of

ROOT = Path(__file__).parents[2]


def run_of(label, n_beats, interval):
    samples = np.cumsum([0, *[interval] * (n_beats + 1)])
    labels = ["N", *[label] * n_beats, "N"]
    found = find_episodes(samples, labels, 100, bradycardia=1, tachycardia=1000)
    return names_of(found).tolist()


def test_runs_are_called_by_their_rate_and_duration():
    assert run_of("V", 3, 59) == ["nonsustained VT"]
    assert run_of("V", 3, 60) == ["accelerated idioventricular rhythm"]
    assert run_of("V", 3, 149) == ["accelerated idioventricular rhythm"]
    assert run_of("V", 3, 150) == ["idioventricular rhythm"]
    assert run_of("V", 61, 50) == ["sustained VT"]
    assert run_of("V", 60, 50) == ["nonsustained VT"]
    assert run_of("S", 3, 59) == ["SVT"]
    assert run_of("S", 3, 60) == ["S run"]
    assert run_of("V", 2, 50) == ["V couplet"]


def test_the_parameters_of_a_kind_are_those_of_find_episodes():
    known = inspect.signature(find_episodes).parameters
    for kind in KINDS.values():
        assert set(kind.parameters) <= set(known)
        assert kind.definition.endswith(".")
        assert kind.source


def page():
    text = (ROOT / "docs/user_guide/rhythm.rst").read_text("utf-8")
    return " ".join(text.split())


def test_the_page_that_people_read_has_every_kind_as_it_is():
    rows = [
        f"* - {kind.name} - {kind.definition} - {kind.source}"
        for kind in KINDS.values()
    ]
    assert " ".join(rows) in page()


def test_the_page_that_people_read_has_every_parameter_and_its_default():
    known = inspect.signature(find_episodes).parameters
    for name in {name for kind in KINDS.values() for name in kind.parameters}:
        default = known[name].default
        shown = ", ".join(default) if isinstance(default, tuple) else f"{default:g}"
        assert f"* - ``{name}`` - {shown} - " in page()
