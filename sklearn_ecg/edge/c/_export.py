"""export_c: a quantised pipeline as a directory of C99."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np

from ..._files import all_written_whole
from ..._parameter_checks import Choice, check
from ...windows._features import FEATURES
from .._quantized_classifier import check_of_pipeline
from ..twin._front_end import LONGEST_MS
from ._memory import plan_memory
from ._source import (
    emitted_layers,
    model_number,
    most_decoded,
    names_of,
    numbers,
    render,
    rr_parameter,
    source,
)
from ._text import c_string, in_comment, one_line

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIMIZE = ("size", "speed")
_WIDTH = 88

_SYSTEM_HEADERS = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib
stdnoreturn string tgmath threads time uchar wchar wctype
arm_acle features newlib _ansi _newlib_version
"""
"""Those of C, and in the last line what the exported C includes by way of them."""

_INTERVAL_DOC = {
    "rr_prev": "from the beat before to this one",
    "rr_next": "from this beat to the next one: each beat is classified one beat late",
    "rr_local": f"{FEATURES['rr_local'].meaning}; of what was measured, even where "
    f"that is more than {LONGEST_MS}",
}
_INTERVALS_DOC = (
    "RR intervals in milliseconds, rounded, 0 where one isn't known. One above "
    f"{LONGEST_MS} counts as {LONGEST_MS}: give {LONGEST_MS}, so that it doesn't wrap "
    "around in its 16 bits."
)

_STACK_BYTES = 256
"""More than any call has taken on a Cortex-M. What is decoded comes on top, twice
if the compiler merges functions."""


def export_c(quantized, directory, name="ecg_beat", *, optimize="size", notes=None):
    """Write a quantised pipeline as C99 that computes the same, bit for bit.

    The C needs no library, no floating point and no heap, and is reentrant. It takes
    what a device has: the raw samples of a beat's window, and its RR intervals in
    milliseconds. The same model always gives the same bytes.

    Parameters
    ----------
    quantized : QuantizedClassifier
        Made by `quantize` of a Pipeline.
    directory : str or Path
        Where to write; made if it doesn't exist. It holds one export: files of earlier
        exports of the same name are replaced, each at once.
    name : str, default="ecg_beat"
        Names the files and, as a prefix, all that the C makes public.
    optimize : {"size", "speed"}, default="size"
        How weights are stored, layer by layer: so that they and the code that reads
        them take as few bytes as possible, compiled with ``-O2`` or ``-Os``; or so
        that they are read fastest. Of a network that is pruned hard both may be the
        same.
    notes : dict of str to str, default=None
        What the header shall say about the model besides what is known: its data, its
        accuracy.

    Returns
    -------
    list of Path
        The files: ``name.h`` (the documented interface), ``name.c``,
        ``name_selftest.c`` (beats with the logits they must give), ``name.mk``,
        ``CMakeLists.txt`` and ``README.md``.

    Raises
    ------
    TypeError
        If `quantized` isn't a QuantizedClassifier.
    ValueError
        If it was made of a classifier alone, a parameter isn't allowed, or the
        directory has a ``CMakeLists.txt`` or ``README.md`` of something else. Nothing
        is written then.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
    >>> from sklearn_ecg.datasets import make_ecg
    >>> from sklearn_ecg.edge import export_c, quantize
    >>> beats = make_ecg(n_records=2, random_state=0)
    >>> classifier = PrunedCNNClassifier(sparsity=0.8, n_stages=2, random_state=0)
    >>> pipeline = make_pipeline(BeatSegmenter(), classifier)
    >>> pipeline = pipeline.fit(beats.data, beats.target)
    >>> quantized = quantize(pipeline, beats.data)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     files = export_c(quantized, directory)
    >>> [file.name for file in files][:3]
    ['ecg_beat.h', 'ecg_beat.c', 'ecg_beat_selftest.c']
    """
    _check(quantized, name, optimize)
    directory = Path(directory)
    texts = {
        f"{name}.h": _header(name, quantized, notes or {}),
        f"{name}.c": source(name, quantized, optimize),
        f"{name}_selftest.c": _selftest(name, quantized),
        f"{name}.mk": render("module.mk", names_of(name)),
        "CMakeLists.txt": render("CMakeLists.txt", names_of(name)),
        "README.md": _readme(name, quantized, optimize, notes or {}),
    }
    _check_directory(directory, texts)
    return write_files(directory, texts)


