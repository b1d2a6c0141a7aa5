"""Where activations lie in the scratch buffer of the C.

What a convolution reads is rows of cells, bytes or halfwords. Rows follow one another
with a halo of zeros in between, which is the right end of one and the left end of the
next, so that a convolution needs no test of bounds. A strip of outputs may run over the
end of a row: what it reads there doesn't matter, and what it writes is overwritten by
the next row, or goes into slack.

In lanes, a word holds two samples of a row, half a row apart, in 16 bits each: one
multiplication weighs both as they are. A row then has halos of its own, of words of
which one half is the halo and the other a sample.

All that one layer reads lies in one block, so that a layer that reads several finds
them side by side. A block is free again once its layer has run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..twin._arithmetic import BYTES
from ..twin._layers import CONVOLUTION, RHYTHM, SIGNAL

STRIP_INT8 = 16
"""Outputs that are summed at once, two in each of eight registers."""

STRIP_INT16 = 8
"""Outputs that are summed at once, one in each of eight registers."""

STRIP_LANES = 8
"""Outputs of the shorter of two strips in lanes, two in each of four registers."""

WORD = 4
"""Bytes of a word, which two samples share."""


@dataclass(frozen=True)
class Rows:
    """Activations that are handed from one layer to another."""

    n_rows: int  # Of the activations
    length: int  # Cells of each row
    halo: int  # Zeros on either side of a row

    @property
    def stride(self):
        """Cells from one row to the next; never less than a kernel."""
        return max(self.length + self.halo, 2 * self.halo + 1)

    @property
    def padding(self):
        """Zeros between a row and the next."""
        return self.stride - self.length

    @property
    def last_row(self):
        """Cells before the samples of the last row."""
        return self.halo + (self.n_rows - 1) * self.stride

    @property
    def n_cells(self):
        """All of them, halos included."""
        return self.last_row + self.stride

    def end_of_strips(self, n_outputs):
        """Cells from the start to the end of what strips of the last row write."""
        return self.last_row + n_outputs // 2

    def end_of_reading(self, n_outputs):
        """Cells from the start to the end of what strips of the last row read."""
        return self.last_row + n_outputs + self.halo

    def taps(self, kernel_size):
        """Where inputs of a convolution are, from the first, as its strips count."""
        return np.add.outer(
            self.stride * np.arange(self.n_rows), np.arange(kernel_size)
        )

    def cells(self):
        """Cell of each value, row after row."""
        rows = self.halo + self.stride * np.arange(self.n_rows)
        return np.add.outer(rows, np.arange(self.length))


class Lanes(Rows):
    """Rows of words, each of a sample and the one half a row later."""

    @property
    def half(self):
        """Words of a row, without its halos."""
        return self.length // 2

    @property
    def padding(self):
        """Words between a row and the next."""
        return 2 * self.halo

    @property
    def stride(self):
        """Cells from one row to the next."""
        return WORD * (self.half + self.padding)

    @property
    def last_row(self):
        """Cells before the samples of the last row."""
        return WORD * self.halo + (self.n_rows - 1) * self.stride

    @property
    def n_cells(self):
        """All of them, halos included."""
        return self.n_rows * self.stride

    def end_of_strips(self, n_outputs):
        """Cells from the start to the end of what strips of the last row write."""
        return self.last_row + WORD * (n_outputs // 4)

    def end_of_reading(self, n_outputs):
        """Cells from the start to the end of what strips of the last row read."""
        return self.last_row + WORD * (n_outputs // 2 + self.halo)

    def taps(self, kernel_size):
        """Where inputs of a convolution are, from the first, as its strips count."""
        rows = self.stride // WORD * np.arange(self.n_rows)
        return np.add.outer(rows, np.arange(kernel_size))

    def cells(self):
        """Cell of each value, row after row."""
        rows = WORD * self.halo + self.stride * np.arange(self.n_rows)
        first = WORD * np.arange(self.half)
        return np.add.outer(rows, np.concatenate([first, first + WORD // 2]))


@dataclass(frozen=True)
class Block:
    """All that one layer reads."""

    rows: dict  # By the names of its inputs, one after the other
    starts: dict  # Cell at which each of them begins
    n_cells: int  # Cells that are read or written, those beyond the last row included
    # Number of the layer that writes it first, or before which it is written
    first: int
    last: int  # Number of the layer that reads it


@dataclass(frozen=True)
class MemoryPlan:
    """Where everything lies, and the size of the scratch buffer."""

    blocks: dict  # By the name of the layer that reads it
    starts: dict  # Cell at which each block begins
    n_outputs: dict  # What the strips of a row sum, before pooling, of each convolution
    n_cells: int
    cell_bytes: int
    alignment: int  # Of the buffer, in bytes

    @property
    def n_bytes(self):
        """Size of the scratch buffer, what aligning it may take included."""
        return self.n_cells * self.cell_bytes + self.alignment - 1

    def start(self, name):
        """Return the first cell of the named activation, halo included."""
        (reader,) = (key for key, block in self.blocks.items() if name in block.rows)
        return self.starts[reader] + self.blocks[reader].starts[name]

    def rows(self, name):
        """Return the rows of the named activation."""
        (block,) = (block for block in self.blocks.values() if name in block.rows)
        return block.rows[name]

    def offsets(self, layer):
        """Return where the inputs of a layer's weights are."""
        block = self.blocks[layer.name]
        if layer.kind == CONVOLUTION:
            return block.rows[layer.inputs[0]].taps(layer.weight.shape[2]).ravel()
        parts = [
            start + block.rows[name].cells().ravel()
            for name, start in block.starts.items()
        ]
        return np.concatenate(parts)


