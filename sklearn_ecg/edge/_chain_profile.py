"""What an exported chain takes on a microcontroller, counted in an emulator."""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Choice, check
from .._types import PathLike
from ._device_chain import UNCLASSIFIED, DeviceChain
from ._emulator import (
    CPUS,
    NO_ESTIMATES,
    check_toolchain,
    compile_stream_for,
    emulate,
    run,
    sizes_of,
    version,
)
from .c._description import read_description
from .c._selftest import UNCLASSIFIED_CODE, event_rows

_INSTRUCTIONS_OF_A_LOOP = 2
_WATCHED_FROM, _WATCHED_SECONDS = 4, 3
"""Seconds of which every push is counted by itself: after the detector has learnt."""

_SLEEP_MICROAMPERES = 1.9
_VOLTS = 3.0
_HOURS_A_DAY = 24


@dataclass(frozen=True)
class ChainReport:
    """What one exported chain takes on one core.

    Attributes
    ----------
    cpu, compiler, options : str
        How it was measured.
    sampling_rate : float
        Of the chain, in Hz.
    flash_code, flash_weights : int
        Bytes of instructions, and of constants; what is linked from the compiler's
        library is in them.
    ram_state : int
        Bytes of the state, in which all buffers are, and of static variables.
    stack : int
        Bytes of the stack that push and poll take, measured by the marks they leave.
    instructions_a_sample : float
        A push, mean.
    longest_push : int
        Instructions of the longest one of some seconds.
    instructions_a_beat : float
        All polls, for each beat.
    longest_poll : int
        Instructions of the longest one; exact to about 40, and on riscv32 to a few.
    n_samples, n_beats : int
        What was played, and what was found in it.
    n_different : int
        Events that differed from the twin's.
    clock_mhz, cycles_per_instruction, picojoules_per_cycle : float
        Assumptions of the estimates. Where the second isn't known, as on riscv32, it
        is NaN, and so are the estimates.
    """

    cpu: str
    compiler: str
    options: str
    sampling_rate: float
    flash_code: int
    flash_weights: int
    ram_state: int
    stack: int
    instructions_a_sample: float
    longest_push: int
    instructions_a_beat: float
    longest_poll: int
    n_samples: int
    n_beats: int
    n_different: int
    clock_mhz: float
    cycles_per_instruction: float
    picojoules_per_cycle: float

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.flash_code + self.flash_weights

    @property
    def ram(self) -> int:
        """Bytes of RAM: the state and the stack; the caller owns nothing else."""
        return self.ram_state + self.stack

    def instructions_a_second(self, beats_per_minute: float = 75.0) -> float:
        """Return instructions a second at a heart rate.

        Parameters
        ----------
        beats_per_minute : float, default=75

        Returns
        -------
        float
        """
        of_beats = self.instructions_a_beat * beats_per_minute / 60
        return self.instructions_a_sample * self.sampling_rate + of_beats

    def estimated_microamperes(self, beats_per_minute: float = 75.0) -> float:
        """Return the mean current of the processor at 3 V: an estimate.

        The instructions cost `picojoules_per_cycle`, and sleep 1.9 µA,
        as the data sheet of the nRF52832 says. Converter, amplifier and radio come on
        top.

        Parameters
        ----------
        beats_per_minute : float, default=75

        Returns
        -------
        float
        """
        cycles = self.instructions_a_second(beats_per_minute)
        cycles *= self.cycles_per_instruction
        return cycles * self.picojoules_per_cycle / 1e6 / _VOLTS + _SLEEP_MICROAMPERES

    def estimated_days(self, milliampere_hours: float = 225.0) -> float:
        """Return for how long a battery supplies the processor: an estimate.

        Parameters
        ----------
        milliampere_hours : float, default=225
            Of the battery, at 3 V; a coin cell CR2032 has 225.

        Returns
        -------
        float
        """
        microamperes = self.estimated_microamperes()
        return 1000 * milliampere_hours / microamperes / _HOURS_A_DAY

    def __str__(self) -> str:
        """Return a table that a person reads."""
        a_second = self.instructions_a_second()
        return "\n".join(
            [
                f"{self.cpu}, {self.compiler} {self.options}, in QEMU",
                f"  flash         {self.flash:8,d} bytes"
                f"  (code {self.flash_code:,d}, weights {self.flash_weights:,d})",
                f"  RAM           {self.ram:8,d} bytes"
                f"  (state {self.ram_state:,d}, stack {self.stack:,d})",
                f"  instructions  {a_second:8,.0f} a second, at "
                f"{self.sampling_rate:g} Hz and 75 beats a minute",
                f"    push        {self.instructions_a_sample:8,.0f} a sample"
                f"  (one call: at most {self.longest_push:,d})",
                f"    poll        {self.instructions_a_beat:8,.0f} a beat"
                f"  (one call: at most {self.longest_poll:,d})",
                f"  agreement     {self.n_beats - self.n_different:8,d} of "
                f"{self.n_beats:,d} events are the twin's, bit for bit",
                self._estimate(),
            ]
        )

    def _estimate(self):
        if math.isnan(self.cycles_per_instruction):
            return NO_ESTIMATES
        return (
            f"  current       {self.estimated_microamperes():8.1f} µA, estimated "
            f"for {self.cycles_per_instruction:g} cycles an instruction, "
            f"{self.picojoules_per_cycle:g} pJ a cycle at 3 V, 1.9 µA asleep"
        )


