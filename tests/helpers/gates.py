"""A gate that is made up, where there is too little to fit one to."""

import numpy as np

from sklearn_ecg.edge.twin._gate import Gate


def some_gate(chain, record):
    """Return a gate that about half of the beats of a record pass."""
    counts, _ = chain.read(record)
    beats = chain.inputs.beats(counts, np.zeros(counts.shape, dtype=bool))
    _, features = chain.entering(beats)
    random = np.random.default_rng(0)
    n = features.shape[1]
    gate = Gate(
        tuple(np.median(features, axis=0).astype(int).tolist()),
        tuple((-random.integers(-5, 128, n)).tolist()),
        tuple(random.integers(-5, 128, n).tolist()),
        0,
        tuple(range(len(chain.classes_), 0, -1)),
    )
    limit = int(np.median(gate.scores(features)))
    return Gate(gate.centers, gate.below, gate.above, limit, gate.logits)
