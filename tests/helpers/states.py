"""What every state with an update is asked: to be stopped, kept and gone on with."""

import copy
import pickle

import numpy as np

from sklearn_ecg.patient import FEATURES


def updated(state, inputs, stops=()):
    """Update a state beat by beat; where `stops` says so, go on with a copy of it."""
    results = []
    for number, value in enumerate(inputs):
        if number in stops:
            kept = pickle.loads(pickle.dumps(state))
            # What happens to one of the two must not reach the other.
            copy.deepcopy(state).update(value)
            state = kept
        results.append(state.update(value))
    return results


def size_after(state, inputs):
    """Return how many bytes a state takes once it has seen all inputs."""
    updated(state, inputs)
    return len(pickle.dumps(state))


def in_pieces(state, cuts, *columns):
    """Update a state with pieces of arrays; go on with a kept copy after each piece."""
    n_rows = len(_some_array(columns[0]))
    stops = sorted(min(cut, n_rows) for cut in cuts)
    results = []
    for start, stop in zip([0, *stops], [*stops, n_rows], strict=True):
        piece = [_rows(column, slice(start, stop)) for column in columns]
        kept = pickle.loads(pickle.dumps(state))
        copy.deepcopy(state).update(*piece)
        state = kept
        results.append(state.update(*piece))
    return results


def joined(parts):
    """Put features of pieces together: dictionaries of arrays."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _some_array(column):
    return next(iter(column.values())) if isinstance(column, dict) else column


def _rows(column, rows):
    if isinstance(column, dict):
        return {name: values[rows] for name, values in column.items()}
    return column[rows]


def in_units(name, values, window_rate=1.0):
    """Return a feature in its unit: so many times what one of its integers is worth."""
    return values * FEATURES[name].worth(window_rate)
