"""What the chain of a device makes of recordings: from samples to scores.

- inter: `make_beat_pipeline` for a device is trained on detections in DS1, quantized
  with the detector, and run on recordings of DS2 and of the supraventricular database,
  at the rate of the device. Missed and false beats count, as in EC57, from 5:00 on.
  Beside it the float Pipeline on the same recordings (`annotate`), and in how many of
  the beats that both find the labels agree; the same with a chain at the rate of the
  recordings, which resamples nothing.
- more: the same, trained on the supraventricular and the noise stress database, and on
  noise alone, too, and tested on DS2 and on the excerpts of the European ST-T database
  in the QT database.
- intra: trained on 80 % of the beats of all 48 records with annotated R peaks, at
  random. On the others the chain, which finds them itself, and the same network in
  integers with the annotated R peaks (`quantize`). Here a patient is on both sides, by
  design.
- box: the model "wearable", on a device only, without a gate.
- leads: chains of two leads, of the model "ambulatory" and of the network of "wearable"
  in two leads, beside what `annotate` of these Pipelines says.
- device: all exported as C, and counted on an emulated Cortex-M4.

Rows go to ``benchmarks/results/chain.csv`` and ``chain_device.csv``.

    OMP_NUM_THREADS=1 python benchmarks/chain.py --data DIRECTORY
"""

import copy
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, write_table
from noises import NOISES, noise_alone
from protocols import intra
from sklearn.pipeline import Pipeline
from tqdm import tqdm

from sklearn_ecg import (
    annotate,
    load_beats,
    load_pretrained,
    make_beat_pipeline,
)
from sklearn_ecg.classifier import MultiLeadPipeline
from sklearn_ecg.datasets import DATABASES, beat_table, map_symbols
from sklearn_ecg.edge import export_c, profile, quantize
from sklearn_ecg.edge.c._memory import fits_lanes
from sklearn_ecg.metrics import (
    UNMATCHED,
    ec57_scores,
    match_beats,
    paired_labels,
)
from sklearn_ecg.records import read_recording

RESULTS = Path(__file__).parent / "results"
BEATS = list("NLRejAaJSVEF/fQB")
LEADS = ("MLII", "II", "V5", "ECG1")
RATE = 250
LIMITS = -4096, 4095
"""At 200 counts a millivolt, 20 mV: no record here goes beyond."""

SPLITS = DATABASES["mitdb"].splits
SECONDS_ON_DEVICE = 300
EXPORTS = [("speed", "-O2"), ("speed", "-Os"), ("fast", "-O2")]
SCHEDULE = [0.6, 0.8, 0.9, 0.95]
ANY_OF = (*LEADS, "D3", "CM5", "V4")


def main():
    arguments = parse_arguments()
    warnings.simplefilter("ignore", UserWarning)  # of leads that stand in
    rows, of_device = [], []
    for seed in range(arguments.seeds):
        for protocol in arguments.protocols:
            found, sizes = PROTOCOLS[protocol](arguments, seed)
            rows += [{"protocol": protocol, "seed": seed} | row for row in found]
            of_device += [{"protocol": protocol, "seed": seed} | row for row in sizes]
            write(rows, arguments.out / "chain.csv", arguments.protocols)
            write(of_device, arguments.out / "chain_device.csv", arguments.protocols)
    print(pd.DataFrame(rows).to_string())
    print(pd.DataFrame(of_device).to_string())


