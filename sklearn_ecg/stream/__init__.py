"""From a signal to labelled beats: of a whole recording, or live."""

from ._annotate import annotate
from ._annotation import Annotation
from ._beat_stream import BeatStream
from ._many import annotate_many

__all__ = ["Annotation", "BeatStream", "annotate", "annotate_many"]
