import json
import re

import numpy as np
import pandas as pd
from command_line import run
from sklearn.pipeline import make_pipeline

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    PrunedCNNClassifierCV,
    __version__,
    load_model,
    save_model,
)
from sklearn_ecg.datasets import load_beats
from sklearn_ecg.metrics import beat_scores, ec57_scores


def test_info_shows_what_the_model_is(model, capsys):
    assert run("info", model) == 0
    output = capsys.readouterr().out
    cost = load_model(model)[-1].complexity_
    for part in (
        "MLII, or else II, or else V5",
        "126 samples at 180 Hz",
        f"{cost.n_nonzero:,} of {cost.n_prunable:,}",
        f"{cost.macs:,} of {cost.dense_macs:,}",
        "F, N, Q, S, V",
        "Live         yes, by BeatStream",
        f"sklearn-ecg {__version__}",
        "distillation",
    ):
        assert part in output


def test_info_names_what_a_device_cannot_repeat(records, tmp_path, capsys):
    beats = load_beats(records)
    segmenter = BeatSegmenter("V1", baseline="median", rr_features=None)
    classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, stage_epochs=1)
    pipeline = make_pipeline(segmenter, classifier).fit(beats.data, beats.target)
    assert run("info", save_model(pipeline, tmp_path / "model")) == 0
    output = capsys.readouterr().out
    assert "On a device  no. A device can't repeat" in output
    assert "Live         A live signal can't be cut with" in output
    assert "baseline='median'" in output


def test_info_shows_the_network_that_a_search_chose(records, tmp_path, capsys):
    beats = load_beats(records)
    classifier = PrunedCNNClassifier(n_epochs=1, stage_epochs=1, random_state=0)
    search = PrunedCNNClassifierCV(classifier, sparsities=[0.5, 0.7], cv=2)
    pipeline = make_pipeline(BeatSegmenter(), search).fit(beats.data, beats.target)
    assert run("info", save_model(pipeline, tmp_path / "model")) == 0
    cost = search.best_estimator_.complexity_
    assert f"{cost.n_nonzero:,} of {cost.n_prunable:,}" in capsys.readouterr().out


def test_evaluate_prints_and_writes_the_scores_of_the_public_functions(
    records, model, tmp_path, capsys
):
    csv, figures = tmp_path / "scores.csv", tmp_path / "new" / "figures"
    options = ("--csv", csv, "--figures", figures, "--quiet")
    assert run("evaluate", model, records, *options) == 0
    beats = load_beats(records)
    y_pred = load_model(model).predict(beats.data)
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
    ]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in figures.iterdir())


def test_info_shows_a_classifier_alone(model, tmp_path, capsys):
    classifier = load_model(model)[-1]
    assert run("info", save_model(classifier, tmp_path / "classifier")) == 0
    output = capsys.readouterr().out
    low, high = classifier.sample_range_
    for part in (
        r"Input +windows, as rows",
        r"Columns +131, named MLII@-0.250 to \w+: 1 channel of 126 samples and 5 feat",
        r"Features +rr_prev, rr_next, ",
        rf"Samples +from {low:.4g} to {high:.4g} in training",
    ):
        assert re.search(part, output)
    assert f"{classifier.complexity_.macs:,} of" in output


def test_info_says_what_a_classifier_of_plain_rows_expects(tmp_path, capsys):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 0.9, (40, 187)), np.repeat([0.0, 1.0], 20)
    X[y == 1, 60:80] += 0.1
    X[:, 140:], X[3, 3], X[5, 5] = 0, -0.25, 1.5
    classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, random_state=0)
    path = save_model(classifier.fit(X, y), tmp_path / "rows.ecg")
    assert run("info", path) == 0
    facts = capsys.readouterr().out.splitlines()[:5]
    assert facts == [
        "Input        windows, as rows",
        "Columns      187: 1 channel of 187 samples",
        "Samples      from -0.25 to 1.5 in training; scale yours as these were",
        "Classes      0.0, 1.0",
        "On a device  from rows (quantize and export_c, in Python)",
    ]


def test_info_of_an_older_file_knows_no_range(tmp_path, capsys):
    X = np.random.default_rng(0).normal(size=(40, 2, 30))
    classifier = PrunedCNNClassifier(n_stages=1, n_epochs=1, random_state=0)
    classifier.fit(X, np.repeat(["N", "V"], 20))
    del classifier.sample_range_
    path = save_model(classifier, tmp_path / "rows.ecg")
    assert run("info", path) == 0
    output = capsys.readouterr().out
    assert "Columns      60: 2 channels of 30 samples" in output
    assert "in training;" not in output


def test_info_of_a_model_is_an_object(model, tmp_path, capsys):
    assert run("info", model, "--json") == 0
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert captured.err == ""
    pipeline = load_model(model)
    cost = pipeline[-1].complexity_
    assert (facts["n_nonzero"], facts["macs"]) == (cost.n_nonzero, cost.macs)
    assert facts["classes"] == pipeline.classes_.tolist()
    assert facts["input"]["lead"] == list(pipeline[0].lead)
    assert facts["obstacles"]["live"] is None
    assert facts["obstacles"]["rows"] == "it takes recordings"
    assert facts["file"] == str(model)
    assert len(facts["stages"]) == len(pipeline[-1].stages_)


def test_info_of_a_classifier_alone_is_an_object(model, tmp_path, capsys):
    path = save_model(load_model(model)[-1], tmp_path / "classifier")
    assert run("info", path, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["input"] is None
    assert facts["obstacles"]["rows"] is None
    assert "live" not in facts["obstacles"]


def test_scores_are_an_object(records, model, capsys):
    assert run("evaluate", model, records, "--json", "--quiet") == 0
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert "Scoring" in captured.err
    beats = load_beats(records)
    y_pred = load_model(model).predict(beats.data)
    report = beat_scores(beats.target, y_pred)
    assert facts["accuracy"] == report.accuracy
    assert facts["per_class"]["N"]["Se"] == report.per_class.loc["N", "Se"]
    assert facts["confusion"]["N"]["N"] == report.confusion.loc["N", "N"]
    assert (
        facts["ec57"]["VEB"]["TP"] == ec57_scores(beats.target, y_pred).loc["VEB", "TP"]
    )


def test_comparisons_are_a_line_of_json_each(records, capsys):
    arguments = ("--reference=atr", "--test=atr", "--start=0", "--json")
    assert run("compare", records, *arguments) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["record"] for row in rows] == [
        *(f"synthetic_00{number}" for number in range(3)),
        "Gross",
        "Average",
    ]
    assert rows[0]["QRS Se"] == 1
