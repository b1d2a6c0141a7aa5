"""Splits that keep the patients of the test apart, and methods compared over them."""

from ._comparison import PruningComparison, compare_pruning
from ._splits import DS1, DS2, PACED, DeChazalSplit, records_of

__all__ = [
    "DS1",
    "DS2",
    "PACED",
    "DeChazalSplit",
    "PruningComparison",
    "compare_pruning",
    "records_of",
]
