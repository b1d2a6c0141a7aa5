import copy

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV

from sklearn_ecg import metrics
from sklearn_ecg.metrics import (
    EC57_SCORING,
    beat_scores,
    ec57_score,
    ec57_scores,
    macro_f1_score,
    macro_f1_scorer,
)

# All entries differ, so that a count taken from the wrong cell cannot go unnoticed.
CONFUSION = pd.DataFrame(
    [
        [101, 2, 3, 5, 7, 11],
        [13, 103, 17, 19, 23, 29],
        [31, 37, 107, 41, 43, 47],
        [53, 59, 61, 109, 67, 71],
        [73, 79, 83, 89, 113, 97],
        [127, 131, 137, 139, 149, 0],
    ],
    index=list("NSVFQO"),
    columns=list("nsvfqo"),
)


def labels_of(confusion):
    pairs = [
        (true, predicted.upper())
        for true in confusion.index
        for predicted in confusion.columns
        for _ in range(confusion.loc[true, predicted])
    ]
    return zip(*pairs, strict=True)


class TestEC57:
    scores = ec57_scores(*labels_of(CONFUSION))

    def test_veb_counts_are_those_of_bxb(self):
        veb = self.scores.loc["VEB"]
        assert veb["TP"] == 107
        assert veb["FN"] == 31 + 37 + 41 + 43 + 47
        assert veb["FP"] == 3 + 17 + 137
        assert veb["TN"] == sum(
            [101 + 2 + 5 + 7, 13 + 103 + 19 + 23, 53 + 59 + 109 + 67]
            + [73 + 79 + 89 + 113, 127 + 131 + 139 + 149]
        )
        assert veb["beats"] == veb["TP"] + veb["FN"]

    def test_sveb_counts_are_those_of_bxb(self):
        sveb = self.scores.loc["SVEB"]
        assert sveb["TP"] == 103
        assert sveb["FN"] == 13 + 17 + 19 + 23 + 29
        assert sveb["FP"] == 2 + 37 + 59 + 131
        assert sveb["TN"] == sum(
            [101 + 3 + 5 + 7, 31 + 107 + 41 + 43, 53 + 61 + 109 + 67]
            + [73 + 83 + 89 + 113, 127 + 137 + 139 + 149]
        )

    def test_statistics_follow_from_the_counts(self):
        for _, row in self.scores.iterrows():
            tp, fn, fp, tn = row[["TP", "FN", "FP", "TN"]]
            assert row["Se"] == tp / (tp + fn)
            assert row["+P"] == tp / (tp + fp)
            assert row["FPR"] == fp / (fp + tn)
            assert row["F1"] == pytest.approx(2 * tp / (2 * tp + fp + fn))

    @pytest.mark.parametrize("true", ["F", "Q"])
    def test_veb_forgives_fusion_and_unclassifiable_beats_as_precision_does_not(
        self, true
    ):
        y_true, y_pred = ["V", true], ["V", "V"]
        assert ec57_score(y_true, y_pred, statistic="+P") == 1.0
        assert beat_scores(y_true, y_pred).per_class.loc["V", "+P"] == 0.5

    def test_sveb_forgives_unclassifiable_beats_but_not_fusion_beats(self):
        forgiven = ec57_score(["S", "Q"], ["S", "S"], beat="SVEB", statistic="+P")
        counted = ec57_score(["S", "F"], ["S", "S"], beat="SVEB", statistic="+P")
        assert (forgiven, counted) == (1.0, 0.5)

    def test_undefined_statistics_are_nan_in_the_table(self):
        row = ec57_scores(["N"], ["N"]).loc["VEB"]
        assert row[["Se", "+P", "F1"]].isna().all()
        assert row["FPR"] == 0

    def test_a_scorer_without_such_beats_is_0_and_warns(self):
        with pytest.warns(UndefinedMetricWarning, match="VEB Se is undefined"):
            assert ec57_score(["N"], ["N"], statistic="Se") == 0.0
        assert ec57_score(["N"], ["N"], zero_division=1) == 1.0
        assert np.isnan(ec57_score(["N"], ["N"], zero_division=np.nan))

    def test_f1_without_such_beats_is_0_if_one_is_claimed(self):
        assert ec57_score(["N"], ["V"]) == 0.0

    def test_other_labels_are_named_with_the_way_out(self):
        with pytest.raises(ValueError, match=r"y_true also holds 'L', 'R'.*'aami'"):
            ec57_scores(["R", "N", "L"], ["N", "N", "N"])
        with pytest.raises(ValueError, match="y_pred also holds 1, 2"):
            ec57_scores(["N", "V"], [1, 2])

    def test_a_pair_of_no_beat_and_no_beat_is_refused(self):
        with pytest.raises(ValueError, match="either must be a beat"):
            ec57_scores(["O", "N"], ["O", "N"])

    @pytest.mark.parametrize(
        ("parameter", "allowed"), [("beat", "'SVEB'"), ("statistic", "'FPR'")]
    )
    def test_unknown_choices_are_refused(self, parameter, allowed):
        with pytest.raises(ValueError, match=f"'{parameter}' .*{allowed}.* Got 'PVC'"):
            ec57_score(["N"], ["N"], **{parameter: "PVC"})


