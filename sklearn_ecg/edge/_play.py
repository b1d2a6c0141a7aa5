"""play: a signal, sample by sample, to exported C on an emulated core."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .._parameter_checks import Choice, check
from .._types import PathLike
from ._device_chain import UNCLASSIFIED, DeviceChain
from ._emulator import CPUS, Toolchain, check_toolchain, most_samples
from ._profile import check_finds_beats, check_kind
from .c._description import read_description
from .c._selftest import UNCLASSIFIED_CODE, episodes_table


def play(
    directory: PathLike,
    chain: DeviceChain,
    counts: ArrayLike,
    cpu: str = "cortex-m4",
    *,
    options: str = "-O2",
    return_episodes: bool = False,
) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """Play a signal to exported C on an emulated core, sample by sample.

    Parameters
    ----------
    directory : str or Path
        Where `export_c` wrote the chain.
    chain : DeviceChain
        What was exported; it has the names of the labels.
    counts : array-like of int16 of shape (n_samples,) or (n_samples, 2)
        As `DeviceChain.run` takes them.
    cpu : str, default="cortex-m4"
        As in `profile`.
    options : str, default="-O2"
        Of the compiler, separated by blanks.
    return_episodes : bool, default=False
        Whether to return what the core said of the rhythm, too.

    Returns
    -------
    events : DataFrame of shape (n_beats, 5)
        What the core said, as `DeviceChain.run` returns it.
    episodes : DataFrame of shape (n_told, 7)
        As `DeviceChain.episodes` returns them; only if `return_episodes`.

    Raises
    ------
    FileNotFoundError
        If there is no exported C in the directory, or a program of the toolchain is
        missing; the message names its Debian package.
    TypeError
        If what is in the directory isn't a chain.
    ValueError
        If `cpu` isn't known, the signal doesn't fit the flash of its board, the chain
        is told where beats are, or its C tells no episodes that are asked for.
    RuntimeError
        If the C can't be compiled, or doesn't end.

    Examples
    --------
    >>> from sklearn_ecg.edge import play  # doctest: +SKIP
    >>> events = play("firmware", chain, counts)  # doctest: +SKIP
    """
    check("play", "cpu", cpu, Choice(CPUS))
    directory, board = Path(directory), CPUS[cpu]
    exported = read_description(directory)
    check_kind(chain, exported, directory)
    check_finds_beats(exported)
    if return_episodes and not exported.tells_rhythm:
        raise ValueError(
            f"return_episodes: {exported.name} was exported without the rhythm. Export "
            "it with rhythm=True, if its classes allow."
        )
    check_toolchain(board)
    counts = np.asarray(counts, dtype=np.int16)
    most = most_samples(board, exported.n_leads)
    if len(counts) > most:
        raise ValueError(
            f"The board that has a {cpu} takes {most} samples, and counts has "
            f"{len(counts)}."
        )
    nothing = np.zeros((0, 5), dtype=np.uint32)
    episodes = () if exported.tells_rhythm else None
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        tools = Toolchain(Path(build), directory, exported.name, board, options.split())
        signal = counts, nothing, episodes
        tools.compile_stream(signal, (0, 0), "-DPRINT_EVENTS")
        text = tools.run()
    events = _events_of(text, chain)
    return (events, _episodes_of(text)) if return_episodes else events


def _episodes_of(text):
    """Return what the core printed of the rhythm."""
    lines = re.findall(
        r"^episode (\d+) (\d) (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.M
    )
    rows = np.array(lines, dtype=np.int64).reshape(-1, 7)
    return episodes_table(rows)


def _events_of(text, chain):
    """Return the beats that the core printed."""
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
