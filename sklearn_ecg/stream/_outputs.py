"""The files that an annotation is written to, by the names of formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .._constants import OUTPUT_FORMATS
from ._annotation import Annotation, plain_name

FORMATS = OUTPUT_FORMATS


def name_of(path: Path) -> str:
    """Return the name of the recording at a path."""
    return path.stem if path.suffix else path.name


def same_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the recordings whose files would be one, and why that is refused."""
    names = {path: plain_name(name_of(path)) for path in paths}
    counts = Counter(names.values())
    again = Counter(paths)
    return {
        path: f"{path} is given {again[path]} times; give it once."
        if again[path] > 1
        else f"Several recordings are called {name}, so their files would be one. "
        "Annotate them into directories of their own."
        for path, name in names.items()
        if counts[name] > 1 or again[path] > 1
    }


def refuse_same_names(paths: Sequence[Path]) -> None:
    """Refuse recordings whose files would be one."""
    for reason in same_names(paths).values():
        raise ValueError(reason)


def output_of(name: str, out: Path, fmt: str, annotator: str) -> Path:
    """Return the file that a recording of that name is written to."""
    ending = annotator if fmt == "wfdb" else fmt
    return out / f"{plain_name(name)}.{ending}"


def write_output(annotation: Annotation, out: Path, fmt: str, annotator: str) -> Path:
    """Write an annotation in one format, whole or not at all."""
    if fmt == "wfdb":
        return annotation.to_wfdb(out, annotator)
    out.mkdir(parents=True, exist_ok=True)
    write = {
        "edf": annotation.to_edf,
        "csv": annotation.to_csv,
        "parquet": annotation.to_parquet,
        "html": annotation.report,
    }[fmt]
    return write(output_of(annotation.recording.name, out, fmt, annotator))
