"""Text of users in C and in Markdown."""

from __future__ import annotations

import re
import textwrap

import numpy as np

_INDENT = "    "
_LINE = 80
"""Characters of a line of numbers, without what it is indented by."""

_COMMENT_MARKS = re.compile(r"\*(?=/)|/(?=\*)|\?(?=\?)")


def one_line(text):
    r"""Return a text without line breaks and other characters that don't print."""
    printable = (
        character if character.isprintable() else " " for character in str(text)
    )
    return " ".join("".join(printable).split())


def in_comment(text):
    """Return a text that neither ends a comment of C nor makes a compiler warn."""
    return _COMMENT_MARKS.sub(r"\g<0> ", one_line(text))


def c_string(text):
    r"""Return a text as a string literal of C, in UTF-8."""
    escaped = re.sub(r'["\\]|(?<=\?)\?', r"\\\g<0>", str(text))
    return '"' + "".join(map(_in_octal, escaped)) + '"'


def _in_octal(character):
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "replace"))


def unique_identifiers(labels):
    """Return a suffix of an identifier of C for each label, no two the same."""
    names = []
    for number, label in enumerate(labels):
        name = re.sub(r"[^0-9A-Za-z]+", "_", str(label)).strip("_")
        name = name if name and name not in names else f"NUMBER_{number}"
        while name in names:
            name += "_"
        names.append(name)
    return names


def indented(lines):
    """Return lines, one step further to the right."""
    return textwrap.indent("\n".join(lines), _INDENT)


def c_array(items):
    """Return an initializer of C on one line."""
    return f"{{ {', '.join(items)} }}"


def numbers(values):
    """Return integers separated by commas, in lines of limited length."""
    text = ", ".join(map(str, np.asarray(values).ravel().tolist()))
    return textwrap.wrap(text, _LINE)


def c_table(kind, name, values):
    """Return the definition of a table of constants."""
    lines = indented(numbers(values))
    return f"static const {kind} {name}[{len(values)}] = {{\n{lines}\n}};"


def c_rows(start, rows):
    """Return the definition of a table of rows, each in braces of its own."""
    texts = ("\n".join(["{", indented(numbers(row)), "}"]) for row in rows)
    lines = indented(",\n".join(texts).split("\n"))
    return f"{start} = {{\n{lines}\n}};"


def c_struct(start, fields):
    """Return the definition of a structure; dictionaries in it are structures too."""
    return f"{start} = {_fields(fields)};"


def _fields(fields):
    lines = []
    for name, value in fields.items():
        value = _fields(value) if isinstance(value, dict) else value
        lines += f".{name} = {value},".split("\n")
    return "\n".join(["{", indented(lines), "}"])
