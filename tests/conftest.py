"""Data that several test modules share."""

import os
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest
import wfdb
from object_store import s3_server
from real_data import what_is_missing
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch
from small_classifiers import QUICK

import sklearn_ecg.training._train
from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import quantize

# The benchmarks lock their tables, and measure memory, as POSIX does.
collect_ignore = [] if os.name == "posix" else ["test_benchmarks.py"]


@pytest.fixture(scope="session")
def synthetic_beats():
    """Four synthetic records of a minute, about 300 beats of all five classes."""
    return make_ecg(n_records=4, duration=60, random_state=0)


@pytest.fixture(scope="session")
def beats():
    """240 windows of 40 samples: a narrow, a wide and an inverted wave in noise."""
    random = np.random.RandomState(0)
    time = np.linspace(-1, 1, 40)
    waves = [np.exp(-((time / 0.1) ** 2)), np.exp(-((time / 0.4) ** 2))]
    waves.append(-waves[0])
    codes = random.choice(3, size=240, p=[0.6, 0.3, 0.1])
    X = np.array(waves)[codes] + 0.1 * random.randn(240, 40)
    return X.astype(np.float32), np.array(["N", "V", "S"])[codes]


@pytest.fixture(scope="session")
def trained(beats):
    return PrunedCNNClassifier(0.8, **QUICK).fit(*beats)


@pytest.fixture
def parts(monkeypatch):
    """Training and validation part of every training that a fit does."""
    seen = []
    original = sklearn_ecg.training._train.train

    def spy(module, data, plan, *, validation, **options):
        seen.append((data, validation))
        return original(module, data, plan, validation=validation, **options)

    monkeypatch.setattr("sklearn_ecg.training._stage_loop.train", spy)
    return seen


@pytest.fixture(scope="session")
def data_directory():
    """Return a function that finds a directory of real data; none is downloaded here.

    Without it the test is skipped, unless SKLEARN_ECG_REQUIRE_DATA=1.
    """

    def find(name):
        data = os.environ.get("SKLEARN_ECG_DATA")
        directory = Path(data or "~/sklearn_ecg_data").expanduser() / name
        missing = what_is_missing(directory, name)
        if missing is None:
            return directory
        reason = f"{missing} (SKLEARN_ECG_DATA={data!r})"
        if os.environ.get("SKLEARN_ECG_REQUIRE_DATA") == "1":
            pytest.fail(f"{reason}, and SKLEARN_ECG_REQUIRE_DATA=1 requires it")
        pytest.skip(reason)

    return find


@pytest.fixture(scope="session")
def mitdb(data_directory):
    """Directory of the MIT-BIH Arrhythmia Database."""
    return data_directory("mitdb")


@pytest.fixture(scope="session")
def written_once(tmp_path_factory):
    directory = tmp_path_factory.mktemp("written")
    return directory, make_ecg(2, duration=20, random_state=1, directory=directory)


@pytest.fixture
def ecg_directory(written_once, tmp_path):
    """Directory with two short records on disk, and what make_ecg said of them."""
    written, beats = written_once
    directory = tmp_path / "records"
    shutil.copytree(written, directory)
    data = beats.data.copy()
    moved = [path.replace(str(written), str(directory)) for path in data["record"]]
    data["record"] = pd.Series(moved, dtype=object)
    records = [path.replace(str(written), str(directory)) for path in beats.records]
    return directory, Bunch(**{**beats, "data": data, "records": records})


@pytest.fixture
def bare_record():
    """Return a function that makes a record in memory, of silence."""

    def make(n_samples=10_000, fs=100, name="bare"):
        return wfdb.Record(
            record_name=name,
            p_signal=np.zeros((n_samples, 1)),
            n_sig=1,
            fs=fs,
            sig_name=["II"],
            units=["mV"],
        )

    return make


@pytest.fixture
def write_annotated(tmp_path):
    """Return a function that writes a record of silence with given annotations."""

    def write(
        name,
        samples,
        symbols,
        *,
        fs=100,
        n_samples=5000,
        annotator="atr",
        resolution=None,
        notes=None,
    ):
        wfdb.wrsamp(
            name,
            fs=fs,
            units=["mV"],
            sig_name=["II"],
            d_signal=np.zeros((n_samples, 1), dtype=np.int64),
            fmt=["16"],
            adc_gain=[200.0],
            baseline=[0],
            write_dir=str(tmp_path),
        )
        wfdb.wrann(
            name,
            annotator,
            sample=np.array(samples),
            symbol=list(symbols),
            aux_note=notes,
            fs=resolution,
            write_dir=str(tmp_path),
        )
        return str(tmp_path / name)

    return write


@pytest.fixture(scope="session")
def pipeline(synthetic_beats):
    classifier = PrunedCNNClassifier(
        0.8, n_stages=2, n_epochs=8, stage_epochs=4, batch_size=32, random_state=0
    )
    pipeline = make_pipeline(BeatSegmenter(), classifier)
    return pipeline.fit(synthetic_beats.data, synthetic_beats.target)


@pytest.fixture(scope="session")
def quantized(pipeline, synthetic_beats):
    return quantize(pipeline, synthetic_beats.data)


@pytest.fixture(scope="session")
def s3_server_once():
    with s3_server() as url:
        yield url


@pytest.fixture
def s3(s3_server_once):
    """An empty bucket, ``s3://bucket``, of an S3 server of this machine."""
    fsspec.filesystem("s3").clear_instance_cache()
    system = fsspec.filesystem("s3")
    if system.exists("bucket"):
        system.rm("bucket", recursive=True)
    system.mkdir("bucket")
    yield system
    system.clear_instance_cache()
