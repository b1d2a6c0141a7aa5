"""Whether a live signal gives what the whole recording gives, on three databases.

Every record is pushed into `BeatStream` in pieces of random lengths, three times, and
compared with `predict` and `predict_proba` on its `beat_table`: R peaks, labels and
probabilities must be equal, bit for bit. Prints how many beats differ, which must be 0,
and what an hour of signal takes in pieces of a second.

With ``--strap``, ten minutes of the first lead of each record of the MIT-BIH Arrhythmia
Database come as from a chest strap instead: at 130 Hz, in packets of 73 samples of
whole microvolts, of which 2 % are lost at random, with time stamps of the strap's own
clock, by which it takes up to 0.5 % more or fewer samples a second. The beats are
compared with those that `annotate` finds in the recording without what was lost; how
late each comes is counted in seconds of signal, from its R peak to the end of the
packet with which it was told. Rows go to ``benchmarks/results/strap.csv``.

    OMP_NUM_THREADS=1 python benchmarks/stream.py MODEL --data DIRECTORY [--strap]
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, seconds_of, write_table
from scipy.signal import resample_poly
from tqdm import tqdm

from sklearn_ecg import BeatStream, annotate, load_model, load_pretrained
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.records import read_recording, recording_from_array
from sklearn_ecg.stream import PacketClock

RESULTS = Path(__file__).parent / "results" / "strap.csv"
STRAP_RATE, PACKET, STRAP_SECONDS = 130, 73, 600
LOST, DRIFT, JITTER = 0.02, 0.005, 0.001
DATABASES = ("mitdb", "svdb", "qtdb")
MEAN_SECONDS = (5, 60, 600)


def main():
    parser = parser_of(__doc__)
    parser.add_argument("model", help="a model in the box, or a file of save_model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--strap", action="store_true", help="packets, some of them lost"
    )
    arguments = parser.parse_args()
    is_file = Path(arguments.model).is_file()
    model = (load_model if is_file else load_pretrained)(arguments.model)
    model.set_params(segment__on_invalid="ignore")
    random = np.random.default_rng(0)
    if arguments.strap:
        paths = sorted((arguments.data / "mitdb").glob("*.hea"))
        rows = [
            of_strap(model, path.with_suffix(""), random)
            for path in tqdm(paths, "mitdb")
        ]
        write_table(pd.DataFrame(rows), RESULTS)
        return
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


def of_strap(model, path, random):
    """Return how many beats of a strap differ, and how late they come."""
    signal = read_recording(path).read(stop=STRAP_SECONDS)
    signal = resample_poly(next(iter(signal.values())), 13, 36)  # From 360 Hz
    n_packets = len(signal) // PACKET
    packets = (
        np.rint(1000 * signal[: n_packets * PACKET]).reshape(n_packets, PACKET) / 1000
    )
    clock_rate = STRAP_RATE * (1 + random.uniform(-DRIFT, DRIFT))
    stamps = (np.arange(1, n_packets + 1) * PACKET - 1) / clock_rate
    stamps += random.uniform(0, JITTER, n_packets)
    is_kept = random.random(n_packets) >= LOST
    is_kept[[0, -1]] = True
    beats, estimated = heard(model, packets[is_kept], stamps[is_kept])
    packets[~is_kept] = np.nan
    gapped = recording_from_array(packets.ravel(), STRAP_RATE, "II")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = annotate(gapped, model, lead="II").beats
    names = ["sample", "label", *(f"p_{label}" for label in model.classes_)]
    late = (beats["arrived"] - beats["time"]).dropna()
    return {
        "record": path.name,
        "packets": n_packets,
        "lost": int((~is_kept).sum()),
        "clock_rate": clock_rate,
        "estimated": estimated,
        "beats": len(expected),
        "different": n_different(beats[names], expected[names]),
        **{f"late_{share}": late.quantile(share / 100) for share in (50, 95, 99)},
    }


def heard(model, packets, stamps):
    """Return the beats of packets, when each was told, and the rate of their clock."""
    clock = PacketClock(STRAP_RATE)
    stream, found = BeatStream(model, STRAP_RATE, "II"), []
    for packet, stamp in zip(packets, stamps, strict=True):
        n_lost, samples = clock.place(packet, stamp)
        told = [stream.gap(n_lost)] if n_lost else []
        for beats in (*told, stream.push(samples)):
            found.append(beats.assign(arrived=clock.n_samples / STRAP_RATE))
    found.append(stream.flush().assign(arrived=np.nan))
    return pd.concat(found, ignore_index=True), clock.rate


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
