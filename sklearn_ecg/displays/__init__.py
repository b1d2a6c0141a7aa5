"""Figures in scikit-learn's pattern: strips, rhythms, windows, scores along a pruning.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; each comes
with a marker or a letter of its own, so that a grey print says the same.
"""

from ._beats import BeatDisplay
from ._pruning_path import PruningPathDisplay
from ._rhythm import RhythmDisplay
from ._windows import WindowDisplay

__all__ = ["BeatDisplay", "PruningPathDisplay", "RhythmDisplay", "WindowDisplay"]
