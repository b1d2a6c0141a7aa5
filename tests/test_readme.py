"""The code in the README, the documentation and the examples' texts runs.

It runs as it stands, on short synthetic records that bear the names of the MIT-BIH
database, and with fewer epochs where the code leaves their number at the default. The
examples themselves run when the documentation is built.
"""

import doctest
import importlib
import re
import tempfile
import tomllib
from pathlib import Path
from textwrap import dedent

import edge
import joblib
import numpy as np
import pandas as pd
import protocols
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch

import sklearn_ecg
from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.model_selection import DS1, DS2, PACED

ROOT = Path(__file__).parents[1]
GUIDE = sorted(ROOT.glob("docs/user_guide/*.rst"))
EXAMPLES = sorted(ROOT.glob("examples/plot_*.py"))
PUBLIC_MODULES = (
    "",
    ".datasets",
    ".displays",
    ".edge",
    ".metrics",
    ".models",
    ".model_selection",
    ".records",
    ".stream",
)


@pytest.fixture(scope="module")
def stand_in_for_mitdb(tmp_path_factory):
    """Synthetic records under the names of the 48 of the MIT-BIH database."""
    names = sorted([*DS1, *DS2, *PACED])
    directory = tmp_path_factory.mktemp("mitdb")
    beats = make_ecg(len(names), duration=20, random_state=0, directory=directory)
    for name, path in zip(names, map(Path, beats.records), strict=True):
        header = path.with_suffix(".hea")
        header.write_text(header.read_text().replace(path.name, name))
        for suffix in (".hea", ".dat", ".atr"):
            path.with_suffix(suffix).rename(directory / f"{name}{suffix}")
    (directory / "RECORDS").write_text("\n".join(names))
    return directory


@pytest.fixture(autouse=True)
def small_world(stand_in_for_mitdb, tmp_path, monkeypatch):
    """Put the small records and small defaults in place of the real ones."""
    monkeypatch.setattr(sklearn_ecg.datasets, "fetch_mitdb", lambda: stand_in_for_mitdb)
    defaults = PrunedCNNClassifier.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "n_epochs", 2)
    monkeypatch.setitem(defaults, "stage_epochs", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_code_of_the_readme_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(blocks) >= 4
    names = {}
    # Starting workers takes longer than the search; other tests search in parallel.
    with joblib.parallel_config(backend="sequential"):
        for block in blocks:
            exec(block, names)
    printed = capsys.readouterr().out
    assert "macro-F1" in printed
    assert "classify__sparsity" in printed
    assert names["pipeline"].predict(names["X"]).shape == names["y"].shape


def test_the_figures_for_a_device_are_of_the_model_above_them(monkeypatch):
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## Onto a device") :]
    _, code = re.findall(
        r"```python\n(.*?)```", section[: section.index("\n## ")], re.S
    )
    asked = {}

    def quantize(pipeline, X, **parameters):
        asked.update(parameters, pipeline=pipeline, n_calibration=len(X))

    monkeypatch.setattr(sklearn_ecg.edge, "quantize", quantize)
    monkeypatch.setattr(sklearn_ecg.edge, "export_c", lambda *_: None)
    monkeypatch.setattr(Pipeline, "fit", lambda self, *_: self)
    few = protocols.synthetic_mitdb(n_records=3, duration=20)
    table = pd.concat([few.data] * 100, ignore_index=True)
    y, groups = (np.tile(part, 100) for part in (few.target, few.groups))
    names = {name: getattr(sklearn_ecg, name) for name in sklearn_ecg.__all__}
    names |= {"X": table, "y": y}
    exec(code, names)
    measured = clone(PrunedCNNClassifier(**edge.PARAMETERS)).set_params(
        **edge.OTHERS[-1]
    )
    segmenter, classifier = (step for _, step in asked["pipeline"].steps)
    assert classifier.get_params() == measured.get_params()
    assert segmenter.get_params() == BeatSegmenter().get_params()
    assert asked["activations"] == "int8"
    assert asked["n_calibration"] == edge.N_CALIBRATION
    split = protocols.intra(Bunch(data=table, target=y, groups=groups))
    assert names["X_known"].index.tolist() == split.train.tolist()


def test_code_of_the_front_page_runs(capsys):
    text = (ROOT / "docs" / "index.rst").read_text()
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", text)
    names = {}
    exec(dedent(block), names)
    assert capsys.readouterr().out.strip() == str(names["annotation"])
    assert len(names["annotation"].beats) > 30


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_code_of_the_user_guide_runs_and_prints_what_it_says(path):
    outcome = doctest.testfile(
        str(path),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert outcome.failed == 0
    assert outcome.attempted > 0 or path.stem == "index"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_code_in_the_texts_of_the_examples_runs(path):
    indented = re.findall(r"^#(?:    (.*))?$", path.read_text(), re.M)
    exec(dedent("\n".join(indented)), {})


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_every_public_name_is_in_the_api_reference(module):
    reference = (ROOT / "docs" / "api.rst").read_text()
    words = set(re.findall(r"\w+", reference))
    public = importlib.import_module(f"sklearn_ecg{module}").__all__
    assert [name for name in public if name not in words] == []


def test_every_extra_is_on_the_page_that_says_how_to_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "user_guide" / "install.rst").read_text()
    named = re.findall(r"^``(\w+)``$", page, re.M)
    assert sorted(named) == sorted(project["optional-dependencies"])
