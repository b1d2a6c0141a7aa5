"""A record that is played to a core: what it tells beside what Python tells."""

import numpy as np
import pandas as pd

from ..edge import play
from ._inputs import say

_EPISODES_NAMED = 20
_BEATS_NAMED = 12


def play_record(args, chain, path):
    """Label a recording on an emulated core, and say what Python says."""
    counts, lead_off = chain.read(path)
    if lead_off is not None:
        raise ValueError(f"{path} lacks samples; choose another recording to play.")
    rate = chain.inputs.sampling_rate
    cpu = args.profile or "cortex-m4"
    tells_rhythm = chain.has_rhythm and not args.no_rhythm
    told = play(args.directory, chain, counts, cpu, return_episodes=tells_rhythm)
    core, python = told[0] if tells_rhythm else told, chain.run(counts)
    minutes = len(counts) / rate / 60
    say(f"\n{path} on the emulated {cpu}, {minutes:.1f} minutes, sample by sample:\n")
    say(_beats_side_by_side(core, python, rate))
    if tells_rhythm:
        expected = chain.episodes(python, len(counts))
        say(f"\n{_episodes_side_by_side(told[1], expected, rate)}")


def _beats_side_by_side(core, python, sampling_rate):
    """Describe the beats that a core and Python found in the same signal."""
    counts = pd.DataFrame(
        {
            "core": core["label"].value_counts(),
            "Python": python["label"].value_counts(),
        }
    ).fillna(0)
    n_same = 0
    if len(core) == len(python):
        n_same = int((core.to_numpy() == python.to_numpy()).all(axis=1).sum())
    odd = np.flatnonzero(core["label"] != "N")[:_BEATS_NAMED]
    lines = ["     time  core  margin    Python  margin"]
    for number in odd:
        seconds = core["sample"][number] / sampling_rate
        one = core["label"][number], core["margin"][number] / 256
        other = "-", 0.0
        if number < len(python):
            other = python["label"][number], python["margin"][number] / 256
        lines.append(
            f"{int(seconds // 60):3d}:{seconds % 60:05.2f}  {one[0]:>3s} {one[1]:7.2f}"
            f"     {other[0]:>5s} {other[1]:7.2f}"
        )
    return "\n".join(
        [
            counts.astype(int).to_string(),
            "\nThe first beats that are not N (margin: logarithm of the odds):\n",
            *lines,
            f"\n{n_same} of {len(python)} beats are the same: place, label, margin, "
            "interval and flags.",
        ]
    )


def _episodes_side_by_side(core, python, sampling_rate):
    """Describe what a core and Python tell of the rhythm of the same signal."""
    lines = ["     from        to  beats  episode"]
    for each in core[core["event"] == "end"].head(_EPISODES_NAMED).itertuples():
        start, stop = each.first / sampling_rate, each.last / sampling_rate
        clock = [f"{int(t // 60):3d}:{t % 60:05.2f}" for t in (start, stop)]
        lines.append(f"{clock[0]} {clock[1]}  {each.n_beats:5d}  {each.kind}")
    n_same = 0
    if len(core) == len(python):
        n_same = int((core.to_numpy() == python.to_numpy()).all(axis=1).sum())
    return "\n".join(
        [
            "The first episodes that end:\n",
            *lines,
            f"\n{n_same} of {len(python)} beginnings and ends are the same.",
        ]
    )
