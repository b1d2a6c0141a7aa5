"""The C of a chain beside its twin, event for event."""

import ctypes
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compiled import SANITIZED, STRICT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from streamed import differences, disturbed

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, load_pretrained
from sklearn_ecg.edge import export_c, flag_names, play, profile, quantize

RATE = 250
QUICK = {"n_stages": 1, "n_epochs": 2, "random_state": 0}
CHUNKS = (25, 1, 60, 7, 120)
HELPERS = Path(__file__).parents[2] / "helpers"


def assert_same(chain, stream, counts, lead_off=None, gaps=(), chunks=CHUNKS):
    events = chain.run(counts, lead_off, gaps)
    played = stream.run(counts, lead_off, gaps, chunks=chunks)
    assert differences(events, played) is None
    told = chain.episodes(events, len(counts) + sum(lost for _, lost in gaps))
    assert differences(told, stream.episodes) is None
    return events


def test_the_rhythm_begins_anew_after_a_long_pause(chain, compiled, synthetic_beats):
    counts = chain.read(synthetic_beats.records[0])[0][: 20 * RATE]
    stream = compiled(chain)
    for seconds, is_known in ((60, True), (125, False)):
        pause = np.full(seconds * RATE, counts[-1])
        events = assert_same(chain, stream, np.concatenate([counts, pause, counts]))
        is_after = events["sample"] > len(counts) + len(pause) - RATE
        after = events[is_after].iloc[0]
        assert (after["rr_prev"] > 0) == is_known
        assert ("after_gap" in flag_names(after["flags"])) != is_known


def test_a_push_says_that_nobody_polls(chain, compiled, synthetic_beats):
    stream = compiled(chain)
    library, state = stream.compiled, ctypes.create_string_buffer(stream.state_bytes)
    counts = [int(count) for count in chain.read(synthetic_beats.records[2])[0]]
    event = ctypes.create_string_buffer(16)
    library.ecg_beat_stream_init(state)
    kept = []
    for count in counts:
        kept.append(library.ecg_beat_stream_push(state, count, 0))
        while library.ecg_beat_stream_poll(state, event):
            pass
    assert set(kept) == {1}
    library.ecg_beat_stream_init(state)
    kept = [library.ecg_beat_stream_push(state, count, 0) for count in counts]
    # Sixteen peaks wait, of at least 200 ms each.
    first_lost = kept.index(0)
    assert 16 * 0.2 * RATE < first_lost < 20 * RATE
    assert kept.count(0) < (len(counts) - first_lost) / (0.2 * RATE) + 1
    assert library.ecg_beat_stream_push(state, 0, 1) == 1


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("options", [["-O2"], ["-Os"], ["-O3", "-march=native"]])
def test_c_gives_the_events_of_the_twin(
    compiler, options, chain, compiled, synthetic_beats
):
    stream = compiled(chain, *options, compiler=compiler)
    for record in synthetic_beats.records:
        events = assert_same(chain, stream, chain.read(record)[0])
        assert len(events) > 50


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_chain_in_lanes_gives_the_events_of_the_twin(
    compiler, chain, compiled, synthetic_beats
):
    stream = compiled(chain, "-Os", compiler=compiler, optimize="fast")
    for record in synthetic_beats.records[:2]:
        assert_same(chain, stream, chain.read(record)[0])


def test_any_signal_in_any_pieces_gives_the_events_of_the_twin(
    chain, compiled, synthetic_beats
):
    stream = compiled(chain)
    whole = chain.read(synthetic_beats.records[1])[0]

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        st.integers(0, 2**32 - 1),
        st.integers(0, len(whole) - 2),
        st.integers(2, 9000),
        st.lists(st.integers(1, 120), min_size=1, max_size=6),
    )
    def play(seed, start, length, chunks):
        signal = disturbed(whole[start : start + length], seed)
        assert_same(chain, stream, *signal, chunks=chunks)

    play()


