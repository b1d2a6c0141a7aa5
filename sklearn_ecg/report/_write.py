"""Writing a report: one page, or a page of all and one of each day, or a PDF."""

from __future__ import annotations

from pathlib import Path

from .._files import written_whole
from ._days import days_of, page_of_day
from ._findings import Findings
from ._hours import LONGEST
from ._page import page_of
from ._pdf import write_pdf


def write_report(path: Path, found: Findings, paper: str) -> list[Path]:
    """Write what was found in a recording; return the pages, that of all first.

    Each is written whole or not at all. Of more than a day and a half there is a page
    of all, and pages of days beside it.
    """
    is_long = found.stop - found.start > LONGEST
    if path.suffix.lower() == ".pdf":
        return [write_pdf(path, page_of(found, paper, [] if is_long else None))]
    if not is_long:
        return [_write(path, page_of(found))]
    pages = []
    for number, day in enumerate(days_of(found), start=1):
        address = page_of_day(path, number)
        pages.append(_write(address, page_of(day, whole=path.name)))
    names = [each.name for each in pages]
    return [_write(path, page_of(found, days=names)), *pages]


def _write(path, text):
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path
