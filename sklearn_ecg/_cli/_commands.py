"""The command ``sklearn-ecg``: what it does are calls of the public API."""

import os
import sys
import time
import warnings
import zlib
from functools import partial

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from .._files import check_writable, written_whole
from ..datasets import fetch_mitdb, load_beats, make_ecg
from ..edge import export_c, export_onnx, profile, quantize
from ..metrics import after_learning_period
from ..model_selection import DeChazalSplit, records_of
from ._model_files import load_model, save_model
from ._parser import PIPELINES, PROTOCOLS, TRAINING_OPTIONS, make_parser
from ._report import describe_model, save_figures, score_report, stage_table

# So many are enough to see how large signals get.
_CALIBRATION_BEATS = 4000

# A reader that follows a pipe sees each line when it is printed.
_say = partial(print, flush=True)


def main(argv=None):
    """Run the command ``sklearn-ecg``.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    status : int
        0 if all went well, 1 if it failed, 130 after Ctrl-C. Wrong usage leaves by
        ``SystemExit(2)``.
    """
    args = make_parser().parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            _COMMANDS[args.command](args)
        except KeyboardInterrupt:
            print("sklearn-ecg: interrupted", file=sys.stderr)
            return 130
        except BrokenPipeError:
            # Whoever read the output has enough, as `head` does; Python would complain
            # when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except (ValueError, OSError, TypeError, ImportError, RuntimeError) as error:
            print(f"sklearn-ecg: error: {_message_of(error)}", file=sys.stderr)
            return 1
    return 0


def _show_warning(message, *_args, **_kwargs):
    print(f"sklearn-ecg: warning: {message}", file=sys.stderr)


