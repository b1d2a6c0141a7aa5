"""What the commands of ``sklearn-ecg`` do, which are calls of the public API."""

import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._constants import PRETRAINED
from .._files import check_writable, made_directory, written_whole
from .._messages import warn
from .._pipelines import make_beat_pipeline
from ..classifier import PrunedCNNClassifier
from ..classifier import checked_parameters as check_classifier
from ..datasets import fetch_mitdb, load_beats, make_ecg
from ..metrics import (
    after_learning_period,
    compare_episode_records,
    compare_records,
)
from ..model_selection import DeChazalSplit
from ..models import read_content, save_model
from ..stream import annotate
from ..windows import BeatSegmenter
from ..windows import check_parameters as check_segmenter
from ._annotate import annotate_files
from ._export import export
from ._inputs import (
    add_leads,
    find_records,
    lead_instead,
    load,
    load_model,
    say,
    split,
    tell_left_out,
)
from ._main import message_of
from ._parser import PROTOCOLS, TRAINING_OPTIONS
from ._report import (
    describe_model,
    save_figures,
    score_text,
    scores_of,
    stage_table,
)
from ._results import emit, model_facts, score_facts

_PICKLES = (".joblib", ".pkl", ".pickle")


def _demo(args):
    if args.pretrained:
        _demo_of_the_box(args)
        return
    pipeline = _make_pipeline(args)
    args.out = made_directory(args.out)
    beats, by_patient = _demo_data(args)
    train, test = next(by_patient.split(beats.data, beats.target, beats.groups))
    model = args.out / "model.ecg"
    _fit_and_save(pipeline, beats, train, model)
    y_pred = _score(pipeline, beats, test)
    table, y_true = beats.data.iloc[test], beats.target[test]
    figures = save_figures(args.out, pipeline, table, y_true, y_pred)
    say(f"\nWritten: {', '.join(map(str, [model, *figures]))}")
    _label_and_report(args, table["record"].iloc[0], pipeline)
    say(f"Look into the model with: sklearn-ecg info {model}")


def _demo_of_the_box(args):
    say("Data: a synthetic record by make_ecg. Labels are evidence of nothing.")
    args.out = made_directory(args.out)
    [record] = make_ecg(1, duration=1800, random_state=7).records
    _label_and_report(args, record, load_model(Path("ambulatory")))


def _label_and_report(args, record, pipeline):
    """Label a recording as if nobody had annotated it, and write a page about it."""
    annotation = annotate(record, pipeline, verbose=not args.quiet)
    say(f"\nLabelled, with R peaks that were detected:\n{annotation}")
    page = annotation.report(args.out / "report.html")
    say(f"\nWritten: {page}\nOpen it in a browser: {page.resolve().as_uri()}")


def _demo_data(args):
    """Return beats and how to split them by patient: real ones, or else synthetic."""
    directory = None if args.synthetic else _find_mitdb(not args.no_download)
    if directory is not None:
        say(f"Data: MIT-BIH Arrhythmia Database, {directory}, {PROTOCOLS['inter']}")
        return load_beats(directory), DeChazalSplit()
    directory = args.out / "records"
    say(
        f"Data: synthetic records by make_ecg, {directory}, each another patient: "
        "three quarters to train, the rest to test. The scores are evidence of nothing."
    )
    beats = make_ecg(12, duration=300, random_state=0, directory=directory)
    return beats, StratifiedGroupKFold(4)


def _find_mitdb(may_download):
    say("Looking for the MIT-BIH Arrhythmia Database ...")
    try:
        return fetch_mitdb(download_if_missing=may_download)
    except OSError as error:
        say(f"{message_of(error)}\nGoing on without it.\n")
        return None


def _train(args):
    check_writable(args.out)
    if args.out.suffix.lower() in _PICKLES:
        raise ValueError(
            f"{args.out} is a name of a pickle, and 'train' writes model files: name "
            f"it {args.out.with_suffix('.ecg')}. In Python, sklearn_ecg.load_model "
            "reads it, and joblib.dump writes a pickle of that."
        )
    pipeline = _make_pipeline(args)
    source = find_records(args.data)
    segmenter = pipeline[0]
    if not args.lead:
        leads = lead_instead(source, segmenter.lead) or segmenter.lead
        segmenter.set_params(lead=leads)
    beats = _load(args, source, segmenter)
    train, test = split(args.protocol, beats)
    _fit_and_save(pipeline, beats, train, args.out)
    if len(test):
        _score(pipeline, beats, test)
    say(f"\nWritten: {args.out}")


