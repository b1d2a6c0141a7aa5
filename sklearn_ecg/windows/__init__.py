"""From a beat table to numbers: a window of each beat, and its features."""

from ._segmenter import BeatSegmenter

__all__ = ["BeatSegmenter"]
