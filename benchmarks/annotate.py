"""How long it takes, and how much memory, to label a day of ECG, and what follows.

A day of two leads at 250 Hz, made of a record of the MIT-BIH Arrhythmia Database again
and again, is written as EDF and annotated in another process, on one core. Memory is
the peak of that process above its peak after all imports.

    OMP_NUM_THREADS=1 python benchmarks/annotate.py MODEL --data DIRECTORY
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import edfio
import numpy as np
from harness import parser_of, seconds_of

from sklearn_ecg import annotate, load_model, load_pretrained
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.records import read_recording

HOURS, RATE = 24, 250


def main():
    arguments = parse_arguments()
    if arguments.recording:
        measure(arguments.model, arguments.recording)
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "day.edf")
        write_day(path, arguments.data / "mitdb" / "203")
        command = [sys.executable, __file__, str(arguments.model)]
        subprocess.run([*command, "--recording", str(path)], check=True)


def parse_arguments():
    parser = parser_of(__doc__)
    parser.add_argument("model", help="a model in the box, or a file of save_model")
    parser.add_argument("--data", type=Path, help="directory of the databases")
    parser.add_argument("--recording", help=argparse.SUPPRESS)
    return parser.parse_args()


def write_day(path, record):
    """Write a day that consists of one record, at another rate and again and again."""
    leads = read_recording(record).read()
    signals = [
        edfio.EdfSignal(
            np.resize(lead, HOURS * 3600 * RATE),
            RATE,
            label=name,
            physical_dimension="mV",
            physical_range=(-10, 10),
        )
        for name, lead in leads.items()
    ]
    edfio.Edf(signals).write(path)


def measure(path, recording):
    is_file = Path(path).is_file()
    model = load_model(path) if is_file else load_pretrained(path)
    annotate(short_piece(), model)
    before = peak_memory()
    seconds, processor, annotation = seconds_of(annotate, recording, model)
    print(
        f"annotate: {seconds:.1f} s ({processor:.1f} s of processor), "
        f"{peak_memory() - before:.0f} MB above the imports"
    )
    _, processor, _ = seconds_of(say_rhythm, annotation)
    print(f"episodes, summary and variability: {processor:.2f} s of processor")
    print(annotation)
    before_questions = peak_memory()
    _, processor, templates = seconds_of(annotation.templates, 40)
    print(
        f"{len(templates)} questions: {processor:.1f} s of processor, "
        f"{peak_memory() - before_questions:.0f} MB more"
    )
    names = dict(templates.questions["label"][:10])
    _, processor, _ = seconds_of(templates.named, names)
    print(f"10 names carried: {processor:.1f} s of processor")
    page = Path(recording).with_suffix(".html")
    _, processor, _ = seconds_of(annotation.report, page)
    print(
        f"report: {processor:.1f} s of processor, "
        f"{page.stat().st_size / 1e6:.2f} MB; {peak_memory() - before:.0f} MB in all"
    )
    signal = read_recording(recording).read("MLII")
    _, processor, _ = seconds_of(detect_r_peaks, signal, RATE)
    print(f"detect_r_peaks: {processor:.1f} s of processor")


def say_rhythm(annotation):
    return annotation.episodes, annotation.summary(), annotation.variability()


def short_piece():
    """Return a recording that makes everything import what it needs."""
    from sklearn_ecg.datasets import make_ecg

    return make_ecg(1, duration=20, random_state=0).records[0]


def peak_memory():
    """Return the peak of this process in MB, without what it inherited; on Linux."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