def write_files(directory, texts):
    """Write files, each at once: none is ever seen half written.

    Parameters
    ----------
    directory : Path
        Made if it doesn't exist.
    texts : dict of str to str
        Contents by file name.

    Returns
    -------
    list of Path
    """
    with all_written_whole(directory) as unfinished:
        for file, text in texts.items():
            (unfinished / file).write_text(text, "utf-8", newline="\n")
    return [directory / file for file in texts]


def _check(quantized, name, optimize):
    check_of_pipeline(quantized, "export_c")
    check_name(name)
    check("export_c", "optimize", optimize, Choice(_OPTIMIZE))


def check_name(name):
    """Check that a name can be that of a header and of functions of C.

    Parameters
    ----------
    name : str

    Raises
    ------
    ValueError
        If it is no identifier, or that of a header of the system.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name={name!r}: must be an identifier of C.")
    if name.lower() in _SYSTEM_HEADERS.split():
        raise ValueError(
            f"name={name!r}: {name}.h would hide the system's header of that name; "
            "choose a name that no header of C has."
        )


def _check_directory(directory, texts):
    """Refuse to replace files of another export, or of the user."""
    for file in ("CMakeLists.txt", "README.md"):
        ours = texts[file].partition("\n")[0]
        found = _first_line(directory / file)
        if found not in (None, ours):
            raise ValueError(
                f"{directory / file} would be replaced, but isn't of an export of this "
                f"name, as it begins with {found!r}: give a directory of its own."
            )


def _first_line(path):
    if not path.is_file():
        return None
    return path.read_text("utf-8", "replace").partition("\n")[0]


def _header(name, quantized, notes):
    values = names_of(name) | _facts(name, quantized)
    values |= {
        "PROVENANCE": "\n".join(
            f" * {in_comment(key)}: {in_comment(value)}"
            for key, value in (provenance(quantized) | notes).items()
        ),
        "RR_TYPE": _rr_type(name, quantized.inputs.rhythm_scaling.intervals),
        "RR_DOC": _rr_doc(quantized.inputs.rhythm_scaling.intervals),
        "GAIN_NOTE": _wrapped(_gain_note(quantized.inputs), " " * 10).replace(
            "\n", "\n *"
        ),
    }
    return render("header.h", values)


def provenance(quantized):
    """Return what is known about a model, as text by name.

    Parameters
    ----------
    quantized : QuantizedClassifier
        Of a pipeline.

    Returns
    -------
    dict of str to str
    """
    network, origin = quantized.network, quantized.origin
    n_weights = sum(layer.weight.size for layer in network.layers)
    parameters = ", ".join(f"{key}={value}" for key, value in origin.parameters.items())
    return {
        "Classes": ", ".join(map(str, quantized.classes_.tolist())),
        "Convolutions": ", ".join(
            "x".join(map(str, layer.weight.shape)) for layer in network.convolutions
        ),
        "Weights": f"{n_weights}, of which {origin.n_nonzero} are not 0",
        "Sparsity": f"{100 * origin.sparsity:.2f} %",
        "Multiplications": f"{origin.macs} a beat",
        "Trained with": f"PrunedCNNClassifier({parameters})",
        "Calibrated on": f"{origin.n_calibration} beats, at "
        f"{quantized.inputs.adc_gain:.10g} counts per mV",
        "SHA-256 of the integers": quantized.fingerprint_,
    }


def _facts(name, quantized):
    from ..._version import __version__

    inputs, network = quantized.inputs, quantized.network
    segmenter = inputs.segmenter
    return {
        "VERSION": __version__,
        "N_SAMPLES": network.n_samples,
        "N_CHANNELS": network.n_channels,
        "R_PEAK": int(np.argmin(np.abs(segmenter.times_))),
        "RATE_UNIT": "second",
        "SAMPLING_RATE": f"{segmenter.sampling_rate:g}",
        "N_CLASSES": len(quantized.classes_),
        "CLASS_NAMES": ", ".join(c_string(label) for label in quantized.classes_),
        "SCRATCH_BYTES": plan_memory(network).n_bytes,
        "LEADS": _leads(segmenter),
        "MODEL": model_number(quantized),
        "RR_PARAMETER": rr_parameter(name, inputs),
    }


def _leads(segmenter):
    leads = segmenter.lead
    leads = [leads] if isinstance(leads, str) else list(leads)
    joint = " then " if segmenter.channels == "all" else " or "
    return in_comment(joint.join(leads))


def _gain_note(inputs):
    if inputs.window_scaling.standardized:
        return (
            "Gain and offset of the converter don't matter, as long as every sample "
            "fits 16 bits without clipping or wrapping around: shift wider ones right."
        )
    return (
        f"The converter has {inputs.adc_gain:.10g} counts per mV, and 0 at 0 mV. What "
        " 16 bits can't hold is clipped, and doesn't wrap around."
    )


def _wrapped(text, indent, first=None):
    first = indent if first is None else first
    return textwrap.fill(
        text, _WIDTH - 2, initial_indent=first, subsequent_indent=indent
    )


def _rr_type(name, intervals):
    if not intervals:
        return ""
    lines = _wrapped(_INTERVALS_DOC, " ").splitlines() + [""]
    for key in intervals:
        doc = _wrapped(f"{_INTERVAL_DOC[key]}.", " " * 11, f" {key:<10}")
        lines += doc.splitlines()
    comment = "\n".join(["/*", *(f" *{line}" for line in lines), " */"])
    fields = "\n".join(f"    uint16_t {key};" for key in intervals)
    return f"{comment}\ntypedef struct {{\n{fields}\n}} {name}_rr;\n"


def _rr_doc(intervals):
    return " * rr       its RR intervals.\n" if intervals else ""


def _selftest(name, quantized):
    windows, intervals = _selftest_beats(quantized)
    logits = quantized.device_logits(windows, intervals)
    has_rr = intervals.shape[1] > 0
    rr_table = (
        f"static const {name}_rr intervals[N_BEATS] = {{\n{_rows(intervals)}\n}};\n\n"
    )
    return render(
        "selftest.c",
        names_of(name)
        | {
            "SAME_EXPORT": render(
                "same_export.c", names_of(name) | _facts(name, quantized)
            ),
            "N_BEATS": len(windows),
            "WINDOWS": _rows(windows.reshape(len(windows), -1)),
            "RR_TABLE": rr_table if has_rr else "",
            "RR_ARGUMENT": "&intervals[beat], " if has_rr else "",
            "LOGITS": _rows(logits),
        },
    )


def _selftest_beats(quantized):
    """Beats of the calibration data, one for each class, and ones at the limits."""
    windows, intervals = quantized.origin.examples
    low, high = np.iinfo(np.int16).min, np.iinfo(np.int16).max
    flat, step, spikes = (np.full(windows.shape[1:], low, np.int16) for _ in range(3))
    step[:, step.shape[1] // 2 :] = high
    spikes[:, ::2] = high
    limits = np.full((3, intervals.shape[1]), np.iinfo(np.uint16).max, np.uint16)
    limits[1] = 0
    limits[2] = 1
    return (
        np.concatenate([windows, [flat, step, spikes]]),
        np.concatenate([intervals, limits]),
    )


def _rows(table):
    return ",\n".join(
        "    {\n" + numbers(row, indent="        ") + "\n    }" for row in table
    )


def _readme(name, quantized, optimize, notes):
    layers = emitted_layers(quantized.network, plan_memory(quantized.network), optimize)
    intervals = quantized.inputs.rhythm_scaling.intervals
    facts = (provenance(quantized) | notes).items()
    return render(
        "README.md",
        names_of(name)
        | _facts(name, quantized)
        | {
            "GAIN_NOTE": textwrap.fill(_gain_note(quantized.inputs), _WIDTH),
            "STACK_BYTES": _STACK_BYTES + 4 * most_decoded(layers),
            "README_CALL": _readme_call(name, intervals),
            "README_RR": _readme_rr(intervals),
            "README_FACTS": "\n".join(
                f"- {one_line(key)}: {one_line(value)}" for key, value in facts
            ),
        },
    )


def _readme_call(name, intervals):
    values = ", ".join(f".{key} = ..." for key in intervals)
    rr = [f"{name}_rr rr = {{ {values} }}; /* milliseconds */"] if intervals else []
    argument = "&rr, " if intervals else ""
    return "\n".join(
        [
            *rr,
            f"int32_t logits[{name.upper()}_N_CLASSES];",
            f"int beat = {name}_classify(window, {argument}scratch, logits);",
        ]
    )


def _readme_rr(intervals):
    if not intervals:
        return "call `classify`; the model takes no RR intervals."
    lines = [
        "call `classify` with the RR intervals:",
        *(
            _wrapped(f"`{key}`: {_INTERVAL_DOC[key]};", " " * 5, "   - ")
            for key in intervals
        ),
        "",
        textwrap.fill(_INTERVALS_DOC, _WIDTH),
    ]
    return "\n".join(lines)
