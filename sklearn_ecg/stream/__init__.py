"""From a signal to labelled beats: of a whole recording, or live."""

from ._adapt import adapt
from ._annotate import annotate
from ._annotation import Annotation
from ._beat_stream import BeatStream
from ._engine import RPeakSource, checked_r_peaks, tell_of_unit
from ._many import annotate_many
from ._outputs import MANIFEST, entries_of, refuse_same_names, write_outputs
from ._sheets import sheets_of

# What users import; the other names above are for other rooms.
__all__ = ["Annotation", "BeatStream", "annotate", "annotate_many"]
