from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg.records import read_recording
from sklearn_ecg.records._time_columns import said_unit

ECG = np.random.default_rng(0).normal(size=1500).round(3)
SECONDS = [f"{i / 250:06.3f}" for i in range(1500)]


def _falling(before, after):
    """Return six seconds of a clock that goes from :59.996 of one minute to another."""
    times = [f"{before}{57 + i / 250:06.3f}" for i in range(750)]
    return times + [f"{after}{i / 250:06.3f}" for i in range(750)]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("time", None),
        ("Time (s)", 1),
        ("timestamp [ms]", 1e-3),
        ("elapsed_ms", 1e-3),
        ("unix_time", None),
        ("sensor timestamp [ns]", 1e-9),
        ("Phone timestamp", None),
        ("timestampUs", 1e-6),
        ("Time [hh:mm:ss.mmm]", None),
        ("time since start (min)", 60),
        ("Zeit", None),
        ("Shimmer_AB12_Timestamp_Unix_CAL (ms)", 1e-3),
    ],
)
def test_names_of_time(name, unit):
    assert said_unit(name) == (True, unit)


@pytest.mark.parametrize("name", ["t (degC)", "ecg", "II", "ST", "date of birth", "T3"])
def test_names_of_something_else(name):
    assert said_unit(name) == (False, None)


@pytest.mark.parametrize(
    ("columns", "start"),
    [
        ({"a": [f"2026-11-30T12:00:{s}+01:00" for s in SECONDS]}, (2026, 11, 30, 12)),
        ({"a": [f"30.11.2026 12:00:{s}" for s in SECONDS]}, (2026, 11, 30, 12)),
        ({"a": [f"11/30/2026 12:00:{s}" for s in SECONDS]}, (2026, 11, 30, 12)),
        ({"a": [f"11/10/2026 12:00:{s}" for s in SECONDS]}, None),
        ({"a": [f"12:00:{s} PM" for s in SECONDS]}, None),
        ({"a": [f"'0:{s}'" for s in SECONDS]}, None),
        (
            {"date": ["2026-11-30"] * 1500, "time": [f"12:00:{s}" for s in SECONDS]},
            (2026, 11, 30, 12),
        ),
        ({"unix_time": 1.7e9 + np.arange(1500) / 250}, (2023, 11, 14, 22, 13, 20)),
        (
            {
                "Phone timestamp": ["2021-03-02T10:11:12.000"] * 1500,
                "sensor timestamp [ns]": np.arange(1500) * 4_000_000,
            },
            (2021, 3, 2, 10, 11, 12),
        ),
    ],
)
def test_dates_and_clocks_are_times(tmp_path, columns, start):
    path = tmp_path / "night.csv"
    pd.DataFrame(columns | {"ecg": ECG}).to_csv(path, index=False)
    recording = read_recording(path)
    assert (recording.sampling_rate, recording.leads) == (250, ("ecg",))
    assert recording.start_time == (start and datetime(*start))
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


def test_a_clock_goes_past_midnight(tmp_path):
    clock = [f"23:59:{57 + i / 250:06.3f}" for i in range(750)]
    clock += [f"00:00:{i / 250:06.3f}" for i in range(750)]
    path = tmp_path / "night.csv"
    pd.DataFrame({"time": clock, "ecg": ECG}).to_csv(path, index=False)
    np.testing.assert_array_equal(read_recording(path).read("ecg"), ECG)


def test_a_text_for_a_time_is_named_by_line(tmp_path):
    path = tmp_path / "night.csv"
    times = [*SECONDS[:1200], "soon", *SECONDS[1201:]]
    pd.DataFrame({"time": times, "ecg": ECG}).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"line 1202 of .*night.csv has no time"):
        read_recording(path)


@pytest.mark.parametrize(
    ("name", "times", "seconds"),
    [
        # The end of summer time, a clock of twelve hours, counters of 32 and 16 bits.
        ("time", _falling("2026-10-25 02:59:", "2026-10-25 02:00:"), 3600),
        ("time", _falling("12:59:", "1:00:"), 43200),
        ("micros", (2**32 - 3_000_000 + 4000 * np.arange(1500)) % 2**32, 4294.9673),
        ("millis", (2**16 - 3000 + 4 * np.arange(1500)) % 2**16, 65.536),
    ],
)
def test_a_clock_that_falls_back_is_counted_on(tmp_path, name, times, seconds):
    path = tmp_path / "night.csv"
    pd.DataFrame({name: times, "ecg": ECG}).to_csv(path, index=False)
    with pytest.warns(UserWarning, match=f"falls back by {seconds} s in line 752"):
        recording = read_recording(path)
    assert recording.sampling_rate == 250
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


def test_the_time_of_a_packet_stands_in_its_first_row(tmp_path):
    path = tmp_path / "strap.csv"
    times = [f"{i * 8}" if i % 16 == 0 else "" for i in range(1500)]
    pd.DataFrame({"timestamp": times, "ecg": ECG}).to_csv(path, index=False)
    recording = read_recording(path)
    assert recording.sampling_rate == pytest.approx(125)
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


def test_a_time_that_stands_still_is_named(tmp_path):
    path = tmp_path / "night.csv"
    pd.DataFrame({"time": 1.7e9, "ecg": ECG}).to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"can be read \('time' holds one value"):
        read_recording(path)
