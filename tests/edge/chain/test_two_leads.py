"""A chain of two leads: its C beside its twin, and its twin beside `annotate`."""

import copy
import subprocess
from pathlib import Path

import numpy as np
import pytest
from compiled import SANITIZED, STRICT
from gates import some_lead_gate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamed import differences, disturbed

from sklearn_ecg import BeatStream, annotate
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import export_c, flag_names, play, profile, quantize
from sklearn_ecg.records import recording_from_array

RATE = 250
HELPERS = Path(__file__).parents[2] / "helpers"


@pytest.fixture(scope="module")
def records():
    beats = make_ecg(
        2, duration=120, sampling_rate=RATE, leads=("MLII", "V1"), random_state=3
    )
    return beats.records


@pytest.fixture(scope="module")
def model(device_pipeline):
    return MultiLeadPipeline(device_pipeline.steps)


@pytest.fixture(scope="module")
def both(model, records):
    return quantize(model, records, sampling_rate=RATE, fine_tune_epochs=0)


@pytest.fixture(scope="module")
def spoilt(records):
    """A recording whose first lead is full of noise after a while."""
    signal = records[0].p_signal.copy()
    noise = np.random.default_rng(0).normal(0, 0.8, 80 * RATE)
    signal[20 * RATE : 100 * RATE, 0] += noise
    return recording_from_array(signal, RATE, ["MLII", "V1"])


@pytest.fixture(scope="module")
def gated(both, spoilt):
    """The same, with a gate that spares the second lead in about half of the beats."""
    chain = copy.copy(both)
    chain.gate = some_lead_gate(both, spoilt)
    return chain


def test_any_two_leads_in_any_pieces_give_the_events_of_the_twin(
    gated, compiled, records
):
    stream = compiled(gated)
    whole = gated.read(records[1])[0]

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
        st.integers(0, len(whole) - 2),
        st.integers(2, 9000),
        st.lists(st.integers(1, 120), min_size=1, max_size=6),
    )
    def play(seeds, start, length, chunks):
        part = whole[start : start + length]
        leads = [disturbed(*each) for each in zip(part.T, seeds, strict=True)]
        counts, off = (
            np.column_stack(each) for each in list(zip(*leads, strict=True))[:2]
        )
        gaps = leads[0][2]
        played = stream.run(counts, off, gaps, chunks=chunks)
        events = gated.run(counts, off, gaps)
        assert differences(events, played) is None
        told = gated.episodes(events, len(counts) + sum(lost for _, lost in gaps))
        assert differences(told, stream.episodes) is None

    play()


@pytest.mark.parametrize("optimize", ["speed", "fast"])
def test_c_believes_the_lead_that_the_twin_believes(optimize, both, compiled, spoilt):
    counts, off = both.read(spoilt)
    events = both.run(counts, off)
    in_second = (events["flags"] & 128) != 0
    assert in_second.sum() > 40
    assert "second_lead" in flag_names(events["flags"][in_second].iloc[0])
    stream = compiled(both, "-Os", optimize=optimize)
    assert differences(events, stream.run(counts, off)) is None


def test_a_first_lead_that_says_enough_spares_the_network_the_second(
    both, gated, compiled, spoilt
):
    counts, _ = both.read(spoilt)
    off = np.zeros(counts.shape, dtype=bool)
    beats = gated.inputs.beats(counts, off)
    events, logits, n_leads = gated.events(beats)
    _, of_both, n_looked = both.events(beats)
    is_spared = n_leads < n_looked
    assert 10 < is_spared.sum() < len(events) - 10
    label = gated.classes_[gated.gate.label]
    assert (events["label"][is_spared] == label).all()
    assert (logits[~is_spared] == of_both[~is_spared]).all()
    assert differences(events, compiled(gated).run(counts, off)) is None


