"""Heart rate variability beside other packages, on clean and on disturbed recordings.

Five comparisons, in per cent off:

- *agreement*: on a clean recording, off what NeuroKit2 says of the same NN intervals
  with their times; LF and HF, where the recording has no gap, by Welch's method with
  windows of 300 s of a cubic spline at 4 Hz;
- *disturbed*: a minute is lost and every 40th beat comes early; off what the same
  package says of the clean recording;
- *kept*: on a clean recording, off all NN intervals of 300 to 2000 ms;
- *detected*: from the signal by `annotate`, off what the annotated beats give;
- *time*: seconds for a day.

Recordings are simulated, with waves of 0.1 and 0.25 Hz, and those of the MIT-BIH Normal
Sinus Rhythm Database.

    python benchmarks/variability.py --data DIRECTORY --against neurokit2 hrvanalysis

The directory holds nsrdb. Rows go to ``benchmarks/results/variability.csv``.
"""

import warnings
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from harness import parser_of, seconds_of, write_table
from scipy.ndimage import median_filter
from tqdm import tqdm

from sklearn_ecg.datasets import BEAT_SYMBOLS, map_symbols
from sklearn_ecg.models import load_pretrained
from sklearn_ecg.records import read_recording
from sklearn_ecg.rhythm import variability
from sklearn_ecg.rhythm._nn import nn_intervals
from sklearn_ecg.rhythm._stretches import merged
from sklearn_ecg.stream import annotate

RESULTS = Path(__file__).parent / "results" / "variability.csv"
MEASURES = ["SDNN", "SDANN", "RMSSD", "pNN50", "triangular_index", "LF", "HF"]
KEPT = ["n_nn", "SDNN", "RMSSD", "pNN50"]
OF_NEUROKIT2 = ["SDNN", "SDANN5", "RMSSD", "pNN50", "HTI", "LF", "HF"]
OF_HRV_ANALYSIS = ["sdnn", None, "rmssd", "pnni_50", "triangular_index", "lf", "hf"]
BANDS = [(0.04, 0.15 + 1e-6), (0.15, 0.4 + 1e-6)]  # Their upper ends included
LOST = 60.0
EVERY = 40


class Beats(NamedTuple):
    """The beats of a recording."""

    samples: np.ndarray
    labels: np.ndarray
    rate: float
    duration: float


def main():
    arguments = parse_arguments()
    recordings = {
        "simulated 16 min": simulated(16 / 60),
        "simulated 24 h": simulated(24.0),
    }
    paths = sorted(Path(arguments.data, "nsrdb").glob("*.atr"))
    recordings |= {f"nsrdb {path.stem}": annotated(path) for path in paths}
    rows = time_rows(recordings["simulated 24 h"], arguments.against)
    for name, beats in tqdm(recordings.items()):
        if "neurokit2" in arguments.against:
            scores = agreement(beats)
            rows += rows_of("agreement", name, "sklearn_ecg", "labels", scores)
        rows += disturbed_rows(name, beats, arguments.against)
    for path in tqdm(paths):
        name = f"nsrdb {path.stem}"
        rows += kept_rows(name, recordings[name])
        scores = compared(said_of(recordings[name]), said_of(detected(path)))
        rows += rows_of("detected", name, "sklearn_ecg", "signal", scores)
    write_table(rows, arguments.out, "%.6g")
    print_summary(pd.DataFrame(rows))


