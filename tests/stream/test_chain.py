"""A chain as a model: what the device says, by annotate, a stream, and an archive."""

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import BeatStream, adapt, annotate, annotate_many, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import flag_names, quantize
from sklearn_ecg.records import recording_from_array

RATE = 250


@pytest.fixture(scope="module")
def training():
    return make_ecg(3, duration=60, random_state=0)


@pytest.fixture(scope="module")
def pipeline(training):
    pipeline = make_beat_pipeline(
        sparsity=0.8, n_epochs=4, n_stages=1, batch_size=64, random_state=0
    )
    return pipeline.fit(training.data, training.target)


@pytest.fixture(scope="module")
def chain(pipeline, training):
    return quantize(pipeline, training.records, sampling_rate=RATE, fine_tune_epochs=1)


def with_gap(rate, n_missing):
    """A signal at a rate, some samples of which are missing."""
    record = make_ecg(1, duration=60, sampling_rate=rate, random_state=5).records[0]
    signal = record.p_signal[:, 0].copy()
    signal[20 * rate : 20 * rate + n_missing] = np.nan
    return signal


@pytest.mark.parametrize("rate", [128, 250, 360])
@pytest.mark.parametrize("n_missing", [0, 40, 1000])
def test_annotate_says_what_the_chain_says(chain, rate, n_missing):
    recording = recording_from_array(with_gap(rate, n_missing), rate, "MLII")
    beats = annotate(recording, chain).beats
    events = chain.run(*chain.read(recording))
    assert len(beats) > 50
    for name in ("label", "margin", "flags"):
        np.testing.assert_array_equal(beats[name], events[name])
    at = events["sample"] * rate / RATE
    np.testing.assert_array_equal(beats["sample"], np.rint(at))
    sums = beats[[name for name in beats if name.startswith("p_")]].sum(axis=1)
    np.testing.assert_allclose(sums, 1)


@pytest.mark.parametrize("rate", [128, 250, 257])
@pytest.mark.parametrize("size", [1, 37, 5000])
def test_a_stream_says_what_annotate_says_however_it_is_cut(chain, rate, size):
    signal = with_gap(rate, 300)[: (20 if size == 1 else 60) * rate]
    whole = annotate(recording_from_array(signal, rate, "MLII"), chain).beats
    stream = BeatStream(chain, rate)
    pieces = [
        stream.push(signal[start : start + size])
        for start in range(0, len(signal), size)
    ]
    found = pd.concat(
        [piece for piece in [*pieces, stream.flush()] if len(piece)], ignore_index=True
    )
    pd.testing.assert_frame_equal(found, whole)


@pytest.mark.parametrize("size", [50, 1000, 10_000])
def test_flat_stretches_are_the_same_however_a_stream_is_cut(chain, size):
    noise = np.random.default_rng(0).normal(size=60 * RATE)
    signal = with_gap(RATE, 0)
    signal[5000:7000] = signal[5000] + 0.002 * noise[5000:7000]
    signal[10_000:11_000] = signal[10_000]
    whole = annotate(recording_from_array(signal, RATE, "MLII"), chain).quality
    stream = BeatStream(chain, RATE)
    for start in range(0, len(signal), size):
        stream.push(signal[start : start + size])
    stream.flush()
    found = stream.quality
    assert found["reason"].tolist() == ["flat", "flat"]
    assert (found["start"] / RATE).tolist() == whole["start"].tolist()
    assert (found["stop"] / RATE).tolist() == whole["stop"].tolist()


def test_samples_that_are_missing_at_the_start_are_passed_over(chain):
    signal = with_gap(RATE, 0)
    late = np.concatenate([np.full(70_000, np.nan), signal])
    stream = BeatStream(chain, RATE)
    stream.gap(70_000)
    stream.push(signal)
    found = stream.flush()
    whole = annotate(recording_from_array(late, RATE, "MLII"), chain).beats
    assert found["sample"].iloc[-1] == whole["sample"].iloc[-1] > 70_000


@pytest.mark.parametrize("rate", [128, 250, 257, 360])
@pytest.mark.parametrize("n_missing", [30_001, 123_456])
def test_a_gap_is_as_if_missing_samples_were_pushed(chain, rate, n_missing):
    signal = with_gap(rate, 0)[: 30 * rate]
    gap, pushed = BeatStream(chain, rate), BeatStream(chain, rate)
    missing = np.array_split(np.full(n_missing, np.nan), 7)
    found = [gap.push(signal), gap.gap(n_missing), gap.push(signal), gap.flush()]
    expected = [pushed.push(signal), *map(pushed.push, missing)]
    expected += [pushed.push(signal), pushed.flush()]
    found, expected = (
        pd.concat([each for each in tables if len(each)], ignore_index=True)
        for tables in (found, expected)
    )
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(gap.quality, pushed.quality)


