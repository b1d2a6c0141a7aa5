"""Packets of an ECG as a Polar H10 sends them by radio, of a synthetic signal.

After the public "Polar Measurement Data" specification: the kind of measurement, the
time of the last sample in nanoseconds since 2000 by the strap's own clock, how samples
are written, and whole microvolts of three bytes.
"""

from itertools import pairwise

import numpy as np

STARTED_NS = 599_616_000_000_000_000  # 2019-01-01, where a strap begins that wasn't set


def strap_packets(microvolts, rate, seed=0):
    """Cut a signal into packets, and write them; return them, and where each begins.

    `rate` is how many samples the clock of the strap counts a second, which it reads
    with a jitter of a millisecond.
    """
    random = np.random.default_rng(seed)
    lengths = random.choice([72, 73], size=len(microvolts) // 72 + 1)
    starts = np.append(0, np.cumsum(lengths))
    starts = starts[starts <= len(microvolts)]
    packets = []
    for start, stop in pairwise(starts):
        seconds = (stop - 1) / rate + random.uniform(0, 0.001)
        stamp = STARTED_NS + round(1e9 * seconds)
        numbers = microvolts[start:stop].astype("<i4")[:, np.newaxis].view(np.uint8)
        packets.append(
            b"\0" + stamp.to_bytes(8, "little") + b"\0" + numbers[:, :3].tobytes()
        )
    return packets, starts
