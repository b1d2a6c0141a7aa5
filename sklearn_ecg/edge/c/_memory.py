"""Where activations lie in the scratch buffer of the C.

A channel is a row of cells, bytes or halfwords. Rows follow one another with a halo of
zeros in between, which is the right end of one and the left end of the next, so that a
convolution needs no test of bounds. A strip of outputs may run over the end of a row:
what it reads there doesn't matter, and what it writes is overwritten by the next row,
or goes into slack. Layers read from one half of the buffer and write to the other.
"""

from __future__ import annotations

from dataclasses import dataclass

STRIP_PACKED = 16
"""Outputs that are summed at once, two in each of eight registers."""

STRIP_WIDE = 8
"""Outputs that are summed at once, one in each of eight registers."""


@dataclass(frozen=True)
class Rows:
    """Activations between two layers.

    Attributes
    ----------
    n_rows, length, halo : int
        Channels, samples of each, and zeros on either side.
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
class MemoryPlan:
    """All activations, and the size of the two halves of the scratch buffer.

    Attributes
    ----------
    rows : tuple of Rows
        The input of each convolution, and the pooled maps of the last.
    n_strips : tuple of int
        Strips in a row of each convolution.
    even, odd : int
        Cells for inputs of the first, third... layer, and of the second, fourth...
    cell_bytes : int
    """

    rows: tuple[Rows, ...]
    n_strips: tuple[int, ...]
    even: int
    odd: int
    cell_bytes: int

    @property
    def n_bytes(self):
        """Size of the scratch buffer, what aligning it may take included."""
        return (self.even + self.odd) * self.cell_bytes + self.cell_bytes - 1


def plan_memory(network):
    """Lay out the activations of a network.

    Parameters
    ----------
    network : IntegerNetwork

    Returns
    -------
    MemoryPlan
    """
    rows, n_strips, sizes = [], [], [0, 0]
    length, written = network.n_samples, 0
    for number, layer in enumerate(network.convolutions):
        halo = layer.weight.shape[2] // 2
        here = Rows(layer.weight.shape[1], length, halo)
        strip = STRIP_PACKED if layer.is_packed else STRIP_WIDE
        length //= 2
        strips = -(-2 * length // strip)
        read = strips * strip + halo
        _grow(sizes, number, here.n_cells, here.last_row + max(written, read))
        rows.append(here)
        n_strips.append(strips)
        written = strips * strip // 2
    number = len(rows)
    pooled = Rows(len(network.convolutions[-1].weight), length, 0)
    rows.append(pooled)
    _grow(sizes, number, pooled.n_cells + network.n_rhythm, pooled.last_row + written)
    _grow(sizes, number + 1, len(network.hidden.weight))
    return MemoryPlan(tuple(rows), tuple(n_strips), *sizes, network.form.n_bytes)


def _grow(sizes, number, *n_cells):
    sizes[number % 2] = max(sizes[number % 2], *n_cells)
