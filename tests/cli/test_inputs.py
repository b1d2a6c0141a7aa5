import os
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
import wfdb
from command_line import QUICK, assert_fails, run

from sklearn_ecg import BeatSegmenter, load_model, load_pretrained, save_model
from sklearn_ecg._cli import _inputs
from sklearn_ecg._cli._inputs import Source, find_records, lead_instead, load, split
from sklearn_ecg.datasets import DATABASES, load_beats, make_ecg
from sklearn_ecg.model_selection import records_of
from sklearn_ecg.models import load_pretrained_chain


def names_of_beats(table):
    return set(zip(records_of(table), table["sample"], strict=True))


@pytest.mark.parametrize("options", [{"records": ["101"]}, {"classes": "symbols"}])
def test_a_beat_is_drawn_for_the_test_whatever_is_asked_for_beside_it(
    mitdb_names, tmp_path, options
):
    elsewhere = shutil.copytree(mitdb_names, tmp_path / "elsewhere")
    some, every = load_beats(elsewhere, **options), load_beats(mitdb_names)
    drawn, drawn_of_every = (
        names_of_beats(beats.data.iloc[split("intra", beats)[1]])
        for beats in (some, every)
    )
    assert drawn
    assert drawn == drawn_of_every & names_of_beats(some.data)


@pytest.fixture
def empty_directory(tmp_path, monkeypatch):
    """Make an empty directory the current one, and return it."""
    directory = tmp_path / "empty"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def test_a_database_is_looked_for_where_fetch_database_looks(
    mitdb, empty_directory, capsys, monkeypatch
):
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(mitdb.parent))
    assert find_records("mitdb") == Source(mitdb, DATABASES["mitdb"])
    assert capsys.readouterr().out == ""


def test_a_directory_of_the_name_that_is_here_goes_first_with_a_word(
    empty_directory, capsys, monkeypatch
):
    monkeypatch.setattr(_inputs, "fetch_database", None)
    (empty_directory / "svdb").mkdir()
    (empty_directory / "svdb" / "800.hea").touch()
    assert find_records("svdb").database is None
    assert (
        "Reading the directory svdb here, not the database" in capsys.readouterr().out
    )


def test_an_empty_directory_of_the_name_is_none(empty_directory, monkeypatch):
    (empty_directory / "svdb").mkdir()
    monkeypatch.setattr(_inputs, "fetch_database", lambda name: f"found {name}")
    assert find_records("svdb") == Source("found svdb", DATABASES["svdb"])


def test_a_directory_is_taken_without_a_word(empty_directory, capsys):
    assert find_records(str(empty_directory)) == Source(empty_directory)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat"])
def test_a_record_gets_advice_for_the_shell(records, suffix):
    with pytest.raises(FileNotFoundError) as error:
        find_records(f"{records}/synthetic_000{suffix}")
    message = str(error.value)
    assert "names a record, not a directory" in message
    assert f"directory, {records}, and" in message
    assert "--records synthetic_000" in message
    assert "[" not in message
    with pytest.raises(FileNotFoundError, match=f"directory, {records}[.]$"):
        find_records(f"{records}/synthetic_000{suffix}", can_choose=False)


def test_a_file_that_is_a_record_gets_the_same_advice(tmp_path):
    (tmp_path / "night.edf").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"--records night\.edf"):
        find_records(str(tmp_path / "night.edf"))


def test_a_name_that_is_neither_is_answered_with_the_databases(empty_directory):
    with pytest.raises(FileNotFoundError, match=r"mitbd, and no .*mitdb, svdb"):
        find_records("mitbd")


def test_a_lead_of_the_database_is_read_if_it_has_none_of_those_wanted(capsys):
    svdb = Source("svdb", DATABASES["svdb"])
    assert lead_instead(svdb, ["MLII", "II", "V5"]) == ["ECG1"]
    assert "Lead ECG1 is read" in capsys.readouterr().out


@pytest.mark.parametrize("database", [None, "mitdb", "incartdb", "edb", "qtdb"])
def test_no_other_lead_is_read_where_one_is_there_or_none_is_in_most_records(
    database, capsys
):
    source = Source("directory", DATABASES.get(database))
    assert lead_instead(source, ["MLII", "II", "V5"]) == []
    assert capsys.readouterr().out == ""


