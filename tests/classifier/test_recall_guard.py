import pytest

from sklearn_ecg.classifier._recall_guard import RecallGuard, missed_floor, rejection

LABELS = ["N", "S", "V"]


def test_nothing_to_guard_is_no_guard():
    assert RecallGuard.of(None, None, LABELS) is None
    assert RecallGuard.of({}, {}, LABELS) is None


def test_floors_are_absolute_or_relative_and_the_higher_counts():
    guard = RecallGuard.of({"V": 0.9, "S": 0.2}, {"V": 0.1, "S": 0.1, "N": 0.5}, LABELS)
    floors = guard.floors_after({"N": 0.3, "S": 0.8, "V": 0.95})
    assert floors == pytest.approx({"V": 0.9, "S": 0.7, "N": 0.0})


def test_one_drop_is_for_all_classes_even_none():
    guard = RecallGuard.of(None, 0.0, LABELS)
    recall = {"N": 1.0, "S": 0.5, "V": 0.7}
    assert guard.floors_after(recall) == recall


@pytest.mark.parametrize(
    ("parameters", "name"),
    [(({"X": 0.9}, None), "min_recall"), ((None, {"X": 0.1}), "max_recall_drop")],
)
def test_a_label_that_is_no_class_is_named(parameters, name):
    with pytest.raises(ValueError, match=rf"{name} names 'X', which is no class of y"):
        RecallGuard.of(*parameters, LABELS)


def test_the_class_furthest_below_its_floor_is_missed():
    floors = {"N": 0.9, "V": 0.9}
    assert missed_floor({"N": 0.89, "S": 0.0, "V": 0.5}, floors) == "V"
    assert missed_floor({"N": 0.9, "S": 0.0, "V": 0.9}, floors) is None


def test_a_floor_is_met_by_the_very_fraction_it_is_the_difference_of():
    for n_beats in range(1, 200):
        dense, drop = n_beats / 200, 1 / 200
        floors = RecallGuard({}, {"V": drop}).floors_after({"V": dense})
        assert missed_floor({"V": (n_beats - 1) / 200}, floors) is None


def test_a_rejection_names_class_stage_recall_and_floor():
    rows = [
        {"stage": 0, "target_sparsity": 0.0, "validation_recall": {"V": 0.95}},
        {"stage": 1, "target_sparsity": 0.5, "validation_recall": {"V": 0.95}},
        {"stage": 2, "target_sparsity": 0.8, "validation_recall": {"V": 0.875}},
    ]
    assert rejection(rows, {"V": 0.9}) == (
        "Pruning stopped: stage 2, at sparsity 0.8, has recall 0.8750 of class 'V' on "
        "the validation part, below its floor of 0.9000. The classifier is that of "
        "stage 1, at sparsity 0.5."
    )
    assert rejection(rows[:1], {"V": 0.96}).startswith(
        "Nothing was pruned: already the dense network has recall 0.9500 of class 'V'"
    )
