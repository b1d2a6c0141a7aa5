"""The code in the README, the documentation and the examples' texts runs.

It runs as it stands, on short synthetic records that bear the names of the MIT-BIH
database, and with fewer epochs where the code leaves their number at the default. The
examples themselves run when the documentation is built.
"""

import doctest
import importlib
import re
import shutil
import tempfile
import tomllib
from pathlib import Path
from textwrap import dedent

import edfio
import edge
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
README = (ROOT / "README.md").read_text("utf-8")
HOME = "https://github.com/sklearn-ecg/sklearn-ecg"
RAW = "https://raw.githubusercontent.com/sklearn-ecg/sklearn-ecg"
GUIDE = sorted(ROOT.glob("docs/user_guide/*.rst"))
PACKETS = sorted(ROOT.glob("docs/user_guide/*.csv"))
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


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A minute of a synthetic ECG, which stands for the reader's night."""
    record = make_ecg(1, duration=60, random_state=5).records[0]
    path = tmp_path_factory.mktemp("night") / "night.edf"
    leads = zip(record.sig_name, record.p_signal.T, strict=True)
    edfio.Edf(
        [
            edfio.EdfSignal(
                signal,
                record.fs,
                label=name,
                physical_dimension="mV",
                physical_range=(-10, 10),
            )
            for name, signal in leads
        ]
    ).write(path)
    return path


@pytest.fixture(autouse=True)
def small_world(stand_in_for_mitdb, night, tmp_path, monkeypatch):
    """Put the small records and small defaults in place of the real ones."""
    for path in (night, *PACKETS):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(sklearn_ecg.datasets, "fetch_mitdb", lambda: stand_in_for_mitdb)
    defaults = PrunedCNNClassifier.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "n_epochs", 2)
    monkeypatch.setitem(defaults, "stage_epochs", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_code_of_the_readme_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(block, names)
    assert "macro-F1" in capsys.readouterr().out
    assert names["pipeline"].predict(names["X"]).shape == names["y"].shape
    assert len(names["annotation"].beats) == len(names["events"]) > 50


def test_the_readme_is_short():
    before_the_links = README[: README.index("## Where to go next")]
    assert len(before_the_links.split()) <= 600


def test_the_readme_reads_the_same_wherever_it_is_shown():
    links = re.findall(r"\]\((.*?)\)", README)
    assert len(links) > 10
    assert all(link.startswith("https://") for link in links)
    ours = re.findall(rf"{HOME}/blob/main/(\S+?)\)", README)
    ours += re.findall(rf"{RAW}/main/(\S+?)\)", README)
    assert len(ours) > 10
    assert [path for path in ours if not (ROOT / path).exists()] == []


def test_the_figures_for_a_device_are_of_the_model_above_them(monkeypatch):
    text = (ROOT / "docs" / "user_guide" / "deploying.rst").read_text()
    code = text[text.index("The rows at 0.905") : text.index(".. results: edge words")]
    asked = {}

    def quantize(pipeline, X, **parameters):
        asked.update(parameters, pipeline=pipeline, n_calibration=len(X))

    few = protocols.synthetic_mitdb(n_records=3, duration=20)
    table = pd.concat([few.data] * 100, ignore_index=True)
    y, groups = (np.tile(part, 100) for part in (few.target, few.groups))
    beats = Bunch(data=table, target=y, groups=groups)
    monkeypatch.setattr(sklearn_ecg.edge, "quantize", quantize)
    monkeypatch.setattr(sklearn_ecg.edge, "export_c", lambda *_: None)
    monkeypatch.setattr(sklearn_ecg, "load_beats", lambda *_: beats)
    monkeypatch.setattr(Pipeline, "fit", lambda self, *_: self)
    names = {}
    exec(dedent(code[code.index("   from sklearn") :]), names)
    measured = clone(PrunedCNNClassifier(**edge.PARAMETERS)).set_params(
        **edge.OTHERS[-1]
    )
    segmenter, classifier = (step for _, step in asked["pipeline"].steps)
    assert classifier.get_params() == measured.get_params()
    assert segmenter.get_params() == BeatSegmenter().get_params()
    assert asked["activations"] == "int8"
    assert asked["n_calibration"] == edge.N_CALIBRATION
    split = protocols.intra(beats)
    assert names["X"].index.tolist() == split.train.tolist()


def test_code_of_the_front_page_runs(capsys):
    text = (ROOT / "docs" / "index.rst").read_text()
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", text)
    names = {}
    exec(dedent(block), names)
    assert capsys.readouterr().out.strip() == str(names["annotation"])
    assert len(names["annotation"].beats) > 30


@pytest.mark.slow
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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_texts_of_the_examples_read_well_in_a_notebook(path):
    """A notebook shows roles of Sphinx as they are written."""
    assert re.findall(r":[a-z:]+:`", path.read_text()) == []


@pytest.mark.parametrize("path", [*GUIDE, *EXAMPLES], ids=lambda path: path.stem)
def test_sentences_name_their_subject(path):
    """It is the reader, the caller or the host."""
    vague = r"(?i)\b(whoever|somebody|someone|anybody|anyone)\b"
    assert re.findall(vague, path.read_text("utf-8")) == []


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
