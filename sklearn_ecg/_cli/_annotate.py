"""What ``sklearn-ecg annotate`` does."""

import os
from pathlib import Path

from .._files import made_directory
from .._messages import listed
from ..archive import (
    MANIFEST,
    annotate_many,
    entries_of,
    refuse_same_names,
    sheets_of,
    write_outputs,
)
from ..records import BEAT_SYMBOLS, check_annotator
from ..stream import annotate
from ._arguments import STDOUT
from ._inputs import load_model, say
from ._main import message_of
from ._results import annotation_facts, emit, emit_beats, manifest_facts

_FAILURES = (OSError, ValueError, TypeError, ImportError, RuntimeError)


def annotate_files(args):
    """Annotate one recording after the other, and name at the end what failed."""
    check_annotator(args.annotator)
    if args.out == STDOUT:
        _refuse_beside_stdout(args)
    args.format = args.format or ("wfdb",)
    model = load_model(args.model, args.recordings, or_chain=True)
    if args.jobs is not None:
        _annotate_archive(model, args)
        return
    if args.patients is not None:
        raise ValueError("--patients is of an archive; give --jobs, too.")
    if args.out == STDOUT:
        _print_beats(model, args)
        return
    entries = entries_of(args.recordings, args.out)
    refuse_same_names(entries)
    sheets = sheets_of(args.corrections, entries)
    args.out = made_directory(args.out)
    failed = []
    for entry in entries:
        try:
            _annotate_one(entry, model, args, sheets.get(entry, ()))
        except BrokenPipeError:
            raise
        except _FAILURES as error:
            failed.append(str(entry))
            reason = message_of(error, vars(args))
            if args.json:
                emit(args, {"recording": entry, "status": "failed", "reason": reason})
            else:
                say(f"{entry}: failed. {reason}\n")
    if failed:
        raise RuntimeError(
            f"{len(failed)} of {len(entries)} recordings failed, as said above: "
            f"{listed(failed)}."
        )


def _refuse_beside_stdout(args):
    """Refuse options that ask for more than the beats of a recording."""
    others = {
        "--json": args.json,
        "--jobs": args.jobs is not None,
        "--format": args.format not in (None, ("csv",)),
    }
    given = [name for name, is_given in others.items() if is_given]
    if given:
        raise ValueError(
            f"--out - prints the beats of one recording as CSV, and {given[0]} asks "
            f"for something else. Give --out a directory, or leave {given[0]} out."
        )


def _print_beats(model, args):
    """Print the beats of the one recording as CSV, and words to standard error."""
    entries = entries_of(args.recordings, Path(os.devnull))
    if len(entries) > 1:
        raise ValueError(
            f"--out - prints the beats of one recording, and {len(entries)} are given. "
            "Give --out a directory, or one recording after the other."
        )
    sheets = sheets_of(args.corrections, entries)
    annotation = _annotated(entries[0], model, args, sheets.get(entries[0], ()))
    emit_beats(args, annotation.beats)
    say(annotation)


def _annotate_archive(model, args):
    """Annotate many recordings at the same time, and say what became of them."""
    if args.r_peaks is not None:
        raise ValueError("--jobs detects beats; leave --r-peaks out, or --jobs.")
    try:
        manifest = annotate_many(
            args.recordings,
            model,
            args.out,
            formats=args.format,
            annotator=args.annotator,
            lead=args.lead,
            sampling_rate=args.sampling_rate,
            corrections=args.corrections,
            patients=args.patients,
            n_jobs=args.jobs,
            verbose=int(not args.quiet),
        )
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            "what is done is kept; the same command does the rest"
        ) from interrupt
    if args.json:
        for facts in manifest_facts(manifest):
            emit(args, facts)
    failed = manifest[manifest["status"] != "done"]
    n_beats = int(manifest["beats"].fillna(0).sum())
    say(
        f"{len(manifest) - len(failed)} of {len(manifest)} recordings, {n_beats} "
        f"beats; see {args.out / MANIFEST}"
    )
    if len(failed):
        for row in failed.itertuples():
            say(f"{row.recording}: failed. {row.reason}")
        names = listed(failed["recording"].tolist())
        raise RuntimeError(
            f"{len(failed)} of {len(manifest)} recordings failed, as said above: "
            f"{names}."
        )


def _annotate_one(entry, model, args, sheets):
    """Annotate a recording, write the files, and say what was found."""
    annotation = _annotated(entry, model, args, sheets)
    written = write_outputs(annotation, args.out, entry, args.format, args.annotator)
    if args.json:
        done = {"recording": entry, "status": "done"}
        emit(args, done | annotation_facts(annotation) | {"files": written})
    else:
        say(annotation)
        say(f"Written: {', '.join(map(str, written))}\n")


def _annotated(entry, model, args, sheets):
    """Annotate a recording, and correct it."""
    recording = entry.opened(args.sampling_rate)
    r_peaks = None
    if args.r_peaks is not None:
        annotations = recording.annotations(args.r_peaks)
        is_beat = annotations["symbol"].isin(BEAT_SYMBOLS)
        r_peaks = annotations["sample"][is_beat].to_numpy()
    annotation = annotate(
        recording, model, lead=args.lead, r_peaks=r_peaks, verbose=not args.quiet
    )
    for sheet in sheets:
        annotation = sheet.corrected(annotation)
    return annotation
