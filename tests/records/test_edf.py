import warnings
from datetime import date, datetime, time

import edfio
import numpy as np
import pyedflib
import pytest

from sklearn_ecg.records import read_recording


def ecg(n_samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.3, n_samples)


def signal(data, rate=250, label="II", unit="mV", kind=edfio.EdfSignal, **options):
    digital = (-8388608, 8388607) if kind is edfio.BdfSignal else (-32768, 32767)
    return kind(
        data,
        rate,
        label=label,
        physical_dimension=unit,
        physical_range=(-5, 5),
        digital_range=digital,
        **options,
    )


@pytest.fixture
def two_leads(tmp_path):
    """An EDF+ file of a minute with two leads of two rates, and its edfio.Edf."""
    edf = edfio.Edf(
        [signal(ecg(15_000)), signal(1000 * ecg(7_500, 1) / 300, 125, "V5", "uV")],
        recording=edfio.Recording(startdate=date(2024, 2, 3)),
        starttime=time(10, 20, 30, 250_000),
        annotations=[
            edfio.EdfAnnotation(12.34, None, "N"),
            edfio.EdfAnnotation(3.5, 2.5, "Müdigkeit"),
        ],
    )
    path = tmp_path / "night.edf"
    edf.write(path)
    return path, edf


def rewritten(path, changes):
    """Change bytes of a file, given by position."""
    raw = bytearray(path.read_bytes())
    for place, new in changes.items():
        raw[place : place + len(new)] = new
    path.write_bytes(raw)
    return path


def test_each_lead_has_its_own_rate_and_is_read_in_millivolts(two_leads):
    path, edf = two_leads
    recording = read_recording(path)
    assert recording.leads == ("II", "V5")
    assert recording.sampling_rates == {"II": 250.0, "V5": 125.0}
    assert recording.duration == 60
    signals = recording.read()
    np.testing.assert_array_equal(signals["II"], edf.get_signal("II").data)
    np.testing.assert_array_equal(signals["V5"], edf.get_signal("V5").data * 1e-3)


def test_the_start_has_its_fraction_of_a_second(two_leads):
    expected = datetime(2024, 2, 3, 10, 20, 30, 250_000)
    assert read_recording(two_leads[0]).start_time == expected


def test_annotations_count_from_the_start_at_the_rate_of_the_recording(two_leads):
    table = read_recording(two_leads[0]).annotations()
    assert table["sample"].tolist() == [875, 3085]
    assert table["symbol"].tolist() == ["Müdigkeit", "N"]
    np.testing.assert_array_equal(table["duration"], [2.5, np.nan])
    np.testing.assert_allclose(table["time"], [3.5, 12.34])


@pytest.mark.parametrize("piece", [1, 5_000, 1 << 22])
def test_any_stretch_equals_that_part_of_the_whole(two_leads, piece, monkeypatch):
    monkeypatch.setattr("sklearn_ecg.records._edf_header._PIECE_BYTES", piece)
    recording = read_recording(two_leads[0])
    whole = recording.read()
    random = np.random.default_rng(0)
    for start, stop in np.sort(random.uniform(0, 60, (20, 2))):
        part = recording.read(start=start, stop=stop)
        for lead, rate in recording.sampling_rates.items():
            expected = whole[lead][round(start * rate) : round(stop * rate)]
            np.testing.assert_array_equal(part[lead], expected)


def test_a_stretch_reads_only_its_own_data_records(two_leads, monkeypatch):
    recording = read_recording(two_leads[0])
    read = []
    fromfile = np.fromfile

    def counted(file, dtype, count):
        read.append(count)
        return fromfile(file, dtype, count)

    monkeypatch.setattr(np, "fromfile", counted)
    recording.read("II", start=30.5, stop=32.5)
    assert sum(read) == 3 * recording.source.layout.record_bytes


