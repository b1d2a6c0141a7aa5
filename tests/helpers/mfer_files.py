"""MFER files, written as ISO 22077-1 says."""

import struct


def definition(tag, value=b""):
    """Return a tag, the length and the value."""
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    return bytes([tag, 0x84]) + struct.pack(">I", len(value)) + value


def of_channel(number, *definitions):
    """Return what holds for one channel only, from 0 on."""
    value = b"".join(definitions)
    return bytes([0x3F, number, len(value)]) + value


class Mfer:
    """Definitions in one order of bytes."""

    def __init__(self, order="big"):
        self.order = "<" if order == "little" else ">"

    def begin(self, n_channels, *, interval=(1, -3, 4), sensitivity=(0, -9, 2500)):
        """Return the definitions before the first frame, with a name of a person."""
        return b"".join(
            [
                definition(0x40, b"MFR standard 12 leads ECG"),
                definition(0x01, b"\1" if self.order == "<" else b"\0"),
                definition(0x81, b"Mustermann^Erika"),
                definition(0x05, self.number(n_channels)),
                definition(
                    0x0B, struct.pack("Bb", *interval[:2]) + self.number(interval[2])
                ),
                definition(
                    0x0C,
                    struct.pack("Bb", *sensitivity[:2]) + self.number(sensitivity[2]),
                ),
                definition(0x85, self.pack("H5B2H", 2024, 2, 3, 10, 20, 30, 250, 0)),
            ]
        )

    def number(self, value):
        """Return a number of two bytes."""
        return self.pack("h", value)

    def pack(self, form, *values):
        """Return numbers as bytes."""
        return struct.pack(self.order + form, *values)

    def lead(self, code):
        """Return the name of a lead by its number."""
        return definition(0x09, self.pack("H", code))

    def frame(self, samples, n_samples=1, dtype="i2"):
        """Return a frame of samples of shape (n_samples, n_channels), in blocks."""
        blocks = samples.reshape(-1, n_samples, samples.shape[1]).transpose(0, 2, 1)
        told = definition(0x04, self.pack("I", n_samples))
        told += definition(0x06, self.pack("I", len(blocks)))
        return told + definition(0x1E, blocks.astype(self.order + dtype).tobytes())
