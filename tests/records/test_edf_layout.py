import math

import pytest

from sklearn_ecg.records._edf_layout import TimedText, parse_lists


def test_lists_hold_onset_duration_and_texts():
    [[first, second]] = parse_lists(b"+1.5\x1530\x14Sleep stage W\x14N\x14\x00\x00")
    assert first == TimedText(1.5, 30.0, "Sleep stage W")
    assert second == TimedText(1.5, 30.0, "N")


def test_a_decimal_comma_is_a_point_and_no_duration_is_none():
    [[one], [other]] = parse_lists(b"+0,25\x14a\x14\x00-1\x150,5\x14b\x14\x00")
    assert one.onset == 0.25
    assert math.isnan(one.duration)
    assert other == TimedText(-1.0, 0.5, "b")


def test_what_is_no_list_is_refused():
    with pytest.raises(ValueError, match="no list of annotations"):
        parse_lists(b"+1\x14\x14\x00?")
