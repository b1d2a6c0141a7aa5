"""How the models in the box are trained and measured."""

import numpy as np
import pandas as pd
import pretrain
import pretrain_cards
import pretrain_data
import pytest
from noises import in_turns, qrs_height, with_noise
from sklearn.utils import Bunch

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.models import ModelCard
from sklearn_ecg.records import read_recording, recording_from_array


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clean")
    made = make_ecg(1, duration=180, random_state=0, directory=directory)
    return read_recording(made.records[0])


@pytest.fixture(scope="module")
def noise():
    signal = np.random.default_rng(0).normal(size=(7200, 2)) + [0.5, -3]
    return recording_from_array(signal, 360, ["MLII", "V1"], name="hiss")


@pytest.mark.parametrize("level", [0, 12])
def test_noise_is_as_loud_as_said_and_beats_stay(clean, noise, level):
    noisy = with_noise(clean, noise, level, start=3)
    assert noisy.name.endswith(f"with hiss at {level} dB")
    for lead, samples in clean.read().items():
        added = noisy.read(lead) - samples
        power = qrs_height(samples, 360) ** 2 / 8
        assert 10 * np.log10(power / added.var()) == pytest.approx(level, abs=0.1)
    pd.testing.assert_frame_equal(noisy.annotations(), clean.annotations())


def test_noise_may_come_and_go(clean, noise):
    noisy = with_noise(clean, noise, 6, when=lambda seconds: seconds >= 30)
    lead = clean.leads[0]
    is_same = noisy.read(lead) == clean.read(lead)
    assert is_same[: 30 * 360].all()
    assert not is_same[30 * 360 :].any()
    changes = np.flatnonzero(np.diff(in_turns(np.arange(800))))
    assert (changes + 1).tolist() == [300, 420, 540, 660, 780]


def test_detections_are_told_by_record_and_second(clean):
    rows = pretrain_data.annotated("mitdb", [clean], when=lambda seconds: seconds > 20)
    n_detected = len(pretrain_data.annotated("mitdb", [clean]).target)
    assert 0 < len(rows.target) < n_detected
    assert set(rows.record) == {clean.name}
    assert rows.seconds == pytest.approx(rows.data["sample"] / 360)
    assert rows.seconds.min() > 20


def test_a_fold_holds_a_patient_whole_and_the_noise_of_118(tmp_path):
    records = {
        "mitdb": ["118", "201", "202", "100", "101"],
        "nsrdb": ["16265", "16272", "16273"],
        "qtdb": ["sel16265", "sel100"],
        "nstdb": ["118e06", "118e12", "em", "ma", "bw"],
    }
    for name, names in records.items():
        (tmp_path / name).mkdir()
        for record in names:
            (tmp_path / name / f"{record}.hea").touch()
    fold_of = pretrain_data.dealt(tmp_path)
    known = {"118", "201", "100", "101", "16265", "16272", "16273", "em", "ma", "bw"}
    assert set(fold_of) == known
    assert fold_of["em"] == fold_of["118"]
    assert len({fold_of[name] for name in ("em", "ma", "bw")}) == 3
    assert len({fold_of[name] for name in ("16272", "16273")}) == 2


def test_an_interval_is_over_patients():
    above, below = np.array([1.0, 0, 1, 0, 1, 0]), np.ones(6)
    alike = np.array(list("aabbcc"))
    assert pretrain_cards.ratio(above, below, alike) == (0.5, "0.500 to 0.500")
    unlike = np.array(list("acacac"))
    assert pretrain_cards.ratio(above, below, unlike) == (0.5, "0.000 to 1.000")
    assert pretrain_cards.ratio(above, below, np.full(6, "a")) == (0.5, "")


@pytest.fixture
def told():
    """Beats of each kind that a card tells of, and what they are called."""
    rows = [
        ("nsrdb", "16265", "", "N", "N"),
        ("nsrdb", "16265", "", "N", "V"),
        ("nsrdb", "16273", "", "N", "S"),
        ("nsrdb", "16273", "", "N", "N"),
        ("mitdb", "202", "AFIB", "N", "S"),
        ("mitdb", "202", "AFIB", "V", "V"),
        ("mitdb", "102", "", "Q", "Q"),
        ("mitdb", "102", "", "Q", "V"),
        ("svdb", "800", "", "S", "S"),
        ("nstdb", "118e06", "", "N", "N"),
        ("nstdb", "118e06", "", "N", "O"),
        ("nstdb", "118e06", "", "O", "N"),
        (pretrain_data.ALONE, "em", "", "O", "V"),
        (pretrain_data.ALONE, "em", "", "O", "O"),
    ]
    names = ("database", "record", "rhythm", "target", "predicted")
    beats = Bunch(
        **{
            name: np.array(column)
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
    )
    beats.patient = beats.record
    beats.hours = {"16265": 2.0, "16273": 2.0}
    lost = {"database": "nstdb", "record": "118e06", "patient": "118", "label": "N"}
    beats.missed = pd.DataFrame([lost])
    return beats


def test_figures_are_of_the_beats_that_they_name(told):
    proba = np.where(told.predicted[:, None] == np.array(list("NOQSV")), 0.8, 0.05)
    rows = pretrain_cards.figures_of(
        told, told.predicted, pd.DataFrame(proba, columns=list("NOQSV"))
    )
    value = {row["figure"]: row["value"] for row in rows}
    assert value["false S of 1,000 beats, nsrdb"] == 250
    assert value["false V an hour, nsrdb"] == 0.25
    assert value["false S of 1,000 beats in AF, mitdb"] == 500
    assert value["false V of 1,000 beats in AF, mitdb"] == 0
    assert value["called V of 1,000 paced beats, mitdb"] == 500
    at_6_db = "118 with noise at 6 dB"
    assert value[f"{at_6_db}, Se of beats not called O"] == pytest.approx(
        1 / 3, abs=1e-4
    )
    assert value[f"{at_6_db}, +P of beats not called O"] == 0.5
    assert value["called V or S of 1,000 detections in noise alone"] == 500
    assert value["calibration error of S, svdb"] == pytest.approx(0.2)
    assert max(map(len, str(ModelCard("a", figures=rows)).splitlines())) < 80


def test_scores_count_beats_that_were_not_detected(told):
    rows = pd.DataFrame(pretrain_cards.scores_of(told, told.predicted))
    of_n = rows[rows["class"] == "N"].set_index("database")
    assert of_n.loc["nstdb", "beats"] == 3
    assert of_n.loc["nstdb", "Se"] == pytest.approx(1 / 3, abs=1e-4)
    assert of_n.loc["nstdb", "+P"] == 0.5


def test_a_fold_is_calibrated_by_the_others_alone():
    random = np.random.default_rng(0)
    classes = np.array(["N", "O", "S", "V"])
    training = Bunch(
        classes=classes, codes=random.integers(4, size=300), weights=np.ones(300)
    )
    beats = Bunch(fold=np.arange(300) % 3)
    log_proba = np.log(random.dirichlet(np.ones(4), size=300))
    before = pretrain.calibrated_on_others(log_proba, beats, training)
    training.codes[beats.fold == 0] = 0
    after = pretrain.calibrated_on_others(log_proba, beats, training)
    is_first = beats.fold == 0
    np.testing.assert_array_equal(before[is_first], after[is_first])
    assert (before[~is_first] != after[~is_first]).all()
