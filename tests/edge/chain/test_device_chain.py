import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from sklearn_ecg import annotate, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import DeviceChain, flag_names, quantize, quantize_chain
from sklearn_ecg.metrics import compare_annotations, match_beats

RATE = 250


def played(chain, synthetic_beats, number=0):
    return chain.read(synthetic_beats.records[number])[0]


@pytest.fixture(scope="module")
def without_gate(chain):
    """The gate of the other chain is made up, and knows nothing of labels."""
    return clone(chain).set_params(gate=None)


def test_events_are_those_of_the_float_pipeline(
    without_gate, device_pipeline, synthetic_beats
):
    same = total = 0
    for record in synthetic_beats.records:
        events = annotate(record, without_gate).beats
        beats = annotate(record, device_pipeline).beats
        matches = match_beats(
            beats["sample"], events["sample"], sampling_rate=record.fs, tolerance=0.03
        )
        both = matches[(matches["reference"] >= 0) & (matches["detected"] >= 0)]
        labels = beats["label"].to_numpy()[both["reference"]]
        same += np.sum(labels == events["label"].to_numpy()[both["detected"]])
        total += len(matches)
    assert same / total > 0.95


def test_margins_are_logarithms_of_the_ratio_of_two_probabilities(
    without_gate, device_pipeline, synthetic_beats
):
    events = annotate(synthetic_beats.records[0], without_gate).beats
    beats = annotate(synthetic_beats.records[0], device_pipeline).beats
    columns = [name for name in beats.columns if name.startswith("p_")]
    two = np.sort(beats[columns].to_numpy(), axis=1)[:, -2:]
    rate = synthetic_beats.records[0].fs
    matches = match_beats(beats["sample"], events["sample"], sampling_rate=rate)
    matches = matches[(matches["reference"] >= 0) & (matches["detected"] >= 0)]
    expected = np.log(two[:, 1] / two[:, 0])[matches["reference"]]
    found = events["margin"].to_numpy()[matches["detected"]] / 256
    assert np.corrcoef(found, expected)[0, 1] > 0.9
    assert np.median(np.abs(found - expected)) < 0.3


def test_a_chain_pickles_and_says_what_it_is(chain, synthetic_beats):
    again = pickle.loads(pickle.dumps(chain))
    counts = played(chain, synthetic_beats)
    pd.testing.assert_frame_equal(again.run(counts), chain.run(counts))
    assert again.fingerprint_ == chain.fingerprint_
    assert isinstance(again, DeviceChain)


def test_gain_and_offset_of_the_converter_do_not_matter(chain, synthetic_beats):
    counts = played(chain, synthetic_beats)
    labels = chain.run(counts)["label"]
    for gain, offset in ((4, 0), (1, 3000), (4, -9000)):
        others = chain.run(counts.astype(int) * gain + offset)["label"]
        assert len(others) == len(labels)
        assert np.mean(labels == others) > 0.97


def test_lost_samples_are_counted_and_the_rhythm_begins_anew(chain, synthetic_beats):
    counts = played(chain, synthetic_beats)
    at = 20 * RATE
    whole = chain.run(counts)
    events = chain.run(counts, gaps=[(at, 1234)])
    early = events["sample"] < at
    # The last one before them waits in vain for the next one.
    labels = events["label"][early][:-1]
    assert labels.equals(whole["label"][: len(labels)])
    after = events[~early].iloc[0]
    assert after["sample"] >= at + 1234
    assert "after_gap" in flag_names(after["flags"])
    assert after["rr_prev"] == 0
    last = events[early].iloc[-1]
    assert "provisional" in flag_names(last["flags"])
    # The same beats are found, but for those beside the gap.
    found = np.where(early, events["sample"], events["sample"] - 1234)
    near = np.abs(found[:, np.newaxis] - whole["sample"].to_numpy()).min(axis=1)
    assert np.mean(near <= 4) > 0.9


