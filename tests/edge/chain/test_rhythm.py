"""The rhythm that a chain tells: its C beside Python, and annotate beside both."""

import copy
import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compiled import SANITIZED
from sklearn.base import clone

from sklearn_ecg import BeatStream, annotate
from sklearn_ecg.edge import export_c, play, profile
from sklearn_ecg.edge.c._selftest import episode_rows
from sklearn_ecg.rhythm import KINDS

RATE = 250
DRIVER = Path(__file__).parents[2] / "helpers" / "rhythm_driver.c"
LABELS = np.array(["N", "S", "V", "F", "?", "O"], dtype=object)
CLASSES = np.array(["F", "N", "O", "Q", "S", "V"], dtype=object)
SHARES = (
    (0.90, 0.02, 0.05, 0.01, 0.01, 0.01),
    (0.50, 0.10, 0.30, 0.05, 0.03, 0.02),
    (0.60, 0.00, 0.40, 0.00, 0.00, 0.00),
    (1.00, 0.00, 0.00, 0.00, 0.00, 0.00),
    (0.80, 0.02, 0.02, 0.02, 0.02, 0.12),
    (0.40, 0.10, 0.10, 0.10, 0.10, 0.20),
)


@pytest.fixture(scope="module")
def of_all_classes(chain):
    """A chain whose labels are of all classes of the rhythm; its network stays."""
    other = clone(chain)
    other.classes = other.classes_ = CLASSES
    return other


@pytest.fixture(scope="module")
def hear(chain, of_all_classes, tool, tmp_path_factory):
    """Return a function that hands events to the C of the rhythm alone."""
    directory = tmp_path_factory.mktemp("rhythm")
    export_c(chain, directory)
    source = directory / "ecg_beat.c"
    text = source.read_text()
    n_classes = f"ECG_BEAT_N_CLASSES {len(CLASSES)}"
    header = directory / "ecg_beat.h"
    numbers = header.read_text().replace(
        f"ECG_BEAT_N_CLASSES {len(chain.classes_)}", n_classes
    )
    header.write_text(numbers)
    before, _, after = text.partition("ecg_beat_heard_as[ECG_BEAT_N_CLASSES] = {")
    table = "ecg_beat_heard_as[ECG_BEAT_N_CLASSES] = { 3, 0, 6, 4, 1, 2 "
    source.write_text(before + table + after[after.index("}") :])
    library = directory / "rhythm.so"
    options = [*SANITIZED, "-Wno-unused-function", "-shared", "-fPIC"]
    options = [each for each in options if "address" not in each]
    command = [tool("gcc"), *options, "-fsanitize=undefined", f"-I{directory}"]
    subprocess.run([*command, DRIVER, "-o", library], check=True)
    compiled = ctypes.CDLL(str(library))
    codes = {label: code for code, label in enumerate(CLASSES)} | {"?": 255}

    def of_events(events, n_samples):
        columns = events.assign(label=events["label"].map(codes))
        columns = columns[["sample", "label", "margin", "rr_prev"]]
        beats = np.ascontiguousarray(columns.to_numpy(dtype=np.uint32))
        rows = np.zeros((4 * len(beats) + 100, 7), dtype=np.uint32)
        n = compiled.hear(
            ctypes.c_void_p(beats.ctypes.data),
            ctypes.c_uint32(len(beats)),
            ctypes.c_uint32(n_samples),
            ctypes.c_void_p(rows.ctypes.data),
            ctypes.c_uint32(len(rows)),
        )
        return rows[:n].astype(np.int64)

    return of_events


def random_events(random, start=0):
    """Make beats of all kinds, regular and not, with patterns, pauses and gaps."""
    n = random.integers(5, 600)
    spread = random.choice([1, 5, 20, 60, 120])
    intervals = random.normal(random.choice([30, 60, 120, 200, 300, 400]), spread, n)
    labels = LABELS[random.choice(6, n, p=SHARES[random.integers(len(SHARES))])]
    if random.random() < 0.6:
        first, stop = np.sort(random.integers(0, n, 2))
        pattern = LABELS[random.integers(0, 3, random.integers(1, 6))]
        if random.random() < 0.7:
            pattern = [*"NNN"[: random.integers(1, 4)], random.choice(["S", "V"])]
        labels[first:stop] = np.resize(pattern, stop - first)
    for place in random.integers(0, n, random.integers(6)):
        intervals[place] += random.choice([400, 2000, 8000, 15_001, 20_000, 31_000])
    if random.random() < 0.1:
        intervals = random.integers(7400, 11_000, n)
    is_known = random.random(n) > random.choice([0, 0.01, 0.1])
    is_known[0] = False
    intervals = np.maximum(intervals, 26).astype(np.int64)
    samples = start + np.cumsum(intervals)
    margins = random.integers(0, random.choice([10, 3000, 65_536]), n)
    return pd.DataFrame(
        {
            "sample": samples,
            "label": labels,
            "margin": np.where(labels == "?", 0, margins),
            "rr_prev": np.where(is_known, np.minimum(4 * intervals, 65_535), 0),
        }
    )


