"""Formats of recordings: what their files are called, and how they begin."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from typing import NamedTuple

HEAD_BYTES = 1 << 16
"""Bytes of a file that tell its format."""


class Format(NamedTuple):
    """One format, and its reader."""

    name: str
    extensions: tuple[str, ...]
    module: str  # Of this folder
    reader: str
    begins: str = ""  # Pattern of the first text of a file, where extensions are shared
    holds: str = ""  # Pattern of it in a directory, where others share the extension
    is_table: bool = False  # May hold anything, and may have to be told its rate
    by_ranges: bool = False  # Says which bytes it reads, of a file that is elsewhere


_XML = (
    r"(?s)\A(?>\ufeff|\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*+"
    r"<(?:[\w.-]+:)?%s[\s>/]"
)
"""Pattern of an XML file whose root element is called so."""

_ISHNE = r"\AISHNE1\.0"
_OPENSIGNALS = r"\A# OpenSignals Text File Format"
_JSON = (
    r"(?i)\"(?:waveformSamples|ecgReadings|amplitudeResolution|recordedAt|"
    r"sampling_frequency)\"|\"ecg\"\s*:\s*\{[^{}]*\"Samples\""
)
_TEXTS = (".csv", ".tsv", ".txt")

FORMATS = (
    Format("EDF and BDF", (".edf", ".bdf"), "_edf", "EdfFile", by_ranges=True),
    Format("DICOM", (".dcm",), "_dicom", "DicomFile"),
    Format("ISHNE Holter", (".ecg",), "_ishne", "IshneFile", _ISHNE, by_ranges=True),
    Format("HL7 aECG", (".xml",), "_aecg", "AecgFile", _XML % "AnnotatedECG"),
    Format("GE MUSE", (".xml",), "_muse", "MuseFile", _XML % "RestingECG"),
    Format(
        "Philips Sierra", (".xml",), "_sierra", "SierraFile", _XML % "restingecgdata"
    ),
    Format("Mortara ELI", (".xml",), "_mortara", "MortaraFile", _XML % "ECG"),
    Format("SCP-ECG", (".scp",), "_scp", "ScpFile"),
    Format("SCP-ECG", (".ecg",), "_scp", "ScpFile", r"(?s)\A.{16}SCPECG"),
    Format("MFER", (".mwf", ".mfer", ".mfr"), "_mfer", "MferFile"),
    Format("OpenSignals", (".txt",), "_opensignals", "OpenSignalsFile", _OPENSIGNALS),
    Format("OpenBCI", (".txt",), "_openbci", "OpenBciFile", r"\A%\s*OpenBCI Raw E.G"),
    Format(
        "Kardia, Fitbit, Google Health, Withings and Movesense",
        (".json",),
        "_json_ecg",
        "JsonFile",
        holds=_JSON,
    ),
    Format("Parquet", (".parquet",), "_parquet", "ParquetFile", is_table=True),
    Format("text", _TEXTS, "_csv", "CsvFile", is_table=True),
)
"""Any other path is of WFDB."""

COMPRESSED = tuple(f"{extension}.gz" for extension in _TEXTS)

_OF_TABLES = {extension for form in FORMATS if form.is_table for extension in form[1]}

WHOLE_FILES = tuple(
    dict.fromkeys(
        extension
        for form in FORMATS
        for extension in form.extensions
        if extension not in _OF_TABLES
    )
)
"""Extensions of files that hold one recording each, if they begin like one."""

OTHERS = {
    ".ecg": "either a model, which sklearn_ecg.load_model reads, or no ECG",
    ".xml": "an XML file of another kind",
    ".mat": "a MATLAB file without a WFDB header (.hea) beside it",
    ".dat": "a signal file without a WFDB header (.hea) beside it",
    ".h5": "an HDF5 file",
    ".hdf5": "an HDF5 file",
    ".gz": "a compressed file (decompress it first)",
    ".zip": "a compressed file (decompress it first)",
}
"""What files are that cannot be read, by extension."""


def format_of(path: str) -> Format | None:
    """Return the format of a file, None if it is none that is known."""
    extension = extension_of(path)
    extension = extension.removesuffix(".gz") if extension != ".gz" else extension
    possible = [form for form in FORMATS if extension in form.extensions]
    if not any(form.begins for form in possible):
        return possible[0] if possible else None
    head = _head(path)
    for form in possible:
        if not form.begins or re.search(form.begins, head):
            return form
    return None


def extension_of(path: str) -> str:
    """Return the extension in lower case, with what .gz compresses."""
    name = path.lower()
    for extension in COMPRESSED:
        if name.endswith(extension):
            return extension
    return os.path.splitext(name)[1]


def has_extension(path: str) -> bool:
    """Tell whether a name ends like files of a format that is known."""
    extension = extension_of(path)
    return any(extension.removesuffix(".gz") in form.extensions for form in FORMATS)


def is_whole_recording(path: str) -> bool:
    """Tell whether a file is one recording, by its name and its first bytes."""
    if not path.lower().endswith(WHOLE_FILES):
        return False
    form = format_of(path)
    if form is None or not form.holds:
        return form is not None
    return re.search(form.holds, _head(path)) is not None


def bytes_to_tell(path: str) -> int:
    """Return how many bytes tell the format of a file; 0 where its name does."""
    extension = extension_of(path)
    of_name = [form for form in FORMATS if extension in form.extensions]
    return HEAD_BYTES if any(form.begins or form.holds for form in of_name) else 0


def known_formats() -> str:
    """Name all formats and their extensions, for messages."""
    extensions: dict[str, list[str]] = {}
    for form in FORMATS:
        extensions.setdefault(form.name, []).extend(form.extensions)
    named = [f"{name} ({', '.join(they)})" for name, they in extensions.items()]
    return f"WFDB (.hea), {', '.join(named)}; text also with .gz"


def _head(path):
    """Return the first text of a file; bytes beyond ASCII do not matter."""
    try:
        with (gzip.open if path.lower().endswith(".gz") else open)(path, "rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return ""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head.decode(encoding, "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
