"""Damaged files of formats with readers of our own are read, or refused by name."""

import base64
import json
import warnings

import aecg_files
import fuzz_files
import mortara_files
import muse_files
import numpy as np
import pytest
import sierra_files
from ishne_files import ishne_bytes
from mfer_files import Mfer, definition
from scp_files import scp_bytes

from sklearn_ecg.records import read_recording

N_FILES = 12
RANDOM = np.random.default_rng(0)
ECG = np.cumsum(RANDOM.integers(-20, 21, (2, 500)), axis=1)
TWO = {"II": ECG[0], "V1": ECG[1]}
WAVE = (300 * np.exp(-(((np.arange(100) - 40) / 6) ** 2))).astype(int)
BEATS = [(60, 90, 140), (260, 290, 340)]


def _scp(**options):
    return scp_bytes(TWO, **options)


def _aecg():
    leads = [aecg_files.sequence(f"MDC_ECG_LEAD_{n}", ecg) for n, ecg in TWO.items()]
    series = aecg_files.series(aecg_files.sequence_set(*leads))
    return aecg_files.document(series).encode()


def _muse():
    leads = [muse_files.lead_data(n, ecg.astype("<i2")) for n, ecg in TWO.items()]
    return muse_files.document(muse_files.waveform(*leads)).encode("latin-1")


def _mortara():
    channels = [mortara_files.channel(n, e.astype("<i2")) for n, e in TWO.items()]
    return mortara_files.document(*channels).encode()


def _sierra():
    told = 'numberofleads="2" leadlabels="II V1" samplespersecond="250"'
    told += ' dataencoding="Base64" compression="XLI"'
    waves = base64.b64encode(sierra_files.xli(ECG)).decode()
    return sierra_files.document(waves, told).encode()


def _mfer(order):
    mfer = Mfer(order)
    later = definition(0x07, mfer.pack("I", 700))
    return mfer.begin(2) + mfer.frame(ECG.T, 10) + later + mfer.frame(ECG.T, 10)


def _opensignals():
    device = {"sensor": ["ECG"], "column": ["nSeq", "A1"], "device": "bitalino_rev"}
    device |= {"sampling rate": 100, "label": ["A1"], "resolution": [4, 10]}
    rows = "\n".join(f"{i % 16}\t{x % 1024}\t" for i, x in enumerate(ECG[0]))
    head = f"# OpenSignals Text File Format\n# {json.dumps({'x': device})}\n"
    return f"{head}# EndOfHeader\n{rows}\n".encode()


def _openbci():
    head = "%OpenBCI Raw EXG Data\n%Number of channels = 1\n%Sample Rate = 250 Hz\n"
    head += "Sample Index, EXG Channel 0, Timestamp\n"
    rows = [f"{i % 256}, {x}, {1.7e9 + i / 250:.4f}" for i, x in enumerate(ECG[0])]
    return (head + "\n".join(rows)).encode()


def _json(document):
    return json.dumps(document).encode()


def _movesense():
    packets = ECG[0].reshape(-1, 20).tolist()
    return {
        "data": [
            {"ecg": {"Samples": one, "Timestamp": 160 * i}}
            for i, one in enumerate(packets)
        ]
    }


FILES = {
    "holter.ecg": ishne_bytes(ECG.T, text=b"a note"),
    "trial.xml": _aecg(),
    "muse.xml": _muse(),
    "mortara.xml": _mortara(),
    "sierra.xml": _sierra(),
    "plain.scp": _scp(tables=None, order=0),
    "huffman.scp": _scp(),
    "beats.scp": _scp(
        reference={"II": WAVE, "V1": WAVE, "fiducial": 41}, beats=BEATS, factor=2,
        zones=[(80, 101), (280, 301)],
    ),
    "big.mwf": _mfer("big"),
    "little.mfer": _mfer("little"),
    "opensignals.txt": _opensignals(),
    "openbci.txt": _openbci(),
    "kardia.json": _json(
        {
            "data": {
                "raw": {
                    "frequency": 300,
                    "amplitudeResolution": 500,
                    "samples": {"leadI": ECG[0].tolist()},
                }
            }
        }
    ),
    "fitbit.json": _json(
        {
            "waveformSamples": ECG[0].tolist(),
            "samplingFrequencyHz": "250",
            "scalingFactor": 10922,
        }
    ),
    "movesense.json": _json(_movesense()),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    signals = read_recording(path).read()
    assert min(len(signal) for signal in signals.values()) >= 500


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused_by_name(tmp_path, name):
    path = tmp_path / name
    random = np.random.default_rng(list(FILES).index(name))
    for _ in range(N_FILES):
        path.write_bytes(fuzz_files.damaged(FILES[name], random))
        assert _fault(path) == ""


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"<", b"{" * 5000, b"\x80" * 999]
)
def test_what_is_nothing_of_the_kind_is_refused_by_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=name):
        read_recording(path)


def _fault(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fuzz_files.read("", path)
        except Exception as error:
            return fuzz_files.fault_of(error, path)
    return ""
