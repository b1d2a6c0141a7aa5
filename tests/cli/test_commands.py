import numpy as np
import pandas as pd
import pytest
from annotation_files import write_marks
from command_line import QUICK, assert_fails, run
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    _files,
    load_model,
    save_model,
)
from sklearn_ecg._cli import _commands
from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.metrics import compare_episode_records, compare_records


def test_train_writes_a_pipeline_that_loads_and_predicts(records, model):
    pipeline = load_model(model)
    beats = load_beats(records)
    assert set(pipeline.predict(beats.data)) <= set(beats.target_names)
    assert not any(step.verbose for step in pipeline)


def test_train_prints_the_stages_and_hands_its_options_over(records, tmp_path, capsys):
    out = tmp_path / "model.ecg"
    options = "--sparsity=0.75 --n-stages=3 --n-epochs=2 --stage-epochs=1 --lead=V1"
    arguments = ("--records=synthetic_001,synthetic_002", "--random-state=5", "--quiet")
    assert run("train", records, "--out", out, *options.split(), *arguments) == 0
    output = capsys.readouterr().out
    assert "of 2 patients" in output
    table = output[output.index("stage zeros") :].splitlines()
    assert table[4].split()[:2] == ["3", "75.0%"]
    segmenter, classifier = load_model(out)
    assert segmenter.lead == ["V1"]
    expected = {"sparsity": 0.75, "n_stages": 3, "n_epochs": 2, "stage_epochs": 1}
    expected |= {"random_state": 5}
    parameters = classifier.get_params()
    assert {name: parameters[name] for name in expected} == expected


def test_the_same_command_trains_the_same_model_twice(records, tmp_path):
    beats = load_beats(records)
    probabilities = []
    for name in ("a", "b"):
        assert run("train", records, "--out", tmp_path / name, *QUICK) == 0
        probabilities.append(load_model(tmp_path / name).predict_proba(beats.data))
    np.testing.assert_array_equal(*probabilities)


def test_progress_is_shown_unless_quiet(records, tmp_path, capsys):
    assert run("train", records, "--out", tmp_path / "loud", *QUICK[:-1]) == 0
    assert "Segmenting records" in capsys.readouterr().err
    assert run("train", records, "--out", tmp_path / "quiet", *QUICK) == 0
    assert capsys.readouterr().err == ""


def test_a_pipeline_for_patients_never_seen_is_trained_unless_told_otherwise(
    records, tmp_path, capsys
):
    out = tmp_path / "model.ecg"
    options = ("--lead", "II", "--lead", "MLII")
    assert run("train", records, "--out", out, *options, *QUICK) == 0
    segmenter, classifier = load_model(out)
    assert segmenter.relative_features == "all"
    assert segmenter.lead == ["II", "MLII"]
    assert classifier.module == "twobranch"
    assert classifier.sparsity == 0.9
    assert run("evaluate", out, records, "--quiet") == 0


def test_the_other_pipeline_has_the_defaults_of_the_classes(records, tmp_path):
    out = tmp_path / "model.ecg"
    assert run("train", records, "--out", out, "--pipeline=default", *QUICK) == 0
    segmenter, classifier = load_model(out)
    assert segmenter.get_params() == BeatSegmenter(lead=segmenter.lead).get_params()
    own = PrunedCNNClassifier(
        n_stages=1, n_epochs=1, stage_epochs=1, random_state=0
    ).get_params()
    assert classifier.get_params() == own


@pytest.mark.parametrize(("protocol", "n_test"), [("intra", 0.2), ("inter", None)])
def test_evaluate_repeats_the_scores_of_train_with_the_same_protocol(
    mitdb_names, tmp_path, capsys, protocol, n_test
):
    out = tmp_path / "model.ecg"
    protocol_option = f"--protocol={protocol}"
    assert run("train", mitdb_names, "--out", out, protocol_option, *QUICK) == 0
    trained = capsys.readouterr().out.partition("Scoring ")[2]
    assert run("evaluate", out, mitdb_names, protocol_option, "--quiet") == 0
    evaluated = capsys.readouterr().out.partition("Scoring ")[2]
    assert trained.partition("\n\nWritten")[0] == evaluated.rstrip("\n")
    if n_test is None:
        expected = len(load_beats(mitdb_names, ["100"]).data)
        assert int(evaluated.split()[0]) == expected
    else:
        expected = n_test * len(load_beats(mitdb_names).data)
        assert int(evaluated.split()[0]) == pytest.approx(expected, rel=0.25)


def test_inter_patient_protocol_trains_on_ds1_alone(mitdb_names, tmp_path, capsys):
    out = tmp_path / "model.ecg"
    assert run("train", mitdb_names, "--out", out, "--protocol=inter", *QUICK) == 0
    n_ds1 = len(load_beats(mitdb_names, ["101"]).data)
    assert f"Training on {n_ds1} beats of 1 patient " in capsys.readouterr().out


