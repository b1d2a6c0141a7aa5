import pytest

from sklearn_ecg.records._lead_choice import (
    choose_leads,
    choose_second,
    ecg_leads,
    names_of,
    tell_of_choices,
)
from sklearn_ecg.records._recording import StoredLead

BOX = ["MLII", "II", "V5", "V1", "any"]


def stored(*leads):
    """Leads of a file: a name alone is in mV at 250 Hz."""
    described = [(lead,) if isinstance(lead, str) else lead for lead in leads]
    defaults = ("", "mV", 250.0)
    return [
        StoredLead(name, rate, 1000, unit)
        for name, unit, rate in ((*one, *defaults[len(one) :]) for one in described)
    ]


def chosen(leads, wanted=("II", "any")):
    [choice] = choose_leads("x", stored(*leads), list(wanted), first=True)
    return choice.name


@pytest.mark.parametrize(
    ("leads", "name"),
    [
        ([("GSR", "uV"), "ECG"], "ECG"),
        (["Snore", "ECG"], "ECG"),
        (["Battery", "ECG"], "ECG"),
        ([("SaO2", "%", 1.0), "ECG"], "ECG"),
        ([("Skin", "degC"), "Ch1"], "Ch1"),
        ([("X", "g"), ("Y", "g"), "Ch1"], "Ch1"),
        ([("Weight", "kg"), ("Ch1", "uV")], "Ch1"),
        (["Ch1", "EKG-1"], "EKG-1"),
        (["Ch1", ("ecg raw", "adu")], "ecg raw"),
        ([("ECG", "bpm"), "Ch1"], "Ch1"),
        ([("ECG", "mV", 1.0), "ECG 2"], "ECG 2"),
        ([("Ch1", "mV", 50.0), "Ch2"], "Ch2"),
        ([("Ch1", "mV", 5000.0), "Ch2"], "Ch2"),
        ([("Ch1", ""), ("Ch2", "adu"), "Ch3"], "Ch3"),
        (["Resp", "ECG (1)", "ECG (2)"], "ECG (1)"),
        (["Fp1", "C3", "T8", "P4-O2", "ECG"], "ECG"),
        (["V5", "II"], "II"),
    ],
)
def test_an_ecg_is_chosen_by_what_speaks_for_it(leads, name):
    assert chosen(leads) == name
    assert chosen(leads[::-1]) in (name, "ECG (2)")


@pytest.mark.parametrize(
    ("leads", "name"),
    [
        (["lead II (filtered)", "V1"], "lead II (filtered)"),
        (["V1", "II raw"], "II raw"),
        (["V1", "V5 raw", "V5"], "V5"),
        (["V1", "ECG II", "II"], "II"),
        (["V4-V5", "V1"], "V1"),
        (["-aVR", "Ch1"], "-aVR"),
    ],
)
def test_an_exact_name_goes_before_a_longer_one_and_both_before_others(leads, name):
    assert chosen(leads, BOX) == name


def test_a_named_lead_that_is_too_slow_gives_way_to_another_that_is_wanted():
    assert chosen([("MLII", "mV", 1.0), "V1"], BOX) == "V1"
    assert chosen([("MLII", "mV", 1.0)], BOX) == "MLII"


@pytest.mark.parametrize(
    "leads",
    [
        [("Temp", "degC"), ("X", "g")],
        [("SaO2", "%", 1.0), ("Ch1", "")],
        ["GSR", "EEG Fpz-Cz"],
        ["ABP", "ECG HR"],
    ],
)
def test_without_a_lead_that_speaks_for_itself_all_are_named_with_a_remedy(leads):
    every = stored(*leads)
    with pytest.raises(ValueError, match="no lead that is an ECG by its name") as told:
        choose_leads("x", every, ["II", "any"], first=True)
    for lead in every:
        expected = (
            f"{lead.name!r} ({lead.unit or 'no unit'}, {lead.sampling_rate:g} Hz)"
        )
        assert expected in str(told.value)
    remedy = str(told.value).partition("lead='")[2].partition("'")[0]
    assert chosen(leads, [remedy]) == remedy


