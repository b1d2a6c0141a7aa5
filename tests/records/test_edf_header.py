import io
import math

import edfio
import numpy as np
import pytest

from sklearn_ecg.records._edf_header import TimedText, parse_lists, read_header


@pytest.fixture
def raw():
    """The header of an EDF+ file of two signals, as a bytearray."""
    signals = [edfio.EdfSignal(np.sin(np.arange(500.0)), 100, label="II")]
    file = io.BytesIO()
    edfio.Edf(signals, annotations=[]).write(file)
    return bytearray(file.getvalue()[:768])


def header_of(raw):
    return read_header(io.BytesIO(raw), "x.edf")


def test_a_header_says_labels_counts_and_lengths(raw):
    header = header_of(raw)
    assert header.labels == [b"II", b"EDF Annotations"]
    assert header.is_annotation == [False, True]
    assert header.counts[0] * header.n_records == 500
    assert header.seconds * header.n_records == 5


def test_signals_that_are_not_counted_follow_from_the_bytes_of_the_header(raw):
    raw[252:256] = b"    "
    assert header_of(raw).labels == [b"II", b"EDF Annotations"]
    raw[184:192] = b" " * 8
    with pytest.raises(ValueError, match="its header has 256 bytes"):
        header_of(raw)


def test_a_header_that_is_cut_is_refused(raw):
    with pytest.raises(ValueError, match="its header has 700 bytes"):
        header_of(raw[:700])


@pytest.mark.parametrize("count", [b"0", b"-5", b"x", b"1e300", b"nan", b"2.5"])
def test_counts_of_samples_that_cannot_be_are_refused(raw, count):
    raw[256 + 216 * 2 :][:8] = count.ljust(8)
    raw[256 + 432 : 256 + 440] = count.ljust(8)
    with pytest.raises(ValueError, match="samples of its signals"):
        header_of(raw)


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
