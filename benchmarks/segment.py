"""Time and memory of segmenting a database, against plain loops and against reading.

Everything is timed in one run, so that the ratios hold on any machine:

- reading alone: each record once by ``wfdb.rdrecord``, first with all its leads, as a
  plain loop does, then with one lead in digital units, as the segmenter does;
- a plain loop that reads each record once and resamples its lead once, then slices,
  standardizes and appends beat by beat;
- the same, but it reads the window of each beat from the file (on some beats,
  extrapolated);
- `BeatSegmenter` with one thread, and with two.

Ratios are to `BeatSegmenter` with one thread. On a machine with other work, those of
processor time are the steadier ones.

Peak memory is that of a fresh process that makes the beat table and transforms it, over
what it held after its imports.

    python benchmarks/segment.py --data path/to/mitdb
"""

import argparse
import os
import resource
import subprocess
import sys

import numpy as np
import wfdb
from harness import parser_of, seconds_of
from scipy.signal import resample_poly

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import fetch_mitdb, load_beats

LEADS = ("MLII", "II", "V5")
BEATS_READ_ONE_BY_ONE = 100
BYTES_PER_MB = 2**20


def main():
    arguments = parse_arguments()
    if arguments.only_memory:
        print_peak_memory(arguments.data)
        return
    measure_memory_in_fresh_process(arguments.data)
    # The first and the last beat of a record lack an interval; a plain loop drops them.
    beats = read_beats(arguments.data).dropna()
    check_that_they_do_the_same(beats)
    print(f"{len(beats)} beats of {beats['record'].nunique()} records,", end=" ")
    print(f"best of {arguments.repeat} runs, {os.cpu_count()} cores")
    print_times(measure_times(beats, arguments.repeat))


def parse_arguments():
    parser = parser_of(__doc__)
    parser.add_argument(
        "--data", help="directory of WFDB records (default: MIT-BIH, by fetch_mitdb)"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs, of which the best counts"
    )
    parser.add_argument("--only-memory", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def read_beats(directory):
    return load_beats(directory or fetch_mitdb()).data


def measure_times(beats, repeat):
    """Return the seconds on the clock and the processor that each way takes."""
    records = beats["record"].unique()
    some = beats.sample(BEATS_READ_ONE_BY_ONE, random_state=0)
    ways = {
        "read all leads": lambda: [wfdb.rdrecord(record) for record in records],
        "read one lead": lambda: [read_one_lead(record) for record in records],
        "plain loop": lambda: plain_loop(beats),
        "plain loop, a read per beat": lambda: loop_that_reads_each_beat(some),
        "BeatSegmenter": lambda: BeatSegmenter().fit_transform(beats),
        "BeatSegmenter, n_jobs=2": lambda: BeatSegmenter(n_jobs=2).fit_transform(beats),
    }
    best = {name: np.full(2, np.inf) for name in ways}
    # Round after round, so that whatever else the machine does meets every way.
    for _ in range(repeat):
        for name, way in ways.items():
            best[name] = np.minimum(best[name], seconds_of(way)[:2])
    best["plain loop, a read per beat"] *= len(beats) / len(some)
    return best


def print_times(seconds):
    ours = seconds["BeatSegmenter"]
    print(f"{'':28}{'clock':>10}{'ratio':>8}{'processor':>12}{'ratio':>8}")
    for name, (clock, processor) in seconds.items():
        print(f"{name:28}{clock:8.2f} s{clock / ours[0]:8.2f}", end="")
        print(f"{processor:10.2f} s{processor / ours[1]:8.2f}")


def read_one_lead(record):
    names = wfdb.rdheader(record).sig_name
    channel = names.index(choose_lead(names))
    return wfdb.rdrecord(record, channels=[channel], physical=False, return_res=32)


def choose_lead(names):
    return next(lead for lead in LEADS if lead in names)


def plain_loop(beats):
    """Do the work of `BeatSegmenter` in the way that one would write it down."""
    before, n_samples = 45, 126
    rows = []
    for path, of_record in beats.groupby("record", sort=False):
        record = wfdb.rdrecord(path)
        channel = record.sig_name.index(choose_lead(record.sig_name))
        rate = record.fs
        signal = resample_poly(record.p_signal[:, channel], 180, rate, padtype="edge")
        signal = np.pad(signal, n_samples, mode="edge")
        intervals = of_record[["rr_prev", "rr_next", "rr_local"]].to_numpy()
        for sample, rr in zip(of_record["sample"].to_numpy(), intervals, strict=True):
            start = int(sample * 180 / rate + 0.5) - before + n_samples
            window = signal[start : start + n_samples]
            window = (window - window.mean()) / window.std()
            rr = np.minimum(rr, 3)
            ratios = np.minimum(rr[:2] / rr[2], 3)
            rows.append(np.concatenate([window, rr, ratios]))
    return np.array(rows, dtype=np.float32)


def loop_that_reads_each_beat(beats):
    """Read the samples of each window from the file, with a margin for the filter."""
    windows = []
    for path, sample in zip(beats["record"], beats["sample"], strict=True):
        record = wfdb.rdrecord(path, sampfrom=max(sample - 110, 0), sampto=sample + 182)
        channel = record.sig_name.index(choose_lead(record.sig_name))
        window = resample_poly(record.p_signal[:, channel], 1, 2)[10:136]
        windows.append((window - window.mean()) / window.std())
    return windows


def check_that_they_do_the_same(beats):
    ours = BeatSegmenter().fit_transform(beats)
    np.testing.assert_allclose(plain_loop(beats), ours.to_numpy(), atol=1e-3)


def measure_memory_in_fresh_process(directory):
    # Started before this one grows, whose peak it would inherit on Linux.
    command = [sys.executable, __file__, "--only-memory"]
    command += ["--data", directory] if directory else []
    subprocess.run(command, check=True)


def print_peak_memory(directory):
    before = peak_memory()
    features = BeatSegmenter().fit_transform(read_beats(directory))
    added, output = peak_memory() - before, features.to_numpy().nbytes / BYTES_PER_MB
    print(f"Peak memory of the table and transform: {added:.0f} MB,", end=" ")
    print(f"{added / output:.2f} times the output array ({output:.0f} MB)\n")


def peak_memory():
    """Return the largest resident memory of this process so far, in MB."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024


if __name__ == "__main__":
    main()
