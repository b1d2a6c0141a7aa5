import copy
import io
import pickle
import signal
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

import sklearn_ecg.training._train
from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.networks._complexity import prunable_weights
from sklearn_ecg.training._dataset import BatchIterator, BeatDataset
from sklearn_ecg.training._train import BeatLoss

QUICK = {
    "n_epochs": 2,
    "stage_epochs": 1,
    "n_stages": 2,
    "batch_size": 32,
    "module_params": {"conv_channels": (4, 8), "kernel_sizes": (5, 3), "n_hidden": 8},
    "random_state": 0,
}


class Averages(torch.nn.Module):
    """A user's own network, which knows nothing of rhythm."""

    def __init__(self, n_channels, n_samples, n_rhythm, n_classes, width=4, n_out=None):
        super().__init__()
        self.conv = torch.nn.Conv1d(n_channels, width, 5)
        self.out = torch.nn.Linear(width, n_out or n_classes)

    def forward(self, signal, rhythm):
        return self.out(self.conv(signal).relu().mean(dim=2))


class WeightNormed(Averages):
    """Its dense layer computes its weight anew at every use."""

    def __init__(self, *shape):
        super().__init__(*shape)
        torch.nn.utils.parametrizations.weight_norm(self.out)


class InPlace(Averages):
    """It works on its input in place."""

    def forward(self, signal, rhythm):
        signal -= signal.mean(dim=2, keepdim=True)
        return super().forward(signal, rhythm)


@pytest.fixture(scope="module")
def fitted(beats):
    return PrunedCNNClassifier(0.8, **QUICK).fit(*beats)


def n_nonzero(classifier):
    return sum(int(w.count_nonzero()) for w in prunable_weights(classifier.module_))


def test_it_learns(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(0.8, **QUICK | {"n_epochs": 15, "stage_epochs": 5})
    assert classifier.fit(X, y).score(X, y) > 0.97


def test_labels_come_back_as_they_went_in(beats):
    X, y = beats
    for labels in (y, np.array([{"N": 7, "V": -1, "S": 300}[label] for label in y])):
        predicted = PrunedCNNClassifier(0.5, **QUICK).fit(X, labels).predict(X)
        assert predicted.dtype == labels.dtype
        assert set(predicted) <= set(labels)


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.6, 0.9, 0.95])
@pytest.mark.parametrize(
    "optimizer",
    [
        {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.01},
        {"optimizer": "adamw", "weight_decay": 0.1},
    ],
)
def test_zeros_are_exact(beats, sparsity, optimizer):
    classifier = PrunedCNNClassifier(sparsity, **QUICK | optimizer).fit(*beats)
    total = sum(weight.numel() for weight in prunable_weights(classifier.module_))
    wanted = round((1 - sparsity) * total)
    assert n_nonzero(classifier) == wanted
    assert classifier.complexity_.n_nonzero == wanted
    assert classifier.sparsity_ == 1 - wanted / total
    assert n_nonzero(pickle.loads(pickle.dumps(classifier))) == wanted
    assert n_nonzero(classifier.fit(*beats)) == wanted


def test_every_layer_keeps_weights(beats):
    classifier = PrunedCNNClassifier(0.95, **QUICK).fit(*beats)
    assert all(w.count_nonzero() > 0 for w in prunable_weights(classifier.module_))


def test_stages_tell_the_story(fitted):
    stages = pd.DataFrame(fitted.stages_)
    assert stages["stage"].tolist() == [0, 1, 2]
    assert stages["target_sparsity"].tolist() == pytest.approx([0, 0.7, 0.8])
    assert stages["n_epochs"].tolist() == [2, 1, 1]
    assert stages["n_nonzero"].is_monotonic_decreasing
    assert stages["macs"].is_monotonic_decreasing
    assert stages["n_nonzero"].iloc[-1] == n_nonzero(fitted)
    assert stages["losses"].map(len).tolist() == [2, 1, 1]
    assert stages["train_score"].between(0, 1).all()


def test_a_path_holds_what_separate_fits_give(beats):
    X, y = beats
    estimator = PrunedCNNClassifier(**QUICK)
    path = estimator.pruning_path(X, y, sparsities=[0.9, 0, 0.5])
    assert path.sparsities.tolist() == [0, 0.5, 0.9]
    assert [stage["stage"] for stage in path.stages] == [0, 1, 2]
    for classifier in path.classifiers:
        again = clone(classifier).fit(X, y)
        assert np.array_equal(again.predict_proba(X), classifier.predict_proba(X))
        assert again.stages_ == classifier.stages_
        assert again.complexity_ == classifier.complexity_
    assert path.n_nonzero.tolist() == [n_nonzero(c) for c in path.classifiers]
    assert not hasattr(estimator, "module_")


