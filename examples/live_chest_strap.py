"""
Label the beats of a chest strap
================================

A Polar H10 sends its ECG over Bluetooth Low Energy (BLE): 130 samples a second, some 73
a packet. This program connects to one, and prints each beat with its label, a second or
two after it. It needs a strap, a radio, and ``pip install bleak``, so it isn't run
here: ``python live_chest_strap.py`` does, until Ctrl-C. **For research and teaching; no
label is a diagnosis.**
"""

# %%
# What the strap sends
# --------------------
# The service "PMD" of the strap has a characteristic that is told what to measure, and
# one that sends it, as the "Polar Measurement Data" specification of the Polar BLE SDK
# says. ``bleak`` drives the radio on Linux, macOS and Windows; the libraries for this
# strap are built on it. What they would save is the function below.

CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
RATE = 130

# Begin (2) the ECG (0): sampling rate (0), one value, 130 Hz; resolution (1), 14 bit.
BEGIN = bytes([2, 0, 0, 1, 130, 0, 1, 1, 14, 0])

# %%
# A packet has ten bytes before its samples: what was measured, the time of the **last**
# sample in nanoseconds by the clock of the strap, and how samples are written: 0 is as
# whole microvolts of three bytes. Bytes are in the order of little-endian numbers.

import numpy as np


def decoded(packet):
    """Return the stamp of a packet in seconds, and its samples in millivolts."""
    kind, written = packet[0], packet[9]
    if kind != 0 or written != 0 or (len(packet) - 10) % 3:
        raise ValueError(
            f"This is no packet of an ECG in microvolts: {packet[:10].hex()}"
        )
    nanoseconds = int.from_bytes(packet[1:9], "little")
    low, middle, high = np.frombuffer(packet, np.uint8, offset=10).reshape(-1, 3).T
    microvolts = (
        low + 256 * middle.astype(int) + 65536 * high.astype(np.int8).astype(int)
    )
    return nanoseconds / 1e9, microvolts / 1000


# %%
# From packets to beats
# ---------------------
# Packets get lost when the strap is far, and the strap counts 130 samples a second by a
# clock of its own. `PacketClock` says how many samples are missing before each packet,
# whatever that clock does, and leaves out what comes twice; `BeatStream` does the rest.

import pandas as pd

from sklearn_ecg import BeatStream, load_pretrained
from sklearn_ecg.stream import PacketClock


class Strap:
    """The beats of a strap, from its packets."""

    def __init__(self, model):
        self.clock = PacketClock(RATE)
        self.stream = BeatStream(model, RATE, leads="II")

    def take(self, packet):
        """Return the beats that are certain with this packet."""
        seconds, millivolts = decoded(bytes(packet))
        n_lost, samples = self.clock.place(millivolts, seconds)
        found = [self.stream.gap(n_lost), self.stream.push(samples)]
        return pd.concat(found, ignore_index=True)


# %%
# The radio
# ---------
# The strap sends once it is worn, and moist. The first seconds are no ECG yet.


async def listen(strap, show, until):
    """Connect to the first strap there is, and show its beats until an event is set."""
    from bleak import BleakClient, BleakScanner

    device = await BleakScanner.find_device_by_filter(
        lambda device, _: (device.name or "").startswith("Polar H10"), timeout=30
    )
    if device is None:
        raise SystemExit("There is no Polar H10 nearby. Is it worn, and free?")
    # A strap that has gone ends it, too.
    gone = {"disconnected_callback": lambda _: until.set()}
    async with BleakClient(device, **gone) as client:
        await client.start_notify(DATA, lambda _, packet: show(strap.take(packet)))
        await client.write_gatt_char(CONTROL, BEGIN, response=True)
        await until.wait()
    show(strap.stream.flush())


def print_beats(beats):
    for beat in beats.itertuples():
        print(f"{beat.time:9.2f} s  {beat.label}", flush=True)


if __name__ == "__main__":
    import asyncio

    strap = Strap(load_pretrained("wearable"))
    try:
        asyncio.run(listen(strap, print_beats, asyncio.Event()))
    except KeyboardInterrupt:
        print(f"{strap.clock.rate:.2f} samples a second, by the clock of the strap")
