"""A gate that is made up, where there is too little to fit one to."""

import numpy as np

from sklearn_ecg.edge.twin._gate import Gate, LeadGate, lead_of


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


def some_lead_gate(chain, record):
    """Return a gate for whose beats the first lead is enough in about half."""
    counts, _ = chain.read(record)
    beats = chain.inputs.beats(counts, np.zeros(counts.shape, dtype=bool))
    logits = chain.network.logits(*chain.entering(beats))[::2]
    label = int(np.bincount(logits.argmax(axis=1)).argmax())
    return LeadGate(label, int(np.median(lead_of(logits, label))))
