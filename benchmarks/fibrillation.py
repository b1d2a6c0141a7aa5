"""Atrial fibrillation from RR intervals: our detector and published ones, by one rule.

Data: the Long-Term AF Database (records that are there; annotations are enough), the
MIT-BIH Arrhythmia Database without its paced records, and the MIT-BIH Normal Sinus
Rhythm Database. R peaks and labels of beats are those that are annotated; once more
with the errors of a model in them, at random: V with Se 0.92 and +P 0.90, 0.2 % of the
beats missed and 0.2 % added; and once more, where there are signals, those that a model
finds that has not seen the patient: of MIT-BIH, trained on one half of its patients and
on SVDB; of the others, the one in the box.

- Intervals of 0.2 to 3.0 s count; those with a V or F at either end are left out, and
  their beats take the decision of the beat before.
- Interruptions of AF under 30 s are filled, then episodes under 30 s are dropped.
- Scored from 5:00, or from the first rhythm that is annotated, to the last beat: by
  beats, by episodes of at least 30 s as `compare_episodes` counts, by time, and by the
  share of AF of each record. Atrial flutter is left out, or counted as not AF.

No threshold was chosen here but that of sklearn_ecg, which was chosen on this half of
the Long-Term AF Database. Zhou's was fitted by its authors on all of it. On PyPI there
was, in December 2026, no package that tells episodes of AF from intervals: heartpy,
pyhrv, hrv-analysis, neurokit2, biosppy, sleepecg, wfdb and py-ecg-detectors have none.
Rows go to ``benchmarks/results/fibrillation.csv``.

    python benchmarks/fibrillation.py --data directory/of/databases
"""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from fibrillation_detectors import DETECTORS
from harness import parser_of, write_table
from strangers import LEADS, model_of
from tqdm import tqdm

from sklearn_ecg import annotate, load_beats, load_pretrained
from sklearn_ecg.datasets import BEAT_SYMBOLS, DATABASES, map_symbols
from sklearn_ecg.metrics import compare_episodes, rhythm_scores
from sklearn_ecg.records import Recording, read_recording
from sklearn_ecg.rhythm import find_episodes

RESULTS = Path(__file__).parent / "results" / "fibrillation.csv"
SETS = {"Long-Term AF": "ltafdb", "MIT-BIH": "mitdb", "Normal Sinus Rhythm": "nsrdb"}
PACED = [str(name) for name in DATABASES["mitdb"].splits["paced"]]
AF, FLUTTER = "AFIB", "AFL"
LEARNING = 300.0
LEAST = 30.0
V_SE, V_PRECISION, MISSED, ADDED = 0.92, 0.90, 0.002, 0.002


