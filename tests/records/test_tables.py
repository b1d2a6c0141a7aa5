import builtins
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from sklearn_ecg.records import read_recording

# With 12 decimals, pandas 2 reads from text the number that was written, to the bit.
SIGNALS = pd.DataFrame(
    np.random.default_rng(0).normal(size=(1000, 2)).round(12), columns=["II", "V5"]
)


@pytest.fixture(params=["csv", "parquet"])
def write(request, tmp_path):
    """Return a function that writes a table as CSV or Parquet."""

    def write(table):
        path = tmp_path / f"night.{request.param}"
        if request.param == "csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path, row_group_size=97)
        return path

    return write


@pytest.fixture
def csv(tmp_path):
    """Return a function that writes text, or bytes, as a CSV file."""

    def write(text):
        path = tmp_path / "night.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_columns_are_leads(write):
    recording = read_recording(write(SIGNALS), sampling_rate=250)
    assert recording.leads == ("II", "V5")
    assert recording.units == {"II": "mV", "V5": "mV"}
    assert (recording.sampling_rate, recording.duration) == (250, 4)
    for lead, signal in recording.read().items():
        np.testing.assert_array_equal(signal, SIGNALS[lead])


def test_any_stretch_equals_that_part_of_the_whole(write):
    recording = read_recording(write(SIGNALS), sampling_rate=250)
    random = np.random.default_rng(0)
    stretches = [*np.sort(random.integers(0, 1001, (20, 2))), (0, 1000), (96, 97)]
    for start, stop in stretches:
        if start < stop:
            part = recording.read(["V5", "II"], start=start / 250, stop=stop / 250)
            for lead in ("II", "V5"):
                np.testing.assert_array_equal(part[lead], SIGNALS[lead][start:stop])


def test_what_is_read_may_be_written_to(write):
    recording = read_recording(write(SIGNALS), sampling_rate=250)
    signal = recording.read("II")
    signal[:] = 0
    np.testing.assert_array_equal(recording.read("II"), SIGNALS["II"])


@pytest.mark.parametrize(
    ("column", "name", "factor"),
    [
        ("II (uV)", "II", 1e-3),
        ("II [mV]", "II", 1),
        ("II(µV)", "II", 1e-3),
        ("Lead II [V]", "Lead II", 1e3),
        ("V5 (filtered)", "V5 (filtered)", 1),
    ],
)
def test_a_name_may_carry_a_unit_of_voltage(write, column, name, factor):
    path = write(SIGNALS[["II"]].set_axis([column], axis=1))
    recording = read_recording(path, sampling_rate=250)
    assert recording.leads == (name,)
    np.testing.assert_array_equal(recording.read(name), SIGNALS["II"] * factor)


def test_missing_values_are_nan(write):
    table = SIGNALS.copy()
    table.loc[3:5, "II"] = np.nan
    table.loc[998:, "V5"] = np.nan
    recording = read_recording(write(table), sampling_rate=250)
    for lead, signal in recording.read().items():
        np.testing.assert_array_equal(signal, table[lead])


def test_whole_numbers_are_read_as_float64(write):
    recording = read_recording(
        write(pd.DataFrame({"II (uV)": [1, -2, 3]})), sampling_rate=1
    )
    np.testing.assert_array_equal(recording.read("II"), [1e-3, -2e-3, 3e-3])


@pytest.mark.parametrize("name", ["time", "t", "Time (s)", "seconds", "sample"])
def test_a_column_that_counts_the_time_is_no_lead(write, name):
    table = SIGNALS.copy()
    table.insert(0, name, np.arange(1000) / 250)
    assert read_recording(write(table), sampling_rate=250).leads == ("II", "V5")


def test_the_index_that_pandas_writes_is_no_lead(tmp_path):
    SIGNALS.to_csv(tmp_path / "a.csv")
    assert read_recording(tmp_path / "a.csv", sampling_rate=250).leads == ("II", "V5")
    SIGNALS[::2].to_parquet(tmp_path / "a.parquet")
    assert read_recording(tmp_path / "a.parquet", sampling_rate=125).leads == (
        "II",
        "V5",
    )


def test_columns_of_text_are_left_out_and_named(write):
    path = write(SIGNALS.assign(label="N"))
    with pytest.warns(UserWarning, match=r"night.* are left out, because .*'label'"):
        recording = read_recording(path, sampling_rate=250)
    assert recording.leads == ("II", "V5")


