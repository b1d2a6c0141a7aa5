"""How long it takes to the help, to the package, and to a first label.

Each is a process of its own, from its start to its end, as after an installation: the
help of the command, ``import sklearn_ecg``, and the labels of one's own EDF, half an
hour of two leads, by the models in the box. Nothing is trained. Medians of five runs;
``cpu_s`` is what the process took of the processor, ``wall_s`` what a clock shows.

    python benchmarks/friction.py --data DIRECTORY
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
from harness import parser_of, write_table

from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results" / "friction.csv"
BARS = {"help": 0.3, "import": 1.0, "label": 60.0}
"""Seconds that are allowed."""


def main():
    parser = parser_of(__doc__, type=Path, required=True, help="of the databases")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        edf = Path(directory, "my.edf")
        write_edf(edf, arguments.data / "mitdb" / "100")
        rows = [
            {"what": what, **median_of(command, arguments.repeat), "bar_s": BARS[bar]}
            for what, bar, command in commands(edf)
        ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    write_table(table, arguments.out, None)
    if (table["cpu_s"] > table["bar_s"]).any():
        raise SystemExit("A bar is missed.")


def write_edf(path, record):
    """Write a record of WFDB as EDF, whose data records are of whole seconds."""
    recording = read_recording(record)
    rate = round(recording.sampling_rate)
    signals = [
        edfio.EdfSignal(
            np.clip(lead[: len(lead) // rate * rate], -10, 10),
            rate,
            label=name,
            physical_dimension="mV",
            physical_range=(-10, 10),
        )
        for name, lead in recording.read().items()
    ]
    edfio.Edf(signals).write(path)


def commands(edf):
    """Return what is measured, against which bar, and its command."""
    shell = [sys.executable, "-m", "sklearn_ecg"]
    label = [*shell, "annotate", "MODEL", str(edf), "--out", str(edf.parent), "--quiet"]
    return [
        ("sklearn-ecg --help", "help", [*shell, "--help"]),
        ("import sklearn_ecg", "import", [sys.executable, "-c", "import sklearn_ecg"]),
        *(
            (
                f"sklearn-ecg annotate {model} my.edf",
                "label",
                [model if word == "MODEL" else word for word in label],
            )
            for model in ("wearable", "ambulatory")
        ),
    ]


def median_of(command, n_runs):
    """Return the medians of a command's seconds, of the clock and of the processor."""
    runs = []
    for _ in range(n_runs):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)} ended with {status}.")
        process.returncode = 0
        runs.append((time.monotonic() - start, used.ru_utime + used.ru_stime))
    wall, cpu = np.median(runs, axis=0).round(3)
    return {"runs": n_runs, "wall_s": wall, "cpu_s": cpu}


if __name__ == "__main__":
    main()
