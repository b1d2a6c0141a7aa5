import gzip
from datetime import datetime

import numpy as np
import pytest

from sklearn_ecg.records import read_recording

ECG = np.random.default_rng(0).normal(size=700).round(3)
POINTS = [f"{i / 250:.3f},{x:.3f}" for i, x in enumerate(ECG)]
WATCH = """Name,Jane Doe
Date of Birth,"1 Jan 1980"
Recorded Date,2020-02-03 10:11:12 +0100
Classification,Sinus Rhythm
Symptoms,
Software Version,1.90
Device,"Watch5,2"
Sample Rate,512 hertz


Lead,Lead I
Unit,\u00b5V

"""


def semicolons(line):
    return line.replace(",", ";").replace(".", ",")


def quoted(line):
    return ",".join(f'"{cell.replace(".", ",")}"' for cell in line.split(","))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["time,ecg", *POINTS]),
        "\n".join(["time;ecg", *map(semicolons, POINTS)]),
        "\n".join(["time;ecg", *(line.replace(",", ";") for line in POINTS)]),
        "\n".join(["time\tecg", *(line.replace(",", "\t") for line in POINTS)]),
        "\n".join(["time ecg", *(line.replace(",", " ") for line in POINTS)]),
        "\n".join(["time,ecg", *map(quoted, POINTS)]),
        "\n".join(["time,ecg,", *(line + "," for line in POINTS), ",,", ""]),
        "\n".join(["time,ecg", *(line + "," for line in POINTS), "", "", ""]),
        "\r\r\n".join(["time,ecg", *POINTS]),
        "\n".join(["'Elapsed time','ecg'", "'seconds','mV'", *POINTS]),
        "\n".join(["# made by hand", "", "time,ecg", *POINTS]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_unambiguous_is_read(tmp_path, text, encoding):
    (tmp_path / "night.csv").write_bytes(text.encode(encoding))
    recording = read_recording(tmp_path / "night.csv")
    assert (recording.leads, recording.sampling_rate) == (("ecg",), 250)
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


@pytest.mark.parametrize("name", ["night.tsv", "night.txt", "night.csv.gz"])
def test_other_extensions_of_text(tmp_path, name):
    content = "\n".join(["time\tecg", *(s.replace(",", "\t") for s in POINTS)]).encode()
    content = gzip.compress(content) if name.endswith("gz") else content
    (tmp_path / name).write_bytes(content)
    recording = read_recording(tmp_path / name)
    assert recording.name == "night"
    np.testing.assert_array_equal(recording.read("ecg"), ECG)


@pytest.mark.parametrize("keep", [slice(None, 60), slice(5, None)])
def test_a_damaged_gz_is_refused_with_its_path(tmp_path, keep):
    path = tmp_path / "night.csv.gz"
    path.write_bytes(gzip.compress("\n".join(["time,ecg", *POINTS]).encode())[keep])
    with pytest.raises(ValueError, match=r"night.csv.gz is truncated or damaged"):
        read_recording(path)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("rate", ["Sample Rate,512 hertz", "Abtastrate,512 Hertz"])
def test_the_export_of_a_watch(tmp_path, decimal, rate):
    values = [f"{1000 * x:.3f}".replace(".", decimal) for x in ECG]
    text = WATCH.replace("Sample Rate,512 hertz", rate) + "\n".join(values)
    (tmp_path / "ecg.csv").write_text(text, encoding="utf-8")
    recording = read_recording(tmp_path / "ecg.csv")
    assert (recording.leads, recording.sampling_rate) == (("Lead I",), 512)
    assert recording.start_time == datetime(2020, 2, 3, 10, 11, 12)
    np.testing.assert_allclose(recording.read("I"), ECG)
    with pytest.raises(ValueError, match=r"sampling_rate=500 .*first lines.* 512 Hz"):
        read_recording(tmp_path / "ecg.csv", sampling_rate=500)


@pytest.mark.parametrize(
    "body", ["", "\n".join(["x"] * 700), "\n".join(["1,2,3"] * 20), "1\n2\nx\n"]
)
def test_no_message_shows_what_precedes_the_numbers(tmp_path, body):
    (tmp_path / "ecg.csv").write_text(WATCH + body, encoding="utf-8")
    with pytest.raises(ValueError, match=r"ecg\.csv") as raised:
        read_recording(tmp_path / "ecg.csv").read()
    assert not any(word in str(raised.value) for word in ("Jane", "1980", "Sinus"))


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("# Sampling frequency: 250 Hz", 250),
        ("# fs = 250", 250),
        ("sampling rate;0,25 kHz", 250),
        ("# Filter 0.5-40 Hz, sampling rate 250", None),
        ("# Notch frequency: 50 Hz", None),
        ("Heart rate: 72 bpm", None),
    ],
)
def test_a_line_that_says_the_rate(tmp_path, line, rate):
    lines = [line, "ecg (mV)", *(f"{x:.3f}" for x in ECG)]
    (tmp_path / "ecg.csv").write_text("\n".join(lines))
    if rate:
        assert read_recording(tmp_path / "ecg.csv").sampling_rate == rate
        return
    with pytest.raises(ValueError, match="--sampling-rate 250"):
        read_recording(tmp_path / "ecg.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time;ecg\n" + "0.004;0,123\n" * 9, "decimal commas, as in line 2, and"),
        ("time,ecg\n" + "0,004,0,123\n" * 9, "each of the 4 numbers in line 2"),
        ("time,ecg\n0,oops\n" + "\n".join(POINTS[1:]), "'oops' in line 2"),
        ("ecg;V1\n" + "0,5;0,6\n" * 800 + "0.5;1\n", "decimal points, as in line 802"),
    ],
)
def test_what_is_ambiguous_is_named_by_line(tmp_path, text, message):
    (tmp_path / "night.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"night\.csv.*{message}"):
        read_recording(tmp_path / "night.csv", sampling_rate=250).read()


def test_columns_of_one_name_that_are_no_ecg_are_numbered(tmp_path):
    rows = [f"{i / 250:.3f},{x},0,1" for i, x in enumerate(ECG)]
    path = tmp_path / "night.csv"
    path.write_text("\n".join(["time,ecg,Other,Other", *rows]))
    assert read_recording(path).leads == ("ecg", "Other (1)", "Other (2)")
