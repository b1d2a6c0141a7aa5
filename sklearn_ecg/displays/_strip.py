"""The stretch of a record that a figure shows, and where labels stand above it."""

import os

import numpy as np

from .._messages import listed
from ..beats._table import rows_by_record
from ..records._lead_choice import choose_leads, names_of
from ..records._names import ANY_LEAD, to_millivolts
from ..records._open import recording_name

_MOST_LINES = 3
"""Of letters, and as many of true classes below them."""

_MOST_TRACE = 0.8

_LEAST_TRACE = 0.35

_LEAST_PITCH = 15.0
"""Points from a line to the next; badges need more."""

# In lines: from the top to the middle of the first, from the middle of the last down.
_ABOVE, _BELOW = 0.82, 0.53


def find_record(X, record):
    """Return one record of the beat table, and the positions of its rows."""
    records = rows_by_record(X)
    if isinstance(record, os.PathLike):
        record = os.fspath(record)
    if record is None:
        return records[0]
    found = [(source, rows) for source, rows in records if record in _names_of(source)]
    if len(found) == 1:
        return found[0]
    if found:
        paths = listed([str(source) for source, _ in found])
        raise ValueError(
            f"record={record!r} is the name of {len(found)} records of the beat table, "
            f"{paths}: give the path."
        )
    names = listed([recording_name(source) for source, _ in records])
    raise ValueError(
        f"record={record!r} is not in the beat table, whose records are {names}."
    )


def _names_of(source):
    name = recording_name(source)
    return (name, source) if isinstance(source, str) else (name,)


def start_of_interest(times, is_wrong, duration, recording):
    """Return a start that puts the first wrong beat, or the first, in the strip."""
    first = times[is_wrong].min() if is_wrong.any() else times.min()
    return max(0.0, min(first - duration / 3, recording.duration - duration))


def read_strip(recording, start, duration, lead):
    """Return the samples of one lead, itself, and where the strip starts in seconds."""
    if not duration > 0:
        raise ValueError(f"duration={duration!r} must be positive, in seconds.")
    if not 0 <= start < recording.duration:
        raise ValueError(
            f"start={start!r} is outside of record {recording.name!r}, which is "
            f"{recording.duration:g} s long."
        )
    index = _find_lead(recording, lead)
    stored = recording.source.leads[index]
    first = min(round(start * stored.sampling_rate), stored.n_samples - 1)
    stop = round((start + duration) * stored.sampling_rate)
    stop = max(first + 1, min(stop, stored.n_samples))
    [samples] = recording.source.read([index], [(first, stop)])
    samples = to_millivolts(samples, stored.unit)
    return samples, stored, first / stored.sampling_rate


def _find_lead(recording, lead):
    """Return the place of a lead; None means MLII, or else what speaks for an ECG."""
    wanted = ["MLII", ANY_LEAD] if lead is None else names_of("plot", "lead", lead)
    leads = recording.source.leads
    try:
        return choose_leads(recording.name, leads, wanted, first=True)[0].place
    except ValueError:
        if lead is not None:
            raise
        return 0


def arrange_labels(ax, letters, truths):
    """Put letters, and below them true classes, on lines on which none touch."""
    if not letters:
        return _MOST_TRACE
    height = _height_laid_out(ax)
    pitch = max(_LEAST_PITCH, *(_size(text)[1] for text in letters + truths))
    most = max(2, int((1 - _LEAST_TRACE) * height / pitch + 1 - _ABOVE - _BELOW))
    n_lines = _stack(ax, letters, 0, min(_MOST_LINES, most - 1), pitch)
    if truths:
        n_lines = _stack(ax, truths, n_lines, min(_MOST_LINES, most - n_lines), pitch)
    return min(_MOST_TRACE, 1 - pitch * (_ABOVE + n_lines - 1 + _BELOW) / height)


def limits_with_headroom(signal, share):
    """Return limits of the y-axis that leave a share of its height to the trace."""
    finite = np.asarray(signal)[np.isfinite(signal)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    # A flat trace would otherwise be magnified until its rounding shows.
    half = 0.55 * max(high - low, 0.2)
    bottom = (low + high) / 2 - half
    return bottom, bottom + 2 * half / share


def lines_without_overlap(starts, ends, n_lines, order):
    """Give each interval the first line on which it touches no other; -1 if none is."""
    lines = np.full(len(starts), -1)
    for number in order:
        touches = (starts < ends[number]) & (ends > starts[number])
        free = set(range(n_lines)) - set(lines[touches].tolist())
        lines[number] = min(free, default=-1)
    return lines


def _height_laid_out(ax):
    """Lay the figure out, and return the axes' height in points."""
    before = ax.bbox.height
    engine = ax.figure.get_layout_engine()
    if engine is not None:
        engine.execute(ax.figure.figure)
    return _in_points(ax, min(before, ax.bbox.height))


def _stack(ax, texts, first, n_lines, pitch):
    """Move texts to the lines from the first on, and return the next that is free."""
    from matplotlib.transforms import offset_copy

    starts, ends = _spans(ax, texts)
    plain = [text.get_bbox_patch() is None for text in texts]
    order = np.argsort(plain, kind="stable")
    lines = lines_without_overlap(starts, ends, n_lines, order)
    for text, line in zip(texts, lines, strict=True):
        # From the top in points, so that lines keep their distance at any height.
        below = -pitch * (_ABOVE + first + line)
        across = ax.get_xaxis_transform()
        text.set_transform(offset_copy(across, ax.figure, y=below, units="points"))
        text.set_visible(line >= 0)
    return first + max(lines) + 1


def _spans(ax, texts):
    """Turn texts at the edges inwards, and return where each begins and ends."""
    points = [(text.get_position()[0], 0) for text in texts]
    left, right = _in_points(ax, ax.bbox.intervalx)
    centers = _in_points(ax, ax.transData.transform(points)[:, 0])
    halves = np.array([_size(text)[0] for text in texts]) / 2
    sides = np.select([centers - halves < left, centers + halves > right], [1, -1], 0)
    for text, side in zip(texts, sides.tolist(), strict=True):
        text.set_horizontalalignment({1: "left", -1: "right", 0: "center"}[side])
    middles = centers + sides * halves
    return middles - halves, middles + halves


def _size(text):
    """Return the width and height of a text in points, its badge and a gap included."""
    box = text.get_window_extent()
    gap, frame = 1.0, 1.6
    badge = 0 if text.get_bbox_patch() is None else 0.5 * text.get_fontsize() + frame
    return _in_points(text, np.array([box.width, box.height])) + badge + gap


def _in_points(artist, pixels):
    return pixels * 72 / artist.figure.dpi
