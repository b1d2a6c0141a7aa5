"""Errors and warnings in the words of the shell."""

import re


def message_of(error):
    """Return what an error says in one line, without errno."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def in_words_of_the_shell(message, options):
    """Name options, where a message names the parameters of Python."""
    for name in options:
        option = f"--{name.replace('_', '-')}"
        message = re.sub(rf"(?<![\w.]){name} ?==? ?(?=\S)", f"{option} ", message)
        message = re.sub(
            rf"`{name}`|[Tt]he '{name}' parameter( of \w+)?", option, message
        )
    return message
