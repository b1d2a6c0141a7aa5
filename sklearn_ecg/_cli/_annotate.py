"""What ``sklearn-ecg annotate`` does."""

from .._messages import listed
from ..records._directory import recordings_in
from ..records._open import as_recording
from ..records._symbols import BEAT_SYMBOLS
from ..records._write import check_annotator
from ..stream import annotate
from ..stream._outputs import refuse_same_names, write_output
from ._data import say
from ._model_files import load_model
from ._wording import message_of

_FAILURES = (OSError, ValueError, TypeError, ImportError, RuntimeError)


def annotate_files(args):
    """Annotate one recording after the other, and name at the end what failed.

    Parameters
    ----------
    args : argparse.Namespace

    Raises
    ------
    RuntimeError
        If a recording could not be annotated or written; the others are.
    """
    check_annotator(args.annotator)
    paths = _all_of(args.recordings)
    args.out.mkdir(parents=True, exist_ok=True)
    model = load_model(args.model)
    failed = []
    for path in paths:
        try:
            written = _annotate_one(path, model, args)
        except _FAILURES as error:
            failed.append(path)
            say(f"{path}: failed. {message_of(error)}\n")
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
    refuse_same_names(paths)
    return paths


def _annotate_one(path, model, args):
    recording = as_recording(path)
    r_peaks = None
    if args.r_peaks is not None:
        annotations = recording.annotations(args.r_peaks)
        is_beat = annotations["symbol"].isin(BEAT_SYMBOLS)
        r_peaks = annotations["sample"][is_beat].to_numpy()
    annotation = annotate(
        recording, model, lead=args.lead, r_peaks=r_peaks, verbose=not args.quiet
    )
    say(annotation)
    return [
        write_output(annotation, args.out, name, args.annotator) for name in args.format
    ]
