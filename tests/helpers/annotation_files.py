"""Annotation files beside a header without signals."""

import wfdb
from annotation_tables import annotations


def write_marks(
    directory, name, text, *, annotator="atr", rate=250, length=1800, resolution=None
):
    """Write a header, and annotations as `annotations` reads them; return the path."""
    header = f"{name} 0 {rate} {round(rate * length)}\n"
    (directory / f"{name}.hea").write_text(header)
    table = annotations(text)
    wfdb.wrann(
        name,
        annotator,
        sample=table["sample"].to_numpy(),
        symbol=table["symbol"].tolist(),
        subtype=table["subtype"].to_numpy(),
        aux_note=table["note"].tolist(),
        fs=resolution,
        write_dir=str(directory),
    )
    return directory / name
