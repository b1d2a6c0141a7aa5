"""The arguments of the command ``sklearn-ecg``, and its help."""

import argparse
from pathlib import Path

from .._version import __version__
from ._annotate_arguments import add_annotate
from ._arguments import (
    TRUST,
    add_command,
    add_model,
    add_on_invalid,
    add_quiet,
    seconds,
)

# What follows is said elsewhere too, where it takes seconds to import.
DATABASES = ("mitdb", "svdb", "nstdb", "incartdb", "qtdb", "edb", "ltdb")
LEADS = ("MLII", "II", "V5")
CPUS = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33")
CPUS += ("riscv32",)

_DESCRIPTION = """\
Train, evaluate and inspect small heartbeat classifiers: convolutional networks whose
weights are pruned in stages until few enough are left for a wearable.

For research and teaching. Not a medical device: no result is a diagnosis."""

_EXAMPLES = """\
examples:
  sklearn-ecg demo
  sklearn-ecg train mitdb --out model.ecg --protocol inter
  sklearn-ecg evaluate model.ecg mitdb --protocol inter --figures figures
  sklearn-ecg annotate ambulatory night.edf --out labelled
  sklearn-ecg compare records --test ext
  sklearn-ecg info model.ecg

exit status:
  0 done, 1 failed (the last line on stderr says why), 2 wrong usage, 130 interrupted"""

_DATA = f"""\
data:
  A directory of WFDB records, or the name of a database of PhysioNet:
  {", ".join(DATABASES)}. A directory of such a name in the
  current directory goes first; else the database is looked for under
  $SKLEARN_ECG_DATA and ~/sklearn_ecg_data, and downloaded to the latter."""

_TRAIN = """\
Train a Pipeline of BeatSegmenter and PrunedCNNClassifier on the annotated beats of
records, and write it to a file that runs no code when it is loaded; to one of joblib if
its name ends with .joblib."""

_TRAIN_EXAMPLES = f"""\
{_DATA}

protocols:
  all       train on every beat, score nothing
  inter     between patients, MIT-BIH only: train on DS1, score on DS2 (de Chazal 2004)
  patients  between patients: train on four fifths of them, score on the other fifth,
            each drawn by name
  intra     within patients: train on 80 % of the beats, score on the other 20 %, each
            drawn by its record and R peak; says nothing about patients never seen

pipelines:
  interpatient  for patients who are not among those trained on
  default       for patients who are, and for C that takes windows

examples:
  sklearn-ecg train mitdb --out model.ecg --protocol inter
  sklearn-ecg train mitdb --out small.ecg --pipeline default --sparsity 0.9
  sklearn-ecg train records --out model.ecg --lead II --lead ECG1 --annotator ecg

Not a medical device."""

_EVALUATE = """\
Score a model on the annotated beats of records. Choose records that it was not trained
on: with --protocol, those (or the beats) that 'train' with the same --protocol left for
the test. Where the classes are those of AAMI, ectopic beats are
also counted as ANSI/AAMI EC57 does."""

_EVALUATE_EXAMPLES = f"""\
{_DATA}

examples:
  sklearn-ecg evaluate model.ecg mitdb --protocol inter --figures figures
  sklearn-ecg evaluate model.ecg svdb --learning-period 300

{TRUST}"""

_COMPARE = """\
Compare the annotations of two annotators, beat by beat, as bxb of PhysioNet and
ANSI/AAMI EC57 do: those of an expert with those of a detector or a device. Prints the
scores by record, gross and on average, and the matrix of all confusions."""

_COMPARE_EXAMPLES = f"""\
{_DATA}

examples:
  sklearn-ecg compare records --test ext
  sklearn-ecg compare mitdb --test qrs --runs --csv scores.csv
  sklearn-ecg compare records --reference atr --test ext --start 0 --stop 600

Not a medical device."""

_INFO = """\
Show what a model is: its card, input, network, stages and parameters. A pickle of
joblib is only looked into, without running it: what it holds, and the classes and
functions that it asks for. With --trust it is opened."""

_EXPORT = """\
Quantize a model to 8-bit integers and write it as C99 without floating point
or heap, with a self-test. With --rate it takes the samples of a converter and gives
labelled beats; without, it labels windows that somebody else has cut, and the model
must be trained with --pipeline default. See the user guide, "Onto a device"."""

_EXPORT_EXAMPLES = f"""\
{_DATA}

examples:
  sklearn-ecg train mitdb --out model.ecg --pipeline default
  sklearn-ecg export wearable firmware --data mitdb --rate 250 --profile --play 100
  sklearn-ecg export model.ecg firmware --data mitdb
  sklearn-ecg export model.ecg firmware --profile
  sklearn-ecg export model.ecg firmware --optimize size --profile cortex-m0plus

--profile needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm (Debian
packages), for riscv32 gcc-riscv64-unknown-elf and qemu-system-misc; --onnx needs
pip install 'sklearn-ecg[onnx]'.

{TRUST}"""

