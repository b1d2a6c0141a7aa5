"""The noise of the Noise Stress Test Database: alone, and added to recordings."""

import numpy as np

from sklearn_ecg.records import Recording, read_recording, recording_from_array

NOISES = ("bw", "em", "ma")
"""Wander of the baseline, motion of electrodes, and muscles."""


def noise_alone(data, name, start=0.0, stop=None):
    """Return a recording of noise, as two leads that recordings of beats have, too."""
    recording = read_recording(data / "nstdb" / name)
    signal = np.column_stack(list(recording.read(None, start, stop).values()))
    return recording_from_array(
        signal, recording.sampling_rate, ["MLII", "V1"], name=name
    )


def with_noise(recording, noise, level, start=0.0, *, when=None):
    """Return a recording with noise of so many dB added to both leads.

    The signal's power is that of a sine as high as its typical QRS complex, as the
    program `nst` of that database has it.

    Parameters
    ----------
    recording, noise : Recording
        Of one rate. The noise goes round if it is shorter.
    level : float
        Ratio of signal to noise, in dB.
    start : float
        Seconds of the noise at which it begins.
    when : callable, default=None
        Tells of seconds of the recording whether there is noise then; None always.
    """
    both = list(noise.read().values())
    rate = recording.sampling_rate
    signals = {}
    for lead, (name, samples) in enumerate(recording.read().items()):
        added = np.resize(both[lead % 2], len(samples))
        added = np.roll(added, -round(start * rate))
        added = added - added.mean()
        power = qrs_height(samples, round(rate)) ** 2 / 8
        gain = np.sqrt(power / np.mean(added**2) / 10 ** (level / 10))
        if when is not None:
            added = added * when(np.arange(len(samples)) / rate)
        signals[name] = samples + gain * added
    leads = recording_from_array(
        np.column_stack(list(signals.values())), rate, list(signals)
    )
    name = f"{recording.name} with {noise.name} at {level} dB"
    return Recording(name, _Annotated(leads.source, recording.source))


class _Annotated:
    """Leads with the annotations of others."""

    def __init__(self, source, annotated):
        self.leads, self.start_time = source.leads, source.start_time
        self.read, self.annotations = source.read, annotated.annotations


def qrs_height(samples, rate):
    """Return the median range of a signal in stretches of one second."""
    seconds = samples[: len(samples) // rate * rate].reshape(-1, rate)
    return np.median(seconds.max(axis=1) - seconds.min(axis=1))


def in_turns(seconds):
    """Tell when its recordings are noisy: from 5:00 on, two minutes on, two off."""
    return (seconds >= 300) & ((seconds - 300) % 240 < 120)
