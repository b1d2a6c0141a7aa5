import numpy as np
import pandas as pd
import pytest
import sklearn
import wfdb
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from sklearn_ecg.model_selection import DS1, DS2, PACED, DeChazalSplit


def table(*names):
    """Make a beat table of two beats per record, the records' beats interleaved."""
    records = [f"/data/mitdb/{name}" for name in names]
    return pd.DataFrame({"record": records * 2, "sample": np.arange(2 * len(names))})


def sides(X, groups=None, **parameters):
    [(train, test)] = DeChazalSplit(**parameters).split(X, groups=groups)
    return train.tolist(), test.tolist()


def names(X, rows):
    return {path[-3:] for path in X["record"].iloc[rows]}


def test_the_48_records_of_the_database_are_each_in_one_part():
    assert len(DS1) == len(DS2) == 22
    assert len({*DS1, *DS2, *PACED}) == 48


def test_trains_on_ds1_tests_on_ds2_and_leaves_paced_records_out():
    X = table(*DS2, *PACED, *DS1)
    train, test = sides(X)
    assert names(X, train) == set(DS1)
    assert names(X, test) == set(DS2)
    assert len(train) == len(test) == 44


def test_rows_are_positions_whatever_the_index():
    X = table("100", "101", "102").set_index(pd.Index(list("fedcba")))
    assert sides(X) == ([1, 4], [0, 3])


def test_knows_records_held_in_memory_by_their_name():
    records = [wfdb.Record(record_name=name) for name in ("101", "100")]
    X = pd.DataFrame({"record": records * 2, "sample": range(4)})
    assert sides(X) == ([0, 2], [1, 3])


def test_strict_leaves_202_out_even_without_groups():
    X = table("201", "202", "200")
    assert sides(X) == ([0, 3], [1, 2, 4, 5])
    assert sides(X, strict=True) == ([0, 3], [2, 5])


def test_strict_accepts_groups_in_which_only_201_and_202_share_a_patient():
    groups = ["201", "201", "200"] * 2
    assert sides(table("201", "202", "200"), groups, strict=True) == ([0, 3], [2, 5])


def test_strict_refuses_a_patient_on_both_sides_by_name():
    groups = np.array(["smith", "jones", "smith"] * 2)
    X = table("101", "106", "100")
    message = "patient 'smith' has '101' in the training set and '100' in the test set"
    with pytest.raises(ValueError, match=message):
        sides(X, groups, strict=True)
    assert sides(X, groups) == ([0, 1, 3, 4], [2, 5])


def test_refuses_records_of_other_databases_by_name():
    with pytest.raises(ValueError, match=r"MIT-BIH .* also holds 'I01', 'I02'\."):
        sides(table("100", "I02", "101", "I01"))


@pytest.mark.parametrize(
    ("records", "missing"),
    [(["100", "102"], "training set, records of DS1"), (["101"], "test set, .* DS2")],
)
def test_refuses_a_table_without_one_side_and_says_what_it_holds(records, missing):
    with pytest.raises(ValueError, match=f"{missing}; it holds '{records[0]}'"):
        sides(table(*records))


def test_a_long_list_of_records_is_cut_short_in_messages():
    with pytest.raises(ValueError, match="'119' and 12 more"):
        sides(table(*sorted(DS1)))


def test_refuses_what_is_no_beat_table():
    with pytest.raises(TypeError, match="ndarray"):
        sides(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="'record'"):
        sides(pd.DataFrame({"MLII@0.000": [0.0, 1.0]}))


def test_refuses_groups_of_another_length():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        sides(table("100", "101"), ["a", "b"], strict=True)


def test_is_one_split_with_a_clear_repr():
    split = DeChazalSplit(strict=True)
    assert split.get_n_splits() == 1
    assert repr(split) == "DeChazalSplit(strict=True)"


def test_serves_as_cv_in_scikit_learn():
    X = table("101", "100", "107")
    y = np.array(["N", "N", "V", "N", "V", "V"])
    split = DeChazalSplit()
    classifier = DummyClassifier(strategy="most_frequent")
    # Trained on two N beats, tested on one N and one V.
    assert cross_val_score(classifier, X, y, cv=split).tolist() == [0.5]
    search = GridSearchCV(
        classifier, {"strategy": ["uniform", "most_frequent"]}, cv=split, refit=False
    ).fit(X, y)
    assert search.n_splits_ == 1
    assert search.cv_results_["mean_test_score"][1] == 0.5
    assert clone(search).cv.strict is False


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_strict_split_through_cross_validate(routing):
    X, y = table("101", "100"), list("NVNV")
    groups = ["smith"] * 4
    arguments = {"params": {"groups": groups}} if routing else {"groups": groups}
    with (
        sklearn.config_context(enable_metadata_routing=routing),
        pytest.raises(ValueError, match="'smith'"),
    ):
        cross_validate(
            DummyClassifier(), X, y, cv=DeChazalSplit(strict=True), **arguments
        )