def _message_of(error):
    """Return what an error says in one line, without errno."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())


def _demo(args):
    args.out.mkdir(parents=True, exist_ok=True)
    beats, split = _demo_data(args)
    train, test = next(split.split(beats.data, beats.target, beats.groups))
    model = args.out / "model.joblib"
    pipeline = _train_and_save(args, beats, train, model)
    y_pred = _score(pipeline, beats, test)
    table, y_true = beats.data.iloc[test], beats.target[test]
    figures = save_figures(args.out, pipeline, table, y_true, y_pred)
    _say(f"\nWritten: {', '.join(map(str, [model, *figures]))}")
    _say(f"Look into the model with: sklearn-ecg info {model}")


def _demo_data(args):
    """Return beats and how to split them by patient: real ones, or else synthetic."""
    directory = None if args.synthetic else _find_mitdb(not args.no_download)
    if directory is not None:
        _say(f"Data: MIT-BIH Arrhythmia Database, {directory}, {PROTOCOLS['inter']}")
        return load_beats(directory), DeChazalSplit()
    directory = args.out / "records"
    _say(
        f"Data: synthetic records by make_ecg, {directory}, each another patient: "
        "three quarters to train, the rest to test. The scores are evidence of nothing."
    )
    beats = make_ecg(12, duration=300, random_state=0, directory=directory)
    return beats, StratifiedGroupKFold(4)


def _find_mitdb(may_download):
    _say("Looking for the MIT-BIH Arrhythmia Database ...")
    try:
        return fetch_mitdb(download_if_missing=may_download)
    except OSError as error:
        _say(f"{_message_of(error)}\nGoing on without it.\n")
        return None


def _train(args):
    check_writable(args.out)
    beats = _load(args)
    train, test = _split(args.protocol, beats)
    pipeline = _train_and_save(args, beats, train, args.out)
    if len(test):
        _score(pipeline, beats, test)
    _say(f"\nWritten: {args.out}")


def _evaluate(args):
    if args.csv is not None:
        check_writable(args.csv)
    if args.figures is not None:
        args.figures.mkdir(parents=True, exist_ok=True)
    pipeline = load_model(args.model)
    segmenter = pipeline[0]
    own_leads = [segmenter.lead] if isinstance(segmenter.lead, str) else segmenter.lead
    # The columns are named after the first lead, so that one stays the first.
    leads = list(dict.fromkeys([*own_leads, *(args.lead or [])]))
    segmenter.set_params(lead=leads, verbose=int(not args.quiet))
    beats = _load(args)
    train, test = _split(args.protocol, beats)
    rows = test if len(test) else train
    late = after_learning_period(beats.data.iloc[rows], args.learning_period)
    rows = rows[late]
    _check_classes(pipeline.classes_.tolist(), beats.target[rows])
    y_pred = _score(pipeline, beats, rows, args.csv)
    if args.figures is not None:
        table, y_true = beats.data.iloc[rows], beats.target[rows]
        paths = save_figures(args.figures, pipeline, table, y_true, y_pred)
        _say(f"\nWritten: {', '.join(map(str, paths))}")


def _info(args):
    _say(describe_model(load_model(args.model)))


def _export(args):
    pipeline = load_model(args.model)
    beats = load_beats(_calibration_records(args), annotator=args.annotator).data
    rows = np.random.default_rng(0).permutation(len(beats))[:_CALIBRATION_BEATS]
    _say(f"Quantising with {len(rows)} beats")
    quantized = quantize(pipeline, beats.iloc[np.sort(rows)])
    files = export_c(quantized, args.directory, args.name, optimize=args.optimize)
    if args.onnx:
        files.append(export_onnx(pipeline, args.directory / f"{args.name}.onnx"))
    _say(f"Written: {', '.join(map(str, files))}")
    if args.profile:
        _say(f"\n{profile(args.directory, args.profile)}")


def _calibration_records(args):
    if args.data is not None:
        return args.data
    try:
        return fetch_mitdb(download_if_missing=False)
    except OSError as error:
        raise FileNotFoundError(
            "There are no beats to calibrate with: give --data, a directory of records "
            "that the model was trained on."
        ) from error


def _load(args):
    beats = load_beats(
        args.directory, args.records, annotator=args.annotator, classes=args.classes
    )
    _say(f"Data: {args.directory}, {PROTOCOLS[args.protocol]}")
    return beats


def _split(protocol, beats):
    """Return the rows to train on and those to test on, none of which are for 'all'."""
    if protocol == "inter":
        return next(DeChazalSplit().split(beats.data))
    rows = np.arange(len(beats.data))
    if protocol == "intra":
        is_test = _drawn_for_test(beats.data)
        return rows[~is_test], rows[is_test]
    return rows, rows[:0]


def _drawn_for_test(table):
    """Draw a fifth of the beats, each by its record and R peak.

    So a beat is on the same side whatever records, classes or order are asked for, and
    wherever the records are.
    """
    beats = zip(records_of(table), table["sample"], strict=True)
    codes = [zlib.crc32(f"{record}@{sample}".encode()) for record, sample in beats]
    return np.array(codes) % 5 == 0


def _train_and_save(args, beats, rows, path):
    parameters = {name: getattr(args, name) for name in TRAINING_OPTIONS}
    pipeline = PIPELINES[args.pipeline](**parameters)
    if args.lead:
        pipeline.set_params(segment__lead=args.lead)
    verbose = int(not args.quiet)
    pipeline.set_params(segment__verbose=verbose, classify__verbose=verbose)
    _say(f"Training on {_described(beats, rows)}")
    start = time.monotonic()
    pipeline.fit(beats.data.iloc[rows], beats.target[rows])
    seconds = time.monotonic() - start
    # Whoever loads the model did not ask for progress bars.
    pipeline.set_params(segment__verbose=0, classify__verbose=0)
    save_model(pipeline, path)
    _say(f"\nTrained in {seconds:.0f} s\n{stage_table(pipeline[-1].stages_)}")
    return pipeline


def _score(pipeline, beats, rows, csv=None):
    _say(f"\nScoring {_described(beats, rows)}")
    y_pred = pipeline.predict(beats.data.iloc[rows])
    report, text = score_report(beats.target[rows], y_pred)
    _say(text)
    if csv is not None:
        with written_whole(csv) as temporary:
            report.per_class.to_csv(temporary, index_label="class")
    return y_pred


def _described(beats, rows):
    labels, counts = np.unique(beats.target[rows], return_counts=True)
    counts = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    per_class = ", ".join(
        f"{label} {counts[label]}" for label in beats.target_names if label in counts
    )
    n_patients = len(np.unique(beats.groups[rows]))
    patients = "1 patient" if n_patients == 1 else f"{n_patients} patients"
    return f"{len(rows)} beats of {patients} ({per_class})"


def _check_classes(known, y_true):
    if not len(y_true):
        raise ValueError("No beat is left to score; lower --learning-period.")
    present = np.unique(y_true).tolist()
    unknown = [label for label in present if label not in known]
    if not unknown:
        return
    message = (
        f"The model does not know the class {', '.join(unknown)}, only "
        f"{', '.join(map(str, known))}. Was it trained with other --classes?"
    )
    if unknown == present:
        raise ValueError(message)
    warnings.warn(f"{message} Those beats count as wrong.", stacklevel=2)


_COMMANDS = {
    "demo": _demo,
    "train": _train,
    "evaluate": _evaluate,
    "info": _info,
    "export": _export,
}
