"""The arguments of the command ``sklearn-ecg``."""

import argparse
import re
from pathlib import Path

from .._constants import CPU_NAMES, OUTPUT_FORMATS, PRETRAINED, USUAL_LEADS
from .._version import __version__
from . import _help

TRAINING_OPTIONS = {
    "sparsity": (
        float,
        "fraction of the weights that is zero at the end",
        "0.9; 0.6 with --pipeline default",
    ),
    "n_stages": (int, "times to prune and retrain", "4"),
    "n_epochs": (
        int,
        "epochs of the dense training",
        "6; 10 with --pipeline default",
    ),
    "stage_epochs": (
        int,
        "epochs of retraining in each stage",
        "3; 4 with --pipeline default",
    ),
}
"""Type, meaning and default of each; what is not given is left to the Pipeline."""

PIPELINES = ("interpatient", "default")

PROTOCOLS = {
    "all": "every beat",
    "inter": "between patients: DS1 to train, DS2 to test (de Chazal et al. 2004)",
    "patients": "between patients: four fifths of them to train, one fifth to test",
    "intra": "within patients: 80 % of the beats to train, 20 % to test",
}


def make_parser():
    """Make the parser of ``sklearn-ecg``."""
    parser = argparse.ArgumentParser(
        prog="sklearn-ecg",
        description=_help.DESCRIPTION,
        epilog=_help.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    _add_demo(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_annotate(commands)
    _add_compare(commands)
    _add_info(commands)
    _add_export(commands)
    return parser


def _add_demo(commands):
    summary = "train and score on the MIT-BIH database, or on synthetic records"
    parser = _add_command(
        commands, "demo", summary, _help.DEMO, "Not a medical device."
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=_path,
        default=Path("demo-output"),
        help="directory for what is written (default: %(default)s)",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--synthetic", action="store_true", help="use synthetic records in any case"
    )
    source.add_argument(
        "--no-download",
        action="store_true",
        help="use the database only if it is on this machine",
    )
    source.add_argument(
        "--pretrained",
        action="store_true",
        help="train nothing: label a synthetic record with a model in the box",
    )
    _add_training_options(parser)
    _add_quiet(parser)
    parser.set_defaults(lead=None)


def _add_train(commands):
    summary = "train a model on records"
    texts = _help.TRAIN, _help.TRAIN_EXAMPLES
    parser = _add_command(commands, "train", summary, *texts)
    _add_data_options(
        parser,
        "lead to read; repeat it to name others for records without the first "
        f"(default: {', '.join(USUAL_LEADS)}, or that of the database)",
    )
    parser.add_argument(
        "--out",
        metavar="MODEL",
        type=_path,
        required=True,
        help="model file to write, such as model.ecg; replaced if there",
    )
    _add_training_options(parser)
    _add_quiet(parser)


def _add_evaluate(commands):
    summary = "score a model on records"
    parser = _add_command(
        commands, "evaluate", summary, _help.EVALUATE, _help.EVALUATE_EXAMPLES
    )
    _add_model(parser)
    _add_data_options(
        parser,
        "lead to read in records with none of the model's; may be repeated",
    )
    parser.add_argument(
        "--learning-period",
        metavar="SECONDS",
        type=_seconds,
        default=0.0,
        help="beginning of each record that is not scored; EC57 says 300 (default: 0)",
    )
    parser.add_argument(
        "--figures",
        metavar="DIR",
        type=_path,
        help="directory to write beats.png and confusion.png to; made if missing",
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=_path, help="file to write the scores by class to"
    )
    _add_quiet(parser)


def _add_annotate(commands):
    summary = "find and label the beats of recordings"
    parser = _add_command(
        commands, "annotate", summary, _help.ANNOTATE, _help.ANNOTATE_EXAMPLES
    )
    _add_model(parser)
    parser.add_argument(
        "recordings",
        metavar="RECORDING",
        nargs="+",
        type=_path,
        help="recording, or directory of recordings",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=_path,
        required=True,
        help="directory to write to; made if missing",
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT,FORMAT",
        type=_formats,
        default=("wfdb",),
        help=f"what to write, of {', '.join(OUTPUT_FORMATS)} (default: wfdb)",
    )
    _add_annotator(parser, "ext", "WFDB annotation files")
    parser.add_argument(
        "--lead",
        metavar="NAME",
        action="append",
        help="lead to read; repeat it to name others for recordings without the first "
        "(default: those of the model)",
    )
    parser.add_argument(
        "--sampling-rate",
        metavar="HZ",
        type=_hertz,
        help="of the CSV and Parquet files that have no column of times",
    )
    parser.add_argument(
        "--r-peaks",
        metavar="EXTENSION",
        help="label the beats of these WFDB annotations, instead of detecting beats",
    )
    _add_review_and_archive(parser)
    _add_quiet(parser)


def _add_review_and_archive(parser):
    parser.add_argument(
        "--corrections",
        metavar="CSV",
        action="append",
        type=_path,
        default=[],
        help="labels that a reader has corrected in a page, in the file that it saved: "
        "they take the place of the model's; repeat it for other recordings",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        help="annotate an archive: N recordings at the same time, with a manifest; "
        "what an earlier call of the same command has done is left out",
    )


def _formats(text):
    formats = tuple(dict.fromkeys(text.split(",")))
    for name in formats:
        if name not in OUTPUT_FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is none of {', '.join(OUTPUT_FORMATS)}"
            )
    return formats


def _add_compare(commands):
    summary = "compare annotations beat by beat, as bxb does"
    parser = _add_command(
        commands, "compare", summary, _help.COMPARE, _help.COMPARE_EXAMPLES
    )
    _add_data(parser)
    _add_annotator(parser, "atr", "reference annotations", "--reference")
    _add_annotator(parser, "ext", "test annotations", "--test")
    times = {
        "start": (300.0, "where to begin in each record; EC57 says 300"),
        "stop": (None, "where to end"),
        "window": (0.15, "how far apart the beats of a pair may be"),
    }
    for name, (default, meaning) in times.items():
        shown = "the end of the record" if default is None else "%(default)g"
        parser.add_argument(
            f"--{name}",
            metavar="SECONDS",
            type=_seconds,
            default=default,
            help=f"{meaning} (default: {shown})",
        )
    parser.add_argument(
        "--runs", action="store_true", help="count couplets and runs, too"
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=_path,
        help="file to write the scores by record to",
    )
    _add_on_invalid(parser)


def _add_info(commands):
    summary = "show what a model is: input, network, stages, parameters"
    texts = _help.INFO, _help.MODEL
    parser = _add_command(commands, "info", summary, *texts)
    _add_model(parser)


def _add_export(commands):
    summary = "write a model as C for a microcontroller"
    parser = _add_command(
        commands, "export", summary, _help.EXPORT, _help.EXPORT_EXAMPLES
    )
    _add_model(parser)
    parser.add_argument(
        "directory", metavar="DIR", type=_path, help="directory to write to"
    )
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="records of those trained on, to calibrate with (default: the MIT-BIH "
        "database, if it is on this machine)",
    )
    _add_chain(parser)
    _add_annotator(parser, "atr", "annotation files")
    _add_on_invalid(parser)
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
        default=200.0,
        help="counts per mV of that converter (default: 200)",
    )
    parser.add_argument(
        "--play",
        metavar="RECORD",
        help="with --rate: play this record of DATA to the core in the emulator, and "
        "print its beats beside those that Python finds",
    )


