"""Whether a live signal gives what the whole recording gives, on three databases.

Every record is pushed into `BeatStream` in pieces of random lengths, three times, and
compared with `predict` and `predict_proba` on its `beat_table`: R peaks, labels and
probabilities must be equal, bit for bit. Prints how many beats differ, which must be 0,
and what an hour of signal takes in pieces of a second.

    OMP_NUM_THREADS=1 python benchmarks/stream.py MODEL --data DIRECTORY
"""

import argparse
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from sklearn_ecg import BeatStream
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.records import read_recording, recording_from_array

LEADS = {"mitdb": ("MLII", "V5"), "svdb": ("ECG1",), "qtdb": ("D3", "CM5", "V4", "V5")}
MEAN_SECONDS = (5, 60, 600)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="a fitted Pipeline, by joblib")
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    model = joblib.load(arguments.model)
    random = np.random.default_rng(0)
    for database, leads in LEADS.items():
        paths = sorted((arguments.data / database).glob("*.hea"))
        rows = [
            compare(model, path.with_suffix(""), leads, random)
            for path in tqdm(paths, database)
        ]
        table = pd.DataFrame(rows)
        print(
            f"{database}: {len(table)} records, {table['beats'].sum()} beats in three "
            f"ways of cutting, {table['different'].sum()} different"
        )
    print(f"an hour in pieces of 1 s: {seconds_live(model, arguments.data):.1f} s")


def compare(model, path, leads, random):
    recording = read_recording(path)
    lead = next((name for name in leads if name in recording.leads), None)
    if lead is None:
        return {"beats": 0, "different": 0}
    signal, rate = recording.read(lead), recording.sampling_rates[lead]
    model.set_params(segment__lead=lead, segment__on_invalid="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = beat_table(recording_from_array(signal, rate, lead), lead=lead)
    expected = pd.DataFrame({"sample": table["sample"].to_numpy()})
    expected["label"] = model.predict(table)
    names = [f"p_{label}" for label in model.classes_]
    expected[names] = model.predict_proba(table)
    beats = different = 0
    for seconds in MEAN_SECONDS:
        found = pushed(model, signal, rate, seconds, random)
        beats += len(expected)
        different += n_different(found[["sample", "label", *names]], expected)
    return {"beats": beats, "different": different}


def pushed(model, signal, rate, seconds, random):
    stream, found, start = BeatStream(model, rate), [], 0
    while start < len(signal):
        stop = start + int(random.integers(1, 2 * seconds * rate))
        found.append(stream.push(signal[start:stop]))
        start = stop
    found.append(stream.flush())
    return pd.concat(found, ignore_index=True)


def n_different(found, expected):
    both = pd.concat([found, expected])
    return len(both.drop_duplicates(keep=False))


def seconds_live(model, data):
    recording = read_recording(data / "mitdb" / "100")
    model.set_params(segment__lead="MLII")
    signal = np.tile(recording.read("MLII"), 2)
    stream, begin = BeatStream(model, 360), time.process_time()
    for start in range(0, len(signal), 360):
        stream.push(signal[start : start + 360])
    return time.process_time() - begin


if __name__ == "__main__":
    main()
