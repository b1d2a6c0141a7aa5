"""How small the classifier alone can be: accuracy, instructions, flash and RAM.

A network of 8, 16, 32 and 32 channels on windows of 64 samples at 100 Hz, trained on
80 % of the beats of all 48 records, is pruned in small steps. At each sparsity it is
quantized to int8, scored on the other beats (of the same patients), exported in each
way, and counted on an emulated Cortex-M4. Rows go to
``benchmarks/results/smallest.csv``.

    OMP_NUM_THREADS=1 python benchmarks/smallest.py --data DIRECTORY --seeds 5

A fit takes 13 minutes of one core. With ``--keep DIRECTORY``, fitted models are left
there, and found there again.
"""

import tempfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from harness import parser_of, write_table
from protocols import intra
from sklearn.pipeline import Pipeline

from sklearn_ecg import load_beats, make_beat_pipeline
from sklearn_ecg.edge import export_c, profile, quantize

RESULTS = Path(__file__).parent / "results" / "smallest.csv"
NETWORK = {
    "conv_channels": (8, 16, 32, 32),
    "kernel_sizes": (7, 5, 5, 3),
    "n_hidden": 32,
}
SCHEDULE = [0.4, 0.6, 0.7, 0.78, 0.84, 0.88, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95]
REPORTED = [0.9, 0.91, 0.92, 0.93, 0.94, 0.95]
EXPORTS = [("speed", "-O2"), ("size", "-Os"), ("fast", "-O2"), ("fast", "-Os")]


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    beats = load_beats(arguments.data / "mitdb")
    rows = []
    for seed in range(arguments.seeds):
        rows += rows_of(intra(beats), seed, arguments.keep)
        write_table(rows, arguments.out, "%.6g")
    by = pd.DataFrame(rows).groupby(["sparsity", "optimize", "options"])
    print(by.median(numeric_only=True).to_string())


def fitted(split, seed, keep):
    """Fit a Pipeline, or load what an earlier run left."""
    path = keep / f"S-{seed}.joblib" if keep else None
    if path and path.exists():
        return joblib.load(path)
    pipeline = make_beat_pipeline(
        "known",
        device_rate=100,
        sparsity=SCHEDULE[-1],
        schedule=SCHEDULE,
        module_params=NETWORK,
        n_epochs=24,
        stage_epochs=12,
        random_state=seed,
    )
    split.fit(pipeline)
    if path:
        joblib.dump(pipeline, path)
    return pipeline


def rows_of(split, seed, keep):
    """Return a row for each sparsity and way to export and compile."""
    pipeline = fitted(split, seed, keep)
    training, _ = split.training()
    X, y = split.testing()
    some = np.random.default_rng(seed).permutation(len(training))[:4000]
    rows = []
    for sparsity in REPORTED:
        stage = pipeline[-1].at_stage(1 + SCHEDULE.index(sparsity))
        of_stage = Pipeline([pipeline.steps[0], ("classify", stage)])
        quantized = quantize(of_stage, training.iloc[some], activations="int8")
        of_model = {
            "seed": seed,
            "sparsity": sparsity,
            "accuracy": float(np.mean(quantized.predict(X) == y)),
            "weights": quantized.origin.n_nonzero,
            "macs": quantized.origin.macs,
        }
        for optimize, options in EXPORTS:
            row = of_model | {"optimize": optimize, "options": options}
            rows.append(row | counted(quantized, optimize, options))
            print(rows[-1], flush=True)
    return rows


def counted(quantized, optimize, options):
    """Export a model, compile it and run it on the emulator."""
    with tempfile.TemporaryDirectory() as directory:
        export_c(quantized, directory, optimize=optimize)
        report = profile(directory, options=options)
    return {
        "instructions": report.instructions,
        "flash": report.flash,
        "ram": report.ram,
    }


if __name__ == "__main__":
    main()
