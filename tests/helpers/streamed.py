"""An exported stream, compiled for this machine and played from Python."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
from compiled import SANITIZED, STRICT

from sklearn_ecg.edge.c._selftest import episodes_table

DRIVER = Path(__file__).parent / "stream_driver.c"


def compile_stream(compiler, directory, name="ecg_beat", *options):
    """Compile an exported chain and the driver that plays signals to it."""
    library = Path(directory) / f"stream{abs(hash((compiler, options)))}.so"
    command = [compiler, "-O2", *options, "-shared", "-fPIC", *STRICT]
    command += [f'-DHEADER="{name}.h"', f"-DMODEL={name}", f"-I{directory}"]
    sources = [DRIVER, Path(directory) / f"{name}.c"]
    subprocess.run([*command, *sources, "-o", library], check=True)
    return ctypes.CDLL(str(library))


class CompiledStream:
    """An exported chain that takes what `DeviceChain.run` takes.

    Parameters
    ----------
    library : CDLL
        From `compile_stream`.
    classes : ndarray

    Attributes
    ----------
    episodes : DataFrame
        What the last `run` told of the rhythm, as `DeviceChain.episodes` returns it.
    """

    def __init__(self, library, classes):
        self.compiled = library
        self.labels = np.array([*classes, *["?"] * (256 - len(classes))], dtype=object)

    @property
    def state_bytes(self):
        """Bytes of the state."""
        return self.compiled.size_of_state()

    def run(
        self,
        counts,
        lead_off=None,
        gaps=(),
        r_peaks=None,
        *,
        chunks=(100,),
        rubbish=0xA5,
    ):
        """Return the events; polls come after chunks of samples, one after another."""
        counts = np.ascontiguousarray(counts, dtype=np.int16)
        if lead_off is None:
            lead_off = np.zeros(counts.shape)
        lead_off = np.ascontiguousarray(lead_off, dtype=np.uint8)
        commands = np.array(
            _commands(len(counts), gaps, chunks, r_peaks), dtype=np.uint32
        )
        events = np.zeros((len(counts) // 8 + 100, 7), dtype=np.uint32)
        n = self.compiled.play(
            *map(_pointer, (counts, lead_off, commands)),
            ctypes.c_uint32(len(commands)),
            _pointer(events),
            ctypes.c_uint32(len(events)),
            ctypes.c_uint8(rubbish),
        )
        assert n <= len(events)
        told = events[:n].astype(np.int64)
        is_beat = told[:, 6] == 0
        self.episodes = _episodes(told[~is_beat], np.cumsum(is_beat)[~is_beat])
        columns = told[is_beat].T
        return pd.DataFrame(
            {
                "sample": columns[0],
                "label": self.labels[columns[1]],
                "margin": columns[2],
                "rr_prev": columns[3],
                "flags": columns[4],
            }
        )


def _episodes(told, n_beats):
    """Return what was told of the rhythm, each after so many beats."""
    kind, *others, _, is_over = told.T
    return episodes_table(np.stack([n_beats, is_over - 1, kind, *others], axis=1))


def _commands(n_samples, gaps, chunks, r_peaks):
    gaps, told = dict(gaps), [] if r_peaks is None else list(r_peaks)
    at, number, lost, commands = 0, 0, 0, []
    while at < n_samples:
        if at in gaps:
            commands.append((gaps[at], 1))
            lost += gaps[at]
        stop = min([at + chunks[number % len(chunks)], n_samples])
        stop = min([stop, *(gap for gap in gaps if at < gap)])
        while told and told[0] < at + lost:
            del told[0]
        if told and told[0] - lost < stop:
            # An R peak is told of right after its sample.
            stop = told[0] - lost + 1
        commands.append((stop - at, 0))
        if told and told[0] - lost == stop - 1:
            commands.append((told.pop(0), 2))
        at, number = stop, number + 1
    return commands


def _pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def differences(events, others):
    """Return rows of two tables of events that differ, for messages."""
    if len(events) == len(others):
        differ = (events.to_numpy() != others.to_numpy()).any(axis=1)
        if not differ.any():
            return None
        first = int(np.argmax(differ))
        window = slice(max(first - 1, 0), first + 3)
        return f"{differ.sum()} differ\n{events[window]}\n{others[window]}"
    return f"{len(events)} and {len(others)} events"


def disturbed(counts, seed):
    """Disturb a signal: noise, steps, clipping, gaps, and a lead that is off."""
    random = np.random.default_rng(seed)
    counts = counts.astype(int)
    kind = random.integers(6)
    if kind == 1:
        counts = 40 * counts
    elif kind == 2:
        counts = random.integers(-32768, 32768, len(counts))
    elif kind == 3:
        counts = counts // 64
    elif kind == 4:
        counts[random.integers(len(counts)) :] = random.integers(-3000, 3000)
    elif kind == 5:
        counts = counts + np.cumsum(random.integers(-40, 41, len(counts)))
    off = np.zeros(len(counts), dtype=bool)
    for _ in range(random.integers(4)):
        start = random.integers(len(counts))
        off[start : start + random.choice([1, 40, 300, 1500])] = True
    places = np.unique(random.integers(1, len(counts), random.integers(4)))
    gaps = [(int(place), int(random.integers(1, 10**6))) for place in places]
    return np.clip(counts, -32768, 32767).astype(np.int16), off, gaps


__all__ = ["SANITIZED", "CompiledStream", "compile_stream", "differences", "disturbed"]
