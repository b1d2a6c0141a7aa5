"""From the times of rows to evenly spaced samples: rate, gaps, and order.

Rows that follow one another are taken as evenly spaced, however their times jitter or
were rounded; a gap is where the times shift for good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_AT_ONCE = 1 << 20
_NOISE = 5e-7
"""Seconds by which float64 rounds the times of this century, counted since 1970."""

_JITTER = 0.1
"""Share of a period by which times may stray without a word."""

_AFTER_TURN = 1e-3
"""Share of the turn of a clock that may pass from the last row before to the first."""

_EVEN_SHARE = 0.9
"""Share of steps near the usual one from which two rows of one time are an error."""

_ALONE_SECONDS = 60.0
"""Time around a single row from which it is a damaged time, not a sample."""

_ODD_STEPS = 20.0
"""How far from its neighbours a single row out of order must be to be no mere swap."""

_LONGEST = 3 * 366 * 86400.0
"""Seconds that a recording can last."""


class Rows(NamedTuple):
    """What a table tells of its rows, for messages and comparisons."""

    named: Callable[[int], str]  # "line 17 of night.csv"
    differ: Callable[[np.ndarray, np.ndarray], np.ndarray]  # Whether the leads differ


@dataclass(frozen=True)
class TimeAxis:
    """Which row of a table holds the sample at each place of an even grid."""

    period: float  # Between samples, in the unit of the times
    places: np.ndarray  # Of the first sample of each run without a gap
    firsts: np.ndarray  # Its place among the rows in order of time
    n_rows: int
    rows: np.ndarray | None = None  # Of the file, in order of time; None: as they stand
    stray: float = 0.0  # Largest distance of a time from its place, beyond rounding
    notes: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """Length of the grid."""
        return int(self.places[-1] + self.n_rows - self.firsts[-1])

    @property
    def is_plain(self) -> bool:
        """Whether sample i is row i."""
        return self.rows is None and len(self.places) == 1

    def rows_of(self, first: int, stop: int) -> np.ndarray:
        """Return the row of each sample of a stretch, -1 where there is none."""
        found = np.full(stop - first, -1, dtype=np.int64)
        ends = np.append(self.firsts[1:], self.n_rows)
        begin = max(int(np.searchsorted(self.places, first, side="right")) - 1, 0)
        for run in range(begin, int(np.searchsorted(self.places, stop))):
            shift = int(self.firsts[run] - self.places[run])
            low, high = (
                max(first + shift, self.firsts[run]),
                min(stop + shift, ends[run]),
            )
            if low < high:
                found[low - shift - first : high - shift - first] = np.arange(low, high)
        if self.rows is not None:
            found[found >= 0] = self.rows[found[found >= 0]]
        return found


def past_midnight(seconds: np.ndarray) -> np.ndarray:
    """Go on counting where the times of a clock begin anew."""
    falls = np.diff(seconds, prepend=seconds[:1]) < -43200.0
    return seconds + 86400.0 * np.cumsum(falls) if falls.any() else seconds


def counted_on(seconds: np.ndarray, turn: float) -> np.ndarray:
    """Count on where times fall back by a turn of their clock, if all falls are so."""
    steps = np.diff(seconds, prepend=seconds[:1])
    falls = steps < 0
    late = steps[falls] + turn
    if not len(late) or late.min() < 0 or late.max() > _AFTER_TURN * turn:
        return seconds
    return seconds + turn * np.cumsum(falls)


def plain_axis(n_rows: int, period: float = 1.0) -> TimeAxis:
    """Return the axis of rows that follow one another evenly."""
    return TimeAxis(period, np.zeros(1, np.int64), np.zeros(1, np.int64), n_rows)


def axis_of(times: np.ndarray, rows: Rows) -> TimeAxis:
    """Place rows by their times, NaN where a row has none.

    Raises
    ------
    ValueError
        If there are two samples of one time, or a time is far from all others.
    """
    period = _even_period(times)
    if period is not None:
        return plain_axis(len(times), period)
    times, kept, notes = _in_order(times, rows)
    times, kept, n_again = _without_repeats(times, kept, rows)
    if n_again:
        notes.append(f"rows that it holds twice are left out ({n_again})")
    stamps = _Stamps.of(times)
    if len(stamps.times) < 2:
        raise ValueError(f"all its rows have one time, as in {rows.named(0)}")
    period, bounds = _runs_of(stamps)
    return _placed(stamps, bounds, period, kept, notes, rows)


def _even_period(times):
    """Return the time between rows if they follow one another evenly, else None."""
    n_rows = len(times)
    if n_rows < 2 or not times[-1] > times[0]:
        return None
    period = float(times[-1] - times[0]) / (n_rows - 1)
    resolution = _resolution(times)
    # A row that is missing anywhere leaves half a period at least; less is jitter.
    allowed = min(0.3 * period, max(1.01 * resolution, _JITTER * period))
    for begin in range(0, n_rows, _AT_ONCE):
        piece = times[begin : begin + _AT_ONCE]
        even = times[0] + period * np.arange(begin, begin + len(piece))
        if not (np.abs(piece - even) <= allowed).all():
            return None
    return _rounded(period, resolution, n_rows)


def _rounded(period, error, n_rows):
    """Return the period of a whole rate in Hz, if the times are not against it."""
    rate = round(1 / period)
    tolerance = min(2 * (error + _NOISE) / (period * n_rows), 2e-4)
    if rate and abs(1 / period / rate - 1) <= tolerance:
        return 1 / rate
    return period


def _in_order(times, rows):
    """Leave out rows without a time, and sort the others."""
    notes, kept = [], None
    has_time = np.isfinite(times)
    if has_time.any() and has_time.mean() < 0.5:  # The first row of a packet has one.
        last = np.maximum.accumulate(np.where(has_time, np.arange(len(times)), 0))
        times = times[last]
        has_time = np.isfinite(times)
    if not has_time.all():
        kept = np.flatnonzero(has_time)
        times = times[kept]
    if not len(times):
        raise ValueError("no row of it has a time")
    falls = np.flatnonzero(np.diff(times) < 0)
    if len(falls):
        _check_odd(times, falls, kept, rows)
        order = np.argsort(times, kind="stable")
        kept = order if kept is None else kept[order]
        times = times[order]
        where = rows.named(int(falls[0]) + 1)
        notes.append(f"its rows are not in the order of time, as in {where}: sorted")
    return times, kept, notes


def _check_odd(times, falls, kept, rows):
    """Refuse a single time that lies apart from those of the rows around it."""
    usual = np.median(np.abs(np.diff(times)))
    falls = falls[times[falls] - times[falls + 1] > max(_ODD_STEPS * usual, 0.05)]
    padded = np.concatenate([[-np.inf], times, [np.inf]])
    is_first = padded[falls] <= times[falls + 1]  # The row before the fall is too late.
    is_second = times[falls] <= padded[falls + 3]
    odd = np.where(is_first, falls, falls + 1)[is_first | is_second]
    if len(odd):
        row = int(odd[0]) if kept is None else int(kept[odd[0]])
        raise ValueError(
            f"the time in {rows.named(row)} does not lie between those of the rows "
            "around it: correct it, or remove the row"
        )


def _without_repeats(times, kept, rows):
    """Leave out rows that are there twice; refuse two samples of one time."""
    again = np.flatnonzero(np.diff(times) <= 0) + 1
    if not len(again):
        return times, kept, 0
    row = np.arange(len(times)) if kept is None else kept
    is_apart = row[again] != row[again - 1] + 1
    n_stamps = len(times) - len(again)
    period = (times[-1] - times[0]) / len(times)
    is_few = len(again) < n_stamps / 4 and period >= 0.999 * _resolution(times)
    if is_few and _are_even(times):
        is_apart[:] = True  # Times are of rows, not of packets or rounded to steps.
    elif not is_few and _are_copies(row, again, rows):
        is_apart[:] = True
    again = again[is_apart]
    if not len(again):
        return times, kept, 0
    differ = rows.differ(row[again - 1], row[again])
    if differ.any():
        place = again[differ][0]
        first, second = int(row[place - 1]), int(row[place])
        raise ValueError(
            f"{rows.named(first)} and {rows.named(second)} give different samples of "
            "one time: remove one of them"
        )
    keep = np.ones(len(times), dtype=bool)
    keep[again] = False
    return times[keep], row[keep], len(again)


def _are_even(times):
    """Tell whether times jitter so little that no two rows share one by chance."""
    steps = np.diff(times)
    usual = np.median(steps)
    is_near = np.abs(steps - usual) <= 0.15 * usual + 1.01 * _resolution(times)
    return is_near.mean() >= _EVEN_SHARE


def _are_copies(row, again, rows):
    """Tell whether nearly all rows that share a time are equal, unlike a packet's."""
    some = again[:1000]
    return rows.differ(row[some - 1], row[some]).mean() < 0.05


