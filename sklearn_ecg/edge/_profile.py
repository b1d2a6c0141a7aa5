"""profile: what exported C takes on a microcontroller, counted in an emulator."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Choice, check
from .._types import PathLike
from ._chain_profile import ChainReport, profile_chain
from ._device_chain import DeviceChain
from ._emulator import (
    CPUS,
    NO_ESTIMATES,
    check_toolchain,
    compile_for,
    emulate,
    sizes_of,
    version,
)
from ._quantized_classifier import QuantizedClassifier, check_quantized
from .c._description import read_description

_INSTRUCTIONS_OF_A_LOOP = 2


@dataclass(frozen=True)
class EdgeReport:
    """What one exported model takes on one core.

    Attributes
    ----------
    cpu, compiler, options : str
        How it was measured.
    flash_code, flash_weights : int
        Bytes of instructions, and of constants; what is linked from the compiler's
        library is in them.
    ram_static : int
        Bytes of the scratch buffer and of static variables.
    ram_buffers : int
        Bytes that the caller keeps for a call: window, RR intervals and logits.
    stack : int
        Bytes of the stack that one call takes, measured by the marks it leaves.
    instructions : float
        A beat, the whole entry point, mean of all beats; exact to about 40, and on
        riscv32 to a few.
    most_instructions : int
        The largest of them.
    n_beats : int
        Beats that were run.
    n_different : int
        Beats of which any logit differed from the twin's.
    clock_mhz, cycles_per_instruction, picojoules_per_cycle : float
        Assumptions of the estimates. Where the second isn't known, as on riscv32, it
        is NaN, and so are the estimates.
    """

    cpu: str
    compiler: str
    options: str
    flash_code: int
    flash_weights: int
    ram_static: int
    ram_buffers: int
    stack: int
    instructions: float
    most_instructions: int
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
        """Bytes of RAM: static, the caller's buffers, and stack."""
        return self.ram_static + self.ram_buffers + self.stack

    @property
    def estimated_ms(self) -> float:
        """Milliseconds a beat: an estimate, see the assumptions."""
        return self._cycles / (1000 * self.clock_mhz)

    @property
    def estimated_microjoules(self) -> float:
        """Energy a beat in µJ: an estimate, see the assumptions."""
        return self._cycles * self.picojoules_per_cycle / 1e6

    @property
    def _cycles(self):
        return self.instructions * self.cycles_per_instruction

    def __str__(self) -> str:
        """Return a table that a person reads."""
        return "\n".join(
            [
                f"{self.cpu}, {self.compiler} {self.options}, in QEMU",
                f"  flash         {self.flash:8,d} bytes"
                f"  (code {self.flash_code:,d}, weights {self.flash_weights:,d})",
                f"  RAM           {self.ram:8,d} bytes"
                f"  (static {self.ram_static:,d}, the caller's buffers "
                f"{self.ram_buffers:,d}, stack {self.stack:,d})",
                f"  instructions  {self.instructions:8,.0f} a beat"
                f"  (at most {self.most_instructions:,d})",
                f"  agreement     {self.n_beats - self.n_different:8,d} of "
                f"{self.n_beats:,d} beats have the twin's logits, bit for bit",
                *self._estimates(),
            ]
        )

    def _estimates(self):
        if math.isnan(self.cycles_per_instruction):
            return [NO_ESTIMATES]
        return [
            f"  time          {self.estimated_ms:8.3f} ms a beat, estimated for "
            f"{self.clock_mhz:g} MHz, {self.cycles_per_instruction:g} cycles an "
            "instruction",
            f"  energy        {self.estimated_microjoules:8.2f} µJ a beat, "
            f"estimated for {self.picojoules_per_cycle:g} pJ a cycle",
        ]