def test_signals_of_one_label_are_numbered(tmp_path):
    edf = edfio.Edf([signal(ecg(500, seed), label="ECG") for seed in (0, 1)])
    edf.write(tmp_path / "twice.edf")
    recording = read_recording(tmp_path / "twice.edf")
    assert recording.leads == ("ECG (1)", "ECG (2)")
    np.testing.assert_array_equal(recording.read("ECG (2)"), edf.signals[1].data)
    with pytest.raises(ValueError, match=r"2 leads that are called 'ECG', 'ECG \(1\)'"):
        recording.read("ECG")


def test_bdf_is_read_as_edfio_reads_it(tmp_path):
    data = ecg(5_000)
    bdf = edfio.Bdf(
        [
            signal(data, kind=edfio.BdfSignal),
            signal(-data, 250, "V5", "uV", edfio.BdfSignal),
        ],
        annotations=[
            edfio.EdfAnnotation(1, None, "here"),
            edfio.EdfAnnotation(19, 1, ""),
        ],
    )
    bdf.write(tmp_path / "one.bdf")
    recording = read_recording(tmp_path / "one.bdf")
    np.testing.assert_array_equal(
        recording.read("II"), edfio.read_bdf(tmp_path / "one.bdf").signals[0].data
    )
    np.testing.assert_array_equal(
        recording.read("II", start=3.3, stop=9.1), recording.read("II")[825:2275]
    )
    assert recording.annotations()["symbol"].tolist() == ["here", ""]


def write_discontinuous(path, onsets, kind="EDF+D"):
    """Write data records of one second that begin at some times."""
    room = edfio.EdfAnnotation(0, None, 12 * " ")
    edf = edfio.Edf([signal(ecg(100 * len(onsets)), 100)], annotations=[room])
    edf.write(path)
    raw = bytearray(path.read_bytes())
    raw[192:197] = kind.encode()
    size = 2 * 100 + 2 * edf._signals[1].samples_per_data_record
    for number, onset in enumerate(onsets):
        text = f"+{onset}\x14\x14\x00".encode()
        place = 768 + number * size + 200
        end = place + size - 200
        assert len(text) <= size - 200
        raw[place:end] = text.ljust(size - 200, b"\x00")
    path.write_bytes(raw)
    return edf.signals[0].data


def test_gaps_of_a_discontinuous_file_are_nan(tmp_path):
    path = tmp_path / "gaps.edf"
    data = write_discontinuous(path, [0, 1, 5, 6, 9])
    recording = read_recording(path)
    expected = np.full(1000, np.nan)
    for number, onset in enumerate([0, 1, 5, 6, 9]):
        expected[100 * onset :][:100] = data[100 * number :][:100]
    assert recording.duration == 10
    np.testing.assert_array_equal(recording.read("II"), expected)
    for start, stop in [(0.5, 1.7), (1.9, 5.2), (2.1, 4.9), (5.95, 9.55), (9.2, 10)]:
        part = recording.read("II", start=start, stop=stop)
        np.testing.assert_array_equal(
            part, expected[round(100 * start) : round(100 * stop)]
        )


@pytest.mark.parametrize("step", [1.001, 0.999, 1.009, 0.991])
def test_data_records_that_drift_follow_one_another_at_the_rate_of_their_times(
    tmp_path, step
):
    path = tmp_path / "drift.edf"
    data = write_discontinuous(path, [f"{step * i:.3f}" for i in range(60)])
    with pytest.warns(UserWarning, match=f"drift.edf follow .* every {step} s"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("II"), data)
    assert recording.sampling_rate == pytest.approx(100 / step)
    assert recording.duration == pytest.approx(60 * step)


@pytest.mark.parametrize("digits", [2, 3])
def test_times_of_data_records_that_jitter_are_even(tmp_path, digits):
    random = np.random.default_rng(0)
    times = np.arange(60) + random.uniform(-0.004, 0.004, 60)
    times[0] = 0
    data = write_discontinuous(tmp_path / "x.edf", [f"{t:.{digits}f}" for t in times])
    recording = read_recording(tmp_path / "x.edf")
    assert recording.sampling_rate == 100
    np.testing.assert_array_equal(recording.read("II"), data)


