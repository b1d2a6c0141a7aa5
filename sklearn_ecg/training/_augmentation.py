"""Windows varied while training, as another recording or another detector would."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """What a training step does to the windows of its beats; rhythm stays as it is.

    Attributes
    ----------
    max_shift : int
        Every beat is shifted by up to so many samples, later or earlier. Past its ends
        a window goes on with its edge values.
    max_noise : float
        Every beat gets white noise, of a standard deviation up to this one.
    generator : torch.Generator
        Draws them.

    Examples
    --------
    >>> augmentation = Augmentation(2, 0.0, torch.Generator().manual_seed(3))
    >>> augmentation(torch.arange(5.0).expand(3, 1, 5))[:, 0].tolist()
    [[0.0, 0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 4.0], [0.0, 1.0, 2.0, 3.0, 4.0]]
    """

    max_shift: int
    max_noise: float
    generator: torch.Generator

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
