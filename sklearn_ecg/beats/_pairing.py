"""Which test beat belongs to which reference beat, by the rules of ``bxb``."""

import math

import numpy as np


def samples_in(window, sampling_rate):
    """Return a match window in whole samples, halves rounded up."""
    # 0.15 s at 250 Hz are 37.5 samples, which a product of floats may miss.
    return math.floor(round(window * sampling_rate, 6) + 0.5)


def pair_beats(reference, test, window, start=None):
    """Pair beats in time order."""
    i, j = (0, 0) if start is None else _first_beats(reference, test, start, window)
    return _pairs_from(reference.tolist(), test.tolist(), window, i, j)


def _first_beats(reference, test, start, window):
    """Return the positions of the first beats to compare."""
    i, j = np.searchsorted(reference, start), np.searchsorted(test, start)
    # Nothing is cut off at the beginning of a recording.
    if start <= 0 or i == len(reference):
        return i, j
    first = reference[i]
    distance = np.append(np.abs(test[j : j + 2] - first).astype(float), [np.inf] * 2)
    before = first - test[j - 1] if j else np.inf
    if before <= window and before < distance[0]:
        return i, j - 1
    is_of_earlier = j < len(test) and test[j] - start <= window
    return i, j + int(is_of_earlier and distance[1] < distance[0])


def _pairs_from(reference, test, window, i, j):
    n_reference, n_test = len(reference), len(test)
    reference, test = [*reference, math.inf], [*test, math.inf]
    pairs = []
    while i < n_reference and j < n_test:
        beat, after_beat = reference[i], reference[i + 1]
        other, after_other = test[j], test[j + 1]
        if other < beat:
            is_extra = not _are_a_pair(other, beat, after_other, after_beat, window)
            is_missed = False
        else:
            is_missed = not _are_a_pair(beat, other, after_beat, after_other, window)
            is_extra = False
        pairs.append((-1 if is_extra else i, -1 if is_missed else j))
        i += not is_extra
        j += not is_missed
    missed = [(k, -1) for k in range(i, n_reference)]
    extra = [(-1, k) for k in range(j, n_test)]
    return np.array([*pairs, *missed, *extra], dtype=np.int64).reshape(-1, 2)


def _are_a_pair(earlier, later, after_earlier, after_later, window):
    """Tell if two beats are a pair, rather than `later` and the one after `earlier`."""
    gap, rival = later - earlier, abs(after_earlier - later)
    # Of two beats on one sample, nothing is nearer, but another may be as near.
    if gap == 0:
        return True
    return gap <= window and (gap < rival or abs(after_earlier - after_later) < rival)
