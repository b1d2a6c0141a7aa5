import io
import pickle
import signal

import numpy as np
import pytest
import torch
from sklearn.base import clone
from small_classifiers import QUICK, Averages

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.training._train import BeatLoss


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


def test_a_loss_that_is_not_finite_is_told_with_its_place(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(
        **QUICK | {"module": Averages, "module_params": None}
    )
    classifier.set_params(optimizer="sgd", learning_rate=1e30)
    with pytest.raises(ValueError, match=r"became (nan|inf) in epoch \d+ of dense tr"):
        classifier.fit(X, y)
    assert not hasattr(classifier, "module_")


def test_a_validation_loss_that_is_not_finite_is_told(beats):
    X, y = beats
    X = X.copy()
    X[0] = 3e38
    stopping = {"early_stopping": True, "validation_fraction": 0.5}
    own = {"module": Averages, "module_params": None}
    messages = set()
    for seed in range(4):
        classifier = PrunedCNNClassifier(**QUICK | own | stopping)
        with pytest.raises(ValueError, match="ook for extreme values") as raised:
            classifier.set_params(random_state=seed).fit(X, y)
        messages.add("validation part" in str(raised.value))
    assert messages == {True, False}


def test_early_stopping_keeps_the_best_epoch(beats, parts):
    X, y = beats
    classifier = PrunedCNNClassifier(
        0.5,
        early_stopping=True,
        validation_fraction=0.3,
        patience=2,
        **QUICK | {"n_epochs": 60, "stage_epochs": 10, "learning_rate": 0.2},
    ).fit(X, y, groups=np.arange(240) // 24)
    for stage in classifier.stages_:
        losses = stage["validation_losses"]
        assert stage["validation_loss"] == min(losses)
        assert len(losses) - 1 - int(np.argmin(losses)) <= 2
        assert stage["validation_recall"].keys() == {"N", "S", "V"}
    assert classifier.stages_[0]["n_epochs"] < 60
    _, held_out = parts[-1]
    probabilities = classifier.predict_proba(held_out.rows.numpy())
    codes = held_out.classes.numpy()
    loss = -np.log(probabilities[np.arange(len(codes)), codes]).mean()
    kept = classifier.stages_[-1]["validation_loss"]
    assert loss == pytest.approx(kept, rel=1e-4, abs=1e-7)


def test_the_loss_follows_labels_and_teacher_by_class_weight():
    logits = torch.tensor([[1.0, -1.0], [0.5, 0.0]])
    teacher = torch.tensor([[2.0, -2.0], [-1.0, 1.0]])
    classes = torch.tensor([0, 1])
    weight = torch.tensor([1.0, 3.0])
    p, q = torch.softmax(teacher / 2, 1), torch.softmax(logits / 2, 1)
    hard = -torch.log_softmax(logits, 1)[[0, 1], classes]
    soft = 4 * (p * (p / q).log()).sum(1)
    each = 0.25 * hard + 0.75 * soft
    target = {"classes": classes, "teacher": teacher}
    loss = BeatLoss(weight, distillation=0.75)(logits, target)
    torch.testing.assert_close(loss, (each * weight).sum() / 4)
    plain = BeatLoss(None, distillation=0.75)(logits, target)
    torch.testing.assert_close(plain, each.mean())


def test_a_weight_counts_as_many_beats_also_with_a_teacher():
    generator = torch.Generator().manual_seed(0)
    logits, teacher = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    target = {"classes": torch.tensor([0, 1, 2, 1]), "teacher": teacher}
    weights = torch.tensor([1, 2, 3, 1])
    repeated = {
        name: values.repeat_interleave(weights, dim=0)
        for name, values in target.items()
    }
    for class_weight in (None, torch.tensor([1.0, 2.0, 0.5])):
        loss = BeatLoss(class_weight, distillation=0.5)
        expected = loss(logits.repeat_interleave(weights, dim=0), repeated)
        result = loss(logits, target | {"weights": weights.float()})
        torch.testing.assert_close(result, expected)
