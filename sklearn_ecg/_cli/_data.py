"""Where the records of a command come from, and which beats it trains and scores on."""

import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..datasets import DATABASES, Database, fetch_database, load_beats
from ..model_selection import DeChazalSplit, records_of
from ._parser import PROTOCOLS

# A reader that follows a pipe sees each line when it is printed.
say = partial(print, flush=True)


@dataclass(frozen=True)
class Source:
    """Where records are.

    Attributes
    ----------
    directory : Path
    database : Database or None
        The database that was asked for by name.
    """

    directory: Path
    database: Database | None = None


def find_records(name):
    """Find the records that are asked for: a directory, or a database by its name.

    Parameters
    ----------
    name : str
        A directory in the current directory goes before a database of its name.

    Returns
    -------
    Source

    Raises
    ------
    FileNotFoundError
        If there is neither.
    OSError
        If the database is neither here nor can be downloaded.
    """
    path = Path(name)
    if path.is_dir():
        if name in DATABASES:
            say(f"Taking the directory {name} that is here, for the database.")
        return Source(path)
    if name in DATABASES:
        return Source(fetch_database(name), DATABASES[name])
    record = path if path.with_name(f"{path.name}.hea").is_file() else None
    if record is None and path.is_file() and path.with_suffix(".hea").is_file():
        record = path.with_suffix("")
    if record is not None:
        raise FileNotFoundError(
            f"{name} names a record, not a directory of records. Give the directory, "
            f"{record.parent}, and choose the record with --records {record.name}."
        )
    raise FileNotFoundError(
        f"There is no directory {name}, and no database of that name; known are "
        f"{', '.join(DATABASES)}."
    )


def leads_to_read(source, leads):
    """Return the leads to read, with one of the database if it has none of them.

    Parameters
    ----------
    source : Source
    leads : list of str
        The leads that are wanted, in their order.

    Returns
    -------
    leads : list of str
    """
    database = source.database
    if database is None or database.favorite_lead is None:
        return leads
    if set(leads) & set(database.leads):
        return leads
    say(
        f"Lead {database.favorite_lead} is read, as the {database.title} has none of "
        f"{', '.join(leads)}."
    )
    return [*leads, database.favorite_lead]


def load(args, source):
    """Load the beats of a command's options, and say which they are.

    Parameters
    ----------
    args : argparse.Namespace
        With `records`, `annotator`, `classes` and `protocol`.
    source : Source

    Returns
    -------
    beats : Bunch
    """
    beats = load_beats(
        source.directory, args.records, annotator=args.annotator, classes=args.classes
    )
    say(f"Data: {source.directory}, {PROTOCOLS[args.protocol]}")
    return beats


def split(protocol, beats):
    """Return the rows to train on and those to test on, none of which are for 'all'.

    Parameters
    ----------
    protocol : str
        One of `PROTOCOLS`.
    beats : Bunch

    Returns
    -------
    train, test : ndarray of int
        Rows of the beat table.

    Raises
    ------
    ValueError
        If one side would be empty.
    """
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
    """Draw a fifth of the names, each by itself.

    So a beat, or a patient, is on the same side whatever records, classes or order are
    asked for, and wherever the records are.
    """
    codes = {name: zlib.crc32(name.encode()) for name in set(names)}
    return np.array([codes[name] % 5 == 0 for name in names])
