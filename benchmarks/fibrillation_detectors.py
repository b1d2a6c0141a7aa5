"""Published detectors of atrial fibrillation, as functions of RR intervals.

Each takes the RR intervals of a recording in seconds, without those that are left out,
and returns for each whether it is AF. Where a window decides its middle, the first one
decides what is before, too, and the last one what is after. Thresholds are those that
were published.

- X. Zhou et al., PLoS ONE 10(9):e0136544 (2015), whose threshold was fitted by its
  authors on all of the Long-Term AF Database.
- A. Petrėnas, V. Marozas, L. Sörnmo, Computers in Biology and Medicine 65:184-191
  (2015), whose averages run forward and backward over the recording; and with averages
  that run forward only, as in a stream.
- J. Lian, L. Wang, D. Muessig, American Journal of Cardiology 107(10):1494-1497 (2011).
- The coefficient of variation, above 20 % of which the package ecg-interpreter 0.1.0
  reports AF, here of 127 intervals.
"""

from functools import partial

import numpy as np
from scipy.signal import lfilter


def by_zhou(intervals, n_words=127, threshold=0.639):
    """Tell AF by the entropy of words of three symbols of the rate."""
    # Rates that are whole multiples of 5 a minute stay what they are.
    symbols = np.minimum(63, np.floor(12 / intervals + 1e-9)).astype(np.int64)
    if len(symbols) < n_words + 2:
        return np.zeros(len(symbols), dtype=bool)
    words = (symbols[:-2] << 12) + (symbols[1:-1] << 6) + symbols[2:]
    counts = np.arange(n_words + 1)
    terms = counts * np.log2(np.maximum(counts, 1))
    total, n_different = window_sums(words, n_words, terms)
    largest = terms[n_words]
    entropy = n_different * (largest - total) / (n_words * largest)
    return around_middles(entropy > threshold, len(symbols), n_words // 2)


def by_lian(intervals, n_intervals=128, threshold=73, cell=0.025):
    """Tell AF by how many cells of the plot of intervals and their steps are hit."""
    if len(intervals) < n_intervals + 1:
        return np.zeros(len(intervals), dtype=bool)
    row = np.floor(intervals[1:] / cell).astype(np.int64)
    column = np.floor(np.diff(intervals) / cell).astype(np.int64)
    cells = (row << 12) + column + (1 << 11)
    _, n_hit = window_sums(cells, n_intervals, np.zeros(n_intervals + 1))
    return around_middles(n_hit > threshold, len(intervals), n_intervals // 2)


def by_variation(intervals, n_intervals=127, threshold=0.2):
    """Tell AF by the coefficient of variation."""
    if len(intervals) < n_intervals:
        return np.zeros(len(intervals), dtype=bool)
    mean = moving_sum(intervals, n_intervals)[n_intervals - 1 :] / n_intervals
    square = moving_sum(intervals**2, n_intervals)[n_intervals - 1 :] / n_intervals
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    return around_middles(
        deviation / mean > threshold, len(intervals), n_intervals // 2
    )


def by_petrenas(intervals, average, threshold=0.725, n=8):
    """Tell AF by the share of pairs of intervals that differ, over the interval."""
    if not len(intervals):
        return np.zeros(0, dtype=bool)
    padded = np.pad(intervals, 1, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1)
    n_differing = np.zeros(len(middle))
    for lag in range(1, n):
        differs = np.zeros(len(middle))
        differs[lag:] = np.abs(middle[lag:] - middle[:-lag]) > 0.03
        n_differing += moving_sum(differs, n - lag)
    irregularity = average(2 * n_differing / (n * (n - 1))) / average(intervals)
    # Of bigeminy the median is far from the mean.
    bigeminy = average((moving_sum(middle, n) / moving_sum(intervals, n) - 1) ** 2)
    return np.where(bigeminy >= 2e-4, irregularity, bigeminy) > threshold


def forward(values, weight=0.02):
    """Average with exponential weights of what was before."""
    start = [(1 - weight) * values[0]]
    return lfilter([weight], [1, weight - 1], values, zi=start)[0]


def forward_and_backward(values):
    """Average with exponential weights to both sides."""
    return forward(forward(values)[::-1])[::-1]


def moving_sum(values, n):
    """Return the sum of the last n values at each, of fewer at the beginning."""
    total = np.cumsum(values)
    total[n:] -= total[:-n].copy()
    return total


def around_middles(decisions, n_intervals, n_after):
    """Give the decision of each whole window to the interval so many before its end."""
    n_before = n_intervals - len(decisions) - n_after
    return np.pad(decisions, (n_before, n_after), mode="edge")


def window_sums(values, n, terms):
    """Sum over the different values of each whole window a term of how often each is.

    Returns the sums and the numbers of different values, of windows of n values.
    """
    places = np.arange(len(values))
    order = np.argsort(values, kind="stable")
    apart = len(values) + n + 1  # So that places of one value are no other's
    sorted_keys = values[order] * apart + order
    rank = np.empty_like(order)
    rank[order] = places
    # How often each value is among the n - 1 before it, and among the n - 1 after it.
    first = np.searchsorted(sorted_keys, values * apart + np.maximum(places - n + 1, 0))
    after = np.searchsorted(sorted_keys, values * apart + places + n)
    n_before, n_after = rank - first, after - rank - 1
    sums = _running(terms[n_before + 1] - terms[n_before], n)
    sums[1:] -= np.cumsum(terms[n_after + 1] - terms[n_after])[: len(sums) - 1]
    n_different = _running(n_before == 0, n)
    n_different[1:] -= np.cumsum(n_after == 0)[: len(sums) - 1]
    return sums, n_different


def _running(steps, n):
    """Add up steps, from the first whole window on."""
    return np.cumsum(steps)[n - 1 :]


DETECTORS = {
    "Zhou 2015": by_zhou,
    "Petrenas 2015": partial(by_petrenas, average=forward_and_backward),
    "Petrenas 2015, forward": partial(by_petrenas, average=forward),
    "Lian 2011": by_lian,
    "coefficient of variation": by_variation,
}
