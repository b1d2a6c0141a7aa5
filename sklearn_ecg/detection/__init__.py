"""Where the R peaks are."""

from ._align import AlignedRPeaks, align_r_peaks
from ._decision import LONGEST_WAIT, Beat, Times
from ._detector import N_MISSING, RATE, RPeakDetector, detect_r_peaks, find_beats
from ._filters import DEVICE_RATE, Decimate, Digitize, Lengths, hold_last
from ._find import FindBeats
from ._given import refuse_falling, refuse_outside, samples_of
from ._judge import (
    FLAT,
    MISSED,
    NOISE,
    WAVES,
    BelievedBeat,
    Change,
    Distances,
    LeadJudge,
)
from ._quality import FindStretches
from ._two_leads import MeetingStretches, TwoLeads

# What users import; the other names above are for other rooms.
__all__ = ["AlignedRPeaks", "RPeakDetector", "align_r_peaks", "detect_r_peaks"]
