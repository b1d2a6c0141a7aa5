"""What one classifier takes on one core and on another: instructions, flash and RAM.

The network of `smallest.py`, random state 0, at one sparsity, is quantized to int8,
exported in two ways, compiled with ``-O2`` and counted on every emulated core, on 500
of the other beats. Rows go to ``benchmarks/results/cores.csv``.

    OMP_NUM_THREADS=1 python benchmarks/cores.py --data DIRECTORY --keep DIRECTORY

The fit takes 13 minutes of one core. With ``--keep DIRECTORY``, the fitted model is
left there, and found there again; `smallest.py` leaves the same.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from protocols import intra
from sklearn.pipeline import Pipeline
from smallest import SCHEDULE, fitted

from sklearn_ecg import load_beats
from sklearn_ecg.edge import CPUS, export_c, profile, quantize

RESULTS = Path(__file__).parent / "results" / "cores.csv"
SPARSITY = 0.9
N_BEATS = 500


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    split = intra(load_beats(arguments.data / "mitdb"))
    pipeline = fitted(split, 0, arguments.keep)
    stage = pipeline[-1].at_stage(1 + SCHEDULE.index(SPARSITY))
    of_stage = Pipeline([pipeline.steps[0], ("classify", stage)])
    training, _ = split.training()
    some = np.random.default_rng(0).permutation(len(training))[:4000]
    quantized = quantize(of_stage, training.iloc[some], activations="int8")
    X = split.testing()[0].iloc[:N_BEATS]
    rows = pd.DataFrame(rows_of(quantized, X))
    write_table(rows, arguments.out, "%.6g")
    print(rows.to_string())


def rows_of(quantized, X):
    """Return a row for each way to export and each core."""
    rows = []
    for optimize in ("speed", "fast"):
        with tempfile.TemporaryDirectory() as directory:
            export_c(quantized, directory, optimize=optimize)
            for cpu in CPUS:
                report = profile(directory, cpu, quantized=quantized, X=X)
                rows.append(
                    {
                        "cpu": cpu,
                        "optimize": optimize,
                        "compiler": report.compiler,
                        "sparsity": SPARSITY,
                        "weights": quantized.origin.n_nonzero,
                        "n_beats": report.n_beats,
                        "n_different": report.n_different,
                        "instructions": report.instructions,
                        "flash": report.flash,
                        "ram": report.ram,
                    }
                )
    return rows


if __name__ == "__main__":
    main()
