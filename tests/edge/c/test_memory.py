import numpy as np
import pytest
from random_models import random_model

from sklearn_ecg.edge.c._memory import (
    STRIP_INT8,
    STRIP_INT16,
    Lanes,
    Rows,
    fits_lanes,
    plan_memory,
)
from sklearn_ecg.edge.twin._layers import CONVOLUTION
from sklearn_ecg.edge.twin._network import IntegerLayer, IntegerNetwork
from sklearn_ecg.networks._networks import BeatCNN, TwoBranch


def test_rows_are_never_nearer_than_a_kernel_is_long():
    short = Rows(n_rows=4, length=3, halo=4)
    assert short.stride == 9
    assert short.n_cells == 4 + 4 * 9
    assert Rows(n_rows=4, length=63, halo=3).stride == 66


def plans(kind):
    for seed in range(30):
        network = random_model(seed, kind).network
        yield network, plan_memory(network)


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_everything_that_a_layer_reads_is_still_there(kind):
    """Run the layers over a buffer that knows whose each cell is."""
    for network, plan in plans(kind):
        owners = np.full(plan.n_cells, "", dtype=object)

        def write(name, plan=plan, owners=owners):
            start = plan.start(name)
            assert start + plan.rows(name).n_cells <= plan.n_cells
            owners[start : start + plan.rows(name).n_cells] = name

        write("signal")
        for layer in network.layers:
            if "rhythm" in layer.inputs:
                write("rhythm")
            block, start = plan.blocks[layer.name], plan.starts[layer.name]
            expected = [
                name for name in layer.inputs for _ in range(block.rows[name].n_cells)
            ]
            assert owners[start : start + len(expected)].tolist() == expected
            if layer is not network.layers[-1]:
                write(layer.name)
                reader = plan.starts[network.reader(layer.name).name]
                block_cells = plan.blocks[network.reader(layer.name).name].n_cells
                here = range(start, start + block.n_cells)
                assert not set(here) & set(range(reader, reader + block_cells))


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_strips_stay_in_the_buffer_and_spoil_nothing_that_is_there(kind):
    for network, plan in plans(kind):
        strip = STRIP_INT8 if network.form.n_bytes == 1 else STRIP_INT16
        for layer in network.layers:
            if layer.kind != CONVOLUTION:
                continue
            cells = plan.n_outputs[layer.name]
            assert cells % strip == 0
            (name,) = layer.inputs
            rows = plan.rows(name)
            read = plan.start(name) + rows.last_row + cells + rows.halo
            assert read <= plan.n_cells
            reader = network.reader(layer.name).name
            written = (
                plan.start(layer.name) + plan.rows(layer.name).last_row + cells // 2
            )
            assert written <= plan.starts[reader] + plan.blocks[reader].n_cells


def test_a_word_holds_a_sample_and_the_one_half_a_row_later():
    lanes = Lanes(n_rows=2, length=8, halo=1)
    assert lanes.stride == 4 * (1 + 4 + 1)
    assert lanes.cells()[0].tolist() == [4, 8, 12, 16, 6, 10, 14, 18]
    assert lanes.cells()[1].tolist() == (lanes.cells()[0] + 24).tolist()
    assert lanes.taps(3).tolist() == [[0, 1, 2], [6, 7, 8]]
    assert lanes.n_cells == 48


@pytest.mark.parametrize("kind", [BeatCNN, TwoBranch])
def test_lanes_stay_in_the_buffer_and_begin_at_words(kind):
    networks = [random_model(seed, kind).network for seed in range(90)]
    networks = [network for network in networks if fits_lanes(network)]
    assert len(networks) > 3
    for network in networks:
        plan = plan_memory(network, in_lanes=True)
        for layer in network.layers[:-1]:
            last = plan.start(layer.name) + plan.rows(layer.name).n_cells
            reader = network.reader(layer.name)
            block = plan.blocks[reader.name]
            assert last <= plan.starts[reader.name] + block.n_cells <= plan.n_cells
            if layer.kind != CONVOLUTION:
                continue
            assert plan.start(layer.name) % 4 == 0
            words = plan.n_outputs[layer.name] // 2
            rows, start = plan.rows(layer.inputs[0]), plan.start(layer.inputs[0])
            # A strip reads as many words as it sums, and what a kernel reaches beyond.
            first = start + rows.last_row - 4 * rows.halo
            assert first + 4 * (words + 2 * rows.halo) <= plan.n_cells
            written = plan.start(layer.name) + plan.rows(layer.name).last_row
            assert written + 4 * words // 2 <= plan.n_cells


def test_lanes_need_rows_of_two_halves_that_are_pooled_apart():
    def fits(n_samples, *kernel_sizes):
        layers, name = [], "signal"
        for number, kernel_size in enumerate(kernel_sizes):
            weight = np.zeros((1, 1, kernel_size), np.int8)
            parts = f"convolution_{number}", CONVOLUTION, (name,), weight, np.zeros(1)
            layers.append(IntegerLayer(*parts, np.full(1, 127)))
            name = layers[-1].name
        return fits_lanes(IntegerNetwork(tuple(layers), 1, n_samples, 0, 1.0))

    assert fits(64, 7, 5, 5, 3)
    assert fits(32, 7, 5, 5, 3)
    assert not fits(32, 7, 5, 5, 7)  # 4 samples, in 2 words; the halo has 3
    assert not fits(126, 7)
    assert not fits(72, 7, 5, 5)  # 72, 36, 18


def test_two_halves_are_enough_for_layers_in_a_row():
    for network, plan in plans(BeatCNN):
        sizes = [block.n_cells for block in plan.blocks.values()]
        assert plan.n_cells == max(sizes[0::2]) + max(sizes[1::2])
        assert set(plan.starts.values()) == {0, max(sizes[0::2])}
        assert len(network.layers) == len(sizes)
