"""export_c: a quantized classifier as a directory of C99."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ..._files import all_written_whole, local_path
from ..._parameter_checks import Choice, check, refuse
from ..._types import PathLike
from .._device_chain import DeviceChain
from .._quantized_classifier import QuantizedClassifier
from ..twin._arithmetic import BYTES
from ..twin._layers import CONVOLUTION, SIGNAL
from ..twin._network import IntegerLayer
from ._content import content_of
from ._description import Description
from ._encoding import choose_encodings, encode, n_pairs
from ._memory import Lanes, MemoryPlan, fits_lanes, plan_memory
from ._packages import check_packages, files_of_packages
from ._selftest import selftest_of
from ._templates import emit, renamed


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A layer and how its weights are stored."""

    layer: IntegerLayer
    encoding: str
    rows: list  # The encoded weights of each output
    n_pairs: int  # Pairs of the longest row, decoded
    stride: int  # Cells from one input row of a convolution to the next

    @property
    def is_decoded(self):
        """Whether the C makes pairs of the weights before it uses them."""
        return self.encoding != "pairs"


class StreamInputs:
    """A chain with the face of other inputs: what the C of the network needs of it."""

    takes_rows = False
    intervals = ()

    def __init__(self, chain):
        self.window_scaling = chain.window_scaling
        self.window_shape = 1, chain.inputs.n_samples
        self.window_rate = chain.inputs.window_rate
        self.r_peak = -chain.inputs.first
        self.adc_gain = chain.adc_gain
        self.leads = " or ".join(chain.lead)
        if chain.second_lead:
            self.leads += f"; beside {' or '.join(chain.second_lead)}"


@dataclass(frozen=True, eq=False)
class ExportPlan:
    """An export: computed once, read by everything that writes a part of it."""

    name: str  # Of the model in C
    quantized: object
    memory: MemoryPlan
    layers: tuple[StoredLayer, ...]
    fingerprint: str  # Hash of all numbers of the model
    facts: dict  # What is known about the model, for people
    selftest: dict  # Tables of what comes in, and of what must come out
    tells_rhythm: bool  # Whether it tells episodes of the rhythm, too
    takes_names: bool  # Whether it takes a table of names

    @classmethod
    def of(
        cls,
        quantized,
        name,
        optimize,
        notes,
        tells_rhythm=False,
        takes_names=False,
    ):
        """Plan an export."""
        network = quantized.network
        memory = plan_memory(network, in_lanes=optimize == "fast")
        offsets = [memory.offsets(layer) for layer in network.layers]
        encodings = choose_encodings(network.layers, offsets, optimize)
        layers = tuple(
            StoredLayer(
                layer,
                encoding,
                encode(layer, of_layer, encoding),
                n_pairs(layer, of_layer),
                memory.blocks[layer.name].rows[layer.inputs[0]].stride,
            )
            for layer, of_layer, encoding in zip(
                network.layers, offsets, encodings, strict=True
            )
        )
        fingerprint = quantized.fingerprint_
        facts = _facts(quantized, fingerprint) | notes
        selftest = selftest_of(quantized, optimize, takes_names)
        return cls(
            name,
            quantized,
            memory,
            layers,
            fingerprint,
            facts,
            selftest,
            tells_rhythm,
            takes_names,
        )

    @property
    def is_stream(self):
        """Whether a signal comes in, not windows."""
        return isinstance(self.quantized, DeviceChain)

    @property
    def kind(self):
        """What comes in: "window", "row", or "chain", which takes samples."""
        if self.is_stream:
            return "chain"
        return "row" if self.inputs.takes_rows else "window"

    @property
    def has_two_leads(self):
        """Whether samples of two leads come in, one of which is believed."""
        return self.is_stream and self.quantized.inputs.n_leads == 2

    @property
    def in_lanes(self):
        """Whether two samples share a word."""
        return isinstance(self.memory.rows(SIGNAL), Lanes)

    @property
    def network(self):
        """The network in integers."""
        return self.quantized.network

    @property
    def inputs(self):
        """What becomes of the arguments of the C before the network."""
        return StreamInputs(self.quantized) if self.is_stream else self.quantized.inputs

    @property
    def most_decoded(self):
        """Pairs of the longest row that has to be decoded; 0 if none has."""
        return max(
            (stored.n_pairs for stored in self.layers if stored.is_decoded), default=0
        )

    @property
    def model_number(self):
        """First digits of the model's hash, as a number in C."""
        return f"0x{self.fingerprint[:8]}u"


