"""Huffman codes and differences, in which SCP-ECG stores samples.

As EN 1064, 5.5 and annex C, define them.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

_DEFAULT = 19999
"""Number that stands for the table of annex C."""


class _Code(NamedTuple):
    """What the bits of a code mean."""

    extra: int  # Bits that follow, and are added to the value
    value: int
    is_switch: bool  # To the table of this number, from 1 on


class Huffman:
    """Tables of codes, by their bits as texts."""

    def __init__(self, tables: list[dict[str, _Code]]):
        self.tables = tables
        self.lengths = [sorted({len(bits) for bits in table}) for table in tables]

    @classmethod
    def of(cls, body: bytes) -> Huffman:
        """Read the tables of section 2."""
        n_tables = struct.unpack_from("<H", body)[0]
        if n_tables == _DEFAULT:
            return cls([_default_table()])
        tables, place = [], 2
        for _ in range(n_tables):
            n_codes = struct.unpack_from("<H", body, place)[0]
            tables.append(dict(_codes(body, place + 2, n_codes)))
            place += 2 + 9 * n_codes
        if not tables or not all(tables):
            raise ValueError("its section 2 holds no table of codes")
        return cls(tables)

    def decode(self, packed: bytes, n_samples: int) -> np.ndarray:
        """Return the values that bits stand for: fewer, if there are no more bits."""
        bits = "".join(f"{byte:08b}" for byte in packed)
        values: list[int] = []
        place = number = 0
        while len(values) < n_samples and place < len(bits):
            code, n_bits = self._next(bits, place, number)
            if code is None:
                break
            place += n_bits
            if code.is_switch:
                number = code.value - 1
                if not 0 <= number < len(self.tables):
                    raise ValueError(f"its codes switch to table {code.value}")
                continue
            extra = bits[place : place + code.extra]
            if len(extra) < code.extra:
                break
            values.append(code.value + _signed(extra))
            place += code.extra
        return np.array(values, dtype=np.int64)

    def _next(self, bits, place, number):
        """Return the code at a place; None where the bits end before it does."""
        for n_bits in self.lengths[number]:
            code = self.tables[number].get(bits[place : place + n_bits])
            if code is not None:
                return code, n_bits
        if place + self.lengths[number][-1] <= len(bits):
            raise ValueError("its samples hold a code that is in no table")
        return None, 0


def undo_differences(values: np.ndarray, order: int) -> np.ndarray:
    """Return samples of 16 bits from their first or second differences."""
    if order == 0 or len(values) < order:
        return values
    if order == 2:
        slopes = np.cumsum(np.concatenate([[values[1] - values[0]], values[2:]]))
        values = np.concatenate([values[:1], slopes])
    return np.cumsum(values).astype(np.int16).astype(np.int64)


def _default_table():
    """Return the table of annex C: 0, small numbers, and those of 8 and 16 bits."""
    table = {"0": _Code(0, 0, False)}
    for size in range(1, 9):
        table["1" * size + "00"] = _Code(0, size, False)
        table["1" * size + "01"] = _Code(0, -size, False)
    table["1" * 9 + "0"] = _Code(8, 0, False)
    table["1" * 10] = _Code(16, 0, False)
    return table


def _codes(body, place, n_codes):
    """Yield the bits of codes, of which the first is the lowest, and their meaning."""
    for _ in range(n_codes):
        n_prefix, n_all, mode, value, code = struct.unpack_from("<3BhI", body, place)
        if not 0 < n_prefix <= 32 or n_all < n_prefix:
            raise ValueError(f"its section 2 holds a code of {n_prefix} bits")
        bits = f"{code & (1 << n_prefix) - 1:0{n_prefix}b}"[::-1]
        yield bits, _Code(n_all - n_prefix, value, mode == 0)
        place += 9


def _signed(bits):
    if not bits:
        return 0
    return int(bits, 2) - (int(bits[0]) << len(bits))
