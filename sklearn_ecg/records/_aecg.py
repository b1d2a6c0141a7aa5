"""Annotated ECGs of HL7 (aECG), as trials of drugs hand them in.

The format is ANSI/HL7 V3 ECG, R1-2004, as Brown and Badilini, *HL7 aECG Implementation
Guide* (2005) explains it.
"""

from __future__ import annotations

import re
import warnings
from datetime import datetime, timedelta, timezone
from xml.etree.ElementTree import Element

import numpy as np
import pandas as pd

from .._messages import warn
from ._decoded import Decoded, Piece, damage_named, rate_of, standard_name
from ._names import is_voltage, to_millivolts
from ._xml import number, parse_xml, value_of

_TIME = re.compile(
    r"(?P<date>\d{8})(?P<clock>\d{4}(?:\d\d)?)?(?:\.(?P<part>\d+))?(?P<zone>[+-]\d{4})?"
)
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6}
_LEAD = "_ECG_LEAD_"
_BEAT = "REPRESENTATIVE_BEAT"


class AecgFile(Decoded):
    """The rhythm of an aECG file; derived series, such as median beats, are left."""

    def __init__(self, path: str):
        with damage_named(path, "HL7 aECG file"):
            root = parse_xml(path)
            self.origin: datetime | None = None
            pieces: list[Piece] = []
            self.marks: list[Element] = []
            for series in self._rhythms(path, root):
                found = self._pieces_of(series)
                if pieces and _begin(found) < max(map(_end, pieces)):
                    warn(
                        f"{path} holds several rhythms at one time: the first is read."
                    )
                    break
                pieces += found
                self.marks += series.findall("subjectOf/annotationSet")
            self.begin = _begin(pieces)
            start_time = _time(_low(root))
            if self.origin:
                start_time = self.origin + timedelta(seconds=self.begin)
            super().__init__(path, pieces, start_time)

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Return what is annotated at a time, beats and waves; see `Source`."""
        rows = []
        with damage_named(self.path, "HL7 aECG file"):
            for marks in self.marks:
                for mark in marks.iter("annotation"):
                    rows += self._rows_of(mark)
        if not rows:
            return super().annotations(annotator, sampling_rate)
        table = pd.DataFrame(rows, columns=["time", "symbol", "duration"])
        table = table.sort_values("time", kind="stable", ignore_index=True)
        samples = np.rint(table.pop("time") * sampling_rate).astype(np.int64)
        table.insert(0, "sample", samples)
        return table.astype({"symbol": object, "duration": np.float64})

    @staticmethod
    def _rhythms(path, root):
        """Return the series of rhythm, or with a warning the median beats."""
        series = root.findall("component/series")
        rhythms = [one for one in series if value_of(one, "code", "code") != _BEAT]
        if series and not rhythms:
            warn(f"{path} holds no rhythm, only representative beats: they are read.")
        return rhythms or series

    def _pieces_of(self, series):
        """Return the leads of a series; its sets of them may follow one another."""
        blocks = series.findall("component/sequenceSet")
        return [piece for block in blocks for piece in self._leads_of(block)]

    def _leads_of(self, block):
        """Return the leads of a set of sequences, which have one time."""
        start = rate = None
        leads = []
        for sequence in block.findall("component/sequence"):
            code, value = value_of(sequence, "code", "code"), sequence.find("value")
            if value is None:
                raise ValueError(f"its sequence {code!r} has no value")
            if code.startswith("TIME_"):
                start, rate = self._timing(value)
            else:
                leads.append((code, value))
        if leads and (start is None or rate is None):
            raise ValueError("a set of its leads has no sequence of times")
        return [_piece(code, value, start, rate) for code, value in leads]

    def _timing(self, value):
        """Return the start of a sequence of times in seconds, and its rate in Hz."""
        unit = value_of(value, "increment", "unit") or "s"
        if unit not in _SECONDS:
            raise ValueError(f"its increment of time is in {unit!r}")
        step = number(value_of(value, "increment"), "increment of time")
        rate = rate_of(step * _SECONDS[unit])
        head = value_of(value, "head")
        if _TIME.fullmatch(head):
            return self._seconds(head), rate
        unit = value_of(value, "head", "unit") or "s"
        return number(head or "0", "first time") * _SECONDS.get(unit, 1.0), rate

    def _seconds(self, text):
        """Return a time of the calendar in seconds from the first of the file."""
        time = _time(text)
        if time is None:
            raise ValueError("one of its times is none of the calendar")
        self.origin = self.origin or time
        if (time.tzinfo is None) != (self.origin.tzinfo is None):
            time = time.replace(tzinfo=self.origin.tzinfo)
        return (time - self.origin).total_seconds()

    def _rows_of(self, mark):
        """Return time, symbol and duration of what has a place in time, in seconds."""
        value = mark.find("value")
        symbol = value.get("code", "") if value is not None else ""
        symbol = (symbol or value_of(mark, "code", "code")).removeprefix("MDC_ECG_")
        for boundary in mark.findall("support/supportingROI/component/boundary"):
            low, high = (value_of(boundary, f"value/{end}") for end in ("low", "high"))
            low = low or value_of(boundary, "value/center")
            if _TIME.fullmatch(low) and self.origin:
                start = self._seconds(low)
                stop = self._seconds(high) if _TIME.fullmatch(high) else np.nan
                return [(start - self.begin, symbol, stop - start)]
        return []


def _begin(pieces):
    return min((piece.start for piece in pieces), default=0.0)


def _end(piece):
    return piece.start + (len(piece.samples) - 0.5) / piece.rate


def _piece(code, value, start, rate):
    """Return a lead: its digits times the scale, from the origin on."""
    name = code.rpartition(_LEAD)[2].replace("AVRNEG", "-aVR")
    unit = value_of(value, "scale", "unit")
    scale = number(value_of(value, "scale") or "1", f"scale of lead {name}")
    origin = np.array(
        [number(value_of(value, "origin") or "0", f"origin of lead {name}")]
    )
    samples = _digits((value.findtext("digits") or "").strip(), name) * scale
    if is_voltage(unit):
        to_millivolts(samples, unit)
        to_millivolts(origin, value_of(value, "origin", "unit") or unit)
        unit = "mV"
    return Piece(standard_name(name), rate, unit, samples + origin, start)


def _digits(text, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Of a text that is not read to its end
        try:
            digits = np.fromstring(text, sep=" ")
        except (ValueError, DeprecationWarning):
            digits = np.empty(0)
    if not len(digits) or not np.isfinite(digits).all():
        raise ValueError(f"the digits of lead {name} are no numbers")
    return digits


def _low(root):
    return value_of(root, "effectiveTime/low") or value_of(root, "effectiveTime/center")


def _time(text):
    """Return a time of HL7, with the zone if it says one; None if it has no clock."""
    match = _TIME.fullmatch(text)
    if not match or not match["clock"]:
        return None
    try:
        time = datetime.strptime(
            match["date"] + match["clock"].ljust(6, "0"), "%Y%m%d%H%M%S"
        )
    except ValueError:
        return None
    zone = match["zone"]
    if zone:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        time = time.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
    return time + timedelta(seconds=float(f"0.{match['part'] or 0}"))
