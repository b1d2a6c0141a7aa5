"""What the benchmarks share: arguments, the loop over runs, tables, and clocks."""

import argparse
import time

import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from sklearn_ecg._files import written_whole


def parser_of(text, **data):
    """Return a parser that prints a text as it is, with ``--data`` if described."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if data:
        parser.add_argument("--data", **data)
    return parser


def add_missing(run, tasks, path, key, *, n_jobs=1, sort_by=None):
    """Run the tasks that a table has no row of, and add the rows of each when it ends.

    A task is a tuple of the arguments of `run`, which are the columns `key` of the rows
    that it returns.
    """
    done = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=key)
    there = set(done[key].itertuples(index=False, name=None))
    missing = [task for task in tasks if task not in there]
    results = Parallel(n_jobs, return_as="generator")(
        delayed(run)(*task) for task in missing
    )
    for rows in tqdm(results, total=len(missing)):
        parts = [part for part in (done, pd.DataFrame(rows)) if len(part)]
        done = pd.concat(parts)
        write_table(done if sort_by is None else done.sort_values(sort_by), path)


def write_table(rows, path, float_format="%.5f"):
    """Write rows as CSV, all or none."""
    with written_whole(path) as temporary:
        table = pd.DataFrame(rows)
        table.to_csv(temporary, index=False, float_format=float_format)


def with_range(values, form):
    """Write a median, and the range in brackets where there is one."""
    middle = form(values.median())
    low, high = form(values.min()), form(values.max())
    return middle if low == high else f"{middle} ({low} to {high})"


def seconds_of(run, *arguments):
    """Return what a call takes of the clock and the processor (s), and its result."""
    clock, processor = time.perf_counter(), time.process_time()
    result = run(*arguments)
    return time.perf_counter() - clock, time.process_time() - processor, result
