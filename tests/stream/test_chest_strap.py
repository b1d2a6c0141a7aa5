"""The example of a chest strap, on packets as the strap sends them."""

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from strap_packets import strap_packets

from sklearn_ecg import annotate, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array

EXAMPLE = Path(__file__).parents[2] / "examples" / "live_chest_strap.py"
RATE = 130
TRUE_RATE = 130.21


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("live_chest_strap", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model():
    return load_pretrained("wearable")


@pytest.fixture(scope="module")
def session():
    """Two minutes of a strap: microvolts, its packets, and where each begins."""
    record = make_ecg(1, duration=120, sampling_rate=RATE, random_state=12).records[0]
    microvolts = np.rint(1000 * record.p_signal[:, 0]).astype(int)
    return microvolts, *strap_packets(microvolts, TRUE_RATE)


def heard(strap, packets):
    """Return the beats of a session, and how much was pushed when each came."""
    found = []
    for packet in packets:
        beats = strap.take(packet)
        found.append(beats.assign(arrived=strap.clock.n_samples / RATE))
    end = strap.stream.flush()
    return pd.concat([*found, end.assign(arrived=np.nan)], ignore_index=True)


def gapped(session, is_kept):
    """Return the recording in which what was lost is missing."""
    microvolts, _, starts = session
    signal = np.full(starts[-1], np.nan)
    for number in np.flatnonzero(is_kept):
        signal[starts[number] : starts[number + 1]] = (
            microvolts[starts[number] : starts[number + 1]] / 1000
        )
    return recording_from_array(signal, RATE, "II")


def test_what_the_strap_sends_is_read_to_the_microvolt(example, session):
    microvolts, packets, starts = session
    extremes = np.array([-(2**23), -1, 0, 1, 2**23 - 1] * 15)
    for values, packet in [
        (microvolts[: starts[1]], packets[0]),
        (extremes[:72], strap_packets(extremes, RATE, seed=1)[0][0][:226]),
    ]:
        _, millivolts = example.decoded(packet)
        assert np.rint(1000 * millivolts).astype(int).tolist() == values.tolist()
    seconds = [example.decoded(packet)[0] for packet in packets[:50]]
    expected = np.diff(starts[1:51]) / TRUE_RATE
    np.testing.assert_allclose(np.diff(seconds), expected, atol=0.0011)


@pytest.mark.parametrize("place", [0, 9])
def test_another_kind_of_packet_is_refused(example, session, place):
    packet = bytearray(session[1][0])
    packet[place] = 2
    with pytest.raises(ValueError, match="no packet of an ECG"):
        example.decoded(bytes(packet))


@pytest.mark.parametrize("seed", range(2))
def test_labels_are_those_of_the_recording_without_what_was_lost(
    example, model, session, seed
):
    _, packets, _ = session
    is_kept = np.random.default_rng(seed).random(len(packets)) >= 0.02
    is_kept[[0, -1]] = True
    strap = example.Strap(model)
    beats = heard(strap, [packets[number] for number in np.flatnonzero(is_kept)])
    expected = annotate(gapped(session, is_kept), model, lead="II").beats
    assert 0 < (~is_kept).sum() < 12
    assert (expected["label"] == "?").any()
    shared = [name for name in expected.columns if name in beats]
    assert {"sample", "label", "p_N", "p_V", "rr_prev"} <= set(shared)
    pd.testing.assert_frame_equal(beats[shared], expected[shared])
    assert strap.clock.rate == pytest.approx(TRUE_RATE, rel=1e-4)


def test_minutes_out_of_reach_move_no_beat(example, model, session):
    _, packets, _ = session
    is_kept = np.ones(len(packets), dtype=bool)
    is_kept[50:160] = False  # A minute
    strap = example.Strap(model)
    beats = heard(strap, [packets[number] for number in np.flatnonzero(is_kept)])
    expected = annotate(gapped(session, is_kept), model, lead="II").beats
    assert beats["sample"].tolist() == expected["sample"].tolist()
    assert beats["label"].tolist() == expected["label"].tolist()


def test_a_label_comes_with_the_packet_in_which_it_is_certain(example, model, session):
    _, packets, _ = session
    beats = heard(example.Strap(model), packets[:120])
    late = (beats["arrived"] - beats["time"])[5:].dropna()
    # The next beat and 0.35 s, and at most a packet more.
    limit = beats["time"].diff().shift(-1)[late.index] + 0.35 + 73 / RATE
    assert (late <= limit + 0.05).mean() > 0.97


class FakeClient:
    """What bleak does for the example, with packets that are there already."""

    packets: tuple[bytes, ...] = ()
    told: list

    def __init__(self, device, disconnected_callback):
        self.device, self.on_end, self.listeners = device, disconnected_callback, {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def start_notify(self, characteristic, listener):
        self.listeners[characteristic] = listener

    async def write_gatt_char(self, characteristic, content, response):
        type(self).told.append((characteristic, bytes(content), response))
        (listener,) = self.listeners.values()
        for packet in self.packets:
            listener(None, bytearray(packet))
        self.on_end(self)


@pytest.fixture
def bleak(monkeypatch, session):
    """Take the place of the radio; the strap that it finds may be taken away."""
    found = SimpleNamespace(name="Polar H10 00000000")

    class Scanner:
        @staticmethod
        async def find_device_by_filter(is_wanted, timeout):
            return module.device if is_wanted(found, None) else None

    module = ModuleType("bleak")
    module.BleakScanner, module.BleakClient, module.device = Scanner, FakeClient, found
    monkeypatch.setitem(sys.modules, "bleak", module)
    monkeypatch.setattr(FakeClient, "packets", tuple(session[1][:40]))
    monkeypatch.setattr(FakeClient, "told", [], raising=False)
    return module


def run(example, model):
    shown = []

    async def session():
        await example.listen(example.Strap(model), shown.append, asyncio.Event())

    asyncio.run(session())
    return pd.concat(shown, ignore_index=True)


def test_the_example_tells_the_strap_to_begin_and_shows_its_beats(
    example, model, session, bleak
):
    shown = run(example, model)
    expected = heard(example.Strap(model), session[1][:40])
    assert shown["sample"].tolist() == expected["sample"].tolist()
    (characteristic, content, response) = FakeClient.told[0]
    assert characteristic.startswith("fb005c81")
    assert content.hex() == "02000001820001010e00"
    assert response


def test_no_strap_nearby_is_said(example, model, bleak):
    bleak.device = None
    with pytest.raises(SystemExit, match="no Polar H10 nearby"):
        run(example, model)
