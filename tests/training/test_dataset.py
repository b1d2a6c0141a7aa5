import numpy as np
import pytest
import torch

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.training._dataset import (
    Augmentation,
    BatchIterator,
    BeatDataset,
    split_validation,
)


@pytest.mark.parametrize("n_beats", range(2, 10))
@pytest.mark.parametrize("batch_size", [2, 3, 4])
def test_no_batch_has_a_single_beat(n_beats, batch_size):
    data = BeatDataset(torch.zeros(n_beats, 3), torch.arange(n_beats), (1, 3))
    sizes = [len(target["classes"]) for _, target in BatchIterator(data, batch_size)]
    assert sum(sizes) == n_beats
    assert 2 <= min(sizes) <= max(sizes) <= batch_size + 1


def augmentation(max_shift=0, max_noise=0.0, seed=0):
    return Augmentation(max_shift, max_noise, torch.Generator().manual_seed(seed))


def test_beats_are_shifted_by_every_number_of_samples_allowed():
    signal = torch.zeros(500, 2, 21)
    signal[:, :, 10] = 1
    shifted = augmentation(3)(signal)
    places = shifted.argmax(dim=2)
    assert set(places[:, 0].tolist()) == set(range(7, 14))
    assert torch.equal(places[:, 0], places[:, 1])
    assert torch.equal(shifted.sum(dim=2), torch.ones(500, 2))


def test_shifts_longer_than_the_window_leave_edge_values():
    shifted = augmentation(50)(torch.arange(4.0).expand(200, 1, 4))
    assert shifted.min() == 0
    assert shifted.max() == 3


def test_noise_is_of_every_level_up_to_the_largest():
    levels = augmentation(max_noise=0.5)(torch.zeros(500, 1, 400)).std(dim=2)
    assert 0 <= levels.min() < 0.02
    assert 0.47 < levels.max() < 0.6


def test_training_batches_are_varied_and_the_data_is_left_alone():
    rows = torch.arange(12.0).expand(40, 12).clone()
    data = BeatDataset(rows, torch.zeros(40, dtype=torch.int64), (1, 10))
    before = rows.clone()
    batches = list(BatchIterator(data, 8, augmentation=augmentation(2, 0.1)))
    for inputs, _ in batches:
        assert not torch.equal(inputs["signal"][0], before[0, None, :10])
        assert torch.equal(inputs["rhythm"], before[: len(inputs["rhythm"]), 10:])
    assert torch.equal(rows, before)


@pytest.fixture(scope="module")
def beats():
    """A narrow bump or a wide one, in the middle of a window."""
    random = np.random.RandomState(0)
    y = np.repeat(["narrow", "wide"], 150)
    width = np.where(y == "wide", 4.0, 1.5)[:, None]
    X = np.exp(-(((np.arange(40) - 20) / width) ** 2)) + 0.05 * random.randn(300, 40)
    return X.astype(np.float32), y


QUICK = {"sparsity": 0.5, "n_epochs": 8, "n_stages": 1, "batch_size": 32}


def test_what_was_shifted_in_training_is_known_when_shifted(beats):
    X, y = beats
    shifted = np.roll(X, 6, axis=1)
    scores = [
        PrunedCNNClassifier(**QUICK, max_shift=max_shift, random_state=0)
        .fit(X, y)
        .score(shifted, y)
        for max_shift in (0, 7)
    ]
    assert scores[1] > 0.98
    assert scores[1] >= scores[0]


def test_a_seed_repeats_it(beats):
    X, y = beats
    varied = QUICK | {"max_shift": 2, "max_noise": 0.2, "n_epochs": 2}
    one, other = (
        PrunedCNNClassifier(**varied, random_state=0).fit(X, y) for _ in range(2)
    )
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    plain = PrunedCNNClassifier(**QUICK | {"n_epochs": 2}, random_state=0).fit(X, y)
    assert (plain.predict_proba(X) != one.predict_proba(X)).any()