def test_a_table_without_numbers_is_refused(write):
    path = write(pd.DataFrame({"label": ["N", "V"]}))
    with pytest.raises(ValueError, match=r"night.* has no column of numbers"):
        read_recording(path, sampling_rate=250)


def test_a_table_without_rows_is_refused(write):
    with pytest.raises(ValueError, match=r"night.* holds no rows"):
        read_recording(write(SIGNALS[:0]), sampling_rate=250)


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf, "250", True])
def test_a_rate_that_is_no_positive_number_is_refused(write, rate):
    with pytest.raises(ValueError, match="must be a positive number of Hz"):
        read_recording(write(SIGNALS), sampling_rate=rate)


def test_a_missing_rate_says_how_to_pass_it(write):
    with pytest.raises(ValueError, match=r"read_recording\(path, sampling_rate=250\)"):
        read_recording(write(SIGNALS))


def test_there_are_no_annotations(write):
    recording = read_recording(write(SIGNALS), sampling_rate=250)
    with pytest.raises(FileNotFoundError, match=r"night.* holds no annotations"):
        recording.annotations()


def test_two_columns_for_one_lead_are_refused(write, csv):
    path = write(SIGNALS.set_axis(["II (uV)", "II (mV)"], axis=1))
    with pytest.raises(ValueError, match=r"night.* more than one column for 'II'"):
        read_recording(path, sampling_rate=250)
    with pytest.raises(
        ValueError, match=r"night.csv has more than one column for 'II'"
    ):
        read_recording(csv("II,V5,II\n1,2,3\n"), sampling_rate=250)


def test_only_the_wanted_columns_and_row_groups_are_read(tmp_path, monkeypatch):
    path = tmp_path / "night.parquet"
    SIGNALS.to_parquet(path, row_group_size=100)
    recording = read_recording(path, sampling_rate=250)
    read = []
    read_row_groups = pyarrow.parquet.ParquetFile.read_row_groups

    def recorded(self, groups, columns):
        read.append((groups, columns))
        return read_row_groups(self, groups, columns)

    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "read_row_groups", recorded)
    recording.read("V5", start=200 / 250, stop=301 / 250)
    assert read == [([2, 3], ["V5"])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"night\.csv is empty"),
        ("0.5,0.7\n1,2\n", r"first line of .*night\.csv must name the leads"),
        ("II,V5\n1,2,3\n4,5,6\n", r"night\.csv must name .* 3 numbers in line 2"),
        (
            "II,V5\n1,2\n" + 2000 * "3,4\n" + "5,6,7\n",
            r"night\.csv is no table .* line 2003",
        ),
        (b"II\n1\n\xff\xfe\n", r"'II' of .*night\.csv holds 'ÿþ' in line 3"),
    ],
)
def test_what_is_no_csv_is_said(csv, text, message):
    with pytest.raises(ValueError, match=message):
        read_recording(csv(text), sampling_rate=250).read()


def test_text_far_down_in_a_column_of_numbers_is_found(csv):
    path = csv("II,V5\n" + 1500 * "1,2\n" + "1,x\n")
    recording = read_recording(path, sampling_rate=250)
    assert len(recording.read("II")) == 1501
    with pytest.raises(
        ValueError, match=r"Column 'V5' of .*night.csv holds 'x' in line 1502"
    ):
        recording.read("V5")


def test_a_blank_line_is_a_missing_sample(csv):
    signal = read_recording(csv("II\n1\n\n3\n"), sampling_rate=1).read("II")
    np.testing.assert_array_equal(signal, [1, np.nan, 3])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_line_ends_do_not_matter(csv, encoding, newline):
    text = newline.join(["II (µV),V5", "1,2", "3,4", ""])
    recording = read_recording(csv(text.encode(encoding)), sampling_rate=1)
    assert recording.leads == ("II", "V5")
    np.testing.assert_array_equal(recording.read("II"), [1e-3, 3e-3])


