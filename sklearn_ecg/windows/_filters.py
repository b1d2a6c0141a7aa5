"""Filters of a whole lead: its baseline taken away, a band of frequencies kept.

Everything here takes signals that are already checked, as float64.
"""

from scipy import ndimage, signal

_BANDPASS_ORDER = 2


def filter_lead(lead, baseline=None, bandpass=None, zero_phase=False):
    """Filter a lead as the parameters of `BeatSegmenter` say.

    Parameters
    ----------
    lead : Lead
        Its samples are left as they are.

    baseline : {None, "median"}, default=None
        Whether to subtract the baseline.

    bandpass : (float, float) or None, default=None
        The band to keep, in Hz.

    zero_phase : bool, default=False
        Whether to keep it without delay.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If the lead can't hold the band, or is too short for `zero_phase`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ecg.records._leads import Lead
    >>> lead = Lead("100", "II", 360.0, np.full(1000, 5.0))
    >>> bool(np.abs(filter_lead(lead, bandpass=(0.5, 40))).max() < 1e-9)
    True
    """
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
    """Subtract the baseline that two median filters leave, of 200 and 600 ms.

    The first filter removes P waves and QRS complexes, the second T waves.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    sampling_rate : float
        In Hz.

    Returns
    -------
    ndarray of shape (n_samples,)

    References
    ----------
    P. de Chazal, M. O'Dwyer, R. B. Reilly (2004), "Automatic classification of
    heartbeats using ECG morphology and heartbeat interval features", IEEE
    Transactions on Biomedical Engineering 51(7):1196-1206.

    Examples
    --------
    >>> import numpy as np
    >>> wander = np.linspace(-1, 1, 1000)
    >>> bool(np.abs(remove_baseline(wander, 100)[40:-40]).max() < 1e-12)
    True
    """
    baseline = samples
    for seconds in (0.2, 0.6):
        size = 2 * int(seconds * sampling_rate / 2) + 1
        baseline = ndimage.median_filter(baseline, size=size, mode="nearest")
    return samples - baseline


def filter_band(samples, sampling_rate, low, high, zero_phase=False):
    """Keep a band of frequencies, with a Butterworth filter in second-order sections.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        One lead.

    sampling_rate, low, high : float
        In Hz; the filter passes half the power at `low` and `high`, or a quarter if
        `zero_phase`.

    zero_phase : bool, default=False
        Filter forwards and backwards, so that no wave is delayed. Otherwise the
        filter is causal, and starts settled on the first sample.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If `zero_phase`, and there are too few samples to start from both ends.

    Examples
    --------
    >>> import numpy as np
    >>> offset = np.full(1000, 5.0)
    >>> bool(np.abs(filter_band(offset, 360, 0.5, 40)).max() < 1e-9)
    True
    """
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
