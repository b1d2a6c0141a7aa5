"""Corrections as pages write them, and as spreadsheets save them."""

import pandas as pd
import pytest

from sklearn_ecg.stream._corrections import read_corrections

COMMAS = """recording,sample,time,label,label_before,is_corrected
04015,370,1.027778,V,N,true
04015,912,2.533333,N,N,false
"""

SEMICOLONS = COMMAS.replace(",", ";").replace("1.027778", "1,027778")

SAVED = {
    "page": COMMAS.encode(),
    "page with BOM": COMMAS.encode("utf-8-sig"),
    "Excel": SEMICOLONS.replace("\n", "\r\n").encode("utf-8-sig"),
    "Excel with blank rows": (";;;;;\n" + SEMICOLONS + ";;;;;\n\n;;;;;\n").encode(),
    "Excel that leaves zeros out": SEMICOLONS.replace("04015", "4015").encode(),
    "Excel with sep": ("sep=;\r\n" + SEMICOLONS).encode(),
    "Excel as text": COMMAS.replace(",", "\t").encode("utf-16"),
    "old Excel": SEMICOLONS.replace("true", "wahr für V").encode("cp1252"),
    "quoted": b'"recording";"sample";"label"\n"04015";"370,0";"V"\n"04015";" 912";" N "'
    b"\n",
    "cells left over": (SEMICOLONS.replace("true", "true;;") + ";\n").encode(),
}


@pytest.mark.parametrize("content", SAVED.values(), ids=SAVED)
def test_what_spreadsheets_save_is_read(tmp_path, content):
    path = tmp_path / "corrections.csv"
    path.write_bytes(content)
    table = read_corrections(path, "04015")
    assert table["sample"].tolist() == [370, 912]
    assert table["label"].tolist() == ["V", "N"]


def test_a_table_whose_numbers_lost_their_zeros_is_of_the_recording():
    table = pd.DataFrame({"recording": [4015], "sample": [370], "label": ["V"]})
    assert len(read_corrections(table, "04015")) == 1
    with pytest.raises(ValueError, match="is of the recording '4015', not of '04016'"):
        read_corrections(table, "04016")


def test_labels_and_names_are_never_guessed(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("recording,sample,label\n1e3,370,NA\n1e3,371,1\n1e3,372,01\n")
    assert read_corrections(path, "1e3")["label"].tolist() == ["NA", "1", "01"]
    with pytest.raises(ValueError, match="of the recording '1e3', not of '1000'"):
        read_corrections(path, "1000")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "lacks the column 'sample', 'label'"),
        (";;\n\n", "lacks the column 'sample', 'label'"),
        ("sample,label\n370,V\n\n912,N,x\n", r"Line 4 of .* more cells than the 2"),
        ("sample;label\n1.370;V\n370,5;V\n", "no whole numbers: '1.370', '370.5'"),
        ("sample,label\n,V\n", "no whole numbers: ''"),
        ("label\tsample\nV\n", "no whole numbers: ''"),
        ("\0\0\0", "lacks the column"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "corrections.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as raised:
        read_corrections(path, "100")
    assert "corrections.csv" in str(raised.value)


def test_no_row_is_no_correction(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("recording,sample,label\n")
    assert len(read_corrections(path, "100")) == 0


FULL = """recording,sample,stop,time,before,label,what,who,when
night,370,,1.027778,N,V,beat,"Reader, A.",2026-12-01T16:00:00+01:00
night,500,,1.388889,,S,added,,
night,600,900,1.666667,,noise,stretch,,
night,950,,2.638889,N,N,,,
"""


def test_all_that_a_page_saves_is_read_and_what_is_missing_is_empty(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text(FULL)
    table = read_corrections(path, "night")
    assert table["what"].tolist() == ["beat", "added", "stretch", "beat"]
    assert table["stop"].fillna(-1).tolist() == [-1, -1, 900, -1]
    assert table["who"].tolist() == ["Reader, A.", "", "", ""]
    assert table["when"][0] == "2026-12-01T16:00:00+01:00"
    path.write_text(COMMAS)
    old = read_corrections(path, "04015")
    assert (old[["who", "when"]] == "").all(axis=None)
    assert (old["what"] == "beat").all()
    assert old["stop"].isna().all()


def test_a_kind_of_row_that_nobody_knows_is_named(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text(FULL.replace("added", "guessed"))
    with pytest.raises(ValueError, match=r"'guessed' in .*'beat', 'added', 'stretch'"):
        read_corrections(path, "night")
