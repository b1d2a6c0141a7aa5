"""Where the R peaks are."""

from ._detect import detect_r_peaks
from ._detector import RPeakDetector

__all__ = ["RPeakDetector", "detect_r_peaks"]
