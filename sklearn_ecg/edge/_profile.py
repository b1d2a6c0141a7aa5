"""profile: what exported C takes on a microcontroller, counted in an emulator."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Choice, check, refuse
from .._types import PathLike
from ._cycles import cycles_per_instruction
from ._device_chain import DeviceChain
from ._emulator import CPUS, Toolchain, check_toolchain, most_samples, version
from ._quantized_classifier import QuantizedClassifier, check_quantized
from ._report import EdgeReport
from .c._description import read_description
from .c._selftest import episode_rows, event_rows

_INSTRUCTIONS_OF_A_LOOP = 2
_WATCHED_FROM, _WATCHED_SECONDS = 4, 3
"""Seconds of which every push is counted by itself: after the detector has learnt."""

_TRACED_BEATS, _TRACED_SECONDS = 8, 12
"""Beats, or seconds, of which instructions are counted by kind."""


def profile(
    directory: PathLike,
    cpu: str = "cortex-m4",
    *,
    quantized: QuantizedClassifier | DeviceChain | None = None,
    X: pd.DataFrame | ArrayLike | None = None,
    options: str = "-O2",
    clock_mhz: float = 64.0,
    picojoules_per_cycle: float = 174.0,
    wait_states: float = 0.0,
) -> EdgeReport:
    """Compile exported C for a microcontroller, run it in QEMU, and count.

    QEMU counts instructions exactly, and repeatably. It knows nothing of cycles: they
    are an estimate. Instructions are counted by kind, those of the first seconds or
    beats, and weighed by the timings that are published of a core: for Cortex-M0+, M3
    and M4 by Arm's tables, for the M33 by the M4's, for the ESP32-C3 by what Espressif
    says of its pipeline. So milliseconds and microjoules are estimates, too; for the
    Cortex-M7 and riscv32 they are NaN, as nobody publishes timings.

    Parameters
    ----------
    directory : str or Path
        Where `export_c` wrote.
    cpu : str, default="cortex-m4"
        The core: ``"cortex-m0plus"``, ``"cortex-m3"``, ``"cortex-m4"``,
        ``"cortex-m7"``, ``"cortex-m33"``, ``"riscv32"``, one with the instructions of
        ``rv32imac``, or ``"esp32c3"``, with those of ``rv32imc``. For the first, QEMU
        runs a Cortex-M0, which has the same instructions.
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
    wait_states : float, default=0
        Cycles that the flash makes a core wait, for the estimate of cycles; the data
        sheet of a chip says how many at which clock, such as 1 of an STM32L0 at 32 MHz
        and 4 of an STM32L4 at 80 MHz. They are charged at jumps and for constants
        between the instructions: a prefetch is assumed to hide the others. 0 is right
        for code in RAM, or in a cache that holds it all.

    Returns
    -------
    EdgeReport
        ``print(report)`` shows all of it.

    Raises
    ------
    FileNotFoundError
        If there is no exported C in the directory, or a program of the toolchain is
        missing; the message names its Debian package.
    TypeError
        If `quantized` is neither a QuantizedClassifier nor a DeviceChain, or not what
        is in the directory.
    ValueError
        If `cpu` isn't known, `wait_states` is negative, only one of `quantized` and `X`
        is given, or either is for a chain that is told where beats are.
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
    if not wait_states >= 0:
        refuse("profile", "wait_states", wait_states, "0 or more")
    if (quantized is None) != (X is None):
        raise ValueError("quantized and X: give both, or none.")
    directory, board = Path(directory), CPUS[cpu]
    exported = read_description(directory)
    if quantized is not None:
        check_kind(quantized, exported, directory)
        check_finds_beats(exported)
    check_toolchain(board)
    measured = _of_chain if exported.is_chain else _of_beats
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        tools = Toolchain(Path(build), directory, exported.name, board, options.split())
        figures = measured(tools, exported, quantized, X)
        code, constants, static = tools.sizes()
    kinds = figures.pop("kinds")
    of_push = cycles_per_instruction(cpu, kinds["push"], wait_states)
    return EdgeReport(
        cpu=cpu,
        compiler=version(board),
        options=options,
        flash_code=code,
        flash_weights=constants,
        ram_static=static + figures.pop("ram"),
        clock_mhz=clock_mhz,
        cycles_per_instruction=cycles_per_instruction(cpu, kinds["beat"], wait_states),
        cycles_per_instruction_of_push=of_push if exported.is_chain else None,
        wait_states=wait_states,
        kinds=dict(kinds["push"] + kinds["beat"]),
        picojoules_per_cycle=picojoules_per_cycle,
        **figures,
    )


