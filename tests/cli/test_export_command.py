import joblib
import pytest

from sklearn_ecg._cli._commands import main
from sklearn_ecg.datasets import make_ecg


@pytest.fixture
def model(pipeline, tmp_path):
    joblib.dump(pipeline, tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


def test_export_writes_c_and_says_where(model, tmp_path, capsys):
    make_ecg(n_records=2, duration=30, random_state=0, directory=tmp_path / "records")
    arguments = ["--data", str(tmp_path / "records"), "--name", "heart"]
    assert main(["export", str(model), str(tmp_path / "firmware"), *arguments]) == 0
    assert (tmp_path / "firmware" / "heart.c").is_file()
    assert f"{tmp_path / 'firmware' / 'heart.h'}" in capsys.readouterr().out


def test_export_without_beats_to_calibrate_with_fails(
    model, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("SKLEARN_ECG_DATA", str(tmp_path / "nowhere"))
    assert main(["export", str(model), str(tmp_path / "firmware")]) == 1
    assert "no beats to calibrate with: give --data" in capsys.readouterr().err
    assert not (tmp_path / "firmware").exists()


def test_export_names_a_core_that_is_not_known(model, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["export", str(model), str(tmp_path / "firmware"), "--profile", "z80"])
    assert "'z80'" in capsys.readouterr().err