def test_evaluate_takes_a_lead_that_the_model_knows_already(records, model):
    assert run("evaluate", model, records, "--lead", "II", "--quiet") == 0


def test_evaluate_leaves_the_learning_period_out(records, model, capsys):
    assert run("evaluate", model, records, "--learning-period=20", "--quiet") == 0
    n_late = int((load_beats(records).data["sample"] >= 20 * 360).sum())
    assert f"Scoring {n_late} beats" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.V1. stands in for:UserWarning")
def test_evaluate_reads_another_lead_where_the_models_is_missing(
    model, tmp_path, capsys
):
    make_ecg(1, duration=30, leads=("V1",), random_state=0, directory=tmp_path)
    arguments = ("evaluate", model, tmp_path, "--quiet")
    assert_fails(capsys, *arguments, saying=["synthetic_000", "'V1'", "'MLII'"])
    assert run(*arguments, "--lead", "V1") == 0


@pytest.mark.filterwarnings("always")
def test_evaluate_warns_of_classes_the_model_does_not_know(records, model, capsys):
    assert run("evaluate", model, records, "--classes=symbols", "--quiet") == 0
    captured = capsys.readouterr()
    (warning,) = captured.err.splitlines()
    assert warning.startswith("sklearn-ecg: warning: The model does not know")
    assert "/, A" in warning
    assert "EC57" not in captured.out


def test_evaluate_refuses_records_of_which_the_model_knows_no_class(
    records, tmp_path, capsys
):
    beats = load_beats(records)
    classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, stage_epochs=1)
    pipeline = make_pipeline(BeatSegmenter(), classifier)
    pipeline.fit(beats.data, np.char.add("class ", beats.target))
    path = save_model(pipeline, tmp_path / "m")
    arguments = ("evaluate", path, records, "--quiet")
    assert_fails(capsys, *arguments, saying=["class N", "--classes"])


def test_missing_directory_of_records_is_named(tmp_path, model, capsys):
    missing = tmp_path / "nowhere"
    out = tmp_path / "model"
    assert_fails(capsys, "train", missing, "--out", out, saying=["nowhere"])
    assert_fails(capsys, "evaluate", model, missing, saying=["nowhere"])


def test_wrong_lead_is_named_with_those_there_are(records, tmp_path, capsys):
    arguments = ("train", records, "--out", tmp_path / "m", "--lead=V9", *QUICK)
    assert_fails(capsys, *arguments, saying=["'V9'", "'MLII'", "'V1'"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["train", "demo"])
@pytest.mark.parametrize("pipeline", ["default", "interpatient"])
@pytest.mark.parametrize(
    "wrong",
    ["--sparsity=90", "--sparsity=nan", "--n-stages=0", "--n-epochs=-1"]
    + ["--stage-epochs=0", "--random-state=-1"],
)
def test_parameter_out_of_range_is_named_before_any_data_are_read(
    tmp_path, capsys, no_data, command, pipeline, wrong
):
    option, value = wrong.split("=")
    out = tmp_path / "out"
    arguments = [command, *(["mitdb"] if command == "train" else []), "--out", out]
    arguments += ["--pipeline", pipeline, wrong]
    assert_fails(capsys, *arguments, saying=[option, value])
    assert list(tmp_path.iterdir()) == []


def test_an_empty_lead_is_refused_before_any_data_are_read(tmp_path, capsys, no_data):
    arguments = ("train", "mitdb", "--out", tmp_path / "m", "--lead=")
    assert_fails(capsys, *arguments, saying=["--lead"])


def test_databases_are_trained_and_scored_on_by_their_names(
    mitdb, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(mitdb.parent))
    out = tmp_path / "model"
    assert run("train", "mitdb", "--records=100,200", "--out", out, *QUICK) == 0
    assert f"Data: {mitdb}" in capsys.readouterr().out
    arguments = ("evaluate", out, "mitdb", "--records=201", "--quiet")
    assert run(*arguments) == 0


@pytest.mark.filterwarnings("always")
def test_a_database_with_other_leads_is_read_with_its_own(
    mitdb, data_directory, tmp_path, capsys, monkeypatch
):
    home = data_directory("svdb").parent
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(home))
    out = tmp_path / "model"
    assert run("train", "svdb", "--records=800,802", "--out", out, *QUICK) == 0
    assert "Lead ECG1 is read" in capsys.readouterr().out
    assert load_model(out)[0].lead == ["ECG1"]
    assert run("evaluate", out, "svdb", "--records=804", "--quiet") == 0
    assert run("evaluate", out, "mitdb", "--records=100", "--quiet") == 0


