import copy

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold

from sklearn_ecg.metrics import RHYTHM_SCORING, rhythm_score, rhythm_scores

# Of AF 5 found and 2 missed; of others 3 taken for AF and 7 not.
TRUE = ["AF"] * 7 + ["N"] * 4 + ["AFL"] * 6
PRED = ["AF"] * 5 + ["N", "AFL"] + ["AF"] * 2 + ["N"] * 2 + ["AF"] + ["N"] * 5


def test_a_rhythm_counts_against_all_others():
    scores = rhythm_scores(TRUE, PRED).loc["AF"]
    assert scores[["TP", "FN", "FP", "TN"]].tolist() == [5, 2, 3, 7]
    assert scores[["Se", "Sp", "+P", "F1"]].tolist() == [5 / 7, 7 / 10, 5 / 8, 10 / 15]
    assert scores[["burden", "predicted burden"]].tolist() == [7 / 17, 8 / 17]
    assert scores["burden error"] == pytest.approx(1 / 17)


def test_another_rhythm_is_scored_by_its_name():
    row = rhythm_scores(TRUE, PRED, positive="AFL").loc["AFL"]
    assert row[["TP", "FN", "FP", "TN"]].tolist() == [0, 6, 1, 10]


def test_with_durations_the_counts_are_seconds():
    scores = rhythm_scores(TRUE, PRED, durations=np.full(17, 0.5)).loc["AF"]
    assert scores[["TP", "FN", "FP", "TN"]].tolist() == [2.5, 1, 1.5, 3.5]
    uneven = rhythm_scores(["AF", "AF", "N"], ["AF", "N", "N"], durations=[3, 1, 4])
    assert uneven.loc["AF", ["Se", "burden", "burden error"]].tolist() == [
        0.75,
        0.5,
        1 / 8,
    ]


def test_each_group_has_the_scores_of_its_own_intervals():
    groups = np.array(list("babbababbaaabbbab"))
    seconds = np.linspace(0.3, 2, 17)
    scores = rhythm_scores(TRUE, PRED, durations=seconds, groups=groups)
    assert scores.index.tolist() == ["b", "a"]
    for group, row in scores.iterrows():
        own = groups == group
        alone = rhythm_scores(
            np.array(TRUE)[own], np.array(PRED)[own], durations=seconds[own]
        )
        pd.testing.assert_series_equal(row, alone.loc["AF"], check_names=False)


def test_what_is_undefined_is_nan():
    row = rhythm_scores(["N", "N"], ["N", "N"]).loc["AF"]
    assert row[["Se", "+P", "F1"]].isna().all()
    assert row[["Sp", "burden error"]].tolist() == [1, 0]


def test_labels_may_be_numbers_or_booleans():
    is_af, is_called = np.array(TRUE) == "AF", np.array(PRED) == "AF"
    of_text = rhythm_scores(TRUE, PRED).loc["AF"]
    of_bool = rhythm_scores(is_af, is_called, positive=True).loc[True]
    of_int = rhythm_scores(is_af * 2, is_called * 2, positive=2).loc[2]
    assert of_bool.tolist() == of_text.tolist() == of_int.tolist()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"durations": [1, 2]}, r"durations has the shape \(2,\), must be \(17,\)"),
        ({"durations": [-1] + 16 * [1]}, "0 or more; entry 0 is -1"),
        ({"durations": [np.nan] + 16 * [1]}, "durations contains NaN"),
        ({"groups": ["a"]}, "groups has 1 entries, but there are 17 intervals"),
        ({"positive": 1}, "positive is 1, but labels are such as 'AF'"),
    ],
)
def test_what_does_not_fit_the_labels_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        rhythm_scores(TRUE, PRED, **parameters)


def test_a_score_is_that_of_the_table():
    row = rhythm_scores(TRUE, PRED).loc["AF"]
    for statistic in ("Se", "Sp", "+P", "F1"):
        assert rhythm_score(TRUE, PRED, statistic=statistic) == row[statistic]


def test_an_undefined_score_is_0_and_says_which_labels_there_are():
    with pytest.warns(UndefinedMetricWarning, match=r"Se of 'AF' .*'AFIB', 'N'"):
        assert rhythm_score(["AFIB", "N"], ["N", "N"], statistic="Se") == 0
    assert rhythm_score(["N"], ["N"], zero_division=1) == 1


def test_an_unknown_statistic_is_refused():
    with pytest.raises(ValueError, match=r"'statistic' .*'Sp'.* Got 'PPV'"):
        rhythm_score(TRUE, PRED, statistic="PPV")


class TestScorers:
    X = np.zeros((12, 1))
    y = np.array(["N", "AF", "N"] * 4)

    def test_grid_search_between_patients_takes_them_all_at_once(self):
        search = GridSearchCV(
            DummyClassifier(strategy="constant"),
            {"constant": ["AF", "N"]},
            scoring=RHYTHM_SCORING,
            refit="af_sensitivity",
            cv=GroupKFold(2),
            error_score="raise",
        )
        with pytest.warns(UndefinedMetricWarning, match=r"\+P of 'AF' is undefined"):
            search.fit(self.X, self.y, groups=np.arange(4).repeat(3))
        results = pd.DataFrame(search.cv_results_).set_index("param_constant")
        names = ["sensitivity", "specificity", "positive_predictivity", "f1"]
        results = results[[f"mean_test_af_{name}" for name in names]]
        assert results.loc["AF"].tolist() == [1, 0, pytest.approx(1 / 3), 1 / 2]
        assert results.loc["N"].tolist() == [0, 1, 0, 0]
        assert search.best_params_ == {"constant": "AF"}

    def test_they_take_routed_durations(self):
        classifier = DummyClassifier(strategy="constant", constant="AF")
        classifier.fit(self.X, self.y)
        seconds = np.arange(12)
        with sklearn.config_context(enable_metadata_routing=True):
            scorer = copy.deepcopy(RHYTHM_SCORING["af_positive_predictivity"])
            scorer.set_score_request(sample_weight=True)
        score = scorer(classifier, self.X, self.y, sample_weight=seconds)
        assert score == (1 + 4 + 7 + 10) / 66

    def test_a_scorer_of_other_names_is_made_with_them(self):
        classifier = DummyClassifier(strategy="constant", constant="AFIB")
        y = np.where(self.y == "AF", "AFIB", "N")
        scorer = make_scorer(rhythm_score, statistic="Se", positive="AFIB")
        assert scorer(classifier.fit(self.X, y), self.X, y) == 1