def profile(
    directory: PathLike,
    cpu: str = "cortex-m4",
    *,
    quantized: QuantizedClassifier | DeviceChain | None = None,
    X: pd.DataFrame | ArrayLike | None = None,
    options: str = "-O2",
    clock_mhz: float = 64.0,
    picojoules_per_cycle: float = 174.0,
) -> EdgeReport | ChainReport:
    """Compile exported C for a microcontroller, run it in QEMU, and count.

    QEMU counts instructions exactly, and repeatably. It knows nothing of cycles:
    milliseconds and microjoules are estimates, of 1.36 cycles an instruction on a
    Cortex-M4 without wait states with activations of 8 bits, and of 1.48 with 16.
    On riscv32 they are NaN: cores of this kind differ, and none has been measured.

    Parameters
    ----------
    directory : str or Path
        Where `export_c` wrote.
    cpu : str, default="cortex-m4"
        The core: ``"cortex-m0plus"``, ``"cortex-m3"``, ``"cortex-m4"``,
        ``"cortex-m7"``, ``"cortex-m33"``, or ``"riscv32"``, one with the instructions
        of ``rv32imac``. For the first, QEMU runs a Cortex-M0, which has the same
        instructions.
    quantized : QuantizedClassifier or DeviceChain, default=None
        What was exported, to compare the logits of the beats in `X`, or the events.
    X : DataFrame, or array-like of shape (n_beats, n_features), default=None
        The beats to run, as `quantized` takes them; of a chain, counts as its `run`
        takes them, of shape (n_samples,), as many as fit the board. Without, what the
        self-test has is run.
    options : str, default="-O2"
        Options of the compiler, separated by blanks. ``"-Os"`` makes less code, which
        takes a little longer.
    clock_mhz : float, default=64
        Assumed clock, for the estimate of time.
    picojoules_per_cycle : float, default=174
        Assumed energy, for the estimate of energy: 58 µA/MHz at 3 V, as the data sheet
        of the nRF52832 (a Cortex-M4 of 2015) says for code that runs from its flash.

    Returns
    -------
    EdgeReport, or ChainReport
        The latter of an exported chain. ``print(report)`` shows all of it.

    Raises
    ------
    FileNotFoundError
        If there is no exported C in the directory, or a program of the toolchain is
        missing; the message names its Debian package.
    TypeError
        If `quantized` is neither a QuantizedClassifier nor a DeviceChain, or not what
        is in the directory.
    ValueError
        If `cpu` isn't known, or only one of `quantized` and `X` is given.
    RuntimeError
        If the C can't be compiled, or doesn't end.

    Examples
    --------
    >>> from sklearn_ecg.edge import profile
    >>> profile("firmware", cpu="z80")
    Traceback (most recent call last):
    ...
    sklearn_ecg._parameter_checks.InvalidParameterError: The 'cpu' parameter of profile
    must be 'cortex-m0plus', 'cortex-m3', ... Got 'z80' instead.
    """
    check("profile", "cpu", cpu, Choice(CPUS))
    if (quantized is None) != (X is None):
        raise ValueError("quantized and X: give both, or none.")
    directory = Path(directory)
    exported = read_description(directory)
    name = exported.name
    if quantized is not None:
        _check_kind(quantized, exported.is_chain, directory)
    board = CPUS[cpu]
    check_toolchain(board)
    if exported.is_chain:
        counts = None if X is None else np.asarray(X)
        return profile_chain(
            directory,
            exported,
            cpu,
            quantized,
            counts,
            options,
            clock_mhz,
            picojoules_per_cycle,
        )
    beats = tuple(map(exported.table, ("windows", "intervals", "logits")))
    if isinstance(quantized, QuantizedClassifier):
        windows, intervals = quantized.inputs.read(quantized.inputs.check(X, quantized))
        beats = windows, intervals, quantized.device_logits(windows, intervals)
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        build = Path(build)
        compile_for(build, directory, name, board, options.split(), beats)
        code, constants, static = sizes_of(build / "module.elf", board)
        figures = emulate(build / "firmware.elf", board)
    in_bytes, in_halfwords = board.cycles_per_instruction
    return _report(
        figures,
        cpu=cpu,
        compiler=version(board),
        options=options,
        flash_code=code,
        flash_weights=constants,
        ram_static=static + exported.scratch_bytes,
        ram_buffers=_buffer_bytes(exported),
        clock_mhz=clock_mhz,
        cycles_per_instruction=(
            in_bytes if exported.activation_bytes == 1 else in_halfwords
        ),
        picojoules_per_cycle=picojoules_per_cycle,
    )


def _check_kind(quantized, is_stream, directory):
    """Refuse what isn't of the kind of what was exported."""
    if isinstance(quantized, DeviceChain) != is_stream:
        kind = "a chain" if is_stream else "a classifier"
        raise TypeError(
            f"{directory} has the C of {kind}, and quantized is a "
            f"{type(quantized).__name__}."
        )
    if not is_stream:
        check_quantized(quantized, "profile")


def _buffer_bytes(exported):
    """Return what the caller keeps for a call: samples, intervals and logits."""
    return 2 * exported.n_inputs + 2 * exported.n_intervals + 4 * exported.n_classes


def _report(figures, **rest):
    per_tick = _INSTRUCTIONS_OF_A_LOOP * figures["loops"] / figures["ticks_of_loops"]
    return EdgeReport(
        stack=figures["stack"],
        instructions=figures["ticks"] * per_tick / figures["beats"],
        most_instructions=round(figures["most_ticks"] * per_tick),
        n_beats=figures["beats"],
        n_different=figures["differences"],
        **rest,
    )
