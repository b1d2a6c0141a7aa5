"""What ``sklearn-ecg annotate`` does."""

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
from ._inputs import load_model, say
from ._main import message_of

_FAILURES = (OSError, ValueError, TypeError, ImportError, RuntimeError)


def annotate_files(args):
    """Annotate one recording after the other, and name at the end what failed."""
    check_annotator(args.annotator)
    model = load_model(args.model, args.recordings, or_chain=True)
    if args.jobs is not None:
        _annotate_archive(model, args)
        return
    if args.patients is not None:
        raise ValueError("--patients is of an archive; give --jobs, too.")
    entries = entries_of(args.recordings, args.out)
    refuse_same_names(entries)
    sheets = sheets_of(args.corrections, entries)
    args.out = made_directory(args.out)
    failed = []
    for entry in entries:
        try:
            written = _annotate_one(entry, model, args, sheets.get(entry, ()))
        except _FAILURES as error:
            failed.append(str(entry))
            say(f"{entry}: failed. {message_of(error, vars(args))}\n")
        else:
            say(f"Written: {', '.join(map(str, written))}\n")
    if failed:
        raise RuntimeError(
            f"{len(failed)} of {len(entries)} recordings failed, as said above: "
            f"{listed(failed)}."
        )


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
    say(annotation)
    folder = args.out / entry.folder
    return write_outputs(annotation, folder, args.format, args.annotator)
