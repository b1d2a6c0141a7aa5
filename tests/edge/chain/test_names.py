"""Names on a device: the adapted chain, its table, and the C that takes it."""

import ctypes
import struct
import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from compiled import SANITIZED, STRICT
from sklearn.base import clone
from streamed import DRIVER

from sklearn_ecg import adapt, annotate
from sklearn_ecg.edge import export_c, names_table, profile, quantize
from sklearn_ecg.edge._names import with_odd_names

TAKEN, DAMAGED, OF_ANOTHER = range(3)


@pytest.fixture(scope="module")
def named(chain, synthetic_beats):
    """An annotation by the chain of which the first beats are called V."""
    annotation = annotate(synthetic_beats.records[1], chain)
    said = annotation.beats.head(40)[["sample"]].assign(label="V")
    return annotation.corrected(said)


@pytest.fixture(scope="module")
def adapted(chain, named):
    return adapt(chain, named, strength=3.0)


class Named:
    """An exported chain that takes names."""

    def __init__(self, chain, directory, compiler, optimize):
        export_c(chain, directory, optimize=optimize, names=True)
        library = directory / "names.so"
        command = [compiler, "-O1", *STRICT, "-fsanitize=undefined", "-shared", "-fPIC"]
        command += [f"-I{directory}", DRIVER.with_name("names_driver.c")]
        subprocess.run([*command, "-o", library], check=True)
        self.library = ctypes.CDLL(str(library))

    def play(self, counts, start, table):
        """Return sample, label and margin of each beat."""
        counts = np.ascontiguousarray(counts, dtype=np.int16)
        rows = np.zeros((len(counts) // 8 + 100, 3), dtype=np.uint32)
        n = self.library.play(
            ctypes.c_void_p(counts.ctypes.data),
            ctypes.c_uint32(len(counts)),
            ctypes.c_uint32(start),
            table,
            ctypes.c_uint32(len(table)),
            ctypes.c_void_p(rows.ctypes.data),
        )
        return rows[:n].astype(np.int64)

    def status_of(self, table):
        """Return what becomes of a table."""
        return self.library.status_of(table, ctypes.c_uint32(len(table)))


@pytest.fixture(scope="module")
def in_c(chain, tool, tmp_path_factory):
    return Named(chain, tmp_path_factory.mktemp("names"), tool("gcc"), "speed")


def rows_of(chain, counts):
    events = chain.run(counts)
    codes = {label: code for code, label in enumerate(chain.classes_)} | {"?": 255}
    columns = events.assign(label=events["label"].map(codes))
    return columns[["sample", "label", "margin"]].to_numpy(dtype=np.int64)


def test_an_adapted_chain_labels_as_it_was_told(chain, named):
    chain = clone(chain)
    # Beats that skip the network keep their label.
    chain.gate = None
    annotation = annotate(named.recording, chain)
    said = annotation.beats.head(40)[["sample"]].assign(label="V")
    adapted = adapt(chain, annotation.corrected(said), strength=3.0)
    before = annotation.beats["label"].head(40)
    after = annotate(named.recording, adapted).beats["label"].head(40)
    assert (before == "V").mean() < 0.6
    assert (after == "V").mean() > 0.9
    assert adapted.fingerprint_ != chain.fingerprint_
    old, new = chain.network.layers, adapted.network.layers
    assert new[:-1] == old[:-1]
    assert not new[-1].weight[old[-1].weight == 0].any()


@pytest.mark.parametrize("optimize", ["speed", "size", "fast"])
def test_the_c_labels_as_the_adapted_chain(
    optimize, chain, adapted, synthetic_beats, tmp_path, tool
):
    stream = Named(chain, tmp_path, tool("gcc"), optimize)
    table = names_table(chain, adapted, optimize)
    assert len(table) <= 2048
    counts = chain.read(synthetic_beats.records[2])[0]
    assert np.array_equal(stream.play(counts, 0, table), rows_of(adapted, counts))


def test_names_count_from_the_next_beat_on(in_c, chain, adapted, synthetic_beats):
    counts = chain.read(synthetic_beats.records[1])[0]
    half = len(counts) // 2
    found = in_c.play(counts, half, names_table(chain, adapted))
    without, named = rows_of(chain, counts), rows_of(adapted, counts)
    is_early = found[:, 0] < half - 1000
    is_late = found[:, 0] > half
    assert np.array_equal(found[is_early], without[is_early])
    assert np.array_equal(found[is_late], named[is_late])
    assert not np.array_equal(without[is_late], named[is_late])


def test_a_table_with_a_wrong_bit_or_length_is_refused(
    in_c, chain, adapted, synthetic_beats
):
    table = names_table(chain, adapted)
    assert in_c.status_of(table) == TAKEN
    for bit in range(8 * len(table)):
        spoilt = bytearray(table)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert in_c.status_of(bytes(spoilt)) == DAMAGED
    for n_bytes in range(len(table)):
        assert in_c.status_of(table[:n_bytes]) == DAMAGED
    random = np.random.default_rng(0)
    for n_bytes in random.integers(0, 2 * len(table), 500).tolist():
        assert in_c.status_of(random.bytes(n_bytes)) == DAMAGED
    counts = chain.read(synthetic_beats.records[0])[0][:5000]
    spoilt = in_c.play(counts, 0, bytes(spoilt))
    assert np.array_equal(spoilt, rows_of(chain, counts))


def changed(table, place, value):
    """Change a byte of a table, and its checksum."""
    body = bytearray(table[:-4])
    body[place] = value
    return bytes(body) + struct.pack("<I", zlib.crc32(body))


def test_a_table_of_another_model_is_refused(in_c, chain, adapted):
    table = names_table(chain, adapted)
    other = with_odd_names(chain)
    assert in_c.status_of(names_table(other, with_odd_names(other))) == OF_ANOTHER
    assert in_c.status_of(names_table(chain, adapted, "fast")) == OF_ANOTHER
    assert in_c.status_of(changed(table, 0, 2)) == OF_ANOTHER
    for place in range(4, 8):
        assert in_c.status_of(changed(table, place, table[place] ^ 1)) == OF_ANOTHER


def test_only_an_adaptation_of_a_chain_makes_a_table(chain, adapted, named):
    other = clone(chain)
    other.inputs = replace(chain.inputs, limits=(-100, 100))
    with pytest.raises(ValueError, match="adapted is no adaptation of chain"):
        names_table(other, adapted)
    with pytest.raises(TypeError, match="learns from an annotation of which a reader"):
        adapt(chain, pd.DataFrame())
    with pytest.raises(ValueError, match="Nobody has said anything"):
        adapt(chain, annotate(named.recording, chain))


def test_a_profile_counts_what_takes_names(chain, tmp_path, tools_of):
    tools_of("cortex-m4")
    export_c(chain, tmp_path, names=True)
    report = profile(tmp_path, options="-Os")
    assert report.n_different == 0
    without = tmp_path / "without"
    export_c(chain, without)
    more = report.flash - profile(without, options="-Os").flash
    assert 100 < more < 600


@pytest.mark.parametrize("options", [["-O2"], SANITIZED], ids=" ".join)
def test_the_self_test_has_names(options, chain, tmp_path, tool):
    files = export_c(chain, tmp_path, names=True)
    sources = [file for file in files if file.suffix == ".c"]
    program = tmp_path / "selftest"
    command = [tool("gcc"), *options, *STRICT, *sources, "-o", program]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "ecg_beat: 0 of 9 beats and 1 episodes differ\n", done.stderr
    assert "_adapt(stream, damaged" in (tmp_path / "ecg_beat_selftest.c").read_text()


def test_a_chain_that_is_told_takes_no_names(
    device_pipeline, synthetic_beats, named, tmp_path
):
    told = quantize(
        device_pipeline,
        synthetic_beats.records[:2],
        sampling_rate=250,
        fine_tune_epochs=0,
        detector=False,
    )
    with pytest.raises(ValueError, match="finds beats, in one lead"):
        export_c(told, tmp_path, names=True)
    with pytest.raises(ValueError, match="finds beats, in one lead"):
        adapt(told, named)
