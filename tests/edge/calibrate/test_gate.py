"""The gate before a network: what it is fitted to, and when there is none."""

import numpy as np
import pytest

from sklearn_ecg.edge.calibrate._gate import FEWEST_RECORDINGS, fit_gate
from sklearn_ecg.edge.twin._front_end import LATE, LEAD_OFF, NOISY

N_BEATS = 6000


def beats_of(n_recordings, seed=0, n_others=600):
    """Beats of two labels, which the first of ten features tells apart."""
    random = np.random.default_rng(seed)
    features = random.integers(90, 110, (N_BEATS, 10))
    is_other = np.arange(N_BEATS) % N_BEATS < n_others
    features[:, 0] += np.where(is_other, random.integers(-60, -30, N_BEATS), 0)
    far = (100 - features[:, 0])[:, np.newaxis]
    logits = np.hstack([200 - 8 * np.abs(far), 8 * np.abs(far) - 200])
    recordings = random.integers(0, n_recordings, N_BEATS)
    return features, logits, recordings


def test_usual_beats_pass_and_others_do_not():
    features, logits, recordings = beats_of(30)
    gate = fit_gate(features, logits, 0.05, recordings, 0)
    passes = gate.passes(features, np.zeros(N_BEATS, dtype=int))
    labels = logits.argmax(axis=1)
    assert passes[labels == 0].mean() > 0.8
    assert passes[labels == 1].mean() <= 0.003
    assert gate.label == 0
    assert gate.logits == tuple(np.rint(logits[labels == 0].mean(axis=0)).astype(int))


def test_a_beat_with_a_flag_other_than_noise_never_passes():
    features, logits, recordings = beats_of(30)
    gate = fit_gate(features, logits, 0.05, recordings, 0)
    for flag, is_let in ((0, True), (NOISY, True), (LEAD_OFF, False), (LATE, False)):
        assert gate.passes(features, np.full(N_BEATS, flag)).any() == is_let


def test_the_same_seed_gives_the_same_gate():
    beats = beats_of(30)
    assert fit_gate(*beats[:2], 0.05, beats[2], 3) == fit_gate(
        *beats[:2], 0.05, beats[2], 3
    )


@pytest.mark.parametrize(
    ("n_recordings", "n_others"), [(FEWEST_RECORDINGS - 1, 600), (30, 20)]
)
def test_there_is_no_gate_where_none_can_be_judged(n_recordings, n_others):
    features, logits, recordings = beats_of(n_recordings, n_others=n_others)
    assert fit_gate(features, logits, 0.05, recordings, 0) is None


def test_there_is_no_gate_where_hardly_a_beat_would_pass():
    features, logits, recordings = beats_of(30)
    random = np.random.default_rng(0)
    assert fit_gate(random.permutation(features), logits, 0.05, recordings, 0) is None