@pytest.fixture(scope="module")
def many_patients(tmp_path_factory):
    directory = tmp_path_factory.mktemp("many")
    make_ecg(12, duration=10, random_state=0, directory=directory)
    return directory


def test_patients_are_drawn_whole_and_the_same_ones_whatever_else_is_there(
    many_patients,
):
    beats = load_beats(many_patients)
    train, test = split("patients", beats)
    drawn = set(beats.groups[test])
    assert drawn
    assert not drawn & set(beats.groups[train])
    assert len(train) + len(test) == len(beats.data)
    names = sorted(drawn)[:1] + sorted(set(beats.groups[train]))[:1]
    some = load_beats(many_patients, names)
    train, test = split("patients", some)
    assert set(some.groups[test]) == {names[0]}
    assert set(some.groups[train]) == {names[1]}


def test_a_split_with_an_empty_side_is_refused(many_patients):
    beats = load_beats(many_patients)
    _, test = split("patients", beats)
    one = str(beats.groups[test][0])
    with pytest.raises(ValueError, match=r"no beat is left to train on; .* patients"):
        split("patients", load_beats(many_patients, [one]))


LIKE_LOAD_BEATS = {"records": None, "annotator": "atr", "classes": "aami"}


@pytest.fixture
def with_invalid(records, tmp_path):
    """Directory with a beat past the end, and a record whose signal is not there."""
    directory = shutil.copytree(records, tmp_path / "records")
    annotation = wfdb.rdann(str(directory / "synthetic_000"), "atr")
    wfdb.wrann(
        "synthetic_000",
        "atr",
        np.append(annotation.sample, 40 * 360),
        [*annotation.symbol, "V"],
        write_dir=str(directory),
    )
    (directory / "synthetic_001.dat").unlink()
    return directory


def load_with(directory, on_invalid, **changes):
    source = Source(directory)
    options = LIKE_LOAD_BEATS | changes
    return load(source, BeatSegmenter(), on_invalid=on_invalid, **options)


def test_what_cannot_be_used_is_left_out_and_all_of_it_listed(with_invalid, capsys):
    beats = load_with(with_invalid, "warn")
    assert set(beats.groups) == {"synthetic_000", "synthetic_002"}
    assert len(beats.data) == len(beats.target) == len(beats.groups)
    first, *listed = capsys.readouterr().out.splitlines()
    assert first.startswith("Left out")
    assert len(listed) == 2
    assert "synthetic_000, sample 14400 (V): outside of the signal" in listed[0]
    assert "synthetic_001: it cannot be read" in listed[1]


def test_what_cannot_be_used_is_left_out_silently_if_asked_for(with_invalid, capsys):
    assert len(set(load_with(with_invalid, "ignore").groups)) == 2
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_used_is_an_error_if_asked_for(with_invalid):
    with pytest.raises(
        ValueError, match=r"^2 records or beats .*sample 14400.*--on-inv"
    ):
        load_with(with_invalid, "raise")


def test_a_record_that_was_asked_for_and_has_no_signal_is_an_error(with_invalid):
    with pytest.raises(OSError, match="synthetic_001"):
        load_with(with_invalid, "warn", records=["synthetic_000", "synthetic_001"])


def test_beats_without_signal_are_left_out(records, monkeypatch, capsys):
    def all_but_the_first(_segmenter, table):
        return np.arange(len(table)) > 0

    monkeypatch.setattr(BeatSegmenter, "has_signal", all_but_the_first)
    beats = load_with(records, "warn")
    assert len(beats.data) == len(load_beats(records).data) - 3
    assert capsys.readouterr().out.count("samples of its window are missing") == 3


def test_nothing_left_is_an_error(records, monkeypatch):
    monkeypatch.setattr(
        BeatSegmenter, "has_signal", lambda _, table: np.zeros(len(table), bool)
    )
    with pytest.raises(ValueError, match=r"No beat of .* has a signal"):
        load_with(records, "ignore")


class RunsSomething:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