def test_a_gap_between_data_records_that_drift_is_still_one(tmp_path):
    times = 1.002 * np.arange(40)
    times[20:] += 3
    data = write_discontinuous(tmp_path / "x.edf", [f"{t:.3f}" for t in times])
    with pytest.warns(UserWarning, match=r"every 1\.002 s"):
        recording = read_recording(tmp_path / "x.edf")
    read = recording.read("II")
    np.testing.assert_array_equal(read[:2000], data[:2000])
    np.testing.assert_array_equal(read[-2000:], data[2000:])
    assert np.isnan(read[2000:-2000]).all()
    assert len(read) == 4000 + round(3 * 100 / 1.002)


def test_a_gap_of_more_than_a_hundredth_of_a_data_record_is_a_gap(tmp_path):
    times = np.arange(10) + 0.05 * (np.arange(10) >= 5)
    write_discontinuous(tmp_path / "x.edf", [f"{t:.2f}" for t in times])
    read = read_recording(tmp_path / "x.edf").read("II")
    assert np.flatnonzero(np.isnan(read)).tolist() == [500, 501, 502, 503, 504]


def test_data_records_out_of_order_are_refused(tmp_path):
    write_discontinuous(tmp_path / "mixed.edf", [0, 5, 2])
    with pytest.raises(ValueError, match=r"Data record 2 of .*mixed.edf begins at 2 s"):
        read_recording(tmp_path / "mixed.edf")


def test_a_last_data_record_days_after_all_others_is_damaged(tmp_path):
    path = tmp_path / "night.edf"
    write_discontinuous(path, [0, 1, 2, 1_000_000])
    with pytest.raises(ValueError, match=r"record 3 of .*night.edf.* 11.6 days after"):
        read_recording(path)
    write_discontinuous(path, [0, 1, 1_000_000, 1_000_001])
    assert read_recording(path).duration == 1_000_002


def test_a_plain_edf_has_no_annotations_and_says_so(tmp_path):
    edfio.Edf([signal(ecg(500))]).write(tmp_path / "plain.edf")
    with pytest.raises(FileNotFoundError, match=r"plain.edf holds no annotations"):
        read_recording(tmp_path / "plain.edf").annotations()


def test_an_edf_plus_file_may_hold_annotations_alone(tmp_path):
    edfio.Edf([], annotations=[edfio.EdfAnnotation(1.5, 30, "Sleep")]).write(
        tmp_path / "a.edf"
    )
    recording = read_recording(tmp_path / "a.edf")
    assert recording.leads == ()
    assert recording.annotations()["time"].tolist() == [1.5]


def test_an_anonymous_date_is_no_date(tmp_path):
    edfio.Edf([signal(ecg(500))]).write(tmp_path / "anonymous.edf")
    assert read_recording(tmp_path / "anonymous.edf").start_time is None


def test_a_date_of_another_form_is_named_and_the_signal_read(two_leads):
    path, edf = two_leads
    rewritten(path, {88: b" " * 80, 168: b"2024-2-3"})
    with pytest.warns(UserWarning, match=r"night.edf gives no date.*2024-2-3"):
        recording = read_recording(path)
    assert recording.start_time is None
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


@pytest.mark.parametrize(
    "spelled",
    [
        *("µV".encode(encoding) for encoding in ("utf-8", "latin-1", "cp437")),
        *(
            "μV".encode(encoding)
            for encoding in ("utf-8", "cp1253", "gbk", "shift_jis")
        ),
        *("µV".encode().decode("latin-1").encode(), b"uV", b"UV", b"?V", b"microvol"),
    ],
)
def test_microvolts_are_microvolts_however_they_are_encoded(two_leads, spelled):
    path, edf = two_leads
    rewritten(path, {256 + 96 * 3: spelled.ljust(8)})
    expected = edf.signals[0].data * 1e-3
    np.testing.assert_array_equal(read_recording(path).read("II"), expected)


def test_an_inverted_physical_range_turns_the_signal(two_leads):
    path, _ = two_leads
    rewritten(path, {256 + 104 * 3: b"5 ".ljust(8), 256 + 112 * 3: b"-5".ljust(8)})
    expected = edfio.read_edf(path).signals[0].data
    np.testing.assert_array_equal(read_recording(path).read("II"), expected)


