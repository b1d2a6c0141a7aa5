"""Heartbeats: from records on disk, from databases of PhysioNet, or synthetic."""

from ..beats import beat_table
from ..records import AAMI_CLASSES, BEAT_SYMBOLS, map_symbols
from ._databases import DATABASES, Database
from ._fetch import fetch_database, fetch_mitdb, is_complete_copy
from ._frames import beats_from_frame
from ._loading import load_beats
from ._splicing import splice_rhythms
from ._synthetic import make_ecg

# What users import; the other name above is for another room.
__all__ = [
    "AAMI_CLASSES",
    "BEAT_SYMBOLS",
    "DATABASES",
    "Database",
    "beat_table",
    "beats_from_frame",
    "fetch_database",
    "fetch_mitdb",
    "load_beats",
    "make_ecg",
    "map_symbols",
    "splice_rhythms",
]
