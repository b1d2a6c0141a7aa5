"""What every state with an update is asked: to be stopped, kept and gone on with."""

import copy
import pickle


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
