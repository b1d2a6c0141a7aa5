import io
import pickle
import signal

import pytest
import torch
from sklearn.base import clone
from small_classifiers import QUICK, Averages

from sklearn_ecg import PrunedCNNClassifier


def test_values_that_break_the_network_but_not_its_loss_are_told(beats, trained):
    X, y = beats
    X = X.copy()
    X[0] = 1e25
    with pytest.raises(
        ValueError, match=r"running_var became infinite or NaN in dense"
    ):
        PrunedCNNClassifier(**QUICK).fit(X, y)
    X[0], X[7] = X[1], 3e38
    with pytest.raises(ValueError, match=r"1 of the 240 rows of X give .*: 7\."):
        trained.predict(X)


@pytest.fixture
def ctrl_c():
    """Python's own handling of Ctrl-C, which is off in a process in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_reaches_the_caller_and_leaves_nothing_fitted(beats, trained, ctrl_c):
    class Interrupt(torch.nn.Module):
        def __init__(self, *shape):
            super().__init__()
            self.network = Averages(*shape)
            self.calls = 0

        def forward(self, signal, rhythm):
            self.calls += self.training
            if self.calls == 10:
                ctrl_c()
            return self.network(signal, rhythm)

    classifier = clone(trained).fit(*beats)
    classifier.set_params(module=Interrupt, module_params=None)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*beats)
    assert not [name for name in vars(classifier) if name.endswith("_")]


def test_no_training_state_survives_in_the_estimator(trained):
    file = io.BytesIO()
    pickle.dump(trained, file)
    assert b"skorch" not in file.getvalue()
    assert b"optim" not in file.getvalue().replace(b"optimizer", b"")
