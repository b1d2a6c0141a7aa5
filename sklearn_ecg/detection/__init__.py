"""Where the R peaks are."""

from ._align import AlignedRPeaks, align_r_peaks
from ._detect import detect_r_peaks
from ._detector import RPeakDetector

__all__ = ["AlignedRPeaks", "RPeakDetector", "align_r_peaks", "detect_r_peaks"]
