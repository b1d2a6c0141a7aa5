import copy
import pickle
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.beats._build import (
    align_in_lead,
    r_peaks_of_lead,
    read_one_lead,
)
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.records import recording_from_array

COLUMNS = ["record", "sample", "rr_prev", "rr_next", "rr_local", "r_peaks"]


def of_length(n_samples, fs=100):
    """A header of which there is no signal."""
    return wfdb.Record(
        record_name="r", fs=fs, n_sig=1, sig_name=["II"], sig_len=n_samples
    )


def test_columns_and_types(bare_record):
    table = beat_table(bare_record(), [100, 180, 300])
    assert table.columns.tolist() == COLUMNS
    assert table["record"].dtype == object
    assert table["sample"].dtype == np.int64
    assert (table.dtypes[2:5] == np.float64).all()
    assert table.index.tolist() == [0, 1, 2]


@given(
    steps=st.lists(st.integers(37, 500), min_size=1, max_size=40),
    fs=st.sampled_from([100, 128, 257, 360.5]),
)
def test_intervals_are_what_a_loop_over_the_beats_finds(steps, fs):
    samples = np.cumsum(steps) - 1
    record = wfdb.Record(
        record_name="r", fs=fs, n_sig=1, sig_name=["II"], sig_len=int(samples[-1]) + 1
    )
    table = beat_table(record, samples)
    intervals = [(after - before) / fs for before, after in pairwise(samples)]
    np.testing.assert_array_equal(table["rr_prev"], [np.nan, *intervals])
    until_next = np.minimum([*intervals, np.nan], 3.5)
    np.testing.assert_array_equal(table["rr_next"], until_next)
    local = [np.mean(intervals[max(0, i - 10) : i]) for i in range(1, len(samples))]
    np.testing.assert_allclose(table["rr_local"], [np.nan, *local], rtol=1e-12)


@given(cut=st.integers(1, 30))
def test_local_mean_does_not_look_ahead(cut):
    samples = np.cumsum(np.arange(50, 81))
    record = wfdb.Record(
        record_name="r", fs=100, n_sig=1, sig_name=["II"], sig_len=10_000
    )
    whole = beat_table(record, samples)["rr_local"][:cut]
    np.testing.assert_array_equal(whole, beat_table(record, samples[:cut])["rr_local"])


@given(
    symbols=st.lists(st.sampled_from(list("NVA/+~!|")), min_size=1, max_size=30),
    data=st.data(),
)
def test_table_with_symbols_is_that_of_the_beats_alone(symbols, data):
    position = data.draw(st.integers(0, len(symbols) - 1))
    symbols[position] = "N"
    samples = 40 * np.arange(1, len(symbols) + 1)
    record = wfdb.Record(
        record_name="r", fs=100, n_sig=1, sig_name=["II"], sig_len=10_000
    )
    table = beat_table(record, samples, symbols)
    is_beat = np.isin(symbols, list("NVA/"))
    expected = beat_table(record, samples[is_beat])
    pd.testing.assert_frame_equal(table.reset_index(drop=True), expected)
    assert set(np.asarray(symbols)[table.index]) <= set("NVA/")
    assert table.index.tolist() == np.flatnonzero(is_beat).tolist()


def test_annotations_that_are_no_beats_may_share_a_sample_or_lie_outside(bare_record):
    table = beat_table(bare_record(500), [10, 10, 90, 600], ["+", "N", "N", "~"])
    assert table["sample"].tolist() == [10, 90]


def test_single_beat_has_no_intervals(bare_record):
    assert beat_table(bare_record(300), [7]).iloc[0, 2:5].isna().all()


def test_whole_numbers_may_come_as_floats(bare_record):
    assert beat_table(bare_record(), [10.0, 90.0])["sample"].tolist() == [10, 90]


def test_first_and_last_sample_are_inside_the_signal(bare_record):
    assert len(beat_table(bare_record(500), [0, 499])) == 2


def test_record_on_disk_is_stored_as_one_absolute_path(ecg_directory, monkeypatch):
    directory, _ = ecg_directory
    monkeypatch.chdir(directory)
    for record in ("synthetic_000", Path("synthetic_000")):
        column = beat_table(record, [100, 400])["record"].tolist()
        assert column == [str(directory / "synthetic_000")] * 2
        assert column[0] is column[1]


def test_sampling_frequency_is_that_of_the_header(ecg_directory):
    directory, _ = ecg_directory
    table = beat_table(directory / "synthetic_000", [360, 720])
    assert table["rr_prev"].iloc[1] == 1.0


