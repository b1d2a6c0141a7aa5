import pytest

from sklearn_ecg.models import ModelCard

CARD = ModelCard(
    title="Beats of sheep",
    use="One lead of any rate.",
    not_for="People.",
    data=[{"name": "sheepdb", "version": "1.0", "beats": 12, "citation": "Baa 2001"}],
    protocol="Left out sheep by sheep.",
    scores=[{"database": "sheepdb", "class": "V", "F1": 0.5, "beats": 3}],
    figures=[{"figure": "false V an hour", "value": 0.25, "95 %": "0.1 to 0.4"}],
    made_by="python sheep.py",
)


def test_print_shows_all_of_it_within_a_terminal():
    lines = str(CARD).splitlines()
    assert lines[:2] == ["Beats of sheep", "=============="]
    for text in (
        "Not for: People.",
        "- sheepdb 1.0: beats 12; citation Baa 2001",
        "Measured: Left out sheep by sheep.",
        "Made by: python sheep.py",
    ):
        assert text in lines
    assert any("0.500" in line for line in lines)
    assert "false V an hour 0.250 0.1 to 0.4" in lines
    assert max(map(len, lines)) < 80


def test_a_card_survives_as_plain_values():
    assert ModelCard.from_dict(CARD.to_dict()) == CARD


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "at least a title"),
        ({"title": "a", "colour": "red"}, "not colour"),
        ({"title": 3}, "title can't be 3"),
        ({"title": "a", "scores": "high"}, "scores can't be 'high'"),
        ({"title": "a", "data": [3]}, "data can't be"),
    ],
)
def test_what_is_no_card_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        ModelCard.from_dict(content)
