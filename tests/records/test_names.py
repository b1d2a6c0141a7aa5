import numpy as np
import pytest

from sklearn_ecg.records._names import (
    is_qualified,
    is_stand_in,
    is_voltage,
    lead_key,
    numbered,
    says_ecg,
    says_other,
    to_millivolts,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("aVR", "-aVR"),
        ("V1", "V1-"),
        ("II", "mod.lead II"),
        ("II", "MLII"),
        ("I", "II"),
    ],
)
def test_leads_that_differ_in_more_than_their_spelling_are_others(one, other):
    assert lead_key(one) != lead_key(other)


@pytest.mark.parametrize(
    "name",
    [
        *("ii", " II ", "Lead II", "ECG II", "EKG_II", "lead-ii", "ECG Lead II"),
        *("LeadII", "ECGII", "DII", "\N{ROMAN NUMERAL TWO}", "Ableitung II"),
    ],
)
def test_spellings_of_a_lead_are_that_lead(name):
    assert lead_key(name) == lead_key("II")


def test_a_number_alone_is_no_name_of_a_lead():
    assert lead_key("ECG 1") == lead_key("ECG1") != lead_key("1")


@pytest.mark.parametrize(
    "name",
    [
        *("II", "lead II (filtered)", "V", "V4R", "-aVR", "aVR filtered", "V1-V2"),
        *("ECG Chest", "EKG-1", "ecg_mv", "denoisedECG", "EcgWaveform", "ECG L-ECG R"),
        *("MLII", "ML5", "CM5", "CC5", "MCL1", "D3", "DII", "LeadII_filt", "Vx"),
        *("EEG EKG1-REF", "POL EKG", "EMG ECG", "Elektrokardiogramm", "VCG x"),
        *(
            "\u5fc3\u7535",
            "\u5fc3\u96fb\u56f3",
            "\u042d\u041a\u0413",
            "\uc2ec\uc804\ub3c4",
        ),
    ],
)
def test_names_of_an_ecg_say_so(name):
    assert says_ecg(name)
    assert not says_other(name)


@pytest.mark.parametrize(
    "name",
    [
        *("GSR", "EDA", "Skin", "Snore", "Battery", "Vbat", "SaO2", "SpO2", "Pleth"),
        *("Resp", "RESPIRATION", "Thor RES", "Abdomen", "NEW AIR", "Airflow", "ABP"),
        *("EEG Fpz-Cz", "Fp1", "C3-A2", "F4M1", "P4-O2", "EOG-L", "LOC-A2", "E1-M2"),
        *("EMG chin", "LAT", "AccX", "accel_y", "Accelerometer Z", "Gyro", "Temp"),
        *("HeartRate", "H.R.", "Marker", "Event", "Position", "noise1", "BVP"),
        *("Atmung", "Hautleitwert", "Ronflement", "RRI"),
        # Beside an ECG, or computed from it.
        *("ECG HR", "EKG_Off", "ECG Resp", "ECG_lead_off", "ECG 2 Impedance", "ST II"),
        *("ECG noise", "RR ECG", "Resp (II)"),
    ],
)
def test_names_of_other_signals_say_so(name):
    assert says_other(name)
    assert not says_ecg(name)


@pytest.mark.parametrize("name", ["Ch1", "Chest", "Heart", "X", "data", "lead 1", ""])
def test_names_that_say_nothing_say_neither(name):
    assert not says_ecg(name)
    assert not says_other(name)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *(("lead II (filtered)", "II"), ("LeadII_filt", "II"), ("II-ref", "II")),
        *(("modified lead II", "II"), ("Derivaci\u00f3n II", "II"), ("ECG I raw", "I")),
        *(("II - 0.05-150Hz", "II"), ("V5 filtered", "V5"), ("MLII (raw)", "MLII")),
        *(("ECG 1 raw", "ECG1"), ("EEG ECG2", "ECG2"), ("ECG (2)", "ECG")),
    ],
)
def test_a_lead_with_more_words_is_that_lead(name, wanted):
    assert is_qualified(name, wanted)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        # Differences, turned leads, other signals, units, numbers of ours.
        *(("V4-V5", "V4"), ("ECG V2-V1", "V2"), ("MLII-V5", "MLII")),
        *(("-aVR raw", "aVR"), ("aVR (inverted)", "aVR"), ("V1-", "V1")),
        *(("ST II", "II"), ("Resp (II)", "II"), ("Accel X", "X")),
        *(("Ch1 (V)", "V"), ("Ch I", "I"), ("ECG (1)", "ECG1"), ("III raw", "II")),
    ],
)
def test_a_lead_of_other_words_is_not_that_lead(name, wanted):
    assert not is_qualified(name, wanted)


def test_leads_of_one_name_are_told_apart_by_numbers():
    assert numbered(["ECG", "resp", "ECG"]) == ["ECG (1)", "resp", "ECG (2)"]


def test_lead_ii_is_of_the_kind_of_mlii_and_others_stand_in():
    assert not is_stand_in("Lead II", "MLII")
    assert is_stand_in("V5", "MLII")


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *(("V", 1e3), ("volt", 1e3), ("mV", 1), ("MV", 1), ("millivolts", 1)),
        *(("uV", 1e-3), ("mcV", 1e-3), ("Microvolt", 1e-3), ("microvol", 1e-3)),
        *(("nV", 1e-6), ("[uV]", 1e-3), ("(mV)", 1), (" \u00b5 V", 1e-3)),
        # The micro sign, mu, and what other code pages make of them.
        *(("\u00b5V", 1e-3), ("\u03bcV", 1e-3), ("\u039cV", 1e-3)),
        *(("\u00e6V", 1e-3), ("\u00c2\u00b5V", 1e-3), ("\ufffdV", 1e-3), ("?V", 1e-3)),
    ],
)
def test_voltages_become_millivolts_however_they_are_spelled(unit, factor):
    assert is_voltage(unit)
    np.testing.assert_allclose(to_millivolts(np.array([2.0]), unit), [2 * factor])


@pytest.mark.parametrize("unit", ["mmHg", "", "adu", "V/s", "g", "%", "None", "degC"])
def test_what_is_no_voltage_stays_as_it_is(unit):
    assert not is_voltage(unit)
    assert to_millivolts(np.array([2.0]), unit) == [2.0]
