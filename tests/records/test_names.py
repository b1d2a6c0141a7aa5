import pytest

from sklearn_ecg.records._names import find_leads, lead_key


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
    "name", ["ii", " II ", "Lead II", "ECG II", "EKG_II", "lead-ii"]
)
def test_spellings_of_a_lead_are_that_lead(name):
    assert lead_key(name) == lead_key("II")


def test_no_lead_wanted_is_none_found():
    assert find_leads(["II"], [], "100") == []


def test_a_file_without_signals_has_no_lead_to_name():
    with pytest.raises(ValueError, match="'II'; it holds annotations only"):
        find_leads([], ["II"], "100")


@pytest.mark.parametrize(
    ("available", "found"),
    [
        (["Resp", "ECG (1)", "ECG (2)"], [1]),
        (["RESPIRATION", "ABP", "Pleth", "Chest"], [3]),
        (["MLII", "V1"], [0]),
        (["Fp1", "C3", "T8", "P4-O2", "ECG"], [4]),
        (["BP", "ART"], None),
    ],
)
def test_any_lead_is_the_first_that_is_called_like_an_ecg(available, found):
    if found is None:
        with pytest.raises(ValueError, match="its leads are 'BP', 'ART'"):
            find_leads(available, ["II", "any"], "x", first=True)
    else:
        assert find_leads(available, ["II", "any"], "x", first=True) == found


def test_a_lead_that_is_named_goes_before_any():
    assert find_leads(["V5", "II"], ["II", "any"], "x", first=True) == [1]
