"""The arguments of the command ``sklearn-ecg``."""

import argparse
from pathlib import Path

from .._constants import OUTPUT_FORMATS, USUAL_LEADS
from .._urls import path_of
from .._version import __version__
from . import _help
from ._arguments import (
    add_annotator,
    add_command,
    add_data,
    add_json,
    add_model,
    add_on_invalid,
    add_quiet,
    directory_or_stdout,
    hertz,
    local_path,
    seconds,
)
from ._export_options import add_export

TRAINING_OPTIONS = {
    "sparsity": (
        float,
        "fraction of the weights that is zero at the end",
        "0.9; 0.6 with --pipeline default",
    ),
    "n_stages": (int, "times to prune and retrain", "4"),
    "n_epochs": (
        int,
        "epochs of the dense training",
        "6; 10 with --pipeline default",
    ),
    "stage_epochs": (
        int,
        "epochs of retraining in each stage",
        "3; 4 with --pipeline default",
    ),
}
"""Type, meaning and default of each; what is not given is left to the Pipeline."""

PIPELINES = ("interpatient", "default")

EPISODES = ("AF", "VF", "ST", "ST0", "ST1")

PROTOCOLS = {
    "all": "every beat",
    "inter": "between patients: DS1 to train, DS2 to test (de Chazal et al. 2004)",
    "patients": "between patients: four fifths of them to train, one fifth to test",
    "intra": "within patients: 80 % of the beats to train, 20 % to test",
}


def make_parser():
    """Make the parser of ``sklearn-ecg``."""
    parser = argparse.ArgumentParser(
        prog="sklearn-ecg",
        description=_help.DESCRIPTION,
        epilog=_help.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    _add_demo(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_annotate(commands)
    _add_compare(commands)
    _add_info(commands)
    add_export(commands)
    return parser


def _add_demo(commands):
    summary = "train and score on the MIT-BIH database, or on synthetic records"
    parser = add_command(commands, "demo", summary, _help.DEMO, "Not a medical device.")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=local_path,
        default=Path("demo-output"),
        help="directory for what is written (default: %(default)s)",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--synthetic", action="store_true", help="use synthetic records in any case"
    )
    source.add_argument(
        "--no-download",
        action="store_true",
        help="use the database only if it is on this machine",
    )
    source.add_argument(
        "--pretrained",
        action="store_true",
        help="train nothing: label a synthetic record with a model in the box",
    )
    _add_training_options(parser)
    add_quiet(parser)
    parser.set_defaults(lead=None)


def _add_train(commands):
    summary = "train a model on records"
    texts = _help.TRAIN, _help.TRAIN_EXAMPLES
    parser = add_command(commands, "train", summary, *texts)
    _add_data_options(
        parser,
        "lead to read; repeat it to name others for records without the first "
        f"(default: {', '.join(USUAL_LEADS)}, or that of the database)",
    )
    parser.add_argument(
        "--out",
        metavar="MODEL",
        type=local_path,
        required=True,
        help="model file to write, such as model.ecg; replaced if there",
    )
    _add_training_options(parser)
    add_quiet(parser)


def _add_evaluate(commands):
    summary = "score a model on records"
    parser = add_command(
        commands, "evaluate", summary, _help.EVALUATE, _help.EVALUATE_EXAMPLES
    )
    add_model(parser)
    _add_data_options(
        parser,
        "lead to read in records with none of the model's; may be repeated",
    )
    parser.add_argument(
        "--learning-period",
        metavar="SECONDS",
        type=seconds,
        default=0.0,
        help="beginning of each record that is not scored; EC57 says 300 (default: 0)",
    )
    parser.add_argument(
        "--figures",
        metavar="DIR",
        type=local_path,
        help="directory to write beats.png and confusion.png to; made if missing",
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=local_path,
        help="file to write the scores by class to",
    )
    add_json(parser, "the scores")
    add_quiet(parser)


def _add_annotate(commands):
    summary = "find and label the beats of recordings"
    parser = add_command(
        commands, "annotate", summary, _help.ANNOTATE, _help.ANNOTATE_EXAMPLES
    )
    add_model(parser)
    parser.add_argument(
        "recordings",
        metavar="RECORDING",
        nargs="+",
        type=path_of,
        help="recording, or directory of recordings; or its URL, as s3://bucket/x.edf",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=directory_or_stdout,
        required=True,
        help="directory to write to, made if missing, or a URL, as s3://bucket/labels. "
        "A single - is standard output, for the beats of one recording as CSV",
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT,FORMAT",
        type=_formats,
        help=f"what to write, of {', '.join(OUTPUT_FORMATS)} (default: wfdb; csv to "
        "standard output)",
    )
    add_annotator(parser, "ext", "WFDB annotation files")
    parser.add_argument(
        "--lead",
        metavar="NAME",
        action="append",
        help="lead to read; repeat it to name others for recordings without the first "
        "(default: those of the model)",
    )
    parser.add_argument(
        "--sampling-rate",
        metavar="HZ",
        type=hertz,
        help="of the CSV and Parquet files that have no column of times",
    )
    parser.add_argument(
        "--r-peaks",
        metavar="EXTENSION",
        help="label the beats of these WFDB annotations, instead of detecting beats",
    )
    _add_review_and_archive(parser)
    add_json(parser, "a line for each recording")
    add_quiet(parser)


def _add_review_and_archive(parser):
    parser.add_argument(
        "--corrections",
        metavar="CSV",
        action="append",
        type=local_path,
        default=[],
        help="what a reader has said in a page, in the file that it saved: beats "
        "corrected, added and removed, stretches named; repeat it for other recordings "
        "and other readers, of whom the last is right; what was said is written to "
        "NAME.said.csv",
    )
    parser.add_argument(
        "--patients",
        metavar="CSV",
        type=local_path,
        help="with --jobs: whose the recordings are, in the columns recording and "
        "patient; what was said of one of a patient's teaches the model for the others",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        help="annotate an archive: N recordings at the same time, with a manifest; "
        "what an earlier call of the same command has done is left out",
    )


def _formats(text):
    formats = tuple(dict.fromkeys(text.split(",")))
    for name in formats:
        if name not in OUTPUT_FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is none of {', '.join(OUTPUT_FORMATS)}"
            )
    return formats


