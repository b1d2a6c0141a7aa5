import gzip
import time

import numpy as np
import pytest
from scp_files import scp_bytes

from sklearn_ecg.records import read_recording
from sklearn_ecg.records._formats import FORMATS, format_of, known_formats

ROOTS = {"AnnotatedECG": "HL7 aECG", "RestingECG": "GE MUSE"}
ROOTS |= {"restingecgdata": "Philips Sierra", "ECG": "Mortara ELI"}


def test_every_format_and_extension_is_named():
    named = known_formats()
    for form in FORMATS:
        assert form.name in named
        assert all(extension in named for extension in form.extensions)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\t",
        '<?xml version="1.0"?>\n<!-- <ECG> -->\n' * 3,
        "<!-- a note -->" * 500,
        '<!DOCTYPE x SYSTEM "restecg.dtd">',
        "<!DOCTYPE x [<!ELEMENT y (z)>]>\n<?style sheet?>",
    ],
)
def test_the_root_element_tells_xml_files_apart(tmp_path, root, encoding, before):
    path = tmp_path / "x.xml"
    for text in (f"{before}<{root}>", f"{before}<hl7:{root} a='b'/>"):
        path.write_bytes(text.encode(encoding))
        assert format_of(str(path)).name == ROOTS[root]
    for text in (f"{before}<x><{root}>", f"{before}<{root}s>", f"{before}<!--<{root}>"):
        path.write_bytes(text.encode(encoding))
        assert format_of(str(path)) is None


@pytest.mark.parametrize("text", ["<!---->" * 9000, "<!--" * 9000, "<?" * 20_000, " "])
def test_a_file_of_another_kind_is_told_at_once(tmp_path, text):
    path = tmp_path / "x.xml"
    path.write_text(text * 3)
    began = time.perf_counter()
    assert format_of(str(path)) is None
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("# OpenSignals Text File Format. Version 1", "OpenSignals"),
        ("%OpenBCI Raw EXG Data", "OpenBCI"),
        ("%OpenBCI Raw EEG Data", "OpenBCI"),
        ("time,ecg", "text"),
    ],
)
def test_the_first_line_tells_texts_apart(tmp_path, line, name):
    for ending, pack in ((".txt", bytes), (".txt.gz", gzip.compress)):
        path = tmp_path / f"x{ending}"
        path.write_bytes(pack(line.encode()))
        assert format_of(str(path)).name == name


def test_an_scp_file_may_be_called_ecg(tmp_path):
    path = tmp_path / "0000001.ECG"
    path.write_bytes(scp_bytes({"II": np.arange(500)}))
    assert read_recording(path).leads == ("II",)


def test_extensions_may_be_written_large(tmp_path):
    path = tmp_path / "HOLTER.ECG"
    path.write_bytes(b"ISHNE1.0")
    with pytest.raises(ValueError, match=r"HOLTER.ECG is truncated"):
        read_recording(path)
