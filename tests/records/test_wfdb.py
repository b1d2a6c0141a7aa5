"""What wfdb reads whole, a recording reads alike, whole or in parts."""

import re
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import wfdb
from wfdb_formats import RANGES, random_samples, write_record

from sklearn_ecg.records import read_recording

GAIN, BASELINE = 200, 5


def assert_any_stretch_equals_that_part(recording, n_stretches=30):
    whole = recording.read()
    random = np.random.default_rng(0)
    stretches = np.sort(random.uniform(0, recording.duration, (n_stretches, 2)), axis=1)
    for start, stop in [*stretches, (0, recording.duration)]:
        part = recording.read(start=start, stop=stop)
        for lead, rate in recording.sampling_rates.items():
            expected = whole[lead][round(start * rate) : round(stop * rate)]
            np.testing.assert_array_equal(part[lead], expected)


def assert_same_as_wfdb(recording, path):
    record = wfdb.rdrecord(str(path), smooth_frames=False, return_res=64)
    assert recording.leads == tuple(record.sig_name)
    for lead, expected in zip(record.sig_name, record.e_p_signal, strict=True):
        np.testing.assert_array_equal(recording.read(lead), expected)


@pytest.mark.parametrize("leads", [("II",), ("II", "V5"), ("II", "V5", "V1")])
@pytest.mark.parametrize("n_samples", [500, 501, 502])
@pytest.mark.parametrize("fmt", list(RANGES))
def test_every_storage_format_gives_the_samples_written(
    tmp_path, fmt, n_samples, leads
):
    samples = random_samples(fmt, n_samples, len(leads))
    write_record(tmp_path / "one", samples, fmt, leads=leads)
    recording = read_recording(tmp_path / "one")
    for lead, column in zip(leads, samples.T, strict=True):
        expected = (column - BASELINE) / GAIN
        np.testing.assert_array_equal(recording.read(lead), expected)
    assert_any_stretch_equals_that_part(recording, 10)


@pytest.mark.parametrize("fmt", ["16", "24", "32", "80", "212", "508", "516", "524"])
def test_what_wfdb_writes_is_read_as_wfdb_reads_it(tmp_path, fmt):
    samples = random_samples("80" if fmt in ("80", "508") else "212", 1001)
    wfdb.wrsamp(
        "one",
        fs=250,
        units=["mV", "mV"],
        sig_name=["II", "V5"],
        d_signal=samples,
        fmt=[fmt] * 2,
        adc_gain=[200.0, 100.0],
        baseline=[0, 7],
        write_dir=str(tmp_path),
    )
    recording = read_recording(tmp_path / "one")
    assert_same_as_wfdb(recording, tmp_path / "one")
    assert_any_stretch_equals_that_part(recording)


@pytest.mark.parametrize("fmt", ["16", "61", "80", "212", "310"])
def test_a_missing_sample_is_nan(tmp_path, fmt):
    samples = random_samples(fmt, 100)
    samples[10:20, 1] = RANGES[fmt][0] - 1
    write_record(tmp_path / "one", samples, fmt)
    signal = read_recording(tmp_path / "one").read("V5")
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(signal)), np.arange(10, 20))


@pytest.mark.parametrize("fmt", ["8", "16", "61", "80", "212"])
def test_a_changed_byte_is_found_by_the_checksum(tmp_path, fmt):
    write_record(tmp_path / "one", random_samples(fmt, 100), fmt)
    path = tmp_path / "one.dat"
    raw = bytearray(path.read_bytes())
    raw[50] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ValueError, match="do not add up to the checksum"):
        read_recording(tmp_path / "one").read()


@pytest.mark.parametrize("fmt", ["16", "24", "80", "212", "310", "311"])
@pytest.mark.parametrize("per_frame", [(4, 1, 2), (10, 1, 1), (3, 3, 5)])
def test_each_lead_has_its_own_rate(tmp_path, fmt, per_frame):
    samples = [random_samples(fmt, 60 * n, 1, seed=n)[:, 0] for n in per_frame]
    write_record(
        tmp_path / "one",
        samples,
        fmt,
        rate="25",
        leads=("II", "V5", "resp"),
        per_frame=list(per_frame),
    )
    recording = read_recording(tmp_path / "one")
    assert list(recording.sampling_rates.values()) == [25 * n for n in per_frame]
    for lead, column in zip(recording.leads, samples, strict=True):
        np.testing.assert_array_equal(recording.read(lead), (column - BASELINE) / GAIN)
    assert_any_stretch_equals_that_part(recording)


def test_the_published_record_of_several_rates_is_read_as_wfdb_reads_it(formats):
    recording = read_recording(formats / "mixedsignals")
    rates = {"II": 4, "III": 4, "V": 4, "ABP": 2, "Pleth": 2, "Resp": 1}
    assert recording.sampling_rates == {k: 62.4725 * n for k, n in rates.items()}
    assert recording.units["ABP"] == "mmHg"
    assert_same_as_wfdb(recording, formats / "mixedsignals")
    assert_any_stretch_equals_that_part(recording, 5)