def test_length_missing_from_the_header_is_that_of_the_signal(write_annotated):
    path = write_annotated("short", [10], "N", n_samples=300)
    header = Path(path + ".hea")
    header.write_text(header.read_text().replace("short 1 100 300", "short 1 100"))
    assert len(beat_table(path, [299])) == 1
    with pytest.raises(ValueError, match="samples 0 to 299"):
        beat_table(path, [299, 300], on_invalid="raise")


def test_digital_record_in_memory_is_as_good(ecg_directory):
    directory, _ = ecg_directory
    record = wfdb.rdrecord(str(directory / "synthetic_000"), physical=False)
    assert beat_table(record, [100])["record"].iloc[0] is record


class TestTableInMemory:
    """A wfdb.Record has no hash and its __eq__ raises; tables need neither."""

    @pytest.fixture
    def table(self, bare_record):
        return beat_table(bare_record(), np.arange(50, 4000, 80))

    def test_rows_can_be_taken_by_scikit_learn(self, table):
        assert len(_safe_indexing(table, [3, 1])) == 2
        train, test = train_test_split(table, random_state=0)
        record = table["record"].iloc[0]
        assert len(train) + len(test) == len(table)
        assert all(item is record for item in [*train["record"], *test["record"]])

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_copies_equal_the_table(self, table, copied):
        other = copied(table)
        pd.testing.assert_frame_equal(
            other.drop(columns="record"), table.drop(columns="record")
        )
        assert len({id(record) for record in other["record"]}) == 1

    def test_pickle_holds_the_record_once(self, table):
        content = pickle.dumps(table)
        assert len(content) < 2 * table["record"].iloc[0].p_signal.nbytes
        records = pickle.loads(content)["record"]
        assert len({id(record) for record in records}) == 1
        np.testing.assert_array_equal(
            records.iloc[0].p_signal, table["record"].iloc[0].p_signal
        )

    def test_joblib_hash_depends_on_content_only(self, table):
        other = pickle.loads(pickle.dumps(table))
        assert joblib.hash(other) == joblib.hash(table)
        other["record"].iloc[0].p_signal[5] = 1.0
        assert joblib.hash(other) != joblib.hash(table)

    def test_concatenates_with_records_on_disk(self, table, ecg_directory):
        directory, _ = ecg_directory
        on_disk = beat_table(directory / "synthetic_000", [100, 400])
        mixed = pd.concat([table, on_disk], ignore_index=True)
        assert mixed["record"].dtype == object
        assert isinstance(mixed["record"].iloc[0], wfdb.Record)
        assert isinstance(mixed["record"].iloc[-1], str)
        assert mixed.columns.tolist() == COLUMNS


@pytest.mark.parametrize(
    ("r_peaks", "message"),
    [
        ([10, 30.5], r"whole numbers of samples: position 1 holds 30.5"),
        ([10, np.nan], r"whole numbers of samples: position 1 holds nan"),
        ([10, np.inf], r"whole numbers of samples: position 1 holds inf"),
        (["a", "b"], r"whole numbers of samples, not <U1"),
        ([[10, 30]], r"one dimension, .* not the shape \(1, 2\)"),
        ([], r"has no beat"),
        ([0.4, 1.2, 1.9], r"position 0 holds 0.4 \(and 2 more\)\. They seem to be sec"),
        (np.arange(500) % 99 == 7, r"not a mask of 500 entries\. np\.flatnonzero"),
        ([500], r"sample 500 of record ward 7: outside of the signal"),
    ],
)
def test_wrong_r_peaks_are_errors_that_name_the_record(bare_record, r_peaks, message):
    record = bare_record(500, name="ward 7")
    with pytest.raises(ValueError, match=message) as caught:
        beat_table(record, r_peaks)
    assert "ward 7" in str(caught.value)


@pytest.mark.parametrize(
    ("r_peaks", "kept", "reason"),
    [
        ([-1, 30], [30], "sample -1 of record bare: outside of the signal"),
        ([10, 500], [10], r"sample 500 .* outside of the signal, samples 0 to 499"),
        ([10, 30, 30], [10, 30], "sample 30 .* not more than 0.1 s after the beat"),
        ([10, 30, 33], [10, 30], "sample 33 .* not more than 0.1 s after the beat"),
        ([10, 90, 20], [10, 90], "sample 20 .* not more than 0.1 s after the beat"),
        ([10, 20, 30], [10, 30], "sample 20 .* not more than 0.1 s after the beat"),
    ],
)
def test_impossible_beats_are_left_out_and_named(bare_record, r_peaks, kept, reason):
    record = bare_record(500)
    with pytest.warns(UserWarning, match=f"1 beat was left out: {reason}"):
        table = beat_table(record, r_peaks)
    assert table["sample"].tolist() == kept
    assert table["r_peaks"].iloc[0].samples.tolist() == kept
    quiet = beat_table(record, r_peaks, on_invalid="ignore")
    pd.testing.assert_frame_equal(quiet, table)
    with pytest.raises(ValueError, match=f"1 beat is invalid: {reason}"):
        beat_table(record, r_peaks, on_invalid="raise")


