"""Checks of the parameters of BeatSegmenter, with errors that name them."""

import numpy as np

from .._parameter_checks import (
    FLAG,
    N_JOBS,
    NONE,
    AnyOf,
    Choice,
    ListOf,
    Name,
    Names,
    Number,
    WholeNumber,
    check,
    refuse,
)
from ..patient import feature_names


def check_parameters(segmenter):
    """Check the value of every parameter, and those that depend on one another."""
    _check_lead(segmenter.lead)
    _check("channels", segmenter.channels, Choice(("first", "all")))
    _check_window(segmenter.before, segmenter.after, segmenter.sampling_rate)
    _check("baseline", segmenter.baseline, Choice(("median", None)))
    _check_bandpass(segmenter.bandpass, segmenter.sampling_rate)
    _check("zero_phase", segmenter.zero_phase, Choice((True, False)))
    _check("normalize", segmenter.normalize, Choice(("beat", "record", None)))
    _check_features("rr_features", segmenter.rr_features, feature_names("rhythm"))
    _check_features(
        "relative_features", segmenter.relative_features, feature_names("relative")
    )
    _check("on_invalid", segmenter.on_invalid, Choice(("warn", "raise", "ignore")))
    _check("n_jobs", segmenter.n_jobs, N_JOBS)
    _check("verbose", segmenter.verbose, AnyOf(WholeNumber(), FLAG))


def as_float(number):
    """Convert a number to the float that it was written as."""
    return float(str(number) if isinstance(number, np.floating) else number)


def _check(name, value, kind):
    return check("BeatSegmenter", name, value, kind)


def _check_lead(lead):
    allowed = "the name of a lead or a sequence of different names"
    _check("lead", lead, AnyOf(Name(), Names(), text=allowed))


def _check_window(before, after, sampling_rate):
    for name, value in (("before", before), ("after", after)):
        _check(name, value, Number(0, noun="number of seconds"))
    rate = Number(0, closed="neither", noun="number of Hz")
    _check("sampling_rate", sampling_rate, rate)
    if (as_float(before) + as_float(after)) * as_float(sampling_rate) < 2:
        raise ValueError(
            f"The window of BeatSegmenter, before={before!r} and after={after!r} "
            f"seconds, holds fewer than 2 samples at sampling_rate={sampling_rate!r}."
        )


def _check_bandpass(bandpass, sampling_rate):
    limit = sampling_rate / 2
    allowed = (
        "None or two numbers of Hz, (low, high), where 0 < low < high < "
        f"{limit:g}, half of 'sampling_rate'"
    )
    corner = Number(0, limit, closed="neither")
    corners = _check("bandpass", bandpass, AnyOf(NONE, ListOf(corner), text=allowed))
    if corners is not None and not (len(corners) == 2 and corners[0] < corners[1]):
        refuse("BeatSegmenter", "bandpass", bandpass, allowed)


def _check_features(parameter, value, names):
    allowed = f"'all', 'causal', None or different names of {list(names)}"
    some = Names(among=names, least=0)
    kind = AnyOf(Choice(("all", "causal", None)), some, text=allowed)
    _check(parameter, value, kind)
