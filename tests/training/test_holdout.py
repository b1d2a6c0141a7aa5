import numpy as np
import pytest

from sklearn_ecg.training._holdout import split_validation


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
