"""Text of users in C and in Markdown, and values of parameters as text."""

from __future__ import annotations

import re

import numpy as np

_COMMENT_MARKS = re.compile(r"\*(?=/)|/(?=\*)|\?(?=\?)")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def one_line(text):
    r"""Return a text without line breaks and other characters that don't print.

    Examples
    --------
    >>> one_line("99 %\nof the beats")
    '99 % of the beats'
    """
    printable = (
        character if character.isprintable() else " " for character in str(text)
    )
    return " ".join("".join(printable).split())


def in_comment(text):
    """Return a text that neither ends a comment of C nor makes a compiler warn.

    Examples
    --------
    >>> in_comment("99 % /* of */ what??/")
    '99 % / * of * / what? ?/'
    """
    return _COMMENT_MARKS.sub(r"\g<0> ", one_line(text))


def c_string(text):
    r"""Return a text as a string literal of C, in UTF-8.

    Examples
    --------
    >>> print(c_string('a "beat"??/'))
    "a \"beat\"?\?/"
    """
    escaped = re.sub(r'["\\]|(?<=\?)\?', r"\\\g<0>", str(text))
    return '"' + "".join(map(_in_octal, escaped)) + '"'


def _in_octal(character):
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "replace"))


def stable_repr(value):
    """Return the value of a parameter as text, the same in every process.

    NumPy's types are written as Python's, and what is known by its address only as the
    name of its type.

    Examples
    --------
    >>> stable_repr({"N": np.float64(0.5), "V": np.random.RandomState(0)})
    "{'N': 0.5, 'V': RandomState}"
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        items = (f"{stable_repr(key)}: {stable_repr(value[key])}" for key in value)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(stable_repr, value)) + "]"
    if type(value) is tuple:
        comma = "," * (len(value) == 1)
        return "(" + ", ".join(map(stable_repr, value)) + comma + ")"
    if isinstance(value, str) or not _ADDRESS.search(repr(value)):
        return repr(value)
    return getattr(value, "__qualname__", type(value).__name__)
