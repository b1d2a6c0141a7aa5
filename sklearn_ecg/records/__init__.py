"""Recordings, whatever file they came from: leads by name, in mV, each at its rate."""

from ._open import read_recording, recording_from_array
from ._recording import Recording

__all__ = ["Recording", "read_recording", "recording_from_array"]