def test_no_beat_left_to_score_is_an_error(records, model, capsys):
    arguments = ("evaluate", model, records, "--learning-period=40")
    assert_fails(capsys, *arguments, saying=["--learning-period"])


@pytest.mark.parametrize(
    ("out", "saying"),
    [(".", "is a directory"), ("nowhere/model", "no directory")],
)
def test_where_nothing_can_be_written_is_said_before_any_work(
    records, tmp_path, capsys, monkeypatch, out, saying
):
    monkeypatch.setattr(
        _commands,
        "load_beats",
        lambda *_args, **_kwargs: pytest.fail("It began to work."),
    )
    arguments = ("train", records, "--out", tmp_path / out, *QUICK)
    assert_fails(capsys, *arguments, saying=[saying])


def test_directory_without_write_permission_is_said_before_any_work(
    tmp_path, capsys, monkeypatch
):
    # Simulated: the tests may run as root, who may write anywhere.
    monkeypatch.setattr(_files.os, "access", lambda *_args: False)
    arguments = ("train", "anything", "--out", tmp_path / "model", *QUICK)
    assert_fails(capsys, *arguments, saying=[str(tmp_path), "not writable"])


def demo_outputs(directory):
    return {path.name for path in directory.iterdir()} - {"records"}


def test_demo_falls_back_on_synthetic_records_and_says_so(
    tmp_path, capsys, monkeypatch
):
    def unreachable(**_kwargs):
        raise OSError("The database could not be downloaded: no network.")

    monkeypatch.setattr(_commands, "fetch_mitdb", unreachable)
    assert run("demo", "--out", tmp_path, *QUICK) == 0
    output = capsys.readouterr().out
    assert "no network" in output
    assert "Data: synthetic records" in output
    assert "EC57" in output
    assert demo_outputs(tmp_path) == {
        "model.ecg",
        "beats.png",
        "confusion.png",
        "pruning.png",
        "report.html",
    }
    n_beats = len(load_beats(tmp_path / "records").data)
    trained, scored = (
        int(output.partition(verb)[2].split()[0]) for verb in ("Training on", "Scoring")
    )
    assert trained + scored == n_beats
    assert load_model(tmp_path / "model.ecg")[-1].sparsity == 0.9


def test_demo_uses_the_database_between_patients(
    mitdb_names, tmp_path, capsys, monkeypatch
):
    asked = []

    def found(download_if_missing):
        asked.append(download_if_missing)
        return mitdb_names

    monkeypatch.setattr(_commands, "fetch_mitdb", found)
    assert run("demo", "--no-download", "--out", tmp_path / "new", *QUICK) == 0
    output = capsys.readouterr().out
    assert "Data: MIT-BIH Arrhythmia Database" in output
    n_ds2 = len(load_beats(mitdb_names, ["100"]).data)
    assert f"Scoring {n_ds2} beats of 1 patient " in output
    assert asked == [False]
    assert demo_outputs(tmp_path / "new") == {
        "model.ecg",
        "beats.png",
        "confusion.png",
        "pruning.png",
        "report.html",
    }


def test_demo_of_the_model_in_the_box_trains_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        PrunedCNNClassifier, "fit", lambda *_args, **_kwargs: pytest.fail("It trained.")
    )
    assert run("demo", "--pretrained", "--out", tmp_path, "--quiet") == 0
    assert demo_outputs(tmp_path) == {"report.html"}
    assert f"{(tmp_path / 'report.html').as_uri()}" in capsys.readouterr().out


def test_demo_on_request_does_not_look_for_the_database(tmp_path, monkeypatch):
    monkeypatch.setattr(
        _commands, "fetch_mitdb", lambda **_kwargs: pytest.fail("It looked.")
    )
    monkeypatch.setattr(
        _commands,
        "make_ecg",
        lambda *_args, **kwargs: make_ecg(4, **kwargs | {"duration": 30}),
    )
    assert run("demo", "--synthetic", "--out", tmp_path, *QUICK) == 0


@pytest.fixture
def compared(write_annotated, tmp_path):
    """A directory of two records, one of which has annotations to score."""
    write_annotated("a", [100, 200, 300, 400], "NVVN")
    write_annotated("a", [101, 200, 300], "NVN", annotator="ext")
    write_annotated("b", [100], "N")
    return tmp_path


def test_compare_prints_scores_and_lists_what_was_left_out(compared, capsys):
    assert run("compare", compared, "--start=0") == 0
    output = capsys.readouterr().out
    assert "Left out" in output
    assert "'b.ext'" in output
    expected = str(compare_records(compared, start=0, on_invalid="ignore"))
    assert expected in output
    assert "couplets" not in output