def test_every_impossible_beat_is_named_with_its_symbol(bare_record):
    symbols = ["+", "N", "V", "A", "N"]
    message = r"2 beats were left out: samples 600 \(A\), 700 \(N\) of record bare"
    with pytest.warns(UserWarning, match=message) as caught:
        table = beat_table(bare_record(500), [5, 10, 90, 600, 700], symbols)
    assert caught[0].filename == __file__
    assert np.asarray(symbols)[table.index].tolist() == ["N", "V"]


def test_another_policy_is_an_error(bare_record):
    with pytest.raises(ValueError, match="on_invalid='drop' must be 'warn', 'raise'"):
        beat_table(bare_record(), [5], on_invalid="drop")


def test_a_table_goes_through_parquet(ecg_directory, tmp_path):
    directory, _ = ecg_directory
    table = beat_table(directory / "synthetic_000", [100, 400, 800])
    table.to_parquet(tmp_path / "beats.parquet")
    read = pd.read_parquet(tmp_path / "beats.parquet")
    segmenter = BeatSegmenter(relative_features="all")
    pd.testing.assert_frame_equal(
        segmenter.fit_transform(read), segmenter.fit_transform(table)
    )


def test_no_beat_among_symbols_is_an_error(bare_record):
    with pytest.raises(ValueError, match=r"bare has no beat"):
        beat_table(bare_record(), [5, 10], ["+", "~"])


def test_other_number_of_symbols_is_an_error(bare_record):
    with pytest.raises(ValueError, match=r"shape \(1,\); r_peaks has 2 entries"):
        beat_table(bare_record(), [5, 10], ["N"])


@pytest.mark.parametrize("record", [None, 100, np.zeros((10, 1))])
def test_record_of_another_type_is_an_error(record):
    with pytest.raises(TypeError, match="must be a Recording, the path of one"):
        beat_table(record, [5])


def test_missing_record_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere\.hea"):
        beat_table(tmp_path / "nowhere", [5])


@pytest.mark.parametrize("fs", [None, 0, -1, np.nan, np.inf])
def test_record_without_sampling_frequency_is_an_error(bare_record, fs):
    with pytest.raises(ValueError, match=r"'bare'.* no usable sampling rate"):
        beat_table(bare_record(fs=fs), [5])


def test_record_without_signal_is_an_error():
    record = wfdb.Record(record_name="empty", fs=100, sig_name=["II"], n_sig=1)
    with pytest.raises(ValueError, match=r"'empty' holds no signal"):
        beat_table(record, [5])


@pytest.mark.parametrize(
    "cut", ["record line", "signal lines", "second signal", "middle of a signal"]
)
def test_truncated_header_is_an_error_that_names_the_file(ecg_directory, cut):
    directory, _ = ecg_directory
    header = directory / "synthetic_000.hea"
    first_line, first_signal, *_ = header.read_text().splitlines()
    header.write_text(
        {
            "record line": first_line[:15],
            "signal lines": first_line,
            "second signal": f"{first_line}\n{first_signal}\n",
            "middle of a signal": f"{first_line}\n{first_signal}\nsynthetic_000.d",
        }[cut]
    )
    with pytest.raises(ValueError, match=r"synthetic_000\.hea is truncated or damaged"):
        beat_table(directory / "synthetic_000", [5])


@pytest.mark.parametrize("content", [b"", bytes(range(256)), b"hello\nworld\n"])
def test_garbage_header_is_an_error_that_names_the_file(ecg_directory, content):
    directory, _ = ecg_directory
    (directory / "synthetic_000.hea").write_bytes(content)
    with pytest.raises(ValueError, match=r"synthetic_000\.hea is truncated or damaged"):
        beat_table(directory / "synthetic_000", [5])


@pytest.fixture(scope="module")
def ecg():
    return make_ecg(1, duration=60, random_state=0).records[0]


