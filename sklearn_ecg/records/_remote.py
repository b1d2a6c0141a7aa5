"""Recordings behind URLs: read through a local copy, of as much as was asked for."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from .._urls import UrlPath
from ._formats import HEAD_BYTES, format_of, has_extension
from ._mirror import Mirror
from ._recording import Source


class RemoteSource:
    """The source of a local copy that is filled when something is read; see `Source`.

    A pickle of it is opened again where it arrives.
    """

    def __init__(self, source: Source, mirror: Mirror, sampling_rate: float | None):
        self.source, self.mirror, self.sampling_rate = source, mirror, sampling_rate
        self.leads = source.leads
        self.start_time = source.start_time
        self.annotation_rate = getattr(source, "annotation_rate", None)
        self.annotation_length = getattr(source, "annotation_length", 0)
        self.has_free_texts = getattr(source, "has_free_texts", False)

    def __reduce__(self):
        return _source_at, (os.fspath(self.mirror.url), self.sampling_rate)

    def read(self, indices, spans) -> list[np.ndarray]:
        """Return stretches of some leads, in their own units; see `Source`."""
        with self.mirror.naming():
            return self.source.read(indices, spans)

    def annotations(self, annotator, sampling_rate) -> pd.DataFrame:
        """Return annotations; see `Source`."""
        with self.mirror.naming():
            if not has_extension(self.mirror.path):
                stem = _stem_of(self.mirror.url.name)
                self.mirror.bring_annotations(stem, annotator or "atr")
            return self.source.annotations(annotator, sampling_rate)

    def check_files(self) -> None:
        """Refuse a recording whose signal is not there."""
        with self.mirror.naming():
            check = getattr(self.source, "check_files", None)
            if check is not None:
                check()


def mirror_of(url: UrlPath) -> Mirror:
    """Return a mirror of the files of a recording that are needed to open it."""
    mirror = Mirror(url)
    if not has_extension(url.name):
        _bring_record(mirror)
        return mirror
    mirror.announce(url.name)
    mirror.fetch(url.name, 0, HEAD_BYTES)
    form = format_of(mirror.path)
    if form is None or not form.by_ranges:
        mirror.fetch(url.name)
    return mirror


def _bring_record(mirror):
    """Fetch the headers of a WFDB record, or show what the URL is instead."""
    url = mirror.url
    stem = _stem_of(url.name)
    try:
        mirror.bring_record(stem)
    except FileNotFoundError:
        if url.is_file():
            mirror.announce(url.name, 0)
        elif url.is_dir():
            os.mkdir(mirror.path)
        else:
            raise FileNotFoundError(
                f"There is no recording {url}: no such bucket, folder or object, nor "
                f"a WFDB header {stem}.hea. See whether the name is right, in all its "
                "letters."
            ) from None


def _stem_of(name):
    stem, extension = os.path.splitext(name)
    return stem if extension in (".hea", ".dat") else name


def _source_at(url, sampling_rate):
    from ._open import read_recording

    return read_recording(url, sampling_rate=sampling_rate).source
