"""What answers say of beats alike, and of all others."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from sklearn_ecg.templates._opinion import (
    JITTER,
    SLIP,
    Answer,
    Groups,
    kernel_of,
    opinion_of,
    shift_of,
    worth_of,
)


def groups_of(centres, logits, n_beats=None):
    """Make templates of one cell each."""
    logits = np.asarray(logits, dtype=float)
    n_beats = np.full(len(logits), 10) if n_beats is None else np.asarray(n_beats)
    kernel = kernel_of(np.asarray(centres, dtype=float))
    return Groups(kernel, n_beats, logits, np.arange(len(logits)), logits)


SURE_OF_FIRST, UNSURE = [6.0, 0.0, 0.0], [0.2, 0.0, 0.0]


def test_without_answers_the_opinion_is_the_models():
    groups = groups_of([[0.0], [9.0]], [SURE_OF_FIRST, UNSURE])
    np.testing.assert_array_equal(opinion_of(groups, []), groups.logits)


def test_an_answer_is_believed_where_the_model_is_unsure_and_moves_those_alike_most():
    groups = groups_of([[0.0], [0.5], [30.0]], [UNSURE] * 3)
    opinion = softmax(opinion_of(groups, [Answer(0, 0, 2)]), axis=1)
    assert opinion[0].argmax() == opinion[1].argmax() == 2
    assert opinion[0, 2] > opinion[1, 2] > opinion[2, 2] > softmax(UNSURE)[2]


def test_a_sure_model_is_moved_by_two_answers_further_than_by_one():
    groups = groups_of([[0.0]], [SURE_OF_FIRST])
    one = opinion_of(groups, [Answer(0, 0, 1)])[0]
    two = opinion_of(groups, [Answer(0, 0, 1), Answer(0, 0, 1)])[0]
    assert groups.logits[0, 1] < one[1] < two[1]
    assert two.argmax() == 1


def test_answers_that_agree_with_a_sure_model_hardly_change_it():
    groups = groups_of([[0.0], [1.0]], [SURE_OF_FIRST, SURE_OF_FIRST])
    shift = shift_of(groups, [Answer(0, 0, 0)])
    assert np.abs(shift).max() < 0.1


def test_the_order_of_answers_changes_nothing(rng):
    groups = groups_of(rng.normal(size=(12, 3)), 3 * rng.normal(size=(12, 4)))
    answers = [
        Answer(t, t, label)
        for t, label in zip(range(6), rng.integers(4, size=6), strict=True)
    ]
    np.testing.assert_allclose(
        opinion_of(groups, answers), opinion_of(groups, answers[::-1]), atol=1e-3
    )


@pytest.mark.parametrize("n_answers", [1, 5, 40])
def test_the_shift_is_that_of_a_general_optimizer(rng, n_answers):
    groups = groups_of(rng.normal(size=(20, 3)), 4 * rng.normal(size=(20, 3)))
    asked = rng.integers(20, size=n_answers)
    labels = rng.integers(3, size=n_answers)
    answers = [Answer(*each) for each in zip(asked, asked, labels, strict=True)]
    kernel = groups.kernel[np.ix_(asked, asked)] + JITTER * np.eye(n_answers)
    root = np.linalg.cholesky(kernel)
    wanted = np.full((n_answers, 3), SLIP / 3)
    wanted[np.arange(n_answers), labels] += 1 - SLIP

    def loss(flat):
        moved = flat.reshape(n_answers, 3)
        likely = log_softmax(groups.logits[asked] + root @ moved, axis=1)
        return 0.5 * np.sum(moved**2) - np.sum(wanted * likely)

    best = minimize(loss, np.zeros(n_answers * 3), tol=1e-9).x.reshape(n_answers, 3)
    expected = groups.kernel[:, asked] @ np.linalg.solve(root.T, best)
    np.testing.assert_allclose(shift_of(groups, answers), expected, atol=0.01)


def test_large_unsure_templates_are_worth_most_and_answered_ones_little():
    groups = groups_of(
        [[0.0], [40.0], [80.0]], [UNSURE, UNSURE, SURE_OF_FIRST], [10, 500, 500]
    )
    assert worth_of(groups, []).argmax() == 1
    assert worth_of(groups, [Answer(1, 1, 0)] * 2).argmax() == 0


def test_a_large_template_is_asked_about_though_the_model_is_sure_of_it():
    groups = groups_of([[0.0], [40.0]], [SURE_OF_FIRST, UNSURE], [20000, 2])
    assert worth_of(groups, []).argmax() == 0
