"""Where the R peaks are."""

from ._align import AlignedRPeaks, align_r_peaks
from ._detector import RATE, RPeakDetector, detect_r_peaks, find_beats
from ._filters import DEVICE_RATE, Lengths
from ._given import samples_of

# What users import; the other names above are for other rooms.
__all__ = ["AlignedRPeaks", "RPeakDetector", "align_r_peaks", "detect_r_peaks"]
