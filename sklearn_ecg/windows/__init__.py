"""From a beat table to numbers: a window of each beat, and its features."""

from ._columns import (
    InputLayout,
    is_sample_column,
    layout_of,
    name_of_channel,
    seconds_of,
)
from ._cutting import rate_ratio, resample, resampled_positions, resampling_reach
from ._grid import BEATS_AT_ONCE, Grid, WorkingSamples
from ._parameters import check_parameters
from ._row_stream import Rows, RowStream
from ._segmenter import BeatSegmenter
from ._ways import CHAIN, LIVE, WINDOW, obstacle

# What users import; the other names above are for other rooms.
__all__ = ["BeatSegmenter"]
