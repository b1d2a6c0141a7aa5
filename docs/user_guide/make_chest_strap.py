"""Make the packets of the guide's page on a live device.

A synthetic ECG at 130 Hz in packets of 73 samples of whole microvolts, as chest straps
send them by radio: each with the time of its last sample, in nanoseconds since 2000 by
the strap's own clock, which is read with some jitter. Some packets are lost.

    python docs/user_guide/make_chest_strap.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

from sklearn_ecg.datasets import make_ecg

RATE, N_SAMPLES = 130, 73
STARTED_NS = 849_787_200_000_000_000  # 2026-12-05 12:00
LOST = [*range(40, 44), 71]
JITTER_S = 0.004
FILE = Path(__file__).parent / "chest_strap.csv"


def main():
    record = make_ecg(1, duration=60, sampling_rate=RATE, random_state=12).records[0]
    microvolts = np.rint(1000 * record.p_signal[:, 0]).astype(int)
    n_packets = len(microvolts) // N_SAMPLES
    packets = microvolts[: n_packets * N_SAMPLES].reshape(n_packets, N_SAMPLES)
    last = (np.arange(1, n_packets + 1) * N_SAMPLES - 1) / RATE
    last += np.random.default_rng(0).uniform(0, JITTER_S, n_packets)
    table = pd.DataFrame(packets, columns=[f"uv_{n}" for n in range(N_SAMPLES)])
    table.insert(0, "timestamp_ns", STARTED_NS + np.rint(1e9 * last).astype(np.int64))
    table.drop(index=LOST).to_csv(FILE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