def test_a_lead_without_physical_range_is_named_and_others_are_read(two_leads):
    path, _ = two_leads
    rewritten(path, {256 + 104 * 3: b"5 ".ljust(8), 256 + 112 * 3: b"5 ".ljust(8)})
    recording = read_recording(path)
    assert len(recording.read("V5")) == 7500
    with pytest.raises(ValueError, match=r"Lead 'II' of .*night.edf has no unit"):
        recording.read("II")


@pytest.mark.parametrize("n_bytes", [0, 100, 300, 1024, 5_000, -1])
def test_a_truncated_file_is_named(two_leads, n_bytes):
    path = two_leads[0]
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match=r"night\.edf"):
        read_recording(path)


def test_a_file_longer_than_announced_gives_a_warning(two_leads):
    path, edf = two_leads
    path.write_bytes(path.read_bytes() + b"trailing")
    with pytest.warns(UserWarning, match=r"night.edf is longer .* last 8 bytes"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


def test_a_recording_that_was_not_stopped_in_order_is_as_long_as_its_file(two_leads):
    path, edf = two_leads
    rewritten(path, {236: b"-1".ljust(8)})
    np.testing.assert_array_equal(read_recording(path).read("II"), edf.signals[0].data)


def test_limits_that_no_converter_has_are_refused_by_name(two_leads):
    path, _ = two_leads
    rewritten(
        path, {256 + 104 * 3: b"-1e141".ljust(8), 256 + 112 * 3: b"1e141".ljust(8)}
    )
    recording = read_recording(path)
    assert len(recording.read("V5")) == 7500
    with pytest.raises(
        ValueError, match=r"Lead 'II' of .*1e\+141.* no limits of a conv"
    ):
        recording.read("II")


@pytest.mark.parametrize("said", [b"256", b"0", b"512", b"1023", b"99999", b"", b"x"])
def test_the_bytes_that_a_header_says_it_has_are_counted(two_leads, said):
    path, edf = two_leads
    expected = read_recording(path).annotations()
    recording = read_recording(rewritten(path, {184: said.ljust(8)}))
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)
    assert recording.annotations().equals(expected)
    assert recording.start_time.microsecond == 250_000


@pytest.mark.parametrize("said", [b"-1", b"0", b"", b"?", b"\0"])
def test_data_records_that_are_not_counted_are_as_many_as_the_file_holds(
    two_leads, said
):
    path, edf = two_leads
    recording = read_recording(rewritten(path, {236: said.ljust(8)}))
    assert recording.duration == 60
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


@pytest.mark.parametrize("said", [b"0", b"", b"0,0", b"-1", b"x"])
def test_the_length_of_a_data_record_follows_from_the_times_of_edf_plus(
    two_leads, said
):
    path, edf = two_leads
    recording = read_recording(rewritten(path, {244: said.ljust(8)}))
    assert recording.sampling_rates == {"II": 250.0, "V5": 125.0}
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


def test_a_plain_edf_without_the_length_of_a_data_record_says_what_to_do(tmp_path):
    path = tmp_path / "plain.edf"
    edfio.Edf([signal(ecg(5000))]).write(path)
    rewritten(path, {244: b"0".ljust(8)})
    with pytest.raises(ValueError, match=r"plain.edf does not say .* bytes 245 to 252"):
        read_recording(path)
    assert read_recording(rewritten(path, {244: b"1".ljust(8)})).sampling_rate == 250


def test_decimal_commas_are_read(tmp_path):
    path = tmp_path / "comma.edf"
    edf = edfio.Edf(
        [signal(ecg(1000), 100)], annotations=[edfio.EdfAnnotation(1.5, 0.25, "N")]
    )
    edf.write(path)
    raw = path.read_bytes().replace(b"+1.5\x150.25\x14N", b"+1,5\x150,25\x14N")
    path.write_bytes(raw)
    limits = {256 + 104 * 2: b"-5,0".ljust(8), 256 + 112 * 2: b"5,00".ljust(8)}
    digital = {256 + 120 * 2: b"-32,768".ljust(8), 256 + 128 * 2: b"32767,0".ljust(8)}
    rewritten(path, limits | digital | {244: b"1,0".ljust(8)})
    recording = read_recording(path)
    assert recording.sampling_rate == 100
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)
    table = recording.annotations()
    assert table[["time", "duration"]].to_numpy().tolist() == [[1.5, 0.25]]