def test_any_beats_give_the_episodes_of_python(hear, of_all_classes):
    n_told = np.zeros(len(KINDS), dtype=int)
    for seed in range(80):
        random = np.random.default_rng(seed)
        start = int(random.choice([0, 2**31 - 20_000, 2**32 - 10**7]))
        events = random_events(random, start)
        end = int(events["sample"].iloc[-1] + random.choice([1, 200, 40_000]))
        told = episode_rows(of_all_classes.episodes(events, end))
        assert np.array_equal(hear(events, end), told), seed
        np.add.at(n_told, told[:, 2], 1)
    assert (n_told > 0).all(), dict(zip(KINDS, n_told, strict=True))


def test_an_hour_of_fibrillation_is_one_episode_with_its_share_of_beats(
    hear, of_all_classes
):
    random = np.random.default_rng(0)
    samples = 100 + np.cumsum(random.integers(100, 275, 5000))
    events = pd.DataFrame(
        {"sample": samples, "label": "N", "margin": 900, "rr_prev": 800}
    )
    end = int(samples[-1]) + 1
    told = episode_rows(of_all_classes.episodes(events, end))
    of_af = told[told[:, 2] == 0]
    assert of_af[:, 1].tolist() == [0, 1]
    assert of_af[1, 5] == len(samples) - 1
    assert of_af[1, 6] > 1000
    assert np.array_equal(hear(events, end), told)


def test_annotate_says_what_the_device_tells(chain, synthetic_beats):
    record = copy.copy(synthetic_beats.records[2])
    missing = record.p_signal.copy()
    missing[4000:5500] = np.nan
    record.p_signal, recording = missing, record
    counts, lead_off = chain.read(recording)
    events = chain.run(counts, lead_off)
    told = chain.episodes(events, len(counts))
    told = told[told["event"] == "end"].sort_values(["first", "last", "kind"])
    said = annotate(recording, chain)
    assert said.episodes["kind"].tolist() == told["kind"].tolist()
    assert "not analysable" in said.episodes["kind"].tolist()
    for column, name in (("start", "first"), ("stop", "last")):
        assert np.allclose(said.episodes[column], told[name] / RATE, atol=1 / RATE)
    shares = (told["certainty"] / 1024)[told["kind"] != "not analysable"]
    assert said.episodes["certainty"].dropna().tolist() == shares.tolist()
    stream = BeatStream(chain, record.fs, leads=record.sig_name)
    live = []
    for block in np.array_split(missing, 37):
        stream.push(block)
        live.append(stream.episodes)
    stream.flush()
    live = pd.concat([*live, stream.episodes], ignore_index=True)
    ended = live[live["event"] == "end"].sort_values(["start", "stop", "kind"])
    assert ended["kind"].tolist() == said.episodes["kind"].tolist()
    assert np.allclose(ended["start"], said.episodes["start"])


def test_a_flag_of_export_leaves_the_rhythm_out(chain, tmp_path, tools_of):
    tools_of("cortex-m4")
    with_rhythm, without = tmp_path / "with", tmp_path / "without"
    export_c(chain, with_rhythm)
    export_c(chain, without, rhythm=False)
    assert "episode" not in (without / "ecg_beat.h").read_text()
    of_both = [profile(each, options="-Os") for each in (with_rhythm, without)]
    assert [report.n_different for report in of_both] == [0, 0]
    assert [report.n_episodes for report in of_both] == [1, 0]
    more, less = of_both
    assert more.flash - less.flash < 2300
    assert more.ram - less.ram < 620
    assert more.instructions - less.instructions < 2000
    with pytest.raises(ValueError, match="exported without the rhythm"):
        play(without, chain, [], return_episodes=True)


def test_a_chain_of_other_classes_has_no_rhythm(chain, quantized, tmp_path):
    other = clone(chain)
    other.classes = other.classes_ = np.array(list("NXYZW"))[: len(chain.classes_)]
    assert not other.has_rhythm
    export_c(other, tmp_path)
    assert "episode" not in (tmp_path / "ecg_beat.h").read_text()
    for model in (other, quantized):
        with pytest.raises(ValueError, match="rhythm=True is for a chain"):
            export_c(model, tmp_path / "no", rhythm=True)
    with pytest.raises(ValueError, match="the model says"):
        other.episodes(chain.run(np.zeros(500, dtype=int)), 500)


def test_a_recording_does_not_end_before_its_last_beat(chain):
    events = random_events(np.random.default_rng(0)).assign(label="N")
    with pytest.raises(ValueError, match="n_samples=5 is before the last beat"):
        chain.episodes(events, 5)