def _add_compare(commands):
    summary = "compare annotations by beats or episodes, as bxb and epicmp do"
    parser = add_command(
        commands, "compare", summary, _help.COMPARE, _help.COMPARE_EXAMPLES
    )
    add_data(parser)
    add_annotator(parser, "atr", "reference annotations", "--reference")
    add_annotator(parser, "ext", "test annotations", "--test")
    times = {
        "start": (300.0, "where to begin in each record; EC57 says 300"),
        "stop": (None, "where to end; with --episodes, 0 is no end"),
        "window": (None, "how far apart the beats of a pair may be"),
    }
    unless_given = {"stop": "the end of the record", "window": "0.15"}
    for name, (default, meaning) in times.items():
        shown = unless_given.get(name, "%(default)g")
        parser.add_argument(
            f"--{name}",
            metavar="SECONDS",
            type=seconds,
            default=default,
            help=f"{meaning} (default: {shown})",
        )
    parser.add_argument(
        "--runs",
        action="store_true",
        help="count couplets and runs, too; with --episodes AF or VF, they always are",
    )
    _add_episodes(parser)
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=local_path,
        help="file to write the scores by record to",
    )
    add_json(parser, "a line for each record, for their sum and for their mean")
    add_on_invalid(parser)


def _add_episodes(parser):
    parser.add_argument(
        "--episodes",
        choices=EPISODES,
        help="compare episodes instead of beats: atrial fibrillation, ventricular "
        "flutter and fibrillation, or ST changes in either signal, the first or the "
        "second",
    )
    parser.add_argument(
        "--shortest",
        metavar="SECONDS",
        type=seconds,
        help="with --episodes: leave out shorter ones (default: 0)",
    )
    parser.add_argument(
        "--shortest-of",
        choices=("own", "both"),
        help="with --shortest: of those that are counted only, or also of those that "
        "they are compared with (default: own)",
    )
    parser.add_argument(
        "--exclude-flutter",
        action="store_true",
        default=None,
        help="with --episodes AF: cut flutter of the reference out of AF of the test",
    )


def _add_info(commands):
    summary = "show what a model is: input, network, stages, parameters"
    texts = _help.INFO, _help.MODEL
    parser = add_command(commands, "info", summary, *texts)
    add_model(parser)
    add_json(parser, "what is known of it")


def _add_data_options(parser, lead_help):
    add_data(parser)
    add_annotator(parser, "atr", "annotation files")
    add_on_invalid(parser)
    parser.add_argument(
        "--classes",
        choices=("aami", "bxb", "symbols"),
        default="aami",
        help="how annotated symbols become classes (default: %(default)s)",
    )
    parser.add_argument("--lead", metavar="NAME", action="append", help=lead_help)
    parser.add_argument(
        "--protocol",
        choices=tuple(PROTOCOLS),
        default="all",
        help="which beats to train on and which to score (default: %(default)s)",
    )


def _add_training_options(parser):
    parser.add_argument(
        "--pipeline",
        choices=PIPELINES,
        default=PIPELINES[0],
        help="what to train (default: %(default)s)",
    )
    for name, (kind, meaning, default) in TRAINING_OPTIONS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="FRACTION" if kind is float else "N",
            type=kind,
            help=f"{meaning} (default: {default})",
        )
    parser.add_argument(
        "--random-state",
        metavar="N",
        type=int,
        default=0,
        help="seed; the same one gives the same model (default: %(default)s)",
    )
