"""XML files of ECGs, parsed without entities."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

_ENTITY = re.compile(rb"<!ENTITY|<\0!\0E\0N\0T\0I\0T\0Y|\0<\0!\0E\0N\0T\0I\0T\0Y")
_PROLOG = re.compile(r"^\ufeff?\s*<\?xml.*?\?>", re.S)


def parse_xml(path: str) -> ElementTree.Element:
    """Return the root of an XML file; names of namespaces are left out.

    Raises
    ------
    ValueError
        If it is not well formed, or declares entities, as XML bombs do.
    """
    raw = Path(path).read_bytes()
    if _ENTITY.search(raw):
        raise ValueError("it declares XML entities, which no ECG needs")
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        root = _parsed_as_latin(raw, error)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in [key for key in element.attrib if "}" in key]:
            element.attrib[key.rpartition("}")[2]] = element.attrib.pop(key)
    return root


def text_of(element: ElementTree.Element, path: str) -> str:
    """Return the text of an element below another, ``""`` if there is none."""
    return (element.findtext(path) or "").strip()


def value_of(element: ElementTree.Element, path: str, key: str = "value") -> str:
    """Return an attribute of an element below another, ``""`` if there is none."""
    found = element.find(path)
    return "" if found is None else found.get(key, "").strip()


def number(text: str, what: str) -> float:
    """Return a number, or say what is none; the text may be of any kind."""
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"its {what} is no number") from None
    if not abs(found) < 1e12:
        raise ValueError(f"its {what} is {found:g}")
    return found


def _parsed_as_latin(raw, error):
    """Parse bytes that are not in the encoding that a file declares."""
    if b"\0" in raw[:4]:
        raise ValueError(f"it is no well-formed XML ({error})") from error
    text = _PROLOG.sub("", raw.decode("latin-1"))
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise ValueError(f"it is no well-formed XML ({error})") from error
