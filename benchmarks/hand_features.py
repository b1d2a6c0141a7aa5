"""Hand-made features of heartbeats, for the reference that networks must beat.

All look back only, but for the interval to the next beat. Rhythm: logarithms of the two
intervals over means of the last 5 to 300, over running quantiles, and over each other.
QRS complex: what differs from the typical one of the patient so far, at the best shift
within 50 ms. P and T wave: a segment before and one after it, straightened, over the
height of the typical QRS complex, and compared with a typical segment.
"""

import numpy as np
import pandas as pd

from sklearn_ecg.beats._table import rows_by_record
from sklearn_ecg.records._leads import read_leads
from sklearn_ecg.windows._cutting import cut_windows
from sklearn_ecg.windows._relative_qrs import TypicalQRS
from sklearn_ecg.windows._resampling import rate_ratio, resample, resampled_positions

RATE = 180
BEFORE, AFTER = round(0.35 * RATE), round(0.55 * RATE)
EXTENT, SHIFT = round(0.1 * RATE), round(0.05 * RATE)
P_SEGMENT, T_SEGMENT = (-0.24, -0.07), (0.1, 0.42)
QUANTILES = (0.5, 0.75, 0.9)
NEIGHBOURS = 3
OF_NEIGHBOURS = (
    "prev_q0.5",
    "prev_over_before",
    "corr",
    "width_rel",
    "p_corr",
    "p_diff",
    "height",
)


def features_of(X, lead):
    """Return the features of a beat table, and its windows from -0.25 to 0.45 s.

    Parameters
    ----------
    X : DataFrame
        Its records must have `lead`, a name or several of which the first is taken.

    Returns
    -------
    features : DataFrame of float32
    windows : ndarray of shape (n_beats, 126), float32
        In mV, at 180 Hz.
    """
    wanted = [lead] if isinstance(lead, str) else list(lead)
    windows = np.empty((len(X), 126), dtype=np.float32)
    tables = []
    for record, rows in rows_by_record(X):
        [signal] = read_leads(record, wanted)
        r_peaks = X["r_peaks"].iloc[rows[0]].samples
        table, around = _of_recording(signal, r_peaks)
        places = np.searchsorted(r_peaks, X["sample"].to_numpy()[rows])
        tables.append(table.iloc[places].set_axis(rows))
        windows[rows] = around[places]
    features = pd.concat(tables).sort_index()
    return features.astype(np.float32), windows


def _of_recording(lead, r_peaks):
    signal = resample(lead.samples, rate_ratio(RATE, lead.sampling_rate))
    ratio = rate_ratio(RATE, lead.position_rate)
    places = resampled_positions(r_peaks, ratio)
    length = BEFORE + AFTER + 2 * SHIFT + 1
    around = cut_windows(signal, places - BEFORE - SHIFT, length)[:, SHIFT:]
    features = rhythm(r_peaks, lead.position_rate)
    qrs, lag, height = complexes(around)
    features |= qrs
    is_usual = (features["corr"] > 0.85) & (np.abs(features["prev_q0.5"]) < 0.15)
    for name, segment in (("p", P_SEGMENT), ("t", T_SEGMENT)):
        features |= segments(around, lag, height, is_usual, segment, name)
    features |= neighbours(features)
    start = BEFORE - round(0.25 * RATE)
    return pd.DataFrame(features).clip(-8, 8), around[:, start : start + 126]


def rhythm(r_peaks, sampling_rate):
    interval = np.full(len(r_peaks), 1.0)
    interval[1:] = np.minimum(np.diff(r_peaks) / sampling_rate, 3)
    interval[0] = interval[1] if len(r_peaks) > 1 else 1.0
    following = np.append(interval[1:], interval[-1])
    features = {"rr_prev": interval, "rr_next": following}
    typical = {
        f"mean{n}": _mean_of_last(interval, n) for n in (5, 10, 20, 40, 100, 300)
    }
    typical |= {f"q{q:g}": _running_quantile(interval, q) for q in QUANTILES}
    for name, values in typical.items():
        features[f"prev_{name}"] = np.log(interval / values)
        features[f"next_{name}"] = np.log(following / values)
    before = np.append(interval[:1], interval[:-1])
    median = pd.Series(interval).rolling(9, min_periods=1).median().to_numpy()
    features["prev_median9"] = np.log(interval / median)
    features["prev_over_before"] = np.log(interval / before)
    features["next_over_prev"] = np.log(following / interval)
    jumps = pd.Series(np.abs(interval - before) / typical["mean40"])
    for n_beats in (32, 256):
        mean = jumps.ewm(alpha=1 / n_beats).mean().to_numpy()
        features[f"irregularity{n_beats}"] = mean
    return features


def _mean_of_last(values, n):
    total = np.concatenate([[0], np.cumsum(values)])
    stop = np.arange(1, len(values) + 1)
    start = np.maximum(stop - n, 0)
    return (total[stop] - total[start]) / (stop - start)


