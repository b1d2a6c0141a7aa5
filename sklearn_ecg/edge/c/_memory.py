"""Where activations lie in the scratch buffer of the C.

What a convolution reads is rows of cells, bytes or halfwords. Rows follow one another
with a halo of zeros in between, which is the right end of one and the left end of the
next, so that a convolution needs no test of bounds. A strip of outputs may run over the
end of a row: what it reads there doesn't matter, and what it writes is overwritten by
the next row, or goes into slack.

All that one layer reads lies in one block, so that a layer that reads several finds
them side by side. A block is free again once its layer has run.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..twin._arithmetic import BYTES
from ..twin._layers import CONVOLUTION, RHYTHM, SIGNAL

STRIP_INT8 = 16
"""Outputs that are summed at once, two in each of eight registers."""

STRIP_INT16 = 8
"""Outputs that are summed at once, one in each of eight registers."""


@dataclass(frozen=True)
class Rows:
    """Activations that are handed from one layer to another.

    Attributes
    ----------
    n_rows, length, halo : int
        Rows, cells of each, and zeros on either side.
    """

    n_rows: int
    length: int
    halo: int

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


@dataclass(frozen=True)
class Block:
    """All that one layer reads.

    Attributes
    ----------
    rows : dict of str to Rows
        By the names of its inputs, one after the other.
    n_cells : int
        Cells that are read or written, those beyond the last row included.
    first, last : int
        Number of the layer by which, or before which, it is written first, and of the
        layer that reads it.
    """

    rows: dict
    n_cells: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryPlan:
    """Where everything lies, and the size of the scratch buffer.

    Attributes
    ----------
    blocks : dict of str to Block
        By the name of the layer that reads it.
    starts : dict of str to int
        Cell at which each block begins.
    n_strips : dict of str to int
        Strips in a row of each convolution.
    n_cells : int
    cell_bytes : int
    """

    blocks: dict
    starts: dict
    n_strips: dict
    n_cells: int
    cell_bytes: int

    @property
    def n_bytes(self):
        """Size of the scratch buffer, what aligning it may take included."""
        return self.n_cells * self.cell_bytes + self.cell_bytes - 1

    def start(self, name):
        """Return the cell at which what is called so begins, halo included."""
        for reader, block in self.blocks.items():
            start = self.starts[reader]
            for other, rows in block.rows.items():
                if other == name:
                    return start
                start += rows.n_cells
        raise KeyError(name)

    def rows(self, name):
        """Return the rows of what is called so."""
        (block,) = (block for block in self.blocks.values() if name in block.rows)
        return block.rows[name]


def plan_memory(network):
    """Lay out the activations of a network.

    Parameters
    ----------
    network : IntegerNetwork

    Returns
    -------
    MemoryPlan
    """
    strip = STRIP_INT8 if network.form == BYTES else STRIP_INT16
    n_strips = {
        layer.name: -(-2 * network.sizes[layer.name][1] // strip)
        for layer in network.layers
        if layer.kind == CONVOLUTION
    }
    blocks = {
        layer.name: _block(network, number, n_strips, strip)
        for number, layer in enumerate(network.layers)
    }
    starts, n_cells = _arranged(blocks)
    return MemoryPlan(blocks, starts, n_strips, n_cells, network.form.n_bytes)


def _block(network, number, n_strips, strip):
    """Lay out what a layer reads."""
    layer = network.layers[number]
    halo = layer.weight.shape[2] // 2 if layer.kind == CONVOLUTION else 0
    written = {SIGNAL: -1, RHYTHM: number}
    written |= {other.name: at for at, other in enumerate(network.layers)}
    # A strip may run into what follows it, which has to be written later.
    assert sorted(layer.inputs, key=written.get) == list(layer.inputs)
    rows, n_cells, start = {}, 0, 0
    for name in layer.inputs:
        rows[name] = part = Rows(*network.sizes[name], halo)
        cells = [part.n_cells]
        if name in n_strips:
            cells.append(part.last_row + n_strips[name] * strip // 2)
        if layer.name in n_strips:
            cells.append(part.last_row + n_strips[layer.name] * strip + halo)
        n_cells = max(n_cells, start + max(cells))
        start += part.n_cells
    return Block(rows, n_cells, min(map(written.get, layer.inputs)), number)


def _arranged(blocks):
    """Find a place for each block: where one lies that is free by then, if any is.

    Returns the first cell of each, and the number of all cells.
    """
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
        start += max(blocks[name].n_cells for name in region)
    return starts, start