def _kinds(tools, data, *definitions):
    """Count instructions by kind, of pushes and of beats."""
    name = tools.name
    phases = {
        f"{name}_stream_push": "push",
        f"{name}_stream_poll": "beat",
        f"{name}_stream_next": "beat",
        f"{name}_classify": "beat",
        "main": None,
        "poll": None,
        "start": None,
    }
    return tools.count_kinds(phases, data, *definitions)


def check_kind(quantized, exported, directory):
    """Refuse what isn't of the kind of what was exported."""
    if isinstance(quantized, DeviceChain) != exported.is_chain:
        kind = "a chain" if exported.is_chain else "a classifier"
        raise TypeError(
            f"{directory} has the C of {kind}, and quantized is a "
            f"{type(quantized).__name__}."
        )
    if not exported.is_chain:
        check_quantized(quantized, "profile")


def check_finds_beats(exported):
    """Refuse a signal for a chain that has to be told of its beats."""
    if exported.is_told:
        raise ValueError(
            f"{exported.name} is told where beats are, so it takes no signal alone: "
            "profile it without quantized and X, or play to a chain that was quantized "
            "with detector=True."
        )


def _of_beats(tools, exported, quantized, X):
    """Count what a classifier takes, on beats of its own or of the caller."""
    beats = tuple(map(exported.table, ("windows", "intervals", "logits")))
    if quantized is not None:
        windows, intervals = quantized.inputs.read(quantized.inputs.check(X, quantized))
        beats = windows, intervals, quantized.device_logits(windows, intervals)
    tools.compile_beats(beats)
    counted = _in_instructions(tools.emulate())
    n_traced = min(counted["beats"], _TRACED_BEATS)
    return {
        "kinds": _kinds(tools, "beats.S", f"-DN_BEATS={n_traced}"),
        "ram": exported.scratch_bytes,
        "ram_buffers": 2 * (exported.n_inputs + exported.n_intervals)
        + 4 * exported.n_classes,
        "stack": counted["stack"],
        "instructions": counted["ticks"] / counted["beats"],
        "most_instructions": round(counted["most_ticks"]),
        "n_beats": counted["beats"],
        "n_different": counted["differences"],
    }


def _of_chain(tools, exported, chain, counts):
    """Count what a chain takes, on a signal of its own or of the caller."""
    samples, events = exported.table("samples"), exported.table("events")
    episodes = exported.table("episodes") if exported.tells_rhythm else None
    told = exported.table("r_peaks") if exported.is_told else ()
    if chain is not None:
        most = most_samples(tools.board, exported.n_leads)
        samples = np.asarray(counts)[:most]
        beats = chain.run(samples)
        events = event_rows(beats, chain.classes_)
        if exported.tells_rhythm:
            episodes = episode_rows(chain.episodes(beats, len(samples)))
    rate = exported.sampling_rate
    watched = round(_WATCHED_FROM * rate), round(_WATCHED_SECONDS * rate)
    names = ["-DNAMES"] if "names" in exported.selftest else []
    tools.compile_stream((samples, events, episodes), watched, *names, told=told)
    counted = _in_instructions(tools.emulate())
    n_traced = min(len(samples), round(_TRACED_SECONDS * rate))
    n_told = np.searchsorted(told, n_traced)
    traced = f"-DN_SAMPLES={n_traced}u", f"-DN_TOLD={n_told}u"
    traced += (f"-DN_LEADS={exported.n_leads}",)
    traced += ("-DRHYTHM",) if exported.tells_rhythm else ()
    return {
        "kinds": _kinds(tools, "stream.S", *traced),
        "ram": counted["state"],
        "ram_buffers": 0,
        "stack": counted["stack"],
        "instructions": counted["poll_ticks"] / max(counted["events"], 1),
        "most_instructions": round(counted["most_poll_ticks"]),
        "n_beats": counted["events"],
        "n_different": counted["differences"],
        "sampling_rate": rate,
        "instructions_a_sample": counted["push_ticks"] / counted["pushes"],
        "longest_push": round(counted["longest_push_ticks"] / counted["repeats"]),
        "n_samples": len(samples),
        "n_episodes": counted["episodes"],
    }


def _in_instructions(printed):
    """Turn the ticks of a counter into instructions, by loops whose number is known."""
    per_tick = _INSTRUCTIONS_OF_A_LOOP * printed["loops"] / printed["ticks_of_loops"]
    return {
        name: number * per_tick if name.endswith("ticks") else number
        for name, number in printed.items()
    }
