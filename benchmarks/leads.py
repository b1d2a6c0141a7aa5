"""What a bad first lead does to the labels, where the second is good.

The first lead of records of the MIT-BIH (DS2) and the Supraventricular Arrhythmia
Database is made bad, as high as the ECG was: for ten minutes noise of electrodes or of
muscles, flat, or saturated; or, as if another one were connected, flat or noisy
throughout, or with a copy of each QRS complex where its T wave is. A model in the box,
which was trained on these patients, labels the two leads, and the good one alone: so
rows tell what the bad lead costs, and not how good the model is. By the counts of EC57.

    OMP_NUM_THREADS=1 python benchmarks/leads.py --data DIRECTORY --every 4
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from tqdm import tqdm

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import BEAT_SYMBOLS, DATABASES
from sklearn_ecg.metrics import compare_annotations
from sklearn_ecg.records import read_recording, recording_from_array

RESULTS = Path(__file__).parent / "results" / "leads.csv"
DS2 = DATABASES["mitdb"].splits["DS2"]
BAD = slice(600, 1200)
"""Seconds in which a lead is bad."""

NOISE_RATE = 360


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=["ambulatory"])
    parser.add_argument("--every", type=int, default=1, help="only each n-th record")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for name in arguments.models:
        model = load_pretrained(name)
        for database, paths in records_of(arguments.data, arguments.every).items():
            counts = counts_of(model, paths, arguments.data)
            rows += [
                {"model": name, "database": database, "records": len(paths)} | row
                for row in scores_of(counts)
            ]
            print(pd.DataFrame(rows).round(2).to_string(index=False), flush=True)
            write_table(rows, arguments.out, float_format="%.2f")


def records_of(data, every):
    """Return the paths of the records of both databases."""
    of_svdb = sorted(path.with_suffix("") for path in (data / "svdb").glob("*.atr"))
    return {
        "DS2": [data / "mitdb" / str(name) for name in DS2][::every],
        "SVDB": of_svdb[::every],
    }


def counts_of(model, paths, data):
    """Return the counts of EC57 of each record and first lead."""
    rows = []
    for number, path in enumerate(tqdm(paths)):
        recording = read_recording(path)
        clean = annotate(recording, model)
        rows.append(counted(recording, clean, "as it is"))
        first, second = clean.leads
        for kind, signal in first_leads(recording, first, data, number).items():
            both = recording_from_array(
                np.column_stack([signal, recording.read(second)]),
                recording.sampling_rate,
                [first, second],
            )
            rows.append(counted(recording, annotate(both, model), kind))
        alone = annotate(recording, model, lead=second)
        rows.append(counted(recording, alone, "none: the second lead alone"))
    return pd.DataFrame(rows)


def counted(recording, annotation, kind):
    """Return the counts of one record, and how often another lead was believed."""
    scores = compare_annotations(recording, test=annotation.annotations()).scores
    row = {"first lead": kind, "changes": len(annotation.leads_used) - 1}
    row["doubted"] = len(annotation.doubts) > 0
    for beat in scores.index:
        for count in ("TP", "FN", "FP"):
            row[f"{beat} {count}"] = int(scores.loc[beat, count])
    return row


def scores_of(counts):
    """Return Se, +P and F1 of all records together, for each first lead."""
    for kind, total in counts.groupby("first lead", sort=False).sum().iterrows():
        row = {"first lead": kind}
        for beat in ("QRS", "VEB", "SVEB"):
            tp, fn, fp = (total[f"{beat} {count}"] for count in ("TP", "FN", "FP"))
            row |= {
                f"{beat} Se": 100 * tp / (tp + fn),
                f"{beat} +P": 100 * tp / (tp + fp),
            }
            row[f"{beat} F1"] = 200 * tp / (2 * tp + fn + fp)
        yield row | {"changes": total["changes"], "doubted": total["doubted"]}


def first_leads(recording, name, data, number):
    """Return a lead as it is, and made bad in several ways."""
    good, rate = recording.read(name), recording.sampling_rate
    height = height_of(good, rate)
    noise = {
        kind: noise_like(data, kind, len(good), rate, height, number)
        for kind in ("em", "ma")
    }
    flat = np.random.default_rng(number).normal(0, 0.002 * height, len(good))
    steps = height * np.where(np.arange(len(good)) // round(7 * rate) % 2, 2.0, -2.0)
    return {
        "10 min of electrode motion": spoilt(good, noise["em"], rate),
        "10 min of muscle noise": spoilt(good, noise["ma"], rate),
        "10 min flat": spoilt(good, flat, rate),
        "10 min saturated": spoilt(good, steps, rate),
        "flat": flat,
        "electrode motion": noise["em"],
        "T waves like QRS": with_steep_t(recording, good, rate),
    }


def spoilt(good, bad, rate):
    seconds = slice(round(BAD.start * rate), round(BAD.stop * rate))
    signal = good.copy()
    signal[seconds] = bad[seconds]
    return signal


def height_of(signal, rate):
    """Return the median range of a signal in stretches of one second."""
    whole = signal[: len(signal) // round(rate) * round(rate)]
    return np.median(np.ptp(whole.reshape(-1, round(rate)), axis=1))


def noise_like(data, kind, n_samples, rate, height, number):
    """Return noise as high as the ECG; each record begins elsewhere in it."""
    noise = next(iter(read_recording(data / "nstdb" / kind).read().values()))
    times = (np.arange(n_samples) / rate + 20 * number) * NOISE_RATE
    noise = np.interp(times % (len(noise) - 1), np.arange(len(noise)), noise)
    return (noise - noise.mean()) * height / height_of(noise, rate)


def with_steep_t(recording, good, rate):
    """Return a lead with a copy of each QRS complex 0.25 to 0.34 s after it."""
    annotations = recording.annotations("atr")
    beats = annotations["sample"][annotations["symbol"].isin(BEAT_SYMBOLS)].to_numpy()
    half, signal = round(0.06 * rate), good.copy()
    intervals = np.diff(beats, prepend=beats[0] - rate) / rate
    for beat, interval in zip(beats, intervals, strict=True):
        wave = beat + round(np.clip(0.3 * np.sqrt(interval), 0.25, 0.34) * rate)
        if half <= beat and wave + half <= len(good):
            qrs = good[beat - half : beat + half]
            qrs = qrs - np.median(good[max(beat - 3 * half, 0) : beat + 3 * half])
            signal[wave - half : wave + half] += 0.95 * qrs * np.hanning(2 * half)
    return signal


if __name__ == "__main__":
    main()
