"""Heartbeats: from WFDB records on disk, from the MIT-BIH database, or synthetic."""

from ..beats._build import beat_table
from ..records._symbols import AAMI_CLASSES, BEAT_SYMBOLS, map_symbols
from ._frames import beats_from_frame
from ._loading import load_beats
from ._mitdb import fetch_mitdb
from ._synthetic import make_ecg

__all__ = [
    "AAMI_CLASSES",
    "BEAT_SYMBOLS",
    "beat_table",
    "beats_from_frame",
    "fetch_mitdb",
    "load_beats",
    "make_ecg",
    "map_symbols",
]
