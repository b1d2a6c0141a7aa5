"""Damaged files of every kind are read, or refused by name: a few of many."""

import warnings

import fuzz_files
import numpy as np
import pytest

from sklearn_ecg import annotate, load_pretrained

N_FILES = 6


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    return fuzz_files.write_originals(tmp_path_factory.mktemp("whole"), duration=20)


@pytest.fixture(scope="module")
def found(originals):
    record = originals["hea"].with_suffix("")
    return annotate(str(record), load_pretrained("wearable"))


@pytest.mark.parametrize("kind", fuzz_files.KINDS)
def test_a_damaged_file_is_read_or_refused_by_name(originals, found, kind):
    path = originals[kind]
    whole = path.read_bytes()
    fuzz_files.read(kind, path, found)
    random = np.random.default_rng(fuzz_files.KINDS.index(kind))
    try:
        for _ in range(N_FILES):
            path.write_bytes(fuzz_files.damaged(whole, random))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert _fault(kind, path, found) == ""
    finally:
        path.write_bytes(whole)


def _fault(kind, path, found):
    try:
        fuzz_files.read(kind, path, found)
    except Exception as error:
        return fuzz_files.fault_of(error, path)
    return ""


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), ValueError("x")])
def test_an_error_of_another_place_is_a_fault(tmp_path, error):
    with pytest.raises(type(error)) as raised:
        raise error
    assert "test_damaged_files.py" in fuzz_files.fault_of(raised.value, tmp_path)
