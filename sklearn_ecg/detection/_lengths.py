"""How long the filters and windows of the detector are."""

from __future__ import annotations

from dataclasses import dataclass

from .._parameter_checks import Number

DEVICE_RATE = Number(100, 1000, noun="number of Hz")
"""Rates of a device's converter."""

_WORKING_RATE = 125
"""In Hz: the rate near which the detector works, whatever that of the recording."""


@dataclass(frozen=True)
class Lengths:
    """Lengths of the filters and windows at a sampling rate, in working samples."""

    factor: int
    working_rate: float
    box: int
    high_pass: int
    slope: int
    energy: int
    apart: int
    before_peak: int
    after_peak: int

    @classmethod
    def at(cls, sampling_rate: float) -> Lengths:
        """Return the lengths at a sampling rate, in Hz."""
        factor = max(1, round(sampling_rate / _WORKING_RATE))
        rate = sampling_rate / factor
        return cls(
            factor=factor,
            working_rate=rate,
            box=max(1, round(0.024 * rate)),
            high_pass=2 * int(0.06 * rate) + 1,
            slope=max(1, round(0.016 * rate)),
            energy=round(0.08 * rate),
            apart=round(0.2 * rate),
            before_peak=round(0.15 * rate),
            after_peak=round(0.04 * rate),
        )

    @property
    def delay(self) -> int:
        """Working samples until a peak of the signal has left all filters."""
        return 2 * self.box + self.high_pass + self.slope + self.energy

    @property
    def lag(self) -> int:
        """Working samples by which the energy is later than the sharpened signal."""
        return (self.box + self.slope + self.energy - 2) // 2

    @property
    def sharp_delay(self) -> int:
        """Halves of a working sample by which the sharpened signal is late."""
        return self.box - 1 + self.high_pass - 1
