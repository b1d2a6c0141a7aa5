"""The benchmarks: their splits leak nothing, and their arms compare on equal terms.

Everything runs on synthetic records under names of the MIT-BIH database; no figure from
here is quoted.
"""

import ast
import importlib
from dataclasses import replace
from pathlib import Path

import arms
import fibrillation
import fibrillation_detectors
import harness
import names_tables
import numpy as np
import pandas as pd
import paper
import paper_report
import protocols
import pytest
import search
import stages
import strangers
import strangers_scores
import strangers_tables
import torch
from matplotlib import pyplot as plt
from narrow import narrow_network
from protocols import Split, assert_no_shared_patient
from sklearn.utils import Bunch

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, load_beats
from sklearn_ecg.classifier._network import build_network
from sklearn_ecg.model_selection import DS1, records_of
from sklearn_ecg.networks._networks import prunable_weights
from sklearn_ecg.windows._columns import InputLayout, layout_of

BENCHMARKS = Path(paper.__file__).parent
SCRIPTS = sorted(set(BENCHMARKS.glob("*.py")) - {BENCHMARKS / "protocols.py"})
BUDGET = arms.QUICK_BUDGET


@pytest.fixture(autouse=True)
def number_of_threads():
    """Leave torch its threads: benchmarks that run in workers take one."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_finds_what_it_imports(path):
    assert importlib.import_module(path.stem).__doc__


@pytest.fixture(scope="module")
def beats():
    return protocols.synthetic_mitdb(n_records=3, duration=20)


@pytest.fixture(scope="module")
def material(beats):
    windows = BeatSegmenter().fit_transform(beats.data)
    layout = layout_of(windows.columns, windows.shape)
    return arms.Material(protocols.intra(beats), windows.to_numpy(), layout)


@pytest.fixture(scope="module")
def checkpoint(material):
    return arms.train_checkpoint(material, "beatcnn", 0, BUDGET)


def run(name, material, checkpoint, sparsity=0.8, like=None):
    settings = {"seed": 0, "network": "beatcnn", "budget": BUDGET, "like": like}
    return arms.run_arm(arms.ALL_ARMS[name], material, checkpoint, sparsity, **settings)


def rows_of(beats, *names):
    return np.flatnonzero(np.isin(records_of(beats.data), names))


# Who is trained on, and who is tested.


def test_only_the_patient_of_201_and_202_may_be_on_both_sides_of_inter(beats):
    split = protocols.inter(beats)
    shared = set(beats.groups[split.train]) & set(beats.groups[split.test])
    assert shared == {"201"}


def test_the_test_set_without_202_shares_no_patient(beats):
    split = protocols.inter(beats)
    strict = protocols.parts_of_test(split)["DS2 without 202"]
    assert strict.any()
    assert not set(beats.groups[split.train]) & set(beats.groups[split.test[strict]])
    with pytest.raises(AssertionError, match="patients 201 are on both sides"):
        assert_no_shared_patient(beats, split.train, split.test, "inter, strict")


def test_a_test_set_that_is_only_called_strict_is_refused(beats, monkeypatch):
    split = protocols.inter(beats)
    monkeypatch.setattr(protocols, "TEST_RECORD", "232")
    with pytest.raises(AssertionError, match="patients 201"):
        protocols.parts_of_test(split)


def test_a_patient_on_both_sides_of_inter_is_refused_by_name(beats):
    split = protocols.inter(beats)
    leak, *others = rows_of(beats, "232")
    with pytest.raises(AssertionError, match="patients 232 are on both sides"):
        Split("inter", beats, np.append(split.train, leak), np.array(others))


def test_a_record_on_both_sides_is_refused_whatever_the_groups_say(beats):
    lying = Bunch(**beats)
    lying.groups = np.arange(len(beats.target)).astype(str)
    first, *others = rows_of(beats, "101")
    for protocol in ("inter", "development"):
        with pytest.raises(AssertionError, match="101"):
            Split(protocol, lying, np.array([first]), np.array(others))


def test_a_split_that_is_changed_after_it_was_made_fits_and_scores_nothing(beats):
    split = protocols.inter(beats)
    split.train[0] = rows_of(beats, "232")[-1]
    uses = [
        split.training,
        split.testing,
        lambda: split.fit(PrunedCNNClassifier()),
        lambda: split.predict(PrunedCNNClassifier()),
        lambda: split.scores(beats.target[split.test], lambda *labels: {}),
    ]
    for use in uses:
        with pytest.raises(AssertionError, match="232"):
            use()


def test_a_beat_on_both_sides_of_intra_is_refused(beats):
    split = protocols.intra(beats)
    with pytest.raises(AssertionError, match="1 beats of records"):
        replace(split, train=np.append(split.train, split.test[0]))


def test_an_unknown_protocol_is_refused(beats):
    with pytest.raises(ValueError, match="protocol='intre': must be one of"):
        assert_no_shared_patient(beats, np.array([0]), np.array([1]), "intre")


def test_intra_tests_a_fifth_of_all_beats_each_once_and_inter_leaves_out_the_paced(
    beats,
):
    intra, inter = protocols.intra(beats), protocols.inter(beats)
    assert sorted([*intra.train, *intra.test]) == list(range(len(beats.target)))
    assert len(intra.test) == pytest.approx(len(beats.target) / 5, abs=1)
    used = np.concatenate([inter.train, inter.test])
    assert not set(records_of(beats.data)[used]) & {"102"}


def test_development_folds_lie_inside_DS1_and_keep_patients_apart(beats):
    folds = protocols.development_folds(beats, 3)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == rows_of(beats, *DS1).tolist()
    for fold in [*folds, protocols.development_holdout(beats)]:
        used = np.concatenate([fold.train, fold.test])
        assert set(records_of(beats.data)[used]) <= set(DS1)
    for fold in folds:
        assert not set(beats.groups[fold.train]) & set(beats.groups[fold.test])


def test_a_test_patient_among_the_development_folds_is_refused(beats):
    fold = protocols.development_folds(beats, 3)[0]
    for side in ("train", "test"):
        leak = np.append(getattr(fold, side), rows_of(beats, "232")[0])
        with pytest.raises(AssertionError, match="records 232 are not of DS1"):
            replace(fold, **{side: leak})


def test_splits_of_the_real_database(mitdb):
    beats = load_beats(mitdb)
    split = protocols.inter(beats)
    parts = protocols.parts_of_test(split)
    assert (len(split.train), len(split.test)) == (51021, 49712)
    assert len(split.test) - parts["DS2 without 232"].sum() == 1780
    assert len(split.test) - parts["DS2 without 202"].sum() == 2136
    assert len(protocols.intra(beats).test) == 21899


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_benchmark_draws_a_line_of_its_own(script):
    """Neither splitters nor the lists of records come from anywhere else."""
    searches = {"GridSearchCV"}
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom) and "model_selection" in node.module:
            assert {alias.name for alias in node.names} <= searches
        if isinstance(node, ast.Import):
            assert not any("model_selection" in alias.name for alias in node.names)
        if isinstance(node, ast.Attribute):
            assert node.attr != "model_selection"


@pytest.mark.parametrize("name", ["accuracy", "defaults", "arms", "paper"])
def test_fitting_and_predicting_go_through_a_split(name):
    """But for the cost of a network, which is counted and scores nothing."""
    tree = ast.parse((BENCHMARKS / f"{name}.py").read_text())
    called_on = {
        ast.unparse(node.func.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fit", "predict")
    }
    counted_only = {"pipeline"} if name == "defaults" else set()
    assert called_on <= {"split", "material"} | counted_only


def test_every_fit_and_score_of_the_comparison_is_checked(material, monkeypatch):
    checked = []
    check = protocols.assert_no_shared_patient

    def spy(*arguments):
        checked.append(arguments[-1])
        check(*arguments)

    monkeypatch.setattr(protocols, "assert_no_shared_patient", spy)
    checkpoint = arms.train_checkpoint(material, "beatcnn", 0, BUDGET)
    assert checked == ["intra"]
    outcome = run("one-shot weak", material, checkpoint)
    assert checked == ["intra"] * 2
    predicted = material.predict(outcome.module)
    assert len(checked) > 2
    before = len(checked)
    material.split.scores(predicted, lambda *labels: {})
    assert len(checked) > before


# Equal terms.


def test_multistage_is_to_the_bit_the_classifier_of_the_package(material, checkpoint):
    outcome = run("multistage", material, checkpoint)
    classifier = PrunedCNNClassifier(
        0.8,
        n_stages=BUDGET.n_stages,
        n_epochs=BUDGET.dense_epochs,
        stage_epochs=BUDGET.stage_epochs,
        batch_size=BUDGET.batch_size,
        random_state=0,
    )
    rows, y = material.split.training(material.windows)
    names = BeatSegmenter().fit(material.split.beats.data).get_feature_names_out()
    classifier.fit(pd.DataFrame(rows, columns=names), y)
    expected = classifier.module_.state_dict()
    for name, values in outcome.module.state_dict().items():
        assert torch.equal(values, expected[name]), name


def test_arms_train_as_a_pipeline_for_strangers_does(material):
    budget = replace(BUDGET, learning_rate=0.006, max_shift=2, max_noise=0.2)
    settings = {"seed": 0, "network": "twobranch", "budget": budget}
    checkpoint = arms.train_checkpoint(material, **settings)
    arm = arms.ARMS["one-shot strong"]
    outcome = arms.run_arm(arm, material, checkpoint, 0.8, **settings)
    classifier = PrunedCNNClassifier(
        0.8,
        module="twobranch",
        n_stages=1,
        n_epochs=budget.dense_epochs,
        stage_epochs=budget.retraining_epochs,
        batch_size=budget.batch_size,
        learning_rate=0.006,
        max_shift=2,
        max_noise=0.2,
        random_state=0,
    )
    rows, y = material.split.training(material.windows)
    names = BeatSegmenter().fit(material.split.beats.data).get_feature_names_out()
    classifier.fit(pd.DataFrame(rows, columns=names), y)
    expected = classifier.module_.state_dict()
    for name, values in outcome.module.state_dict().items():
        assert torch.equal(values, expected[name]), name


def test_every_arm_takes_the_same_steps_and_leaves_the_checkpoint_alone(
    material, checkpoint
):
    before = [weight.clone() for weight in prunable_weights(checkpoint.module)]
    state = torch.get_rng_state()
    like = [weight.numel() // 5 for weight in before]
    outcomes = {
        name: run(name, material, checkpoint, like=like) for name in arms.ALL_ARMS
    }
    assert len({outcome.n_steps for outcome in outcomes.values()}) == 1
    for weight, old in zip(prunable_weights(checkpoint.module), before, strict=True):
        assert torch.equal(weight, old)
    assert torch.equal(torch.get_rng_state(), state)
    networks = [
        torch.cat([w.flatten() for w in prunable_weights(outcome.module)])
        for name, outcome in outcomes.items()
        if name not in ("small dense", "no layer floor")
    ]
    for number, one in enumerate(networks):
        assert not any(torch.equal(one, other) for other in networks[:number])


def test_arms_see_the_same_batches_in_the_same_order(material, checkpoint, monkeypatch):
    seen = []
    getitem = arms.BeatDataset.__getitem__

    def spy(self, index):
        seen.append(index)
        return getitem(self, index)

    monkeypatch.setattr(arms.BeatDataset, "__getitem__", spy)
    orders = []
    for name in ("dense", "one-shot weak", "multistage"):
        seen.clear()
        run(name, material, checkpoint)
        orders.append(torch.cat(seen))
    n_beats = len(material.split.train)
    assert len(orders[0]) == BUDGET.retraining_epochs * n_beats
    assert all(torch.equal(orders[0], order) for order in orders)


@pytest.mark.parametrize("name", ["one-shot weak", "one-shot strong", "multistage"])
def test_pruned_arms_reach_the_sparsity_exactly(name, material, checkpoint):
    costs = arms.cost(run(name, material, checkpoint, 0.9), material)
    assert costs["n_nonzero"] == round(0.1 * costs["n_prunable"])


def test_random_masks_keep_the_layers_of_another_arm(material, checkpoint):
    like = arms.cost(run("multistage", material, checkpoint), material)
    kept = [int(n) for n in like["nonzero_by_layer"].split("/")]
    outcome = run("random", material, checkpoint, like=kept)
    assert arms.cost(outcome, material)["nonzero_by_layer"] == like["nonzero_by_layer"]
    dense = prunable_weights(checkpoint.module)
    other, same, different = (
        arms.random_masks(dense, kept, seed) for seed in (0, 0, 1)
    )
    assert all(map(torch.equal, other, same))
    assert not all(map(torch.equal, other, different))


@pytest.mark.parametrize("network", paper.NETWORKS)
@pytest.mark.parametrize("sparsity", paper.SPARSITIES[1:])
def test_small_dense_networks_have_about_the_weights_asked_for(network, sparsity):
    layout = InputLayout(1, 126, 5)
    whole = build_network(network, None, layout, np.arange(5))
    narrow = build_network(
        *narrow_network(network, layout, 5, 1 - sparsity), layout, np.arange(5)
    )
    n_whole, n_narrow = (
        sum(weight.numel() for weight in prunable_weights(module))
        for module in (whole, narrow)
    )
    assert n_narrow / n_whole == pytest.approx(1 - sparsity, rel=0.05)


# The command.


def quick(out, *arguments):
    command = ["--quick", "--protocol", "inter", "--network", "beatcnn", "--seed", "0"]
    paper.main([*command, "--sparsity", "0", "0.9", "--out", str(out), *arguments])
    return pd.read_csv(out)


def test_the_command_makes_each_row_once(tmp_path, monkeypatch, capsys):
    out = tmp_path / "paper.csv"
    rows = quick(out)
    assert set(rows["arm"]) == set(arms.ARMS)
    assert set(rows["test"]) == {"DS2", "DS2 without 202", "DS2 without 232"}
    assert not rows.duplicated([*paper.KEY, "test"]).any()
    assert rows["optimizer_steps"].nunique() == 1
    assert set(rows.loc[rows["sparsity"] == 0, "arm"]) == {"dense"}
    text = out.read_text()
    monkeypatch.setattr(paper, "run_arm", None)
    quick(out)
    assert out.read_text() == text
    assert "has all of it" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paper.csv"]


@pytest.mark.slow
def test_a_command_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    whole = quick(tmp_path / "whole.csv")
    run_task, done = paper.run_task, []

    def stop_after_three(task, *arguments):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(task)
        return run_task(task, *arguments)

    monkeypatch.setattr(paper, "run_task", stop_after_three)
    with pytest.raises(SystemExit, match="has what was finished"):
        quick(tmp_path / "stopped.csv")
    kept = pd.read_csv(tmp_path / "stopped.csv")
    assert kept["arm"].nunique() == 3
    monkeypatch.setattr(paper, "run_task", run_task)
    pd.testing.assert_frame_equal(quick(tmp_path / "stopped.csv"), whole)


def test_an_arm_without_what_it_depends_on_is_refused_at_once(tmp_path):
    with pytest.raises(SystemExit, match="needs 'multistage'"):
        quick(tmp_path / "paper.csv", "--arm", "random")


def test_a_trial_never_adds_to_the_results():
    with pytest.raises(SystemExit):
        paper.parse_arguments(["--quick", "--out", str(paper.RESULTS)])
    assert paper.parse_arguments(["--quick"]).out.parent != paper.RESULTS.parent


def test_rows_of_unequal_steps_are_refused(tmp_path):
    results = paper.Results(tmp_path / "paper.csv")
    row = dict(zip(paper.KEY, ("intra", "beatcnn", 0, 0.9, "dense"), strict=True))
    results.add([row | {"optimizer_steps": 10}])
    with pytest.raises(SystemExit, match="same number of optimizer steps"):
        results.add([row | {"arm": "random", "optimizer_steps": 11}])
    assert len(results.read()) == 1


# The report.


def made_up(seeds=(0, 1, 2), gain=(0.04, 0.05, 0.06), sparsity=0.6):
    """Rows in which multistage gains what is given, in accuracy and macro-F1."""
    rows = []
    for seed, more in zip(seeds, gain, strict=True):
        for arm in ("one-shot weak", "one-shot strong", "multistage", "magnitude"):
            score = 0.9 + more * (arm == "multistage")
            rows.append(
                {"protocol": "intra", "network": "beatcnn", "seed": seed, "arm": arm}
                | {"sparsity": sparsity, "test": "all", "accuracy": score}
                | {"macro_f1": score, "n_prunable": 1000, "n_nonzero": 400}
                | {"macs": 5000, "n_bytes": 600, "optimizer_steps": 70}
            )
    return pd.DataFrame(rows)


def test_differences_are_paired_by_seed_with_a_t_interval():
    rows = made_up()
    shift = rows["seed"] == 1
    rows.loc[shift, ["accuracy", "macro_f1"]] -= 0.3
    found = paper_report.paired(rows, 0.6, "multistage", "one-shot weak", "accuracy")
    np.testing.assert_allclose(found, [4, 5, 6])
    mean, low, high = paper_report.t_interval(found)
    # The quantile of t for 97.5 % with two degrees of freedom, from a printed table.
    half = 4.303 / np.sqrt(3)
    assert (mean, low, high) == pytest.approx((5, 5 - half, 5 + half), abs=1e-3)


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        ((0.034, 0.035, 0.036), "within the interval"),
        ((0.051, 0.050, 0.052), "confirmed"),
        ((0.001, 0.002, 0.003), "refuted: less was found"),
        ((-0.02, 0.06, 0.05), "within the interval"),
    ],
)
def test_the_claim_is_judged_by_the_interval(gain, verdict):
    table = paper_report.claim_table(made_up(gain=gain))
    accuracy = table[table["Score"] == "Accuracy"].iloc[0]
    assert accuracy["So the claim is"] == verdict
    assert accuracy["Claimed"] == "+3.3"
    assert accuracy["Seeds"] == "0, 1, 2"


def test_one_seed_gives_a_difference_without_an_interval():
    table = paper_report.differences_table(made_up((3,), (0.04,)))
    assert table["Accuracy, points"].tolist() == ["+4.00 (no interval)"] * 2
    assert table["Seeds"].tolist() == ["3", "3"]
    claim = paper_report.claim_table(made_up((3,), (0.04,)))
    assert set(claim["So the claim is"]) == {"open: one seed"}


def test_a_seed_without_its_pair_counts_in_no_difference():
    rows = made_up()
    rows = rows[(rows["seed"] != 2) | (rows["arm"] != "one-shot weak")]
    table = paper_report.differences_table(rows).set_index("Against")
    assert table["Seeds"].to_dict() == {
        "one-shot strong": "0, 1, 2",
        "one-shot weak": "0, 1",
    }


def test_an_ablation_is_told_by_what_it_loses():
    (row,) = paper_report.ablations_table(made_up()).to_dict("records")
    assert row["Arm"] == "magnitude"
    assert row["Macro-F1, points"].startswith("-5.00 (-7.48 to -2.52)")


def test_without_rows_there_are_tables_that_say_so(tmp_path):
    rows = paper_report.read_rows(tmp_path / "paper.csv")
    tables = paper_report.paper_tables(rows)
    assert tables["paper claim"]["Seeds"].tolist() == ["–"]
    assert paper_report.draw_figures(rows, tmp_path) == []
    assert paper_report.figure_words("beatcnn", tmp_path) == "No figure yet."


def test_the_documentation_asks_for_every_table_there_is(tmp_path):
    tables = paper_report.paper_tables(paper_report.read_rows(tmp_path / "none.csv"))
    text = (BENCHMARKS.parent / "docs" / "results.rst").read_text()
    assert [name for name in tables if f".. results: {name}\n" not in text] == []


def test_figures_show_a_curve_for_each_arm_from_the_dense_network_on(tmp_path):
    dense = made_up(sparsity=0.0).query("arm == 'multistage'").assign(arm="dense")
    rows = pd.concat([dense, made_up(), made_up(sparsity=0.9)])
    (file,) = paper_report.draw_figures(rows, tmp_path)
    assert file.name == "paper_beatcnn.png"
    assert file.name in paper_report.figure_words("beatcnn", tmp_path)
    _, ax = plt.subplots()
    with np.errstate(divide="ignore"):
        paper_report.draw_protocol(rows, ax)
    curves = {line.get_label(): line for line in ax.get_lines()}
    assert {"multistage", "one-shot strong", "one-shot weak"} <= set(curves)
    assert curves["one-shot weak"].get_ydata() == pytest.approx([0.95, 0.9, 0.9])
    assert curves["one-shot weak"].get_xdata() == pytest.approx([0, 0.6, 0.9])
    plt.close("all")


# The search.


def test_the_grid_takes_the_stages_of_a_path():
    grid = search.one_by_one([0.0, 0.5, 0.9])
    assert grid == [
        {"sparsity": [0.0]},
        {"sparsity": [0.5], "schedule": [[0.5]]},
        {"sparsity": [0.9], "schedule": [[0.5, 0.9]]},
    ]


def test_search_refuses_tables_that_differ_in_the_last_digit():
    names = ["split0_test_score", "split1_test_score", "mean_test_score"]
    one = {name: np.array([0.5, 0.25]) for name in names}
    search.assert_same_scores(one, one)
    other = one | {"split1_test_score": np.nextafter(one["split1_test_score"], 1)}
    with pytest.raises(AssertionError, match="split1"):
        search.assert_same_scores(one, other)


# The loop over runs.


def test_runs_that_are_in_the_table_are_not_repeated(tmp_path):
    path, made = tmp_path / "table.csv", []

    def run(name, seed):
        made.append((name, seed))
        rows = [{"name": name, "seed": seed, "part": part} for part in "ab"]
        return [row | {"score": seed / 3} for row in rows]

    key = ["name", "seed"]
    harness.add_missing(run, [("b", 0), ("a", 1)], path, key, sort_by=key)
    harness.add_missing(run, [("a", 1), ("a", 0)], path, key, sort_by=key)
    assert made == [("b", 0), ("a", 1), ("a", 0)]
    table = pd.read_csv(path)
    assert table["name"].tolist() == list("aaaabb")
    assert table["seed"].tolist() == [0, 0, 1, 1, 0, 0]
    assert table["score"].tolist() == [0, 0, 0.33333, 0.33333, 0, 0]


def test_a_call_is_timed_and_gives_its_result():
    clock, processor, result = harness.seconds_of(max, 1, 2)
    assert 0 <= clock < 5
    assert 0 <= processor < 5
    assert result == 2


# Patients never seen.


def strangers_of(**sizes):
    """Beats of made-up patients of some databases: as many patients, 500 beats each."""
    beats = object.__new__(strangers.Beats)
    names = [(name, f"{k}") for name, size in sizes.items() for k in range(size)]
    beats.database, beats.record = np.repeat(names, 500, axis=0).T
    beats.patient = np.char.add(np.char.add(beats.database, " "), beats.record)
    beats.labels = np.full(len(beats.database), "N")
    beats.is_spliced = np.zeros(len(beats.database), dtype=bool)
    return beats


def test_each_patient_is_in_one_fold_that_normals_do_not_change():
    beats = strangers_of(svdb=5, nsrdb=4, qtdb=2)
    folds = strangers.folds_of(beats)
    assert set(folds[beats.of("QTDB")]) == {-1}
    for patient in np.unique(beats.patient):
        assert len(set(folds[beats.patient == patient])) == 1
    assert set(folds[beats.of("NSRDB")]) == {0, 1, 2}
    alone = strangers.folds_of(strangers_of(svdb=5))
    np.testing.assert_array_equal(folds[beats.of("SVDB")], alone)


def test_of_normal_people_every_fourth_hundred_of_beats_is_trained_on():
    beats = strangers_of(svdb=1, nsrdb=2)
    taken = beats.to_train("SVDB", "NSRDB").reshape(3, 5, 100)
    assert taken[0].all()
    for of_record in taken[1:]:
        assert of_record.all(axis=1).tolist() == [True, False, False, False, True]
        assert not of_record[1:4].any()


def test_rhythms_put_together_are_trained_on_with_their_patients_and_not_tested():
    beats = strangers_of(svdb=5)
    beats.is_spliced = np.arange(2500) % 2 == 1
    assert beats.to_train("SVDB").all()
    np.testing.assert_array_equal(beats.of("SVDB"), ~beats.is_spliced)
    folds = strangers.folds_of(beats)
    np.testing.assert_array_equal(folds[::2], folds[1::2])
    material = stages.Strangers(beats, 0)
    assert beats.is_spliced[material.train].any()
    assert not {*beats.patient[material.train]} & {*beats.patient[material.other_half]}


def test_random_states_take_turns_in_the_half_of_svdb():
    beats = strangers_of(svdb=5)
    halves = [stages.half_of_svdb(beats, which) for which in (0, 1)]
    np.testing.assert_array_equal(halves[0], ~halves[1])
    assert len(set(beats.patient[halves[0]])) == 3


def test_s_beats_are_named_by_what_they_stand_in():
    labels = np.array(list("NNSNNNNSSNNNNSSSNNNNSNSNSNNNNSSSSSSNNNNSNNSNNSNNNVSN"))
    contexts = strangers_scores.contexts_of(labels, 0.8 * np.arange(len(labels)), 128)
    assert set(contexts[labels != "S"]) == {""}
    found = pd.Series(contexts[labels == "S"])
    assert found.unique().tolist() == [
        "isolated",
        "couplet",
        "run of 3 to 5",
        "bigeminy",
        "run of 6 and more",
        "trigeminy",
    ]
    assert found.value_counts(sort=False).tolist() == [2, 2, 3, 3, 6, 3]


def test_an_interval_over_patients_is_as_wide_as_they_differ():
    true, predicted = np.array(list("VVNVVN")), np.array(list("VVNNNN"))
    alike, apart = np.array(list("abcabc")), np.array(list("xxxyyy"))
    row = strangers_scores.f1_of("", true, predicted, alike)
    assert row["V"] == pytest.approx(2 / 3)
    assert 0.6 < row["V low"] <= row["V high"] < 0.7
    row = strangers_scores.f1_of("", true, predicted, apart)
    assert (row["V"], row["V low"], row["V high"]) == pytest.approx((2 / 3, 0, 1))
    assert np.isnan(row["S"])


def test_false_alarms_are_counted_by_beats_and_by_hours():
    beats = strangers_of(nsrdb=2)
    beats.seconds = np.tile(np.arange(500) * 7.2, 2)  # 0.998 h each
    predicted = beats.labels.copy()
    predicted[[0, 1, 600]] = "S", "V", "V"
    row = strangers_scores.false_alarms(beats, np.ones(1000, bool), predicted)
    assert row["false S of 1,000"] == pytest.approx(1)
    assert row["false V an hour"] == pytest.approx(2 / (2 * 499 * 7.2 / 3600))
    assert row["false S of 1,000 high"] == pytest.approx(2)


def test_stages_are_compared_by_pairs_and_a_run_without_its_pair_counts_in_none():
    rows = [
        {"tested": "SVDB", "sparsity": 0.9, "seed": seed, "arm": arm}
        | {"V F1": 0.8 + gain, "S F1": 0.5}
        for seed, gains in enumerate(((0, 0.01), (0.1, 0.13), (0.2,)))
        for arm, gain in zip(stages.COMPARED, gains, strict=False)
    ]
    table = strangers_tables.stages_table(pd.DataFrame(rows)).set_index("Score")
    assert table["Difference, points"]["V F1"] == "+2.0 (-10.7 to +14.7)"
    assert table["Difference, points"]["S F1"] == "+0.0 (+0.0 to +0.0)"
    assert table["Random states"].tolist() == ["2", "2"]


# What a few answers are worth.


def names_rows(way, answers, S, patients=("mitdb 232", "mitdb 100"), **others):
    """Return rows of records of DS2 with so many S found, of which there are 20."""
    return [
        {"set": "DS2", "record": patient[-3:], "r_peaks": "annotated"}
        | {"patient": patient, "way": way, "answers": answers}
        | {"beats": 100, "right": 80 + found, "V true": 0, "V missed": 9, "V false": 0}
        | {"S true": found, "S missed": 20 - found, "S false": 0}
        | others
        for patient, found in zip(patients, S, strict=True)
    ]


def test_answers_are_scored_over_all_beats_without_232_and_in_the_median_record():
    rows = names_rows("right", 0, (0, 10)) + names_rows("right", 5, (20, 10))
    table = names_tables.names_tables(pd.DataFrame(rows))["names"]
    assert table["Answers"].tolist() == ["0", "5"]
    before, after = table.to_dict("records")
    assert before["S: F1"].startswith("0.400 (0.000 to 0.667)")
    assert after["S: F1"].startswith("0.857 (0.667 to 1.000)")
    assert after["S: F1, without 232 or 822"].startswith("0.667 (")
    assert after["S: median record"] == f"{(1 + 2 / 3) / 2:.3f}"
    assert after["Accuracy"] == "95.0 %"
    # No record has ten V.
    assert after["V: median record"] == ""


def test_other_readers_are_shown_after_ten_answers_and_halves_after_none():
    rows = [
        *names_rows("slips 5 %", 0, (0, 0)),
        *names_rows("slips 5 %", 10, (20, 20)),
        *names_rows("slips 5 %", 20, (20, 20)),
        *names_rows("second half", 0, (5, 5)),
        *names_rows("second half", 10, (10, 10)),
        *names_rows("right", 10, (20, 20), r_peaks="detected"),
        *names_rows("five minutes", 300, (9,), patients=("mitdb 232",)),
        *names_rows("five minutes", 400, (9,), patients=("mitdb 100",)),
    ]
    table = names_tables.names_tables(pd.DataFrame(rows))["names others"]
    assert table[["Reader", "Answers"]].to_numpy().tolist() == [
        ["right, R peaks detected", "10"],
        ["slips, one in twenty", "10"],
        ["five minutes labelled, to learn from", "350"],
        ["the second half, learnt from the first", "0"],
        ["the second half, learnt from the first", "10"],
    ]


# Atrial fibrillation from intervals.


def test_sums_over_windows_are_those_of_each_window():
    random = np.random.default_rng(0)
    values, n = random.integers(0, 9, 200), 31
    terms = random.random(n + 1) * (np.arange(n + 1) > 0)
    sums, n_different = fibrillation_detectors.window_sums(values, n, terms)
    windows = np.lib.stride_tricks.sliding_window_view(values, n)
    counts = [np.unique(window, return_counts=True)[1] for window in windows]
    np.testing.assert_allclose(sums, [terms[count].sum() for count in counts])
    assert n_different.tolist() == [len(count) for count in counts]


@pytest.mark.parametrize("name", fibrillation_detectors.DETECTORS)
def test_each_detector_tells_chaos_from_a_slow_drift(name):
    random = np.random.default_rng(0)
    drift = 0.8 + 0.05 * np.sin(np.arange(600) / 40)
    chaos = np.exp(random.normal(np.log(0.65), 0.3, 600))
    decisions = fibrillation_detectors.DETECTORS[name](np.append(drift, chaos))
    assert len(decisions) == 1200
    assert not decisions[:400].any()
    assert decisions[800:].all()


def test_short_interruptions_are_filled_before_short_episodes_are_dropped():
    seconds = np.arange(200.0)
    is_af = np.zeros(200, dtype=bool)
    is_af[[0, 29, 58, 100, 129, 170, 199]] = True
    episodes = fibrillation.episodes_of(seconds, is_af)
    assert episodes.tolist() == [[0, 58]]
    assert fibrillation.episodes_of(seconds, is_af & False).tolist() == []


def test_errors_in_labels_are_as_frequent_as_said():
    labels = np.array(list("NNNNV") * 20_000)
    samples = 100 * np.arange(len(labels))
    record = fibrillation.Record(None, samples, labels, None, None)
    spoilt = record.spoilt(0)
    is_kept, place = np.isin(spoilt.samples, samples), spoilt.samples // 100
    was, is_now = labels[place[is_kept]] == "V", spoilt.labels[is_kept] == "V"
    assert 1 - is_kept.sum() / len(labels) == pytest.approx(0.002, abs=0.0005)
    assert np.mean(~is_kept) == pytest.approx(0.002, abs=0.0005)
    assert np.mean(is_now[was]) == pytest.approx(0.92, abs=0.01)
    assert np.mean(was[is_now]) == pytest.approx(0.90, abs=0.01)
