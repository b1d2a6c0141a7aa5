import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    PrunedCNNClassifierCV,
    __version__,
    _files,
)
from sklearn_ecg._cli import _commands, _model_files
from sklearn_ecg._cli._commands import _split, main
from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.metrics import beat_scores, ec57_scores
from sklearn_ecg.model_selection import records_of

QUICK = ("--n-stages=1", "--n-epochs=1", "--stage-epochs=1", "--quiet")
COMMAND = Path(sys.executable).with_name("sklearn-ecg")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Directory of three short synthetic records."""
    directory = tmp_path_factory.mktemp("records")
    make_ecg(3, duration=40, random_state=0, directory=directory)
    return directory


@pytest.fixture(scope="module")
def mitdb_names(records, tmp_path_factory):
    """Directory of the same records under names of MIT-BIH: DS1, DS2 and paced."""
    directory = tmp_path_factory.mktemp("mitdb")
    for number, name in enumerate(("101", "100", "102")):
        old = f"synthetic_{number:03d}"
        for suffix in (".dat", ".atr"):
            content = records.joinpath(old + suffix).read_bytes()
            directory.joinpath(name + suffix).write_bytes(content)
        header = records.joinpath(f"{old}.hea").read_text()
        directory.joinpath(f"{name}.hea").write_text(header.replace(old, name))
    return directory


@pytest.fixture(scope="module")
def model(records, tmp_path_factory):
    """A model file of the command `train`, which knows all five classes."""
    path = tmp_path_factory.mktemp("model") / "model.joblib"
    assert main(["train", str(records), "--out", str(path), *QUICK]) == 0
    return path


def run(*arguments):
    return main([str(argument) for argument in arguments])


def assert_fails(capsys, *arguments, saying):
    """Run a command that must fail with one line, which holds all of `saying`."""
    assert run(*arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sklearn-ecg: error: ")
    for words in saying:
        assert words in line


def test_train_writes_a_pipeline_that_joblib_loads_and_that_predicts(records, model):
    pipeline = joblib.load(model)
    beats = load_beats(records)
    assert set(pipeline.predict(beats.data)) <= set(beats.target_names)
    assert not any(step.verbose for step in pipeline)


def test_train_prints_the_stages_and_hands_its_options_over(records, tmp_path, capsys):
    out = tmp_path / "model.joblib"
    options = "--sparsity=0.75 --n-stages=3 --n-epochs=2 --stage-epochs=1 --lead=V1"
    arguments = ("--records=synthetic_001,synthetic_002", "--random-state=5", "--quiet")
    assert run("train", records, "--out", out, *options.split(), *arguments) == 0
    output = capsys.readouterr().out
    assert "of 2 patients" in output
    table = output[output.index("stage zeros") :].splitlines()
    assert table[4].split()[:2] == ["3", "75.0%"]
    segmenter, classifier = joblib.load(out)
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
        probabilities.append(joblib.load(tmp_path / name).predict_proba(beats.data))
    np.testing.assert_array_equal(*probabilities)


def test_progress_is_shown_unless_quiet(records, tmp_path, capsys):
    assert run("train", records, "--out", tmp_path / "loud", *QUICK[:-1]) == 0
    assert "Segmenting records" in capsys.readouterr().err
    assert run("train", records, "--out", tmp_path / "quiet", *QUICK) == 0
    assert capsys.readouterr().err == ""


def test_pipeline_for_patients_never_seen_is_trained_where_asked_for(
    records, tmp_path, capsys
):
    out = tmp_path / "model.joblib"
    options = ("--pipeline", "interpatient", "--lead", "II", "--lead", "MLII")
    assert run("train", records, "--out", out, *options, *QUICK) == 0
    segmenter, classifier = joblib.load(out)
    assert segmenter.relative_features == "all"
    assert segmenter.lead == ["II", "MLII"]
    assert classifier.module == "twobranch"
    assert run("evaluate", out, records, "--quiet") == 0
    assert run("export", out, tmp_path / "firmware", "--data", records) == 1
    assert "relative_features" in capsys.readouterr().err


@pytest.mark.parametrize(("protocol", "n_test"), [("intra", 0.2), ("inter", None)])
def test_evaluate_repeats_the_scores_of_train_with_the_same_protocol(
    mitdb_names, tmp_path, capsys, protocol, n_test
):
    out = tmp_path / "model.joblib"
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


def names_of_beats(table):
    return set(zip(records_of(table), table["sample"], strict=True))


@pytest.mark.parametrize("options", [{"records": ["101"]}, {"classes": "symbols"}])
def test_a_beat_is_drawn_for_the_test_whatever_is_asked_for_beside_it(
    mitdb_names, tmp_path, options
):
    elsewhere = shutil.copytree(mitdb_names, tmp_path / "elsewhere")
    some, every = load_beats(elsewhere, **options), load_beats(mitdb_names)
    drawn, drawn_of_every = (
        names_of_beats(beats.data.iloc[_split("intra", beats)[1]])
        for beats in (some, every)
    )
    assert drawn
    assert drawn == drawn_of_every & names_of_beats(some.data)


def test_inter_patient_protocol_trains_on_ds1_alone(mitdb_names, tmp_path, capsys):
    out = tmp_path / "model.joblib"
    assert run("train", mitdb_names, "--out", out, "--protocol=inter", *QUICK) == 0
    n_ds1 = len(load_beats(mitdb_names, ["101"]).data)
    assert f"Training on {n_ds1} beats of 1 patient " in capsys.readouterr().out


def test_evaluate_prints_and_writes_the_scores_of_the_public_functions(
    records, model, tmp_path, capsys
):
    csv, figures = tmp_path / "scores.csv", tmp_path / "new" / "figures"
    options = ("--csv", csv, "--figures", figures, "--quiet")
    assert run("evaluate", model, records, *options) == 0
    beats = load_beats(records)
    y_pred = joblib.load(model).predict(beats.data)
    output = capsys.readouterr().out
    report = beat_scores(beats.target, y_pred)
    assert str(report) in output
    (veb,) = (line for line in output.splitlines() if line.startswith("VEB"))
    counts = ec57_scores(beats.target, y_pred).loc["VEB", ["beats", "TP", "FN", "FP"]]
    assert veb.split()[1:5] == [f"{count:.0f}" for count in counts]
    written = pd.read_csv(csv, index_col="class")
    np.testing.assert_allclose(written["Se"], report.per_class["Se"])
    assert sorted(path.name for path in figures.iterdir()) == [
        "beats.png",
        "confusion.png",
        "pruning.png",
    ]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in figures.iterdir())


def test_evaluate_draws_no_pruning_of_a_model_without_its_history(
    records, model, tmp_path
):
    pipeline = joblib.load(model)
    pipeline.steps[-1] = ("classify", pipeline[-1].at_stage(-1))
    joblib.dump(pipeline, tmp_path / "small")
    options = ("--figures", tmp_path / "figures", "--quiet")
    assert run("evaluate", tmp_path / "small", records, *options) == 0
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == ["beats.png", "confusion.png"]


def test_evaluate_takes_a_lead_that_the_model_knows_already(records, model):
    assert run("evaluate", model, records, "--lead", "II", "--quiet") == 0


def test_info_knows_a_step_that_does_nothing(records, model, tmp_path):
    pipeline = joblib.load(model)
    pipeline.steps.insert(1, ("nothing", "passthrough"))
    joblib.dump(pipeline, tmp_path / "with_nothing")
    assert run("info", tmp_path / "with_nothing") == 0


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
    pipeline = make_pipeline(BeatSegmenter(), RandomForestClassifier(1, max_depth=1))
    joblib.dump(
        pipeline.fit(beats.data, np.char.add("class ", beats.target)), tmp_path / "m"
    )
    arguments = ("evaluate", tmp_path / "m", records, "--quiet")
    assert_fails(capsys, *arguments, saying=["class N", "--classes"])


def test_info_shows_what_the_model_is(model, capsys):
    assert run("info", model) == 0
    output = capsys.readouterr().out
    cost = joblib.load(model)[-1].complexity_
    for part in (
        "MLII, or else II, or else V5",
        "126 samples at 180 Hz",
        f"{cost.n_nonzero:,} of {cost.n_prunable:,}",
        f"{cost.macs:,} of {cost.dense_macs:,}",
        "F, N, Q, S, V",
        f"sklearn-ecg {__version__}",
        "distillation",
    ):
        assert part in output


def test_info_names_what_a_device_cannot_repeat(records, tmp_path, capsys):
    beats = load_beats(records)
    segmenter = BeatSegmenter("V1", baseline="median", rr_features=None)
    pipeline = make_pipeline(segmenter, RandomForestClassifier(1, max_depth=1))
    joblib.dump(pipeline.fit(beats.data, beats.target), tmp_path / "model")
    assert run("info", tmp_path / "model") == 0
    output = capsys.readouterr().out
    assert "no: baseline" in output
    assert "RandomForestClassifier, not pruned" in output


def test_info_shows_the_network_that_a_search_chose(records, tmp_path, capsys):
    beats = load_beats(records)
    classifier = PrunedCNNClassifier(n_epochs=1, stage_epochs=1, random_state=0)
    search = PrunedCNNClassifierCV(classifier, sparsities=[0.5, 0.7], cv=2)
    pipeline = make_pipeline(BeatSegmenter(), search).fit(beats.data, beats.target)
    joblib.dump(pipeline, tmp_path / "model")
    assert run("info", tmp_path / "model") == 0
    cost = search.best_estimator_.complexity_
    assert f"{cost.n_nonzero:,} of {cost.n_prunable:,}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (None, ["There is no model file"]),
        (b"", ["no model file", "EOFError"]),
        (b"no pickle at all", ["no model file"]),
        ({"weights": 1}, ["type dict", "Pipeline"]),
        (make_pipeline(RandomForestClassifier()), ["starts with a RandomForest"]),
        (make_pipeline(BeatSegmenter(), PrunedCNNClassifier()), ["not fitted"]),
    ],
)
def test_a_file_that_is_no_model_is_named(tmp_path, capsys, content, saying):
    path = tmp_path / "model.joblib"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        joblib.dump(content, path)
    assert_fails(capsys, "info", path, saying=[str(path), *saying])
    assert_fails(capsys, "evaluate", path, tmp_path, saying=[str(path), *saying])


def test_missing_directory_of_records_is_named(tmp_path, model, capsys):
    missing = tmp_path / "nowhere"
    out = tmp_path / "model"
    assert_fails(capsys, "train", missing, "--out", out, saying=["nowhere"])
    assert_fails(capsys, "evaluate", model, missing, saying=["nowhere"])


def test_wrong_lead_is_named_with_those_there_are(records, tmp_path, capsys):
    arguments = ("train", records, "--out", tmp_path / "m", "--lead=V9", *QUICK)
    assert_fails(capsys, *arguments, saying=["'V9'", "'MLII', 'V1'"])
    assert list(tmp_path.iterdir()) == []


def test_parameter_out_of_range_is_named(records, tmp_path, capsys):
    arguments = ("train", records, "--out", tmp_path / "m", "--sparsity=1.5", *QUICK)
    assert_fails(capsys, *arguments, saying=["sparsity", "1.5"])
    assert list(tmp_path.iterdir()) == []


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


@pytest.mark.parametrize("before", [None, b"the model of yesterday"])
def test_failed_write_leaves_what_was_there_and_nothing_else(
    records, tmp_path, capsys, monkeypatch, before
):
    def dump_half(_model, path):
        Path(path).write_bytes(b"half of a mod")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(_model_files.joblib, "dump", dump_half)
    out = tmp_path / "model.joblib"
    if before is not None:
        out.write_bytes(before)
    arguments = ("train", records, "--out", out, *QUICK)
    assert_fails(capsys, *arguments, saying=["No space left on device"])
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [before] * bool(before)


def test_ctrl_c_ends_with_130_and_leaves_no_file(
    records, tmp_path, capsys, monkeypatch
):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(PrunedCNNClassifier, "fit", interrupt)
    assert run("train", records, "--out", tmp_path / "model", *QUICK) == 130
    assert capsys.readouterr().err == "sklearn-ecg: interrupted\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train", "records"],
        ["train", "records", "--out=model", "--sparsity=much"],
        ["train", "records", "--out=model", "--sparse=0.5"],
        ["evaluate", "model", "records", "--classes=mine"],
        ["demo", "--synthetic", "--no-download"],
    ],
)
def test_wrong_usage_ends_with_2_and_shows_the_usage(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: sklearn-ecg")


@pytest.mark.parametrize("command", ["demo", "train", "evaluate", "info"])
def test_help_of_each_command_says_that_it_is_no_medical_device(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    output = capsys.readouterr().out
    assert "Not a medical device" in output
    assert ("pickle" in output) == (command in ("evaluate", "info"))


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sklearn-ecg {__version__}\n"


def test_installed_command_fails_in_one_line_with_status_1(tmp_path):
    done = subprocess.run(
        [COMMAND, "info", tmp_path / "missing"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("sklearn-ecg: error: There is no model file")


def test_reader_that_stops_reading_is_no_error_to_complain_of(model):
    with subprocess.Popen(
        [COMMAND, "info", model], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


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
        "model.joblib",
        "beats.png",
        "confusion.png",
        "pruning.png",
    }
    n_beats = len(load_beats(tmp_path / "records").data)
    trained, scored = (
        int(output.partition(verb)[2].split()[0]) for verb in ("Training on", "Scoring")
    )
    assert trained + scored == n_beats
    assert joblib.load(tmp_path / "model.joblib")[-1].sparsity == 0.9


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
        "model.joblib",
        "beats.png",
        "confusion.png",
        "pruning.png",
    }


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
