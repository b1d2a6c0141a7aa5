"""Archives in S3: what kills leave there, and how much of a day is fetched.

A server of moto on this machine holds 1,000 recordings of ten seconds. They are
annotated once undisturbed, by several workers. Then a process does the same: when a
third of the recordings is done, two of its workers are killed, and when two thirds are,
the process with all that are left. A second call goes on. All objects must be those of
the first run, and ``put twice`` counts labels that the server was sent more than once:
of recordings that were in work when something was killed.

Of a day of two leads at 250 Hz, the bytes are counted that are fetched to open it and
read a lead, and to open it and read a minute of both, as a share of the signals: of an
EDF file, whose leads take turns every second; of a WFDB record with both leads in one
file; and of one with a file for each.

    OMP_NUM_THREADS=1 python benchmarks/archive_s3.py

writes rows to ``benchmarks/results/archive_s3.csv`` and ``archive_s3_bytes.csv`` with
1,000 recordings; fewer only print.
"""

import argparse
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import edfio
import fsspec
import numpy as np
import pandas as pd
import wfdb
from harness import parser_of, write_table
from moto.server import ThreadedMotoServer

from sklearn_ecg import annotate_many, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results"
N_RECORDINGS = 1000
SECONDS = 10
RATE = 250
DAY = 86400


class Puts(logging.Handler):
    """Count what the server is sent, by the names of the objects."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def emit(self, record):
        """Count a request, if it is one."""
        found = re.search(r'"PUT /bucket/(\S+) HTTP', record.getMessage())
        if found:
            self.counts[found[1]] += 1


def main():
    arguments = parse_arguments()
    if arguments.inside:
        annotate_into(arguments.inside, arguments.workers)
        return
    puts = start_server()
    system = fsspec.filesystem("s3")
    system.mkdir("bucket")
    of_days = bytes_of_days(system)
    print(pd.DataFrame(of_days).to_string())
    row = kills(system, puts, arguments.recordings, arguments.workers)
    print(pd.Series(row).to_string())
    if arguments.recordings == N_RECORDINGS:
        write_table([row], RESULTS / "archive_s3.csv", None)
        write_table(of_days, RESULTS / "archive_s3_bytes.csv", None)


def parse_arguments():
    parser = parser_of(__doc__)
    parser.add_argument("--recordings", type=int, default=N_RECORDINGS)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def start_server():
    """Start a server, and point this process and its children to it."""
    log = logging.getLogger("werkzeug")
    log.setLevel(logging.INFO)
    puts = Puts()
    log.addHandler(puts)
    log.propagate = False
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }
    return puts


def annotate_into(out, workers):
    model = load_pretrained("wearable")
    return annotate_many("s3://bucket/holters", model, out, n_jobs=workers)


# Kills.


def kills(system, puts, n_recordings, workers):
    with tempfile.TemporaryDirectory() as directory:
        make_ecg(n_recordings, duration=SECONDS, random_state=0, directory=directory)
        system.put(f"{directory}/", "bucket/holters/", recursive=True)
    start = time.monotonic()
    annotate_into("s3://bucket/whole", workers)
    undisturbed = time.monotonic() - start
    script = [sys.executable, __file__, "--inside", "s3://bucket/killed"]
    command = [*script, "--workers", str(workers)]
    with subprocess.Popen(command, start_new_session=True) as process:
        wait_for(system, n_recordings / 3)
        for worker in workers_of(process.pid)[:2]:
            os.kill(worker, signal.SIGKILL)
        wait_for(system, 2 * n_recordings / 3)
        os.killpg(process.pid, signal.SIGKILL)
    before = n_done(system)
    start = time.monotonic()
    manifest = annotate_into("s3://bucket/killed", workers)
    twice = [
        name
        for name, count in puts.counts.items()
        if name.startswith("killed/") and name.endswith(".ext") and count > 1
    ]
    return {
        "recordings": n_recordings,
        "workers": workers,
        "undisturbed, s": round(undisturbed, 1),
        "done before the last kill": before,
        "the second call, s": round(time.monotonic() - start, 1),
        "done": int((manifest["status"] == "done").sum()),
        "objects": len(labels_of(system, "killed")),
        "as undisturbed": labels_of(system, "killed") == labels_of(system, "whole"),
        "put twice": len(twice),
    }


def n_done(system):
    system.invalidate_cache()
    return len(system.find("bucket/killed/.rows"))


def wait_for(system, n_recordings):
    while n_done(system) < n_recordings:
        time.sleep(0.5)


def labels_of(system, home):
    """Return the hash of each label, by its name."""
    system.invalidate_cache()
    found = system.find(f"bucket/{home}", detail=True)
    return {
        name.removeprefix(f"bucket/{home}/"): about["ETag"]
        for name, about in found.items()
        if name.endswith(".ext")
    }


def workers_of(pid):
    """Return the processes of joblib below one."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path("/proc", name, "stat").read_text()
            words = Path("/proc", name, "cmdline").read_text()
            if stat.rpartition(")")[2].split()[1] == str(pid) and "loky" in words:
                found.append(int(name))
    return sorted(found)


# Bytes.


def bytes_of_days(system):
    """Return what is fetched of a day, for each way to store it."""
    with tempfile.TemporaryDirectory() as directory:
        write_days(Path(directory))
        system.put(f"{directory}/", "bucket/days/", recursive=True)
    rows = []
    for name in ("day.edf", "together", "apart"):
        size = 2 * 2 * DAY * RATE
        rows.append({"day": name, "MB": round(size / 1e6, 1)})
        for what, leads, stop in (("lead", "II", None), ("minute", None, 43260)):
            counts = Counter()
            with counting(system, counts):
                recording = read_recording(f"s3://bucket/days/{name}")
                recording.read(leads, start=43200 if stop else 0, stop=stop)
            rows[-1] |= {
                f"a {what}, MB": round(counts["bytes"] / 1e6, 3),
                f"a {what}, %": round(100 * counts["bytes"] / size, 3),
                f"a {what}, requests": counts["requests"],
            }
    return rows


def write_days(directory):
    samples = np.random.default_rng(0).integers(-1000, 1000, (DAY * RATE, 2))
    header = {"fs": RATE, "write_dir": str(directory)}
    for name, places in (("together", [0, 1]), ("ii", [0]), ("v5", [1])):
        wfdb.wrsamp(
            name,
            units=["mV"] * len(places),
            sig_name=["II", "V5"][: len(places)],
            d_signal=samples[:, places],
            fmt=["16"] * len(places),
            adc_gain=[200.0] * len(places),
            baseline=[0] * len(places),
            **header,
        )
    one = (directory / "ii.hea").read_text().splitlines()
    other = (directory / "v5.hea").read_text().splitlines()
    lines = [f"apart 2 {RATE} {DAY * RATE}", one[1], other[1].replace(" II", " V5")]
    (directory / "apart.hea").write_text("\n".join(lines) + "\n")
    signals = [
        edfio.EdfSignal(samples[:, place] / 200, RATE, label=name)
        for place, name in enumerate(("II", "V5"))
    ]
    edfio.Edf(signals).write(directory / "day.edf")


class counting:
    """Count the bytes and the requests of a block."""

    def __init__(self, system, counts):
        self.system, self.counts = system, counts

    def __enter__(self):
        original = self.system.cat_file

        def counted(*args, **options):
            content = original(*args, **options)
            self.counts.update(bytes=len(content), requests=1)
            return content

        self.system.cat_file = counted

    def __exit__(self, *_):
        del self.system.cat_file


if __name__ == "__main__":
    main()
