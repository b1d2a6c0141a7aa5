from datetime import datetime

import numpy as np
import pytest

from sklearn_ecg.records import read_recording
from sklearn_ecg.records._csv_preamble import preamble_of

ECG = np.random.default_rng(0).normal(0, 200, 1500)

# Name, birth, time, rate, lead and unit, as the export of a watch has them.
LANGUAGES = {
    "de": ("Geburtsdatum", "Aufgezeichnet am", "Messrate,512 Hertz", "Ableitung", "µV"),
    "fr": ("Naissance", "Enregistré", "Échantillonnage,512 hertz", "Dérivation", "µV"),
    "es": (
        "Nacimiento",
        "Fecha de registro",
        "Muestreo,512 hercios",
        "Derivación",
        "µV",
    ),
    "it": ("Nascita", "Data", "Campionamento,512 hertz", "Derivazione", "µV"),
    "nl": ("Geboren", "Opgenomen", "Meetsnelheid,512 hertz", "Afleiding", "µV"),
    "pt": ("Nascimento", "Gravado", "Taxa de Amostragem,512 hertz", "Derivação", "µV"),
    "sv": ("Född", "Inspelad", "Samplingshastighet,512 hertz", "Avledning", "µV"),
    "ru": ("Рождение", "Записано", "Дискретизация,512 Гц", "Отведение", "мкВ"),
    "ja": ("生年月日", "記録日", "サンプルレート,512ヘルツ", "第", "µV"),
    "zh": ("出生日期", "记录日期", "采样率,512赫兹", "导联", "µV"),
}


def watch(language, decimal):
    born, recorded, rate, lead, unit = LANGUAGES[language]
    name = f"{lead}I誘導" if language == "ja" else f"{lead} I"
    head = ["x,Erika II", f"{born},1950-02-01", f"{recorded},2024-02-03 10:20:30 +0100"]
    head += [
        "x,Sinus",
        "x,",
        'x,"Watch6,1"',
        rate,
        "",
        "",
        f"x,{name}",
        f"x,{unit}",
        "",
    ]
    numbers = [f"{x:.3f}".replace(".", decimal) for x in ECG]
    return "\n".join([*head, *numbers])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("decimal", [".", ","])
def test_the_export_of_a_watch_is_read_in_any_language(tmp_path, language, decimal):
    path = tmp_path / "ecg.csv"
    path.write_text(watch(language, decimal), encoding="utf-8")
    recording = read_recording(path)
    assert recording.sampling_rate == 512
    assert recording.start_time == datetime(2024, 2, 3, 10, 20, 30)
    [lead] = recording.leads
    assert "Erika" not in lead
    assert lead.endswith("I")
    np.testing.assert_allclose(recording.read("I"), ECG / 1000, atol=1e-6)


@pytest.mark.parametrize(
    "lines",
    [
        ["x,500 Hz", "y,250 Hz", "z,µV"],
        ["Tiefpassfilter,150 Hz", "z,µV"],
        ["x,50 Hz", "z,µV"],
        ["Erika,II", "z,µV"],
    ],
)
def test_values_that_may_be_another_thing_tell_nothing(lines):
    assert preamble_of(lines) == (None, None, None, None)


def test_a_letter_alone_is_no_unit():
    assert preamble_of(["x,512 Hz", "Klasse,V"]) == (512, None, None, None)