@pytest.mark.parametrize(
    ("rate", "options"),
    [
        (100, {"latency": "immediate"}),
        (128, {}),
        (187, {"activations": "int16"}),
        (360, {}),
        (500, {"latency": "immediate", "activations": "int16"}),
        (1000, {"limits": (-400, 400)}),
    ],
)
def test_every_device_gives_the_events_of_its_twin(
    rate, options, device_pipeline, compiled, synthetic_beats
):
    chain = quantize(
        device_pipeline,
        synthetic_beats.records,
        sampling_rate=rate,
        fine_tune_epochs=0,
        **options,
    )
    stream = compiled(chain)
    for number, record in enumerate(synthetic_beats.records):
        counts = chain.read(record)[0]
        chunks = (rate // 10, 3, rate // 5)
        assert_same(chain, stream, *disturbed(counts, number), chunks=chunks)
        assert_same(chain, stream, counts, chunks=chunks)


@pytest.mark.parametrize("latency", ["next_beat", "immediate"])
def test_a_chain_that_is_told_of_r_peaks_gives_the_events_of_its_twin(
    latency, device_pipeline, compiled, synthetic_beats
):
    """As from a chip that finds them in hardware; here those of another chain."""
    options = {"sampling_rate": 250, "fine_tune_epochs": 0, "latency": latency}
    records = synthetic_beats.records
    finds = quantize(device_pipeline, records, **options)
    chain = quantize(device_pipeline, records, detector=False, **options)
    stream = compiled(chain, "-DTOLD")
    assert stream.state_bytes < 3200
    for number, record in enumerate(records):
        counts = finds.read(record)[0]
        found = finds.run(counts)
        told = chain.run(counts, r_peaks=found["sample"])
        # Whether it was found here or elsewhere is all that differs.
        assert told["sample"].equals(found["sample"])
        assert told["label"].equals(found["label"])
        counts, off, gaps = disturbed(counts, number)
        r_peaks = np.unique(np.random.default_rng(number).integers(0, 10**5, 300))
        events = chain.run(counts, off, gaps, r_peaks)
        played = stream.run(counts, off, gaps, r_peaks, chunks=CHUNKS)
        assert differences(events, played) is None


def test_only_a_chain_without_a_detector_is_told(chain):
    with pytest.raises(ValueError, match="finds them itself"):
        chain.run(np.zeros(9, int), r_peaks=[5])


@pytest.mark.parametrize("r_peaks", [[5, 5], [1.5], [[1, 2]]])
def test_r_peaks_that_do_not_rise_are_refused(r_peaks, chain):
    told = clone(chain)
    told.inputs = replace(chain.inputs, detects=False)
    with pytest.raises(ValueError, match="r_peaks must be whole numbers of samples"):
        told.run(np.zeros(100, int), r_peaks=r_peaks)


SEGMENTERS = {
    "intervals": {},
    "no features": {"rr_features": None},
    "one of the patient": {"relative_features": ["rr_prev_over_q50"]},
    "causal": {"rr_features": ["rr_prev"], "relative_features": "causal"},
}


@pytest.mark.parametrize("features", SEGMENTERS)
def test_every_kind_of_features_gives_the_events_of_its_twin(
    features, compiled, synthetic_beats
):
    pipeline = make_pipeline(
        BeatSegmenter(**SEGMENTERS[features]), PrunedCNNClassifier(0.8, **QUICK)
    ).fit(synthetic_beats.data, synthetic_beats.target)
    chain = quantize(
        pipeline, synthetic_beats.records, sampling_rate=250, fine_tune_epochs=0
    )
    stream = compiled(chain)
    for number, record in enumerate(synthetic_beats.records):
        counts = chain.read(record)[0]
        assert_same(chain, stream, counts)
        assert_same(chain, stream, *disturbed(counts, number))


def test_counters_are_right_after_a_day(chain, compiled, synthetic_beats):
    stream = compiled(chain)
    counts = chain.read(synthetic_beats.records[0])[0]
    a_day = 24 * 3600 * 250
    long = np.tile(counts, a_day // len(counts))
    played = stream.run(long, chunks=(100,))
    assert played["sample"].iloc[-1] > a_day - 2 * len(counts)
    late = long[-20 * len(counts) :]
    events = chain.run(late)
    shift = len(long) - len(late)
    found = events["sample"].to_numpy()[5:] + shift
    assert np.isin(found, played["sample"]).mean() > 0.99


def test_a_beat_that_was_found_too_late_is_told_of(chain, compiled):
    """A lead becomes sixty times lower: levels fall, and one looks back for seconds."""
    seconds = np.arange(60 * 250) / 250
    signal = 2000 * np.exp(-(((seconds % 0.8 - 0.4) / 0.02) ** 2))
    signal[20 * 250 :] /= 60
    signal += np.random.default_rng(0).normal(size=len(signal))
    found = assert_same(chain, compiled(chain), np.rint(signal).astype(np.int16))
    late = found[(found["flags"] & 64) != 0]
    assert len(late) >= 1
    assert late["label"].tolist() == ["?"] * len(late)
    assert (late["margin"] == 0).all()
    others = found[(found["flags"] & 64) == 0]
    assert (others["label"] != "?").all()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("options", [["-O2"], ["-Os"], SANITIZED], ids=" ".join)
def test_a_stream_is_clean_and_passes_its_own_test(
    compiler, options, chain, tmp_path, tool
):
    files = export_c(chain, tmp_path)
    sources = [file for file in files if file.suffix == ".c"]
    program = tmp_path / "selftest"
    subprocess.run(
        [tool(compiler), *options, *STRICT, *sources, "-o", program], check=True
    )
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.stdout == "ecg_beat: 0 of 9 beats and 1 episodes differ\n", done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_no_signal_makes_a_stream_do_what_c_leaves_undefined(
    compiler, chain, tmp_path, tool
):
    export_c(chain, tmp_path)
    program = tmp_path / "fuzz"
    sources = [HELPERS / "stream_fuzzer.c", tmp_path / "ecg_beat.c"]
    subprocess.run(
        [tool(compiler), *SANITIZED, f"-I{tmp_path}", *sources, "-o", program],
        check=True,
    )
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1000


def test_two_streams_and_a_classifier_fit_into_one_program(
    chain, quantized, tmp_path, tool
):
    models = {"first": chain, "second": chain, "third": quantized}
    lines = []
    for name, model in models.items():
        export_c(model, tmp_path / name, name=name)
        lines.append(f"#define {name.upper()}_SELFTEST_NO_MAIN")
        lines.append(f'#include "{name}/{name}.c"')
        lines.append(f'#include "{name}/{name}_selftest.c"')
    calls = " + ".join(f"{name}_selftest()" for name in models)
    lines.append(f"int main(void) {{ return {calls}; }}\n")
    (tmp_path / "all.c").write_text("\n".join(lines))
    includes = [f"-I{name}" for name in models]
    command = [tool("gcc"), *STRICT, *includes, "all.c", "-o", "all"]
    subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "all"], check=True)


