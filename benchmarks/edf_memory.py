"""Measure the memory that one lead of a 24-hour EDF takes to read.

The file, two leads of 24 hours at 250 Hz, is written to a temporary directory. A fresh
process reads one lead; the peak memory of one that only imports the package is taken
off.

    python benchmarks/edf_memory.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import edfio
import numpy as np

HOURS = 24
RATE = 250

PROCESS = """
import resource, sys, time
import sklearn_ecg.records
from sklearn_ecg.records import _edf, read_recording
seconds = 0.0
if len(sys.argv) > 1:
    began = time.perf_counter()
    signal = read_recording(sys.argv[1]).read("II")
    seconds = time.perf_counter() - began
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, seconds)
"""


def write_file(path):
    random = np.random.default_rng(0)
    n_samples = HOURS * 3600 * RATE
    leads = [
        edfio.EdfSignal.from_digital(
            random.integers(-2000, 2000, n_samples, dtype=np.int16),
            RATE,
            label=label,
            physical_dimension="mV",
            physical_range=(-10, 10),
        )
        for label in ("II", "V5")
    ]
    edfio.Edf(leads, data_record_duration=1).write(path)


def measure_process(*arguments):
    """Return the peak memory of a fresh process, in bytes, and its seconds."""
    command = [sys.executable, "-c", PROCESS, *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    n_bytes, seconds = output.split()
    return int(n_bytes), float(seconds)


def main():
    as_float32 = 4 * HOURS * 3600 * RATE
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "day.edf"
        write_file(path)
        imports, _ = measure_process()
        peak, seconds = measure_process(path)
    print(f"imports: {imports / 1e6:.0f} MB")
    print(f"the lead as float32: {as_float32 / 1e6:.0f} MB")
    print(
        f"reading it: {(peak - imports) / 1e6:.0f} MB more than the imports,", end=" "
    )
    print(f"{(peak - imports) / as_float32:.2f} times the lead, {seconds:.2f} s")


if __name__ == "__main__":
    main()