def test_a_lead_that_is_off_is_told_of(chain, synthetic_beats):
    counts = played(chain, synthetic_beats)
    whole = chain.run(counts)["sample"]
    beat = int(whole[whole > 20 * RATE].iloc[0])
    start, stop = beat + 10, beat + 10 + 4 * RATE
    off = np.zeros(len(counts), dtype=bool)
    off[start:stop] = True
    wild = counts.copy()
    wild[off] = np.random.default_rng(0).integers(-30000, 30000, size=off.sum())
    events = chain.run(wild, off)
    pd.testing.assert_frame_equal(events, chain.run(counts, off))
    inside = events["sample"].between(start + 50, stop - 50)
    assert not inside.any()
    after = events[events["sample"] >= stop].iloc[0]
    assert after["rr_prev"] == 0
    assert "after_gap" in flag_names(after["flags"])
    beside = events[(events["sample"] - beat).abs() < 10]
    assert len(beside) == 1
    assert "lead_off" in flag_names(beside["flags"].iloc[0])
    first = events["sample"] < 15 * RATE
    assert first.sum() > 10
    assert not (events["flags"][first] & 1).any()


def test_samples_before_the_lead_is_on_are_counted(chain, synthetic_beats):
    counts = played(chain, synthetic_beats)
    begun = np.concatenate([np.full(777, 31000, np.int16), counts])
    off = np.arange(len(begun)) < 777
    events, whole = chain.run(begun, off), chain.run(counts)
    assert (events["sample"] - 777).tolist() == whole["sample"].tolist()
    assert events["label"].equals(whole["label"])


def test_saturation_is_told_of(device_pipeline, synthetic_beats):
    chain = quantize(
        device_pipeline,
        synthetic_beats.records,
        sampling_rate=RATE,
        limits=(-2000, 120),
        fine_tune_epochs=0,
    )
    counts = np.minimum(played(chain, synthetic_beats), 120)
    flags = chain.run(counts)["flags"]
    assert (flags & 2).astype(bool).mean() > 0.5


def test_noise_is_told_of(chain):
    seconds = np.arange(60 * RATE) / RATE
    beats = 200 * np.exp(-(((seconds % 0.8 - 0.4) / 0.02) ** 2))
    random = np.random.default_rng(0)
    for size, low, high in ((1, 0.0, 0.01), (60, 0.3, 1.0)):
        noise = size * random.normal(size=len(beats))
        flags = chain.run(np.rint(beats + noise).astype(int))["flags"]
        share = np.mean(["noisy" in flag_names(each) for each in flags])
        assert low <= share <= high


def test_an_interval_of_a_missed_beat_is_told_of(chain):
    seconds = np.arange(30 * RATE) / RATE
    beat = np.exp(-(((seconds % 0.8 - 0.4) / 0.02) ** 2))
    beat[(seconds > 16) & (seconds < 16.8)] = 0.0
    events = chain.run(np.rint(200 * beat).astype(int))
    after = events.index[events["sample"] > 16 * RATE][0]
    assert events["rr_prev"][after] == 1600
    assert "long_interval" in flag_names(events["flags"][after])
    assert "long_interval" not in flag_names(events["flags"][after - 1])


def test_a_beat_after_which_nothing_comes_is_labelled_all_the_same(
    chain, synthetic_beats
):
    counts = played(chain, synthetic_beats)[: 20 * RATE]
    silent = np.concatenate([counts, np.full(10 * RATE, counts[-1])])
    events = chain.run(silent)
    assert "provisional" in flag_names(events["flags"].iloc[-1])
    assert events["sample"].iloc[-1] < 20 * RATE


def test_no_signal_has_no_events(chain):
    columns = ["sample", "label", "margin", "rr_prev", "flags"]
    for counts in (np.zeros(0, np.int16), np.zeros(1, np.int16), np.zeros(9999, int)):
        events = chain.run(counts)
        assert events.columns.tolist() == columns
        assert len(events) == 0
    assert len(chain.run(np.ones(50, int), np.ones(50, bool))) == 0


