import numpy as np
import pytest
from small_classifiers import QUICK

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.networks._complexity import prunable_weights


def test_class_weight_moves_the_balance(beats):
    X, y = beats
    longer = QUICK | {"n_epochs": 8}
    favoured = PrunedCNNClassifier(
        0.5, class_weight={"N": 0.01, "V": 0.01, "S": 100.0}, **longer
    )
    plain = PrunedCNNClassifier(0.5, **longer)
    share = [(model.fit(X, y).predict(X) == "S").mean() for model in (favoured, plain)]
    assert share[0] > share[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": "sgd", "momentum": 0.9}, {"optimizer": "sgd", "momentum": 0.0}),
        ({"weight_decay": 0.5}, {"weight_decay": 0.0}),
        ({"criterion": "lamp"}, {"criterion": "magnitude"}),
        ({"learning_rate": 0.01}, {"learning_rate": 0.001}),
    ],
)
def test_parameters_of_training_and_pruning_matter(beats, one, other):
    X, y = beats
    fits = [
        PrunedCNNClassifier(0.8, **QUICK | change).fit(X, y) for change in (one, other)
    ]
    assert not np.array_equal(*(fit.predict_proba(X) for fit in fits))


def test_the_layer_floor_reaches_the_layers(beats):
    even = PrunedCNNClassifier(0.8, layer_floor=1, **QUICK).fit(*beats)
    for weight in prunable_weights(even.module_):
        assert int(weight.count_nonzero()) >= int((1 - 0.8) * weight.numel())
    free = PrunedCNNClassifier(0.8, layer_floor=0, **QUICK).fit(*beats)
    counts = [
        [int(weight.count_nonzero()) for weight in prunable_weights(fit.module_)]
        for fit in (even, free)
    ]
    assert counts[0] != counts[1]


def test_the_validation_part_is_not_trained_on(beats, parts):
    X, y = beats
    groups = np.arange(240) // 24
    PrunedCNNClassifier(early_stopping=True, **QUICK).fit(X, y, groups=groups)
    patient_of = {row.tobytes(): group for row, group in zip(X, groups, strict=True)}
    assert len(parts) == 3
    for data, validation in parts:
        trained = {patient_of[row.tobytes()] for row in data.rows.numpy()}
        held_out = {patient_of[row.tobytes()] for row in validation.rows.numpy()}
        assert held_out
        assert not trained & held_out


def test_verbose_shows_stages_epochs_loss_and_score(beats, capsys):
    PrunedCNNClassifier(**QUICK, verbose=1).fit(*beats)
    shown = capsys.readouterr().err
    assert "stage 2/2" in shown
    assert "4/4" in shown
    assert "loss=" in shown
    assert "score=" in shown


def test_silence_is_the_default(beats, capsys):
    PrunedCNNClassifier(**QUICK).fit(*beats)
    assert capsys.readouterr() == ("", "")
