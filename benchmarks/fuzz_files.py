"""What damaged files end in: errors of ours with the path, or anything else.

A thousand files of ten kinds are damaged at random (bytes changed, cut off, left out,
put in, digits changed) and read to the end: header, all leads, annotations; models are
loaded, corrections applied. A file passes that is read, or ends in a ValueError or
OSError that this package raised and that names the file, within ten seconds and 500 MB
beyond what the process had. Each runs in a worker, which is killed if it takes longer.

    python benchmarks/fuzz_files.py
"""

import argparse
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import edfio
import numpy as np
import pandas as pd

import sklearn_ecg
from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg._files import written_whole
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.models import load_model, save_model
from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results" / "fuzz_files.csv"
HOME = str(Path(sklearn_ecg.__file__).parent)
SECONDS, MEGABYTES = 10.0, 500.0
_MOST_MEGABYTES = 4096.0  # Beyond which a worker gets no more
KINDS = ("edf", "edf+d", "bdf", "csv", "parquet", "dicom", "hea", "atr", "ecg", "beats")
"""Of files; the last are corrections."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        originals = write_originals(Path(directory))
        outcomes = [
            {"kind": kind, "number": number} | outcome
            for kind in arguments.kinds
            for number, outcome in enumerate(
                outcomes_of(kind, originals, arguments.files // len(KINDS), arguments)
            )
        ]
    table = pd.DataFrame(outcomes)
    for row in table[table["fault"] != ""].itertuples():
        print(f"{row.kind} {row.number}: {row.fault}")
    counts = summary(table)
    print(counts.to_string(index=False))
    with written_whole(arguments.out) as temporary:
        counts.to_csv(temporary, index=False)
    if (table["fault"] != "").any():
        sys.exit(1)


def summary(table):
    """Count the outcomes of each kind."""
    table = table.assign(
        read=table["outcome"] == "read",
        refused=table["outcome"] == "refused",
        faults=table["fault"] != "",
    )
    of_kind = table.groupby("kind", sort=False).agg(
        files=("number", "size"),
        read=("read", "sum"),
        refused=("refused", "sum"),
        faults=("faults", "sum"),
        longest_s=("seconds", "max"),
        most_mb=("megabytes", "max"),
    )
    return of_kind.round({"longest_s": 2, "most_mb": 0}).reset_index()


def write_originals(directory, duration=60):
    """Write a whole file of each kind, and return their paths."""
    beats = make_ecg(1, duration=duration, random_state=0, directory=directory)
    record = Path(beats.records[0])
    recording = read_recording(record)
    signals = [recording.read(lead) for lead in recording.leads]
    paths = {kind: directory / f"night.{kind}" for kind in ("edf", "bdf", "csv")}
    paths |= {"hea": record.with_suffix(".hea"), "atr": record.with_suffix(".atr")}
    for kind, name in (
        ("edf+d", "day.edf"),
        ("parquet", "night.parquet"),
        ("dicom", "night.dcm"),
        ("ecg", "model.ecg"),
        ("beats", "corrections.csv"),
    ):
        paths[kind] = directory / name
    _write_edf(paths["edf"], signals, edfio.EdfSignal, edfio.Edf)
    _write_edf(paths["bdf"], signals, edfio.BdfSignal, edfio.Bdf)
    _write_interrupted(paths["edf+d"], signals)
    times = np.arange(len(signals[0])) / recording.sampling_rate
    table = pd.DataFrame(
        {"time": times.round(4)}
        | {
            f"{lead} (mV)": signal.round(4)
            for lead, signal in zip(recording.leads, signals, strict=True)
        }
    )
    table.to_csv(paths["csv"], index=False)
    table.to_parquet(paths["parquet"], row_group_size=5000)
    _write_dicom(paths["dicom"], signals)
    save_model(load_pretrained("wearable"), paths["ecg"])
    found = annotate(recording, load_pretrained("wearable"))
    corrections = found.beats[["sample", "label"]].assign(recording=recording.name)
    corrections.to_csv(paths["beats"], index=False)
    return paths


def _write_edf(path, signals, make_signal, make_file, annotations=None):
    make_file(
        [
            make_signal(
                signal,
                360,
                label=f"ECG {i}",
                physical_dimension="mV",
                physical_range=(signal.min(), signal.max()),
            )
            for i, signal in enumerate(signals)
        ],
        annotations=annotations,
    ).write(path)


def _write_interrupted(path, signals):
    """Write an EDF+D: the last half of its data records begins a minute late."""
    texts = [edfio.EdfAnnotation(i / 2, None, "N") for i in range(1, 100)]
    _write_edf(path, signals, edfio.EdfSignal, edfio.Edf, texts)
    raw = bytearray(path.read_bytes())
    raw[192:197] = b"EDF+D"
    for second in range(31, 60):
        old, new = f"+{second}\x14\x14".encode(), f"+{second + 40}\x14\x14".encode()
        raw = raw.replace(old, new, 1) if len(old) == len(new) else raw
    path.write_bytes(raw)


def _write_dicom(path, signals):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage

    def code(value, scheme):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator = value, scheme
        item.CodeMeaning = value
        return [item]

    channels = []
    for number in range(len(signals)):
        channel = Dataset()
        channel.ChannelSourceSequence = code(f"2:{number + 1}", "MDC")
        channel.ChannelSensitivity, channel.ChannelBaseline = 1.0, 0.0
        channel.ChannelSensitivityUnitsSequence = code("uV", "UCUM")
        channel.ChannelSensitivityCorrectionFactor = 1.0
        channel.WaveformBitsStored = 16
        channels.append(channel)
    group = Dataset()
    group.WaveformOriginality, group.MultiplexGroupLabel = "ORIGINAL", "RHYTHM"
    group.NumberOfWaveformSamples = len(signals[0])
    group.NumberOfWaveformChannels = len(signals)
    group.SamplingFrequency = 360
    group.ChannelDefinitionSequence = channels
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformData = (1000 * np.column_stack(signals)).astype("<i2").tobytes()
    dataset = Dataset()
    dataset.SOPClassUID = TwelveLeadECGWaveformStorage
    dataset.SOPInstanceUID, dataset.Modality = "1.2.3", "ECG"
    dataset.WaveformSequence = [group]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)


def damaged(content, random):
    """Return content with one to three damages, half of them in the first bytes."""
    content = bytearray(content)
    for _ in range(random.integers(1, 4)):
        end = len(content)
        if random.random() < 0.5:
            end = min(end, int(random.choice([64, 256, 1024, 4096])))
        place = int(random.integers(0, max(end, 1)))
        size = int(random.choice([1, 1, 2, 4, 40, 400]))
        stretch = slice(place, place + size)
        some = random.integers(0, 256, size, dtype=np.uint8).tobytes()
        character = random.choice([b"9", b"0", b"-", b".", b",", b" ", b"e", b"\n"])
        match random.integers(0, 8):
            case 0:
                content[stretch] = some[: len(content[stretch])]
            case 1:
                del content[stretch]
            case 2:
                content[place:place] = content[stretch] if place % 2 else some
            case 3:
                content[stretch] = bytes(len(content[stretch]))
            case 4 | 5:
                content[place : place + 1] = bytes(character)
            case 6:
                del content[int(random.integers(0, max(len(content), 1))) :]
            case 7:
                _exaggerate(content, end, random)
    return bytes(content)


def _exaggerate(content, end, random):
    """Put another number for one of the first ones, as long as it was."""
    numbers = list(re.finditer(rb"[0-9.]+ *", bytes(content[: max(end, 300)])))
    if numbers:
        found = numbers[int(random.integers(0, len(numbers)))]
        others = [b"9" * 9, b"0", b"-1", b"1e9", b"1e-9", b"inf", b"nan", b"1,5"]
        other = bytes(random.choice(others))
        content[found.start() : found.end()] = other[: len(found[0])].ljust(
            len(found[0])
        )


def read(kind, path, found=None):
    """Read a file to its end."""
    if kind == "ecg":
        load_model(path)
        return
    if kind == "beats":
        found.corrected(path)
        return
    source = path.with_suffix("") if kind in ("hea", "atr") else path
    recording = read_recording(source)
    recording.check_files()
    recording.read()
    try:
        recording.annotations()
    except FileNotFoundError:  # Not every format has them.
        if kind == "atr":
            raise


def fault_of(error, path):
    """Return what is wrong with an error, or nothing."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    name = f"{type(error).__name__} in {last.filename}:{last.lineno}: {error}"
    if not isinstance(error, ValueError | OSError) or not last.filename.startswith(
        HOME
    ):
        return name
    is_named = path.stem in str(error) or path.name in str(error)
    return "" if is_named else f"no path in {name}"


