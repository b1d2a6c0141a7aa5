"""The command ``sklearn-ecg``: from its arguments to its exit status."""

import os
import re
import sys
import warnings
from collections.abc import Sequence

from ._parser import make_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``sklearn-ecg``.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 if it failed, 130 after Ctrl-C. Wrong usage leaves by
        ``SystemExit(2)``.
    """
    args = make_parser().parse_args(argv)
    options = vars(args)

    def show_warning(message, *_args, **_kwargs):
        words = in_words_of_the_shell(str(message), options)
        print(f"sklearn-ecg: warning: {words}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        try:
            _run(args)
        except KeyboardInterrupt:
            print("sklearn-ecg: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:
            # Whoever read the output has enough, as `head` does; Python would complain
            # when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except (ValueError, OSError, TypeError, ImportError, RuntimeError) as error:
            message = in_words_of_the_shell(message_of(error), options)
            print(f"sklearn-ecg: error: {message}", file=sys.stderr)
            return 1
    return 0


def _run(args):
    # Not before the arguments are known to be right, as it imports torch.
    from ._commands import COMMANDS

    COMMANDS[args.command](args)


def message_of(error):
    """Return what an error says in one line, without errno.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    message : str
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def in_words_of_the_shell(message, options):
    """Name options, where a message names the parameters of Python.

    Parameters
    ----------
    message : str
    options : iterable of str
        The names of the parameters that are options of the command.

    Returns
    -------
    message : str

    Examples
    --------
    >>> from sklearn_ecg._cli._main import in_words_of_the_shell
    >>> in_words_of_the_shell("n_stages == 0, must be >= 1.", ["n_stages"])
    '--n-stages 0, must be >= 1.'
    """
    for name in options:
        option = f"--{name.replace('_', '-')}"
        message = re.sub(rf"(?<![\w.]){name} ?==? ?(?=\S)", f"{option} ", message)
        message = re.sub(
            rf"`{name}`|[Tt]he '{name}' parameter( of \w+)?", option, message
        )
    return message