COMMANDS = {
    "info": ("{}",),
    "evaluate": ("{}", "records"),
    "annotate": ("{}", "night.edf", "--out", "out"),
    "export": ("{}", "firmware"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["model.joblib", "model.ecg", "night.edf"])
def test_no_command_unpickles(tmp_path, capsys, monkeypatch, command, name):
    monkeypatch.chdir(tmp_path)
    joblib.dump(RunsSomething(tmp_path / "made"), name)
    arguments = [argument.format(name) for argument in COMMANDS[command]]
    saying = [f"{name} is a pickle", "If you trust it", "save_model(joblib.load("]
    assert_fails(capsys, command, *arguments, saying=saying)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_train_writes_no_pickle(records, tmp_path, capsys):
    saying = ["name of a pickle", "model.ecg", "joblib.dump"]
    out = tmp_path / "model.joblib"
    assert_fails(capsys, "train", records, "--out", out, *QUICK, saying=saying)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("annotate", ("--out", "out")),
        ("annotate", ("--out", "out", "--jobs", "2")),
        ("evaluate", ()),
        ("export", ()),
    ],
)
@pytest.mark.parametrize("record", ["night.edf", "100", "."])
def test_arguments_in_the_wrong_order_get_a_clear_word(
    tmp_path, capsys, monkeypatch, command, options, record
):
    monkeypatch.chdir(tmp_path)
    joblib.dump(RunsSomething(tmp_path / "made"), "night.edf")
    for model in ("ambulatory", save_model(load_pretrained("wearable"), "mine.ecg")):
        saying = ["The model comes first", f"{model} {record}"]
        assert_fails(capsys, command, record, model, *options, saying=saying)
    assert not (tmp_path / "made").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (None, ["There is no model file", "ambulatory, wearable only"]),
        (b"", ["a file of something else"]),
        (b"no model at all", ["a file of something else"]),
        (b"\x40" + 7 * b"\0" + b"{" + 70 * b" ", ["can't be loaded"]),
    ],
)
def test_a_file_that_is_no_model_is_named(tmp_path, capsys, content, saying):
    path = tmp_path / "model.ecg"
    if content is not None:
        path.write_bytes(content)
    assert_fails(capsys, "info", path, saying=[str(path), *saying])
    assert_fails(capsys, "evaluate", path, tmp_path, saying=[str(path), *saying])


def test_a_chain_is_told_where_it_opens(tmp_path, capsys):
    path = save_model(load_pretrained_chain(), tmp_path / "chain.ecg")
    saying = [str(path), "'sklearn-ecg annotate' and 'sklearn-ecg export' take it"]
    assert_fails(capsys, "info", path, saying=saying)
    assert_fails(capsys, "evaluate", path, tmp_path, saying=saying)
    make_ecg(1, duration=60, random_state=0, directory=tmp_path)
    run("annotate", path, tmp_path / "synthetic_000", "--out", tmp_path)
    assert (tmp_path / "synthetic_000.ext").exists()


@pytest.mark.parametrize("before", [None, b"the model of yesterday"])
def test_failed_write_leaves_what_was_there_and_nothing_else(
    records, tmp_path, capsys, monkeypatch, before
):
    def write_half(path, _content):
        with open(path, "wb") as file:
            file.write(b"half of a mod")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", write_half)
    out = tmp_path / "model.ecg"
    if before is not None:
        with open(out, "wb") as file:
            file.write(before)
    arguments = ("train", records, "--out", out, *QUICK)
    assert_fails(capsys, *arguments, saying=["No space left on device"])
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [before] * bool(before)


def test_a_model_is_written_through_a_link_and_into_a_device(records, tmp_path):
    link = tmp_path / "newest.ecg"
    link.symlink_to("first.ecg")
    assert run("train", records, "--out", link, *QUICK) == 0
    assert link.is_symlink()
    assert load_model(tmp_path / "first.ecg").classes_.size
    assert run("train", records, "--out", "/dev/null", *QUICK) == 0
    assert Path("/dev/null").is_char_device()


def test_a_classifier_alone_is_a_model_where_that_is_enough(model, tmp_path, capsys):
    path = save_model(load_model(model)[-1], tmp_path / "classifier.ecg")
    assert run("info", path) == 0
    capsys.readouterr()
    saying = ["PrunedCNNClassifier that takes rows", "BeatSegmenter"]
    assert_fails(capsys, "evaluate", path, tmp_path, saying=saying)
