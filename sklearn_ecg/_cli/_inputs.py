"""Where the model and the records of a command come from, and which beats it takes."""

import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch

from .. import models
from .._constants import PRETRAINED
from .._files import DOWNLOAD_FIRST, refuse_url
from ..beats import rows_by_record
from ..datasets import DATABASES, Database, fetch_database, load_beats
from ..edge import DeviceChain
from ..model_selection import DeChazalSplit, records_of
from ..models import is_model_file
from ..records import LeftOut
from ._main import in_options

# A reader that follows a pipe sees each line when it is printed.
say = partial(print, flush=True)


def load_model(path, others=(), *, or_classifier=False, or_chain=False):
    """Read a fitted Pipeline; `others` is what the command was given beside its model.

    A file of this package is read, or a model in the box, and nothing is unpickled.
    """
    if _is_in_the_box(path):
        return models.load_pretrained(str(path))
    _check_is_file(path, others)
    model = models.load_model(path)
    if isinstance(model, DeviceChain):
        if or_chain:
            return model
        raise ValueError(
            f"{path} holds the chain of a device, not a Pipeline. 'sklearn-ecg "
            "annotate' and 'sklearn-ecg export' take it, and in Python "
            "sklearn_ecg.load_model."
        )
    is_whole = isinstance(model, Pipeline) and len(model.steps) > 1
    if not is_whole and not or_classifier:
        raise ValueError(
            f"{path} holds a {type(model).__name__} that takes rows, not a Pipeline "
            "with a BeatSegmenter, which takes records, as 'sklearn-ecg train' writes."
        )
    return model


def _is_in_the_box(path):
    return not path.exists() and str(path) in PRETRAINED


def _check_is_file(path, others):
    """Raise an error if there is no model file, above all where another argument is."""
    if is_model_file(path):
        return
    for other in map(Path, others):
        if _is_in_the_box(other) or is_model_file(other):
            raise ValueError(
                f"The model comes first, and {path} is none, but {other} is. Write "
                f"them the other way round: {other} {path}"
            )
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no model file '{path}', and in the box are "
            f"{', '.join(PRETRAINED)} only."
        )


@dataclass(frozen=True)
class Source:
    """Where records are."""

    directory: Path
    database: Database | None = None  # The database that was asked for by name


def find_records(name, *, can_choose=True):
    """Find the records that are asked for: a directory, or a database by its name."""
    path = Path(name)
    is_database = name in DATABASES
    if path.is_dir() and not (is_database and not any(path.iterdir())):
        if is_database:
            say(f"Reading the directory {name} here, not the database of that name.")
        return Source(path)
    if is_database:
        return Source(fetch_database(name), DATABASES[name])
    record = _record_of(path)
    if record is not None:
        choice = f", and choose the record with --records {record.name}"
        raise FileNotFoundError(
            f"{name} names a record, not a directory of records. Give the directory, "
            f"{record.parent}{choice if can_choose else ''}."
        )
    refuse_url(name, DOWNLOAD_FIRST)
    raise FileNotFoundError(
        f"There is no directory {name}, and no database of that name; known are "
        f"{', '.join(DATABASES)}."
    )


def _record_of(path):
    """Return the record that a path names, as `load_beats` names it, or None."""
    if path.with_name(f"{path.name}.hea").is_file():
        return path
    if not path.is_file():
        return None
    # A file of a WFDB record, or one that is a record by itself.
    return path.with_suffix("") if path.with_suffix(".hea").is_file() else path


def lead_instead(source, leads):
    """Return the lead of a database to read, if it has none of those wanted."""
    database = source.database
    if database is None or database.favorite_lead is None:
        return []
    if set(leads) & set(database.leads):
        return []
    say(
        f"Lead {database.favorite_lead} is read, as the {database.title} has none of "
        f"{', '.join(leads)}."
    )
    return [database.favorite_lead]


def add_leads(segmenter, source, others=()):
    """Let other leads stand in for those of a model, where records have none."""
    own = [segmenter.lead] if isinstance(segmenter.lead, str) else segmenter.lead
    # The columns are named after the first lead, so that one stays the first.
    leads = list(dict.fromkeys([*own, *others]))
    segmenter.set_params(lead=[*leads, *lead_instead(source, leads)])


def load(source, segmenter, *, records, annotator, classes, on_invalid):
    """Load the beats that have a signal, and say what was left out."""
    beats = load_beats(
        source.directory,
        records,
        annotator=annotator,
        classes=classes,
        on_invalid="ignore",
    )
    without_signal = LeftOut("ignore")
    must_be_readable = records is not None
    usable = _have_signal(beats.data, segmenter, without_signal, must_be_readable)
    left_out = [*beats.left_out.itertuples(index=False), *without_signal.rows]
    tell_left_out(left_out, on_invalid)
    if not usable.any():
        raise ValueError(f"No beat of {source.directory} has a signal.")
    return Bunch(
        data=beats.data[usable],
        target=beats.target[usable],
        groups=beats.groups[usable],
        target_names=beats.target_names,
    )


_NO_SIGNAL = "its signal is missing, damaged, constant or saturated"


def _have_signal(table, segmenter, left_out, must_be_readable):
    """Return which rows have a signal, and note the others in `left_out`."""
    segmenter = clone(segmenter).fit(table)
    usable = np.ones(len(table), dtype=bool)
    for record, rows in rows_by_record(table):
        of_record = table.iloc[rows]
        usable[rows] = segmenter.has_signal(of_record)
        if usable[rows].any():
            missing = of_record["sample"][~usable[rows]]
            left_out.add(record, "samples of its window are missing", missing)
            continue
        if must_be_readable:
            raise ValueError(f"Record {record} was asked for, but {_NO_SIGNAL}.")
        left_out.add(record, _NO_SIGNAL)
    return usable


def _described(record, sample, symbol, reason):
    if pd.isna(sample):
        return f"record {record}: {in_options(reason)}"
    name = "" if symbol is None else f" ({symbol})"
    return f"record {record}, sample {sample}{name}: {reason}"


def tell_left_out(rows, on_invalid):
    """List what was left out, or raise an error that does."""
    lines = [_described(*row) for row in rows]
    if not lines or on_invalid == "ignore":
        return
    if on_invalid == "raise":
        raise ValueError(
            f"{len(lines)} records or beats cannot be used. {'; '.join(lines)}. Leave "
            "them out with --on-invalid warn."
        )
    text = "\n  ".join(lines)
    say(f"Left out, as they cannot be used:\n  {text}")


def split(protocol, beats):
    """Return the rows to train on and those to test on, none of which are for 'all'."""
    if protocol == "inter":
        return next(DeChazalSplit().split(beats.data))
    rows = np.arange(len(beats.data))
    if protocol == "all":
        return rows, rows[:0]
    names = _names_of_beats(beats) if protocol == "intra" else beats.groups
    is_test = _drawn_for_test(names)
    if is_test.all() or not is_test.any():
        side = "train" if is_test.all() else "test"
        raise ValueError(
            f"protocol={protocol}: no beat is left to {side} on; it takes more "
            f"{'beats' if protocol == 'intra' else 'patients'}."
        )
    return rows[~is_test], rows[is_test]


def _names_of_beats(beats):
    places = zip(records_of(beats.data), beats.data["sample"], strict=True)
    return [f"{record}@{sample}" for record, sample in places]


def _drawn_for_test(names):
    """Draw a fifth of the names, each by itself."""
    codes = {name: zlib.crc32(name.encode()) for name in set(names)}
    return np.array([codes[name] % 5 == 0 for name in names])