def plan_memory(network, in_lanes=False):
    """Lay out the activations of a network."""
    strip = STRIP_INT8 if network.form == BYTES else STRIP_INT16
    strip = STRIP_LANES if in_lanes else strip
    cell_bytes = network.form.n_bytes
    in_cells = WORD if in_lanes else 1
    n_outputs = {
        layer.name: strip * -(-2 * network.sizes[layer.name][1] // strip)
        for layer in network.layers
        if layer.kind == CONVOLUTION
    }
    of_convolutions = Lanes if in_lanes else Rows
    blocks = {
        layer.name: _block(network, number, n_outputs, of_convolutions, in_cells)
        for number, layer in enumerate(network.layers)
    }
    starts, n_cells = _arranged(blocks, in_cells)
    alignment = in_cells * cell_bytes
    return MemoryPlan(blocks, starts, n_outputs, n_cells, cell_bytes, alignment)


def fits_lanes(network):
    """Tell whether two samples can share a word, in each row that a network makes."""
    lengths = {
        layer.name: (network.sizes[layer.inputs[0]][1], layer.weight.shape[2] // 2)
        for layer in network.layers
        if layer.kind == CONVOLUTION
    }
    return network.form == BYTES and all(
        length % 4 == 0 and length // 2 >= halo for length, halo in lengths.values()
    )


def _block(network, number, n_outputs, of_convolutions, alignment):
    """Lay out what a layer reads."""
    layer = network.layers[number]
    halo = layer.weight.shape[2] // 2 if layer.kind == CONVOLUTION else 0
    written = {SIGNAL: -1, RHYTHM: number}
    written |= {other.name: at for at, other in enumerate(network.layers)}
    # A strip may run into what follows it, which has to be written later.
    assert sorted(layer.inputs, key=written.get) == list(layer.inputs)
    rows, starts, n_cells, start = {}, {}, 0, 0
    for name in layer.inputs:
        kind = of_convolutions if name in {SIGNAL, *n_outputs} else Rows
        rows[name] = part = kind(*network.sizes[name], halo)
        starts[name] = start
        ends = [part.n_cells]
        if name in n_outputs:
            ends.append(part.end_of_strips(n_outputs[name]))
        if layer.name in n_outputs:
            ends.append(part.end_of_reading(n_outputs[layer.name]))
        n_cells = max(n_cells, start + max(ends))
        start += _aligned(part.n_cells, alignment)
    return Block(rows, starts, n_cells, min(map(written.get, layer.inputs)), number)


def _aligned(n_cells, alignment):
    return -(-n_cells // alignment) * alignment


def _arranged(blocks, alignment):
    """Find a place for each block: where one lies that is free by then, if any is."""
    regions = []
    for name in sorted(blocks, key=lambda name: blocks[name].first):
        block = blocks[name]
        free = (
            region
            for region in regions
            if all(blocks[other].last < block.first for other in region)
        )
        region = next(free, None)
        if region is None:
            region = []
            regions.append(region)
        region.append(name)
    starts, start = {}, 0
    for region in regions:
        starts |= dict.fromkeys(region, start)
        start += _aligned(max(blocks[name].n_cells for name in region), alignment)
    return starts, start
