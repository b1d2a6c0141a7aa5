import re

import pandas as pd
from annotation_tables import annotations, recording_of

from sklearn_ecg.metrics import compare_annotations, compare_records


def rows_of(text):
    """Return the words of each line by its first word."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return {words[0]: words[1:] for words in lines}


def test_the_text_of_a_recording_says_what_was_compared_and_counted():
    tables = (annotations("120000, V 121000"), annotations("120010, 121001"))
    text = str(compare_annotations(recording_of(), *tables))
    assert text.startswith(
        "Record silence: the test table against the reference table, 5:00 to 10:00"
    )
    rows = rows_of(text)
    assert rows["V"] == ["1", "0", "0", "0", "0", "0", "0"]
    assert rows["QRS"] == ["2", "2", "0", "0", "–", "1.0000", "1.0000", "–", "1.0000"]
    assert "RMS error of 1 RR interval: 25.00 ms" in text
    assert "Runs" not in text


def test_the_text_speaks_of_runs_if_they_were_counted():
    tables = [annotations("V 120000, V 120500")] * 2
    text = str(compare_annotations(recording_of(), *tables, runs=True))
    assert re.search(r"VE couplets +1 +0 +1 +0 +1\.0000 +1\.0000\n", text)
    assert re.search(r"SVE couplets +0 +0 +0 +0 +– +–\n", text)


def test_the_text_of_records_has_a_line_for_each_gross_and_average(
    write_annotated, tmp_path
):
    for name, symbols in (("a", "NNV"), ("b", "NNN")):
        write_annotated(name, [100, 200, 300], symbols)
        write_annotated(name, [100, 204], "NN", annotator="ext")
    found = compare_records(tmp_path, start=0, runs=True)
    text = str(found)
    assert text.startswith("2 records: ext against atr.")
    rows = rows_of(text.split("\n\n")[1])
    expected = "3 0.6667 1.0000 0.0000 – 0.0000 – – 0.0000 40.00 0 0 0"
    assert " ".join(rows["a"]) == expected
    assert rows["b"][3:6] == ["–", "–", "0.0000"]
    assert rows["Average"][:2] == ["3", "0.6667"]
    assert rows["Gross"][:2] == ["6", "0.6667"]
    assert rows["Gross"][3] == "0.0000"
    assert "VE long runs +P" in text
    assert "Rows are classes of the reference" in text
    assert isinstance(found.gross, pd.Series)
