"""What a gate saves on a device, and what it loses: chains beside the same without it.

- Seeds 0 to 4: `make_beat_pipeline` for a device is trained on detections in DS1 to
  95 % of zeros, and quantized with all of DS1.
- "box": the chain in the box, quantized with every second record of MIT-BIH.
- "leads": the network of "wearable" in two leads, quantized with all of DS1; its gate
  spares the second lead.

Each labels all records that it was not quantized with: DS2 or the other records of
MIT-BIH, the supraventricular database, the excerpts of the QT database, and normal
sinus rhythm. Rows of ``benchmarks/results/gate.csv`` say the share of beats that pass,
and F1 with the gate and without it, missed and false beats included, as in EC57. Rows
of ``gate_device.csv`` say what it takes on an emulated Cortex-M4 with ``-O2``, in two
leads with no small functions inlined, in the first five minutes of a normal and of
ectopic records, at 75 beats a minute, and in the longest call of ``poll``; the chain
tells the rhythm, or doesn't. The normal one is played to C that was compiled in other
ways, too.

    OMP_NUM_THREADS=1 python benchmarks/gate.py --data DIRECTORY --chains DIRECTORY

Chains are kept, and read again where they are there: it takes half an hour without.
"""

import copy
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from chain import (
    ANY_OF,
    LIMITS,
    RATE,
    SCHEDULE,
    SECONDS_ON_DEVICE,
    SPLITS,
    for_device,
    paths,
    scored,
    tables,
    training_beats,
    wearable_in_two_leads,
)
from harness import parser_of, write_table

from sklearn_ecg import load_model, save_model
from sklearn_ecg._cli._export import chosen_to_calibrate
from sklearn_ecg.edge import export_c, profile, quantize
from sklearn_ecg.models import load_pretrained_chain

RESULTS = Path(__file__).parent / "results"
OPTIONS = {1: ("-O2", "-Os"), 2: ("-O2 -fno-inline-small-functions", "-Os", "-O2")}
"""How the C of one lead and of two is compiled, the first way for all records."""

ON_DEVICE = ("100", "119", "208")
BOX = "box"
LEADS = "leads"


def main():
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--chains", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # of leads that stand in
    rows, of_device = [], []
    for name in (BOX, *range(arguments.seeds), LEADS):
        chain, used = chain_of(name, arguments)
        rows += [{"chain": name} | row for row in rows_of(chain, used, arguments.data)]
        of_device += [{"chain": name} | row for row in on_device(chain, arguments.data)]
        write_table(rows, arguments.out / "gate.csv", "%.6g")
        write_table(of_device, arguments.out / "gate_device.csv", "%.6g")
    print(pd.DataFrame(rows).to_string())
    print(pd.DataFrame(of_device).to_string())


def chain_of(name, arguments):
    """Return a chain with a gate, and the names of the records that it has seen."""
    if name == BOX:
        chosen = chosen_to_calibrate(paths(arguments.data / "mitdb"))
        return load_pretrained_chain(), {path.name for path in chosen}
    kept = arguments.chains / f"gate_{name}.ecg"
    if not kept.exists():
        save_model(made(name, arguments.data), kept)
    return load_model(kept), {str(number) for number in SPLITS["DS1"]}


def made(name, data):
    """Make a chain of a Pipeline that is trained on DS1, or of the one in the box."""
    if name == LEADS:
        pipeline = wearable_in_two_leads()
    else:
        pipeline = for_device(SCHEDULE, name).fit(*training_beats(data, more=False))
    recordings = paths(data / "mitdb", SPLITS["DS1"])
    return quantize(pipeline, recordings, sampling_rate=RATE, limits=LIMITS)


def without_gate(chain):
    full = copy.copy(chain)
    full.gate = None
    return full


def rows_of(chain, used, data):
    """Return rows of scores, with the gate and without it."""
    chain = copy.copy(chain)
    if chain.inputs.n_leads == 1:
        chain.lead = ANY_OF
    rows = []
    for database in ("mitdb", "svdb", "qtdb", "nsrdb"):
        tested = [
            path
            for path in paths(data / database)
            if database != "mitdb" or path.name not in used
        ]
        row = {"set": database, "passed": passed(chain, tested)}
        for way, each in (("gate", chain), ("full", without_gate(chain))):
            scores = scored(tested, tables(tested, each, f"{way}, {database}"))
            row |= {f"{way} {name}": scores[f"{name} F1"] for name in ("VEB", "SVEB")}
        rows.append(row)
    return rows


def passed(chain, recordings):
    """Return the share of the beats that spare the network all leads, or the second."""
    n_passed = n_beats = 0
    for path in recordings:
        counts, lead_off = chain.read(path)
        if lead_off is None:
            lead_off = np.zeros(counts.shape, dtype=bool)
        beats = chain.inputs.beats(counts, lead_off)
        n_beats += len(beats.samples)
        if chain.inputs.n_leads == 2:
            n_leads = chain.events(beats)[2]
            n_passed += (n_leads < beats.is_looked_at.sum(axis=1)).sum()
        else:
            _, features = chain.entering(beats)
            n_passed += chain.gate.passes(features, beats.flags).sum()
    return n_passed / n_beats


def on_device(chain, data):
    """Return what the chain takes on a Cortex-M4, with the gate and without it."""
    rows = []
    for record in ON_DEVICE:
        counts, _ = chain.read(data / "mitdb" / record)
        counts = counts[: SECONDS_ON_DEVICE * RATE]
        for each in (chain, without_gate(chain)):
            for tells_rhythm in (True, False):
                known = {
                    "record": record,
                    "gate": each.gate is not None,
                    "rhythm": tells_rhythm,
                }
                options = OPTIONS[chain.inputs.n_leads]
                if record != ON_DEVICE[0] or each.gate is None:
                    options = options[:1]
                taken = taken_by(each, counts, tells_rhythm, options)
                rows += [known | each_way for each_way in taken]
    return rows


def taken_by(chain, counts, tells_rhythm, options):
    """Return what a chain takes on a signal, compiled in each of some ways."""
    with tempfile.TemporaryDirectory() as directory:
        export_c(chain, directory, rhythm=tells_rhythm)
        return [
            {"options": each}
            | figures(profile(directory, quantized=chain, X=counts, options=each))
            for each in options
        ]


def figures(report):
    """Return what of a report is kept."""
    return {
        "flash": report.flash,
        "ram": report.ram,
        "a_sample": report.instructions_a_sample,
        "a_beat": report.instructions,
        "longest_poll": report.most_instructions,
        "a_second": report.instructions_a_second(),
        "different": report.n_different,
        "events": report.n_beats,
    }


if __name__ == "__main__":
    main()
