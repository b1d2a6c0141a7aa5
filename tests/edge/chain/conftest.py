"""A small chain that the tests of chains share."""

import pytest
from streamed import CompiledStream, compile_stream

from sklearn_ecg import make_device_pipeline
from sklearn_ecg.edge import export_c, quantize_chain


@pytest.fixture(scope="session")
def device_pipeline(synthetic_beats):
    pipeline = make_device_pipeline(
        250,
        0.8,
        n_stages=1,
        n_epochs=8,
        batch_size=64,
        module_params={"n_hidden": 16},
        random_state=0,
    )
    return pipeline.fit(synthetic_beats.data, synthetic_beats.target)


@pytest.fixture(scope="session")
def chain(device_pipeline, synthetic_beats):
    return quantize_chain(
        device_pipeline, synthetic_beats.records, sampling_rate=250, fine_tune_epochs=2
    )


@pytest.fixture
def compiled(tool, tmp_path):
    """Export a chain, compile it, and return what plays signals to it."""

    def compile_chain(chain, *options, compiler="gcc"):
        export_c(chain, tmp_path)
        library = compile_stream(tool(compiler), tmp_path, "ecg_beat", *options)
        return CompiledStream(library, chain.classes_)

    return compile_chain
