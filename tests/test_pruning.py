import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg._pruning import (
    apply_masks,
    lamp_scores,
    magnitude_scores,
    n_kept,
    prune,
    stage_sparsities,
)

sizes = st.lists(st.integers(5, 200), min_size=1, max_size=5)


def layers(sizes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(size, generator=generator) for size in sizes]


def everything_alive(weights):
    return [torch.ones_like(weight, dtype=torch.bool) for weight in weights]


def alive(masks):
    return sum(int(mask.sum()) for mask in masks)


@given(
    st.floats(0.01, 0.99),
    st.integers(1, 12),
    st.sampled_from(["linear", "cubic", "geometric"]),
)
def test_schedule_rises_to_exactly_the_sparsity(sparsity, n_stages, schedule):
    stages = stage_sparsities(sparsity, n_stages, schedule)
    assert len(stages) == n_stages
    assert stages[-1] == sparsity
    assert np.all(np.diff([0, *stages]) > 0)


def test_schedules_have_their_shapes():
    assert stage_sparsities(0.8, 2, "linear") == [0.4, 0.8]
    assert stage_sparsities(0.8, 2, "cubic") == pytest.approx([0.7, 0.8])
    assert stage_sparsities(0.96, 2, "geometric") == pytest.approx([0.8, 0.96])
    assert stage_sparsities(0.9, 4, [0.5, 0.9]) == [0.5, 0.9]
    assert stage_sparsities(0, 4, "cubic") == []


def test_magnitude_ignores_the_sign():
    scores = magnitude_scores(torch.tensor([-3.0, 1.0, 2.0]))
    assert scores.tolist() == [3, 1, 2]


def test_lamp_is_the_share_of_a_square_among_those_at_least_as_large():
    scores = lamp_scores(torch.tensor([[1.0, -3.0], [2.0, 0.0]]))
    np.testing.assert_allclose(scores, [[1 / 14, 1], [4 / 13, 0]])


@settings(deadline=None)
@given(st.floats(1e-3, 1e3))
def test_lamp_does_not_depend_on_the_scale_of_a_layer(scale):
    (weight,) = layers([50])
    torch.testing.assert_close(lamp_scores(weight * scale), lamp_scores(weight))


@settings(deadline=None)
@given(
    sizes,
    st.floats(0, 0.95),
    st.sampled_from(["lamp", "magnitude"]),
    st.floats(0, 1),
)
def test_prune_keeps_the_exact_number_and_no_layer_is_emptied(
    sizes, sparsity, criterion, floor
):
    weights = layers(sizes)
    keep = n_kept(sum(sizes), sparsity)
    if keep < len(sizes):
        return
    masks = prune(
        weights,
        everything_alive(weights),
        sparsity,
        criterion=criterion,
        layer_floor=floor,
    )
    assert alive(masks) == keep
    for mask, size in zip(masks, sizes, strict=True):
        assert mask.sum() >= max(1, int(floor * (1 - sparsity) * size))


@settings(deadline=None)
@given(sizes)
def test_prune_never_revives_a_weight(sizes):
    weights = layers(sizes)
    first = prune(weights, everything_alive(weights), 0.3)
    second = prune(layers(sizes, seed=1), first, 0.5)
    for before, after in zip(first, second, strict=True):
        assert not (after & ~before).any()


def test_magnitude_takes_the_smallest_of_all_layers():
    weights = [torch.tensor([5.0, 1.0, 6.0]), torch.tensor([0.1, 7.0, -0.2])]
    masks = prune(
        weights, everything_alive(weights), 0.5, criterion="magnitude", layer_floor=0
    )
    assert [mask.tolist() for mask in masks] == [
        [True, False, True],
        [False, True, False],
    ]


def test_a_floor_of_one_prunes_all_layers_alike():
    weights = [torch.arange(1.0, 11), 100 * torch.arange(1.0, 11)]
    masks = prune(
        weights, everything_alive(weights), 0.5, criterion="magnitude", layer_floor=1
    )
    assert [int(mask.sum()) for mask in masks] == [5, 5]


@pytest.mark.parametrize(
    ("sizes", "sparsity"),
    [([200, 5, 5, 5, 5], 0.95), ([56, 896, 2560, 10240, 21744, 240], 0.9993)],
)
def test_floors_that_do_not_all_fit_leave_every_layer_a_weight(sizes, sparsity):
    weights = layers(sizes)
    masks = prune(weights, everything_alive(weights), sparsity, layer_floor=1)
    assert alive(masks) == n_kept(sum(sizes), sparsity)
    assert all(mask.any() for mask in masks)


def test_a_sparsity_that_leaves_less_than_a_weight_a_layer_is_refused():
    weights = layers([10, 10, 10])
    with pytest.raises(ValueError, match=r"leaves 2 of the network's 30 .* 3 layers"):
        prune(weights, everything_alive(weights), 0.95)


def test_a_falling_sparsity_is_refused():
    weights = layers([100])
    masks = prune(weights, everything_alive(weights), 0.8)
    with pytest.raises(ValueError, match="cannot lower the sparsity"):
        prune(weights, masks, 0.5)


def test_masks_give_positive_zeros_even_from_infinite_weights():
    weight = torch.tensor([-1.0, torch.inf, 2.0])
    apply_masks([weight], [torch.tensor([False, False, True])])
    assert weight.tolist() == [0, 0, 2]
    assert not torch.signbit(weight).any()