def test_an_immediate_label_does_not_wait(device_pipeline, synthetic_beats):
    chain = quantize(
        device_pipeline,
        synthetic_beats.records,
        sampling_rate=RATE,
        latency="immediate",
        fine_tune_epochs=0,
    )
    counts = played(chain, synthetic_beats)
    events = chain.run(counts)
    at = events["sample"][9]
    # All that comes a second later makes no difference to what was said before.
    other = counts.copy()
    other[at + RATE :] = 0
    pd.testing.assert_frame_equal(chain.run(other)[:10], events[:10])


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        (np.zeros(9), {}, "counts must be integers .* counts_of makes them"),
        (np.zeros((9, 2), int), {}, r"shape \(9, 2\)"),
        (np.full(9, 40000), {}, "from 40000 to 40000. Shift wider ones right"),
        (np.zeros(9, int), {"lead_off": [True]}, r"shape \(1,\), must be \(9,\)"),
        (np.zeros(9, int), {"gaps": [(9, 5)]}, r"\(9, 5\): a gap is before one"),
        (np.zeros(9, int), {"gaps": [(3, 0)]}, "one sample or more is lost"),
        (np.zeros(9, int), {"gaps": [(3, 1), (3, 2)]}, "give their sum"),
    ],
)
def test_a_signal_that_is_none_is_refused(chain, counts, options, message):
    with pytest.raises(ValueError, match=message):
        chain.run(counts, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampling_rate": 50}, r"'sampling_rate' .* in \[100, 1000\]"),
        ({"adc_gain": 0}, "'adc_gain'"),
        ({"adc_gain": 1e6}, "leave the 16 bits .* Give a lower gain"),
        ({"latency": "soon"}, "'next_beat' or 'immediate'"),
        ({"limits": (5, 5)}, "limits must be the lowest"),
        ({"limits": 5}, "limits must be the lowest"),
    ],
)
def test_a_device_that_cannot_be_is_refused(
    device_pipeline, synthetic_beats, options, message
):
    options = {"sampling_rate": RATE} | options
    with pytest.raises(ValueError, match=message):
        quantize(device_pipeline, synthetic_beats.records, **options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bandpass": (0.5, 40)}, "Fit the pipeline with bandpass=None"),
        ({"normalize": None}, "Fit the pipeline with normalize='beat'"),
        ({"before": 9.0, "after": 9.0}, "Fit the pipeline with shorter ones"),
    ],
)
def test_a_segmenter_that_a_device_cannot_repeat_is_refused(
    device_pipeline, synthetic_beats, changes, message
):
    pipeline = clone(device_pipeline).set_params(
        classify__n_epochs=1,
        classify__n_stages=1,
        **{f"segment__{name}": value for name, value in changes.items()},
    )
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    with pytest.raises(ValueError, match=message):
        quantize(pipeline, synthetic_beats.records, sampling_rate=RATE)


def test_other_models_are_refused(device_pipeline, synthetic_beats):
    with pytest.raises(TypeError, match="A classifier alone takes rows"):
        quantize(device_pipeline[-1], synthetic_beats.records, sampling_rate=RATE)


def test_the_old_name_makes_the_same_chain_and_says_what_to_write(
    device_pipeline, synthetic_beats
):
    given = device_pipeline, synthetic_beats.records[:2]
    options = {"sampling_rate": RATE, "fine_tune_epochs": 0}
    with pytest.warns(FutureWarning, match=r"write quantize\(pipeline, rec") as seen:
        old = quantize_chain(*given, **options)
    assert seen[0].filename == __file__
    assert old.fingerprint_ == quantize(*given, **options).fingerprint_


def test_recordings_without_beats_are_no_calibration(device_pipeline):
    with pytest.raises(ValueError, match="finds none in 0 recordings"):
        quantize(device_pipeline, [], sampling_rate=RATE)


