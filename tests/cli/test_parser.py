import pytest

from sklearn_ecg import (
    BeatSegmenter,
    PrunedCNNClassifier,
    _constants,
    datasets,
    edge,
    make_beat_pipeline,
)
from sklearn_ecg._cli import _parser, main
from sklearn_ecg.metrics._episode_set import KINDS


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
        ["train", "records", "--out=model", "--pipeline=mine"],
        ["evaluate", "model", "records", "--learning-period=-1"],
        ["evaluate", "model", "records", "--learning-period=inf"],
        ["compare"],
        ["compare", "records", "--start=-1"],
        ["compare", "records", "--tolerance=0.1"],
        ["compare", "records", "--episodes=AFIB"],
        ["compare", "records", "--episodes=AF", "--shortest=-1"],
    ],
)
def test_wrong_usage_ends_with_2_and_shows_the_usage(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: sklearn-ecg")


@pytest.mark.parametrize("command", ["demo", "train", "evaluate", "compare", "info"])
def test_help_of_each_command_says_that_it_is_no_medical_device(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    output = capsys.readouterr().out
    assert "Not a medical device" in output
    assert ("pickle" in output) == (command in ("evaluate", "info"))


def test_what_the_help_says_is_what_the_package_does():
    assert tuple(datasets.DATABASES) == _constants.DATABASE_NAMES
    assert tuple(BeatSegmenter().lead) == _constants.USUAL_LEADS
    assert tuple(edge.CPUS) == _constants.CPU_NAMES
    assert KINDS == _parser.EPISODES


@pytest.mark.parametrize("name", _parser.TRAINING_OPTIONS)
def test_the_defaults_in_the_help_are_those_of_the_pipelines(name):
    default = _parser.TRAINING_OPTIONS[name][2]
    of_known, of_unseen = (
        classifier.get_params()[name]
        for classifier in (PrunedCNNClassifier(), make_beat_pipeline()[-1])
    )
    both = f"{of_unseen}; {of_known} with --pipeline default"
    assert default == (both if of_known != of_unseen else str(of_known))