def profile_chain(
    directory, exported, cpu, chain, counts, options, clock_mhz, picojoules_per_cycle
):
    """Compile an exported chain for a core, play a signal to it, and count."""
    board = CPUS[cpu]
    if chain is None:
        counts, events = exported.table("samples"), exported.table("events")
    else:
        counts = counts[: most_samples(board)]
        events = event_rows(chain.run(counts), chain.classes_)
    rate, name = exported.sampling_rate, exported.name
    watched = round(_WATCHED_FROM * rate), round(_WATCHED_SECONDS * rate)
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        build = Path(build)
        compile_stream_for(
            build, directory, name, board, options.split(), (counts, events), watched
        )
        code, constants, static = sizes_of(build / "module.elf", board)
        figures = emulate(build / "firmware.elf", board)
    per_tick = _INSTRUCTIONS_OF_A_LOOP * figures["loops"] / figures["ticks_of_loops"]
    n_beats = figures["events"]
    return ChainReport(
        cpu=cpu,
        compiler=version(board),
        options=options,
        sampling_rate=rate,
        flash_code=code,
        flash_weights=constants,
        ram_state=figures["state"] + static,
        stack=figures["stack"],
        instructions_a_sample=figures["push_ticks"] * per_tick / figures["pushes"],
        longest_push=round(
            figures["longest_push_ticks"] * per_tick / figures["repeats"]
        ),
        instructions_a_beat=figures["poll_ticks"] * per_tick / max(n_beats, 1),
        longest_poll=round(figures["most_poll_ticks"] * per_tick),
        n_samples=len(counts),
        n_beats=n_beats,
        n_different=figures["differences"],
        clock_mhz=clock_mhz,
        cycles_per_instruction=board.cycles_per_instruction[0],
        picojoules_per_cycle=picojoules_per_cycle,
    )


def play(
    directory: PathLike,
    chain: DeviceChain,
    counts: ArrayLike,
    cpu: str = "cortex-m4",
    *,
    options: str = "-O2",
) -> pd.DataFrame:
    """Play a signal to exported C on an emulated core, sample by sample.

    Parameters
    ----------
    directory : str or Path
        Where `export_c` wrote the chain.
    chain : DeviceChain
        What was exported; it has the names of the labels.
    counts : array-like of int16 of shape (n_samples,)
        As `DeviceChain.run` takes them.
    cpu : str, default="cortex-m4"
        As in `profile`.
    options : str, default="-O2"
        Of the compiler, separated by blanks.

    Returns
    -------
    DataFrame of shape (n_beats, 5)
        What the core said, as `DeviceChain.run` returns it.

    Raises
    ------
    FileNotFoundError
        If there is no exported C in the directory, or a program of the toolchain is
        missing; the message names its Debian package.
    ValueError
        If `cpu` isn't known, or the signal doesn't fit the flash of its board.
    RuntimeError
        If the C can't be compiled, or doesn't end.

    Examples
    --------
    >>> from sklearn_ecg.edge import play  # doctest: +SKIP
    >>> events = play("firmware", chain, counts)  # doctest: +SKIP
    """
    check("play", "cpu", cpu, Choice(CPUS))
    directory, board = Path(directory), CPUS[cpu]
    check_toolchain(board)
    counts = np.asarray(counts, dtype=np.int16)
    if len(counts) > most_samples(board):
        raise ValueError(
            f"The board that has a {cpu} takes {most_samples(board)} samples, and "
            f"counts has {len(counts)}."
        )
    nothing = np.zeros((0, 5), dtype=np.uint32)
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        build = Path(build)
        compile_stream_for(
            build,
            directory,
            read_description(directory).name,
            board,
            options.split(),
            (counts, nothing),
            (0, 0),
            "-DPRINT_EVENTS",
        )
        text = run(build / "firmware.elf", board)
    lines = re.findall(r"^event (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.M)
    rows = np.array(lines, dtype=np.int64).reshape(-1, 5)
    labels = dict(enumerate(chain.classes_)) | {UNCLASSIFIED_CODE: UNCLASSIFIED}
    return pd.DataFrame(
        {
            "sample": rows[:, 0],
            "label": pd.Series(rows[:, 1], dtype=object).map(labels),
            "margin": rows[:, 2],
            "rr_prev": rows[:, 3],
            "flags": rows[:, 4],
        }
    )


def most_samples(board):
    """Return how many samples fit into the flash of a board, next to the program."""
    return board.flash[1] * 3 // 4 // 3