@pytest.mark.parametrize(
    ("rate", "expected"), [(100, 100), (250, 125), (360, 120), (500, 125), (1000, 125)]
)
def test_device_pipelines_have_windows_of_64_samples(rate, expected):
    # Features of the patient are of windows at one rate, whatever that of the device.
    for patients, window_rate in (("new", 125), ("known", expected)):
        segmenter = make_beat_pipeline(patients, device_rate=rate)[0]
        assert segmenter.sampling_rate == window_rate
        n_samples = (segmenter.before + segmenter.after) * window_rate
        assert round(n_samples) == 64


def test_a_device_pipeline_needs_a_rate_that_a_chain_has():
    with pytest.raises(ValueError, match=r"'device_rate' .* in \[100, 1000\]"):
        make_beat_pipeline(device_rate=2000)


def test_a_chain_is_compared_from_the_samples_on(chain, tmp_path):
    make_ecg(n_records=2, duration=60, random_state=3, directory=tmp_path)
    names = [tmp_path / "synthetic_000", tmp_path / "synthetic_001"]
    found = chain.compare_records(names, start=5)
    assert found.per_record.index.tolist() == ["synthetic_000", "synthetic_001"]
    assert found.gross["QRS Se"] > 0.95
    # What it says is what annotate and compare_annotations say.
    events = annotate(names[1], chain).beats
    table = events[["sample"]].assign(symbol=events["label"].astype(str))
    by_hand = compare_annotations(names[1], "atr", table, start=5)
    pd.testing.assert_frame_equal(
        found.comparisons["synthetic_001"].confusion, by_hand.confusion
    )
    one = chain.compare_records(names[1], start=5)
    pd.testing.assert_frame_equal(one.confusion, by_hand.confusion)


def test_missed_and_false_beats_count(chain, tmp_path):
    make_ecg(n_records=1, duration=60, random_state=3, directory=tmp_path)
    path = tmp_path / "synthetic_000"
    none = chain.compare_records(path, start=0, window=0.004)
    assert none.gross["QRS Se"] < 1
    assert none.confusion.loc["O"].sum() > 0  # beats of the chain that are none


def test_a_recording_that_ends_before_the_start_is_left_out_and_named(chain, tmp_path):
    make_ecg(n_records=1, duration=60, random_state=3, directory=tmp_path / "short")
    short = tmp_path / "short" / "synthetic_000"
    make_ecg(n_records=1, duration=310, random_state=4, directory=tmp_path)
    with pytest.warns(UserWarning, match="'synthetic_000': it ends at 1:00"):
        found = chain.compare_records([short, tmp_path / "synthetic_000"])
    assert found.gross["beats"] > 0
    assert found.left_out["record"].tolist() == [str(short)]
    with pytest.raises(ValueError, match=r"(?s)nothing to compare.*Pass start=0"):
        chain.compare_records(short)


def test_what_can_not_be_compared_is_refused(chain, tmp_path):
    make_ecg(n_records=1, duration=60, random_state=3, directory=tmp_path)
    path = tmp_path / "synthetic_000"
    with pytest.raises(
        ValueError, match=r"There is nothing to compare. recordings is empty"
    ):
        chain.compare_records([])
    with pytest.raises(ValueError, match="two of the name 'synthetic_000'"):
        chain.compare_records([path, path], start=0)
    named = clone(chain).set_params(classes=np.array(["N", "PVC"]))
    named.classes_ = named.classes
    with pytest.raises(ValueError, match="'PVC' is no symbol of a beat"):
        named.compare_records(path)


def test_old_names_of_a_chain_go_on_and_say_what_to_write(chain, tmp_path):
    make_ecg(n_records=1, duration=60, random_state=3, directory=tmp_path)
    path = tmp_path / "synthetic_000"
    with pytest.warns(FutureWarning, match=r"write annotate\(recording, chain\)"):
        beats = chain.annotate(path)
    pd.testing.assert_frame_equal(beats, annotate(path, chain).beats)
    with pytest.warns(FutureWarning, match=r"write chain.compare_records"):
        found = chain.score(path, start=0)
    confusion = chain.compare_records(path, start=0).confusion
    pd.testing.assert_frame_equal(found.confusion, confusion)