def _resolution(times):
    """Return the power of ten that times were rounded to, 0 if to none."""
    some = times[:2000] - times[0]
    for power in range(7):
        step = 10.0**-power
        noise = _NOISE if power < 6 else 1e-8
        if np.abs(some - step * np.rint(some / step)).max() < noise:
            return step
    return 0.0


@dataclass(frozen=True)
class _Stamps:
    """Times that differ, and the first row of each: packets may share one."""

    times: np.ndarray
    firsts: np.ndarray
    n_rows: int
    usual: int  # Rows of a time
    resolution: float

    @classmethod
    def of(cls, times):
        firsts = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0)
        sizes = np.diff(firsts, append=len(times))
        usual = int(np.median(sizes))
        if len(firsts) > 2 and usual > 1 and sizes[0] < usual:
            # The recording began within a packet: its rows belong before the next.
            firsts = firsts[1:]
        return cls(times[firsts], firsts, len(times), usual, _resolution(times))


def _runs_of(stamps):
    """Return the period and the first stamp of each run without a gap."""
    times, firsts = stamps.times, stamps.firsts
    steps, counts = np.diff(times), np.diff(firsts)
    period = float(np.median(steps / counts))
    n_periods = steps / period
    lag = max(1, min(len(times) // 4, 256))
    between = (times[lag:] - times[:-lag]) / (firsts[lag:] - firsts[:-lag])
    usual = float(np.median(between))
    is_exact = np.mean(np.abs(n_periods - np.rint(n_periods)) < 0.2) >= 0.95
    if not is_exact or usual > 1.5 * period:  # The latter in bursts, as they arrive.
        is_exact, period = False, usual
    for _ in range(2):
        least = 0.5 if stamps.usual == 1 else max(2.0, 0.25 * stamps.usual)
        wide = np.flatnonzero(steps > (counts + least) * period)
        if not is_exact:
            wide = _lasting(stamps, wide, period)
        bounds = np.concatenate([[0], wide + 1])
        period = _slope(times, firsts, bounds, period)
    return period, bounds


def _lasting(stamps, wide, period):
    """Keep the wide steps after which all times are later, not the jitter."""
    steps = np.diff(stamps.times)
    wide = wide[steps[wide] > 1.5 * np.quantile(steps, 0.99)]
    if not len(wide):
        return wide
    late = stamps.times - period * stamps.firsts
    window = 256 if stamps.usual == 1 else 16
    kept, begin = [], 0
    ends = [*(wide[1:] + 1), len(late)]
    for step, end in zip(wide.tolist(), ends, strict=True):
        before = late[max(begin, step + 1 - window) : step + 1]
        after = late[step + 1 : min(step + 1 + window, end)]
        shift = np.median(after) - np.median(before)
        if shift > max(period, 0.5 * (late[step + 1] - late[step])):
            kept.append(step)
            begin = step + 1
    return np.array(kept, dtype=np.int64)


def _slope(times, firsts, bounds, period):
    """Fit one period to all runs, by least squares."""
    rows, late = _centred(firsts, bounds), _centred(times, bounds)
    weight = rows @ rows
    return float(rows @ late / weight) if weight else period


def _centred(values, bounds):
    sizes = np.diff(bounds, append=len(values))
    means = np.add.reduceat(values.astype(np.float64), bounds) / sizes
    return values - np.repeat(means, sizes)


def _placed(stamps, bounds, period, kept, notes, rows):
    """Put each run where its times say, on a grid of the period."""
    late = stamps.times - period * stamps.firsts
    sizes = np.diff(bounds, append=len(late))
    levels = np.add.reduceat(late, bounds) / sizes
    stray = float(np.abs(late - np.repeat(levels, sizes)).max())
    span = max(int(stamps.firsts[-1] - stamps.firsts[0]), 1)
    rounding = max(0.6 * stamps.resolution, 1e-3 * period)
    if stray > 0.02 * span * period + 20 * max(stamps.usual, 1) * period:
        raise ValueError(
            f"its times keep no one rate: they stray by {stray:.3g} s from "
            f"{1 / period:.4g} Hz. Resample the signal, or split it where the rate "
            "changes"
        )
    # Least squares average the jitter of all times.
    error = max(min(stray, rounding), 2 * stray / len(late) ** 0.5)
    period = _rounded(period, error, span)
    firsts = stamps.firsts[bounds]
    firsts[0] = 0
    lengths = np.diff(firsts, append=stamps.n_rows)
    _check_alone(levels, lengths, firsts, kept, rows)
    places = np.rint((levels - levels[0]) / period).astype(np.int64) + firsts
    is_gap = np.ones(len(places), dtype=bool)
    for run in range(1, len(places)):
        end = places[run - 1] + lengths[run - 1]
        is_gap[run] = places[run] > end
        places[run] = max(places[run], end)
    if places[-1] * period > _LONGEST:
        raise ValueError(
            f"its times are {places[-1] * period / 86400:.0f} days apart: one of them "
            "is damaged, or in another unit"
        )
    return TimeAxis(
        period,
        places[is_gap],
        firsts[is_gap],
        stamps.n_rows,
        kept,
        stray if stray > max(rounding, _JITTER * period) else 0.0,
        tuple(notes),
    )


def _check_alone(levels, lengths, firsts, kept, rows):
    """Refuse a single row whose time is far from those of all others."""
    around = np.diff(levels, prepend=-np.inf, append=np.inf)
    is_far = np.minimum(around[:-1], around[1:]) > _ALONE_SECONDS
    alone = np.flatnonzero(is_far & (lengths == 1))
    if len(alone) and len(levels) > 1:
        row = int(firsts[alone[0]])
        where = rows.named(row if kept is None else int(kept[row]))
        raise ValueError(f"the time in {where} is far from all others: correct it")
