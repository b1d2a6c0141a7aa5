"""What the page says of recordings is what `annotate` says, event for event."""

import re

import numpy as np
import pandas as pd
import pytest
import wfdb
from listening import SEND, listening
from live_pages import ROWS, assert_same, beats_on, choose, open_live, table_of
from pages import text_of

from sklearn_ecg import annotate
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording, recording_from_array
from sklearn_ecg.records._write import write_edf

RATE = 360
NO_TEXTS = pd.DataFrame({"time": [], "duration": [], "text": []})


def signal_of(seed, seconds=60):
    return make_ecg(1, duration=seconds, random_state=seed).records[0].p_signal


def with_gaps(signal):
    """Take the first second away, and a stretch in the middle."""
    signal = signal.copy()
    signal[:RATE] = np.nan
    signal[20 * RATE : 27 * RATE] = np.nan
    return signal


def in_wfdb(directory, fmt, gain=200):
    wfdb.wrsamp(
        f"record{fmt}",
        fs=RATE,
        units=["mV", "mV"],
        sig_name=["V1", "MLII"],
        p_signal=with_gaps(signal_of(1))[:, ::-1],
        fmt=[fmt] * 2,
        adc_gain=[gain] * 2,
        baseline=[7, -3],
        write_dir=str(directory),
    )
    path = directory / f"record{fmt}"
    return path, [path.with_suffix(".hea"), path.with_suffix(".dat")]


def in_edf(directory):
    path = directory / "holter.edf"
    recording = recording_from_array(signal_of(2), 256, ["II", "V5"])
    write_edf(path, recording, NO_TEXTS)
    return path, [path]


def in_csv(directory):
    # Half counts at 200 a millivolt: any bit of the resampling shows itself.
    path = directory / "strap.csv"
    signal = np.round(with_gaps(signal_of(3))[::3, 0] * 400) / 400
    times = np.arange(len(signal)) * 1000 / (RATE / 3)
    table = pd.DataFrame({"time (ms)": times, "ECG (uV)": 1000 * signal})
    table.to_csv(path, index=False, sep=";", decimal=",")
    return path, [path]


@pytest.mark.parametrize(
    "written",
    [
        lambda directory: in_wfdb(directory, "16", gain=400),
        lambda directory: in_wfdb(directory, "212"),
        in_edf,
        in_csv,
    ],
    ids=["wfdb 16", "wfdb 212", "edf", "csv"],
)
def test_events_are_those_of_annotate(browser, page, chain, tmp_path, written):
    path, files = written(tmp_path)
    open_live(browser, page)
    choose(browser, *files)
    assert text_of(browser, "wrong") == ""
    annotation = annotate(path, chain)
    assert_same(beats_on(browser), annotation)
    assert f"lead {annotation.lead}" in text_of(browser, "told")


def test_events_of_a_real_record_are_those_of_annotate(browser, page, chain, mitdb):
    open_live(browser, page)
    choose(browser, mitdb / "208.hea", mitdb / "208.dat")
    assert_same(beats_on(browser), annotate(mitdb / "208", chain))


def test_events_in_firefox_are_those_of_annotate(firefox, page, chain, tmp_path):
    path, files = in_wfdb(tmp_path, "212")
    firefox.open(page.as_uri())
    firefox.choose("#files", files)
    firefox.wait("labelled || !by('wrong').hidden")
    assert firefox.run("by('wrong').textContent") == ""
    assert_same(table_of(firefox.run(ROWS)), annotate(path, chain))
    # The strips of the report are drawn, and nothing can be sent from here either.
    firefox.wait("by('strips').contentDocument?.querySelector('#strip polyline')")
    with listening() as (port, heard):
        script = f"const port = {port}; {SEND} return sent;"
        sent = firefox.run(f"(async () => {{ {script} }})()")
    assert heard == []
    assert sent in ([], ["beacon"])


def test_events_of_a_real_record_in_firefox_are_those_of_annotate(
    firefox, page, chain, mitdb
):
    firefox.open(page.as_uri())
    firefox.choose("#files", [mitdb / "208.hea", mitdb / "208.dat"])
    firefox.wait("labelled || !by('wrong').hidden")
    assert_same(table_of(firefox.run(ROWS)), annotate(mitdb / "208", chain))


def test_gaps_between_data_records_of_edf_are_kept(browser, page, chain, tmp_path):
    path, _ = in_edf(tmp_path)
    discontinuous(path)
    assert np.isnan(read_recording(path).read("II")).any()
    open_live(browser, page)
    choose(browser, path)
    assert_same(beats_on(browser), annotate(path, chain))
    assert "1 gap" in text_of(browser, "told")


def discontinuous(path):
    """Let the second half of an EDF+ file begin 7 s later."""
    raw = bytearray(path.read_bytes())
    raw[192:197] = b"EDF+D"
    header, n = int(raw[184:192]), int(raw[236:244])
    size = (len(raw) - header) // n
    for record in range(n // 2, n):
        place = header + record * size
        *_, onset = re.finditer(rb"\+(\d+)\x14\x14\0", raw[place : place + size])
        later = f"+{int(onset[1]) + 7}\x14\x14".encode().ljust(len(onset[0]), b"\0")
        at = place + onset.start()
        raw[at : at + len(later)] = later
    path.write_bytes(raw)