@pytest.fixture
def segments(tmp_path):
    """Return a function that writes segments and the header that joins them."""

    def write(*segments, layout=None, n_leads=2, rate=250):
        """Segments are name, samples, format, leads; None is 300 frames of gap."""
        lines, length = [], 0
        for segment in segments:
            if segment is None:
                lines.append("~ 300")
                length += 300
                continue
            name, samples, fmt, leads = segment
            write_record(tmp_path / name, samples, fmt, leads=leads)
            lines.append(f"{name} {len(samples)}")
            length += len(samples)
        if layout:
            described = [f"~ 0 200(5)/mV 12 0 0 0 0 {lead}" for lead in layout]
            header = [f"layout {n_leads} {rate} 0", *described]
            (tmp_path / "layout.hea").write_text("\n".join(header) + "\n")
            lines.insert(0, "layout 0")
        first = f"joined/{len(lines)} {n_leads} {rate} {length}"
        (tmp_path / "joined.hea").write_text("\n".join([first, *lines]) + "\n")
        return tmp_path / "joined"

    return write


BOTH = ("II", "V5")


def test_segments_of_one_layout_follow_one_another(segments):
    a, b = random_samples("16", 400), random_samples("212", 501, seed=1)
    path = segments(("a", a, "16", BOTH), ("b", b, "212", BOTH))
    recording = read_recording(path)
    expected = (np.concatenate([a, b])[:, 0] - BASELINE) / GAIN
    np.testing.assert_array_equal(recording.read("II"), expected)
    assert_same_as_wfdb(recording, path)
    assert_any_stretch_equals_that_part(recording)


def test_gaps_between_segments_and_leads_that_one_lacks_are_nan(segments):
    a, b, c = (random_samples("8", 401, n, seed=n) for n in (2, 1, 2))
    path = segments(
        ("a", a, "16", BOTH),
        None,
        ("b", b, "212", ("V5",)),
        ("c", c, "8", ("V5", "II")),
        layout=BOTH,
    )
    recording = read_recording(path)
    assert_same_as_wfdb(recording, path)
    missing = np.isnan(recording.read("II"))
    assert missing[401:1102].all()
    assert missing.sum() == 300 + 401
    expected = (c[:, 1] - BASELINE) / GAIN
    np.testing.assert_array_equal(recording.read("II")[1102:], expected)
    assert_any_stretch_equals_that_part(recording)


@pytest.mark.parametrize(
    ("rate", "hertz"), [("1e3", 1000), ("2.5e2", 250), ("250", 250)]
)
def test_rates_with_an_exponent_are_read(tmp_path, rate, hertz):
    samples = random_samples("16", 1000)
    write_record(tmp_path / "one", samples, "16", rate=rate)
    recording = read_recording(tmp_path / "one")
    assert recording.sampling_rate == hertz
    expected = (samples[:, 0] - BASELINE) / GAIN
    np.testing.assert_array_equal(recording.read("II"), expected)
    assert_any_stretch_equals_that_part(recording)


def with_start(path, start):
    """Append fields to the record line of a header."""
    header = path.with_suffix(".hea")
    first, _, rest = header.read_text().partition("\n")
    header.write_text(f"{first} {start}\n{rest}")
    return path


def test_a_date_of_another_form_is_named_and_the_signal_read(tmp_path):
    samples = random_samples("16", 1000)
    write_record(tmp_path / "one", samples, "16")
    path = with_start(tmp_path / "one", "10:20:30 2014-05-08")
    with pytest.warns(UserWarning, match=r"one\.hea has the date '2014-05-08'"):
        recording = read_recording(path)
    assert recording.start_time is None
    signal = recording.read("II")
    np.testing.assert_array_equal(signal, (samples[:, 0] - BASELINE) / GAIN)


def test_the_start_has_its_fraction_of_a_second(tmp_path):
    write_record(tmp_path / "one", random_samples("16", 100), "16")
    path = with_start(tmp_path / "one", "10:20:30.25 08/05/2014")
    expected = datetime(2014, 5, 8, 10, 20, 30, 250_000)
    assert read_recording(path).start_time == expected


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_microvolts_are_microvolts_however_they_are_encoded(tmp_path, encoding):
    samples = random_samples("16", 100)
    write_record(tmp_path / "one", samples, "16")
    header = tmp_path / "one.hea"
    text = header.read_text().replace("/mV", "/µV")
    header.write_text(text, encoding=encoding)
    recording = read_recording(tmp_path / "one")
    expected = (samples[:, 0] - BASELINE) / GAIN * 1e-3
    np.testing.assert_allclose(recording.read("II"), expected, rtol=1e-15)


def test_a_name_that_wfdb_does_not_allow_is_named(write_annotated):
    path = write_annotated("record", [100], "N")
    header = Path(f"{path}.hea")
    header.write_text(header.read_text().replace("record 1", "rec.v2 1"))
    with pytest.raises(ValueError, match=r"calls it 'rec\.v2', and WFDB allows"):
        read_recording(path)


