import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from small_classifiers import QUICK, WeightNormed

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.networks._networks import prunable_weights


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sparsity": 1.0}, "number in .0, 1.. Got 1.0 instead"),
        ({"sparsity": -0.1}, "Got -0.1 instead"),
        ({"n_stages": 0}, "an integer of at least 1. Got 0 instead"),
        ({"n_epochs": 0}, "an integer of at least 1. Got 0 instead"),
        ({"stage_epochs": 0}, "an integer of at least 1, or a list"),
        ({"batch_size": 1}, "an integer of at least 2. Got 1 instead"),
        ({"learning_rate": 0.0}, "a number above 0. Got 0.0 instead"),
        ({"stage_learning_rate": -1.0}, "a number above 0 or None"),
        ({"weight_decay": -1.0}, "a number of at least 0. Got -1.0 instead"),
        ({"momentum": 1.0}, "number in .0, 1.. Got 1.0 instead"),
        ({"distillation": 1.1}, "number in .0, 1.. Got 1.1 instead"),
        ({"layer_floor": 2.0}, "Got 2.0 instead"),
        ({"validation_fraction": 0.0}, "number in .0, 0\\.5.. Got 0.0 instead"),
        ({"patience": 0}, "Got 0 instead"),
        (
            {"criterion": "best"},
            "must be 'lamp' or 'magnitude' or a function of",
        ),
        ({"optimizer": "adam"}, "must be 'adamw' or 'sgd'"),
        ({"schedule": "steep"}, "must be 'linear', 'cubic' or 'geometric' or a list"),
        ({"schedule": [0.5, 0.4, 0.6]}, "must rise"),
        ({"schedule": [0.5, 0.9]}, "end with sparsity=0.6"),
        ({"schedule": [None]}, r"a list of sparsities, each .* Got \[None\] instead"),
        ({"schedule": (share for share in [0.6])}, "or a list of sparsities"),
        ({"device": "abacus"}, "one that torch has here"),
        ({"device": "meta"}, "a device that computes"),
        ({"device": None}, "a device that computes"),
        ({"sparsity": np.nan}, "Got nan instead"),
        ({"distillation": np.inf}, "Got inf instead"),
        ({"validation_fraction": 0.6}, "Got 0.6 instead"),
        ({"schedule": 5}, "Got 5 instead"),
        ({"criterion": ["lamp"]}, "Got .'lamp'. instead"),
        ({"module": 3}, "makes a network. Got 3 instead"),
        ({"class_weight": {"N": 0, "V": 1, "S": 1}}, "every weight must be positive"),
        ({"module": WeightNormed, "module_params": None}, "layer 'out' computes its w"),
        ({"module": "resnet"}, "one of .* Got 'resnet' instead"),
        ({"module": torch.nn.Linear(2, 2)}, "not the finished Linear"),
        (
            {"module": lambda *shape, **sizes: "network"},
            "made a str, must",
        ),
        (
            {"module": lambda *shape, **sizes: torch.nn.ReLU()},
            "ReLU with nothing to prune",
        ),
        ({"class_weight": "even"}, "class_weight"),
        ({"sparsity": 0.999}, "fewer than its 4 layers"),
    ],
)
def test_a_parameter_out_of_range_is_named(beats, parameters, message):
    classifier = PrunedCNNClassifier(**{"sparsity": 0.6} | QUICK | parameters)
    with pytest.raises(ValueError, match=message):
        classifier.fit(*beats)
    assert not vars(classifier).keys() & {"module_", "classes_", "n_features_in_"}


