"""Networks, pipelines and compilers that the tests of `sklearn_ecg.edge` share."""

import os
import shutil
import sys

import pytest
from compiled import CompiledModel
from gates import some_gate
from streamed import CompiledStream, compile_stream

from sklearn_ecg import make_beat_pipeline
from sklearn_ecg.edge import CPUS, export_c, quantize
from sklearn_ecg.edge.c import _encoding


@pytest.fixture(scope="session")
def tool():
    """Return the path of a program; without it, skip, or fail where it is required.

    The tests know the options of the compilers of Linux.
    """

    def find(program):
        path = shutil.which(program) if sys.platform == "linux" else None
        if path is None:
            reason = f"{program} is not installed, or this is not Linux"
            if os.environ.get("SKLEARN_ECG_REQUIRE_TOOLCHAIN") == "1":
                pytest.fail(
                    f"{reason}, and SKLEARN_ECG_REQUIRE_TOOLCHAIN=1 requires it"
                )
            pytest.skip(reason)
        return path

    return find


@pytest.fixture(scope="session")
def tools_of(tool):
    """Look for all that is needed to compile for a core, and to emulate it."""

    def find_all(cpu):
        for program in CPUS[cpu].architecture.packages:
            tool(program)

    return find_all


@pytest.fixture
def free_decoders(monkeypatch):
    """Let small networks use decoders, too, as if their code took no bytes."""
    monkeypatch.setattr(_encoding, "_DECODING_BYTES", 0)
    free = dict.fromkeys(_encoding._DECODER_BYTES, 0)
    monkeypatch.setattr(_encoding, "_DECODER_BYTES", free)


@pytest.fixture(scope="session")
def compile_model(tool):
    def compile_with_gcc(directory, n_classes, name="ecg_beat"):
        return CompiledModel(tool("gcc"), directory, n_classes, name)

    return compile_with_gcc


@pytest.fixture(scope="session")
def device_pipeline(synthetic_beats):
    pipeline = make_beat_pipeline(
        device_rate=250,
        sparsity=0.8,
        n_stages=1,
        n_epochs=8,
        batch_size=64,
        module_params={"n_hidden": 16},
        random_state=0,
    )
    return pipeline.fit(synthetic_beats.data, synthetic_beats.target)


@pytest.fixture(scope="session")
def chain(device_pipeline, synthetic_beats):
    """A chain with a gate, which about half of the beats pass."""
    records = synthetic_beats.records
    chain = quantize(device_pipeline, records, sampling_rate=250, fine_tune_epochs=2)
    assert chain.gate is None, "there are fewer than 20 recordings"
    chain.gate = some_gate(chain, records[0])
    return chain


@pytest.fixture
def compiled(tool, tmp_path):
    """Export a chain, compile it, and return what plays signals to it."""

    def compile_chain(chain, *options, compiler="gcc", optimize="speed"):
        export_c(chain, tmp_path, optimize=optimize)
        options = (*options, *(["-DRHYTHM"] if chain.has_rhythm else []))
        options += ("-DTWO_LEADS",) * (chain.inputs.n_leads == 2)
        library = compile_stream(tool(compiler), tmp_path, "ecg_beat", *options)
        return CompiledStream(library, chain.classes_)

    return compile_chain
