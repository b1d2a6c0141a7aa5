"""What a lead costs that is off for days: seconds and memory, at several rates.

A minute of ECG, hours of missing samples, a minute of ECG are labelled in a process of
their own, and so is the same without the gap. Memory is the peak of that process above
its peak after the imports and a short recording, without the array itself. ``edf`` is a
file of EDF+D, of two minutes that are days apart.

    OMP_NUM_THREADS=1 python benchmarks/lead_off.py
    OMP_NUM_THREADS=1 python benchmarks/lead_off.py --hours 120 --rates 250
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import edfio
import numpy as np

from sklearn_ecg import BeatStream, annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording, recording_from_array

WAYS = ["annotate", "pieces", "gap", "edf"]


def main():
    arguments = parse_arguments()
    if arguments.way:
        measure(arguments.way, arguments.rates[0], arguments.hours)
        return
    for rate in arguments.rates:
        for way in WAYS:
            for hours in (0, arguments.hours):
                own = [sys.executable, __file__, "--way", way, "--rates", str(rate)]
                subprocess.run([*own, "--hours", str(hours)], check=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", type=int, nargs="+", default=[128, 250, 360])
    parser.add_argument("--hours", type=float, default=48)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(way, rate, hours):
    model = load_pretrained("ambulatory")
    minute = make_ecg(1, duration=60, sampling_rate=rate, random_state=0).records[0]
    minute = minute.p_signal[:, 0]
    n_missing = round(hours * 3600 * rate)
    with tempfile.TemporaryDirectory() as directory:
        source = made(way, minute, n_missing, rate, directory)
        run("annotate", recording_from_array(minute, rate, "II"), minute, model, rate)
        before, start = peak_memory(), time.monotonic()
        n_beats = run(way, source, minute, model, rate)
        seconds, memory = time.monotonic() - start, peak_memory() - before
    print(
        f"{way:8} {rate} Hz, {hours:g} h off: {n_beats} beats, {seconds:.2f} s, "
        f"{memory:.0f} MB",
        flush=True,
    )


def made(way, minute, n_missing, rate, directory):
    """Return what is labelled."""
    if way == "gap":
        return n_missing
    if way == "edf":
        path = Path(directory, "apart.edf")
        write_apart(path, minute, n_missing / rate, rate)
        return read_recording(path)
    signal = np.full(n_missing + 2 * len(minute), np.nan)
    signal[: len(minute)] = signal[-len(minute) :] = minute
    return recording_from_array(signal, rate, "II")


def run(way, source, minute, model, rate):
    """Return how many beats are found."""
    if way in ("annotate", "edf"):
        return len(annotate(source, model).beats)
    stream = BeatStream(model, rate, "II")
    if way == "gap":
        found = [stream.push(minute), stream.gap(source), stream.push(minute)]
    else:
        signal = source.source.signals[0]
        pieces = range(0, len(signal), 30 * rate)
        found = [stream.push(signal[start : start + 30 * rate]) for start in pieces]
    return sum(map(len, found)) + len(stream.flush())


def write_apart(path, minute, seconds, rate):
    """Write two minutes, of records of 1 s each, with a gap between them."""
    signal = edfio.EdfSignal(
        np.concatenate([minute, minute]),
        rate,
        label="ECG II",
        physical_dimension="mV",
        physical_range=(-10, 10),
    )
    annotation = edfio.EdfAnnotation(0, None, "start")
    edfio.Edf([signal], annotations=[annotation], data_record_duration=1).write(path)
    content = bytearray(path.read_bytes())
    content[192:197] = b"EDF+D"
    n_header = int(content[184:192])
    size = (len(content) - n_header) // 120
    for number in range(60, 120):
        start = n_header + number * size + 2 * rate
        onset = f"+{number + round(seconds)}\x14\x14".encode()
        old = bytes(content[start : n_header + (number + 1) * size])
        rest = old[old.index(b"\x00") :].ljust(len(old), b"\x00")
        content[start : start + len(old)] = (onset + rest)[: len(old)]
    path.write_bytes(content)


def peak_memory():
    """Return the peak of this process in MB; on Linux."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