class TestScorers:
    X = np.zeros((12, 1))
    y = np.array(list("NVNSNVNSNVNS"))

    def test_grid_search_takes_them_all_at_once(self):
        search = GridSearchCV(
            DummyClassifier(),
            {"strategy": ["constant"], "constant": ["V", "S"]},
            scoring=EC57_SCORING | {"macro_f1": macro_f1_scorer},
            refit="macro_f1",
            cv=[(np.arange(12), np.arange(12))],
            error_score="raise",
        )
        with pytest.warns(UndefinedMetricWarning, match="is undefined"):
            search.fit(self.X, self.y)
        results = pd.DataFrame(search.cv_results_).set_index("param_constant")
        always_v, always_s = results.loc["V"], results.loc["S"]
        # Of 12 beats 6 are N, 3 S and 3 V.
        assert always_v["mean_test_veb_sensitivity"] == 1.0
        assert always_v["mean_test_veb_positive_predictivity"] == 3 / 12
        assert always_v["mean_test_veb_f1"] == 6 / 15
        assert always_v["mean_test_sveb_f1"] == 0.0
        assert always_s["mean_test_sveb_sensitivity"] == 1.0
        assert always_s["mean_test_sveb_positive_predictivity"] == 3 / 12
        assert always_s["mean_test_sveb_f1"] == 6 / 15
        assert always_s["mean_test_macro_f1"] == pytest.approx(6 / 15 / 3)

    def test_macro_f1_score_is_that_of_the_report(self):
        y_pred = list("NVNNNVSSNVQS")
        assert macro_f1_score(self.y, y_pred) == beat_scores(self.y, y_pred).macro_f1

    def test_every_scorer_takes_routed_weights(self):
        classifier = DummyClassifier(strategy="constant", constant="V")
        classifier.fit(self.X, self.y)
        weights = np.arange(12)
        y_pred = ["V"] * weights.sum()
        scores = ec57_scores(self.y.repeat(weights), y_pred)
        for name in ("veb_sensitivity", "veb_positive_predictivity", "veb_f1"):
            with sklearn.config_context(enable_metadata_routing=True):
                scorer = copy.deepcopy(EC57_SCORING[name])
                scorer.set_score_request(sample_weight=True)
            statistic = {"veb_sensitivity": "Se", "veb_f1": "F1"}.get(name, "+P")
            weighted = scorer(classifier, self.X, self.y, sample_weight=weights)
            assert weighted == scores.loc["VEB", statistic]

    def test_weights_may_be_fractions(self):
        y_pred = list("NVNNNVSSNVQS")
        halved = ec57_scores(self.y, y_pred, sample_weight=0.5)
        whole = ec57_scores(self.y, y_pred)
        counts = ["beats", "TP", "FN", "FP", "TN"]
        assert (halved[counts] == whole[counts] / 2).all(axis=None)
        statistics = ["Se", "+P", "FPR", "F1"]
        pd.testing.assert_frame_equal(halved[statistics], whole[statistics])


@pytest.mark.parametrize("name", list(EC57_SCORING))
def test_a_scorer_by_its_old_name_says_where_it_is(name):
    with pytest.warns(FutureWarning, match=f"write EC57_SCORING\\['{name}'\\]"):
        scorer = getattr(metrics, f"{name}_scorer")
    assert scorer is EC57_SCORING[name]
    with pytest.raises(AttributeError, match="has no attribute 'veb_scorer'"):
        _ = metrics.veb_scorer