def test_a_comma_that_may_be_of_thousands_is_told(two_leads):
    path, edf = two_leads
    rewritten(path, {256 + 104 * 3: b"-5,000".ljust(8)})
    with pytest.warns(UserWarning, match=r"minimum of signal 1 is '-5,000': the comma"):
        recording = read_recording(path)
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


@pytest.mark.parametrize("filler", [b"\0", b"\t", b"\x1f"])
def test_fields_may_be_filled_with_other_bytes_than_blanks(two_leads, filler):
    path, edf = two_leads
    raw = bytearray(path.read_bytes())
    raw[168:1024] = raw[168:1024].replace(b" ", filler)
    path.write_bytes(raw)
    recording = read_recording(path)
    assert recording.leads == ("II", "V5")
    np.testing.assert_array_equal(recording.read("II"), edf.signals[0].data)


def read_all(path):
    """Return the message of the ValueError that reading a file ends with, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_recording(path).read()
        except ValueError as error:
            return str(error)


def test_a_damaged_header_is_named_whatever_byte_is_hit(two_leads):
    path = two_leads[0]
    good = path.read_bytes()
    random = np.random.default_rng(0)
    messages = []
    for place in random.integers(0, 1024, 300):
        bad = bytearray(good)
        bad[place] = random.integers(256)
        path.write_bytes(bad)
        messages.append(read_all(path))
    refusals = [message for message in messages if message is not None]
    assert len(refusals) > 10
    assert [message for message in refusals if "night.edf" not in message] == []


def test_damaged_annotations_are_named_with_their_data_record(two_leads):
    path = two_leads[0]
    layout = read_recording(path).source.layout
    place = layout.header_bytes + 3 * layout.record_bytes + 2 * (250 + 125)
    rewritten(path, {place: b"?"})
    recording = read_recording(path)
    assert len(recording.read("II")) == 15_000
    with pytest.raises(ValueError, match=r"data record 3 of .*night.edf are damaged"):
        recording.annotations()


@pytest.mark.parametrize("name", ["test_subsecond", "test_utf8"])
def test_published_files_are_read_as_edfio_and_pyedflib_read_them(formats, name):
    path = formats / f"{name}.edf"
    recording, edf = read_recording(path), edfio.read_edf(path)
    assert recording.leads == ("Fp1",)
    assert recording.start_time == edf.startdatetime
    np.testing.assert_array_equal(recording.read("Fp1"), edf.signals[0].data * 1e-3)
    table = recording.annotations()
    with pyedflib.EdfReader(str(path)) as reader:
        np.testing.assert_allclose(
            recording.read("Fp1"), reader.readSignal(0) * 1e-3, atol=1e-9
        )
        onsets, _, texts = reader.readAnnotations()
    assert table["symbol"].tolist() == list(texts)
    np.testing.assert_allclose(table["sample"], onsets * 128, atol=0.5)
    assert table["duration"].isna().all()


def test_the_annotations_of_a_published_file_are_those_that_edfio_reads(formats):
    path = formats / "test_edfann.edf"
    table = read_recording(path).annotations()
    expected = edfio.read_edf(path).annotations
    assert len(table) == 856
    assert table["symbol"].tolist() == [one.text for one in expected]
    assert table["duration"].tolist() == [one.duration for one in expected]
    np.testing.assert_allclose(
        table["time"], [one.onset for one in expected], atol=5e-4
    )


def test_a_signal_without_a_label_can_be_named(tmp_path):
    path = tmp_path / "nameless.edf"
    edfio.Edf([signal(ecg(2500), label="")]).write(path)
    recording = read_recording(path)
    assert recording.leads == ("unnamed",)
    assert recording.read("unnamed").shape == (2500,)
