import functools
import re

import joblib
import pytest
from command_line import QUICK, assert_fails, run

from sklearn_ecg import load_model, load_pretrained, save_model
from sklearn_ecg._cli import _export, _playing, main
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.edge import quantize
from sklearn_ecg.models import load_pretrained_chain


def test_export_of_a_pipeline_that_no_device_repeats_names_the_one_to_train(
    records, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "model.ecg"
    assert run("train", records, "--out", out, *QUICK) == 0
    monkeypatch.setattr(_export, "load", None)
    saying = ["error: Give --rate HZ", "--pipeline default"]
    assert_fails(
        capsys, "export", out, tmp_path / "c", "--data", records, saying=saying
    )
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("option", "saying"),
    [
        ("--name=stdio", ["--name must be", "'stdio'"]),
        ("--name=1st", ["--name must be", "'1st'"]),
    ],
)
def test_a_name_that_c_does_not_take_is_refused_before_any_data_are_read(
    tmp_path, capsys, no_data, option, saying
):
    arguments = ("export", tmp_path / "model", tmp_path / "c", option)
    assert_fails(capsys, *arguments, saying=saying)


def test_a_package_that_is_missing_is_named_before_any_data_are_read(
    tmp_path, capsys, no_data, monkeypatch
):
    monkeypatch.setattr(_export.importlib.util, "find_spec", lambda _name: None)
    arguments = ("export", tmp_path / "model", tmp_path / "c", "--onnx")
    assert_fails(capsys, *arguments, saying=["pip install 'sklearn-ecg[onnx]'"])


@pytest.fixture
def small_model(pipeline, tmp_path):
    return save_model(pipeline, tmp_path / "model.ecg")


def test_export_writes_c_and_says_where(small_model, tmp_path, capsys):
    make_ecg(n_records=2, duration=30, random_state=0, directory=tmp_path / "records")
    arguments = ["--data", str(tmp_path / "records"), "--name", "heart"]
    arguments += ["--package", "arduino", "--package", "esp-idf"]
    assert (
        main(["export", str(small_model), str(tmp_path / "firmware"), *arguments]) == 0
    )
    for file in ("heart.c", "library.properties", "idf_component.yml"):
        assert (tmp_path / "firmware" / file).is_file()
    assert f"{tmp_path / 'firmware' / 'heart.h'}" in capsys.readouterr().out


def test_export_at_a_rate_writes_a_whole_chain_and_plays_to_it(
    tmp_path, capsys, monkeypatch
):
    directory = tmp_path / "records"
    make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    name = sorted(directory.glob("*.hea"))[0].stem
    monkeypatch.setattr(_playing, "play", played_by_twin)
    monkeypatch.setattr(
        _export,
        "quantize",
        functools.partial(quantize, fine_tune_epochs=0),
    )
    arguments = ["--data", directory, "--rate", "250", "--play", name]
    assert run("export", "wearable", tmp_path / "firmware", *arguments) == 0
    output, progress = capsys.readouterr()
    assert "Reading recordings" in progress
    assert "Quantizing with 2 recordings, for 250 Hz" in output
    header = (tmp_path / "firmware" / "ecg_beat.h").read_text()
    assert "int ecg_beat_stream_push(" in header
    assert f"{directory / name} on the emulated cortex-m4, 0.5 minutes" in output
    n_beats = re.search(r"(\d+) of (\d+) beats are the same", output)
    assert n_beats[1] == n_beats[2]
    n_told = re.search(r"(\d+) of (\d+) beginnings and ends are the same", output)
    assert n_told[1] == n_told[2]


@pytest.fixture
def ready(tmp_path):
    """The file of the chain in the box."""
    return save_model(load_pretrained_chain(), tmp_path / "chain.ecg")


def test_a_chain_that_was_saved_is_exported_as_it_was_the_first_time(
    records, tmp_path, monkeypatch
):
    quick = functools.partial(quantize, fine_tune_epochs=0)
    monkeypatch.setattr(_export, "quantize", quick)
    file, first, again = (tmp_path / name for name in ("chain.ecg", "first", "again"))
    options = ("--data", records, "--rate=360", "--gain=400", "--quiet")
    assert run("export", "wearable", first, *options, "--save", file) == 0
    monkeypatch.setattr(_export, "quantize", None)
    assert run("export", file, again) == 0
    assert load_model(file).card_ == load_pretrained("wearable").card_
    written = {path.name: path.read_bytes() for path in first.iterdir()}
    assert written == {path.name: path.read_bytes() for path in again.iterdir()}
    assert b"#define ECG_BEAT_DEVICE_RATE 360" in written["ecg_beat.h"]


