"""What pruned networks take on a microcontroller, and whether the C is right.

One small network is trained on the MIT-BIH Arrhythmia Database, pruned to a path of
sparsities, once more until 60 % of its multiplications are gone instead of its weights,
and once more straight to 90.5 % (all 48 records, five classes; 80 % of the beats to
train on, 20 % to test on, at random, stratified by class, split seed 0, random state 0:
this measures fitting, not generalisation). The same is done between patients (DS1 and
DS2 of de Chazal et al.). The last is measured with activations of 8 bits, too.

For each:

- accuracy on the test beats of the float network and of its twin, their agreement;
- whether the exported C, compiled for this machine, gives the twin's logits bit for bit
  on every beat of the database, and on 2,000 of them on an emulated Cortex-M4;
- instructions, flash and RAM on that Cortex-M4, against naive float C of the same dense
  network on its floating-point unit;
- with ``--time``, microseconds a beat on this machine, one thread, one beat at a time,
  against onnxruntime on the dense network, in float32 and in int8.

Adds to ``benchmarks/results/edge.csv``. Needs gcc, gcc-arm-none-eabi,
libnewlib-arm-none-eabi and qemu-system-arm, and for ``--time`` onnx and onnxruntime.

    python benchmarks/edge.py                        # about an hour on two cores
    python benchmarks/edge.py --models models        # keeps the trained networks there
    python benchmarks/edge.py --quick                # one sparsity, synthetic records
"""

import ctypes
import subprocess
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from harness import parser_of, write_table
from protocols import PROTOCOLS
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg._files import written_whole
from sklearn_ecg.datasets import fetch_mitdb, load_beats, make_ecg
from sklearn_ecg.edge import export_c, export_onnx, profile, quantize
from sklearn_ecg.edge.calibrate._folding import fold

RESULTS = Path(__file__).parent / "results" / "edge.csv"
SPARSITIES = [0, 0.6, 0.8, 0.9, 0.95]
OTHERS = [{"sparsity": 0.6, "budget": "macs"}, {"sparsity": 0.905}]
NETWORK = {"conv_channels": (8, 16, 32, 32), "kernel_sizes": (7, 5, 5, 3)}
NETWORK["n_hidden"] = 32
PARAMETERS = {"module_params": NETWORK, "n_epochs": 12, "stage_epochs": 6}
PARAMETERS |= {"random_state": 0}
N_CALIBRATION = 4000
N_EMULATED = 2000
HARD_FLOAT = "-O2 -fno-math-errno -mfloat-abi=hard -mfpu=fpv4-sp-d16 -Wno-error"


def main():
    arguments = parse_arguments()
    if arguments.quick:
        beats, sparsities = make_ecg(4, duration=60, random_state=0), [0.8]
    else:
        beats = load_beats(arguments.data or fetch_mitdb())
        sparsities = arguments.sparsity
    rows = []
    for protocol in ["intra"] if arguments.quick else arguments.protocol:
        split = PROTOCOLS[protocol](beats)
        pipelines = trained(split, sparsities, arguments)
        for pipeline in pipelines:
            rows.append(measure(pipeline, split, "int16"))
            print(pd.Series(rows[-1]).to_string(), flush=True, end="\n\n")
        rows.append(measure(pipelines[-1], split, "int8"))
        if arguments.time and protocol == "intra":
            rows += times(pipelines, split)
    table = pd.DataFrame(rows)
    if not arguments.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        write_table(table, RESULTS, None)
    print(table.to_string(index=False))


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    parser.add_argument("--models", type=Path, help="directory to keep networks in")
    parser.add_argument(
        "--protocol", nargs="+", default=list(PROTOCOLS), choices=PROTOCOLS
    )
    parser.add_argument("--sparsity", nargs="+", type=float, default=SPARSITIES)
    parser.add_argument("--time", action="store_true", help="against onnxruntime")
    parser.add_argument("--quick", action="store_true", help="synthetic records only")
    return parser.parse_args()


def trained(split, sparsities, arguments):
    """Return a Pipeline for each sparsity, trained now or before."""
    models = arguments.models
    file = None if models is None else models / f"{split.protocol}.joblib"
    if file is not None and file.exists():
        return joblib.load(file)
    segmenter = BeatSegmenter()
    table, y = split.training()
    windows = segmenter.fit_transform(table)
    classifier = PrunedCNNClassifier(**PARAMETERS)
    if arguments.quick:
        classifier.set_params(batch_size=32)
    path = classifier.pruning_path(windows, y, sparsities=sparsities)
    classifiers = path.classifiers
    if not arguments.quick:
        classifiers += [
            clone(classifier).set_params(**other).fit(windows, y) for other in OTHERS
        ]
    pipelines = [
        Pipeline([("segment", segmenter), ("classify", one)]) for one in classifiers
    ]
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(file) as temporary:
            joblib.dump(pipelines, temporary)
    return pipelines


