"""What a chain takes in cycles on some cores: an estimate, not a measurement.

The model "wearable" becomes a chain for 250 Hz, as in `chain.py`, and is exported and
compiled with ``-O2``. On each emulated core its instructions are counted, on the first
minute of record 100, and those of its first seconds by kind; these are weighed by the
timings that are published of the core, without wait states of the flash and with those
of a typical chip. Rows go to ``benchmarks/results/cycles.csv``.

    OMP_NUM_THREADS=1 python benchmarks/cycles.py --data DIRECTORY

It takes some minutes.
"""

import tempfile
from pathlib import Path

import pandas as pd
from chain import LIMITS, RATE, SPLITS, paths
from harness import parser_of, write_table

from sklearn_ecg import load_pretrained
from sklearn_ecg.edge import export_c, profile, quantize

RESULTS = Path(__file__).parent / "results" / "cycles.csv"
SECONDS = 60
CHIPS = {
    "cortex-m0plus": ("STM32L0, 32 MHz", 32, 1),
    "cortex-m4": ("STM32L4, 80 MHz", 80, 4),
    "cortex-m33": ("STM32L5, 110 MHz", 110, 5),
    "esp32c3": ("ESP32-C3, 160 MHz", 160, 0),
}
"""Of each core a chip: its name, its clock in MHz, and how long its flash waits."""


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    recordings = paths(arguments.data / "mitdb", SPLITS["DS1"])
    model = load_pretrained("wearable")
    chain = quantize(model, recordings, sampling_rate=RATE, limits=LIMITS)
    counts, _ = chain.read(paths(arguments.data / "mitdb")[0])
    rows = pd.DataFrame(rows_of(chain, counts[: SECONDS * RATE]))
    write_table(rows, arguments.out, "%.6g")
    print(rows.T.to_string())


def rows_of(chain, counts):
    """Return a row for each core, without wait states and with those of a chip."""
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        export_c(chain, directory)
        for cpu, (chip, mhz, wait_states) in CHIPS.items():
            for waits in sorted({0, wait_states}):
                report = profile(
                    directory, cpu, quantized=chain, X=counts, wait_states=waits
                )
                rows.append(row_of(report, chip, mhz))
    return rows


def row_of(report, chip, mhz):
    """Return what is known of a chain on one core."""
    kinds = {f"n_{kind}": n for kind, n in sorted(report.kinds.items())}
    cycles = report.estimated_cycles_a_second()
    return {
        "cpu": report.cpu,
        "chip": chip,
        "mhz": mhz,
        "wait_states": report.wait_states,
        "compiler": report.compiler,
        "n_beats": report.n_beats,
        "n_different": report.n_different,
        "instructions": report.instructions_a_second(),
        "cycles": cycles,
        "share": cycles / (1e6 * mhz),
        **kinds,
    }


if __name__ == "__main__":
    main()