def test_a_missing_lead_is_an_error_that_names_what_there_is():
    said = r"'x' has no lead 'II'; its leads are 'V5' \(mV, 250 Hz\)\. .* lead='V5'"
    with pytest.raises(ValueError, match=said):
        choose_leads("x", stored("V5"), ["II"])
    with pytest.raises(ValueError, match="'II'; it holds annotations only"):
        choose_leads("x", [], ["II"])


def test_no_lead_wanted_is_none_found():
    assert choose_leads("x", stored("II"), []) == []


def test_two_leads_of_one_name_cannot_be_told_apart():
    with pytest.raises(ValueError, match="2 leads that are called 'ECG'"):
        choose_leads("x", stored("ECG (1)", "ECG (2)"), ["ECG"], first=True)
    assert chosen(["ECG (1)", "ECG (2)"], ["ECG", "II"]) == "ECG (1)"


@pytest.mark.parametrize(
    ("leads", "second", "name"),
    [
        (["II", "GSR", "Ch2"], ["V1", "any"], "Ch2"),
        (["II", ("SaO2", "%", 1.0), ("X", "g"), "V5"], ["any"], "V5"),
        (["II", ("Temp", "degC")], ["V1", "any"], None),
        (["II", "V1 (filtered)", "Ch2"], ["V1", "any"], "V1 (filtered)"),
        (["II", "Ch2"], ["V1"], None),
        (["II", "V2-V3"], ["V2", "V3"], None),
    ],
)
def test_the_second_lead_obeys_the_same_rule(leads, second, name):
    choice = choose_second(stored(*leads), 0, second)
    assert (choice and choice.name) == name


def test_all_that_may_be_an_ecg_is_found_in_the_order_of_the_file():
    leads = stored("V1", "Resp", "II", ("ABP", "mmHg"), ("ECG", "mV", 1.0), "Ch2")
    assert ecg_leads(leads) == ["V1", "II", "Ch2"]


def test_a_guess_is_said_in_one_line_with_what_was_passed_over():
    leads = stored(("GSR", "uV"), ("SaO2", "%", 1.0), "ECG", "Ch1")
    guesses = choose_leads("x", leads, ["II", "any"], first=True)
    with pytest.warns(UserWarning, match="ECG") as told:
        tell_of_choices(["II", "any"], [("/data/x", guesses[0]), ("y", guesses[0])])
    [line] = [str(one.message) for one in told]
    assert line == (
        "Lead 'ECG' of record 'x' is read: its name says ECG or a standard lead; "
        "passed over: 'GSR' (by its name another signal), 'SaO2' (by its name another "
        "signal), 'Ch1' (its name does not say ECG); as it is in 'y'. Name another in "
        "the 'lead' parameter if that is wrong."
    )


def test_what_was_asked_for_is_not_told_and_neither_is_the_only_lead():
    leads = stored("II", "GSR")
    [named] = choose_leads("x", leads, ["II", "any"], first=True)
    [alone] = choose_leads("x", stored("Ch1"), ["II", "any"], first=True)
    tell_of_choices(["II", "any"], [("x", named), ("y", alone)])


def test_a_longer_name_is_told():
    [choice] = choose_leads("x", stored("lead II (filtered)", "V1"), BOX, first=True)
    with pytest.warns(UserWarning, match=r"'lead II \(filtered\)' .* it is II, with"):
        tell_of_choices(BOX, [("x", choice)])


@pytest.mark.parametrize("given", [[], 0, b"II", None, ["II", "II"], [1], "", {"II"}])
def test_what_names_no_lead_is_refused_by_name(given):
    with pytest.raises(ValueError, match="lead"):
        names_of("annotate", "lead", given)
