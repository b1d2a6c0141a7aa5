import struct

import numpy as np
import pytest
from scp_files import huffman

from sklearn_ecg.records._scp_huffman import Huffman, undo_differences

DEFAULT = struct.pack("<H", 19999)


def tables_of(*tables):
    """Return a section 2 of tables of codes: bits, extra bits, mode, value."""
    body = struct.pack("<H", len(tables))
    for table in tables:
        body += struct.pack("<H", len(table))
        for bits, extra, mode, value in table:
            code = int(bits[::-1], 2)
            sizes = len(bits), len(bits) + extra
            body += struct.pack("<3BhI", *sizes, mode, value, code)
    return body


def packed(bits):
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_the_default_table_gives_back_every_number():
    values = [*range(-300, 300), -32768, 32767, 0, 0]
    decoded = Huffman.of(DEFAULT).decode(huffman(values), len(values))
    assert decoded.tolist() == values


def test_tables_of_a_file_are_used_and_switched_between():
    small = [("0", 4, 1, 0), ("10", 0, 1, 77), ("11", 0, 0, 2)]
    large = [("0", 16, 1, 0), ("1", 0, 0, 1)]
    bits = (
        "0" + "1000" + "10" + "11" + "0" + f"{-1000 & 0xFFFF:016b}" + "1" + "0" + "0111"
    )
    decoded = Huffman.of(tables_of(small, large)).decode(packed(bits), 4)
    assert decoded.tolist() == [-8, 77, -1000, 7]


@pytest.mark.parametrize(
    ("tables", "bits", "message"),
    [
        ([[("0", 0, 1, 5)]], "1", "in no table"),
        ([[("0", 0, 0, 9)]], "0", "switch to table 9"),
        ([[]], "0", "no table of codes"),
        ([], "0", "no table of codes"),
    ],
)
def test_codes_that_mean_nothing_are_refused(tables, bits, message):
    with pytest.raises(ValueError, match=message):
        Huffman.of(tables_of(*tables)).decode(packed(bits), 9)


def test_bits_that_end_within_a_code_give_what_was_whole():
    raw = huffman([3, -200, 9])
    assert Huffman.of(DEFAULT).decode(raw[:3], 3).tolist() == [3]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 50])
def test_differences_are_undone_in_16_bits(order, n_samples):
    samples = np.random.default_rng(0).integers(-32768, 32768, n_samples)
    stored = samples.copy()
    stored[order:] = np.diff(samples, order)
    if order:  # A writer of 16 bits wraps around.
        stored = stored.astype(np.int16).astype(np.int64)
    assert undo_differences(stored, order).tolist() == samples.tolist()
