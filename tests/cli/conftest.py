import pytest
from command_line import QUICK, run

from sklearn_ecg._cli import _commands, _export, _inputs
from sklearn_ecg.datasets import make_ecg


@pytest.fixture(scope="session")
def records(tmp_path_factory):
    """Directory of three short synthetic records."""
    directory = tmp_path_factory.mktemp("records")
    make_ecg(3, duration=40, random_state=0, directory=directory)
    return directory


@pytest.fixture(scope="session")
def mitdb_names(records, tmp_path_factory):
    """Directory of the same records under names of MIT-BIH: DS1, DS2 and paced."""
    directory = tmp_path_factory.mktemp("names_of_mitdb")
    for number, name in enumerate(("101", "100", "102")):
        old = f"synthetic_{number:03d}"
        for suffix in (".dat", ".atr"):
            content = records.joinpath(old + suffix).read_bytes()
            directory.joinpath(name + suffix).write_bytes(content)
        header = records.joinpath(f"{old}.hea").read_text()
        directory.joinpath(f"{name}.hea").write_text(header.replace(old, name))
    return directory


@pytest.fixture(scope="session")
def model(records, tmp_path_factory):
    """A model file of the command `train`, which knows all five classes."""
    path = tmp_path_factory.mktemp("model") / "model.ecg"
    assert run("train", records, "--out", path, "--pipeline=default", *QUICK) == 0
    return path


@pytest.fixture
def no_data(monkeypatch):
    """Let every attempt to look for data, or to read some, fail the test."""

    def fail(*_args, **_kwargs):
        pytest.fail("It began to read.")

    for module, name in (
        (_inputs, "load_beats"),
        (_inputs, "fetch_database"),
        (_commands, "load"),
        (_commands, "load_beats"),
        (_commands, "fetch_mitdb"),
        (_commands, "find_records"),
        (_export, "load"),
        (_export, "fetch_mitdb"),
        (_export, "find_records"),
    ):
        monkeypatch.setattr(module, name, fail)
