"""Weights as bytes: four ways to say where the non-zeros of a row are.

A row holds the weights of one output, in the order of its inputs and, within an input,
of its taps. Every row of a layer is stored the same way:

- ``"pairs"``: for each weight that isn't 0 a byte for the gap, the distance of its
  input from that of the weight before, in cells of the activations (in words, where two
  samples share one), and a byte for the weight; a weight of 0 ends the row. The
  kernels read it as it is;
- ``"nibbles"``: the number of weights, then the zeros before each as four-bit numbers
  (the first in the low half of the first byte), then the weights;
- ``"bitmap"``: a bit for each weight, set where it isn't 0 (the first in the lowest bit
  of the first byte), then the weights that aren't;
- ``"dense"``: all weights, a byte each.

A row ends with the multiplier of its output; in pairs, it stands beside the 0.

The C makes pairs of the other three before it uses a row.

A gap that is too long for a pair is bridged by a weight of 1 and one of -1 at the same
input, which cancel: a weight of 0 would end the row. One that is too long for a nibble
is bridged by a weight of 0, which the C leaves out of the pairs.
"""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np

_LONGEST_GAP = 255
_LONGEST_NIBBLE = 15
_MOST_NIBBLES = 255

_DECODER_BYTES = {"nibbles": 190, "bitmap": 190, "dense": 120}
_DECODING_BYTES = 100
"""Code that a decoder takes, and that any decoder takes once. Measured with
arm-none-eabi-gcc 12.2, -O2 and -Os, on the core that takes most, a Cortex-M0+."""


def encode(layer, offsets, encoding):
    """Encode all rows of a layer."""
    rows = layer.weight.reshape(len(layer.weight), -1)
    encoded = [ENCODINGS[encoding](row, offsets) for row in rows]
    if any(row is None for row in encoded):
        return None
    end = [0] if encoding == "pairs" else []
    return [
        _as_bytes([*row, multiplier, *end])
        for row, multiplier in zip(encoded, layer.stored_multiplier(), strict=True)
    ]


def n_pairs(layer, offsets):
    """Count the pairs of the longest row, the one that ends it included."""
    return max(len(row) for row in encode(layer, offsets, "pairs")) // 2


def choose_encodings(layers, offsets, optimize):
    """Choose how to store each layer: in the fewest bytes, or without decoding."""
    if optimize != "size":
        return ["pairs"] * len(layers)
    sizes = [
        _sizes(layer, of_layer) for layer, of_layer in zip(layers, offsets, strict=True)
    ]
    decoders = chain.from_iterable(
        combinations(_DECODER_BYTES, number) for number in range(4)
    )
    choices = [_smallest(sizes, {"pairs", *allowed}) for allowed in decoders]
    return min(choices, key=lambda choice: _flash_bytes(choice, sizes))


def _sizes(layer, offsets):
    """Bytes of a layer's weights in each encoding that can hold them."""
    encoded = {encoding: encode(layer, offsets, encoding) for encoding in ENCODINGS}
    return {
        encoding: sum(map(len, rows))
        for encoding, rows in encoded.items()
        if rows is not None
    }


def _smallest(sizes, allowed):
    return [
        min(
            (encoding for encoding in of_layer if encoding in allowed), key=of_layer.get
        )
        for of_layer in sizes
    ]


def _flash_bytes(choice, sizes):
    """Bytes of the weights, and of the code that decodes them."""
    weights = sum(of_layer[name] for of_layer, name in zip(sizes, choice, strict=True))
    decoders = set(choice) - {"pairs"}
    if not decoders:
        return weights
    code = _DECODING_BYTES + sum(_DECODER_BYTES[name] for name in decoders)
    return weights + code


def _pairs(row, offsets):
    pairs, position = [], 0
    # Lanes put the second half of a row between the samples of the first.
    taps = np.flatnonzero(row)
    for tap in taps[np.argsort(offsets[taps])]:
        gap = int(offsets[tap]) - position
        while gap > _LONGEST_GAP:
            pairs += [_LONGEST_GAP, 1, 0, -1]
            gap -= _LONGEST_GAP
        pairs += [gap, int(row[tap])]
        position = int(offsets[tap])
    return pairs


def _nibbles(row, offsets):
    gaps, weights, position = [], [], 0
    for tap in np.flatnonzero(row):
        gap = int(tap) - position
        while gap > _LONGEST_NIBBLE:
            gaps.append(_LONGEST_NIBBLE)
            weights.append(0)
            gap -= _LONGEST_NIBBLE + 1
        gaps.append(gap)
        weights.append(int(row[tap]))
        position = int(tap) + 1
    if len(weights) > _MOST_NIBBLES:
        return None
    low, high = gaps[0::2], gaps[1::2] + [0] * (len(gaps) % 2)
    joined = [a + 16 * b for a, b in zip(low, high, strict=True)]
    return [len(weights), *joined, *weights]


def _bitmap(row, offsets):
    bits = np.packbits(row != 0, bitorder="little").view(np.int8)
    return np.concatenate([bits, row[row != 0]])


def _dense(row, offsets):
    return row


def _as_bytes(values):
    return np.array(values, dtype=np.int64).astype(np.uint8).view(np.int8)


ENCODINGS = {"pairs": _pairs, "nibbles": _nibbles, "bitmap": _bitmap, "dense": _dense}
