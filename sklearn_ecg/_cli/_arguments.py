"""Arguments that several commands of ``sklearn-ecg`` take, and what they may be."""

import argparse
import re
from pathlib import Path

from .._constants import PRETRAINED
from .._files import output_path


def add_data(parser):
    parser.add_argument(
        "data", metavar="DATA", help="directory of records, or name of a database"
    )
    parser.add_argument(
        "--records",
        metavar="NAME,NAME",
        type=lambda names: names.split(","),
        help="only these records, separated by commas (default: all)",
    )


def add_command(commands, name, summary, description, epilog):
    """Add a command; return its parser."""
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_model(parser):
    """Add the argument of a model file."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=local_path,
        help=f"model file, or {' or '.join(PRETRAINED)}",
    )


def add_annotator(parser, default, files, option="--annotator"):
    parser.add_argument(
        option,
        default=default,
        metavar="EXTENSION",
        help=f"extension of the {files} (default: %(default)s)",
    )


def add_on_invalid(parser):
    """Add the option that says what happens to what cannot be used."""
    parser.add_argument(
        "--on-invalid",
        choices=("warn", "raise", "ignore"),
        default="warn",
        help="what happens to records and beats that cannot be used: left out and "
        "listed, an error, or left out silently (default: %(default)s)",
    )


def local_path(text):
    """Return a path of this machine, and refuse a URL before it becomes a directory."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise argparse.ArgumentTypeError(
            f"{text} is a URL, and files are read and written on this machine only"
        )
    return Path(text).expanduser()


STDOUT = "-"
"""What stands for standard output in the place of a directory."""


def directory_or_stdout(text):
    """Return a directory, also of a bucket, or what stands for standard output."""
    if text == STDOUT:
        return STDOUT
    try:
        return output_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def hertz(text):
    """Return a sampling rate."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no sampling rate in Hz")
    return value


def seconds(text):
    """Return a number of seconds from 0 on."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 on")
    return value


def add_json(parser, content):
    """Add the option that prints results for programs."""
    parser.add_argument(
        "--json",
        action="store_true",
        help=f"print {content} as JSON instead; other words go to standard error",
    )


def add_quiet(parser):
    """Add the option that hides progress."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")
