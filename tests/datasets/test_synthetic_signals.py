from dataclasses import replace

import numpy as np
import pytest

from sklearn_ecg.datasets._synthetic_signals import (
    LEAD_DIRECTIONS,
    Canvas,
    Rhythm,
    draw_heart,
    render_beats,
)

RATE = 500


@pytest.fixture(params=range(5))
def heart(request):
    return draw_heart(np.random.default_rng(request.param), "N", True)


def rhythm_of(times, intervals, kinds, is_fibrillating=False):
    n_beats = len(times)
    return Rhythm(
        np.array(times),
        np.array(intervals),
        np.array(kinds),
        np.ones(n_beats),
        np.full(n_beats, is_fibrillating),
    )


def wave(template, name):
    return template.vectors[template.names.index(name)]


def draw_one(heart, kind, seed=0, interval=0.8, **keywords):
    """Render a single beat at 1 s of 2 s, seen along the three axes."""
    rhythm = rhythm_of([1.0], [interval], [kind], **keywords)
    canvas = Canvas(np.zeros((3, 2 * RATE)), RATE, np.eye(3))
    render_beats(np.random.default_rng(seed), heart, rhythm, canvas)
    return canvas.signals


def test_r_peak_is_where_the_beat_is(heart):
    lengths = np.linalg.norm(draw_one(heart, "N"), axis=0)
    assert np.argmax(lengths) == pytest.approx(RATE, abs=0.012 * RATE)


def test_only_the_p_wave_of_supraventricular_beats_differs(heart):
    assert heart.atrial.names == heart.sinus.names == "PQRST"
    np.testing.assert_array_equal(heart.atrial.vectors[1:], heart.sinus.vectors[1:])
    sinus, atrial = wave(heart.sinus, "P"), wave(heart.atrial, "P")
    assert sinus @ atrial < 0.6 * (sinus @ sinus)


def test_ventricular_and_paced_beats_have_no_p_wave(heart):
    for template in (*heart.ventricular, heart.paced):
        assert "P" not in template.names


def test_t_wave_of_ventricular_beats_points_against_the_qrs_complex(heart):
    for template in heart.ventricular:
        assert wave(template, "R") @ wave(template, "T") < 0
    assert wave(heart.sinus, "R") @ wave(heart.sinus, "T") > 0


def test_paced_beats_begin_with_a_spike(heart):
    assert heart.paced.names[0] == "|"
    assert heart.paced.rises[0] < 0.3 * heart.paced.rises[1:].min()
    assert heart.paced.centres[0] < -0.05


def test_fusion_beat_is_a_mixture_of_a_normal_and_a_ventricular_beat():
    # A heart with one ventricular focus; without the jitter of single waves the
    # mixture would be exact.
    heart = next(
        heart
        for heart in (draw_heart(np.random.default_rng(s), "N", True) for s in range(9))
        if len(heart.ventricular) == 1
    )
    normal, ventricular, fusion = (draw_one(heart, kind).ravel() for kind in "NVF")
    parts = np.column_stack([normal, ventricular])
    weights, residual, *_ = np.linalg.lstsq(parts, fusion, rcond=None)
    assert (weights > 0.15).all()
    assert weights.sum() == pytest.approx(1, abs=0.15)
    assert residual[0] < 0.02 * (fusion @ fusion)


def test_patient_without_p_wave_has_none():
    heart = draw_heart(np.random.default_rng(0), "N", False)
    np.testing.assert_array_equal(wave(heart.sinus, "P"), 0)
    np.testing.assert_array_equal(wave(heart.atrial, "P"), 0)


def test_beats_of_fibrillating_atria_have_no_p_wave(heart):
    sinus = draw_one(heart, "N")
    fibrillating = draw_one(heart, "N", is_fibrillating=True)
    before = slice(RATE - RATE // 4, RATE - RATE // 10)
    np.testing.assert_allclose(fibrillating[:, before], 0, atol=1e-6)
    assert np.abs(sinus[:, before]).max() > 0.03
    assert np.abs(fibrillating[:, RATE]).max() > 0.3


@pytest.mark.parametrize("conduction", ["L", "R"])
def test_bundle_branch_block_widens_the_beat(conduction):
    def width(conduction):
        heart = draw_heart(np.random.default_rng(1), conduction, True)
        lengths = np.linalg.norm(draw_one(heart, "N"), axis=0)
        return np.sum(lengths > 0.2 * lengths.max())

    assert width(conduction) > 1.15 * width("N")


def test_t_wave_follows_the_interval(heart):
    def place(interval):
        lengths = np.linalg.norm(draw_one(heart, "N", interval=interval), axis=0)
        return np.argmax(lengths[RATE + RATE // 8 :])

    assert place(0.5) < place(0.8) < place(1.2)


def test_beats_over_the_edges_are_cut_and_not_wrapped(heart):
    rhythm = rhythm_of([0.0, 1.0], [1.0, 1.0], ["N", "N"])
    canvas = Canvas(np.zeros((3, RATE)), RATE, np.eye(3))
    render_beats(np.random.default_rng(0), heart, rhythm, canvas)
    wide = Canvas(np.zeros((3, 3 * RATE)), RATE, np.eye(3))
    shifted = replace(rhythm, times=rhythm.times + 1)
    render_beats(np.random.default_rng(0), heart, shifted, wide)
    np.testing.assert_allclose(
        canvas.signals, wide.signals[:, RATE : 2 * RATE], atol=1e-3
    )


def test_limb_leads_obey_einthoven():
    lead = {name: np.array(vector) for name, vector in LEAD_DIRECTIONS.items()}
    np.testing.assert_allclose(lead["I"] + lead["III"], lead["II"], atol=1e-12)
    np.testing.assert_allclose(lead["aVR"], -(lead["I"] + lead["II"]) / 2, atol=1e-12)
    np.testing.assert_allclose(lead["aVL"], (lead["I"] - lead["III"]) / 2, atol=1e-12)
    np.testing.assert_allclose(lead["aVF"], (lead["II"] + lead["III"]) / 2, atol=1e-12)