def _evaluate(args):
    if args.csv is not None:
        check_writable(args.csv)
    if args.figures is not None:
        args.figures = made_directory(args.figures)
    pipeline = load_model(args.model, [args.data])
    source = find_records(args.data)
    segmenter = pipeline[0].set_params(verbose=int(not args.quiet))
    add_leads(segmenter, source, args.lead or [])
    beats = _load(args, source, segmenter)
    train, test = split(args.protocol, beats)
    rows = test if len(test) else train
    late = after_learning_period(beats.data.iloc[rows], args.learning_period)
    rows = rows[late]
    _check_classes(pipeline.classes_.tolist(), beats.target[rows])
    y_pred = _score(pipeline, beats, rows, args)
    if args.figures is not None:
        table, y_true = beats.data.iloc[rows], beats.target[rows]
        paths = save_figures(args.figures, pipeline, table, y_true, y_pred)
        say(f"\nWritten: {', '.join(map(str, paths))}")


def _compare(args):
    if args.csv is not None:
        check_writable(args.csv)
    options = _comparison_options(args)
    if args.episodes is None:
        compare = compare_records
        options["runs"] = args.runs
    else:
        compare = compare_episode_records
        options["kind"] = args.episodes
    comparison = compare(
        find_records(args.data).directory,
        args.reference,
        args.test,
        records=args.records,
        start=args.start,
        stop=args.stop,
        on_invalid="ignore",
        **options,
    )
    tell_left_out(comparison.left_out.itertuples(index=False), args.on_invalid)
    if not args.json:
        say(comparison)
    else:
        for name, row in comparison.summary.iterrows():
            emit(args, {"record": name, **row})
    if args.csv is not None:
        with written_whole(args.csv) as temporary:
            comparison.summary.to_csv(temporary, index_label="record")


def _comparison_options(args):
    """Return the options that were given; refuse those of the other comparison."""
    own, others = ("window",), ("shortest", "shortest_of", "exclude_flutter")
    why = "needs --episodes: beats have no length"
    if args.episodes is not None:
        own, others, why = others, own, "is of beats, not of episodes"
    for name in others:
        if getattr(args, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} {why}.")
    given = {name: getattr(args, name) for name in own}
    return {name: value for name, value in given.items() if value is not None}


def _info(args):
    model = load_model(args.model, or_classifier=True)
    path = args.model if args.model.exists() else PRETRAINED[str(args.model)]
    version = read_content(path)["version"]
    size = path.stat().st_size
    if args.json:
        file = {"file": path, "bytes": size, "version": version}
        emit(args, file | model_facts(model))
        return
    say(describe_model(model))
    say(f"File: {path}, {size:,} bytes, by sklearn-ecg {version}")


def _load(args, source, segmenter):
    say(f"Data: {source.directory}, {PROTOCOLS[args.protocol]}")
    return load(
        source,
        segmenter,
        records=args.records,
        annotator=args.annotator,
        classes=args.classes,
        on_invalid=args.on_invalid,
    )


def _make_pipeline(args):
    """Make the Pipeline of a command's options, and check all its parameters."""
    given = {name: getattr(args, name) for name in TRAINING_OPTIONS}
    parameters = {name: value for name, value in given.items() if value is not None}
    parameters["random_state"] = args.random_state
    if args.pipeline == "interpatient":
        pipeline = make_beat_pipeline(**parameters)
    else:
        classifier = PrunedCNNClassifier(**parameters)
        pipeline = Pipeline([("segment", BeatSegmenter()), ("classify", classifier)])
    if args.lead:
        pipeline.set_params(segment__lead=args.lead)
    verbose = int(not args.quiet)
    pipeline.set_params(segment__verbose=verbose, classify__verbose=verbose)
    check_segmenter(pipeline["segment"])
    check_classifier(pipeline["classify"])
    try:
        check_random_state(args.random_state)
    except ValueError as error:
        raise ValueError(f"--random-state {args.random_state}: {error}.") from error
    return pipeline


def _fit_and_save(pipeline, beats, rows, path):
    say(f"Training on {_described(beats, rows)}")
    start = time.monotonic()
    pipeline.fit(beats.data.iloc[rows], beats.target[rows])
    seconds = time.monotonic() - start
    # The user who loads the model did not ask for progress bars.
    pipeline.set_params(segment__verbose=0, classify__verbose=0)
    save_model(pipeline, path)
    say(f"\nTrained in {seconds:.0f} s\n{stage_table(pipeline[-1].stages_)}")


def _score(pipeline, beats, rows, args=None):
    """Label beats and say how well; `args` say what else becomes of the scores."""
    say(f"\nScoring {_described(beats, rows)}")
    y_pred = pipeline.predict(beats.data.iloc[rows])
    report, ec57 = scores_of(beats.target[rows], y_pred)
    if args is not None and args.json:
        emit(args, score_facts(report, ec57))
    else:
        say(score_text(report, ec57))
    if args is not None and args.csv is not None:
        with written_whole(args.csv) as temporary:
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
    warn(f"{message} Those beats count as wrong.")


COMMANDS = {
    "demo": _demo,
    "train": _train,
    "evaluate": _evaluate,
    "annotate": annotate_files,
    "compare": _compare,
    "info": _info,
    "export": export,
}
"""The function of each command, which takes the parsed arguments."""