def outcomes_of(kind, originals, n_files, arguments):
    """Yield what each damaged file of a kind ends in."""
    seed = [arguments.seed, KINDS.index(kind)]
    random = np.random.default_rng(seed)
    path = originals[kind]
    original = path.read_bytes()
    worker = None
    for number in range(n_files):
        path.write_bytes(damaged(original, random))
        worker = worker or _Worker(kind, originals)
        outcome = worker.outcome(path)
        if outcome["outcome"] in ("hang", "death"):
            worker = None
        if outcome["fault"]:
            _keep(path, f"{kind}-{number}")
        yield outcome
    path.write_bytes(original)
    if worker:
        worker.stop()


def _keep(path, name):
    """Keep a file that shows a fault, to be looked at."""
    kept = Path(tempfile.gettempdir(), "fuzz_files")
    kept.mkdir(exist_ok=True)
    (kept / f"{name}-{path.name}").write_bytes(path.read_bytes())


class _Worker:
    """A process that reads files, until one takes too long."""

    def __init__(self, kind, originals):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(kind, originals, theirs), daemon=True
        )
        self.process.start()
        theirs.close()
        self.pipe.recv()

    def outcome(self, path):
        """Return what reading a file ends in."""
        self.pipe.send(path)
        try:
            if self.pipe.poll(SECONDS):
                return self.pipe.recv()
            kind = "hang"
        except EOFError:
            kind = "death"
        self.process.kill()
        return {"outcome": kind, "fault": kind, "seconds": SECONDS, "megabytes": np.nan}

    def stop(self):
        """End the process."""
        self.pipe.send(None)
        self.process.join()


def _serve(kind, originals, pipe):
    import resource  # Not on Windows.

    warnings.simplefilter("ignore")
    found = None
    if kind == "beats":
        record = originals["hea"].with_suffix("")
        found = annotate(str(record), load_pretrained("wearable"))
    limit = int(2**20 * (_memory("VmSize") + _MOST_MEGABYTES))
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    pipe.send("ready")
    while (path := pipe.recv()) is not None:
        pipe.send(_judged(kind, path, found))


def _judged(kind, path, found):
    start, before = time.monotonic(), _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew.
    outcome, fault = "read", ""
    try:
        read(kind, path, found)
    except BaseException as error:
        outcome, fault = "refused", fault_of(error, path)
    megabytes, seconds = _memory("VmHWM") - before, time.monotonic() - start
    if not fault and megabytes > MEGABYTES:
        fault = f"{megabytes:.0f} MB"
    return {
        "outcome": outcome,
        "fault": fault,
        "seconds": seconds,
        "megabytes": megabytes,
    }


def _memory(name):
    """Return a number of this process in MB, as Linux gives it."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
