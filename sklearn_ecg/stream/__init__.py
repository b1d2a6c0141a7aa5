"""From a signal to labelled beats: of a whole recording, or live."""

from ._adapt import adapt, adapted_to, refuse_unadaptable
from ._annotate import annotate
from ._annotation import Annotation, plain_name
from ._beat_stream import BeatStream
from ._corrections import read_table
from ._corrector import APART, NEAR
from ._device_rhythm import MARGIN_ONE, DeviceRhythm
from ._engine import RPeakSource, checked_r_peaks, tell_of_unit
from ._model import labeller_of
from ._packet_clock import PacketClock
from ._report import report_pages
from ._rhythm import why_no_rhythm
from ._templates import asked_of

# What users import; the other names above are for other rooms.
__all__ = ["Annotation", "BeatStream", "PacketClock", "annotate"]