def _facts(quantized, fingerprint):
    """Return what is known about a model, as text by name."""
    network, origin = quantized.network, quantized.origin
    calibration = quantized.calibration
    n_weights = sum(layer.weight.size for layer in network.layers)
    parameters = ", ".join(f"{key}={value}" for key, value in origin.parameters.items())
    return {
        "Classes": ", ".join(map(str, quantized.classes_.tolist())),
        "Convolutions": ", ".join(
            "x".join(map(str, layer.weight.shape))
            for layer in network.layers
            if layer.kind == CONVOLUTION
        ),
        "Weights": f"{n_weights}, of which {origin.n_nonzero} are not 0",
        "Sparsity": f"{100 * origin.sparsity:.2f} %",
        "Multiplications": f"{origin.macs} a beat",
        "Trained with": f"PrunedCNNClassifier({parameters})",
        "Calibrated on": f"{origin.n_calibration} beats{calibration}",
        "SHA-256 of the integers": fingerprint,
    } | _of_gate(quantized)


def _of_gate(quantized):
    """Say of a chain which beats skip its network."""
    if not isinstance(quantized, DeviceChain):
        return {}
    gate = quantized.gate
    if gate is None:
        return {"Gate": "none, each beat is shown to the network"}
    label = quantized.classes_[gate.label]
    skipped = "the network" if quantized.inputs.n_leads == 1 else "the second lead"
    return {"Gate": f"beats that surely are {label} skip {skipped}"}


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIMIZE = ("size", "speed", "fast")

_SYSTEM_HEADERS = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib
stdnoreturn string tgmath threads time uchar wchar wctype
arm_acle features newlib _ansi _newlib_version
"""
"""Those of C, and in the last line what the exported C includes by way of them."""

_FILES = (
    "ecg_beat.h",
    "ecg_beat.c",
    "ecg_beat_selftest.c",
    "ecg_beat.mk",
    "CMakeLists.txt",
    "README.md",
)

_OF_ALL = ("CMakeLists.txt", "README.md", "Kconfig", "idf_component.yml")
"""Files whose names are not of the export, but whose first lines are."""


def export_c(
    quantized: QuantizedClassifier | DeviceChain,
    directory: PathLike,
    name: str = "ecg_beat",
    *,
    optimize: Literal["speed", "size", "fast"] = "speed",
    rhythm: bool | None = None,
    names: bool = False,
    package: str | Sequence[str] | None = None,
    notes: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write what was quantized as C99 that computes the same bits.

    The C needs no floating point and no heap, and is reentrant. Of a library it needs
    only ``memcpy``, ``memmove``, ``memset`` and ``memcmp``, which compilers call of
    their own accord; compiled with ``-D<NAME>_NO_LIBC``, it has its own. The C of a
    chain takes the samples of a converter and gives labelled beats; the C of a pipeline
    takes the raw samples of a beat's window, and its RR intervals in milliseconds; the
    C of a classifier alone takes rows of X, rounded to integers by the scales that its
    header names, or counts of the `input_scale` that `quantize` was given. The same
    model always gives the same bytes.

    Parameters
    ----------
    quantized : QuantizedClassifier or DeviceChain
        Made by `quantize`.
    directory : str or Path
        Where to write; made if it doesn't exist. It holds one export: files of earlier
        exports of the same name are replaced, each at once.
    name : str, default="ecg_beat"
        Names the files and, as a prefix, everything that is in them, so that several
        exports fit into one program, and even into one file.
    optimize : {"speed", "size", "fast"}, default="speed"
        How weights and activations are stored. ``"speed"``: so that weights are read
        fastest. ``"size"``: layer by layer so that they and the code that reads them
        take as few bytes of flash as possible, compiled with ``-O2`` or ``-Os``; it
        takes more instructions and some RAM, and of a network that is pruned hard both
        are the same. ``"fast"``: two activations share a word, as one multiplication
        takes them. It takes the fewest instructions, loads words from multiples of four
        only, and takes about twice the scratch buffer. It is for ``"int8"``, for
        windows whose length is a multiple of four before each convolution, such as the
        64 samples that `make_beat_pipeline` cuts for a `device_rate`, and for
        little-endian processors.
    rhythm : bool, default=None
        Whether the C of a chain tells episodes of the rhythm, too: atrial fibrillation,
        couplets and runs, pauses, slow and fast rates, as `DeviceChain.episodes`. None
        is wherever its classes allow: N, S, V, F, Q and O. False leaves it out: some
        2,150 bytes of flash and 600 of RAM.
    names : bool, default=False
        Whether the C of a chain of one lead takes a table of names, as `names_table`
        makes it, and labels as the adapted chain from then on.
    package : str or sequence of str, default=None
        Build systems whose files are written, too, with an example that reads a
        converter: ``"arduino"``, ``"cmake"``, ``"cmsis-pack"``, ``"esp-idf"``,
        ``"platformio"``, ``"zephyr"``; or ``"qemu"``, whose example is a whole firmware
        that runs in an emulator. The user guide says what becomes of each.
    notes : dict of str to str, default=None
        What the header shall say about the model besides what is known: its data, its
        accuracy.

    Returns
    -------
    list of Path
        The files: ``name.h`` (the documented interface), ``name.c``,
        ``name_selftest.c`` (beats with the logits they must give), ``name.mk``,
        ``CMakeLists.txt`` and ``README.md``; those of `package`; and ``name.json``,
        which says all of it to programs. `profile` measures them.

    Raises
    ------
    TypeError
        If `quantized` is neither.
    ValueError
        If a parameter isn't allowed, ``"fast"`` not possible, or the directory has a
        ``CMakeLists.txt``, ``README.md`` or the like of something else. Nothing is
        written then.

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
    _check(quantized, optimize)
    check_name(name, package)
    _check_lanes(quantized.network, optimize)
    _check_weights(quantized.network)
    directory = local_path(directory)
    notes, parts = dict(notes or {}), _checked_parts(quantized, rhythm, names)
    plan = ExportPlan.of(quantized, name, optimize, notes, *parts)
    content = content_of(plan, package)
    templates = {file: f"module/{file}" for file in _FILES} | files_of_packages(package)
    emitted = {
        renamed(file, name): emit(template, content)
        for file, template in templates.items()
    }
    # Of a file for other kinds of models nothing is left.
    texts = {file: text for file, text in emitted.items() if text.strip()}
    description = f"{name}.json"
    described = Description.of(plan, content.numbers, [*texts, description])
    texts[description] = described.text
    _check_directory(directory, texts)
    return write_files(directory, texts)


def write_files(directory, texts):
    """Write files, each at once: none is ever seen half written."""
    folders = {Path(file).parent for file in texts}
    for folder in sorted(folders):
        inside = [file for file in texts if Path(file).parent == folder]
        with all_written_whole(directory / folder) as unfinished:
            for file in inside:
                path = unfinished / Path(file).name
                path.write_text(texts[file], "utf-8", newline="\n")
    return [directory / file for file in texts]


def _check(quantized, optimize):
    if not isinstance(quantized, QuantizedClassifier | DeviceChain):
        raise TypeError(
            f"export_c takes what quantize returns, got a {type(quantized).__name__}."
        )
    check("export_c", "optimize", optimize, Choice(_OPTIMIZE))


def _check_lanes(network, optimize):
    """Refuse lanes where activations, or the length of a window, don't allow them."""
    if optimize != "fast" or fits_lanes(network):
        return
    if network.form != BYTES:
        raise ValueError(
            "optimize='fast' is for activations of 8 bits, and these have 16: "
            'quantize with activations="int8", or export with optimize="speed".'
        )
    n = sum(layer.kind == CONVOLUTION for layer in network.layers)
    raise ValueError(
        f"optimize='fast' does not fit windows of {network.n_samples} samples: "
        f"before each of the {n} convolutions, their length has to be a multiple of 4, "
        "and of no fewer samples than the kernel. Cut windows of a multiple of "
        f"{2 ** (n + 1)} samples, as make_beat_pipeline(device_rate=...) does, or "
        'export with optimize="speed".'
    )


