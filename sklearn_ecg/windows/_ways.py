"""How what a segmenter does can be repeated as samples come, and what prevents it.

The one answer to it: `BeatSegmenter`, streams, `quantize` and the command ask here.
"""

from __future__ import annotations

from typing import Any

WINDOW, CHAIN, LIVE = "window", "chain", "live"
"""From the raw samples of one window; from the samples of a lead, on a device; and from
a live signal, on a computer."""

_MOST_WINDOW_RATE = 200
_CHAIN_RATE = 125
_SOURCE = {
    WINDOW: "A device can't repeat {given} from the raw samples of one window.",
    CHAIN: "A device can't repeat {given} from the raw samples of one lead.",
    LIVE: "A live signal can't be cut with {given}: that looks at the whole recording.",
}


def changes_for(segmenter: Any, way: str) -> dict[str, Any]:
    """Return the parameters that stand in the way, and what they would have to be."""
    wanted: dict[str, Any] = {"baseline": None, "bandpass": None}
    if way == CHAIN:
        wanted |= {"normalize": "beat", "channels": "first"}
        if segmenter.sampling_rate > _MOST_WINDOW_RATE:
            wanted["sampling_rate"] = _CHAIN_RATE
    elif segmenter.normalize == "record":
        wanted["normalize"] = "beat"
    if way == WINDOW:
        wanted["relative_features"] = None
        if segmenter.bandpass is not None:
            wanted["zero_phase"] = False
    return {
        name: value
        for name, value in wanted.items()
        if not _is_so(segmenter, name, value)
    }


def _is_so(segmenter, name, wanted):
    if name == "relative_features":
        return not segmenter._relative_features()
    given = getattr(segmenter, name)
    return given is None if wanted is None else given == wanted


def obstacle(segmenter: Any, way: str) -> str:
    """Say what stands in the way, and what to do; "" if nothing does."""
    changes = changes_for(segmenter, way)
    if not changes:
        return ""
    given = ", ".join(f"{name}={getattr(segmenter, name)!r}" for name in changes)
    wanted = ", ".join(f"{name}={value!r}" for name, value in changes.items())
    said = _SOURCE[way].format(given=f"BeatSegmenter({given})")
    remedy = f" Fit the pipeline with {wanted}."
    if list(changes) == ["relative_features"] and not changes_for(segmenter, CHAIN):
        remedy += (
            " Or give quantize the sampling_rate of the device, for a whole chain."
        )
    return said + remedy
