"""Networks, pipelines and compilers that the tests of `sklearn_ecg.edge` share."""

import ctypes
import os
import shutil
import subprocess

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.edge import _encoding, quantize

STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion"]
STRICT += ["-Wsign-conversion", "-Werror"]
SANITIZED = ["-O1", "-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all"]


@pytest.fixture(scope="session")
def tool():
    """Return the path of a program; without it, skip, or fail where it is required."""

    def find(program):
        path = shutil.which(program)
        if path is None:
            reason = f"{program} is not installed"
            if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
                pytest.fail(
                    f"{reason}, and SKLEARN_ECG_REQUIRE_TOOLCHAIN=1 requires it"
                )
            pytest.skip(reason)
        return path

    return find


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


@pytest.fixture
def free_decoders(monkeypatch):
    """Let small networks use decoders, too, as if their code took no bytes."""
    monkeypatch.setattr(_encoding, "_DECODING_BYTES", 0)
    monkeypatch.setattr(_encoding, "_MIXING_BYTES", 0)
    free = dict.fromkeys(_encoding._DECODER_BYTES, 0)
    monkeypatch.setattr(_encoding, "_DECODER_BYTES", free)


class CompiledModel:
    """An exported model, compiled for this machine and called through ctypes.

    Compiled twice: for any processor of this kind, and with all that this one can do.
    """

    def __init__(self, compiler, directory, n_classes, name="ecg_beat"):
        self.classify = []
        for options in ([], ["-march=native"]):
            library = directory / f"model{len(self.classify)}.so"
            command = [compiler, "-O2", *options, "-shared", "-fPIC", *STRICT]
            source = directory / f"{name}.c"
            subprocess.run([*command, source, "-o", library], check=True)
            loaded = ctypes.CDLL(str(library))
            self.classify.append(getattr(loaded, f"{name}_classify"))
        self.n_classes = n_classes

    def __call__(self, windows, intervals):
        """Return logits and classes.

        Each call gets a scratch buffer of rubbish, every other one at an odd address;
        two calls go to one library, the next two to the other.
        """
        windows = np.ascontiguousarray(windows, dtype=np.int16)
        intervals = np.ascontiguousarray(intervals, dtype=np.uint16)
        logits = np.empty((len(windows), self.n_classes), dtype=np.int32)
        codes = np.empty(len(windows), dtype=int)
        scratch = np.empty(1 << 16, dtype=np.uint8)
        for beat in range(len(windows)):
            scratch[:] = 255 - beat % 256
            here = scratch[beat % 2 :]
            arguments = [windows[beat], intervals[beat], here, logits[beat]]
            if intervals.shape[1] == 0:
                del arguments[1]
            pointers = [ctypes.c_void_p(array.ctypes.data) for array in arguments]
            codes[beat] = self.classify[beat // 2 % 2](*pointers)
        return logits, codes


@pytest.fixture(scope="session")
def compile_model(tool):
    def compile_with_gcc(directory, n_classes, name="ecg_beat"):
        return CompiledModel(tool("gcc"), directory, n_classes, name)

    return compile_with_gcc
