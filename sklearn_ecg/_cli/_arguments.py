"""Arguments that several commands share."""

import argparse
from pathlib import Path

TRUST = """\
MODEL is a file that 'train' wrote, or the name of a model in the box: ambulatory,
wearable. A file of joblib is a pickle, which can run any program when it is opened:
open only those you trust.

Not a medical device."""


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
        type=Path,
        help="model file, or ambulatory or wearable",
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


def seconds(text):
    """Return a number of seconds from 0 on."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 on")
    return value


def add_quiet(parser):
    """Add the option that hides progress."""
    parser.add_argument("--quiet", action="store_true", help="show no progress bars")