@pytest.mark.parametrize("rate", ["128,5", "0.25kHz", "nan", "+128", "-128"])
def test_a_rate_that_is_none_is_an_error_that_names_it(write_annotated, rate):
    path = write_annotated("record", [100], "N")
    header = Path(f"{path}.hea")
    header.write_text(header.read_text().replace("record 1 100", f"record 1 {rate}"))
    with pytest.raises(
        ValueError, match=f"no usable sampling rate: '{re.escape(rate)}'"
    ):
        read_recording(path)


@pytest.mark.parametrize("date", ["31/02/2014", "00/00/0000", "2014-05-08"])
def test_a_date_that_is_none_is_told_and_the_signal_read(write_annotated, date):
    path = write_annotated("record", [100], "N")
    header = Path(f"{path}.hea")
    lines = header.read_text().splitlines()
    header.write_text("\n".join([f"{lines[0]} 10:00:00 {date}", *lines[1:], ""]))
    with pytest.warns(UserWarning, match=f"has the date '{date}'") as caught:
        recording = read_recording(path)
    assert caught[0].filename == __file__
    assert recording.start_time is None
    assert len(recording.read("II")) == 5000


@pytest.mark.parametrize("odd", ["", "2001-1-1"], ids=["plain", "mended"])
def test_a_header_of_segments_that_is_cut_anywhere_is_named(segments, odd):
    samples = random_samples("16", 500)
    parts = [(name, samples, "16", BOTH) for name in ("first", "second")]
    path = segments(*parts).with_name("cut")
    whole = f"cut/2 2 250 1000 10:00:00 {odd}\nfirst 500\nsecond 500\n"
    refusals = []
    for start in range(len(whole)):
        for stop in range(start + 1, len(whole), 7):
            path.with_suffix(".hea").write_text(whole[:start] + whole[stop:])
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    read_recording(path)
            except (ValueError, FileNotFoundError) as error:
                refusals.append(str(error))
    assert len(refusals) > 100
    assert [error for error in refusals if str(path) not in error] == []


def test_a_segment_that_is_missing_is_named_with_its_record(segments):
    path = segments(("first", random_samples("16", 500), "16", BOTH)).with_name("x")
    path.with_suffix(".hea").write_text("x/2 2 2.5e2 1000\nfirst 500\nnowhere 500\n")
    said = r"Record '.*x' .* names the segment 'nowhere', .* no file '.*nowhere\.hea'"
    with pytest.raises(FileNotFoundError, match=said):
        read_recording(path)


def test_a_format_that_is_not_known_is_named(tmp_path):
    write_record(tmp_path / "x", random_samples("16", 500), fmt="16")
    header = (tmp_path / "x.hea").read_text()
    (tmp_path / "x.hea").write_text(header.replace(" 16", " 213", 1))
    with pytest.raises(ValueError, match=r"x.hea is damaged, or .* not known, 213"):
        read_recording(tmp_path / "x")


@pytest.mark.parametrize("rate", ["250", "2.5e2"])
def test_a_signal_file_that_is_missing_is_named_where_it_should_be(tmp_path, rate):
    header = f"x 1 {rate} 500\nnowhere.dat 16 200 16 0 0 0 0 II\n"
    (tmp_path / "x.hea").write_text(header)
    file = tmp_path / "nowhere.dat"
    with pytest.raises(FileNotFoundError, match=f"no file '{re.escape(str(file))}'"):
        read_recording(tmp_path / "x").read("II")


@pytest.mark.parametrize(
    ("header", "n_samples"),
    [
        ("x 0 250 45000\n", 45000),
        ("x 0 250\n", 0),
        ("x 1 250\nx.dat 16 200 12 0 0 0 0 II\n", 0),
        ("x 1 250 45000\nx.dat 16\n", 45000),
        ("x 1 250 45000\n~ 0\n", 45000),
    ],
)
def test_a_header_without_signals_has_annotations_and_a_length(
    write_annotated, tmp_path, header, n_samples
):
    path = write_annotated("x", [100, 300], "NV")
    (tmp_path / "x.dat").unlink()
    (tmp_path / "x.hea").write_text(header)
    recording = read_recording(path)
    assert (recording.leads, recording.sampling_rate) == ((), 250)
    assert recording.n_samples == n_samples
    assert recording.duration == n_samples / 250
    assert recording.annotations("atr")["symbol"].tolist() == ["N", "V"]


def test_signals_that_are_not_there_are_missed_only_when_they_are_read(
    write_annotated, tmp_path
):
    path = write_annotated("x", [100], "N")
    (tmp_path / "x.dat").unlink()
    (tmp_path / "x.hea").write_text("x 0 250 45000\n")
    with pytest.raises(ValueError, match="has no leads: its header names no"):
        read_recording(path).read()
    (tmp_path / "x.hea").write_text("x 1 250\nx.dat 16 200 12 0 0 0 0 II\n")
    with pytest.raises(FileNotFoundError, match=r"no file '.*x\.dat'"):
        read_recording(path).read("II")


def test_halves_between_two_samples_go_up_where_annotations_have_their_own_rate(
    write_annotated,
):
    path = write_annotated("x", [100, 101, 103], "NNN", resolution=200)
    assert read_recording(path).annotations("atr")["sample"].tolist() == [50, 51, 52]
