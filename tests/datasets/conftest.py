import shutil

import numpy as np
import pandas as pd
import pytest
import wfdb
from sklearn.utils import Bunch

from sklearn_ecg.datasets import make_ecg


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
            fs=resolution,
            write_dir=str(tmp_path),
        )
        return str(tmp_path / name)

    return write
