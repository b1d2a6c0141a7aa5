"""Filters of a whole lead: its baseline taken away, a band of frequencies kept.

Everything here takes signals that are already checked, as float64.
"""

from scipy import ndimage, signal

_BANDPASS_ORDER = 2


def filter_lead(lead, baseline=None, bandpass=None, zero_phase=False):
    """Filter a lead as the parameters of `BeatSegmenter` say."""
    samples = lead.samples
    if baseline == "median":
        samples = remove_baseline(samples, lead.sampling_rate)
    if bandpass is None:
        return samples
    low, high = bandpass
    if high >= lead.sampling_rate / 2:
        raise ValueError(
            f"The upper edge of 'bandpass', {high:g} Hz, is not below half of "
            f"the {lead.sampling_rate:g} Hz at which the {lead} was sampled."
        )
    try:
        return filter_band(samples, lead.sampling_rate, low, high, zero_phase)
    except ValueError as error:
        raise ValueError(
            f"The {lead} is too short for zero_phase=True: {error}."
        ) from error


def remove_baseline(samples, sampling_rate):
    """Subtract the baseline that two median filters leave, of 200 and 600 ms."""
    baseline = samples
    for seconds in (0.2, 0.6):
        size = 2 * int(seconds * sampling_rate / 2) + 1
        baseline = ndimage.median_filter(baseline, size=size, mode="nearest")
    return samples - baseline


def filter_band(samples, sampling_rate, low, high, zero_phase=False):
    """Keep a band of frequencies: a Butterworth filter in second-order sections."""
    sections = signal.butter(
        _BANDPASS_ORDER, (low, high), "bandpass", fs=sampling_rate, output="sos"
    )
    if zero_phase:
        # As many as sosfiltfilt adds at each end, by reflection.
        n_added = 3 * (2 * len(sections) + 1)
        if len(samples) <= n_added:
            raise ValueError(
                f"it has {len(samples)} samples, and at least {n_added + 1} are needed"
            )
        return signal.sosfiltfilt(sections, samples, padlen=n_added)
    settled = signal.sosfilt_zi(sections) * samples[0]
    return signal.sosfilt(sections, samples, zi=settled)[0]
