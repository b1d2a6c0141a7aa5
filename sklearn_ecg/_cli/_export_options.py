"""The options of `sklearn-ecg export`."""

from .._constants import CPU_NAMES, PACKAGE_NAMES
from . import _help
from ._arguments import (
    add_annotator,
    add_command,
    add_model,
    add_on_invalid,
    add_quiet,
    local_path,
)


def add_export(commands):
    """Add the command that writes a model for a device."""
    summary = "write a model as C for a microcontroller"
    parser = add_command(
        commands, "export", summary, _help.EXPORT, _help.EXPORT_EXAMPLES
    )
    add_model(parser)
    parser.add_argument(
        "directory", metavar="DIR", type=local_path, help="directory to write to"
    )
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="records of those trained on, to calibrate with (default: the MIT-BIH "
        "database, if it is on this machine; wearable needs none for --rate 250)",
    )
    _add_chain(parser)
    add_annotator(parser, "atr", "annotation files")
    add_on_invalid(parser)
    parser.add_argument(
        "--name",
        default="ecg_beat",
        help="name of the files and the function (default: %(default)s)",
    )
    parser.add_argument(
        "--optimize",
        choices=("size", "speed", "fast"),
        default="speed",
        help="how weights and activations are stored: fast takes fewer instructions "
        "and twice the scratch buffer (default: %(default)s)",
    )
    parser.add_argument(
        "--package",
        action="append",
        choices=PACKAGE_NAMES,
        metavar="SYSTEM",
        help="also write the files of a build system, and an example that reads a "
        f"converter: {', '.join(PACKAGE_NAMES)}; may be given several times",
    )
    parser.add_argument(
        "--onnx", action="store_true", help="also write the float network, as NAME.onnx"
    )
    parser.add_argument(
        "--profile",
        nargs="?",
        const="cortex-m4",
        choices=CPU_NAMES,
        metavar="CPU",
        help="compile it for a core and count what it takes, in an emulator: "
        f"{', '.join(CPU_NAMES)} (without CPU: cortex-m4)",
    )
    add_quiet(parser)


def _add_chain(parser):
    parser.add_argument(
        "--rate",
        metavar="HZ",
        type=float,
        help="write the whole chain, for a converter of this rate: samples in, "
        "labelled beats out",
    )
    parser.add_argument(
        "--gain",
        metavar="COUNTS",
        type=float,
        help="counts per mV of that converter (default: 200)",
    )
    parser.add_argument(
        "--save",
        metavar="FILE",
        type=local_path,
        help="also keep the quantized chain, such as chain.ecg: a MODEL that needs no "
        "--rate, no --data and no further minutes",
    )
    parser.add_argument(
        "--names",
        action="store_true",
        help="with --rate: take names of beats that a reader has given, as a table",
    )
    parser.add_argument(
        "--no-rhythm",
        action="store_true",
        help="with --rate: beats alone, without episodes of the rhythm, to save flash "
        "and RAM",
    )
    parser.add_argument(
        "--play",
        metavar="RECORD",
        help="with --rate: play this record of DATA to the core in the emulator, and "
        "print its beats and episodes beside those that Python finds",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help="write DIR as a page, such as page.html: the chain labels recordings in "
        "any browser, offline; that of wearable is in the box",
    )
