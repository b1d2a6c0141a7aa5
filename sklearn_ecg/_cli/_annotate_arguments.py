"""The arguments of ``sklearn-ecg annotate``, and its help."""

import argparse
from pathlib import Path

from ._arguments import TRUST, add_command, add_model, add_quiet

FORMATS = ("wfdb", "edf", "csv", "parquet", "html")

_ANNOTATE = """\
Find the beats of recordings and label them, and write the labels to files that other
tools open. A recording that cannot be annotated does not stop the others; at the end it
is named, and the exit status is 1."""

_EXAMPLES = f"""\
recordings:
  WFDB records (100 or 100.hea), EDF, BDF and DICOM files, or directories of them.

formats:
  wfdb     NAME.ext, an annotation file for wfdb and the WFDB applications
  edf      NAME.edf, EDF+: the signals, and an annotation for each beat
  csv      NAME.csv, a row for each beat, with the probability of each class
  parquet  NAME.parquet, the same
  html     NAME.html, a page to read, in which labels can be corrected

examples:
  sklearn-ecg annotate ambulatory night.edf --out labelled
  sklearn-ecg annotate model.ecg records --out labelled --format wfdb,html
  sklearn-ecg annotate model.ecg svdb/800 --out labelled --lead ECG1
  sklearn-ecg annotate ambulatory archive --out labelled --jobs 8
  sklearn-ecg annotate ambulatory night.edf --out checked --corrections night.csv

{TRUST}"""


def add_annotate(commands):
    """Add the command ``annotate``."""
    summary = "find and label the beats of recordings"
    parser = add_command(commands, "annotate", summary, _ANNOTATE, _EXAMPLES)
    add_model(parser)
    parser.add_argument(
        "recordings",
        metavar="RECORDING",
        nargs="+",
        type=Path,
        help="recording, or directory of recordings",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="directory to write to; made if missing",
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT,FORMAT",
        type=_formats,
        default=("wfdb",),
        help=f"what to write, of {', '.join(FORMATS)} (default: wfdb)",
    )
    parser.add_argument(
        "--annotator",
        metavar="EXTENSION",
        default="ext",
        help="extension of the WFDB annotation files (default: %(default)s)",
    )
    parser.add_argument(
        "--lead",
        metavar="NAME",
        action="append",
        help="lead to read; repeat it to name others for recordings without the first "
        "(default: those of the model)",
    )
    parser.add_argument(
        "--r-peaks",
        metavar="EXTENSION",
        help="label the beats of these WFDB annotations, instead of detecting beats",
    )
    _add_review_and_archive(parser)
    add_quiet(parser)


def _add_review_and_archive(parser):
    parser.add_argument(
        "--corrections",
        metavar="CSV",
        action="append",
        type=Path,
        default=[],
        help="labels that a reader has corrected in a page, in the file that it saved: "
        "they take the place of the model's; repeat it for other recordings",
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
        if name not in FORMATS:
            raise argparse.ArgumentTypeError(
                f"{name!r} is none of {', '.join(FORMATS)}"
            )
    return formats
