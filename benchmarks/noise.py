"""What a model calls signals in which there is no beat.

`make_interpatient_pipeline` is trained on the detections of DS1, with the label O for
those that are no beat: once as they are, and once with record 118 of the Noise Stress
Test Database added, whose patient is in DS1. Then it labels what is detected in flat
lines, in white noise, in ramps, and in the record of electrode motion alone. At most
1 % should be V or S.

    OMP_NUM_THREADS=1 python benchmarks/noise.py --data DIRECTORY
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_ecg import annotate, load_beats, make_interpatient_pipeline
from sklearn_ecg.datasets import DATABASES
from sklearn_ecg.records import read_recording, recording_from_array

RATE, SECONDS = 360, 1800


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    DS1 = [data / "mitdb" / str(name) for name in DATABASES["mitdb"].splits["DS1"]]
    noisy = sorted((data / "nstdb").glob("118e*.atr"))
    sets = {
        "DS1": DS1,
        "DS1 and 118 with noise": DS1 + [p.with_suffix("") for p in noisy],
    }
    rows = []
    for name, records in sets.items():
        beats = load_beats(records, r_peaks="detected", on_invalid="ignore")
        model = make_interpatient_pipeline(0.9, random_state=0)
        model.fit(beats.data, beats.target)
        n_no_beat = int((beats.target == "O").sum())
        for kind, signal in signals(data).items():
            recording = recording_from_array(signal, RATE, "MLII", name=kind)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                labels = annotate(recording, model).beats["label"]
            counts = labels.value_counts()
            n_called = int(counts.get("V", 0) + counts.get("S", 0))
            rows.append(
                {"trained on": name, "O in training": n_no_beat, "signal": kind}
                | {"detected": len(labels), "V or S": n_called}
                | {"share": n_called / max(len(labels), 1)}
                | {"O": int(counts.get("O", 0))}
            )
    print(pd.DataFrame(rows).round(4).to_string(index=False))


def signals(data):
    """Return half an hour each of signals without beats, in mV."""
    random = np.random.default_rng(0)
    n_samples = RATE * SECONDS
    motion = read_recording(data / "nstdb" / "em")
    return {
        "flat line": np.zeros(n_samples),
        "flat line with noise of 5 µV": 0.005 * random.normal(size=n_samples),
        "white noise": 0.3 * random.normal(size=n_samples),
        "ramps": np.arange(n_samples) % (10 * RATE) / (5 * RATE),
        "electrode motion": motion.read(motion.leads[0]),
    }


if __name__ == "__main__":
    main()
