"""Archives: what a second process gains, what kills leave, and the memory of a worker.

An archive of half-hour recordings is made once, in a cache directory: those of the
MIT-BIH Arrhythmia and Supraventricular databases, each again with another gain, noise,
offset and start, as WFDB and as EDF. `annotate_many` goes over it with one process and
with two, in a process that has imported the package and loaded the model; the start of
the workers counts. Then the command is killed with all its workers at random moments,
and in the end gone on with; every file must be as it was without kills. ``seconds`` is
left out of that: how long a recording took is another number each time. Memory is the
largest of any worker, imports included, for half hours and for two recordings of a day.

    OMP_NUM_THREADS=1 python benchmarks/archive.py --data DIRECTORY

writes a row to ``benchmarks/results/archive.csv`` with 200 recordings; fewer only
print.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import edfio
import numpy as np
import pandas as pd
import wfdb
from harness import parser_of, write_table

from sklearn_ecg import annotate_many, load_pretrained
from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results" / "archive.csv"
N_RECORDINGS = 200
SECONDS = 1800
MODEL = "wearable"


def main():
    arguments = parse_arguments()
    if arguments.inside:
        annotate_here(*arguments.inside)
        return
    work = arguments.work.expanduser()
    archive = work / f"archive_{arguments.recordings}"
    make_archive(archive, arguments.data, arguments.recordings)
    make_day(work / "day", arguments.data)
    alone = run(archive, work / "alone", 1)
    together = run(archive, work / "together", 2)
    kills = killed_and_resumed(archive, work, arguments.kills, together)
    day = run(work / "day", work / "day_out", 2)
    row = {
        "recordings": arguments.recordings,
        "model": MODEL,
        "machine": processor(),
        "one process, s": alone["seconds"],
        "two processes, s": together["seconds"],
        "ratio": round(alone["seconds"] / together["seconds"], 3),
        **kills,
        "MB of half hours": together["MB"],
        "MB of days": day["MB"],
        "a half hour, s": round(alone["sum"] / arguments.recordings, 3),
        "a day, s": day["longest"],
    }
    print(pd.Series(row).to_string())
    if arguments.recordings == N_RECORDINGS:
        write_table([row], RESULTS, None)


def parse_arguments():
    parser = parser_of(__doc__, type=Path, required=True, help="of the databases")
    parser.add_argument("--recordings", type=int, default=N_RECORDINGS)
    parser.add_argument("--kills", type=int, default=10)
    default = Path("~/.cache/sklearn_ecg_archive")
    parser.add_argument("--work", type=Path, default=default, help="cache directory")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


# The archive.


def make_archive(directory, data, n_recordings):
    """Write an archive, whole or not at all, unless it is there."""
    if directory.is_dir():
        return
    sources = sorted(
        path.with_suffix("")
        for name in ("mitdb", "svdb")
        for path in (data / name).glob("*.hea")
    )
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    order = np.random.default_rng(0).permutation(len(sources))
    for number in range(n_recordings):
        source = sources[order[number % len(sources)]]
        write_variant(unfinished, f"r{number:03d}", source, number)
    unfinished.rename(directory)


def write_variant(directory, name, source, number):
    """Write half an hour of a record as if it were of somebody else."""
    random = np.random.default_rng(number)
    recording = read_recording(source)
    rate = recording.sampling_rate
    start = int(random.integers(0, round(60 * rate)))
    leads = {
        lead: np.resize(
            np.roll(np.nan_to_num(signal), -start) * random.uniform(0.8, 1.25)
            + random.normal(0, 0.01, len(signal))
            + random.uniform(-0.2, 0.2),
            round(SECONDS * rate),
        )
        for lead, signal in recording.read().items()
    }
    write = write_edf if number % 2 else write_wfdb
    write(directory, name, leads, round(rate))


def write_edf(directory, name, leads, rate):
    signals = [
        edfio.EdfSignal(
            np.clip(signal, -20, 20),
            rate,
            label=lead,
            physical_dimension="mV",
            physical_range=(-20, 20),
        )
        for lead, signal in leads.items()
    ]
    edfio.Edf(signals).write(directory / f"{name}.edf")


def write_wfdb(directory, name, leads, rate):
    signals = np.column_stack(list(leads.values()))
    wfdb.wrsamp(
        name,
        fs=rate,
        units=["mV"] * len(leads),
        sig_name=list(leads),
        d_signal=np.rint(signals * 200).astype(np.int64),
        fmt=["16"] * len(leads),
        adc_gain=[200.0] * len(leads),
        baseline=[0] * len(leads),
        write_dir=str(directory),
    )


def make_day(directory, data):
    """Write two days of two leads, as one EDF file each, unless they are there."""
    if directory.is_dir():
        return
    unfinished = directory.with_name("day.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in ("203", "228"):
        leads = read_recording(data / "mitdb" / name).read()
        day = {lead: np.resize(s, 24 * 3600 * 360) for lead, s in leads.items()}
        write_edf(unfinished, f"day_{name}", day, 360)
    unfinished.rename(directory)


# Runs.


def started(archive, out, n_processes):
    """Start the command in a group of processes of its own."""
    command = [sys.executable, "-m", "sklearn_ecg", "annotate", MODEL, str(archive)]
    command += ["--out", str(out), "--jobs", str(n_processes), "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)


def annotate_here(archive, out, n_processes):
    """Print how many seconds `annotate_many` takes in this process."""
    model = load_pretrained(MODEL)
    begun = time.monotonic()
    annotate_many(archive, model, out, n_jobs=int(n_processes))
    print(time.monotonic() - begun)


def run(archive, out, n_processes):
    """Annotate anew; return how long it took, and the memory of its processes."""
    shutil.rmtree(out, ignore_errors=True)
    begun, first, peaks = time.monotonic(), None, {}
    process = subprocess.Popen(
        [sys.executable, __file__, "--data", ".", "--inside"]
        + [str(archive), str(out), str(n_processes)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None:
        note_memory(process.pid, peaks)
        if first is None and list(out.glob(".rows/*.json")):
            first = time.monotonic() - begun
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{archive}: it ended with {process.returncode}.")
    if n_processes > 1:
        del peaks[process.pid]
    took = [json.loads(row.read_text())["seconds"] for row in out.glob(".rows/*.json")]
    done = {
        "processes": n_processes,
        "seconds": round(float(process.stdout.read()), 1),
        "with start": round(time.monotonic() - begun, 1),
        "first after": round(first, 1),
        "longest": max(took),
        "sum": round(sum(took), 1),
        "MB": max(peaks.values()),
    }
    print(done, flush=True)
    return done


def note_memory(group, peaks):
    """Note the peak of each process of a group, in MB."""
    for directory in Path("/proc").glob("[0-9]*"):
        number = int(directory.name)
        try:
            if os.getpgid(number) == group:
                status = (directory / "status").read_text()
                peaks[number] = int(status.split("VmHWM:")[1].split()[0]) // 1024
        except (OSError, IndexError):
            # It has ended.
            continue


def killed_and_resumed(archive, work, n_kills, undisturbed):
    """Kill the command and its workers at random moments; compare what they leave."""
    out = work / "killed"
    shutil.rmtree(out, ignore_errors=True)
    random = np.random.default_rng(0)
    expected = contents(work / "alone")
    first = undisturbed["first after"]
    latest = first + 2 * (undisturbed["with start"] - first) / n_kills
    n_done, n_halves, wrong = [], 0, set()
    for _ in range(n_kills):
        process = started(archive, out, 2)
        time.sleep(random.uniform(first / 2, latest))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = contents(out)
        halves = {name for name in found if ".writing-" in name}
        wrong |= {n for n in found.keys() - halves if found[n] != expected.get(n)}
        n_halves += len(halves) > 0
        n_done.append(len(list(out.glob("*.ext"))))
    if started(archive, out, 2).wait():
        raise SystemExit("The command that was gone on with did not end well.")
    print(f"recordings done after each kill: {n_done}")
    return {
        "kills": n_kills,
        "kills while writing": n_halves,
        "same files": not wrong and contents(out) == expected,
    }


def contents(out):
    """Return all that is in a directory, but not how long it took."""
    found = {}
    for path in out.rglob("*"):
        name = str(path.relative_to(out))
        if path.name == "manifest.csv":
            found[name] = pd.read_csv(path).drop(columns="seconds").to_csv()
        elif path.suffix == ".json":
            found[name] = json.loads(path.read_text()) | {"seconds": None}
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def processor():
    """Name the processor, and say how many of it there are."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return f"{len(os.sched_getaffinity(0))} x {names[0]}"


if __name__ == "__main__":
    main()