def test_a_path_may_leave_out_the_dense_network(beats):
    path = PrunedCNNClassifier(**QUICK).pruning_path(*beats, sparsities=[0.5, 0.7])
    assert [len(c.stages_) for c in path.classifiers] == [2, 3]
    with pytest.raises(ValueError, match="sparsities is empty"):
        PrunedCNNClassifier(**QUICK).pruning_path(*beats, sparsities=[])


def test_no_stage_when_dense_and_a_list_of_sparsities_gives_the_stages(beats):
    dense = PrunedCNNClassifier(0, **QUICK).fit(*beats)
    assert len(dense.stages_) == 1
    listed = PrunedCNNClassifier(0.9, schedule=[0.5, 0.7, 0.9], **QUICK).fit(*beats)
    assert [stage["target_sparsity"] for stage in listed.stages_] == [0, 0.5, 0.7, 0.9]


def test_same_random_state_same_bits_and_global_generators_untouched(beats, fitted):
    X, y = beats
    torch.manual_seed(123)
    np.random.seed(123)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    again = clone(fitted).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    other = clone(fitted).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(other.predict_proba(X), fitted.predict_proba(X))


def test_fits_in_threads_do_not_disturb_each_other(beats, fitted):
    before = torch.get_rng_state()
    fits = joblib.Parallel(n_jobs=2, prefer="threads")(
        joblib.delayed(clone(fitted).fit)(*beats) for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    expected = fitted.predict_proba(beats[0])
    assert all(np.array_equal(f.predict_proba(beats[0]), expected) for f in fits)


def test_a_second_fit_starts_anew(beats, fitted):
    X, y = beats
    again = clone(fitted).fit(X[:100], y[:100]).fit(X, y)
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_predictions_do_not_depend_on_the_company(beats, fitted):
    X, _ = beats
    together = fitted.predict_proba(X)
    alone = np.vstack([fitted.predict_proba(X[i : i + 1]) for i in range(50)])
    assert np.array_equal(together[:50], alone)
    order = np.random.RandomState(0).permutation(len(X))
    assert np.array_equal(fitted.predict_proba(X[order]), together[order])
    many = np.tile(X, (3, 1))
    assert np.array_equal(fitted.predict_proba(many), np.tile(together, (3, 1)))


def test_copies_predict_the_same_and_hold_no_training_state(beats, fitted):
    X, _ = beats
    expected = fitted.predict_proba(X)
    for other in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert np.array_equal(other.predict_proba(X), expected)
    weights = 4 * fitted.complexity_.n_parameters
    assert len(pickle.dumps(fitted)) < weights + 21_000


def test_a_dump_predicts_the_same_in_a_new_process(beats, fitted, tmp_path):
    X, _ = beats
    joblib.dump((fitted, X), tmp_path / "model.joblib")
    code = (
        "import sys, joblib, numpy as np\n"
        "classifier, X = joblib.load(sys.argv[1])\n"
        "np.save(sys.argv[2], classifier.predict_proba(X))\n"
    )
    files = [str(tmp_path / "model.joblib"), str(tmp_path / "proba.npy")]
    subprocess.run([sys.executable, "-c", code, *files], check=True)
    assert np.array_equal(np.load(files[1]), fitted.predict_proba(X))


def test_a_sparse_model_is_smaller_on_disk_once_its_stages_are_left_behind(
    beats, tmp_path
):
    X, y = beats
    sizes = []
    for sparsity in (0, 0.95):
        wide = QUICK | {"module_params": {"n_hidden": 128}}
        classifier = PrunedCNNClassifier(sparsity, **wide).fit(X, y)
        file = tmp_path / f"{sparsity}.joblib"
        joblib.dump(classifier.at_stage(-1), file, compress=3)
        sizes.append(file.stat().st_size)
    assert sizes[1] < sizes[0] / 5


def test_table_2d_and_3d_agree(beats):
    X, y = beats
    table = pd.DataFrame(X, columns=[f"MLII@{t:+.3f}" for t in np.arange(40) / 100])
    fits = [
        PrunedCNNClassifier(0.5, **QUICK).fit(data, y)
        for data in (table, X, X[:, None])
    ]
    probabilities = [
        classifier.predict_proba(data)
        for classifier, data in zip(fits, (table, X, X[:, None]), strict=True)
    ]
    assert np.array_equal(probabilities[0], probabilities[1])
    assert np.array_equal(probabilities[0], probabilities[2])
    assert fits[0].feature_names_in_.tolist() == table.columns.tolist()


def test_channels_and_rhythm_are_found_by_name(beats):
    X, y = beats
    names = [f"{lead}@{t:+.3f}" for lead in ("II", "V1") for t in np.arange(20) / 100]
    table = pd.DataFrame(X, columns=names).assign(rr_prev=np.float32(0.8))
    layout = PrunedCNNClassifier(0.5, **QUICK).fit(table, y).layout_
    assert (layout.n_channels, layout.n_samples, layout.n_rhythm) == (2, 20, 1)


def test_columns_of_another_lead_are_refused(beats):
    X, y = beats
    table = pd.DataFrame(X, columns=[f"MLII@{t:+.3f}" for t in np.arange(40) / 100])
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    with pytest.raises(ValueError, match=r"feature names .* match(.|\n)*V1@"):
        classifier.predict(
            table.rename(columns=lambda name: name.replace("MLII", "V1"))
        )


def test_windows_of_another_shape_are_refused(beats):
    X, y = beats
    classifier = PrunedCNNClassifier(0.5, **QUICK).fit(X.reshape(-1, 2, 20), y)
    with pytest.raises(ValueError, match=r"\(4, 10\) .* was fitted on \(2, 20\)"):
        classifier.predict(X.reshape(-1, 4, 10))


def test_the_columns_may_come_in_any_order_at_fit(beats):
    X, y = beats
    names = [f"MLII@{t:+.3f}" for t in np.arange(40) / 100]
    table = pd.DataFrame(X, columns=names)
    one = PrunedCNNClassifier(0.5, **QUICK).fit(table, y)
    other = PrunedCNNClassifier(0.5, **QUICK).fit(table[names[::-1]], y)
    assert np.array_equal(
        one.predict_proba(table), other.predict_proba(table[names[::-1]])
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sparsity": 1.0}, "sparsity == 1.0, must be < 1"),
        ({"sparsity": -0.1}, "sparsity == -0.1, must be >= 0"),
        ({"n_stages": 0}, "n_stages == 0, must be >= 1"),
        ({"n_epochs": 0}, "n_epochs == 0"),
        ({"stage_epochs": 0}, "stage_epochs == 0"),
        ({"batch_size": 1}, "batch_size == 1, must be >= 2"),
        ({"learning_rate": 0.0}, "learning_rate == 0.0, must be > 0"),
        ({"stage_learning_rate": -1.0}, "stage_learning_rate == -1.0"),
        ({"weight_decay": -1.0}, "weight_decay == -1.0"),
        ({"momentum": 1.0}, "momentum == 1.0"),
        ({"distillation": 1.1}, "distillation == 1.1"),
        ({"layer_floor": 2.0}, "layer_floor == 2.0"),
        ({"validation_fraction": 0.0}, "validation_fraction == 0.0"),
        ({"patience": 0}, "patience == 0"),
        (
            {"criterion": "best"},
            "criterion='best': must be one of .'lamp', 'magnitude'",
        ),
        ({"optimizer": "adam"}, "optimizer='adam': must be one of"),
        ({"schedule": "steep"}, "schedule='steep': must be one of"),
        ({"schedule": [0.5, 0.4, 0.6]}, "must rise"),
        ({"schedule": [0.5, 0.9]}, "end with sparsity=0.6"),
        ({"schedule": [None]}, r"schedule=\[None\]"),
        ({"schedule": (share for share in [0.6])}, "must be a name or a list"),
        ({"device": "abacus"}, "device='abacus'"),
        ({"device": "meta"}, "device='meta'"),
        ({"device": None}, "device=None"),
        ({"sparsity": np.nan}, "sparsity=nan: must be a finite number"),
        ({"distillation": np.inf}, "distillation=inf"),
        ({"validation_fraction": 0.6}, "validation_fraction == 0.6"),
        ({"schedule": 5}, "schedule=5"),
        ({"criterion": ["lamp"]}, "criterion=."),
        ({"module": 3}, "module=3"),
        ({"class_weight": {"N": 0, "V": 1, "S": 1}}, "every weight must be positive"),
        ({"module": WeightNormed, "module_params": None}, "layer 'out' computes its w"),
        ({"module": "resnet"}, "module='resnet': must be one of"),
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
    with pytest.raises(TypeError, match="early_stopping='no': must be True or False"):
        PrunedCNNClassifier(**QUICK, early_stopping="no").fit(*beats)
    with pytest.raises(TypeError, match="n_stages must be an instance of int"):
        PrunedCNNClassifier(**QUICK | {"n_stages": 2.5}).fit(*beats)


@pytest.mark.parametrize("budget", ["weights", "macs"])
def test_a_network_that_works_in_place_leaves_the_users_data_alone(beats, budget):
    X, y = np.tile(beats[0], (3, 1)), np.tile(beats[1], 3)
    before = X.copy()
    classifier = PrunedCNNClassifier(
        0.5, **QUICK | {"module": InPlace, "module_params": None}, budget=budget
    ).fit(X, y)
    one, two = classifier.predict_proba(X), classifier.predict_proba(X)
    assert np.array_equal(one, two)
    assert np.array_equal(X, before)


def test_the_users_network_is_built_trained_and_pruned(beats):
    own = QUICK | {"module": Averages, "module_params": {"width": 6}}
    classifier = PrunedCNNClassifier(0.5, **own).fit(*beats)
    assert isinstance(classifier.module_, Averages)
    assert n_nonzero(classifier) == round(0.5 * (6 * 5 + 6 * 3))
    assert not any(m._forward_hooks for m in classifier.module_.modules())


def test_a_network_with_the_wrong_number_of_logits_is_refused(beats):
    own = QUICK | {"module": Averages, "module_params": {"n_out": 7}}
    with pytest.raises(ValueError, match=r"gives shape \(2, 7\) .* must give \(2, 3\)"):
        PrunedCNNClassifier(0.5, **own).fit(*beats)


def test_acharya_is_a_name(beats):
    own = QUICK | {"module": "acharya2017", "module_params": None}
    assert PrunedCNNClassifier(0.5, **own).fit(*beats).sparsity_ == pytest.approx(
        0.5, abs=1e-3
    )


def test_one_class_is_refused(beats):
    X, _ = beats
    with pytest.raises(ValueError, match="one class only, 'N'"):
        PrunedCNNClassifier(**QUICK).fit(X, ["N"] * len(X))


def test_a_class_with_one_beat_is_named_in_a_warning(beats):
    X, y = beats
    y = y.astype(object)
    y[17] = "F"
    with pytest.warns(UserWarning, match="Of 'F' y has one beat only") as caught:
        PrunedCNNClassifier(**QUICK).fit(X, y)
    assert caught[0].filename == __file__
    stopping = PrunedCNNClassifier(early_stopping=True, **QUICK)
    with (
        pytest.warns(UserWarning, match="Of 'F' y has one beat only"),
        pytest.raises(ValueError, match="Class 'F' has one beat: early_stopping"),
    ):
        stopping.fit(X, y)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(beats, fitted, value):
    X, y = beats
    bad = X.copy()
    bad[5, 3] = value
    with pytest.raises(ValueError, match="Input X contains"):
        PrunedCNNClassifier(**QUICK).fit(bad, y)
    with pytest.raises(ValueError, match="Input X contains"):
        fitted.predict(bad)


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


def test_values_that_break_the_network_but_not_its_loss_are_told(beats, fitted):
    X, y = beats
    X = X.copy()
    X[0] = 1e25
    with pytest.raises(
        ValueError, match=r"running_var became infinite or NaN in dense"
    ):
        PrunedCNNClassifier(**QUICK).fit(X, y)
    X[0], X[7] = X[1], 3e38
    with pytest.raises(ValueError, match="Row 7 of X gives scores"):
        fitted.predict(X)


@pytest.mark.parametrize("n_beats", range(2, 10))
@pytest.mark.parametrize("batch_size", [2, 3, 4])
def test_no_batch_has_a_single_beat(n_beats, batch_size):
    data = BeatDataset(torch.zeros(n_beats, 3), torch.arange(n_beats), (1, 3))
    sizes = [len(target) for _, target in BatchIterator(data, batch_size)]
    assert sum(sizes) == n_beats
    assert 2 <= min(sizes) <= max(sizes) <= batch_size + 1


def test_zero_beats_in_three_dimensions_are_named(fitted):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        fitted.predict(np.zeros((0, 1, 40), dtype=np.float32))


def test_the_loss_follows_labels_and_teacher_by_class_weight():
    logits = torch.tensor([[1.0, -1.0], [0.5, 0.0]])
    teacher = torch.tensor([[2.0, -2.0], [-1.0, 1.0]])
    classes = torch.tensor([0, 1])
    weight = torch.tensor([1.0, 3.0])
    p, q = torch.softmax(teacher / 2, 1), torch.softmax(logits / 2, 1)
    hard = -torch.log_softmax(logits, 1)[[0, 1], classes]
    soft = 4 * (p * (p / q).log()).sum(1)
    each = 0.25 * hard + 0.75 * soft
    loss = BeatLoss(weight, distillation=0.75)(logits, (classes, teacher))
    torch.testing.assert_close(loss, (each * weight).sum() / 4)
    plain = BeatLoss(None, distillation=0.75)(logits, (classes, teacher))
    torch.testing.assert_close(plain, each.mean())


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


def test_each_stage_starts_the_learning_rate_anew(beats, monkeypatch):
    rates = []
    original = torch.optim.AdamW.step

    def spy(optimizer, closure=None):
        rates.append(optimizer.param_groups[0]["lr"])
        return original(optimizer, closure)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    PrunedCNNClassifier(**QUICK | {"n_epochs": 3, "stage_epochs": 3}).fit(*beats)
    dense, first, second = np.split(np.array(rates), 3)
    assert dense.max() == pytest.approx(0.012, rel=0.05)
    assert dense[-1] < dense.max() / 10
    assert np.array_equal(first, dense)
    assert np.array_equal(second, dense)


@pytest.fixture
def ctrl_c():
    """Python's own handling of Ctrl-C, which is off in a process in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_reaches_the_caller_and_leaves_nothing_fitted(beats, fitted, ctrl_c):
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

    classifier = clone(fitted).fit(*beats)
    classifier.set_params(module=Interrupt, module_params=None)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(*beats)
    assert not [name for name in vars(classifier) if name.endswith("_")]


def test_class_weight_moves_the_balance(beats):
    X, y = beats
    longer = QUICK | {"n_epochs": 8}
    favoured = PrunedCNNClassifier(
        0.5, class_weight={"N": 0.01, "V": 0.01, "S": 100.0}, **longer
    )
    plain = PrunedCNNClassifier(0.5, **longer)
    share = [(model.fit(X, y).predict(X) == "S").mean() for model in (favoured, plain)]
    assert share[0] > share[1]


def test_distillation_changes_the_retraining_only(beats):
    X, y = beats
    with_teacher = PrunedCNNClassifier(0.8, distillation=0.9, **QUICK).fit(X, y)
    without = PrunedCNNClassifier(0.8, distillation=0, **QUICK).fit(X, y)
    assert with_teacher.stages_[0]["losses"] == without.stages_[0]["losses"]
    assert with_teacher.stages_[1]["losses"] != without.stages_[1]["losses"]


def test_a_constant_stage_learning_rate_replaces_rewinding(beats):
    X, y = beats
    tiny = PrunedCNNClassifier(
        0.5, stage_learning_rate=1e-12, weight_decay=0, **QUICK | {"n_stages": 1}
    ).fit(X, y)
    dense = PrunedCNNClassifier(0, weight_decay=0, **QUICK).fit(X, y)
    pruned, trained = (prunable_weights(model.module_) for model in (tiny, dense))
    for ours, theirs in zip(pruned, trained, strict=True):
        alive = ours != 0
        torch.testing.assert_close(ours[alive], theirs[alive], rtol=0, atol=1e-9)


@pytest.fixture
def parts(monkeypatch):
    """Training and validation part of every training that a fit does."""
    seen = []
    original = sklearn_ecg.training._train.train

    def spy(module, data, plan, *, validation, **options):
        seen.append((data, validation))
        return original(module, data, plan, validation=validation, **options)

    monkeypatch.setattr("sklearn_ecg.training._stage_loop.train", spy)
    return seen


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


def test_no_training_state_survives_in_the_estimator(fitted):
    file = io.BytesIO()
    pickle.dump(fitted, file)
    assert b"skorch" not in file.getvalue()
    assert b"optim" not in file.getvalue().replace(b"optimizer", b"")
