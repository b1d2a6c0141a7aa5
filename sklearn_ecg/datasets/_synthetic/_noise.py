"""Noise of synthetic records: baseline wander, muscle, mains."""

import numpy as np
from scipy.fft import irfft

_HIGHEST_MUSCLE_FREQUENCY = 150.0


def draw_noise(rng, n_samples, sampling_rate, wander, muscle, mains, mains_frequency):
    """Draw the noise of one lead; the same noise at any sampling rate."""
    seconds = np.arange(n_samples) / sampling_rate
    noise = wander * _draw_wander(rng, seconds)
    noise += muscle * _draw_muscle(rng, seconds, sampling_rate)
    hum = _draw_mains(rng, seconds, mains_frequency)
    if mains_frequency < sampling_rate / 2:
        noise += mains * hum
    return noise


def _draw_wander(rng, seconds):
    """Draw breathing and electrode drift: slow waves, the slower the larger."""
    frequencies = np.exp(rng.uniform(np.log(0.02), np.log(0.4), size=8))
    heights = frequencies**-0.5
    heights *= np.sqrt(2 / np.sum(heights**2))
    phases = rng.uniform(0, 2 * np.pi, size=8)
    knots = _knots(seconds)
    waves = np.sin(2 * np.pi * knots[:, None] * frequencies + phases) @ heights
    return np.interp(seconds, knots, waves)


def _draw_muscle(rng, seconds, sampling_rate):
    """Draw band-limited noise that swells and fades."""
    n_samples = len(seconds)
    resolution = sampling_rate / n_samples
    n_drawn = int(_HIGHEST_MUSCLE_FREQUENCY / resolution + 0.5)
    frequencies = resolution * np.arange(1, n_drawn + 1)
    weights = np.exp(-0.5 * ((frequencies - 40.0) / 35.0) ** 2)
    weights *= np.sqrt(1 / np.sum(weights**2))
    coefficients = weights * rng.normal(size=2 * n_drawn).view(complex)
    spectrum = np.zeros(n_samples // 2 + 1, dtype=complex)
    n_kept = min(n_drawn, (n_samples - 1) // 2)
    spectrum[1 : n_kept + 1] = coefficients[:n_kept] * n_samples / 2
    return irfft(spectrum, n=n_samples) * _draw_swell(rng, seconds, 0.6)


def _draw_mains(rng, seconds, frequency):
    phase = rng.uniform(0, 2 * np.pi)
    hum = np.sin(2 * np.pi * frequency * seconds + phase)
    return np.sqrt(2) * hum * _draw_swell(rng, seconds, 0.3)


def _draw_swell(rng, seconds, depth):
    """Draw a factor that rises and falls about 1 in steady time."""
    period, phase = rng.uniform(7, 25), rng.uniform(0, 2 * np.pi)
    knots = _knots(seconds)
    swell = np.exp(depth * np.sin(2 * np.pi * knots / period + phase) - depth**2 / 2)
    return np.interp(seconds, knots, swell)


def _knots(seconds):
    # Slow waves are computed here and interpolated: a sine of every sample would take
    # most of the time that making a record takes.
    return np.arange(0, seconds[-1] + 0.1, 0.05)