def calibration_beats(split):
    table, _ = split.training()
    if split.protocol == "intra":
        return table.iloc[:N_CALIBRATION]  # a random split has a random order
    size = min(N_CALIBRATION, len(table))
    return table.iloc[np.random.default_rng(0).choice(len(table), size, replace=False)]


def measure(pipeline, split, activations):
    """Return the row of one Pipeline."""
    classifier = pipeline[-1]
    beats = split.beats
    quantized = quantize(pipeline, calibration_beats(split), activations=activations)
    started = time.perf_counter()
    windows, intervals = quantized.inputs.read(beats.data)
    read = time.perf_counter()
    logits = quantized.device_logits(windows, intervals)
    twin_rate = len(logits) / (time.perf_counter() - read)
    test_logits, y_true = split.testing(logits)
    y_float = split.predict(pipeline)
    y_int8 = quantized.classes_[test_logits.argmax(axis=1)]
    emulated = np.random.default_rng(1).permutation(len(logits))[:N_EMULATED]
    row = {
        "protocol": split.protocol,
        "network": network_of(quantized),
        "sparsity": classifier.sparsity,
        "budget": classifier.budget,
        "n_nonzero": quantized.origin.n_nonzero,
        "macs": quantized.origin.macs,
        "float_accuracy": (y_float == y_true).mean(),
        "int8_accuracy": (y_int8 == y_true).mean(),
        "agreement": (y_float == y_int8).mean(),
        "activations": activations,
        "twin_beats_per_second": round(twin_rate),
        "reading_seconds": round(read - started, 1),
    }
    with tempfile.TemporaryDirectory() as directory:
        export_c(quantized, directory, optimize="speed")
        row["host_beats"] = len(logits)
        row["host_different"] = different_on_host(directory, windows, intervals, logits)
        emulated = beats.data.iloc[emulated]
        report = profile(directory, quantized=quantized, X=emulated)
        small = profile(directory, options="-Os")
        float_report = profile_naive_float(classifier, directory)
    return row | {
        "m4_beats": report.n_beats,
        "m4_different": report.n_different,
        "instructions": round(report.instructions),
        "flash_code": report.flash_code,
        "flash_weights": report.flash_weights,
        "ram_static": report.ram_static,
        "ram_buffers": report.ram_buffers,
        "stack": report.stack,
        "instructions_Os": round(small.instructions),
        "flash_Os": small.flash,
        "instructions_naive_float": round(float_report.instructions),
    }


def network_of(quantized):
    """Name a network by its channels and hidden units, as 8-16-32-32-32."""
    *others, _ = quantized.network.layers
    return "-".join(str(len(layer.weight)) for layer in others)


def compile_for_host(directory, option):
    library = Path(directory, f"model{option}.so")
    source = Path(directory, "ecg_beat.c")
    command = ["gcc", "-O2", option, "-std=c99", "-shared", "-fPIC"]
    subprocess.run([*command, source, "-o", library], check=True)
    return ctypes.CDLL(str(library)).ecg_beat_classify


def different_on_host(directory, windows, intervals, logits):
    """Count the beats of which the C, on this machine, gives other logits.

    It does so for any processor of this kind, or with all that this one can do.
    """
    options = "-mtune=native", "-march=native"
    classifiers = [compile_for_host(directory, option) for option in options]
    windows, intervals = map(np.ascontiguousarray, (windows, intervals))
    found = np.empty((len(logits), len(options), logits.shape[1]), dtype=np.int32)
    scratch = np.empty(1 << 16, dtype=np.uint8)
    for beat in range(len(logits)):
        for classify, here in zip(classifiers, found[beat], strict=True):
            arrays = windows[beat], intervals[beat], scratch, here
            classify(*(ctypes.c_void_p(array.ctypes.data) for array in arrays))
    return int((found != logits[:, np.newaxis]).any(axis=(1, 2)).sum())


def profile_naive_float(classifier, directory):
    """Count what naive float C of the same network takes, on an FPU."""
    folded = fold(classifier.module_, classifier.layout_.n_samples)
    with tempfile.TemporaryDirectory() as naive:
        for file in ("ecg_beat.h", "ecg_beat.json"):
            Path(naive, file).write_text(Path(directory, file).read_text())
        code = Path(__file__).with_name("naive_float.c").read_text()
        code = code.replace('#include "network.h"', float_tables(folded))
        Path(naive, "ecg_beat.c").write_text(code)
        return profile(naive, options=HARD_FLOAT)


