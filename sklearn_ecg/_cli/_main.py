"""The command ``sklearn-ecg``: from its arguments to its exit status."""

import os
import re
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress

from ._parser import make_parser

_OF_THE_USER = (ValueError, OSError, TypeError, ImportError, RuntimeError)
"""Errors whose message is for the user; any other is a fault of this package."""

_PIPE_CLOSED = 141
"""What a shell says of a program that SIGPIPE ended: 128 and the signal's number."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``sklearn-ecg``."""
    args = None
    try:
        args = _parsed(argv)
        _run(args)
    except KeyboardInterrupt as interrupt:
        _say(": ".join(["interrupted", *map(str, interrupt.args)]))
        return 130
    except BrokenPipeError:
        # The reader of the output has enough, as `head` does.
        _give_up_output()
        return _PIPE_CLOSED
    except Exception as error:
        _give_up_output()
        _say(f"error: {message_of(error, vars(args) if args else ())}")
        return 1
    return 0


def _parsed(argv):
    try:
        return make_parser().parse_args(argv)
    except SystemExit:
        # What the help says may meet a closed pipe only now.
        _flush_output()
        raise


def _run(args):
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        # Not before the arguments are known to be right, as it imports torch.
        from ._commands import COMMANDS
        from ._results import results_apart

        with results_apart(args):
            COMMANDS[args.command](args)
    _flush_output()


def message_of(error, options=()):
    """Return what an error says in one line; it may be of the value of an option."""
    if getattr(error, "parameter", None) in options:
        return f"--{error.parameter.replace('_', '-')} {error.problem}"
    if isinstance(error, OSError) and error.strerror:
        where = error.filename2 or error.filename
        return f"{where}: {error.strerror}" if where else error.strerror
    if isinstance(error, MemoryError):
        return f"There is not enough memory. {error}".strip()
    message = in_options(" ".join(str(error).split()))
    if isinstance(error, _OF_THE_USER):
        return message or type(error).__name__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{type(error).__name__}: {message}. This is a fault of sklearn-ecg: "
        f"please report it ({os.path.basename(frame.filename)}, line {frame.lineno})."
    )


def in_options(message):
    """Say with an option of the command what a message says with one of Python."""
    return re.sub(r"Pass (start|stop)=0 to compare", r"Give --\1 0 to compare", message)


def _show_warning(message, *_args, **_kwargs):
    _say(f"warning: {in_options(str(message))}")


def _say(message):
    # Nobody is left to tell where stderr has gone, too.
    with suppress(BrokenPipeError):
        print(f"sklearn-ecg: {message}", file=sys.stderr)


def _flush_output():
    if sys.stdout is not None:
        sys.stdout.flush()


def _give_up_output():
    """Keep Python from complaining when it flushes an output that takes no more."""
    try:
        _flush_output()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