def test_parameters_of_the_wrong_type_are_named(beats):
    with pytest.raises(TypeError, match=r"must be True or False\. Got 'no' instead"):
        PrunedCNNClassifier(**QUICK, early_stopping="no").fit(*beats)
    with pytest.raises(TypeError, match=r"integer of at least 1\. Got 2\.5"):
        PrunedCNNClassifier(**QUICK | {"n_stages": 2.5}).fit(*beats)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"min_recall": 0.9}, TypeError, "dict of label to number, .* Got 0.9 instead"),
        (
            {"min_recall": {"V": 1.5}},
            ValueError,
            "Got .'V': 1.5. instead",
        ),
        ({"min_recall": {"V": "high"}}, ValueError, "Got .'V': 'high'. instead"),
        ({"min_recall": {"X": 0.5}}, ValueError, "min_recall names 'X', which is no"),
        ({"max_recall_drop": -0.1}, ValueError, "Got -0.1 instead"),
        (
            {"max_recall_drop": "no"},
            TypeError,
            "a number in .0, 1., a dict of",
        ),
        ({"max_recall_drop": {"V": 2}}, ValueError, "Got .'V': 2. instead"),
    ],
)
def test_guards_out_of_range_are_named(beats, parameters, error, message):
    with pytest.raises(error, match=message):
        PrunedCNNClassifier(**parameters).fit(*beats)


NUMBERS = {
    "sparsity": np.float64(0.75),
    "n_stages": np.int64(2),
    "layer_floor": np.float64(0.25),
    "n_epochs": np.int64(2),
    "stage_epochs": np.int32(1),
    "batch_size": np.int16(32),
    "learning_rate": np.float32(0.0078125),
    "stage_learning_rate": np.float64(0.001),
    "momentum": np.float64(0.5),
    "weight_decay": np.float64(0.001),
    "distillation": np.float64(0.5),
    "max_shift": np.int64(1),
    "max_noise": np.float64(0.125),
    "min_recall": {"V": np.float64(0.0)},
    "max_recall_drop": np.float64(1.0),
    "early_stopping": np.True_,
    "validation_fraction": np.float64(0.25),
    "patience": np.int64(2),
    "module_params": {
        "conv_channels": (np.int64(4), 8),
        "kernel_sizes": np.array([5, 3]),
        "n_hidden": np.int64(8),
        "dropout": np.float64(0.25),
    },
    "random_state": np.int64(0),
    "verbose": np.int64(0),
}


def as_pythons(value):
    if isinstance(value, dict):
        return {name: as_pythons(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(map(as_pythons, value))
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


@pytest.mark.parametrize("change", [{}, {"optimizer": "sgd"}, {"structure": "channel"}])
def test_numbers_of_numpy_do_what_pythons_do_and_stay_as_they_are(beats, change):
    X, y = beats
    given = PrunedCNNClassifier(**NUMBERS | change).fit(X, y)
    plain = PrunedCNNClassifier(**as_pythons(NUMBERS) | change).fit(X, y)
    assert np.array_equal(given.predict_proba(X), plain.predict_proba(X))
    assert given.stages_ == plain.stages_
    assert all(given.get_params()[name] is NUMBERS[name] for name in NUMBERS)


@pytest.mark.parametrize(
    "kind", [np.array, list, tuple, lambda values: list(np.array(values))]
)
def test_lists_may_hold_numbers_of_numpy_or_be_arrays(beats, kind):
    X, y = beats
    lists = {"schedule": kind([0.25, 0.5]), "stage_epochs": kind([2, 1])}
    classifier = PrunedCNNClassifier(0.5, **QUICK | lists).fit(X, y)
    rows = classifier.stages_
    assert [row["n_epochs"] for row in rows] == [2, 2, 1]
    assert [row["target_sparsity"] for row in rows] == [0, 0.25, 0.5]
    path = PrunedCNNClassifier(**QUICK).pruning_path(X, y, sparsities=kind([0.5, 0.25]))
    assert path.sparsities.tolist() == [0.25, 0.5]


def test_a_search_may_be_over_an_arange(beats):
    X, y = beats
    grid = {
        "n_epochs": np.arange(1, 3),
        "batch_size": np.array([32]),
        "sparsity": np.array([0.5]),
        "max_shift": np.arange(1),
    }
    search = GridSearchCV(PrunedCNNClassifier(**QUICK), grid, cv=2, error_score="raise")
    assert search.fit(X, y).best_estimator_.predict(X).shape == y.shape


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