def _running_quantile(values, q):
    """Follow a quantile by steps that fall to 0.4 %, as a device could."""
    level, levels = values[0], []
    for number, value in enumerate(values.tolist(), start=1):
        step = 2 * level * max(min(1 / number, 0.25), 0.004)
        level += step * q if value > level else -step * (1 - q)
        levels.append(level)
    return np.array(levels)


def complexes(around):
    """Compare QRS complexes with the typical one, at the best shift."""
    wide = around[:, BEFORE - EXTENT - SHIFT : BEFORE + EXTENT + SHIFT + 1]
    wide = wide - wide.mean(axis=1, keepdims=True)
    meet = TypicalQRS(wide.shape[1]).update
    typical = np.array([meet(qrs) for qrs in wide])
    length = 2 * EXTENT + 1
    typical = _centered(typical[:, SHIFT : SHIFT + length])
    correlations = np.array(
        [
            _correlation(_centered(wide[:, start : start + length]), typical)
            for start in range(2 * SHIFT + 1)
        ]
    )
    best = correlations.argmax(axis=0)
    places = best[:, np.newaxis] + np.arange(length)
    qrs = _centered(np.take_along_axis(wide, places, axis=1))
    height = np.abs(typical).max(axis=1) + 1e-6
    rows = np.arange(len(qrs))
    features = {
        "corr": correlations[best, rows],
        "lag": (best - SHIFT) / RATE,
        "height": np.log((np.abs(qrs).max(axis=1) + 1e-6) / height),
        "width": _width(qrs),
        "width_rel": np.log((_width(qrs) + 1e-6) / (_width(typical) + 1e-6)),
        "half": _half_width(qrs),
        "half_rel": _half_width(qrs) - _half_width(typical),
        "area": np.log((np.abs(qrs).sum(1) + 1e-6) / (np.abs(typical).sum(1) + 1e-6)),
        "sign": _sign_of_largest(qrs) * _sign_of_largest(typical),
        "diff": np.sqrt(np.square((qrs - typical) / height[:, np.newaxis]).mean(1)),
        "slope": np.log((_steepest(qrs) + 1e-6) / (_steepest(typical) + 1e-6)),
    }
    return features, best - SHIFT, height


def _centered(values):
    return values - values.mean(axis=1, keepdims=True)


def _correlation(one, other):
    norm = np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))
    return (one * other).sum(axis=1) / (norm + 1e-9)


def _width(qrs):
    return np.abs(qrs).sum(axis=1) / (np.abs(qrs).max(axis=1) + 1e-9) / RATE


def _half_width(qrs):
    height = np.abs(qrs)
    return (height > height.max(axis=1, keepdims=True) / 2).sum(axis=1) / RATE


def _sign_of_largest(qrs):
    return np.sign(qrs[np.arange(len(qrs)), np.abs(qrs).argmax(axis=1)])


def _steepest(qrs):
    return np.abs(np.diff(qrs, axis=1)).max(axis=1)


def segments(around, lag, height, is_usual, segment, name):
    """Compare a segment of each beat with the typical one of the usual beats so far."""
    first, stop = (BEFORE + round(time * RATE) for time in segment)
    start = np.clip(first + lag, 0, around.shape[1] - (stop - first))
    places = start[:, np.newaxis] + np.arange(stop - first)
    values = np.take_along_axis(around, places, axis=1) / height[:, np.newaxis]
    values = _centered(values)
    line = np.linspace(-1, 1, values.shape[1])
    slope = values @ line / (line @ line)
    values = values - slope[:, np.newaxis] * line
    typical = _typical_segments(values, is_usual)
    size = np.sqrt(np.square(values).mean(axis=1)) + 1e-3
    usual_size = np.sqrt(np.square(typical).mean(axis=1)) + 1e-3
    difference = np.sqrt(np.square(values - typical).mean(axis=1))
    return {
        f"{name}_corr": (values * typical).mean(axis=1) / (size * usual_size),
        f"{name}_size": np.log(size),
        f"{name}_rel": np.log(size / usual_size),
        f"{name}_diff": np.log(difference + 1e-3),
        f"{name}_max": values.max(axis=1),
        f"{name}_min": values.min(axis=1),
        f"{name}_place": values.argmax(axis=1) / RATE,
        f"{name}_slope": slope,
    }


def _typical_segments(values, is_usual):
    """Follow the typical segment by a sixteenth of the difference, at most 0.3."""
    now, n_met = values[0].copy(), 0
    typical = np.empty_like(values)
    for number, segment in enumerate(values):
        typical[number] = now
        if is_usual[number]:
            n_met += 1
            now = now + np.clip(segment - now, -0.3, 0.3) * max(1 / 16, 1 / n_met)
    return typical


def neighbours(features):
    """Return some features of the beats before."""
    columns = {}
    for back in range(1, NEIGHBOURS + 1):
        for name in OF_NEIGHBOURS:
            values = features[name]
            earlier = np.concatenate([np.repeat(values[:1], back), values[:-back]])
            columns[f"before{back}_{name}"] = earlier[: len(values)]
    return columns
