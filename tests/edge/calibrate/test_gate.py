"""The gate before a network: what it is fitted to, and when there is none."""

import numpy as np
import pytest

from sklearn_ecg.edge.calibrate._gate import (
    FEWEST_RECORDINGS,
    fit_gate,
    fit_lead_gate,
)
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


def beats_in_two_leads():
    """Logits of two labels in two leads, of which the first is right but for a few."""
    random = np.random.default_rng(0)
    is_other = np.arange(N_BEATS) < 600
    first = np.where(is_other, -400, 400) + random.integers(-100, 100, N_BEATS)
    first[:20] = 150  # Here the second lead knows better.
    second = np.where(is_other, -700, 300)
    logits = np.zeros((N_BEATS, 2, 2), dtype=int)
    logits[..., 0] = np.column_stack([first, second])
    return logits, np.ones((N_BEATS, 2), dtype=bool)


def test_the_second_lead_is_spared_where_no_label_would_be_another():
    logits, looked = beats_in_two_leads()
    gate = fit_lead_gate(logits, looked, 30)
    passes = gate.passes(logits[:, 0])
    labels = logits.sum(axis=1).argmax(axis=1)
    assert (gate.label, gate.limit) == (0, 150)
    assert passes[labels == 0].all()
    assert not passes[labels == 1].any()


def test_beats_of_one_lead_say_nothing_of_the_second():
    logits, looked = beats_in_two_leads()
    logits[:20, 1] = 0
    logits[:20, 0, 0] = -900
    looked[:20, 1] = False
    assert fit_lead_gate(logits, looked, 30).limit == 0
    looked[:] = False
    assert fit_lead_gate(logits, looked, 30) is None


def test_beats_that_no_lead_was_looked_at_for_are_of_no_label():
    logits, looked = beats_in_two_leads()
    logits, looked = logits[600:, :, ::-1], looked[600:]
    logits[:100], looked[:100] = 0, False
    assert fit_lead_gate(logits, looked, 30) is None


def test_nothing_is_spared_where_it_can_not_be_judged():
    logits, looked = beats_in_two_leads()
    assert fit_lead_gate(logits, looked, FEWEST_RECORDINGS - 1) is None
    assert fit_lead_gate(np.abs(logits), looked, 30) is None
