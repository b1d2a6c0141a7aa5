"""Checks of the parameters of BeatSegmenter, with errors that name them."""

import math
from collections.abc import Mapping, Set, Sized
from numbers import Integral, Real

import numpy as np

from ._features import feature_names


def check_parameters(segmenter):
    """Check the value of every parameter, and those that depend on one another.

    Parameters
    ----------
    segmenter : BeatSegmenter

    Raises
    ------
    ValueError
        If one is not allowed. The message names the parameter, its value, and what
        is allowed.

    Examples
    --------
    >>> from sklearn_ecg.windows._segmenter import BeatSegmenter
    >>> check_parameters(BeatSegmenter(channels="both"))
    Traceback (most recent call last):
    ...
    ValueError: The 'channels' parameter of BeatSegmenter must be 'first' or 'all'. Got
    'both' instead.
    """
    _check_lead(segmenter.lead)
    _check_choice("channels", segmenter.channels, ("first", "all"))
    _check_window(segmenter.before, segmenter.after, segmenter.sampling_rate)
    _check_choice("baseline", segmenter.baseline, ("median", None))
    _check_bandpass(segmenter.bandpass, segmenter.sampling_rate)
    _check_choice("zero_phase", segmenter.zero_phase, (True, False))
    _check_choice("normalize", segmenter.normalize, ("beat", "record", None))
    _check_features("rr_features", segmenter.rr_features, feature_names("rhythm"))
    _check_features(
        "relative_features", segmenter.relative_features, feature_names("relative")
    )
    _check_choice("on_invalid", segmenter.on_invalid, ("warn", "raise", "ignore"))
    _check_n_jobs(segmenter.n_jobs)
    if not isinstance(segmenter.verbose, Integral | np.bool_):
        _refuse("verbose", segmenter.verbose, "an int")


def as_float(number):
    """Convert a number to the float that it was written as.

    Parameters
    ----------
    number : float or int
        Of Python or NumPy.

    Returns
    -------
    float
        With the shortest decimals that tell `number` from others of its type: so a
        window of ``np.float32(0.35)`` seconds is one of 0.35 s.

    Examples
    --------
    >>> float(np.float32(0.35)), as_float(np.float32(0.35))
    (0.34999999403953..., 0.35)
    """
    return float(str(number) if isinstance(number, np.floating) else number)


def _refuse(name, value, allowed):
    raise ValueError(
        f"The {name!r} parameter of BeatSegmenter must be {allowed}. Got {value!r} "
        "instead."
    )


def _check_choice(name, value, allowed):
    if not any(_is_same(value, one) for one in allowed):
        *others, last = map(repr, allowed)
        _refuse(name, value, f"{', '.join(others)} or {last}")


def _is_same(value, one):
    """Compare with a str, a bool or None; NumPy's are the same, but 1 is not True."""
    if isinstance(value, np.bool_):
        value = bool(value)
    is_of_type = isinstance(value, str) or type(value) is type(one)
    return is_of_type and bool(value == one)


def _is_number(value):
    return (
        isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    )


def _are_distinct_names(values):
    """Tell whether a sequence, or an array, holds different strings, none empty."""
    # Sets and mappings have no order of their own, and iterators can be read once.
    if isinstance(values, str | Set | Mapping) or not isinstance(values, Sized):
        return False
    try:
        names = list(values)
    except TypeError:  # an array without dimensions
        return False
    are_names = all(isinstance(name, str) and name for name in names)
    return are_names and len(set(names)) == len(names)


def _check_lead(lead):
    is_one_name = isinstance(lead, str) and lead
    if not (is_one_name or (_are_distinct_names(lead) and len(lead) > 0)):
        _refuse("lead", lead, "the name of a lead or a sequence of different names")


def _check_window(before, after, sampling_rate):
    for name, value in (("before", before), ("after", after)):
        if not _is_number(value) or value < 0:
            _refuse(name, value, "a number of seconds, 0 or more")
    if not _is_number(sampling_rate) or sampling_rate <= 0:
        _refuse("sampling_rate", sampling_rate, "a number of Hz above 0")
    if (as_float(before) + as_float(after)) * as_float(sampling_rate) < 2:
        raise ValueError(
            f"The window of BeatSegmenter, before={before!r} and after={after!r} "
            f"seconds, holds fewer than 2 samples at sampling_rate={sampling_rate!r}."
        )


def _check_bandpass(bandpass, sampling_rate):
    if bandpass is None:
        return
    limit = sampling_rate / 2
    allowed = (
        "None or two numbers of Hz, (low, high), where 0 < low < high < "
        f"{limit:g}, half of 'sampling_rate'"
    )
    try:
        low, high = bandpass
    except (TypeError, ValueError):
        _refuse("bandpass", bandpass, allowed)
    if not (_is_number(low) and _is_number(high) and 0 < low < high < limit):
        _refuse("bandpass", bandpass, allowed)


def _check_features(parameter, value, names):
    if any(_is_same(value, one) for one in ("all", "causal", None)):
        return
    if not _are_distinct_names(value) or set(value) - set(names):
        allowed = f"'all', 'causal', None or different names of {list(names)}"
        _refuse(parameter, value, allowed)


def _check_n_jobs(n_jobs):
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        _refuse("n_jobs", n_jobs, "None or an integer other than 0")
