import pytest

from sklearn_ecg.records._invalid import LeftOut


def test_what_is_left_out_is_counted_and_named():
    left_out = LeftOut("warn")
    left_out.add("860", "outside of the signal", [230400, 230500], ["V", "N"])
    left_out.add("861", "it is damaged.")
    said = (
        r"1 record and 2 beats were left out: samples 230400 \(V\), 230500 \(N\) of "
        r"record 860: outside of the signal; record 861: it is damaged\. Look\."
    )
    with pytest.warns(UserWarning, match=said):
        left_out.tell("Look.")
    assert left_out.table()["sample"].isna().tolist() == [False, False, True]


def test_one_invalid_beat_may_be_an_error():
    left_out = LeftOut("raise")
    left_out.add("860", "outside of the signal", [230400], ["V"])
    said = r"^1 beat is invalid: sample 230400 \(V\) of record 860: outside of the sig"
    with pytest.raises(ValueError, match=said):
        left_out.tell()


def test_what_is_ignored_is_not_told():
    left_out = LeftOut("ignore")
    left_out.add("860", "outside", [1])
    left_out.tell()


def test_nothing_left_out_is_not_told():
    LeftOut("raise").tell()


@pytest.mark.parametrize("policy", ["no", None, True])
def test_a_policy_that_is_none_is_refused(policy):
    with pytest.raises(ValueError, match="must be 'warn', 'raise' or 'ignore'"):
        LeftOut(policy)