@dataclass(frozen=True, eq=False)
class Record:
    """Beats of a recording, as annotated or with errors, and its rhythms."""

    recording: Recording
    samples: np.ndarray
    labels: np.ndarray
    annotations: pd.DataFrame
    rhythms: pd.DataFrame
    said: pd.DataFrame | None = None  # Episodes, of a model's annotation

    @classmethod
    def read(cls, path):
        """Read what is annotated, up to the last beat."""
        recording = read_recording(path)
        annotations = recording.annotations("atr")
        is_beat = annotations["symbol"].isin(BEAT_SYMBOLS)
        beats = annotations[is_beat].drop_duplicates("sample")
        samples, labels = beats["sample"].to_numpy(), map_symbols(beats["symbol"])
        rhythms = recording.rhythm("atr")
        return cls(recording, samples, labels, annotations, rhythms)

    @cached_property
    def seconds(self):
        """The R peaks."""
        return self.samples / self.recording.sampling_rate

    @property
    def start(self):
        """From when on a rhythm is annotated, and scored."""
        return max([LEARNING, *self.rhythms["start"].head(1)])

    def is_in(self, rhythm):
        """Mark the beats of a rhythm."""
        last = np.searchsorted(self.rhythms["start"], self.seconds, side="right")
        return np.append(False, self.rhythms["rhythm"] == rhythm)[last]

    def labelled(self, model):
        """Return the record as a model finds and labels its beats."""
        annotation = annotate(self.recording, model)
        beats = annotation.beats[annotation.beats["label"] != "O"]
        return replace(
            self,
            samples=beats["sample"].to_numpy(),
            labels=beats["label"].to_numpy(),
            said=annotation.episodes,
        )

    def spoilt(self, seed):
        """Return the record as if a model had labelled detected beats."""
        random = np.random.default_rng(seed)
        labels = self.labels.astype(object)
        is_v = labels == "V"
        labels[is_v & (random.random(len(labels)) >= V_SE)] = "N"
        n_false = round(np.sum(labels == "V") * (1 / V_PRECISION - 1))
        labels[random.choice(np.flatnonzero(~is_v), n_false, replace=False)] = "V"
        is_kept = random.random(len(labels)) >= MISSED
        has_added = random.random(len(labels) - 1) < ADDED
        at = random.uniform(0.25, 0.75, has_added.sum())
        steps = np.diff(self.samples)[has_added]
        added = self.samples[:-1][has_added] + np.rint(at * steps).astype(int)
        samples = np.concatenate([self.samples[is_kept], added])
        labels = np.concatenate([labels[is_kept], np.full(len(added), "N")])
        samples, order = np.unique(samples, return_index=True)
        return replace(self, samples=samples, labels=labels[order])


def inside(seconds, episodes):
    """Mark what lies in one of some episodes, both ends included."""
    last = np.searchsorted(episodes[:, 0], seconds, side="right") - 1
    return (last >= 0) & (seconds <= np.append(episodes[:, 1], 0)[last])


def by_our_detector(record):
    episodes = record.said
    if episodes is None:
        rate = record.recording.sampling_rate
        episodes = find_episodes(record.samples, record.labels, rate)
    return episodes.loc[episodes["kind"] == "AF", ["start", "stop"]].to_numpy()


def by_intervals(detect):
    """Make of a detector of intervals one of episodes."""

    def detect_episodes(record):
        seconds, is_v = record.seconds, np.isin(record.labels, ["V", "F"])
        intervals = np.diff(seconds)
        is_told = (intervals >= 0.2) & (intervals <= 3.0) & ~is_v[1:] & ~is_v[:-1]
        decisions = detect(intervals[is_told])
        beats = np.flatnonzero(is_told) + 1
        if not len(beats):
            return np.zeros((0, 2))
        last = np.searchsorted(beats, np.arange(len(seconds)), side="right") - 1
        return episodes_of(seconds, decisions[np.maximum(last, 0)])

    return detect_episodes


def episodes_of(seconds, is_af):
    """Return episodes of AF, from their first to their last beat."""
    edges = np.flatnonzero(np.diff(is_af.astype(int), prepend=0, append=0))
    starts, stops = seconds[edges[::2]], seconds[edges[1::2] - 1]
    is_apart = starts[1:] - stops[:-1] >= LEAST
    starts = starts[np.append(True, is_apart)[: len(starts)]]
    stops = stops[np.append(is_apart, True)[: len(stops)]]
    return np.column_stack([starts, stops])[stops - starts >= LEAST]


def compared(truth, episodes, flutter):
    """Return a table of the beats of a record, and what its episodes count."""
    is_scored = truth.seconds >= truth.start
    if flutter == "left out":
        is_scored &= ~truth.is_in(FLUTTER)
    start, stop = truth.start, truth.seconds[-1]
    beats = pd.DataFrame(
        {
            "record": truth.recording.name,
            "true": truth.is_in(AF),
            "called": inside(truth.seconds, episodes),
            "seconds": np.diff(truth.seconds, append=stop),
        }
    )[is_scored]
    table = pd.DataFrame(episodes, columns=["start", "stop"]).assign(kind="AF")
    comparison = compare_episodes(
        truth.recording,
        truth.annotations,
        table,
        start=start,
        stop=stop,
        shortest=LEAST,
        exclude_flutter=flutter == "left out",
    )
    return beats, comparison.counts


