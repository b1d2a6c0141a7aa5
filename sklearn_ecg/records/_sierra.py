"""Philips Sierra XML files, as PageWriters, TraceMasterVue and IntelliSpace write them.

The layout, and the compression XLI, are those of sierra-ecg-tools,
https://github.com/sixlettervariables/sierra-ecg-tools/wiki.
"""

from __future__ import annotations

import base64

import numpy as np

from ._decoded import (
    COUNTS,
    LIMB_LEADS,
    STANDARD_LEADS,
    Decoded,
    Piece,
    damage_named,
    standard_name,
    start_of,
    told_apart,
)
from ._xli import decode_xli
from ._xml import number, parse_xml, text_of

_KINDS = {"SierraECG", "PhilipsECG"}
_FALSE = {"false", "no", "f", "0"}
_MOST_LEADS = 100


class SierraFile(Decoded):
    """The waveforms of a Sierra file, not its representative beats."""

    def __init__(self, path: str):
        with damage_named(path, "XML file of Philips"):
            root = parse_xml(path)
            kind = text_of(root, "documentinfo/documenttype")
            if kind not in _KINDS:
                raise ValueError(f"its document type is {kind!r}")
            waves = next(root.iter("parsedwaveforms"), None)
            if waves is None:
                raise ValueError("it has no element parsedwaveforms")
            told = next(root.iter("signalcharacteristics"), waves)
            rate = number(
                _said(waves, told, "samplespersecond", "samplingrate"), "rate"
            )
            names = _names(waves, told)
            signals = _signals(waves, told, names, rate)
            scale = _said(waves, told, "resolution", "resolution", "signalresolution")
            step = number(scale, "resolution") if scale else 0.0
            zero = number(
                _said(waves, told, "signaloffset", "signaloffset") or "0", "x"
            )
            pieces = [
                Piece(name, rate, "uV", (signal - zero) * step)
                if step
                else Piece(name, rate, COUNTS, signal)
                for name, signal in zip(names, signals, strict=True)
            ]
            super().__init__(path, told_apart(pieces), _start(path, root))


def _said(waves, told, attribute, *elements):
    """Return what the waveforms say as an attribute, or the signal as an element."""
    found = waves.get(attribute, "").strip()
    return found or next(filter(None, (text_of(told, one) for one in elements)), "")


def _names(waves, told):
    names = waves.get("leadlabels", "").split()
    said = waves.get("numberofleads") if names else None
    said = said or ("" if names else text_of(told, "numberchannelsallocated"))
    count = int(number(said, "number of leads")) if said else len(names)
    if not names:
        kind = text_of(told, "acquisitiontype") or text_of(told, "leadset")
        is_usual = kind in ("STD-12", "10-WIRE") and count <= len(STANDARD_LEADS)
        numbers = range(1, min(count, _MOST_LEADS) + 1)
        names = STANDARD_LEADS if is_usual else [f"ECG {i}" for i in numbers]
    if not 0 < count <= len(names):
        raise ValueError(f"it announces {count} leads, and names {len(names)}")
    return [standard_name(name) for name in names[:count]]


def _signals(waves, told, names, rate):
    """Return the stored samples of each lead."""
    seconds = number(waves.get("durationperchannel", ""), "duration of a lead") / 1000
    n_samples, text = round(seconds * rate), waves.text or ""
    encoding = waves.get("dataencoding", "").strip().lower()
    if encoding not in ("base64", "plain"):
        raise ValueError(f"its waveforms are encoded as {encoding!r}")
    if encoding == "plain":
        signals = np.array(text.split(), dtype=np.float64)
        return _in_turn(signals, names, n_samples)
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError("its waveforms are no base64") from None
    if not _is_compressed(waves):
        is_signed = _said(waves, told, "signalsigned", "signalsigned").lower()
        dtype = "<u2" if is_signed in _FALSE else "<i2"
        stored = np.frombuffer(raw[: len(raw) // 2 * 2], dtype)
        return _in_turn(stored.astype(np.float64), names, n_samples)
    signals = decode_xli(raw, len(names))
    if not 0 < n_samples <= min(map(len, signals)):
        n_stored = min(map(len, signals))
        raise ValueError(f"a lead has {n_stored} samples, and must have {n_samples}")
    signals = [signal[:n_samples] for signal in signals]
    if tuple(names[:6]) == LIMB_LEADS:
        _restore_limbs(signals)
    return [signal.astype(np.float64) for signal in signals]


def _is_compressed(waves):
    """Tell whether waveforms are compressed; there is one way, XLI."""
    method = waves.get("compression") or waves.get("compressmethod") or ""
    if waves.get("compressflag", "").strip().lower() in _FALSE:
        return False
    method = method.strip().upper()
    if method not in ("XLI", "", "UNCOMPRESSED", "NONE"):
        raise ValueError(f"its waveforms are compressed by {method!r}")
    return method == "XLI"


def _in_turn(stored, names, n_samples):
    """Split samples of which each lead has as many, one lead after the other."""
    if n_samples < 1 or len(stored) < n_samples * len(names):
        raise ValueError(
            f"it holds {len(stored)} samples, and its {len(names)} leads of "
            f"{n_samples} each ask for more"
        )
    return list(stored[: n_samples * len(names)].reshape(len(names), n_samples))


def _restore_limbs(signals):
    """Compute limb leads, of which XLI keeps what I and II do not foretell."""
    one, two, three, right, left, foot = signals[:6]
    three = two - one - three
    signals[2] = three
    signals[3] = -right - (one + two) // 2
    signals[4] = (one - three) // 2 - left
    signals[5] = (two + three) // 2 - foot


def _start(path, root):
    told = root.find("dataacquisition")
    if told is None:
        return None
    text = f"{told.get('date', '')} {told.get('time', '')}"
    return start_of(path, text, "%Y-%m-%d %H:%M:%S")