def _add_data(parser):
    parser.add_argument(
        "data", metavar="DATA", help="directory of records, or name of a database"
    )
    parser.add_argument(
        "--records",
        metavar="NAME,NAME",
        type=lambda names: names.split(","),
        help="only these records, separated by commas (default: all)",
    )


def _add_data_options(parser, lead_help):
    _add_data(parser)
    _add_annotator(parser, "atr", "annotation files")
    _add_on_invalid(parser)
    parser.add_argument(
        "--classes",
        choices=("aami", "bxb", "symbols"),
        default="aami",
        help="how annotated symbols become classes (default: %(default)s)",
    )
    parser.add_argument("--lead", metavar="NAME", action="append", help=lead_help)
    parser.add_argument(
        "--protocol",
        choices=tuple(PROTOCOLS),
        default="all",
        help="which beats to train on and which to score (default: %(default)s)",
    )


def _add_training_options(parser):
    parser.add_argument(
        "--pipeline",
        choices=PIPELINES,
        default=PIPELINES[0],
        help="what to train (default: %(default)s)",
    )
    for name, (kind, meaning, default) in TRAINING_OPTIONS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="FRACTION" if kind is float else "N",
            type=kind,
            help=f"{meaning} (default: {default})",
        )
    parser.add_argument(
        "--random-state",
        metavar="N",
        type=int,
        default=0,
        help="seed; the same one gives the same model (default: %(default)s)",
    )


def _add_command(commands, name, summary, description, epilog):
    """Add a command; return its parser."""
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_model(parser):
    """Add the argument of a model file."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=_path,
        help=f"model file, or {' or '.join(PRETRAINED)}",
    )


def _add_annotator(parser, default, files, option="--annotator"):
    parser.add_argument(
        option,
        default=default,
        metavar="EXTENSION",
        help=f"extension of the {files} (default: %(default)s)",
    )


def _add_on_invalid(parser):
    """Add the option that says what happens to what cannot be used."""
    parser.add_argument(
        "--on-invalid",
        choices=("warn", "raise", "ignore"),
        default="warn",
        help="what happens to records and beats that cannot be used: left out and "
        "listed, an error, or left out silently (default: %(default)s)",
    )


def _path(text):
    """Return a path of this machine, and refuse a URL before it becomes a directory."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise argparse.ArgumentTypeError(
            f"{text} is a URL, and files are read and written on this machine only"
        )
    return Path(text).expanduser()


def _hertz(text):
    """Return a sampling rate."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no sampling rate in Hz")
    return value


def _seconds(text):
    """Return a number of seconds from 0 on."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 on")
    return value


def _add_quiet(parser):
    """Add the option that hides progress."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")