@pytest.mark.parametrize(
    "parameters", [{"max_shift": -1}, {"max_shift": 0.5}, {"max_noise": -0.1}]
)
def test_bad_parameters_are_named(beats, parameters):
    (name,) = parameters
    with pytest.raises((TypeError, ValueError), match=name):
        PrunedCNNClassifier(**parameters).fit(*beats)


@pytest.fixture
def random():
    return np.random.RandomState(0)


def test_stratified_part_has_every_class(random):
    y = np.repeat(["N", "V", "S"], [180, 15, 5])
    training, validation = split_validation(y, None, 0.1, random)
    assert sorted([*training, *validation]) == list(range(200))
    assert len(validation) == 20
    assert set(y[validation]) == set(y[training]) == {"N", "V", "S"}


def test_grouped_part_shares_no_patient_and_leaves_every_class(random):
    groups = np.repeat(np.arange(10), 20)
    y = np.where(np.arange(200) % 7 == 0, "V", "N")
    y[groups == 3] = "F"
    training, validation = split_validation(y, groups, 0.1, random)
    assert not set(groups[training]) & set(groups[validation])
    assert set(y[training]) == {"N", "V", "F"}
    assert len(set(groups[validation])) == 1


def test_a_class_with_one_beat_is_named(random):
    y = np.array(["N"] * 9 + ["V"])
    with pytest.raises(ValueError, match="Class 'V' has one beat"):
        split_validation(y, None, 0.1, random)


def test_one_patient_is_refused(random):
    with pytest.raises(ValueError, match="one patient only, 'p'"):
        split_validation(np.array(["N", "V"] * 5), ["p"] * 10, 0.1, random)


def test_classes_that_no_split_by_patient_can_keep_are_named(random):
    y = np.repeat(["N", "V"], 10)
    groups = np.repeat(["a", "b"], 10)
    with pytest.raises(ValueError, match="is found in too few patients"):
        split_validation(y, groups, 0.1, random)


def test_the_patients_held_out_have_the_guarded_classes_if_any_can(random):
    groups = np.repeat(np.arange(10), 20)
    y = np.where(np.isin(groups, [3, 7]) & (np.arange(200) % 2 == 0), "V", "N")
    for _ in range(10):
        training, validation = split_validation(
            y, groups, 0.1, random, needed_by="min_recall", guarded=["V"]
        )
        assert "V" in y[training]
        assert "V" in y[validation]


@pytest.mark.parametrize(
    ("n_patients", "fraction", "n_held_out"),
    [(50, 0.1, 5), (50, 0.3, 15), (50, 0.4, 20), (50, 0.05, 2), (8, 0.3, 2)],
)
def test_as_many_patients_are_held_out_as_asked_for(n_patients, fraction, n_held_out):
    groups = np.repeat(np.arange(n_patients), 20)
    y = np.tile(["N", "V"], n_patients * 10)
    random = np.random.RandomState(0)
    _, validation = split_validation(y, groups, fraction, random)
    assert len(set(groups[validation])) == pytest.approx(n_held_out, abs=1)


def test_classes_of_few_beats_are_split_by_patient(random):
    groups, y = np.repeat(np.arange(10), 2), np.tile(["N", "V"], 10)
    groups, y = groups[:10], y[:10]
    training, validation = split_validation(y, groups, 0.1, random)
    assert set(y[training]) == {"N", "V"}
    assert len(set(groups[validation])) == 1


def test_every_class_is_in_both_parts_however_rare(random):
    y = np.array(["N"] * 396 + ["F", "F", "S", "S"])
    for _ in range(20):
        training, validation = split_validation(y, None, 0.1, random, guarded=["F"])
        assert set(y[training]) == set(y[validation]) == {"N", "F", "S"}
        assert sorted([*training, *validation]) == list(range(400))


def test_a_guarded_class_that_is_not_in_the_validation_part_is_named(random):
    y = np.array(["N"] * 300 + ["S"] * 100 + ["V", "V"])
    groups = np.repeat(np.arange(201), 2)
    message = "Class 'V' has no beat in the validation part, where min_recall watches"
    with pytest.raises(ValueError, match=message):
        split_validation(y, groups, 0.01, random, needed_by="min_recall", guarded=["V"])