def parse_arguments():
    parser = parser_of(__doc__, required=True, help="directory of the databases")
    parser.add_argument(
        "--against", nargs="*", default=[], choices=("neurokit2", "hrvanalysis")
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def rows_of(comparison, data, package, given, scores):
    """Return rows of the table, one for each measure."""
    begin = {"comparison": comparison, "data": data, "package": package}
    return [
        begin | {"given": given, "measure": name, **values}
        for name, values in scores.items()
    ]


def compared(truth, said, names=MEASURES):
    """Return a measure's value, what it ought to be, and per cent between them."""
    return {
        name: {
            "value": said[name],
            "truth": wanted,
            "percent_off": 100 * (said[name] / wanted - 1),
        }
        for name, wanted in truth.items()
        if name in names and np.isfinite([wanted, said[name]]).all() and wanted > 0
    }


def simulated(hours, seed=0):
    """Return beats at 1000 Hz: the day, slow waves, 0.1 Hz, and breath near 0.25 Hz."""
    random = np.random.default_rng(seed)
    duration = 3600 * hours
    seconds = np.arange(int(duration) + 10)
    slow = 850 + 120 * np.sin(2 * np.pi * seconds / 86400)
    for period in (97, 181, 613):
        slow += 20 * np.sin(2 * np.pi * (seconds / period + random.random()))
    breath = 0.25 * seconds + 0.3 * np.sin(2 * np.pi * seconds / 60)
    noise = random.normal(0, 8, 2 * len(seconds))
    times = [0.0]
    while times[-1] < duration:
        now = times[-1]
        waves = 35 * np.sin(2 * np.pi * 0.1 * now)
        waves += 35 * np.sin(2 * np.pi * np.interp(now, seconds, breath))
        interval = np.interp(now, seconds, slow) + waves + noise[len(times)]
        times.append(now + interval / 1000)
    samples = np.rint(1000 * np.array(times[:-1])).astype(int)
    return Beats(samples, np.full(len(samples), "N"), 1000.0, duration)


def annotated(path):
    """Return the annotated beats of a record, timed from the first one."""
    recording = read_recording(path.with_suffix(""))
    table = recording.annotations("atr")
    is_beat = table["symbol"].isin(BEAT_SYMBOLS).to_numpy()
    samples = table["sample"].to_numpy()[is_beat]
    labels = map_symbols(table["symbol"][is_beat])
    rate, duration = recording.sampling_rate, recording.duration
    return Beats(samples - samples[0], labels, rate, duration)


def detected(path):
    """Return the beats that the model in the box finds in a record."""
    annotation = annotate(path.with_suffix(""), load_pretrained("ambulatory"))
    samples, labels = annotation.beats[["sample", "label"]].to_numpy().T
    recording = annotation.recording
    rate, duration = recording.sampling_rate, recording.duration
    return Beats(samples.astype(int), labels.astype(str), rate, duration)


def agreement(beats):
    """Return ours beside NeuroKit2's, of a recording without gaps with LF and HF."""
    ours, theirs = said_of(beats), neurokit2_of_same(beats)
    if ours["n_segments"] < int(beats.duration / 300):
        theirs["LF"] = theirs["HF"] = np.nan
    return compared(theirs, ours)


def kept_rows(name, beats):
    """Return what limits around the local median leave of a healthy person."""
    intervals, times = nn_of(beats)
    truth = plain_measures(intervals, times)
    near = intervals / median_filter(intervals, 11, mode="nearest")
    usual = (near >= 0.8) & (near <= 1.2)
    narrow = plain_measures(intervals[usual], times[usual])
    ours = compared(truth, said_of(beats), KEPT)
    rows = rows_of("kept", name, "sklearn_ecg", "variability", ours)
    scores = compared(truth, narrow, KEPT)
    return rows + rows_of("kept", name, "", "0.8 to 1.2 of the median", scores)


def plain_measures(intervals, times):
    follows = np.abs(np.diff(times) - intervals[1:] / 1000) < 1e-6
    jumps = np.diff(intervals)[follows]
    return {
        "n_nn": len(intervals),
        "SDNN": intervals.std(ddof=1),
        "RMSSD": np.sqrt(np.mean(jumps**2)),
        "pNN50": 100 * np.mean(np.abs(jumps) > 50),
    }


def time_rows(beats, against):
    """Return the seconds that a day takes."""
    says = {"sklearn_ecg": said_of}
    if "neurokit2" in against:
        says["neurokit2"] = neurokit2_of_nn
    rows = []
    for package, say in says.items():
        seconds = min(seconds_of(say, beats)[0] for _ in range(3))
        value = {"seconds": {"value": seconds}}
        rows += rows_of("time", "simulated 24 h", package, "labels", value)
    return rows


def disturbed(beats):
    """Lose a minute, and let every 40th beat come early; return the minute as well."""
    times, labels = beats.samples / beats.rate, beats.labels.copy()
    early = np.arange(EVERY, len(times) - 1, EVERY)
    early = early[(labels[early - 1] == "N") & (labels[early + 1] == "N")]
    times[early] = times[early - 1] + 0.6 * (times[early] - times[early - 1])
    labels[early] = "V"
    start = beats.duration / 2
    kept = (times < start) | (times >= start + LOST)
    samples = np.rint(times[kept] * beats.rate).astype(int)
    lost = np.array([[start, start + LOST]])
    return beats._replace(samples=samples, labels=labels[kept]), lost


def disturbed_rows(name, clean, against):
    beats, lost = disturbed(clean)
    unlabelled = beats._replace(labels=np.full(len(beats.labels), "N"))
    ways = [
        ("sklearn_ecg", "labels, and the minute", partial(said_of, unreadable=lost)),
        ("sklearn_ecg", "labels", said_of),
        ("sklearn_ecg", "R peaks", lambda _: said_of(unlabelled)),
    ]
    truths = {"sklearn_ecg": said_of(clean)}
    if "neurokit2" in against:
        truths["neurokit2"] = neurokit2_of_nn(clean)
        ways += [
            ("neurokit2", "NN with times", neurokit2_of_nn),
            ("neurokit2", "R peaks", neurokit2_of_peaks),
            ("neurokit2", "R peaks, signal_fixpeaks", neurokit2_of_fixed),
        ]
    if "hrvanalysis" in against:
        truths["hrvanalysis"] = hrv_analysis(nn_of(clean)[0])
        ways.append(("hrvanalysis", "intervals, outliers removed", hrv_analysis_of))
    rows = []
    for package, given, say in ways:
        scores = compared(truths[package], say(beats))
        rows += rows_of("disturbed", name, package, given, scores)
    return rows


def said_of(beats, unreadable=None):
    samples, labels, rate, duration = beats
    table = variability(samples, labels, rate, duration=duration, unreadable=unreadable)
    return table.loc["whole"]


def nn_of(beats):
    """Return the intervals of neighbouring N in ms, and when they end in s."""
    is_nn = (beats.labels[1:] == "N") & (beats.labels[:-1] == "N")
    times = beats.samples / beats.rate
    intervals = 1000 * np.diff(times)
    is_nn &= intervals <= 2000
    return intervals[is_nn], times[1:][is_nn]


def neurokit2_of_same(beats):
    """Return what NeuroKit2 says of the NN intervals that `variability` takes."""
    import neurokit2

    nothing = merged(np.empty((0, 2)))
    nn = nn_intervals(beats.samples.astype(float), beats.labels, beats.rate, nothing)
    said = neurokit2_time(nn.ms, nn.stop)
    series, _, rate = neurokit2.intervals_process(
        nn.ms, nn.stop, interpolate=True, interpolation_rate=4, method="cubic"
    )
    powers = neurokit2.signal_power(
        series,
        BANDS,
        sampling_rate=rate,
        method="welch",
        normalize=False,
        window=300,
        min_frequency=0.01,
        noverlap=0,
    )
    said["LF"], said["HF"] = powers.iloc[0]
    return said


def neurokit2_time(intervals, times):
    import neurokit2

    table = neurokit2.hrv_time({"RRI": intervals, "RRI_Time": times}).iloc[0]
    names = [f"HRV_{name}" for name in OF_NEUROKIT2[:5]]
    return dict(zip(MEASURES, table[names], strict=False))


def neurokit2_of_nn(beats):
    return neurokit2_of(*nn_of(beats))


def neurokit2_of(intervals, times):
    import neurokit2

    powers = neurokit2.hrv_frequency(
        {"RRI": intervals, "RRI_Time": times}, normalize=False, interpolation_rate=4
    ).iloc[0]
    of_bands = {"LF": powers["HRV_LF"], "HF": powers["HRV_HF"]}
    return neurokit2_time(intervals, times) | of_bands


def neurokit2_of_peaks(beats):
    times = np.unique(beats.samples) / beats.rate
    return neurokit2_of(1000 * np.diff(times), times[1:])


def neurokit2_of_fixed(beats):
    import neurokit2

    _, peaks = neurokit2.signal_fixpeaks(
        np.unique(beats.samples), sampling_rate=beats.rate, method="Kubios"
    )
    return neurokit2_of_peaks(beats._replace(samples=np.asarray(peaks)))


def hrv_analysis_of(beats):
    from hrvanalysis import preprocessing

    intervals = (1000 * np.diff(np.unique(beats.samples)) / beats.rate).tolist()
    cleaned = preprocessing.get_nn_intervals(
        intervals, ectopic_beats_removal_method="malik", verbose=False
    )
    return hrv_analysis(cleaned)


def hrv_analysis(intervals):
    import hrvanalysis

    said = hrvanalysis.get_time_domain_features(intervals)
    said |= hrvanalysis.get_geometrical_features(intervals)
    said |= hrvanalysis.get_frequency_domain_features(intervals)
    return {
        ours: np.nan if name is None else said[name]
        for ours, name in zip(MEASURES, OF_HRV_ANALYSIS, strict=True)
    }


def print_summary(table):
    table["data"] = table["data"].str.replace(r"nsrdb .*", "nsrdb", regex=True)
    print(table[table["comparison"] == "time"].to_string())
    by = ["comparison", "data", "package", "given"]
    off = table.assign(off=table["percent_off"].abs()).dropna(subset="off")
    for statistic in ("median", "max"):
        figures = off.pivot_table("off", by, "measure", statistic, sort=False)
        print(f"\nPer cent off, {statistic} of the recordings")
        print(figures.round(2).to_string())


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the other packages
        main()