def parse_arguments():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument(
        "--protocols", nargs="*", default=list(PROTOCOLS), choices=PROTOCOLS
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--schedule", type=float, nargs="*", default=SCHEDULE)
    parser.add_argument("--sparsity", type=float, nargs="*", default=[0.9, 0.95])
    parser.add_argument(
        "--r-peaks",
        default="aligned",
        choices=["annotated", "aligned"],
        help="where those of intra are: as annotated, or aligned with the detector",
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def run_more(arguments, seed):
    return run_inter(arguments, seed, more=True)


def run_inter(arguments, seed, more=False):
    data = arguments.data
    trained_on = "all but DS2" if more else "DS1"
    X, y = training_beats(data, more)
    tests = {"DS2": paths(data / "mitdb", SPLITS["DS2"])}
    other = "qtdb" if more else "svdb"
    tests[other.upper()] = paths(data / other)
    pipeline = for_device(arguments.schedule, seed).fit(X, y)
    recordings = paths(data / "mitdb", SPLITS["DS1"])
    if more:
        # Of all that it is trained on, so that no feature goes beyond its range.
        noisy = [path for path in paths(data / "nstdb") if path.name not in NOISES]
        recordings += paths(data / "svdb")[::2] + noisy
    rows, sizes = [], []
    for sparsity in arguments.sparsity:
        stage = pipeline[-1].at_stage(1 + arguments.schedule.index(sparsity))
        of_stage = Pipeline([pipeline.steps[0], ("classify", stage)])
        chain = quantize(of_stage, recordings, sampling_rate=RATE, limits=LIMITS)
        known = {"trained": trained_on, "sparsity": sparsity}
        for test, tested in tests.items():
            rows += [known | row for row in rows_of_test(chain, of_stage, test, tested)]
        sizes += [known | row for row in on_device(chain, arguments)]
    return rows, sizes


def for_device(schedule, seed):
    """Return a Pipeline for a device and for strangers, to be trained."""
    pipeline = make_beat_pipeline(
        device_rate=RATE, sparsity=schedule[-1], schedule=schedule, random_state=seed
    )
    return pipeline.set_params(segment__lead=LEADS, segment__on_invalid="ignore")


def training_beats(data, more):
    """Return beats of DS1; with `more` those of all that has no patient of DS2, too."""
    names = [str(name) for name in SPLITS["DS1"]]
    parts = [detected(data / "mitdb", names)]
    if more:
        noisy = [path.name for path in paths(data / "nstdb") if path.name not in NOISES]
        parts += [detected(data / "svdb", None), detected(data / "nstdb", noisy)]
    tables = [part.data for part in parts]
    labels = [part.target for part in parts]
    for name in NOISES if more else ():
        tables.append(beat_table(noise_alone(data, name), lead=LEADS))
        labels.append(np.full(len(tables[-1]), "O", dtype=object))
    X = pd.concat(tables, ignore_index=True)
    return X, np.concatenate(labels).astype(str)


def rows_of_test(chain, pipeline, test, recordings):
    """Return rows of scores of the chain and of the float Pipeline."""
    pipeline[0].set_params(lead=ANY_OF)
    floats = tables(recordings, pipeline, f"float, {test}")
    rows = [{"set": test, "way": "float"} | scored(recordings, floats)]
    for rate, way in ((RATE, "chain"), (None, "chain, own rate")):
        events = tables(recordings, at_rate(chain, rate), f"{way}, {test}")
        agreement = {"agreement": agreement_of(recordings, events, floats)}
        rows.append({"set": test, "way": way} | scored(recordings, events) | agreement)
    return rows


def at_rate(chain, rate):
    """Return a function that makes the chain of a converter at a rate; None is any."""

    def of(path):
        own = rate or read_recording(path).sampling_rate
        other = copy.copy(chain)
        other.lead, other.inputs = ANY_OF, replace(chain.inputs, sampling_rate=own)
        return other

    return of


def run_intra(arguments, seed):
    data = arguments.data
    beats = load_beats(
        data / "mitdb", r_peaks=arguments.r_peaks, lead=LEADS, on_invalid="ignore"
    )
    split = intra(beats)
    pipeline = make_beat_pipeline(
        "known",
        device_rate=RATE,
        sparsity=arguments.sparsity[0],
        random_state=seed,
    ).set_params(segment__lead=LEADS)
    split.fit(pipeline)
    training, _ = split.training()
    sample = training.iloc[
        np.random.default_rng(seed).permutation(len(training))[:4000]
    ]
    twin = quantize(pipeline, sample, activations="int8")
    recordings = paths(data / "mitdb")
    chain = quantize(pipeline, recordings[::4], sampling_rate=RATE, limits=LIMITS)
    X, y = split.testing()
    annotated = twin.predict(X)
    records = np.array([Path(str(record)).name for record in X["record"]])
    right = {"annotated": [annotated == y], "chain": []}
    for path in tqdm(recordings, "chain, intra"):
        events = annotate(path, chain).beats
        rows = records == path.name
        at = X["sample"].to_numpy()[rows]
        order = np.argsort(at)
        matches = match_beats(at[order], events["sample"], sampling_rate=360)
        labels = np.full(len(at), UNMATCHED, dtype=object)
        matches = matches[(matches["reference"] >= 0) & (matches["detected"] >= 0)]
        labels[matches["reference"]] = events["label"].to_numpy()[matches["detected"]]
        right["chain"].append(labels == y[rows][order])
    rows = [
        {
            "trained": arguments.r_peaks,
            "set": "mitdb",
            "way": way,
            "accuracy": float(np.concatenate(each).mean()),
        }
        for way, each in right.items()
    ]
    return rows, on_device(chain, arguments)


def run_box(arguments, seed):
    """Count what the model in the box takes on a device."""
    recordings = paths(arguments.data / "mitdb", SPLITS["DS1"])
    model = load_pretrained("wearable")
    # What every record takes at most; how much a gate saves depends on the heart.
    chain = quantize(model, recordings, sampling_rate=RATE, limits=LIMITS, gate=False)
    return [], on_device(chain, arguments)


def run_leads(arguments, seed):
    """Set chains of two leads beside the Pipelines that they are made of."""
    data = arguments.data
    recordings = paths(data / "mitdb", SPLITS["DS1"])
    tests = {"DS2": paths(data / "mitdb", SPLITS["DS2"]), "SVDB": paths(data / "svdb")}
    models = {
        "ambulatory": load_pretrained("ambulatory"),
        "wearable": wearable_in_two_leads(),
    }
    rows, sizes = [], []
    for name, model in models.items():
        chain = quantize(
            model, recordings, sampling_rate=RATE, limits=LIMITS, random_state=seed
        )
        known = {"trained": name, "sparsity": chain.origin.sparsity}
        for test, tested in tests.items():
            floats = tables(tested, model, f"float, {test}")
            events = tables(tested, chain, f"chain, {test}")
            agreement = {"agreement": agreement_of(tested, events, floats)}
            head = known | {"set": test}
            rows.append(head | {"way": "float"} | scored(tested, floats))
            rows.append(head | {"way": "chain"} | scored(tested, events) | agreement)
        sizes += [known | row for row in on_device(chain, arguments)]
    return rows, sizes


def wearable_in_two_leads():
    """Return a Pipeline of two leads with the network of "wearable"."""
    return MultiLeadPipeline(
        load_pretrained("wearable").steps,
        second_lead=load_pretrained("ambulatory").second_lead,
    )


def detected(directory, names):
    return load_beats(
        directory, names, r_peaks="detected", lead=LEADS, on_invalid="ignore"
    )


def paths(directory, names=None):
    found = sorted(file.with_suffix("") for file in directory.glob("*.hea"))
    if names is None:
        return found
    return [file for file in found if file.name in {str(name) for name in names}]


def tables(recordings, model, what):
    """Return the beats of recordings, as a model labels them, or the model of each."""
    return [
        annotate(path, model(path) if callable(model) else model).beats
        for path in tqdm(recordings, what)
    ]


def scored(recordings, tables_of_beats):
    """Return scores of EC57 over all recordings, from 5:00 on."""
    true, predicted = [], []
    for path, table in zip(recordings, tables_of_beats, strict=True):
        recording = read_recording(path)
        expert = recording.annotations()
        expert = expert[expert["symbol"].isin(BEATS)]
        found = table[~table["label"].isin(["O", "?"])]
        matches = match_beats(
            expert["sample"],
            found["sample"],
            sampling_rate=recording.sampling_rate,
            start=300 if recording.duration > 600 else None,
        )
        pair = paired_labels(matches, map_symbols(expert["symbol"]), found["label"])
        true.append(pair[0])
        predicted.append(pair[1])
    true, predicted = np.concatenate(true), np.concatenate(predicted)
    scores = ec57_scores(true, predicted)
    both = (true != UNMATCHED) & (predicted != UNMATCHED)
    row = {
        "QRS Se": both.sum() / (true != UNMATCHED).sum(),
        "QRS +P": both.sum() / (predicted != UNMATCHED).sum(),
        "accuracy": float(np.mean(true[both] == predicted[both])),
    }
    for name in ("VEB", "SVEB"):
        row |= {f"{name} {key}": scores.loc[name, key] for key in ("Se", "+P", "F1")}
    return row


def agreement_of(recordings, events, floats):
    """Return the share of the beats that both find that have the same label."""
    same = total = 0
    for path, one, other in zip(recordings, events, floats, strict=True):
        matches = match_beats(
            other["sample"],
            one["sample"],
            sampling_rate=read_recording(path).sampling_rate,
        )
        matches = matches[(matches["reference"] >= 0) & (matches["detected"] >= 0)]
        labels = other["label"].to_numpy()[matches["reference"]]
        same += np.sum(labels == one["label"].to_numpy()[matches["detected"]])
        total += len(matches)
    return same / total


def on_device(chain, arguments):
    """Return what the chain takes on a Cortex-M4, on the first minutes of a record."""
    counts, _ = chain.read(paths(arguments.data / "mitdb")[0])
    rows = []
    exports = EXPORTS if fits_lanes(chain.network) else EXPORTS[:2]
    for optimize, options in exports:
        with tempfile.TemporaryDirectory() as directory:
            export_c(chain, directory, optimize=optimize)
            report = profile(
                directory,
                quantized=chain,
                X=counts[: SECONDS_ON_DEVICE * RATE],
                options=options,
            )
        rows.append(
            {
                "optimize": optimize,
                "options": options,
                "sparsity": chain.origin.sparsity,
                "weights": chain.origin.n_nonzero,
                "flash": report.flash,
                "ram": report.ram,
                "state": report.ram_static,
                "a_sample": report.instructions_a_sample,
                "longest_push": report.longest_push,
                "a_beat": report.instructions,
                "a_second": report.instructions_a_second(),
                "microamperes": report.estimated_microamperes(),
                "different": report.n_different,
                "events": report.n_beats,
            }
        )
    return rows


PROTOCOLS = {
    "inter": run_inter,
    "more": run_more,
    "intra": run_intra,
    "box": run_box,
    "leads": run_leads,
}


def write(rows, path, protocols):
    """Write rows, and keep those of protocols that are not repeated."""
    table = pd.DataFrame(rows)
    if path.exists():
        before = pd.read_csv(path)
        table = pd.concat([before[~before["protocol"].isin(protocols)], table])
        order = list(PROTOCOLS)
        table = table.sort_values(
            "protocol", key=lambda names: names.map(order.index), kind="stable"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, path, "%.6g")


if __name__ == "__main__":
    main()