def test_a_year_without_the_electrode_takes_no_time(chain):
    signal = with_gap(360, 0)
    stream = BeatStream(chain, 360)
    stream.push(signal)
    stream.gap(365 * 86_400 * 360)
    beats = stream.push(signal)
    assert beats["time"].iloc[0] > 365 * 86_400
    assert beats["rr_prev"].iloc[1] < 2


def test_a_chain_goes_into_an_archive_and_makes_reports(chain, tmp_path):
    make_ecg(2, duration=30, random_state=6, directory=tmp_path / "in")
    manifest = annotate_many(
        tmp_path / "in", chain, tmp_path / "out", formats=["csv", "html"]
    )
    assert (manifest["beats"] > 20).all()
    again = annotate_many(
        tmp_path / "in", chain, tmp_path / "out", formats=["csv", "html"]
    )
    pd.testing.assert_frame_equal(manifest, again)
    table = pd.read_csv(tmp_path / "out" / "synthetic_000.csv")
    assert {"label", "margin", "flags"} <= set(table)


@pytest.fixture(scope="module")
def told(pipeline, training):
    return quantize(
        pipeline,
        training.records,
        sampling_rate=RATE,
        detector=False,
        fine_tune_epochs=0,
    )


class Source:
    """R peaks that come with the pushes to which they are given."""

    def __init__(self, *found):
        self._found = list(found)

    def push(self, samples):
        return self._found.pop(0)

    def flush(self):
        return []


def test_a_chain_that_is_told_takes_r_peaks(told, training):
    record = training.records[0]
    r_peaks = training.data["sample"][training.data["record"].map(id) == id(record)]
    beats = annotate(record, told, r_peaks=r_peaks.to_numpy()).beats
    assert len(beats) == len(r_peaks)
    assert np.abs(beats["sample"] - r_peaks.to_numpy()).max() <= 1
    with pytest.raises(ValueError, match="told the R peaks"):
        annotate(record, told)


@pytest.mark.parametrize("n_samples", [5000, 5003])
@pytest.mark.parametrize("rate", [250, 360, 1000])
def test_a_beat_may_be_at_the_first_and_at_the_last_sample(told, rate, n_samples):
    recording = recording_from_array(with_gap(rate, 0)[:n_samples], rate, "MLII")
    beats = annotate(recording, told, r_peaks=[0, 2000, n_samples - 1]).beats
    apart = beats["sample"] - [0, 2000, n_samples - 1]
    assert apart.abs().max() <= max(rate / RATE, 1)
    assert beats["sample"].max() < n_samples


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([400.5], "whole numbers"),
        ([0.5, 1.25], "seconds"),
        ([800, 400], "must rise"),
        ([1000], "0 to 999"),
        ([-1], "0 to 999"),
    ],
)
def test_what_a_source_of_r_peaks_returns_is_checked(told, found, said):
    stream = BeatStream(told, RATE, r_peaks=Source(found))
    with pytest.raises(ValueError, match=said):
        stream.push(with_gap(RATE, 0)[:1000])


@pytest.mark.parametrize(
    ("found", "is_late"),
    [([[], [], [300], [], [2400]], False), ([[], [], [], [], [300, 2400]], True)],
)
def test_a_beat_that_is_told_when_its_samples_are_forgotten_is_late(
    told, found, is_late
):
    stream = BeatStream(told, RATE, r_peaks=Source(*found))
    pieces = np.split(with_gap(RATE, 0)[: 10 * RATE], 5)
    found = [stream.push(piece) for piece in pieces]
    beats = pd.concat([*found, stream.flush()])
    late = ["late" in flag_names(flags) for flags in beats["flags"]]
    assert late == [is_late, False]
    assert (beats["label"] == "?").tolist() == late


def test_a_chain_that_detects_takes_no_r_peaks(chain, training):
    with pytest.raises(ValueError, match="finds the R peaks itself"):
        annotate(training.records[0], chain, r_peaks=[500, 900])


def test_a_chain_learns_from_an_annotation_only(chain, training):
    with pytest.raises(TypeError, match=r"learns from an annotation .* a DataFrame"):
        adapt(chain, training.data, training.target)
