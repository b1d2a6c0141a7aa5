from sklearn_ecg.edge.c._text import (
    c_array,
    c_string,
    in_comment,
    one_line,
    unique_identifiers,
)


def test_arrays_stand_in_braces():
    assert c_array(["1", "2"]) == "{ 1, 2 }"


def test_strings_escape_quotes_and_trigraphs():
    assert c_string('a "beat"??/') == r'"a \"beat\"?\?/"'


def test_comments_can_not_be_closed_or_continued_by_their_text():
    assert in_comment("99 % /* of */ what??/") == "99 % / * of * / what? ?/"


def test_line_ends_become_blanks():
    assert one_line("99 %\nof the beats") == "99 % of the beats"


def test_identifiers_are_unique_and_allowed_in_c():
    names = unique_identifiers(["N", "NUMBER_4", 3, "not a beat", "+"])
    assert names == ["N", "NUMBER_4", "3", "not_a_beat", "NUMBER_4_"]
