"""OpenBCI text files, of Cyton, Daisy and Ganglion boards, in millivolts.

The layout is that of the OpenBCI GUI, https://docs.openbci.com/Software/OpenBCISoftware.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ._counted_text import Channel, CountedText, first_lines, said
from ._csv_layout import CsvLayout

_FORMATTED = "Timestamp (Formatted)"


class OpenBciFile(CountedText):
    """An OpenBCI text: a column for each channel, and one that counts samples."""

    def _find_layout(self):
        encoding, lines = first_lines(self.path)
        n_head = next(
            (i for i, line in enumerate(lines) if not line.startswith("%")), len(lines)
        )
        head, rows = lines[:n_head], [_fields(line) for line in lines[n_head:]]
        rate = said(head, r"Sample Rate\s*=\s*([\d.]+)")
        if rate is None:
            raise ValueError(f"{self.path} is damaged: its header says no sample rate.")
        self.rate = float(rate)
        has_names = bool(rows) and not rows[0][0].replace(".", "", 1).isdigit()
        names = rows.pop(0) if has_names else self._old_names(head, rows)
        if not rows:
            raise ValueError(f"{self.path} holds no rows below its header.")
        if len(rows[0]) == len(names) + 1 and not rows[0][-1]:
            names = [*names, ""]
        if len(rows[0]) != len(names):
            raise ValueError(
                f"{self.path} is damaged: it names {len(names)} columns, and line "
                f"{n_head + has_names + 1} has {len(rows[0])}."
            )
        self._set_channels(names, rows[0])
        return CsvLayout(encoding, ",", ".", names, n_head + has_names)

    def _old_names(self, head, rows):
        """Return names for the columns of files that have none, as older ones."""
        count = said(head, r"Number of channels\s*=\s*(\d+)")
        width = len(rows[0]) if rows else 0
        if count is None or not 0 < int(count) < width:
            raise ValueError(
                f"{self.path} does not say which of its columns are channels."
            )
        exg = [f"EXG Channel {i}" for i in range(int(count))]
        others = [f"Other {i}" for i in range(width - len(exg) - 1)]
        return ["Sample Index", *exg, *others]

    def _set_channels(self, names, row):
        self.counter = 0
        self.channels = [
            Channel(name, i, unit)
            for i, name in enumerate(names)
            for begin, unit in (("EXG Channel", "uV"), ("Accel Channel", "g"))
            if name.startswith(begin)
        ]
        if "Timestamp" in names:
            self.clock = names.index("Timestamp")
        told = dict(zip(names, row, strict=True))
        self.start_time = _start(told.get(_FORMATTED), told.get("Timestamp"))


def _fields(line):
    return [field.strip() for field in line.split(",")]


def _start(text, seconds):
    """Return the time of the first sample: as it is written, else of the world."""
    try:
        if text:
            return datetime.fromisoformat(text)
        return datetime.fromtimestamp(float(seconds), UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None
