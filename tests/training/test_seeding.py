import joblib
import numpy as np
import torch
from sklearn.base import clone
from small_classifiers import QUICK

from sklearn_ecg import PrunedCNNClassifier


def test_same_random_state_same_bits_and_global_generators_untouched(beats, trained):
    X, y = beats
    torch.manual_seed(123)
    np.random.seed(123)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    again = clone(trained).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert np.array_equal(again.predict_proba(X), trained.predict_proba(X))
    other = clone(trained).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(other.predict_proba(X), trained.predict_proba(X))


def test_fits_in_threads_do_not_disturb_each_other(beats, trained):
    before = torch.get_rng_state()
    fits = joblib.Parallel(n_jobs=2, prefer="threads")(
        joblib.delayed(clone(trained).fit)(*beats) for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    expected = trained.predict_proba(beats[0])
    assert all(np.array_equal(f.predict_proba(beats[0]), expected) for f in fits)


def test_smaller_networks_leave_the_global_generator_alone(beats):
    before = torch.get_rng_state()
    smaller = PrunedCNNClassifier(0.8, structure="channel", **QUICK).fit(*beats)
    smaller.at_stage(0)
    assert torch.equal(torch.get_rng_state(), before)
