"""R peaks detected against annotated ones, and what other packages detect.

Beats are matched one to one within 150 ms, without those in ventricular flutter or
fibrillation. The lead is MLII if a record has it, else the first. Se and +P are in per
cent of all beats of a set; timing errors are taken after removing the median of each
record, since annotators mark at different places of the QRS complex. Constants of the
detector were chosen on all these records. The first five minutes of record 118 of the
Noise Stress Test Database, without noise, are left out.

    python benchmarks/detect.py --data directory/of/databases
    python benchmarks/detect.py --data directory/of/databases --against xqrs --records 4

The directory holds mitdb, svdb, nstdb and qtdb; sets that are not there are left out.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from harness import parser_of, seconds_of

from sklearn_ecg.datasets import BEAT_SYMBOLS, DATABASES
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.metrics import detection_scores, match_beats
from sklearn_ecg.records import read_recording

DS1 = DATABASES["mitdb"].splits["DS1"]
START_OF_NOISE = 300.0
NEAR = 11.0


def detect_by_xqrs(signal, sampling_rate):
    from wfdb import processing

    return processing.xqrs_detect(signal, sampling_rate, verbose=False)


def detect_by_sleepecg(signal, sampling_rate):
    import sleepecg

    return sleepecg.detect_heartbeats(signal, sampling_rate)


def detect_by_neurokit2(signal, sampling_rate):
    import neurokit2

    clean = neurokit2.ecg_clean(signal, sampling_rate=sampling_rate)
    found = neurokit2.ecg_findpeaks(clean, sampling_rate=sampling_rate)
    return found["ECG_R_Peaks"]


OTHERS = {
    "xqrs": detect_by_xqrs,
    "sleepecg": detect_by_sleepecg,
    "neurokit2": detect_by_neurokit2,
}


@dataclass(frozen=True)
class RecordSet:
    """Records of a database that are scored together, and from which second on."""

    database: str
    names: tuple | None = None
    left_out: tuple = ()
    start: float = 0.0

    def paths(self, data):
        """Return the paths of the records in the directory of the databases."""
        directory = Path(data) / self.database
        names = self.names or sorted(path.stem for path in directory.glob("*.atr"))
        return [directory / name for name in names if name not in self.left_out]


SETS = {
    "MIT-BIH, all": RecordSet("mitdb"),
    "MIT-BIH, outside DS1": RecordSet("mitdb", left_out=tuple(map(str, DS1))),
    "MIT-BIH, DS1": RecordSet("mitdb", names=tuple(map(str, DS1))),
    "SVDB": RecordSet("svdb"),
    "NSTDB 118, 12 dB": RecordSet("nstdb", names=("118e12",), start=START_OF_NOISE),
    "NSTDB 118, 6 dB": RecordSet("nstdb", names=("118e06",), start=START_OF_NOISE),
    "QTDB": RecordSet("qtdb"),
}


def main():
    arguments = parse_arguments()
    detectors = {"sklearn_ecg": detect_r_peaks}
    detectors |= {name: OTHERS[name] for name in arguments.against}
    rows = [
        {"detector": detector, "set": name, **scores}
        for detector, method in detectors.items()
        for name, scores in scores_of_sets(
            method, arguments.data, arguments.records
        ).items()
    ]
    table = pd.DataFrame(rows).set_index(["detector", "set"])
    print(table.round(2).to_string())
    if arguments.out:
        table.to_csv(arguments.out)


def parse_arguments():
    parser = parser_of(__doc__, required=True, help="directory of the databases")
    parser.add_argument(
        "--against", nargs="*", default=[], choices=OTHERS, help="other detectors"
    )
    parser.add_argument(
        "--records", type=int, help="of each set only so many, evenly spaced"
    )
    parser.add_argument("--out", help="a CSV file to write the table to")
    return parser.parse_args()


def scores_of_sets(method, data, n_records=None):
    """Return the scores of each set that is there; each record is detected once."""
    done = {}
    scores = {}
    for name, record_set in SETS.items():
        if not (Path(data) / record_set.database).is_dir():
            continue
        paths = some_of(record_set.paths(data), n_records)
        for path in paths:
            if path not in done:
                done[path] = compare_record(path, method, record_set.start)
        scores[name] = summary([done[path] for path in paths])
    return scores


def some_of(paths, n_records):
    if n_records is None or n_records >= len(paths):
        return paths
    return [paths[k] for k in np.linspace(0, len(paths) - 1, n_records).astype(int)]


def compare_record(path, method, start):
    """Return the matches of a record, its timing errors in ms, and the time it took."""
    recording = read_recording(path)
    lead = "MLII" if "MLII" in recording.leads else recording.leads[0]
    rate = recording.sampling_rates[lead]
    signal = recording.read(lead)
    _, seconds, found = seconds_of(method, signal, rate)
    found = np.unique(np.asarray(found, dtype=np.int64))

    annotations = recording.annotations("atr")
    is_beat = annotations["symbol"].isin(BEAT_SYMBOLS)
    reference = np.unique(annotations["sample"][is_beat])
    left_out = stretches_of_flutter(annotations, len(signal))
    reference = kept(reference, left_out, start * rate)
    found = kept(found, left_out, start * rate)
    matches = match_beats(reference, found, sampling_rate=rate)
    pairs = matches[(matches >= 0).all(axis=1)]
    errors = found[pairs["detected"]] - reference[pairs["reference"]]
    errors = errors * (1000 / rate)
    if len(errors):
        errors = errors - np.median(errors)
    hours = len(signal) / rate / 3600
    return {"matches": matches, "errors": errors, "seconds": seconds, "hours": hours}


def stretches_of_flutter(annotations, n_samples):
    """Return starts and stops of what stands between ``[`` and ``]``."""
    stretches = []
    start = None
    for sample, symbol in zip(
        annotations["sample"], annotations["symbol"], strict=True
    ):
        if symbol == "[":
            start = sample
        elif symbol == "]":
            stretches.append((start or 0, sample))
            start = None
    return stretches if start is None else [*stretches, (start, n_samples)]


def kept(samples, left_out, start):
    is_kept = samples >= start
    for first, last in left_out:
        is_kept &= (samples < first) | (samples > last)
    return samples[is_kept]


def summary(records):
    scores = detection_scores(pd.concat([record["matches"] for record in records]))
    errors = np.abs(np.concatenate([record["errors"] for record in records]))
    hours = sum(record["hours"] for record in records)
    return {
        "records": len(records),
        "beats": int(scores["beats"]),
        "missed": int(scores["FN"]),
        "extra": int(scores["FP"]),
        "Se": 100 * scores["Se"],
        "+P": 100 * scores["+P"],
        "95 % within ms": np.percentile(errors, 95) if len(errors) else np.nan,
        f"% within {NEAR:g} ms": 100 * np.mean(errors <= NEAR)
        if len(errors)
        else np.nan,
        "s per hour": sum(record["seconds"] for record in records) / hours,
    }


if __name__ == "__main__":
    main()
