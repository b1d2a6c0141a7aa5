"""WFDB records in the storage formats that wfdb reads, and some that it cannot write.

The formats are those of https://physionet.org/physiotools/wag/signal-5.htm.
"""

import numpy as np

RANGES = {
    "8": (-100, 100),
    "16": (-32767, 32767),
    "24": (-8388607, 8388607),
    "32": (-2147483647, 2147483647),
    "61": (-32767, 32767),
    "80": (-127, 127),
    "160": (-32767, 32767),
    "212": (-2047, 2047),
    "310": (-511, 511),
    "311": (-511, 511),
}
"""Least and greatest sample; the value below the least stands for a missing one."""


def random_samples(fmt, n_samples, n_leads=2, seed=0):
    """Return samples over the whole range of a format."""
    random = np.random.default_rng(seed)
    low, high = RANGES[fmt]
    if fmt == "8":
        steps = random.integers(-20, 21, (n_samples, n_leads))
        return np.clip(np.cumsum(steps, axis=0), low, high)
    return random.integers(low, high + 1, (n_samples, n_leads))


def write_record(path, samples, fmt, *, rate="250", leads=("II", "V5"), per_frame=None):
    """Write a record whose leads share one signal file.

    Parameters
    ----------
    path : Path
        Without extension.
    samples : ndarray of int, shape (n_samples, n_leads), or list of ndarray
        A list holds the samples of each lead, where leads have several in a frame.
    fmt : str
    rate : str
        As the header gives it, of the frames.
    leads : sequence of str
    per_frame : sequence of int, default=None
        Samples of each lead in a frame.
    """
    per_frame = per_frame or [1] * len(leads)
    columns = list(samples) if per_frame != [1] * len(leads) else list(samples.T)
    n_frames = len(columns[0]) // per_frame[0]
    frames = [c.reshape(n_frames, k) for c, k in zip(columns, per_frame, strict=True)]
    stored = np.diff(samples, axis=0, prepend=samples[:1]) if fmt == "8" else None
    flat = np.concatenate(frames, axis=1).ravel() if stored is None else stored.ravel()
    path.with_suffix(".dat").write_bytes(_ENCODERS[fmt](flat.astype(np.int64)))
    lines = [f"{path.name} {len(leads)} {rate} {n_frames}"]
    for lead, column, count in zip(leads, columns, per_frame, strict=True):
        spelled = fmt if count == 1 else f"{fmt}x{count}"
        checksum = int(column.astype(np.int64).sum()) % 65536
        lines.append(
            f"{path.name}.dat {spelled} 200(5)/mV 12 0 {column[0]} {checksum} 0 {lead}"
        )
    path.with_suffix(".hea").write_text("\n".join(lines) + "\n")


def _whole(dtype, offset=0):
    return lambda flat: (flat + offset).astype(dtype).tobytes()


def _encode_24(flat):
    return flat.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _in_groups(flat, size):
    padded = np.zeros(-(-len(flat) // size) * size, dtype=np.int64)
    padded[: len(flat)] = flat
    return padded.reshape(-1, size).T


def _encode_212(flat):
    first, second = _in_groups(flat, 2) & 0xFFF
    packed = np.stack([first & 0xFF, (first >> 8) | (second >> 8 << 4), second & 0xFF])
    return packed.T.astype(np.uint8).tobytes()[: -(-len(flat) * 3 // 2)]


def _encode_310(flat):
    first, second, third = _in_groups(flat, 3) & 0x3FF
    words = np.stack(
        [(first << 1) | (third & 31) << 11, (second << 1) | third >> 5 << 11]
    )
    return words.T.astype("<u2").tobytes()


def _encode_311(flat):
    first, second, third = _in_groups(flat, 3) & 0x3FF
    words = first | second << 10 | third << 20
    return words.astype("<u4").tobytes()


_ENCODERS = {
    "8": _whole("i1"),
    "16": _whole("<i2"),
    "24": _encode_24,
    "32": _whole("<i4"),
    "61": _whole(">i2"),
    "80": _whole("u1", 128),
    "160": _whole("<u2", 32768),
    "212": _encode_212,
    "310": _encode_310,
    "311": _encode_311,
}
