"""Signals of synthetic records: their rhythm, the shapes of their beats, their noise.

Each wave (P, Q, R, S, T, pacing spike) is an asymmetric Gaussian in time whose height
is a vector in space, after the dynamical model of McSharry et al. (2003), IEEE Trans.
Biomed. Eng. 50(3):289-294, extended to three dimensions by Sameni et al. (2007),
EURASIP J. Adv. Signal Process. 2007:043407. A lead sees the projection of the vector
on its own direction, so that all leads of a record belong to one heart. Axes: x to the
patient's left, y to the feet, z to the front.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.fft import irfft

_SHORTEST_INTERVAL = 0.3
"""Refractory time in seconds: no beat follows another sooner."""

_IRREGULARITY, _FASTER = 0.2, 1.2
"""What atrial fibrillation does: standard deviation of the logarithm of intervals, and
how much faster the heart beats."""

_EDGE = 0.1
"""No beat is closer than this, in seconds, to either end of a record."""


@dataclass(frozen=True)
class Rhythm:
    """The beats of one record."""

    times: np.ndarray  # R peaks in seconds
    intervals: np.ndarray  # Seconds since the previous R peak
    kinds: np.ndarray  # AAMI classes
    respiration: np.ndarray  # How breathing scales the size of each beat, about 1
    is_fibrillating: np.ndarray  # Whether the atria do, which makes no P waves


def draw_rhythm(rng, duration, heart_rate, shares, is_irregular):
    """Draw the beats of one record."""
    mean_interval = 60 / heart_rate
    n_expected = int(duration / mean_interval)
    # Ectopic beats shorten the rhythm; the surplus is cut where the record ends.
    n_beats = n_expected + n_expected // 3 + 5
    kinds = _draw_kinds(rng, n_beats, n_expected, shares)
    breath = _draw_breath(rng, n_beats, mean_interval)
    sinus = _draw_sinus_intervals(rng, mean_interval, breath)
    if is_irregular:
        sinus *= rng.lognormal(sigma=0.10, size=n_beats)
    intervals = _premature_and_paused(rng, kinds, sinus, mean_interval)
    times = _EDGE + rng.uniform(0, mean_interval) + np.cumsum(intervals) - intervals[0]
    return Rhythm(times, intervals, kinds, 1 + 0.05 * breath, np.zeros(n_beats, bool))


def fibrillate(rng, rhythm, stretches):
    """Let the atria fibrillate from a second to another: no interval as the last."""
    times, intervals = rhythm.times.copy(), rhythm.intervals.copy()
    factors = rng.lognormal(sigma=_IRREGULARITY, size=len(times)) / _FASTER
    is_inside = np.zeros(len(times), dtype=bool)
    for start, stop in stretches:
        first = max(int(np.searchsorted(times, start)), 1)
        changed = np.maximum(intervals * factors, _SHORTEST_INTERVAL)[first:]
        n_changed = np.searchsorted(times[first - 1] + np.cumsum(changed), stop)
        intervals[first : first + n_changed] = changed[:n_changed]
        times[first:] = times[first - 1] + np.cumsum(intervals[first:])
        is_inside |= (times >= start) & (times < stop)
    # Where no beat comes from the sinus node, none is premature to it.
    kinds = np.where(is_inside & (rhythm.kinds == "S"), "N", rhythm.kinds)
    return replace(
        rhythm, times=times, intervals=intervals, kinds=kinds, is_fibrillating=is_inside
    )


def cut_to(rhythm, duration):
    """Return the beats that are in a record of so many seconds."""
    inside = rhythm.times < duration - _EDGE
    return Rhythm(*(getattr(rhythm, field.name)[inside] for field in fields(Rhythm)))


def _draw_kinds(rng, n_beats, n_expected, shares):
    """Draw the classes: paced beats in one stretch, ectopic beats strewn about it."""
    kinds = np.full(n_beats, "N")
    n_paced = _draw_count(rng, shares["Q"] * n_expected, n_expected)
    start = rng.integers(n_expected - n_paced + 1)
    kinds[start : start + n_paced] = "Q"
    free = rng.permutation(np.flatnonzero(kinds[:n_expected] == "N"))
    # A record starts with the patient's own beat wherever there is room for one.
    free = free[free > 0]
    for kind in "SVF":
        n_drawn = _draw_count(rng, shares[kind] * n_expected, len(free))
        kinds[free[:n_drawn]] = kind
        free = free[n_drawn:]
    return kinds


def _draw_count(rng, expected, most):
    """Round up or down at random so that the mean is as expected."""
    return min(int(expected + rng.random()), most)


def _draw_breath(rng, n_beats, mean_interval):
    rate, phase = rng.uniform(0.18, 0.35), rng.uniform(0, 2 * np.pi)
    return np.sin(2 * np.pi * rate * mean_interval * np.arange(n_beats) + phase)


def _draw_sinus_intervals(rng, mean_interval, breath):
    """Draw sinus intervals with the variability that healthy hearts have."""
    seconds = mean_interval * np.arange(len(breath))
    phases = rng.uniform(0, 2 * np.pi, size=2)
    periods = np.array([10.0, rng.uniform(60, 240)])
    sizes = np.array([rng.uniform(0.01, 0.025), rng.uniform(0.02, 0.06)])
    waves = np.sin(2 * np.pi * seconds[:, None] / periods + phases) @ sizes
    breathing = rng.uniform(0.01, 0.05) * breath
    scatter = 0.012 * rng.normal(size=len(breath))
    return mean_interval * (1 + waves + breathing + scatter)


def _premature_and_paused(rng, kinds, sinus, mean_interval):
    """Turn sinus intervals into those of the rhythm with its ectopic beats."""
    prematurity = {"S": (0.60, 0.88), "V": (0.52, 0.88), "F": (0.90, 1.0)}
    intervals = sinus.copy()
    for kind, (low, high) in prematurity.items():
        is_kind = kinds == kind
        drawn = rng.uniform(low, high, size=len(kinds))
        intervals[is_kind] = (sinus * drawn)[is_kind]
    follows = np.concatenate([["N"], kinds[:-1]])
    is_normal = kinds == "N"
    reset = is_normal & (follows == "S")
    intervals[reset] = (sinus * rng.uniform(1.0, 1.12, size=len(kinds)))[reset]
    before = np.roll(intervals, 1)
    compensates = is_normal & np.isin(follows, ["V", "F"])
    intervals[compensates] = (np.roll(sinus, 1) + sinus - before)[compensates]
    is_paced = kinds == "Q"
    steady = mean_interval * rng.uniform(0.95, 1.1)
    scatter = 0.004 * rng.normal(size=len(kinds))
    intervals[is_paced] = (steady * (1 + scatter))[is_paced]
    return np.maximum(intervals, _SHORTEST_INTERVAL)


# The limb leads lie in the frontal plane, 60 degrees apart (Einthoven's triangle), and
# the augmented ones follow from them: aVR = -(I + II) / 2, aVL = (I - III) / 2 and
# aVF = (II + III) / 2. The chest leads go round the horizontal plane.
LEAD_DIRECTIONS = {
    "I": (1.0, 0.0, 0.0),
    "II": (0.5, 0.866, 0.0),
    "III": (-0.5, 0.866, 0.0),
    "aVR": (-0.75, -0.433, 0.0),
    "aVL": (0.75, -0.433, 0.0),
    "aVF": (0.0, 0.866, 0.0),
    "MLII": (0.45, 0.89, 0.05),
    "V1": (-0.5, 0.0, 0.87),
    "V2": (-0.1, 0.1, 0.99),
    "V3": (0.25, 0.15, 0.95),
    "V4": (0.5, 0.2, 0.84),
    "V5": (0.86, 0.2, 0.46),
    "V6": (0.98, 0.15, 0.1),
}

_REFERENCE_INTERVAL = 0.8
"""RR interval in seconds at which the T wave lies where the templates put it."""


@dataclass(frozen=True)
class Template:
    """The waves of one kind of beat."""

    names: str  # One letter per wave: P, Q, R, S, T, or ``|`` for the pacing spike
    centres: np.ndarray
    rises: np.ndarray
    falls: np.ndarray
    vectors: np.ndarray  # Height and direction of the wave, in mV


def _template(**waves):
    rows = np.array(list(waves.values()), dtype=np.float64)
    names = "".join(name.replace("spike", "|")[0] for name in waves)
    return Template(names, rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3:])


_NORMAL = _template(
    P=(-0.160, 0.022, 0.024, 0.06, 0.12, 0.02),
    Q=(-0.024, 0.009, 0.009, -0.12, -0.10, 0.30),
    R=(0.000, 0.011, 0.011, 0.85, 1.05, -0.80),
    S=(0.027, 0.010, 0.012, -0.25, -0.30, -0.25),
    T=(0.285, 0.060, 0.038, 0.22, 0.22, 0.12),
)
_LEFT_BUNDLE_BRANCH_BLOCK = _template(
    P=(-0.180, 0.022, 0.024, 0.06, 0.12, 0.02),
    R=(0.000, 0.013, 0.013, 0.85, 0.95, -0.85),
    R2=(0.032, 0.014, 0.016, 0.45, 0.30, -0.45),
    T=(0.300, 0.065, 0.045, 0.05, 0.12, 0.20),
)
_RIGHT_BUNDLE_BRANCH_BLOCK = _template(
    P=(-0.170, 0.022, 0.024, 0.06, 0.12, 0.02),
    Q=(-0.024, 0.009, 0.009, -0.12, -0.10, 0.30),
    R=(0.000, 0.012, 0.012, 0.75, 0.85, -0.45),
    S=(0.052, 0.016, 0.020, -0.40, -0.20, 0.60),
    T=(0.300, 0.060, 0.040, 0.24, 0.22, -0.10),
)
_PACED = _template(
    spike=(-0.078, 0.0035, 0.0035, 0.70, 1.00, -0.50),
    R=(0.000, 0.030, 0.032, 0.60, -1.10, -0.70),
    R2=(0.065, 0.022, 0.030, 0.25, -0.45, -0.25),
    T=(0.320, 0.070, 0.050, -0.30, 0.50, 0.35),
)
_SINUS_CONDUCTION = {
    "N": _NORMAL,
    "L": _LEFT_BUNDLE_BRANCH_BLOCK,
    "R": _RIGHT_BUNDLE_BRANCH_BLOCK,
}


@dataclass(frozen=True)
class Canvas:
    """The signals that beats are added to."""

    signals: np.ndarray  # In mV
    sampling_rate: float  # In Hz
    directions: np.ndarray  # What each lead sees of a vector, see `LEAD_DIRECTIONS`


@dataclass(frozen=True)
class Heart:
    """The beat shapes of one patient."""

    sinus: Template
    atrial: Template
    ventricular: tuple[Template, ...]
    paced: Template


def draw_heart(rng, conduction, has_p_wave):
    """Draw the beat shapes of one patient."""
    rotation = _draw_rotation(rng)
    sinus = _vary(rng, _SINUS_CONDUCTION[conduction], rotation)
    if not has_p_wave:
        sinus = _scale_waves(sinus, "P", 0.0)
    atrial = _scale_waves(sinus, "P", rng.uniform(-0.9, 0.5))
    atrial = _move_waves(atrial, "P", rng.uniform(0.01, 0.05))
    n_foci = 1 + (rng.random() < 0.3)
    ventricular = tuple(_draw_ventricular(rng) for _ in range(n_foci))
    return Heart(sinus, atrial, ventricular, _vary(rng, _PACED, np.eye(3)))


def _draw_ventricular(rng):
    """Draw a ventricular ectopic beat: slow, from anywhere, its T wave against it."""
    # From a focus near the outflow tract the impulse runs to the feet, from one near
    # the apex it runs to the head.
    from_apex = rng.random() < 0.4
    direction = np.array([0.0, -1.0 if from_apex else 1.0, 0.0])
    direction += rng.normal(scale=[0.4, 0.2, 0.5])
    main = rng.uniform(1.5, 2.4) * direction / np.linalg.norm(direction)
    turned = main + rng.normal(scale=0.3, size=3)
    waves = _template(
        Q=(-0.050, 0.016, 0.020, *(-0.15 * turned)),
        R=(0.000, 0.027, 0.028, *main),
        S=(0.065, 0.025, 0.032, *(rng.uniform(-0.6, 0.6) * turned)),
        T=(0.310, 0.075, 0.050, *(-0.40 * main)),
    )
    return _vary(rng, waves, np.eye(3))


def _draw_rotation(rng):
    frontal, horizontal = np.radians(rng.normal(scale=[10.0, 9.0]))
    in_frontal_plane = np.array(
        [
            [np.cos(frontal), -np.sin(frontal), 0.0],
            [np.sin(frontal), np.cos(frontal), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    in_horizontal_plane = np.array(
        [
            [np.cos(horizontal), 0.0, -np.sin(horizontal)],
            [0.0, 1.0, 0.0],
            [np.sin(horizontal), 0.0, np.cos(horizontal)],
        ]
    )
    return in_frontal_plane @ in_horizontal_plane


def _vary(rng, template, rotation):
    """Give a template the individual sizes, widths, delays and axis of one patient."""
    n_waves = len(template.centres)
    size = rng.lognormal(sigma=0.12, size=(n_waves, 1))
    tilt = rng.normal(scale=0.07, size=(n_waves, 3))
    length = np.linalg.norm(template.vectors, axis=1, keepdims=True)
    vectors = size * (template.vectors + tilt * length) @ rotation.T
    width = rng.lognormal(sigma=0.07, size=n_waves)
    return replace(
        template,
        centres=template.centres * rng.lognormal(sigma=0.05, size=n_waves),
        rises=template.rises * width,
        falls=template.falls * width,
        vectors=vectors,
    )


def _scale_waves(template, name, factor):
    is_meant = np.array([wave == name for wave in template.names])
    scale = np.where(is_meant, factor, 1.0)[:, None]
    return replace(template, vectors=template.vectors * scale)


def _move_waves(template, name, seconds):
    is_meant = np.array([wave == name for wave in template.names])
    return replace(template, centres=template.centres + is_meant * seconds)


def render_beats(rng, heart, rhythm, canvas):
    """Add all beats of a record to its signals."""
    sizes = rhythm.respiration * rng.lognormal(sigma=0.03, size=len(rhythm.times))
    for template, share in _shares_of_templates(rng, heart, rhythm):
        beats = np.flatnonzero(share)
        _render_template(
            rng,
            template,
            rhythm.times[beats],
            rhythm.intervals[beats],
            (share * sizes)[beats],
            canvas,
        )


def _shares_of_templates(rng, heart, rhythm):
    """Pair each template with its share in every beat; a fusion beat has two."""
    kinds, is_fibrillating = rhythm.kinds, rhythm.is_fibrillating
    is_fusion = kinds == "F"
    from_sinus = rng.uniform(0.25, 0.65, size=len(kinds))
    from_ventricle = np.where(is_fusion, 1 - from_sinus, kinds == "V")
    from_above = np.where(is_fusion, from_sinus, kinds == "N")
    focus = rng.integers(len(heart.ventricular), size=len(kinds))
    return [
        (heart.sinus, from_above * ~is_fibrillating),
        (heart.atrial, (kinds == "S").astype(float)),
        (heart.paced, (kinds == "Q").astype(float)),
        *(
            (template, from_ventricle * (focus == number))
            for number, template in enumerate(heart.ventricular)
        ),
        (_scale_waves(heart.sinus, "P", 0.0), from_above * is_fibrillating),
    ]


def _render_template(rng, template, times, intervals, sizes, canvas):
    heights = template.vectors @ canvas.directions.T
    wobble = 1 + 0.04 * rng.normal(size=(len(heights), len(times)))
    # The QT interval follows the root of the RR interval (Bazett 1920).
    stretch = np.sqrt(np.clip(intervals / _REFERENCE_INTERVAL, 0.5, 1.6))
    for wave, name in enumerate(template.names):
        delay = template.centres[wave] * (stretch if name == "T" else 1.0)
        _add_wave(
            canvas,
            times + delay,
            _widen(template.rises[wave], canvas.sampling_rate),
            _widen(template.falls[wave], canvas.sampling_rate),
            heights[wave][:, None] * (sizes * wobble[wave]),
        )


def _widen(deviation, sampling_rate):
    # What an anti-aliasing filter does to a spike that is shorter than a sample.
    return max(deviation, 0.6 / sampling_rate)


def _add_wave(canvas, centres, rise, fall, heights):
    """Add asymmetric Gaussians, their heights of shape (n_leads, n_beats)."""
    rate = canvas.sampling_rate
    offsets = np.arange(np.floor(-4 * rise * rate), np.ceil(4 * fall * rate) + 1)
    samples = (np.rint(centres * rate)[:, None] + offsets).astype(np.int64)
    seconds = samples / rate - centres[:, None]
    shape = np.exp(-0.5 * (seconds / np.where(seconds < 0, rise, fall)) ** 2)
    inside = (samples >= 0) & (samples < canvas.signals.shape[1])
    for signal, height in zip(canvas.signals, heights, strict=True):
        np.add.at(signal, samples[inside], (shape * height[:, None])[inside])


_HIGHEST_MUSCLE_FREQUENCY = 150.0


def draw_noise(rng, n_samples, sampling_rate, wander, muscle, mains, mains_frequency):
    """Draw the noise of one lead; the same noise at any sampling rate."""
    seconds = np.arange(n_samples) / sampling_rate
    noise = wander * _draw_wander(rng, seconds)
    noise += muscle * _draw_muscle(rng, seconds, sampling_rate)
    hum = _draw_mains(rng, seconds, mains_frequency)
    if mains_frequency < sampling_rate / 2:
        noise += mains * hum
    return noise


def _draw_wander(rng, seconds):
    """Draw breathing and electrode drift: slow waves, the slower the larger."""
    frequencies = np.exp(rng.uniform(np.log(0.02), np.log(0.4), size=8))
    heights = frequencies**-0.5
    heights *= np.sqrt(2 / np.sum(heights**2))
    phases = rng.uniform(0, 2 * np.pi, size=8)
    knots = _knots(seconds)
    waves = np.sin(2 * np.pi * knots[:, None] * frequencies + phases) @ heights
    return np.interp(seconds, knots, waves)


def _draw_muscle(rng, seconds, sampling_rate):
    """Draw band-limited noise that swells and fades."""
    n_samples = len(seconds)
    resolution = sampling_rate / n_samples
    n_drawn = int(_HIGHEST_MUSCLE_FREQUENCY / resolution + 0.5)
    frequencies = resolution * np.arange(1, n_drawn + 1)
    weights = np.exp(-0.5 * ((frequencies - 40.0) / 35.0) ** 2)
    weights *= np.sqrt(1 / np.sum(weights**2))
    coefficients = weights * rng.normal(size=2 * n_drawn).view(complex)
    spectrum = np.zeros(n_samples // 2 + 1, dtype=complex)
    n_kept = min(n_drawn, (n_samples - 1) // 2)
    spectrum[1 : n_kept + 1] = coefficients[:n_kept] * n_samples / 2
    return irfft(spectrum, n=n_samples) * _draw_swell(rng, seconds, 0.6)


def _draw_mains(rng, seconds, frequency):
    phase = rng.uniform(0, 2 * np.pi)
    hum = np.sin(2 * np.pi * frequency * seconds + phase)
    return np.sqrt(2) * hum * _draw_swell(rng, seconds, 0.3)


def _draw_swell(rng, seconds, depth):
    """Draw a factor that rises and falls about 1 in steady time."""
    period, phase = rng.uniform(7, 25), rng.uniform(0, 2 * np.pi)
    knots = _knots(seconds)
    swell = np.exp(depth * np.sin(2 * np.pi * knots / period + phase) - depth**2 / 2)
    return np.interp(seconds, knots, swell)


def _knots(seconds):
    # Slow waves are computed here and interpolated: a sine of every sample would take
    # most of the time that making a record takes.
    return np.arange(0, seconds[-1] + 0.1, 0.05)
