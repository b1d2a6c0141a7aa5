"""The command ``sklearn-ecg``: from its arguments to its exit status."""

import os
import sys
import warnings
from collections.abc import Sequence

from ._parser import make_parser
from ._wording import in_words_of_the_shell, message_of


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command ``sklearn-ecg``."""
    args = make_parser().parse_args(argv)
    options = vars(args)

    def show_warning(message, *_args, **_kwargs):
        words = in_words_of_the_shell(str(message), options)
        print(f"sklearn-ecg: warning: {words}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        try:
            _run(args)
        except KeyboardInterrupt as interrupt:
            words = ": ".join(["interrupted", *map(str, interrupt.args)])
            print(f"sklearn-ecg: {words}", file=sys.stderr)
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
