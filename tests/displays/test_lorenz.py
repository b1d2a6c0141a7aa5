import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sklearn_ecg.displays._lorenz import draw_lorenz

COLOURS = {"N": "#0000FF", "V": "#FF0000"}


def drawn(before, after, kinds, rate=100):
    _, ax = plt.subplots()
    points = (np.asarray(values, dtype=float) for values in (before, after))
    draw_lorenz(ax, *points, np.asarray(kinds, dtype=object), COLOURS, rate)
    [image] = ax.images
    return ax, image


def pixel(image, x, y):
    """The colour and the opacity at intervals in seconds."""
    left, right, bottom, top = image.get_extent()
    pixels = np.asarray(image.get_array())
    n = len(pixels)
    column, row = (
        int((x - left) / (right - left) * n),
        int((y - bottom) / (top - bottom) * n),
    )
    return tuple(pixels[row, column, :3]), pixels[row, column, 3]


def test_a_place_has_the_colour_of_most_of_its_points():
    before, after = [80] * 5 + [50], [80] * 5 + [110]
    _, image = drawn(before, after, list("NNNVVV"))
    colour, opacity = pixel(image, 0.8, 0.8)
    assert colour == to_rgb(COLOURS["N"])
    assert opacity == 1
    colour, opacity = pixel(image, 0.5, 1.1)
    assert colour == to_rgb(COLOURS["V"])
    assert 0.3 < opacity < 1
    assert pixel(image, 0.6, 0.6)[1] == 0


def test_a_letter_stands_where_its_kind_is_densest():
    rng = np.random.default_rng(0)
    before = np.concatenate([rng.normal(80, 2, 500), rng.normal(50, 2, 50), [70]])
    after = np.concatenate([rng.normal(80, 2, 500), rng.normal(110, 2, 50), [60]])
    ax, _ = drawn(before.round(), after.round(), ["N"] * 500 + ["V"] * 51)
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places["N"] == pytest.approx((0.8, 0.8), abs=0.04)
    assert places["V"] == pytest.approx((0.5, 1.1), abs=0.04)


def test_a_kind_that_is_nowhere_has_no_letter():
    ax, _ = drawn([80, 81, 82], [81, 82, 80], list("NNN"))
    assert [text.get_text() for text in ax.texts] == ["N"]


def test_a_day_is_as_small_as_minutes():
    rng = np.random.default_rng(0)
    intervals = rng.integers(60, 110, 100_001)
    _, image = drawn(intervals[:-1], intervals[1:], ["N"] * 100_000, rate=128)
    assert image.get_array().size < 4 * 200**2


@pytest.mark.parametrize("rate", [100, 128, 250, 257.3, 360])
def test_no_stripes_come_of_the_sampling_rate(rate):
    steady = np.round(np.random.default_rng(0).uniform(0.6, 1.2, (2, 200_000)) * rate)
    _, image = drawn(*steady, ["N"] * 200_000, rate=rate)
    opacity = np.asarray(image.get_array())[..., 3]
    inside = np.flatnonzero(opacity.max(axis=0))[2:-2]
    assert len(inside) > 20
    columns = opacity[inside][:, inside].mean(axis=0)
    assert columns.min() > 0.96 * columns.max()


def test_no_points_and_one_are_drawn():
    ax, _ = drawn([], [], [])
    assert ax.get_xlim()[0] < 0.3
    _, image = drawn([80], [80], ["N"])
    assert pixel(image, 0.8, 0.8)[1] == 1


def test_an_outlier_does_not_shrink_the_others():
    before = [80] * 5000 + [20_000]
    ax, _ = drawn(before, before, ["N"] * 5001)
    assert ax.get_xlim()[1] < 3.1
