"""Windows varied while training, as another recording or another detector would."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """What a training step does to the windows of its beats; rhythm stays as it is."""

    max_shift: int  # Every beat is shifted by up to so many samples, later or earlier
    max_noise: float
    generator: torch.Generator  # Draws them

    def __call__(self, signal: Tensor) -> Tensor:
        """Return windows of shape (beats, n_channels, n_samples), varied."""
        if self.max_shift:
            signal = self._shifted(signal)
        if self.max_noise:
            signal = signal + self._noise(signal.shape)
        return signal

    def _shifted(self, signal: Tensor) -> Tensor:
        size, last = (len(signal), 1, 1), signal.shape[2] - 1
        bounds = -self.max_shift, self.max_shift + 1
        shift = torch.randint(*bounds, size, generator=self.generator)
        places = (torch.arange(last + 1) + shift).clamp(0, last)
        return signal.gather(2, places.expand_as(signal))

    def _noise(self, shape: torch.Size) -> Tensor:
        level = torch.rand(shape[0], 1, 1, generator=self.generator)
        return self.max_noise * level * torch.randn(shape, generator=self.generator)
