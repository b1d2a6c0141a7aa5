import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.pruning._criteria import (
    apply_masks,
    lamp_scores,
    most_kept,
    n_kept,
    prune,
    scored,
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


def test_lamp_is_the_share_of_a_square_among_those_at_least_as_large():
    scores = lamp_scores(torch.tensor([1.0, 9.0, 4.0, 0.0]))
    np.testing.assert_allclose(scores, [1 / 14, 1, 4 / 13, 0])


@settings(deadline=None)
@given(st.floats(1e-3, 1e3))
def test_lamp_does_not_depend_on_the_scale_of_a_layer(scale):
    squares = layers([50])[0].double() ** 2
    torch.testing.assert_close(lamp_scores(squares * scale), lamp_scores(squares))


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


@st.composite
def priced_layers(draw):
    """Weights, and what one of each layer takes."""
    shapes = draw(sizes)
    prices = draw(
        st.lists(st.integers(1, 130), min_size=len(shapes), max_size=len(shapes))
    )
    return layers(shapes, seed=draw(st.integers(0, 99))), prices


def spent(masks, prices):
    return sum(
        int(mask.sum()) * price for mask, price in zip(masks, prices, strict=True)
    )


@given(st.integers(1, 10**6), st.floats(0, 0.999))
def test_the_most_that_stays_leaves_the_sparsity_and_one_more_would_not(
    total, sparsity
):
    kept = most_kept(total, sparsity)
    assert kept / total <= 1 - sparsity < (kept + 1) / total * (1 + 1e-12)


@settings(deadline=None)
@given(
    priced_layers(),
    st.floats(0, 0.9),
    st.floats(0, 1),
    st.sampled_from(["lamp", "magnitude"]),
    st.floats(0, 1),
)
def test_macs_are_spent_as_far_as_whole_weights_allow_stage_after_stage(
    network, first, further, criterion, floor
):
    weights, prices = network
    total = sum(len(w) * price for w, price in zip(weights, prices, strict=True))
    masks = everything_alive(weights)
    for sparsity in (first, first + further * (1 - first) / 2):
        budget = most_kept(total, sparsity)
        if budget < sum(prices):
            return
        before, masks = (
            masks,
            prune(
                weights,
                masks,
                sparsity,
                criterion=criterion,
                layer_floor=floor,
                macs=prices,
            ),
        )
        left_over = budget - spent(masks, prices)
        assert left_over >= 0
        for mask, earlier, price in zip(masks, before, prices, strict=True):
            assert mask.any()
            assert not (mask & ~earlier).any()
            assert (mask == earlier).all() or left_over < price


shapes = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(1, 9)),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(
    shapes,
    st.floats(0, 0.9),
    st.floats(0, 1),
    st.sampled_from(["lamp", "magnitude"]),
    st.booleans(),
)
def test_pairs_live_together_and_as_many_as_may(
    shapes, sparsity, floor, criterion, in_macs
):
    weights = layers(shapes)
    prices = [3 + 5 * number for number in range(len(shapes))] if in_macs else None
    weights_of = prices or [1] * len(shapes)
    everything = spent(everything_alive(weights), weights_of)
    kept = (most_kept if in_macs else n_kept)(everything, sparsity)
    if kept < 2 * sum(weights_of):
        return
    masks = prune(
        weights,
        everything_alive(weights),
        sparsity,
        criterion=criterion,
        layer_floor=floor,
        macs=prices,
        width=2,
    )
    left_over = kept - spent(masks, weights_of)
    assert left_over >= 0
    for mask, price in zip(masks, weights_of, strict=True):
        whole = mask[..., : mask.shape[-1] // 2 * 2].unflatten(-1, (-1, 2))
        lone = mask[..., whole.shape[-2] * 2 :]
        assert mask.any()
        assert torch.equal(whole.any(-1), whole.all(-1))
        assert whole.all() or left_over < 2 * price
        assert lone.all() or left_over < price


def test_a_pair_counts_the_squares_of_both():
    weight = torch.tensor([[3.0, 3.0, 4.0, 0.0, 3.5]])
    (mask,) = prune([weight], everything_alive([weight]), 0.4, width=2)
    # 18 for two weights, 16 for two, and 12.25 for the lone last one.
    assert mask.tolist() == [[True, True, False, False, True]]


def test_at_equal_prices_macs_are_weights():
    weights = layers([100, 60])
    by_macs = prune(weights, everything_alive(weights), 0.75, macs=[7, 7])
    by_weights = prune(weights, everything_alive(weights), 0.75)
    assert all(map(torch.equal, by_macs, by_weights))


def test_a_weight_that_takes_more_must_score_more():
    weights = [torch.arange(1.0, 11), torch.arange(1.0, 11)]
    masks = prune(
        weights,
        everything_alive(weights),
        0.5,
        criterion="magnitude",
        layer_floor=0,
        macs=[1, 4],
    )
    # A dear 7 is worth 49 / 4 a multiplication, a cheap 3 is worth 9. A dear 6 would be
    # next, at 36 / 4, but takes more than is left; a cheap 2 does not.
    assert [int(mask.nonzero().min()) + 1 for mask in masks] == [2, 7]
    assert spent(masks, [1, 4]) == 25


def test_a_sparsity_that_leaves_less_than_a_weight_a_layer_takes_is_refused():
    weights = layers([10, 10])
    with pytest.raises(
        ValueError, match=r"leaves 27 of .* 550 MACs, .* layers need, 55"
    ):
        prune(weights, everything_alive(weights), 0.95, macs=[50, 5])


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


def test_a_network_whose_layers_take_nothing_is_refused():
    weights = layers([10])
    with pytest.raises(ValueError, match="budget='macs' finds no multiplication"):
        prune(weights, everything_alive(weights), 0.5, macs=[0])


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


@pytest.mark.parametrize(
    "wrong",
    [
        lambda squares: squares[:-1],
        lambda squares: squares * float("nan"),
        lambda squares: squares[None],
    ],
    ids=["too few", "no numbers", "another shape"],
)
def test_a_criterion_that_gives_no_scores_is_refused(wrong):
    with pytest.raises(
        ValueError, match=r"must return a finite score for each.*\(12,\)"
    ):
        scored(wrong, torch.rand(12))


def test_a_criterion_of_the_users_own_may_change_what_it_gets():
    squares = torch.rand(12)
    kept = squares.clone()
    scored(lambda given: given.mul_(0), squares)
    assert torch.equal(squares, kept)
