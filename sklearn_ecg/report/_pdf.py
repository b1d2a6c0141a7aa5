"""A page on paper: printed into a PDF by a browser that is at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from .._files import written_whole

PAPERS = ("A4", "Letter")

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)

_LONGEST = 300
"""Seconds that a browser may take to print."""

_READING = 60_000
"""Milliseconds of the page's own time in which its strips are drawn."""


def browser() -> str:
    """Return the program that prints; say what to install if there is none."""
    found = [shutil.which(name) for name in _NAMES]
    found += [place for place in _PLACES if os.path.isfile(place)]
    for program in found:
        if program:
            return program
    raise FileNotFoundError(
        "A PDF is printed by Chromium, Chrome or Edge, and none is found: install one "
        "(on Debian: apt-get install chromium), or write a page that ends with .html "
        "and print it from any browser."
    )


def write_pdf(path: Path, page: str) -> Path:
    """Print the text of a page into a PDF."""
    program = browser()
    with (
        written_whole(path) as temporary,
        TemporaryDirectory(ignore_cleanup_errors=True) as directory,
    ):
        source = Path(directory, "page.html")
        source.write_text(page, encoding="utf-8")
        command = [
            program,
            "--headless=new",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={directory}/profile",
            f"--virtual-time-budget={_READING}",
            f"--print-to-pdf={temporary}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # As root, it does not start otherwise.
        _run([*command, f"{source.as_uri()}#print"], temporary)
    return path


def _run(command, pdf):
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise OSError(
            f"{command[0]} has not printed the page in {_LONGEST} s. Write a page that "
            "ends with .html, and print it from a browser."
        ) from None
    if done.returncode or not pdf.is_file():
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise OSError(f"{command[0]} did not print the page: {said}")
