"""Synthetic ECG records, from a rhythm to a signal with noise."""

from ._make_ecg import make_ecg

__all__ = ["make_ecg"]
