"""Recordings behind URLs: what is read is what a local file has, and no more."""

import gc
import os
import pickle
import tempfile
import threading
import uuid
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import numpy as np
import pandas as pd
import pytest
import wfdb
from ishne_files import ishne_bytes
from object_store import counted

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording

MINUTES = 40
RATE = 360


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two leads, each in a file of its own, as a record; and an EDF file of them."""
    directory = tmp_path_factory.mktemp("day")
    ecg = make_ecg(1, duration=60 * MINUTES, random_state=0).records[0]
    wfdb.wrsamp(
        "day",
        fs=RATE,
        units=["mV", "mV"],
        sig_name=["II", "V1"],
        d_signal=np.rint(200 * ecg.p_signal).astype(int),
        fmt=["16", "16"],
        adc_gain=[200.0, 200.0],
        baseline=[0, 0],
        write_dir=str(directory),
    )
    record = wfdb.rdrecord(str(directory / "day"), physical=False)
    record.file_name = ["ii.dat", "v1.dat"]
    record.set_d_features(do_adc=False)
    record.wrsamp(write_dir=str(directory))
    (directory / "day.dat").unlink()
    wfdb.wrann("day", "atr", np.array([10]), np.array(["N"]), write_dir=str(directory))
    annotation = annotate(directory / "day", load_pretrained())
    annotation.to_edf(directory / "day.edf")
    holter = ishne_bytes(np.rint(200 * ecg.p_signal), rate=RATE, codes=(6, 11))
    (directory / "night.ecg").write_bytes(holter)
    return directory


@pytest.fixture
def bucket(s3, written):
    for path in written.iterdir():
        s3.put_file(str(path), f"bucket/holters/{path.name}")
    return s3


@pytest.fixture
def memory(written):
    system = fsspec.filesystem("memory")
    for path in written.iterdir():
        system.put_file(str(path), f"/holters/{path.name}")
    yield system
    system.store.clear()


@pytest.mark.parametrize("name", ["day", "day.hea", "day.edf"])
@pytest.mark.parametrize("home", ["s3://bucket/holters", "memory://holters"])
def test_a_url_gives_what_the_file_has(bucket, memory, written, name, home):
    here, there = read_recording(written / name), read_recording(f"{home}/{name}")
    assert str(there) == there.path == f"{home}/{name}"
    assert there.name == here.name
    assert there.leads == here.leads
    assert there.n_samples == here.n_samples
    for start, stop in ((1799.9, 1801.3), (0, 1), (0, None)):
        for lead in here.leads:
            expected = here.read(lead, start, stop)
            np.testing.assert_array_equal(there.read(lead, start, stop), expected)
    pd.testing.assert_frame_equal(there.annotations(), here.annotations())
    again = pickle.loads(pickle.dumps(there))
    np.testing.assert_array_equal(again.read("II", 5, 6), here.read("II", 5, 6))


def test_a_minute_of_hours_fetches_little_more(memory, written):
    for name in ("day", "day.edf", "night.ecg"):
        per_second = 4 * RATE
        with counted(memory) as fetched:
            recording = read_recording(f"memory://holters/{name}")
            recording.read(start=1800, stop=1860)
        assert fetched["bytes"] < 60 * per_second + 6 * 2**16
        with counted(memory) as again:
            recording.read("II", start=1810, stop=1820)
        assert again["bytes"] == 0


def test_a_holter_behind_a_url_gives_what_the_file_has(memory, written):
    here = read_recording(written / "night.ecg")
    there = read_recording("memory://holters/night.ecg")
    assert there.leads == here.leads == ("II", "V1")
    for stretch in ((1799.9, 1801.3), (0, None)):
        np.testing.assert_array_equal(
            there.read("V1", *stretch), here.read("V1", *stretch)
        )


def test_one_lead_with_a_file_of_its_own_fetches_no_other(memory, written):
    size = (written / "ii.dat").stat().st_size
    with counted(memory) as fetched:
        read_recording("memory://holters/day").read("II")
    assert size <= fetched["bytes"] < 1.01 * size + 2**16


def test_beats_of_a_url_are_those_of_the_file_and_nothing_is_fetched_twice(
    memory, written
):
    total = sum((written / name).stat().st_size for name in ("ii.dat", "v1.dat"))
    here = annotate(written / "day", load_pretrained())
    with counted(memory) as fetched:
        there = annotate("memory://holters/day", load_pretrained())
    pd.testing.assert_frame_equal(there.beats, here.beats)
    assert fetched["bytes"] < 1.01 * total + 2**16


def test_the_local_copy_goes_with_the_recording(memory):
    recording = read_recording("memory://holters/day.edf")
    directory = recording.source.mirror.directory
    assert os.path.isdir(directory)
    del recording
    gc.collect()
    assert not os.path.exists(directory)


def test_an_object_that_changes_while_it_is_read_is_no_mixture(memory, written):
    recording = read_recording("memory://holters/day.edf")
    recording.read("II", 0, 1)
    content = bytearray((written / "day.edf").read_bytes())
    content[-4:] = b"\0\0\1\1"
    memory.pipe("/holters/day.edf", bytes(content))
    with pytest.raises(ValueError, match=r"memory://\S*day.edf has changed since"):
        recording.read("II")


def test_other_formats_are_read_from_a_copy(s3, tmp_path):
    path = tmp_path / "bedside.csv"
    pd.DataFrame({"II": np.sin(np.arange(5000))}).to_csv(path, index=False)
    s3.put_file(str(path), "bucket/bedside.csv")
    recording = read_recording("s3://bucket/bedside.csv", sampling_rate=250)
    here = read_recording(path, sampling_rate=250)
    np.testing.assert_array_equal(recording.read("II"), here.read("II"))
    assert recording.path is None
    assert pickle.loads(pickle.dumps(recording)).duration == 20
    with pytest.raises(ValueError, match=r"s3://bucket/bedside.csv .*sampling_rate"):
        read_recording("s3://bucket/bedside.csv")


def test_errors_and_warnings_name_the_url(bucket, written):
    whole = (written / "day.edf").read_bytes()
    bucket.pipe("bucket/long.edf", whole + b"more")
    bucket.pipe("bucket/half.edf", whole[: len(whole) // 2])
    bucket.pipe("bucket/day.hea", (written / "day.hea").read_bytes())
    with pytest.warns(UserWarning, match=r"s3://bucket/long.edf is longer"):
        read_recording("s3://bucket/long.edf")
    with pytest.raises(ValueError, match=r"^s3://bucket/half.edf is truncated"):
        read_recording("s3://bucket/half.edf")
    with pytest.raises(FileNotFoundError, match=r"no file 's3://bucket/ii.dat'"):
        read_recording("s3://bucket/day").check_files()
    recording = read_recording("s3://bucket/holters/day")
    with pytest.raises(FileNotFoundError, match=r"'day.qrs'.* it has \['atr'\]"):
        recording.annotations("qrs")
    for url, error, message in (
        ("s3://bucket/none.edf", FileNotFoundError, "There is no s3://bucket/none.edf"),
        ("s3://bucket/none", FileNotFoundError, "nor a WFDB header none.hea"),
        (
            "s3://nowhere",
            FileNotFoundError,
            "s3://nowhere: no such bucket",
        ),
        ("s3://bucket/holters", IsADirectoryError, "s3://bucket/holters is a dir"),
        ("s3://bucket/holters/day.atr", ValueError, "day.atr is of an unknown format"),
    ):
        with pytest.raises(error, match=message):
            read_recording(url)


def test_a_header_leads_to_no_file_elsewhere(memory):
    name = f"{uuid.uuid4()}.dat"
    header = f"bad 1 250 1000\n../{name} 16 200 16 0 0 0 0 II"
    memory.pipe({"/holters/bad.hea": header.encode(), f"/{name}": bytes(2000)})
    with pytest.raises(ValueError, match=r"memory://holters/bad.hea is .* damaged"):
        read_recording("memory://holters/bad")
    assert not os.path.exists(os.path.join(tempfile.gettempdir(), name))


def test_records_of_several_segments_are_read(memory, written, tmp_path):
    for number in (1, 2):
        signal = np.full((500, 1), number, dtype=np.int64)
        wfdb.wrsamp(
            f"part{number}",
            fs=100,
            units=["mV"],
            sig_name=["II"],
            d_signal=signal,
            fmt=["16"],
            adc_gain=[1.0],
            baseline=[0],
            write_dir=str(tmp_path),
        )
    (tmp_path / "all.hea").write_text("all/2 1 100 1000\npart1 500\npart2 500\n")
    for path in tmp_path.iterdir():
        memory.put_file(str(path), f"/parts/{path.name}")
    recording = read_recording("memory://parts/all")
    np.testing.assert_array_equal(recording.read("II", 4.99, 5.01), [1, 2])


class WithoutRanges(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@pytest.fixture
def web(written):
    handler = lambda *args: WithoutRanges(*args, directory=str(written))  # noqa: E731
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["day", "day.edf"])
def test_a_web_server_that_knows_no_ranges_is_read_as_a_whole(web, written, name):
    here, there = read_recording(written / name), read_recording(f"{web}/{name}")
    np.testing.assert_array_equal(there.read("V1", 60, 61), here.read("V1", 60, 61))
    signed = read_recording(f"{web}/{name}?signature=secret")
    assert str(signed) == f"{web}/{name}"
    np.testing.assert_array_equal(signed.read("V1", 60, 61), here.read("V1", 60, 61))