def test_a_chain_that_was_saved_is_played_to(
    ready, records, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(_playing, "play", played_by_twin)
    options = ("--data", records, "--play", "synthetic_000", "--no-rhythm")
    assert run("export", ready, tmp_path / "firmware", *options) == 0
    n_same = re.search(r"(\d+) of (\d+) beats are the same", capsys.readouterr().out)
    assert n_same[1] == n_same[2] != "0"


@pytest.mark.parametrize(
    ("option", "saying"),
    [
        ("--rate=360", ["chain.ecg is a chain for 250 Hz", "Leave --rate out"]),
        ("--gain=400", ["is a chain for 200 counts per mV", "Leave --gain out"]),
        ("--onnx", ["--onnx writes the float network"]),
    ],
)
def test_what_a_chain_would_have_to_be_made_anew_for_is_refused(
    ready, tmp_path, capsys, monkeypatch, option, saying
):
    monkeypatch.setattr(_export.importlib.util, "find_spec", lambda _name: True)
    directory = tmp_path / "firmware"
    assert_fails(capsys, "export", ready, directory, option, saying=saying)
    assert not directory.exists()


def test_a_chain_that_was_pickled_is_refused_with_the_way_to_convert_it(
    tmp_path, capsys
):
    path = tmp_path / "chain.pkl"
    joblib.dump(load_pretrained_chain(), path)
    saying = ["A pickle can run any program", "save_model(joblib.load("]
    assert_fails(capsys, "export", path, tmp_path / "firmware", saying=saying)


def test_where_a_chain_cannot_be_saved_is_said_before_any_data_are_read(
    tmp_path, capsys, no_data
):
    options = ("--rate=360", "--data=mitdb", "--save", tmp_path / "nowhere" / "c.ecg")
    saying = ["There is no directory"]
    assert_fails(capsys, "export", "wearable", tmp_path / "c", *options, saying=saying)


def test_a_classifier_of_windows_is_not_saved_a_second_time(
    small_model, tmp_path, capsys, no_data
):
    options = ("--save", tmp_path / "chain.ecg")
    saying = ["--save needs --rate"]
    assert_fails(capsys, "export", small_model, tmp_path / "c", *options, saying=saying)


@pytest.mark.parametrize("data", [(), ("--data=mitdb",)])
def test_the_chain_in_the_box_is_taken_where_it_is_what_would_come_of_it(
    data, tmp_path, capsys, no_data, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_export, "quantize", None)
    options = ("--rate=250", "--gain=200", "--save=chain.ecg", *data)
    assert run("export", "wearable", "firmware", *options) == 0
    assert "Nothing has to be quantized: the chain of" in capsys.readouterr().out
    saved, ready = load_model("chain.ecg"), load_pretrained_chain()
    assert saved.fingerprint_ == ready.fingerprint_


def test_a_copy_of_the_database_needs_no_quantizing_but_a_part_of_it_does(
    mitdb, records, tmp_path, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        _export,
        "quantize",
        lambda _model, chosen, **_options: (
            asked.append(chosen) or load_pretrained_chain()
        ),
    )
    for data in (mitdb, records):
        options = ("--rate=250", "--data", data)
        assert run("export", "wearable", tmp_path / "firmware", *options) == 0
    assert (
        run("export", "wearable", tmp_path / "other", *options[:1], "--gain=199") == 0
    )
    assert [len(chosen) for chosen in asked] == [3, 24]


def played_by_twin(_path, chain, counts, _cpu, *, return_episodes):
    beats = chain.run(counts)
    return (beats, chain.episodes(beats, len(counts))) if return_episodes else beats


def test_a_record_to_play_is_looked_for_before_anything_is_quantized(tmp_path, capsys):
    directory = tmp_path / "records"
    make_ecg(n_records=2, duration=30, random_state=0, directory=directory)
    arguments = ["--data", directory, "--rate", "250", "--play", "999"]
    assert_fails(
        capsys, "export", "wearable", tmp_path / "firmware", *arguments, saying=["999"]
    )
    assert not (tmp_path / "firmware").exists()


def test_only_a_chain_is_played_to(small_model, tmp_path, capsys):
    assert_fails(
        capsys,
        "export",
        small_model,
        tmp_path / "firmware",
        "--play",
        "100",
        saying=["--play needs --rate"],
    )


def test_export_of_a_page_needs_no_data(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SKLEARN_ECG_DATA", raising=False)
    page = tmp_path / "page.html"
    assert main(["export", "wearable", str(page), "--page"]) == 0
    assert page.resolve().as_uri() in capsys.readouterr().out
    assert main(["export", "wearable", str(page), "--page", "--profile"]) == 1
    assert "--profile is not for a page" in capsys.readouterr().err


def test_export_without_beats_to_calibrate_with_fails(
    small_model, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "nowhere"))
    assert main(["export", str(small_model), str(tmp_path / "firmware")]) == 1
    assert "no beats to calibrate with: give --data" in capsys.readouterr().err
    assert not (tmp_path / "firmware").exists()


def test_export_names_a_core_that_is_not_known(small_model, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(
            ["export", str(small_model), str(tmp_path / "firmware"), "--profile", "z80"]
        )
    assert "'z80'" in capsys.readouterr().err
