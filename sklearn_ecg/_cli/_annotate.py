"""What ``sklearn-ecg annotate`` does."""

from .._files import made_directory
from .._messages import listed
from ..records._directory import recordings_in
from ..records._open import read_recording
from ..records._symbols import BEAT_SYMBOLS
from ..records._write import check_annotator
from ..stream import annotate, annotate_many
from ..stream._corrections import recordings_of
from ..stream._many import MANIFEST
from ..stream._outputs import name_of, refuse_same_names, write_output
from ._inputs import load_model, say
from ._main import message_of

_FAILURES = (OSError, ValueError, TypeError, ImportError, RuntimeError)
_TABLES = (".csv", ".parquet")
"""Formats whose files may not say their sampling rate."""


def annotate_files(args):
    """Annotate one recording after the other, and name at the end what failed."""
    check_annotator(args.annotator)
    model = load_model(args.model, args.recordings)
    paths = _all_of(args.recordings)
    if args.jobs is not None:
        _annotate_archive(paths, model, args)
        return
    refuse_same_names(paths)
    corrections = _corrections_of(args.corrections, paths)
    args.out = made_directory(args.out)
    failed = []
    for path in paths:
        try:
            written = _annotate_one(path, model, args, corrections.get(path))
        except _FAILURES as error:
            failed.append(path)
            say(f"{path}: failed. {message_of(error, vars(args))}\n")
        else:
            say(f"Written: {', '.join(map(str, written))}\n")
    if failed:
        names = listed([str(path) for path in failed])
        raise RuntimeError(
            f"{len(failed)} of {len(paths)} recordings failed, as said above: {names}."
        )


def _all_of(recordings):
    """Return the recordings that are named, and those of directories."""
    paths = []
    for path in recordings:
        paths += recordings_in(path) if path.is_dir() else [path]
    return paths


def _annotate_archive(paths, model, args):
    """Annotate many recordings at the same time, and say what became of them."""
    if args.r_peaks is not None or args.corrections or args.sampling_rate:
        raise ValueError(
            "--jobs detects beats and labels them; leave --r-peaks and --corrections "
            "out, and --sampling-rate, or --jobs."
        )
    try:
        manifest = annotate_many(
            paths,
            model,
            args.out,
            formats=args.format,
            annotator=args.annotator,
            lead=args.lead,
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


def _corrections_of(files, paths):
    """Return the file of corrections of each recording that has one."""
    found = {}
    for file in files:
        names = recordings_of(file)
        mine = [path for path in paths if name_of(path) in names]
        if not mine and len(paths) == 1 and not names:
            mine = paths
        if not mine:
            raise ValueError(
                f"{file} corrects {listed(sorted(names)) or 'no recording'}, which is "
                "not among the recordings."
            )
        found |= dict.fromkeys(mine, file)
    return found


def _annotate_one(path, model, args, corrections):
    rate = args.sampling_rate if path.suffix.lower() in _TABLES else None
    recording = read_recording(path, sampling_rate=rate)
    r_peaks = None
    if args.r_peaks is not None:
        annotations = recording.annotations(args.r_peaks)
        is_beat = annotations["symbol"].isin(BEAT_SYMBOLS)
        r_peaks = annotations["sample"][is_beat].to_numpy()
    annotation = annotate(
        recording, model, lead=args.lead, r_peaks=r_peaks, verbose=not args.quiet
    )
    if corrections is not None:
        annotation = annotation.corrected(corrections)
    say(annotation)
    return [
        write_output(annotation, args.out, name, args.annotator) for name in args.format
    ]
