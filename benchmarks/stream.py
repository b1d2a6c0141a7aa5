"""Whether a live signal gives what the whole recording gives, on three databases.

Every record is pushed into `BeatStream` in pieces of random lengths, three times, and
compared with `predict` and `predict_proba` on its `beat_table`: R peaks, labels and
probabilities must be equal, bit for bit. Prints how many beats differ, which must be 0,
and what an hour of signal takes in pieces of a second.

    OMP_NUM_THREADS=1 python benchmarks/stream.py MODEL --data DIRECTORY
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, seconds_of
from tqdm import tqdm

from sklearn_ecg import BeatStream, load_model, load_pretrained
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.records import read_recording, recording_from_array

DATABASES = ("mitdb", "svdb", "qtdb")
MEAN_SECONDS = (5, 60, 600)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("model", help="a model in the box, or a file of save_model")
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    is_file = Path(arguments.model).is_file()
    model = (load_model if is_file else load_pretrained)(arguments.model)
    model.set_params(segment__on_invalid="ignore")
    random = np.random.default_rng(0)
    for database in DATABASES:
        paths = sorted((arguments.data / database).glob("*.hea"))
        rows = [
            compare(model, path.with_suffix(""), random)
            for path in tqdm(paths, database)
        ]
        table = pd.DataFrame(rows)
        print(
            f"{database}: {len(table)} records, {table['beats'].sum()} beats in three "
            f"ways of cutting, {table['different'].sum()} different"
        )
    print(f"an hour in pieces of 1 s: {seconds_live(model, arguments.data):.1f} s")


def compare(model, path, random):
    recording = read_recording(path)
    signal = np.column_stack(list(recording.read().values()))
    rate, leads = recording.sampling_rate, list(recording.leads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        in_memory = recording_from_array(signal, rate, leads)
        table = beat_table(in_memory, lead=model[0].lead)
    expected = pd.DataFrame({"sample": table["sample"].to_numpy()})
    expected["label"] = model.predict(table)
    names = [f"p_{label}" for label in model.classes_]
    expected[names] = model.predict_proba(table)
    beats = different = 0
    for seconds in MEAN_SECONDS:
        found = pushed(model, signal, rate, leads, seconds, random)
        beats += len(expected)
        different += n_different(found[["sample", "label", *names]], expected)
    return {"beats": beats, "different": different}


def pushed(model, signal, rate, leads, seconds, random):
    stream, found, start = BeatStream(model, rate, leads), [], 0
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
    signal = np.tile(np.column_stack(list(recording.read().values())), (2, 1))
    stream = BeatStream(model, 360, recording.leads)
    pieces = [signal[start : start + 360] for start in range(0, len(signal), 360)]
    _, processor, _ = seconds_of(lambda: [stream.push(piece) for piece in pieces])
    return processor


if __name__ == "__main__":
    main()