_DEMO = """\
Train and score a network on the MIT-BIH Arrhythmia Database, between patients (train on
DS1, score on DS2), and write the model, figures, and a page about a recording of a
patient that it has not seen. The database is looked for under $SKLEARN_ECG_DATA and
~/sklearn_ecg_data; if it is in neither, it is downloaded to the latter (100 MB). Where
that fails, synthetic records take its place: then the scores mean nothing. Takes a few
minutes. With --pretrained, nothing is trained or downloaded."""

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
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
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
    add_annotate(commands)
    _add_compare(commands)
    _add_info(commands)
    _add_export(commands)
    return parser


def _add_demo(commands):
    summary = "train and score on the MIT-BIH database, or on synthetic records"
    parser = add_command(commands, "demo", summary, _DEMO, "Not a medical device.")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
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
    parser = add_command(commands, "train", summary, _TRAIN, _TRAIN_EXAMPLES)
    _add_data_options(
        parser,
        "lead to read; repeat it to name others for records without the first "
        f"(default: {', '.join(LEADS)}, or that of the database)",
    )
    parser.add_argument(
        "--out",
        metavar="MODEL",
        type=Path,
        required=True,
        help="file to write the model to, such as model.ecg; replaced if there",
    )
    _add_training_options(parser)
    add_quiet(parser)


def _add_evaluate(commands):
    summary = "score a model on records"
    parser = add_command(commands, "evaluate", summary, _EVALUATE, _EVALUATE_EXAMPLES)
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
        type=Path,
        help="directory to write beats.png, confusion.png and pruning.png to; made if "
        "missing",
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="file to write the scores by class to"
    )
    add_quiet(parser)


def _add_compare(commands):
    summary = "compare annotations beat by beat, as bxb does"
    parser = add_command(commands, "compare", summary, _COMPARE, _COMPARE_EXAMPLES)
    _add_data(parser)
    for name, default in (("reference", "atr"), ("test", "ext")):
        parser.add_argument(
            f"--{name}",
            default=default,
            metavar="EXTENSION",
            help=f"extension of the {name} annotations (default: %(default)s)",
        )
    times = {
        "start": (300.0, "where to begin in each record; EC57 says 300"),
        "stop": (None, "where to end"),
        "window": (0.15, "how far apart the beats of a pair may be"),
    }
    for name, (default, meaning) in times.items():
        shown = "the end of the record" if default is None else "%(default)g"
        parser.add_argument(
            f"--{name}",
            metavar="SECONDS",
            type=seconds,
            default=default,
            help=f"{meaning} (default: {shown})",
        )
    parser.add_argument(
        "--runs", action="store_true", help="count couplets and runs, too"
    )
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="file to write the scores by record to"
    )
    add_on_invalid(parser)


def _add_info(commands):
    summary = "show what a model is: input, network, stages, parameters"
    parser = add_command(commands, "info", summary, _INFO, TRUST)
    add_model(parser)
    parser.add_argument(
        "--trust",
        action="store_true",
        help="open the file, which runs whatever is in it",
    )


def _add_export(commands):
    summary = "write a model as C for a microcontroller"
    parser = add_command(commands, "export", summary, _EXPORT, _EXPORT_EXAMPLES)
    add_model(parser)
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="directory to write to"
    )
    parser.add_argument(
        "--data",
        metavar="DATA",
        help="records of those trained on, to calibrate with (default: the MIT-BIH "
        "database, if it is on this machine)",
    )
    _add_chain(parser)
    parser.add_argument(
        "--annotator",
        default="atr",
        metavar="EXTENSION",
        help="extension of the annotation files (default: %(default)s)",
    )
    add_on_invalid(parser)
    parser.add_argument(
        "--name",
        default="ecg_beat",
        help="name of the files and the function (default: %(default)s)",
    )
    parser.add_argument(
        "--optimize",
        choices=("size", "speed", "fast"),
        default="speed",
        help="how weights and activations are stored: fast takes fewer instructions "
        "and twice the scratch buffer (default: %(default)s)",
    )
    parser.add_argument(
        "--onnx", action="store_true", help="also write the float network, as NAME.onnx"
    )
    parser.add_argument(
        "--profile",
        nargs="?",
        const="cortex-m4",
        choices=CPUS,
        metavar="CPU",
        help="compile it for a core and count what it takes, in an emulator: "
        f"{', '.join(CPUS)} (without CPU: cortex-m4)",
    )


def _add_chain(parser):
    parser.add_argument(
        "--rate",
        metavar="HZ",
        type=float,
        help="write the whole chain, for a converter of this rate: samples in, "
        "labelled beats out",
    )
    parser.add_argument(
        "--gain",
        metavar="COUNTS",
        type=float,
        default=200.0,
        help="counts per mV of that converter (default: 200)",
    )
    parser.add_argument(
        "--play",
        metavar="RECORD",
        help="with --rate: play this record of DATA to the core in the emulator, and "
        "print its beats beside those that Python finds",
    )


def _add_data(parser):
    parser.add_argument(
        "data", metavar="DATA", help="directory of records, or name of a database"
    )
    parser.add_argument(
        "--records",
        metavar="NAME,NAME",
        type=lambda names: names.split(","),
        help="only these records, separated by commas (default: all)",
    )


def _add_data_options(parser, lead_help):
    _add_data(parser)
    parser.add_argument(
        "--annotator",
        default="atr",
        metavar="EXTENSION",
        help="extension of the annotation files (default: %(default)s)",
    )
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
