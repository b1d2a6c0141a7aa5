"""Writers of all kinds, on a disk that is full, and given an address of elsewhere."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from sklearn_ecg import annotate, load_pretrained, save_model
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import export_c, export_onnx

resource = pytest.importorskip("resource", reason="Windows limits no files")


@contextmanager
def files_of_at_most(n_bytes):
    """Let the system refuse what a file would have beyond some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def model():
    return load_pretrained("wearable")


@pytest.fixture(scope="module")
def annotation(model):
    record = make_ecg(1, duration=20, random_state=0).records[0]
    return annotate(record, model)


@pytest.fixture(scope="module")
def writers(annotation, model, quantized):
    """Return what writes each kind of file, by the name of the file looked at."""
    name = annotation.recording.name
    synthetic = {"n_records": 1, "duration": 5, "random_state": 0}

    def records(path):
        return make_ecg(**synthetic, directory=path.parent)

    return {
        "beats.csv": annotation.to_csv,
        "beats.csv.gz": annotation.to_csv,
        "beats.parquet": annotation.to_parquet,
        "beats.edf": annotation.to_edf,
        "page.html": annotation.report,
        f"{name}.ext": lambda path: annotation.to_wfdb(path.parent),
        "model.ecg": lambda path: save_model(model, path),
        "model.onnx": lambda path: export_onnx(model, path),
        "ecg_beat.c": lambda path: export_c(quantized, path.parent),
        "synthetic_000.dat": records,
        "synthetic_000.atr": records,
        "synthetic_000.hea": records,
    }


KINDS = [
    "beats.csv",
    "beats.csv.gz",
    "beats.parquet",
    "beats.edf",
    "page.html",
    "synthetic_000.ext",
    "model.ecg",
    "model.onnx",
    "ecg_beat.c",
    "synthetic_000.dat",
    "synthetic_000.atr",
    "synthetic_000.hea",
]


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk_is_told_and_leaves_what_was_there(writers, tmp_path, name):
    path, write = tmp_path / name, writers[name]
    write(path)
    older = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    size = len(older[name])
    # Libraries that check nothing lose the last byte as silently as all others.
    for room in (0, size // 2, size - 1):
        with pytest.raises(OSError, match=str(tmp_path)), files_of_at_most(room):
            write(path)
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == older
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(OSError, match=str(tmp_path)), files_of_at_most(size - 1):
        write(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", KINDS)
def test_no_writer_makes_a_folder_of_a_url(writers, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"https://host\S* is a URL"):
        writers[name](Path("https://host", name))
    assert not list(tmp_path.iterdir())