def test_annotate_says_what_the_device_says_and_which_lead_it_believes(
    both, model, spoilt
):
    annotation = annotate(spoilt, both)
    events = both.run(*both.read(spoilt))
    beats = annotation.beats
    for name in ("sample", "label", "margin", "flags"):
        assert beats[name].tolist() == events[name].tolist()
    in_second = (events["flags"] & 128) != 0
    assert (beats["lead"] == np.where(in_second, "V1", "MLII")).all()
    # The same judge sees the same beats, and says why.
    floats = annotate(spoilt, model)
    assert annotation.leads_used[["lead", "why"]].equals(
        floats.leads_used[["lead", "why"]]
    )
    assert abs(len(beats) - len(floats.beats)) <= 2
    found = set(beats["sample"]) & set(floats.beats["sample"])
    assert len(found) > 0.97 * len(beats)


def test_a_live_stream_of_two_leads_says_the_same(both, spoilt):
    beats = annotate(spoilt, both).beats
    stream = BeatStream(both, RATE, leads=["MLII", "V1"])
    signal = np.column_stack([spoilt.read(lead) for lead in ("MLII", "V1")])
    found = [len(stream.push(part)) for part in np.array_split(signal, 300)]
    found.append(len(stream.flush()))
    assert sum(found) == len(beats)


def test_a_recording_of_one_lead_is_labelled_in_that_one(both, chain, records):
    signal = records[0].p_signal[:, 0]
    alone = recording_from_array(signal, RATE, "MLII")
    annotation = annotate(alone, both)
    assert len(annotation.beats) > 100
    assert not (annotation.beats["flags"] & (1 | 128)).any()
    named = annotate(records[0], both, lead="MLII")
    assert named.beats["label"].equals(annotation.beats["label"])


@pytest.mark.parametrize(
    ("counts", "lead_off", "match"),
    [
        (np.zeros(9, int), None, r"two leads, an array of shape \(n_samples, 2\)"),
        (np.zeros((9, 2), int), np.zeros(9), r"lead_off has the shape \(9,\)"),
    ],
)
def test_signals_of_another_shape_are_refused(counts, lead_off, match, both):
    with pytest.raises(ValueError, match=match):
        both.run(counts, lead_off)


def test_the_self_test_has_a_beat_that_only_the_second_lead_shows(both, tmp_path, tool):
    files = export_c(both, tmp_path)
    sources = [file for file in files if file.suffix == ".c"]
    program = tmp_path / "selftest"
    command = [tool("clang"), *SANITIZED, *STRICT, *sources, "-o", program]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "ecg_beat: 0 of 9 beats and 1 episodes differ\n", done.stderr
    selftest = (tmp_path / "ecg_beat.json").read_text()
    assert '"n_leads": 2' in selftest
    assert ", 128]" in selftest


def test_it_compiles_as_cpp_too(gated, tmp_path, tool):
    export_c(gated, tmp_path)
    # "{ 0 }" sets a whole structure, in C and in C++.
    whole = ["-Wno-missing-braces", "-Wno-missing-field-initializers"]
    strict = ["-std=c++11", "-Wall", "-Wextra", "-Werror", *whole]
    command = [tool("clang"), "-x", "c++", *strict]
    source, out = tmp_path / "ecg_beat.c", tmp_path / "ecg_beat.o"
    subprocess.run([*command, "-c", source, "-o", out], check=True)


def test_no_signal_makes_it_do_what_c_leaves_undefined(gated, tmp_path, tool):
    export_c(gated, tmp_path)
    program = tmp_path / "fuzz"
    sources = [HELPERS / "stream_fuzzer.c", tmp_path / "ecg_beat.c"]
    command = [tool("gcc"), *SANITIZED, "-DTWO_LEADS", f"-I{tmp_path}", *sources]
    subprocess.run([*command, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1000


def test_a_core_gives_the_events_of_the_twin(gated, spoilt, tmp_path, tools_of):
    tools_of("cortex-m4")
    export_c(gated, tmp_path)
    counts = gated.read(spoilt)[0][: 60 * RATE]
    report = profile(tmp_path, quantized=gated, X=counts)
    assert report.n_beats > 50
    assert report.n_different == 0
    assert report.longest_push < 700
    assert report.ram < 7000
    assert differences(gated.run(counts), play(tmp_path, gated, counts)) is None