@pytest.mark.parametrize("cpu", ["cortex-m0plus", "cortex-m3", "cortex-m4", "riscv32"])
def test_every_core_gives_the_events_of_the_twin(
    cpu, chain, synthetic_beats, tmp_path, tools_of
):
    tools_of(cpu)
    export_c(chain, tmp_path)
    counts = chain.read(synthetic_beats.records[2])[0]
    report = profile(tmp_path, cpu, quantized=chain, X=counts)
    assert report.n_beats > 50
    assert report.n_different == 0
    assert report.longest_push >= report.instructions_a_sample
    assert 0 < report.n_episodes < report.n_beats
    assert report.ram == report.ram_static + report.stack
    assert "beats are the twin's, bit for bit" in str(report)
    assert "nan" not in str(report)
    events, episodes = play(tmp_path, chain, counts, cpu, return_episodes=True)
    assert differences(chain.run(counts), events) is None
    assert differences(chain.episodes(events, len(counts)), episodes) is None


@pytest.mark.parametrize("cpu", ["cortex-m4", "riscv32"])
def test_a_chain_that_is_told_is_measured_as_its_selftest_tells_it(
    cpu, chain, tmp_path, tools_of
):
    tools_of(cpu)
    told = clone(chain)
    told.inputs = replace(chain.inputs, detects=False)
    export_c(told, tmp_path)
    report = profile(tmp_path, cpu)
    assert report.n_beats > 8
    assert report.n_different == 0
    assert report.instructions_a_sample < 60
    with pytest.raises(ValueError, match="ecg_beat is told where beats are, so it"):
        profile(tmp_path, cpu, quantized=told, X=[])
    with pytest.raises(ValueError, match=r"play to a chain .* detector=True"):
        play(tmp_path, told, [], cpu)


def test_what_a_push_takes_is_bounded(chain, synthetic_beats, tmp_path, tool):
    for program in ("arm-none-eabi-gcc", "qemu-system-arm"):
        tool(program)
    export_c(chain, tmp_path)
    report = profile(tmp_path)
    assert report.longest_push < 300
    assert report.instructions_a_second() < 150_000
    assert report.ram < 4352
    assert report.estimated_days() > 100


def test_a_profile_is_of_what_is_in_the_directory(chain, quantized, tmp_path):
    export_c(chain, tmp_path)
    with pytest.raises(
        TypeError, match="has the C of a chain, and quantized is a Quan"
    ):
        profile(tmp_path, quantized=quantized, X=[])


def test_only_a_chain_is_played_to(chain, quantized, tmp_path):
    export_c(quantized, tmp_path)
    with pytest.raises(TypeError, match=r"has the C of a classifier, and .* DeviceCh"):
        play(tmp_path, chain, [])


def test_only_what_was_quantized_is_exported(device_pipeline, tmp_path):
    with pytest.raises(TypeError, match="what quantize returns"):
        export_c(device_pipeline, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("record", ["105", "207", "232"])
def test_whole_records_give_the_events_of_the_twin(record, mitdb, compiled):
    chain = quantize(
        load_pretrained("wearable"),
        [mitdb / "100"],
        sampling_rate=250,
        fine_tune_epochs=0,
    )
    counts, _ = chain.read(mitdb / record)
    events = assert_same(chain, compiled(chain), counts)
    assert len(events) > 1500


def test_the_same_chain_gives_the_same_bytes(chain, tmp_path):
    one, other = (export_c(chain, tmp_path / name) for name in ("one", "other"))
    for file, again in zip(one, other, strict=True):
        assert file.read_bytes() == again.read_bytes()
    changed = clone(chain)
    changed.inputs = replace(chain.inputs, limits=(-100, 100))
    assert changed.fingerprint_ != chain.fingerprint_
