"""From templates, which are whole C files, and text to the files of one model.

The templates are a model by themselves: every file of them compiles, and is called
``ecg_beat`` or stands for something that is. To write another model

- ``#if`` lines on a switch of ``switches.h`` are decided;
- the parts that ``ecg_beat.c`` includes are put into it, each once;
- ``ecg_beat`` becomes the name of the model;
- in the files of `_OF_NUMBERS` each ``#define`` gets the value of the model;
- what stands between ``/* generated: key */`` and ``/* end */`` is replaced, and so are
  words such as ``@VERSION@``, which stand in comments only.
"""

from __future__ import annotations

import posixpath
import re
import textwrap
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

_INDENT = "    "
_LINE = 80
"""Characters of a line of numbers, without what it is indented by."""

_LINE_OF_MACRO = 55
"""The same of a macro: its name comes before the first one."""

_WIDTH = 96
"""Columns of a line of a comment."""

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


def wrapped(text, indent="", hanging=""):
    """Return a text as lines of limited width; from the second on, they hang."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
    )


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
    """Return an initializer of C for a macro, in lines that a backslash joins."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > _LINE_OF_MACRO:
            lines.append("")
        lines[-1] += f"{item}, "
    text = f"\\\n{_INDENT}".join(lines).removesuffix(", ")
    return f"{{ {text} }}"


def numbers(values):
    """Return integers separated by commas, in lines of limited length."""
    text = ", ".join(map(str, np.asarray(values).ravel().tolist()))
    return textwrap.wrap(text, _LINE)


def c_table(kind, name, values, size=None):
    """Return the definition of a table of constants."""
    lines = indented(numbers(values))
    return f"static const {kind} {name}[{size or len(values)}] = {{\n{lines}\n}};"


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


_PUBLIC_HEADER = "module/ecg_beat.h"
_SWITCHES = "module/switches.h"
_NUMBERS = "module/numbers.h"
_OF_NUMBERS = (_PUBLIC_HEADER, "module/state.h", _NUMBERS)

_GUARD = re.compile(r"#ifndef (ECG_BEAT_\w+_H)\n#define \1\n(.*)#endif\n\Z", re.S)
_DEFINE = re.compile(r"^#define ECG_BEAT_(\w+) .*$", re.M)
_INCLUDE = re.compile(r'#include (?:"(?P<own>.*)"|<.*>)')
_SWITCH = re.compile(r"#if (?P<not>!?)ECG_BEAT_(?P<switch>\w+)$")
_SLOT = re.compile(
    r"^[ \t]*/\* generated: (?P<region>\w+) \*/\n.*?^[ \t]*/\* end \*/$"
    r"|@=(?P<number>\w+)@"
    r"|@(?P<word>\w+)@",
    re.M | re.S,
)


@dataclass(frozen=True)
class Content:
    """What the templates of one model are filled with."""

    name: str  # Of the model
    switches: dict  # Which parts there are
    numbers: dict  # Values of macros; a paragraph of numbers.h without any is left out
    regions: dict  # What is generated, by its key
    words: dict  # Texts that stand for @KEY@ in the templates


def emit(template, content):
    """Write one file of a model."""
    lines = _Assembly(template, content).text.splitlines()
    text = renamed("\n".join(map(str.rstrip, lines)) + "\n", content.name)
    text = _SLOT.sub(lambda slot: _filling(slot, content), text)
    return re.sub(r"\n{3,}", "\n\n", text)


def template_text(template):
    """Read a template as it is."""
    return files(__package__).joinpath("templates", template).read_text("utf-8")


def renamed(text, name):
    """Give a template's names, macros and files the name of a model."""
    return re.sub(r"\becg_beat", name, text).replace("ECG_BEAT", name.upper())


def _filling(slot, content):
    if slot["region"]:
        return content.regions[slot["region"]]
    if slot["number"]:
        return str(content.numbers[slot["number"]])
    return str(content.words[slot["word"]])


class _Assembly:
    """A template with its switches decided and its parts put in."""

    def __init__(self, template, content):
        self.content = content
        self.included = {_SWITCHES, _PUBLIC_HEADER}
        text = self._decided(template)
        self.system_headers = set(re.findall(r"^#include <.*>$", text, re.M))
        self.text = self._with_parts(text, template, is_part=False)

    def _decided(self, template):
        """Read a template; decide its switches, and mark where its numbers go."""
        lines = _decided_lines(template_text(template).split("\n"), self._is_on)
        text = "\n".join(lines)
        if template == _NUMBERS:
            paragraphs = map(self._needed, text.split("\n\n"))
            text = "\n\n".join(filter(None, paragraphs))
        if template in _OF_NUMBERS:
            text = _DEFINE.sub(r"#define ECG_BEAT_\1 @=\1@", text)
        return text

    def _is_on(self, line):
        """Tell whether the condition of a line holds; None if it's the compiler's."""
        match = _SWITCH.match(line)
        if match is None or match["switch"] not in self.content.switches:
            return None
        return self.content.switches[match["switch"]] != bool(match["not"])

    def _needed(self, paragraph):
        """Leave out numbers that the model doesn't have, and what says of none."""
        names = _DEFINE.findall(paragraph)
        missing = set(names) - set(self.content.numbers)
        if names and missing == set(names):
            return ""
        lines = paragraph.split("\n")
        kept = [line for line in lines if not missing & set(_DEFINE.findall(line))]
        return "\n".join(kept)

    def _with_parts(self, text, template, is_part=True):
        lines = []
        for line in text.split("\n"):
            match = _INCLUDE.match(line)
            if match is None or (not match["own"] and not is_part):
                lines.append(line)
            elif not match["own"]:
                lines += [line] * (line not in self.system_headers)
            else:
                lines += self._part(line, template, match["own"], is_part)
        return "\n".join(lines)

    def _part(self, line, template, include, is_part):
        """Return the lines of a part that isn't there yet."""
        part = posixpath.normpath(posixpath.join(posixpath.dirname(template), include))
        if part == _PUBLIC_HEADER and not is_part:
            return [line]
        if part in self.included:
            return []
        self.included.add(part)
        body = _GUARD.search(self._decided(part))[2]
        return [self._with_parts(body, part).strip("\n"), ""]


def _decided_lines(lines, is_on):
    """Keep the lines of the branches that hold; leave other conditions alone."""
    kept, branches = [], []
    for line in lines:
        if line.startswith("#if"):
            branches.append(is_on(line))
            is_ours = branches[-1] is not None
        elif line.startswith("#else"):
            is_ours = branches[-1] is not None
            if is_ours:
                branches[-1] = not branches[-1]
        elif line.startswith("#endif"):
            is_ours = branches.pop() is not None
            assert line == "#endif", f"lost: {line}"
        else:
            assert branches[-1:] == [None] or not line.startswith("#elif")
            is_ours = False
        if not is_ours and False not in branches:
            kept.append(line)
    return kept