def _check_weights(network):
    """Refuse a last layer that only a table of names can hold."""
    if max(np.abs(layer.weight).max(initial=0) for layer in network.layers) > 127:
        raise ValueError(
            "This chain has learnt from names, and its weights no longer fit 8 bits. "
            "Export the chain that it was made of, with names=True, and send it what "
            "names_table makes of both."
        )


def _checked_parts(quantized, rhythm, names):
    """Tell whether a chain tells its rhythm, and takes names; refuse what cannot be."""
    check("export_c", "names", names, Choice((True, False)))
    if names and not (isinstance(quantized, DeviceChain) and quantized.is_adaptable):
        raise ValueError(
            "names=True is for a chain that finds beats, in one lead. Leave it out."
        )
    check("export_c", "rhythm", rhythm, Choice((True, False, None)))
    is_able = isinstance(quantized, DeviceChain) and quantized.has_rhythm
    if rhythm and not is_able:
        raise ValueError(
            "rhythm=True is for a chain, as quantize(..., sampling_rate=...) makes it, "
            f"of the classes N, S, V, F, Q and O; this is a {quantized!r} of the "
            f"classes {', '.join(map(str, quantized.classes_))}. Leave rhythm out."
        )
    return is_able if rhythm is None else rhythm, names


def check_name(name, package=None):
    """Check that a name can name a header, functions of C, and packages."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        refuse("export_c", "name", name, "an identifier of C")
    if name.lower() in _SYSTEM_HEADERS.split():
        allowed = f"a name that no header of C has, as {name}.h would hide the system's"
        refuse("export_c", "name", name, allowed)
    check_packages(package, name)


def _check_directory(directory, texts):
    """Refuse to replace files of another export, or of the user."""
    for file in filter(texts.__contains__, _OF_ALL):
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