def test_compare_hands_its_options_over(compared, capsys):
    csv = compared / "scores.csv"
    options = "--reference=ext --test=atr --stop=3.5 --window=0.005 --runs"
    assert run("compare", compared, "--start=0.5", "--csv", csv, *options.split()) == 0
    expected = compare_records(
        compared,
        "ext",
        "atr",
        start=0.5,
        stop=3.5,
        window=0.005,
        runs=True,
        on_invalid="ignore",
    )
    assert str(expected) in capsys.readouterr().out
    written = pd.read_csv(csv, index_col="record")
    assert written.index.tolist() == ["a", "Gross", "Average"]
    pd.testing.assert_frame_equal(
        written, expected.summary, check_names=False, check_dtype=False
    )


def test_compare_refuses_records_that_end_before_the_start(compared, capsys):
    too_short = ("compare", compared)
    saying = ["ends at 0:50", "Give --start 0 to compare from the beginning"]
    assert_fails(capsys, *too_short, saying=saying)


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare",),
        ("train", "--out=model.ecg"),
        ("evaluate", "wearable"),
        ("export", "wearable", "firmware", "--rate=250", "--data"),
    ],
)
def test_records_are_read_from_no_url(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    saying = ["s3://bucket/x is a URL", "download it"]
    assert_fails(capsys, *arguments, "s3://bucket/x", saying=saying)
    assert not list(tmp_path.iterdir())


def test_compare_names_its_option_where_one_record_is_too_short(
    compared, write_annotated, capsys
):
    for annotator in ("atr", "ext"):
        write_annotated("c", [100], "N", annotator=annotator)
    assert run("compare", compared, "--start=2") == 0
    output = capsys.readouterr().out
    assert "Give --start 0" in output
    assert "start=0" not in output


@pytest.fixture
def with_episodes(tmp_path):
    """A directory of two records with atrial fibrillation, in one found."""
    tests = {"a": "+(AFIB 110000, +(N 120000", "b": "+(AFL 90000, +(N 150000"}
    for name, text in tests.items():
        write_marks(tmp_path, name, "+(AFIB 100000, +(N 150000")
        write_marks(tmp_path, name, text, annotator="ext")
    return tmp_path


def test_compare_prints_and_writes_episodes(with_episodes, capsys):
    csv = with_episodes / "episodes.csv"
    assert run("compare", with_episodes, "--episodes=AF", "--csv", csv) == 0
    expected = compare_episode_records(with_episodes)
    assert str(expected) in capsys.readouterr().out
    written = pd.read_csv(csv, index_col="record")
    assert written.index.tolist() == ["a", "b", "Gross", "Average"]
    pd.testing.assert_frame_equal(
        written, expected.summary, check_names=False, check_dtype=False
    )


def test_compare_hands_the_options_of_episodes_over(with_episodes, capsys):
    options = (
        "--reference=ext --test=atr --start=10 --stop=0 --shortest=30 "
        "--shortest-of=both --exclude-flutter --records=b"
    )
    assert run("compare", with_episodes, "--episodes=AF", *options.split()) == 0
    expected = compare_episode_records(
        with_episodes,
        "ext",
        "atr",
        records=["b"],
        start=10,
        stop=0,
        shortest=30,
        shortest_of="both",
        exclude_flutter=True,
    )
    assert expected.gross["FP"] == 0
    assert str(expected) in capsys.readouterr().out


@pytest.mark.parametrize(
    "option", ["--shortest=30", "--shortest-of=both", "--exclude-flutter"]
)
def test_compare_refuses_options_of_episodes_with_beats(compared, capsys, option):
    name = option.partition("=")[0]
    assert_fails(capsys, "compare", compared, option, saying=[f"{name} needs --epi"])


def test_compare_refuses_options_of_beats_with_episodes(compared, capsys):
    arguments = ("compare", compared, "--episodes=AF", "--window=0.1")
    assert_fails(capsys, *arguments, saying=["--window is of beats"])


@pytest.mark.filterwarnings("always:The length of recording:UserWarning")
def test_compare_names_its_options_where_a_length_is_not_known(with_episodes, capsys):
    (with_episodes / "a.hea").write_text("a 0 250\n")
    assert run("compare", with_episodes, "--episodes=AF", "--records=a") == 0
    assert "Give --stop 0 to compare" in capsys.readouterr().err


def test_compare_names_options_where_it_fails(compared, capsys):
    nothing = ("compare", compared, "--test=qrs")
    assert_fails(capsys, *nothing, saying=["test='qrs'", "'a.qrs'"])
    short = ("compare", compared, "--start=5", "--stop=4")
    assert_fails(capsys, *short, saying=["--stop must be", "above 5"])
    strict = ("compare", compared, "--start=0", "--on-invalid=raise")
    assert_fails(capsys, *strict, saying=["'b.ext'", "--on-invalid warn"])
    chosen = ("compare", compared, "--start=0", "--records=a,b")
    assert_fails(capsys, *chosen, saying=["'b.ext'"])
