"""Full disclosure: all that was recorded and every beat, in as few bytes as do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..records import Recording
from ._packing import folded, packed
from ._thinning import thinned

HOUR, MINUTE = 3600.0, 60.0

_RATE = 45.0
"""Samples a second, about."""

_LEAST, _MOST = 0.005, 0.2
"""Steps of a minute, in mV."""

_OF_NOISE = 1.2
"""Steps in the middle of the differences between samples, which noise makes."""

_LOUD = 99.5
"""Percentile of the distance from a minute's middle: how tall its beats are."""

_UNKNOWN = 255
"""The certainty of a label of which none is known; others are in percent."""


def hours_of(
    recording: Recording, leads: Sequence[str], start: float, stop: float
) -> tuple[list[list[dict[str, Any]]], list[list[str]]]:
    """Return each hour from `start` on: of each lead its facts, and its samples packed.

    A lead has the ``rate`` of its samples; the ``steps`` of its minutes, in microvolts;
    ``gaps``, samples that are missing, from the first up to another; and how ``tall``
    its beats are, in microvolts. Samples are packed as differences from the one before
    in the same minute, in steps.
    """
    facts, texts = [], []
    for first in np.arange(start, stop - 1e-6, HOUR).tolist():
        last = min(first + HOUR, stop)
        coded = [_coded(recording, lead, first, last) for lead in leads]
        facts.append([fact for fact, _ in coded])
        texts.append([text for _, text in coded])
    return facts, texts


def minute_edges(n_samples: int, rate: float) -> np.ndarray:
    """Return the first sample of each minute of an hour, and the end."""
    n_minutes = int(np.ceil(n_samples / (MINUTE * rate) - 1e-9))
    edges = np.floor(np.arange(n_minutes) * MINUTE * rate).astype(int)
    return np.append(edges, n_samples)


def _coded(recording, lead, start, stop):
    """Return the facts of a stretch of a lead, and its samples packed."""
    signal, rate = thinned(recording, lead, start, stop, _RATE)
    is_missing = ~np.isfinite(signal)
    signal[is_missing] = 0.0
    edges = minute_edges(len(signal), rate)
    steps, codes, tall = [], [], []
    for minute in np.split(signal, edges[1:-1]):
        step = _step_of(minute)
        codes.append(folded(np.diff(np.rint(minute / step), prepend=0)))
        steps.append(round(1000 * step))
        tall.append(np.percentile(np.abs(minute - np.median(minute)), _LOUD))
    fact = {
        "rate": rate,
        "steps": steps,
        "gaps": _gaps(is_missing),
        "tall": round(1000 * float(np.median(tall))),
    }
    return fact, packed(np.concatenate(codes))


def _step_of(minute):
    """Return a step that follows the noise, so that noise takes few bits."""
    noise = float(np.median(np.abs(np.diff(minute)))) if len(minute) > 1 else 0.0
    return round(min(max(_OF_NOISE * noise, _LEAST), _MOST), 3)


def _gaps(is_missing):
    edges = np.flatnonzero(np.diff(is_missing, prepend=False, append=False))
    return edges.reshape(-1, 2).tolist()


def packed_beats(
    beats: pd.DataFrame, labels: Sequence[str], cells: np.ndarray
) -> dict[str, str]:
    """Return all beats: samples as differences, and label, certainty and cell of each.

    Labels count from 0 in `labels`, and cells from 1; 0 is none.
    """
    places = {label: place for place, label in enumerate(labels)}
    names = [name for name in beats.columns if name.startswith("p_")]
    sure = np.full(len(beats), np.nan)
    if names:
        sure = beats[names].max(axis=1).to_numpy(dtype=float)
    percent = np.where(np.isfinite(sure), np.rint(100 * np.nan_to_num(sure)), _UNKNOWN)
    return {
        "samples": packed(np.diff(beats["sample"].to_numpy(dtype=np.int64), prepend=0)),
        "labels": packed([places[label] for label in beats["label"]]),
        "sure": packed(percent),
        "cells": packed(cells + 1),
    }


def packed_episodes(episodes: pd.DataFrame, kinds: Sequence[str]) -> dict[str, str]:
    """Return what and when all episodes are, in milliseconds, by their start."""
    places = {kind: place for place, kind in enumerate(kinds)}
    episodes = episodes.sort_values("start", kind="stable")
    start = np.rint(1000 * episodes["start"].to_numpy(dtype=float)).astype(np.int64)
    stop = np.rint(1000 * episodes["stop"].to_numpy(dtype=float)).astype(np.int64)
    return {
        "kinds": packed([places[kind] for kind in episodes["kind"]]),
        "starts": packed(np.diff(start, prepend=0)),
        "lengths": packed(np.maximum(stop - start, 0)),
    }
