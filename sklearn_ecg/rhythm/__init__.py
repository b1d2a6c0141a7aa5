"""The rhythm in words: what the labels and intervals of many beats say together."""

from ._beats import CODES, Found
from ._episodes import EpisodeFinder, find_episodes, of_1024
from ._events import ended, table_of
from ._kinds import FAST_RUN, KINDS, SLOW_RUN, SUSTAINED, Kind, names_of
from ._marks import rhythm_marks
from ._parts import episodes_of_part, summarize_part
from ._stretches import touched
from ._summary import summarize
from ._variability import variability
from ._words import lines_of

# What users import; the other names above are for other rooms.
__all__ = [
    "KINDS",
    "EpisodeFinder",
    "Kind",
    "find_episodes",
    "names_of",
    "summarize",
    "variability",
]
