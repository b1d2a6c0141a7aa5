"""The texts of the help of ``sklearn-ecg``."""

from .._constants import DATABASE_NAMES, PRETRAINED

DESCRIPTION = """\
Train, evaluate and inspect small heartbeat classifiers: convolutional networks whose
weights are pruned in stages until few enough are left for a wearable.

For research and teaching. Not a medical device: no result is a diagnosis."""

EXAMPLES = """\
examples:
  sklearn-ecg demo
  sklearn-ecg train mitdb --out model.ecg --protocol inter
  sklearn-ecg evaluate model.ecg mitdb --protocol inter --figures figures
  sklearn-ecg annotate ambulatory night.edf --out labelled
  sklearn-ecg compare records --test ext
  sklearn-ecg info model.ecg

exit status:
  0    done
  1    failed, in whole or in part: the last line on stderr says why
  2    wrong usage: nothing was read or written
  130  interrupted, by Ctrl-C
  141  the reader of the output has gone, as `head` does; nothing is said of it"""

MODEL = f"""\
MODEL is a model file (.ecg), as 'train' and save_model write it, or the name of a model
in the box: {", ".join(PRETRAINED)}. A pickle, as joblib writes it, is refused: it can
run any program when it is opened.

Not a medical device."""

DATA = f"""\
data:
  A directory of WFDB records, or the name of a database of PhysioNet:
  {", ".join(DATABASE_NAMES)}. A directory of such a name in the
  current directory goes first; else the database is looked for under
  $SKLEARN_ECG_DATA and ~/sklearn_ecg_data, and downloaded to the latter."""

TRAIN = """\
Train a Pipeline of BeatSegmenter and PrunedCNNClassifier on the annotated beats of
records, and write it to a model file (.ecg), which runs no code when it is loaded."""

TRAIN_EXAMPLES = f"""\
{DATA}

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

EVALUATE = """\
Score a model on the annotated beats of records. Choose records that it was not trained
on: with --protocol, those (or the beats) that 'train' with the same --protocol left for
the test. Where the classes are those of AAMI, ectopic beats are also counted as
ANSI/AAMI EC57 does."""

EVALUATE_EXAMPLES = f"""\
{DATA}

examples:
  sklearn-ecg evaluate model.ecg mitdb --protocol inter --figures figures
  sklearn-ecg evaluate model.ecg svdb --learning-period 300

{MODEL}"""

ANNOTATE = """\
Find the beats of recordings and label them, and write the labels to files that other
tools open. A recording that cannot be annotated does not stop the others; at the end it
is named, and the exit status is 1."""

ANNOTATE_EXAMPLES = f"""\
recordings:
  WFDB records (100 or 100.hea); EDF, BDF, DICOM, ISHNE, aECG, MUSE, Sierra, Mortara,
  SCP-ECG, MFER, OpenSignals, OpenBCI, JSON, CSV and Parquet files; or directories of
  recordings. CSV and Parquet files without a column of times need --sampling-rate.

formats:
  wfdb     NAME.ext, an annotation file for wfdb and the WFDB applications
  edf      NAME.edf, EDF+: the signals, and an annotation for each beat
  csv      NAME.csv, a row for each beat, with the probability of each class
  parquet  NAME.parquet, the same
  html     NAME.html, a page to read, in which beats can be corrected
  pdf      NAME.pdf, the page on paper; needs Chromium, Chrome or Edge

examples:
  sklearn-ecg annotate ambulatory night.edf --out labelled
  sklearn-ecg annotate model.ecg records --out labelled --format wfdb,html
  sklearn-ecg annotate model.ecg svdb/800 --out labelled --lead ECG1
  sklearn-ecg annotate ambulatory archive --out labelled --jobs 8
  sklearn-ecg annotate wearable watch.csv --out labelled --sampling-rate 250
  sklearn-ecg annotate ambulatory night.edf --out checked --corrections night.csv
  sklearn-ecg annotate ambulatory night.edf --out - | head
  sklearn-ecg annotate ambulatory archive --out labelled --jobs 8 --json | jq .beats

{MODEL}"""

COMPARE = """\
Compare the annotations of two annotators, beat by beat, as bxb of PhysioNet and
ANSI/AAMI EC57 do: those of an expert with those of a detector or a device. Prints the
scores by record, gross and on average, and the matrix of all confusions. With
--episodes, compare episodes as epicmp does, and the time in atrial or ventricular
fibrillation. Signals are not read, and need not be there."""

COMPARE_EXAMPLES = f"""\
{DATA}

examples:
  sklearn-ecg compare records --test ext
  sklearn-ecg compare mitdb --test qrs --runs --csv scores.csv
  sklearn-ecg compare records --reference atr --test ext --start 0 --stop 600
  sklearn-ecg compare records --episodes AF --shortest 30 --csv episodes.csv

Not a medical device."""

INFO = """\
Show what a model is: its card, input, network, stages and parameters, and how a device
can run it."""

EXPORT = """\
Quantize a model to 8-bit integers and write it as C99 without floating point
or heap, with a self-test. With --rate it takes the samples of a converter and gives
labelled beats, a chain; without, it labels windows that the host cuts, and the model
must be trained with --pipeline default. Quantizing takes a minute or two; --save keeps
the chain, and MODEL may be that file. The chain of wearable at 250 Hz is in the box.
See the user guide, "Onto a device"."""

EXPORT_EXAMPLES = f"""\
{DATA}

examples:
  sklearn-ecg export wearable firmware --rate 250 --package esp-idf
  sklearn-ecg export wearable page.html --page
  sklearn-ecg export wearable firmware --data mitdb --rate 250 --profile --play 100
  sklearn-ecg export wearable firmware --data mitdb --rate 500 --save chain.ecg
  sklearn-ecg export chain.ecg firmware --package zephyr
  sklearn-ecg train mitdb --out model.ecg --pipeline default
  sklearn-ecg export model.ecg firmware --data mitdb --profile
  sklearn-ecg export model.ecg firmware --optimize size --profile cortex-m0plus

--profile needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm (Debian
packages), for riscv32 and esp32c3 gcc-riscv64-unknown-elf and qemu-system-misc; --onnx
needs pip install 'sklearn-ecg[onnx]'. --page needs clang and lld, but not for wearable.

{MODEL}"""

DEMO = """\
Train and score a network on the MIT-BIH Arrhythmia Database, between patients (train on
DS1, score on DS2), and write the model, figures, and a page about a recording of a
patient that it has not seen. The database is looked for under $SKLEARN_ECG_DATA and
~/sklearn_ecg_data; if it is in neither, it is downloaded to the latter (100 MB). Where
that fails, synthetic records take its place: then the scores mean nothing. Takes a few
minutes. With --pretrained, nothing is trained or downloaded."""
