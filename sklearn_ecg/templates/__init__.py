"""Beats that look alike: which to ask a person about, and what the answers say."""

# For other rooms; it is not public.
from ._grouping import BeatGroups, group_beats, grouping
from ._inquiry import Inquiry
from ._looks import looks_of, shape_length
from ._opinion import constants