def float_tables(folded):
    """Write the weights of a float network as C."""
    *convolutions, hidden, output = folded.layers
    lines, fields, length = [], [], folded.n_samples
    for number, layer in enumerate(convolutions):
        lines.append(float_array(f"w{number}", layer.weight))
        lines.append(float_array(f"b{number}", layer.bias))
        n_out, n_in, kernel = layer.weight.shape
        fields.append(f"{{w{number}, b{number}, {n_in}, {n_out}, {kernel}, {length}}}")
        length //= 2
    for layer in (hidden, output):
        lines.append(float_array(f"{layer.name}_weight", layer.weight))
        lines.append(float_array(f"{layer.name}_bias", layer.bias))
    n_pooled = hidden.weight.shape[1] - folded.n_rhythm
    most = max(len(layer.weight) for layer in convolutions) * 64
    return "\n".join(
        [
            f"#define N_CONVOLUTIONS {len(fields)}",
            f"#define N_POOLED {n_pooled}",
            f"#define N_HIDDEN {len(hidden.weight)}",
            f"#define MOST_VALUES {most}",
            "typedef struct { const float *weight, *bias; int n_in, n_out, kernel, "
            "length; } convolution;",
            *lines,
            f"static const convolution convolutions[] = {{{', '.join(fields)}}};",
        ]
    )


def float_array(name, values):
    numbers = ", ".join(f"{value:.9e}f" for value in np.ravel(values))
    return f"static const float {name}[] = {{{numbers}}};"


def times(pipelines, split):
    """Time one beat at a time, one thread, all in one run, of each sparsity."""
    segmenter = pipelines[0][0]
    calibration = calibration_beats(split)
    rows = segmenter.transform(calibration.iloc[:2000]).to_numpy()
    with tempfile.TemporaryDirectory() as directory:
        reference = times_of_onnxruntime(pipelines[0][-1], rows, Path(directory))
    found = []
    for pipeline in pipelines:
        quantized = quantize(pipeline, calibration)
        with tempfile.TemporaryDirectory() as directory:
            export_c(quantized, directory, optimize="speed")
            beats_read = quantized.inputs.read(calibration.iloc[:2000])
            found.append(
                {"protocol": "time", "sparsity": pipeline[-1].sparsity}
                | {"budget": pipeline[-1].budget}
                | {"microseconds": time_of_c(directory, *beats_read)}
                | reference
            )
    return found


def times_of_onnxruntime(classifier, rows, directory):
    """Time onnxruntime on a dense network, in float32 and statically quantized."""
    import onnxruntime
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.rows = iter(rows[:500])

        def get_next(self):
            row = next(self.rows, None)
            return None if row is None else {"X": row[np.newaxis]}

    in_float = export_onnx(classifier, directory / "float32.onnx")
    in_int8 = directory / "int8.onnx"
    quantization.quantize_static(in_float, in_int8, Reader(), per_channel=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    figures = {}
    for name, file in (("float32", in_float), ("int8", in_int8)):
        session = onnxruntime.InferenceSession(str(file), options)
        best = min(_time_of_session(session, rows) for _ in range(5))
        figures[f"onnxruntime_{name}_microseconds"] = best
    return figures


def _time_of_session(session, rows):
    inputs = [{"X": row[np.newaxis]} for row in rows]
    started = time.perf_counter()
    for one in inputs:
        session.run(None, one)
    return 1e6 * (time.perf_counter() - started) / len(rows)


LOOP = """
#include "ecg_beat.h"
void classify_all(const int16_t *windows, const ecg_beat_rr *rr, uint8_t *scratch,
                  int32_t *logits, int n)
{
    for (int i = 0; i < n; ++i)
        ecg_beat_classify(windows + i * ECG_BEAT_N_SAMPLES, rr + i, scratch, logits);
}
"""


def time_of_c(directory, windows, intervals):
    """Time the exported C, called from a loop in C."""
    Path(directory, "loop.c").write_text(LOOP)
    command = (
        "gcc -O2 -march=native -std=c99 -shared -fPIC ecg_beat.c loop.c -o loop.so"
    )
    subprocess.run(command.split(), cwd=directory, check=True)
    loop = ctypes.CDLL(str(Path(directory, "loop.so"))).classify_all
    arrays = [np.ascontiguousarray(array) for array in (windows, intervals)]
    arrays += [np.empty(1 << 16, np.uint8), np.empty(64, np.int32)]
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        loop(*pointers, len(windows))
        taken.append(time.perf_counter() - started)
    return 1e6 * min(taken) / len(windows)


if __name__ == "__main__":
    main()
