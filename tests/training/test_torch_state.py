"""The global state of torch: no fit depends on it, and each leaves it as it was."""

import contextlib
import os
import subprocess
import sys

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from small_classifiers import QUICK, Averages

from sklearn_ecg import PrunedCNNClassifier, load_model, save_model
from sklearn_ecg.edge import quantize


@contextlib.contextmanager
def in_double():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        assert torch.get_default_dtype() == torch.float64
        torch.set_default_dtype(torch.float32)


STATES = {
    "float64": in_double,
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}


class Buffered(Averages):
    """A user's own network, which makes tensors as it computes."""

    def forward(self, signal, rhythm):
        return super().forward(signal + torch.zeros(1), rhythm)


def outcomes(X, y, path):
    """Probabilities of all that is fitted, adapted, loaded and quantized."""
    fitted = PrunedCNNClassifier(
        0.8, early_stopping=True, max_shift=1, max_noise=0.1, **QUICK
    ).fit(X, y, sample_weight=np.linspace(1, 2, len(y)))
    save_model(fitted, path)
    own = {"module": Buffered, "module_params": {"width": 8}}
    quantized = quantize(fitted, X, fine_tune_epochs=1)
    classifiers = {
        "fitted": fitted,
        "dense": fitted.at_stage(0),
        "channels": PrunedCNNClassifier(0.6, structure="channel", **QUICK).fit(X, y),
        "own": PrunedCNNClassifier(**QUICK | own).fit(X, y),
        "adapted": fitted.adapted(X[:50], y[:50]),
        "calibrated": fitted.calibrated(fitted.predict_log_proba(X), y),
        "loaded": load_model(path),
        "quantized": quantized,
    }
    found = {name: each.predict_proba(X) for name, each in classifiers.items()}
    return found, fitted.complexity_, classifiers["channels"].at_stage(1).complexity_


@pytest.fixture(scope="module")
def expected(beats, tmp_path_factory):
    return outcomes(*beats, tmp_path_factory.mktemp("models") / "model.ecg")


@pytest.mark.parametrize("state", STATES)
def test_nothing_depends_on_the_global_state_and_all_is_left_as_it_was(
    beats, expected, state, tmp_path
):
    with STATES[state]():
        has_gradients = torch.is_grad_enabled()
        device = torch.get_default_device()
        found, *costs = outcomes(*beats, tmp_path / "model.ecg")
        assert torch.is_grad_enabled() == has_gradients
        assert torch.get_default_device() == device
    assert costs == list(expected[1:])
    if state == "autocast":  # It is the caller's wish that predictions are coarser.
        return
    for name, probabilities in expected[0].items():
        np.testing.assert_array_equal(found[name], probabilities, err_msg=name)


BESIDE_A_FIT = """
import faulthandler, os, threading
import numpy as np
from sklearn_ecg import PrunedCNNClassifier

def train(on_start=None):
    random = np.random.RandomState(0)
    y = random.randint(0, 2, 400)
    X = (random.randn(400, 40) + y[:, np.newaxis]).astype(np.float32)
    def criterion(squares):
        if on_start is not None:
            on_start.set()
            never.wait()
        return squares
    PrunedCNNClassifier(
        criterion=criterion, n_epochs=1, n_stages=1, stage_epochs=1, random_state=0
    ).fit(X, y)

never, started = threading.Event(), threading.Event()
train()  # So that threads of OpenMP are there, which a child has not.
threading.Thread(target=train, args=(started,), daemon=True).start()
started.wait()
child = os.fork()
if child == 0:
    faulthandler.dump_traceback_later(60, exit=True)
    train()
    os._exit(0)
_, status = os.waitpid(child, 0)
os._exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_a_process_that_is_forked_beside_a_fit_can_fit():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BESIDE_A_FIT],
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    assert done.returncode == 0, done.stderr


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
