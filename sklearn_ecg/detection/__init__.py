"""Where the R peaks are."""

from ._align import AlignedRPeaks, align_r_peaks
from ._detector import RPeakDetector, detect_r_peaks

__all__ = ["AlignedRPeaks", "RPeakDetector", "align_r_peaks", "detect_r_peaks"]