def row_of(truths, episodes, flutter):
    """Return the scores of episodes that a detector finds in records."""
    parts = zip(truths, episodes, strict=True)
    beats, counts = zip(*(compared(*part, flutter) for part in parts), strict=True)
    beats, counts = pd.concat(beats, ignore_index=True), sum(counts)
    labels = beats["true"], beats["called"]
    by_beats = rhythm_scores(*labels, positive=True).loc[True]
    by_time = rhythm_scores(*labels, durations=beats["seconds"], positive=True)
    of_records = rhythm_scores(
        *labels, durations=beats["seconds"], groups=beats["record"], positive=True
    )
    errors = 100 * of_records["burden error"]
    found, missed, right, false = counts[["TPs", "FN", "TPp", "FP"]]
    return {
        "records": len(truths),
        "beats": len(beats),
        **by_beats[["Se", "Sp", "+P"]].to_dict(),
        "episodes": found + missed,
        "called": right + false,
        "episode Se": share(found, missed),
        "episode +P": share(right, false),
        "time Se": by_time["Se"].iloc[0],
        "time +P": by_time["+P"].iloc[0],
        "burden error": errors.median(),
        "burden error, 90 %": errors.quantile(0.9),
    }


def share(part, rest):
    return part / (part + rest) if part + rest else np.nan


def main():
    warnings.simplefilter("ignore")  # Of beats and leads that are passed over
    parser = parser_of(__doc__, type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the errors in labels")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    detectors = {"sklearn_ecg": by_our_detector}
    detectors |= {name: by_intervals(detect) for name, detect in DETECTORS.items()}
    rows = []
    for name, database in SETS.items():
        truths = read_all(arguments.data, database)
        spoilt = [
            record.spoilt([arguments.seed, place])
            for place, record in enumerate(truths)
        ]
        flutters = ("left out", "not AF") if database == "mitdb" else ("left out",)
        ways = {"annotated": truths, "with errors": spoilt}
        if database != "ltafdb":  # Of which there are no signals
            ways["from the signal"] = labelled(truths, arguments.data, database)
        for labels, records in ways.items():
            found = {
                detector: [detect(record) for record in records]
                for detector, detect in tqdm(detectors.items(), f"{name}, {labels}")
            }
            for flutter, detector in product(flutters, detectors):
                key = {"set": name, "flutter": flutter, "labels": labels}
                row = row_of(truths, found[detector], flutter)
                rows.append(key | {"detector": detector} | row)
    write_table(rows, arguments.out)
    print(pd.DataFrame(rows).round(4).to_string(index=False))


def labelled(truths, data, database):
    """Return records as models label them that have not seen their patients."""
    if database != "mitdb":
        return [record.labelled(load_pretrained()) for record in truths]
    found = {}
    splits = DATABASES["mitdb"].splits
    for seen, unseen in (("DS1", "DS2"), ("DS2", "DS1")):
        paths = [data / "mitdb" / str(name) for name in splits[seen]]
        paths += sorted(path.with_suffix("") for path in (data / "svdb").glob("*.hea"))
        beats = load_beats(paths, r_peaks="detected", lead=LEADS, on_invalid="ignore")
        model = model_of(0, causal=False).fit(beats.data, beats.target)
        names = {str(name) for name in splits[unseen]}
        for place, record in enumerate(truths):
            if record.recording.name in names:
                found[place] = record.labelled(model)
    return [found[place] for place in range(len(truths))]


def read_all(data, database):
    """Read the records of a database that are there, but for the paced."""
    paths = sorted((data / database).glob("*.atr"))
    is_paced = [database == "mitdb" and path.stem in PACED for path in paths]
    return [
        Record.read(path.with_suffix(""))
        for path, left_out in zip(paths, is_paced, strict=True)
        if not left_out
    ]


if __name__ == "__main__":
    main()