class TestRPeaks:
    def test_they_are_detected_where_none_are_given(self, ecg):
        expected = detect_r_peaks(ecg.p_signal[:, 0], ecg.fs)
        table = beat_table(ecg)
        assert table["sample"].tolist() == expected.tolist()
        assert table["r_peaks"].iloc[0].samples.tolist() == expected.tolist()

    def test_they_are_detected_in_the_lead_that_is_named(self, ecg):
        expected = detect_r_peaks(ecg.p_signal[:, 1], ecg.fs)
        assert beat_table(ecg, lead="V1")["sample"].tolist() == expected.tolist()

    def test_those_given_are_taken_as_they_are_or_aligned(self, ecg):
        r_peaks = beat_table(ecg)["sample"].to_numpy()[1:-1]
        assert beat_table(ecg, r_peaks - 15)["sample"].tolist() == list(r_peaks - 15)
        aligned = beat_table(ecg, r_peaks - 15, align=True)
        assert (np.abs(aligned["sample"] - r_peaks) <= 1).all()
        assert aligned["r_peaks"].iloc[0].samples.tolist() == aligned["sample"].tolist()

    def test_aligned_beats_keep_their_places_among_the_annotations(self, ecg):
        r_peaks = beat_table(ecg)["sample"].to_numpy()[1:5]
        table = beat_table(ecg, r_peaks, ["N", "+", "V", "N"], align=True)
        assert table.index.tolist() == [0, 2, 3]

    def test_symbols_without_r_peaks_are_refused(self, ecg):
        with pytest.raises(ValueError, match="but R peaks are detected"):
            beat_table(ecg, symbols=["N"])

    def test_a_signal_without_beats_has_no_table(self):
        short = recording_from_array(np.sin(np.arange(400.0)), 250, "II")
        with pytest.raises(ValueError, match="has no beat"):
            beat_table(short)


@pytest.fixture(scope="module")
def signal():
    return make_ecg(1, duration=60, random_state=0).records[0].p_signal[:, 0]


def lead_of(*signals, rates=360.0, names="II"):
    recording = recording_from_array(list(signals), rates, names)
    return read_one_lead(recording, ["II"])


def test_r_peaks_are_those_of_the_detector(signal):
    found = r_peaks_of_lead(lead_of(signal)).r_peaks
    assert found.tolist() == detect_r_peaks(signal, 360).tolist()


def test_r_peaks_are_counted_at_the_rate_of_the_fastest_lead(signal):
    slow = lead_of(signal, np.zeros(720 * 60), rates=[360, 720], names=["II", "V1"])
    assert slow.position_rate == 720
    found = r_peaks_of_lead(slow).r_peaks
    assert found.tolist() == (2 * detect_r_peaks(signal, 360)).tolist()
    aligned = align_in_lead(slow, found[1:-1] - 20)
    assert (np.abs(aligned.r_peaks - found[1:-1]) <= 2).all()


def test_what_another_detector_finds_is_aligned(signal):
    def late(signal, sampling_rate):
        return detect_r_peaks(signal, sampling_rate) + 15

    found = r_peaks_of_lead(lead_of(signal), late).r_peaks
    expected = detect_r_peaks(signal, 360)
    assert (np.abs(found - expected)[1:-1] <= 1).all()


def test_distances_are_in_milliseconds_and_signed(signal):
    r_peaks = detect_r_peaks(signal, 360)[1:-1]
    aligned = align_in_lead(lead_of(signal), r_peaks + 18)
    assert aligned.is_aligned.all()
    assert np.median(aligned.milliseconds) == pytest.approx(-50)


def test_beats_after_the_end_of_a_short_lead_stay_where_they_were(signal):
    lead = lead_of(signal, np.zeros(720 * 60), rates=[360, 360], names=["II", "V1"])
    aligned = align_in_lead(lead, np.array([1000, len(signal) + 500]))
    assert aligned.is_aligned.tolist()[1] is False
    assert aligned.r_peaks[1] == len(signal) + 500


def test_missing_samples_are_no_beats(signal):
    holed = signal.copy()
    holed[3000:6000] = np.nan
    found = r_peaks_of_lead(lead_of(holed)).r_peaks
    assert not ((found > 3050) & (found < 6000)).any()


def test_a_rate_at_which_nothing_is_detected_names_lead_and_record(signal):
    with pytest.raises(ValueError, match=r"R peaks of the lead 'II' of record 'in mem"):
        r_peaks_of_lead(lead_of(signal, rates=50))


@pytest.mark.parametrize("lead", [[], 0, b"II", [0]])
def test_what_names_no_lead_is_refused(lead):
    recording = recording_from_array(np.zeros(1000), 250, "II")
    with pytest.raises(ValueError, match="The 'lead' parameter of beat_table"):
        beat_table(recording, lead=lead)


def test_a_lead_with_a_qualifier_is_told():
    random = np.random.default_rng(0)
    recording = recording_from_array(random.normal(size=5000), 250, "II (raw)")
    with pytest.warns(UserWarning, match=r"'II \(raw\)' .* it is II, with a qualifier"):
        beat_table(recording)