@pytest.mark.parametrize("n_bytes", [0, 3, 100, 10_000])
def test_a_truncated_parquet_file_is_named(tmp_path, n_bytes):
    path = tmp_path / "night.parquet"
    SIGNALS.to_parquet(path)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"night.parquet is no Parquet file"):
        read_recording(path, sampling_rate=250)


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    path = tmp_path / "night.parquet"
    SIGNALS.to_parquet(path)
    import_module = builtins.__import__

    def without_pyarrow(name, *arguments):
        if name == "pyarrow":
            raise ImportError(name)
        return import_module(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(ImportError, match=r'pip install "sklearn-ecg\[parquet\]"'):
        read_recording(path, sampling_rate=250)


@pytest.mark.parametrize("counter", ["Unnamed: 0", "sample #", "", "Time", "index"])
def test_columns_that_count_rows_are_no_leads(tmp_path, counter):
    path = tmp_path / "signal.csv"
    pd.DataFrame({counter: [0, 1, 2], "II_uV": [1000.0, 2000, 3000]}).to_csv(
        path, index=False
    )
    recording = read_recording(path, sampling_rate=100)
    assert recording.leads == ("II",)
    assert recording.read("II").tolist() == [1.0, 2.0, 3.0]


N = 1500
ECG = np.random.default_rng(1).normal(size=N).round(3)


def table_of(name, times):
    return pd.DataFrame({name: times, "ecg": ECG[: len(times)]})


@pytest.mark.parametrize(
    ("name", "times", "rate"),
    [
        ("time", np.arange(N) / 250, 250),
        ("t (s)", np.round(np.arange(N) / 128, 3), 128),
        ("time", np.round(np.arange(N) * 1000 / 128).astype(int), 128),
        ("timestamp_ms", np.arange(N), 1000),
        ("elapsed [us]", np.arange(N) * 4000, 250),
        ("sensor timestamp [ns]", 599616 * 10**12 + np.arange(N) * 7692308, 130),
        ("sensor timestamp [ns]", np.arange(N) // 73 * 73 * 7692308, 130),
        ("unix_time", 1.7e9 + np.arange(N) / 250, 250),
        ("x", np.arange(N) / 500, 500),
    ],
)
@pytest.mark.filterwarnings("ignore:Column 'x' .* is taken as its time")
def test_the_rate_comes_from_a_column_of_times(write, name, times, rate):
    recording = read_recording(write(table_of(name, times)))
    assert recording.leads == ("ecg",)
    assert recording.sampling_rate == pytest.approx(rate, rel=1e-6)
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


def test_a_time_column_that_is_guessed_is_said(write):
    path = write(table_of("x", np.arange(N) / 500))
    with pytest.warns(UserWarning, match="'x' .* taken as its time, because it rises"):
        read_recording(path)


def test_a_rising_column_of_another_unit_is_no_time(write):
    path = write(table_of("t (degC)", 36 + np.arange(N) / 1000))
    recording = read_recording(path, sampling_rate=250)
    assert recording.units == {"t": "degC", "ecg": "mV"}


@pytest.mark.parametrize("lost", [slice(500, 501), slice(500, 1000)])
def test_rows_that_are_missing_are_nan_in_place(write, lost):
    kept = np.delete(np.arange(N), lost)
    table = pd.DataFrame({"time": kept / 250, "ecg": ECG[kept]})
    recording = read_recording(write(table))
    assert recording.duration == N / 250
    expected = ECG.copy()
    expected[lost] = np.nan
    np.testing.assert_array_equal(recording.read("ecg"), expected)
    part = recording.read("ecg", start=499 / 250, stop=1001 / 250)
    np.testing.assert_array_equal(part, expected[499:1001])


def test_row_numbers_show_gaps_too(write):
    kept = np.delete(np.arange(N), slice(20, 30))
    table = pd.DataFrame({"sample": kept, "ecg": ECG[kept]})
    signal = read_recording(write(table), sampling_rate=250).read("ecg")
    assert len(signal) == N
    assert np.flatnonzero(np.isnan(signal)).tolist() == list(range(20, 30))


@pytest.mark.parametrize("rate", [500, 247])
def test_a_rate_against_the_times_is_refused(write, rate):
    path = write(table_of("time", np.arange(N) / 250))
    with pytest.raises(
        ValueError, match=rf"sampling_rate={rate} .*night.*contradicts.*'time'.* 250 Hz"
    ):
        read_recording(path, sampling_rate=rate)
    assert read_recording(path, sampling_rate=250.5).sampling_rate == 250


def test_rows_out_of_order_are_sorted_and_said(write):
    order = np.r_[:100, 200:300, 100:200, 300:N]
    path = write(pd.DataFrame({"time": order / 250, "ecg": ECG[order]}))
    with pytest.warns(UserWarning, match="not in the order of time.*: sorted"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("ecg"), ECG)
    part = recording.read("ecg", start=150 / 250, stop=250 / 250)
    np.testing.assert_array_equal(part, ECG[150:250])


def test_two_samples_of_one_time_are_refused_by_line(write):
    again = np.r_[:700, 699, 700:N]
    table = pd.DataFrame({"time": again / 250, "ecg": ECG[again]})
    with pytest.warns(UserWarning, match=r"holds twice are left out \(1\)"):
        recording = read_recording(write(table))
    np.testing.assert_array_equal(recording.read("ecg"), ECG)
    table.loc[700, "ecg"] += 1
    with pytest.raises(
        ValueError, match=r"(line 701 and line 702|row 699 and row 700)"
    ):
        read_recording(write(table))


def test_a_damaged_time_is_refused_by_line(write):
    times = np.arange(N) / 250
    times[400] = 9234
    with pytest.raises(ValueError, match=r"(line 402|row 400) does not lie between"):
        read_recording(write(table_of("time", times)))


@pytest.mark.parametrize("jitter", [0.001, 0.003])
def test_jitter_is_said_and_rows_are_even(write, jitter):
    times = np.arange(N) / 250 + np.random.default_rng(2).uniform(0, jitter, N)
    path = write(table_of("time", times))
    match = r"stray by up to \S+ ms from an even 250 Hz"
    with pytest.warns(UserWarning, match=match):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


def test_a_unit_of_time_that_cannot_be_told_is_asked_for(write):
    path = write(table_of("time", np.arange(N)))
    with pytest.raises(
        ValueError, match=r"unit of its column 'time'.*time \(s\), \(ms\)"
    ):
        read_recording(path)
    assert read_recording(path, sampling_rate=360).sampling_rate == 360


def test_parquet_has_times_of_its_own(tmp_path):
    dates = pd.date_range("2026-11-30 12:00", periods=N, freq="4ms", tz="Europe/Berlin")
    for number, times in enumerate([dates, dates - dates[0]]):
        path = tmp_path / f"{number}.parquet"
        table_of("when", times).to_parquet(path)
        recording = read_recording(path)
        assert (recording.sampling_rate, recording.leads) == (250, ("ecg",))
    start = read_recording(tmp_path / "0.parquet").start_time
    assert start == datetime(2026, 11, 30, 12)


def test_a_damaged_page_of_parquet_is_told_with_the_path(tmp_path):
    path = tmp_path / "night.parquet"
    SIGNALS.to_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"night.parquet is .*damaged"):
        read_recording(path, sampling_rate=250).read()


def test_a_table_with_times_can_be_opened_by_its_path(write):
    path = write(table_of("time", np.arange(N) / 250))
    assert read_recording(path).path == str(path)
    assert read_recording(path, sampling_rate=250).path is None


def test_a_column_without_a_unit_is_no_voltage_beside_one_that_says_volts(write):
    table = SIGNALS.set_axis(["GSR", "Ch1 (mV)"], axis=1)
    units = read_recording(write(table), sampling_rate=250).units
    assert units == {"GSR": "", "Ch1": "mV"}


def test_the_text_of_a_chest_strap_is_read_by_its_sensor_clock(tmp_path):
    header = "Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]"
    began, ecg = pd.Timestamp("2024-02-03T10:20:30"), np.arange(1300) % 97 - 48
    rows = []
    for i, value in enumerate(ecg):
        if not 400 <= i < 473:  # A packet was lost.
            phone = began + pd.Timedelta(seconds=(i // 73 + 1) * 73 / 130)
            clock = 599_628_000_000_000_000 + round(i * 1e9 / 130)
            rows.append(f"{phone.isoformat()};{clock};{1000 * i / 130:.6f};{value}")
    path = tmp_path / "Polar_H10_ECG.txt"
    path.write_text("\n".join([header, *rows]))
    recording = read_recording(path)
    assert recording.sampling_rate == pytest.approx(130, rel=1e-6)
    signal = recording.read("ecg")
    assert np.flatnonzero(np.isnan(signal)).tolist() == list(range(400, 473))
    np.testing.assert_allclose(signal[473:], ecg[473:] / 1000)
