"""How small the classifier alone can be: accuracy, instructions, flash and RAM.

A network of 8, 16, 32 and 32 channels on windows of 64 samples at 100 Hz, trained on
80 % of the beats of all 48 records, is pruned in small steps. At each sparsity it is
quantized to int8, scored on the other beats (of the same patients), exported,
and counted on an emulated Cortex-M4. Rows go to ``benchmarks/results/smallest.csv``.

    OMP_NUM_THREADS=1 python benchmarks/smallest.py --data DIRECTORY --seeds 5
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from protocols import intra
from sklearn.pipeline import Pipeline

from sklearn_ecg import load_beats, make_device_pipeline
from sklearn_ecg._files import written_whole
from sklearn_ecg.edge import export_c, profile, quantize

RESULTS = Path(__file__).parent / "results" / "smallest.csv"
NETWORK = {
    "conv_channels": (8, 16, 32, 32),
    "kernel_sizes": (7, 5, 5, 3),
    "n_hidden": 32,
}
SCHEDULE = [0.5, 0.7, 0.8, 0.86, 0.9, 0.92, 0.94, 0.95, 0.96]
REPORTED = [0.9, 0.92, 0.94, 0.95, 0.96]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = load_beats(arguments.data / "mitdb")
    rows = []
    for seed in range(arguments.seeds):
        rows += rows_of(intra(beats), seed)
        with written_whole(arguments.out) as temporary:
            pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")
    table = pd.DataFrame(rows)
    print(table.groupby(["sparsity", "options"]).median(numeric_only=True).to_string())


def rows_of(split, seed):
    """Return a row for each sparsity and way to compile."""
    pipeline = make_device_pipeline(
        100,
        SCHEDULE[-1],
        known_patients=True,
        schedule=SCHEDULE,
        module_params=NETWORK,
        n_epochs=12,
        random_state=seed,
    )
    split.fit(pipeline)
    training, _ = split.training()
    X, y = split.testing()
    some = np.random.default_rng(seed).permutation(len(training))[:4000]
    rows = []
    for sparsity in REPORTED:
        stage = pipeline[-1].at_stage(1 + SCHEDULE.index(sparsity))
        of_stage = Pipeline([pipeline.steps[0], ("classify", stage)])
        quantized = quantize(of_stage, training.iloc[some], activations="int8")
        accuracy = float(np.mean(quantized.predict(X) == y))
        for options in ("-O2", "-Os"):
            with tempfile.TemporaryDirectory() as directory:
                export_c(quantized, directory)
                report = profile(directory, options=options)
            rows.append(
                {
                    "seed": seed,
                    "sparsity": sparsity,
                    "options": options,
                    "accuracy": accuracy,
                    "weights": quantized.origin.n_nonzero,
                    "macs": quantized.origin.macs,
                    "instructions": report.instructions,
                    "flash": report.flash,
                    "ram": report.ram,
                }
            )
            print(rows[-1], flush=True)
    return rows


if __name__ == "__main__":
    main()
