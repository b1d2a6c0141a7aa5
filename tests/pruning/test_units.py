import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ecg.classifier._network import packed_weights, with_weights
from sklearn_ecg.networks._networks import BeatCNN, output_positions, prunable_weights
from sklearn_ecg.pruning._criteria import apply_masks, most_kept
from sklearn_ecg.pruning._units import fans_of, prune_units, without_pruned_units


def network(widths=(3, 4), n_hidden=5, n_rhythm=2, n_samples=18, seed=0):
    """A network whose batch norms are those of some training, not of its start."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = BeatCNN(
            2,
            n_samples,
            n_rhythm,
            3,
            conv_channels=widths,
            kernel_sizes=[3] * len(widths),
            n_hidden=n_hidden,
        )
        for layer in module.modules():
            if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                for values in (layer.weight, layer.bias, layer.running_mean):
                    torch.nn.init.normal_(values)
                torch.nn.init.uniform_(layer.running_var, 0.5, 2)
    return module.eval()


def everything_alive(weights):
    return [torch.ones_like(weight, dtype=torch.bool) for weight in weights]


def spent(masks, prices):
    return sum(
        int(mask.sum()) * price for mask, price in zip(masks, prices, strict=True)
    )


def living_units(masks):
    return [mask.flatten(1).any(1) for mask in masks[:-1]]


def hanging_on(layer, unit, masks, fans):
    """Weights of the chain that go with a unit, as masks."""
    hanging = [torch.zeros_like(mask) for mask in masks]
    hanging[layer][unit] = True
    first = unit * fans[layer]
    hanging[layer + 1][:, first : first + fans[layer]] = True
    return hanging


networks = st.builds(
    network,
    st.lists(st.integers(1, 6), max_size=3),
    st.integers(1, 7),
    st.integers(0, 2),
    st.integers(8, 20),
    st.integers(0, 99),
)


def test_a_channel_feeds_one_channel_and_at_last_all_its_samples():
    assert fans_of(network()) == [1, 18 // 2 // 2, 1]
    assert fans_of(network(widths=())) == [1]


@settings(deadline=None)
@given(
    networks,
    st.floats(0, 0.9),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["lamp", "magnitude"]),
    st.booleans(),
)
def test_whole_units_go_as_many_as_must_and_none_that_could_stay(
    module, first, further, floor, criterion, in_macs
):
    weights, fans = prunable_weights(module), fans_of(module)
    macs = None
    if in_macs:
        n_samples = module._sizes[1]
        macs = output_positions(
            module, torch.zeros(1, 2, n_samples), torch.zeros(1, module._sizes[2])
        )
    prices = macs or [1] * len(weights)
    masks = everything_alive(weights)
    total = spent(masks, prices)
    for sparsity in (first, first + further * (0.95 - first)):
        before = masks
        try:
            masks = prune_units(
                weights,
                masks,
                sparsity,
                fans,
                criterion=criterion,
                layer_floor=floor,
                macs=macs,
            )
        except ValueError as error:
            assert "layers need" in str(error)  # noqa: PT017
            return
        kept = most_kept(total, sparsity)
        assert spent(masks, prices) <= kept
        assert all(alive.any() for alive in living_units(masks))
        assert not any((now & ~b).any() for now, b in zip(masks, before, strict=True))
        units = living_units(masks), living_units(before)
        assert all(map(torch.equal, masks, masks_of(units[0], masks, fans)))
        for layer, (now, then) in enumerate(zip(*units, strict=True)):
            for unit in (then & ~now).nonzero().flatten().tolist():
                gone = hanging_on(layer, unit, masks, fans)
                assert (
                    spent([m & g for m, g in zip(masks, gone, strict=True)], prices)
                    == 0
                )
                back = copy.deepcopy(units[0])
                back[layer][unit] = True
                assert spent(masks_of(back, masks, fans), prices) > kept
        apply_masks(weights, masks)


def masks_of(units, masks, fans):
    """Masks of a chain in which those units live, the long way."""
    result = [torch.ones_like(mask) for mask in masks]
    for layer, alive in enumerate(units):
        for unit in (~alive).nonzero().flatten().tolist():
            for mask, gone in zip(
                result, hanging_on(layer, unit, masks, fans), strict=True
            ):
                mask &= ~gone
    return result


@settings(deadline=None)
@given(networks, st.floats(0, 0.9))
def test_the_smaller_network_computes_the_same(module, sparsity):
    weights = prunable_weights(module)
    try:
        masks = prune_units(
            weights, everything_alive(weights), sparsity, fans_of(module)
        )
    except ValueError:
        return
    apply_masks(weights, masks)
    smaller = without_pruned_units(module)
    assert [mask.sum() for mask in masks] == [
        weight.numel() for weight in prunable_weights(smaller)
    ]
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(9, 2, module._sizes[1], generator=generator)
    rhythm = torch.randn(9, module._sizes[2], generator=generator)
    with torch.no_grad():
        torch.testing.assert_close(
            smaller(signal, rhythm), module(signal, rhythm), rtol=1e-4, atol=1e-5
        )


def test_nothing_pruned_is_the_network_itself():
    module = network()
    assert without_pruned_units(module) is module


def test_a_unit_that_others_still_listen_to_stays():
    module = network()
    with torch.no_grad():
        module.hidden.weight[2] = 0
    assert without_pruned_units(module) is module
    with torch.no_grad():
        module.output.weight[:, 2] = 0
    assert without_pruned_units(module).hidden.out_features == 4


def test_the_unit_with_the_smallest_squares_in_and_out_goes_first():
    module = network()
    with torch.no_grad():
        module.hidden.weight[3] *= 0.1
        module.output.weight[:, 3] *= 10
        module.hidden.weight[1] *= 0.1
        module.output.weight[:, 1] *= 0.1
    weights = prunable_weights(module)
    masks = prune_units(
        weights, everything_alive(weights), 0.02, fans_of(module), criterion="magnitude"
    )
    assert (~masks[2].any(1)).nonzero().flatten().tolist() == [1]


def test_the_floor_is_of_each_layers_units():
    module = network(widths=(10, 10), n_hidden=10)
    with torch.no_grad():
        module.blocks[0][0].weight *= 1e-3
        module.blocks[1][0].weight *= 1e-3
    weights = prunable_weights(module)
    for floor, least in ((0, 1), (0.64, 5)):
        masks = prune_units(
            weights,
            everything_alive(weights),
            0.5,
            fans_of(module),
            criterion="magnitude",
            layer_floor=floor,
        )
        # The root of 0.64 times one half is 0.57.
        assert min(int(alive.sum()) for alive in living_units(masks)) == least


def test_less_than_a_unit_in_each_layer_is_refused():
    module = network()
    weights = prunable_weights(module)
    with pytest.raises(ValueError, match="fewer than its 4 layers need"):
        prune_units(weights, everything_alive(weights), 0.99, fans_of(module))


def test_a_falling_sparsity_is_refused():
    module = network(widths=(8, 8), n_hidden=8)
    weights, fans = prunable_weights(module), fans_of(module)
    masks = prune_units(weights, everything_alive(weights), 0.8, fans)
    with pytest.raises(ValueError, match="cannot lower the sparsity"):
        prune_units(weights, masks, 0.2, fans)


def test_weights_of_other_widths_come_back_and_draw_no_chance():
    large, small = network(), network(widths=(1, 2), n_hidden=3)
    before = torch.get_rng_state()
    copied = with_weights(large, packed_weights(small))
    assert torch.equal(torch.get_rng_state(), before)
    signal, rhythm = torch.ones(4, 2, 18), torch.ones(4, 2)
    assert torch.equal(copied(signal, rhythm), small(signal, rhythm))
    assert copied.blocks[0][0].weight.stride() == small.blocks[0][0].weight.stride()
