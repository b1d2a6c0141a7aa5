"""What noise does to the labels, and what a model calls signals without beats.

`make_beat_pipeline` with a second lead is trained on what is detected in DS1,
in record 118 of the Noise Stress Test Database (whose patient is in DS1), and in the
first half of its recordings of wander, muscles and electrode motion, where all is "O".

- it labels DS2 with the second half of each noise added, from 24 to 0 dB: the signal's
  power is that of the typical QRS complex (a sine as high), as in that database;
- it labels signals in which there is no beat.

    OMP_NUM_THREADS=1 python benchmarks/noise.py --data DIRECTORY
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from noises import NOISES, noise_alone, with_noise
from strangers import LEADS, model_of
from tqdm import tqdm

from sklearn_ecg import annotate, load_beats
from sklearn_ecg.datasets import DATABASES, beat_table
from sklearn_ecg.metrics import compare_annotations
from sklearn_ecg.records import read_recording, recording_from_array

RESULTS = Path(__file__).parent / "results" / "noise.csv"
SPLITS = DATABASES["mitdb"].splits
LEVELS = (24, 18, 12, 6, 0)
RATE, SECONDS = 360, 1800
HALF = 900.0


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    data = arguments.data
    model = trained(data, arguments.seed)
    rows = [of_no_beats(model, *signal) for signal in signals(data).items()]
    print(pd.DataFrame(rows).round(4).to_string(index=False), flush=True)
    cases = [("none", np.inf)] + [(n, level) for n in NOISES for level in LEVELS]
    for noise, level in tqdm(cases):
        rows.append(of_noisy_ds2(model, data, noise, level))
        print({k: v for k, v in rows[-1].items() if v is not None}, flush=True)
        write_table(rows, arguments.out)


def trained(data, seed):
    records = [data / "mitdb" / str(name) for name in SPLITS["DS1"]]
    records += [p.with_suffix("") for p in sorted((data / "nstdb").glob("118e*.atr"))]
    beats = load_beats(records, r_peaks="detected", lead=LEADS, on_invalid="ignore")
    noise = [
        beat_table(noise_alone(data, name, stop=HALF), lead=LEADS) for name in NOISES
    ]
    table = pd.concat([beats.data, *noise], ignore_index=True)
    labels = np.concatenate([beats.target, np.full(sum(map(len, noise)), "O")])
    return model_of(seed, causal=False).fit(table, labels)


def of_no_beats(model, kind, signal):
    """Return how often what is no beat is called ventricular or supraventricular."""
    recording = recording_from_array(signal, RATE, "MLII", name=kind)
    labels = annotate(recording, model).beats["label"]
    counts = labels.value_counts()
    n_called = int(counts.get("V", 0) + counts.get("S", 0))
    return {
        "signal": kind,
        "noise": None,
        "dB": None,
        "detected": len(labels),
        "V or S": n_called / max(len(labels), 1),
        "O": int(counts.get("O", 0)) / max(len(labels), 1),
    }


def of_noisy_ds2(model, data, noise, level):
    """Return the scores of DS2 with noise added, by the counts of EC57."""
    totals, n_no_beat, n_found = [], 0, 0
    for number, name in enumerate(SPLITS["DS2"]):
        recording = read_recording(data / "mitdb" / str(name))
        noisy = recording
        if noise != "none":
            half = noise_alone(data, noise, start=HALF)
            # Each record begins elsewhere in the noise.
            noisy = with_noise(recording, half, level, start=20 * number)
        annotation = annotate(noisy, model)
        labels = annotation.beats["label"]
        n_no_beat += int((labels == "O").sum())
        n_found += len(labels)
        comparison = compare_annotations(recording, test=annotation.annotations())
        totals.append(comparison.scores[["TP", "FN", "FP"]])
    total = sum(totals)
    row = {"signal": "DS2", "noise": noise, "dB": level, "detected": n_found}
    row["O"] = n_no_beat / n_found
    for beat in total.index:
        tp, fn, fp = total.loc[beat, ["TP", "FN", "FP"]]
        row[f"{beat} F1"] = 2 * tp / max(2 * tp + fn + fp, 1)
    return row


def signals(data):
    """Return half an hour each of signals without beats, in mV."""
    random = np.random.default_rng(0)
    n_samples = RATE * SECONDS
    alone = {
        "flat line": np.zeros(n_samples),
        "flat line with noise of 5 µV": 0.005 * random.normal(size=n_samples),
        "white noise": 0.3 * random.normal(size=n_samples),
        "ramps": np.arange(n_samples) % (10 * RATE) / (5 * RATE),
    }
    for name in NOISES:
        half = noise_alone(data, name, start=HALF)
        alone[f"{name}, second half"] = half.read("MLII")
    return alone


if __name__ == "__main__":
    main()
