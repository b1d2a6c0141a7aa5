"""Whether every number of a summary is what its definition says, on two databases.

The beats of experts, on the 48 records of the MIT-BIH Arrhythmia Database and the
annotation files of the Long-Term AF Database that are there, are counted a second time:
by loops over whole lists, from what the guide's page on the rhythm says, with
annotations read by wfdb alone. No line is shared with the package, which counts beat by
beat. Isolated artefacts (``|``) and flutter waves (``!``) are detections that are no
beat, and ventricular flutter is unreadable. Counts must be equal, and other numbers
equal to the 12th digit.

    python benchmarks/summary_counts.py --data DIRECTORY

The directory holds mitdb and ltafdb. Rows go to
``benchmarks/results/summary_counts.csv``.
"""

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import wfdb
from harness import parser_of, write_table
from tqdm import tqdm

from sklearn_ecg.rhythm import find_episodes, summarize

RESULTS = Path(__file__).parent / "results" / "summary_counts.csv"
DATABASES = ("mitdb", "ltafdb")

CLASSES = {
    **dict.fromkeys("NLRBejn", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VrE", "V"),
    "F": "F",
    **dict.fromkeys("/fQ?", "Q"),
    **dict.fromkeys("|!", "O"),
}
RUNS = {
    "V": (
        ("sustained VT", lambda rate, s: rate > 100 and s >= 30),
        ("nonsustained VT", lambda rate, s: rate > 100 and s < 30),
        ("accelerated idioventricular rhythm", lambda rate, s: 40 < rate <= 100),
        ("idioventricular rhythm", lambda rate, s: rate <= 40),
    ),
    "S": (("SVT", lambda rate, s: rate > 100),),
}
CYCLES = {1: "bigeminy", 2: "trigeminy", 3: "quadrigeminy"}
NAN = math.nan


class Annotated(NamedTuple):
    """What an expert says of a recording, in samples."""

    samples: list
    labels: list
    unreadable: list  # Pairs
    rate: int
    n_samples: int


class Episode(NamedTuple):
    """An episode, from the sample of one beat to that of another."""

    start: int
    stop: int
    n_beats: int = 0


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    for database in DATABASES:
        for path in tqdm(sorted((arguments.data / database).glob("*.atr")), database):
            annotated = read(path.with_suffix(""))
            wrong = differences(annotated)
            for name, of_package, counted in wrong:
                print(
                    f"{database} {path.stem}: {name}: {of_package}, counted {counted}"
                )
            rows.append(
                {
                    "database": database,
                    "record": path.stem,
                    "beats": len(annotated.samples),
                    "figures": len(counted_of(annotated)),
                    "different": len(wrong),
                }
            )
    write_table(rows, RESULTS)
    table = pd.DataFrame(rows).groupby("database", sort=False)
    print(table[["beats", "figures", "different"]].sum())


def read(path):
    """Read the annotations of a record; its signals need not be there."""
    header, annotation = wfdb.rdheader(str(path)), wfdb.rdann(str(path), "atr")
    rate, n_samples = header.fs, header.sig_len
    samples, labels, unreadable, begun = [], [], [], None
    for sample, symbol in zip(
        annotation.sample.tolist(), annotation.symbol, strict=True
    ):
        if symbol in CLASSES:
            samples.append(sample)
            labels.append(CLASSES[symbol])
        elif symbol == "[":
            begun = sample
        elif symbol == "]" and begun is not None:
            unreadable.append((begun, sample))
            begun = None
    n_samples = max(n_samples, samples[-1])
    return Annotated(samples, labels, unreadable, int(rate), n_samples)


def differences(annotated):
    """Return the figures in which the package and the count differ."""
    rate = annotated.rate
    duration = annotated.n_samples / rate
    seconds = [(start / rate, stop / rate) for start, stop in annotated.unreadable]
    beats = annotated.samples, annotated.labels, rate
    episodes = find_episodes(*beats, unreadable=seconds, duration=duration)
    summary = summarize(*beats, episodes, duration)
    counted = counted_of(annotated)
    assert list(counted) == summary.index.tolist()
    wrong = []
    for name, numbers in counted.items():
        for column, number in zip(("value", "out_of", "at"), numbers, strict=True):
            told = summary.loc[name, column]
            both = told, number
            is_same = math.isclose(*both, rel_tol=1e-12) or all(map(math.isnan, both))
            if not is_same:
                wrong.append((f"{name}, {column}", told, number))
    return wrong


def counted_of(annotated):
    """Count every figure: its value, what it is out of, and when it was."""
    rate = annotated.rate
    beats, n_others = beats_of(annotated)
    lost = lost_between(annotated, beats, n_others)
    stretches = joined(lost, 2 * rate)
    analysed = annotated.n_samples - sum(stop - start for start, stop in stretches)
    hours = analysed / rate / 3600
    is_cut = [one is not None for one in lost[1:-1]]
    fibrillation = fibrillation_of(beats, is_cut, rate)
    figures = {
        "duration": (annotated.n_samples / rate / 3600, NAN, NAN),
        "analysed time": (hours, annotated.n_samples / rate / 3600, NAN),
        "stretches not analysable": (len(stretches), NAN, NAN),
        "longest stretch not analysable": longest(
            [Episode(*pair) for pair in stretches], rate
        ),
        "beats": (len(beats), hours, NAN),
    }
    figures |= rates_of(beats, is_cut, rate)
    figures |= burden_of(fibrillation, stretches, is_cut, analysed, rate)
    for label in "VS":
        figures |= ectopic_of(beats, is_cut, label, rate)
    figures |= pauses_of(beats, is_cut, fibrillation, stretches, rate)
    for name, sign, limit in (("bradycardia", 1, 50), ("tachycardia", -1, 100)):
        episodes = slow_or_fast(beats, is_cut, sign, limit, rate)
        seconds = sum(each.stop - each.start for each in episodes)
        figures[name] = (share(seconds, analysed), hours, NAN)
    return figures


def share(part, whole):
    return 100 * part / whole if whole > 0 else NAN


def beats_of(annotated):
    """Return beats, and how many detections that are none are before each."""
    beats, n_others, n = [], [], 0
    for sample, label in zip(annotated.samples, annotated.labels, strict=True):
        if label == "O":
            n += 1
            continue
        beats.append((sample, label))
        n_others.append(n)
        n = 0
    return beats, [*n_others, n]


def lost_between(annotated, beats, n_others):
    """Return what was lost before each beat, and after the last; None is nothing."""
    edges = [0, *(sample for sample, _ in beats), annotated.n_samples]
    rate, lost = annotated.rate, []
    for place, n in enumerate(n_others):
        start, stop = edges[place], edges[place + 1]
        length = stop - start
        is_noise = n >= 2 and length >= rate and length / (n + 1) <= rate / 2
        if length > 120 * rate or is_noise:
            lost.append((start, stop))
            continue
        inside = [
            (max(start, begun), min(stop, over))
            for begun, over in annotated.unreadable
            if begun < stop and over > start
        ]
        seen = {sample for pair in inside for sample in range(*pair)}
        enough = min(rate / 2, 0.75 * length)
        is_lost = seen and len(seen) >= enough
        lost.append((min(seen), max(seen) + 1) if is_lost else None)
    return lost


def joined(lost, apart):
    """Join what was lost of one interval after the other."""
    stretches, before = [], None
    for one in lost:
        if one and before and one[0] - before[1] < apart:
            stretches[-1] = (stretches[-1][0], one[1])
        elif one:
            stretches.append(one)
        before = one
    return stretches


def longest(episodes, rate, of=lambda each: each.stop - each.start, unit=None):
    """Return the first of the episodes that have most of something."""
    if not episodes:
        return NAN, NAN, NAN
    most = max(episodes, key=of)
    return of(most) / (unit or rate), NAN, most.start / rate


def speed(episode, rate):
    return 60 * (episode.n_beats - 1) * rate / (episode.stop - episode.start)


def fastest(episodes, rate):
    return longest(episodes, rate, lambda each: speed(each, rate), unit=1)


def rates_of(beats, is_cut, rate):
    """Count intervals that were seen whole, and those of eight in a row."""
    places = [place for place, cut in enumerate(is_cut) if not cut]
    total = sum(beats[place + 1][0] - beats[place][0] for place in places)
    mean = 60 * len(places) * rate / total if total else NAN
    rows = []
    for place in range(len(beats) - 8):
        span = beats[place + 8][0] - beats[place][0]
        if span and not any(is_cut[place : place + 8]):
            rows.append((span, beats[place][0]))
    low, high = (NAN, NAN), (NAN, NAN)
    if rows:
        slow = max(rows, key=lambda row: row[0])
        fast = min(rows, key=lambda row: row[0])
        low, high = ((480 * rate / span, at / rate) for span, at in (slow, fast))
    return {
        "mean rate": (mean, len(places), NAN),
        "lowest rate": (low[0], 8, low[1]),
        "highest rate": (high[0], 8, high[1]),
    }


def counts_as(label):
    return "V" if label == "F" else label


def rows_of(beats, is_cut, label):
    """Return all rows of beats of a kind, none of which is cut."""
    row, rows = [], []
    for place, (sample, own) in enumerate(beats):
        if row and (counts_as(own) != label or is_cut[place - 1]):
            rows.append(row)
            row = []
        if counts_as(own) == label:
            row.append(sample)
    return [*rows, row]


def ectopic_of(beats, is_cut, label, rate):
    """Count ectopic beats of a kind, those in a row, and those in turn with others."""
    n_own = sum(own == label for _, own in beats)
    rows = [
        Episode(row[0], row[-1], len(row))
        for row in rows_of(beats, is_cut, label)
        if row
    ]
    runs = [row for row in rows if row.n_beats >= 3]
    figures = {
        f"{label} beats": (n_own, len(beats), NAN),
        f"{label} burden": (share(n_own, len(beats)), len(beats), NAN),
        f"{label} couplets": (sum(row.n_beats == 2 for row in rows), NAN, NAN),
        f"{label} runs": (len(runs), NAN, NAN),
        f"longest {label} run": longest(runs, rate, lambda run: run.n_beats, unit=1),
        f"fastest {label} run": fastest(runs, rate),
    }
    for name, is_of in RUNS[label]:
        n_runs = sum(
            is_of(speed(run, rate), (run.stop - run.start) / rate) for run in runs
        )
        figures[f"runs: {name}"] = (n_runs, len(runs), NAN)
    for n_before, name in CYCLES.items():
        n_episodes = in_turn(beats, is_cut, label, n_before)
        figures[f"{label} {name}"] = (n_episodes, NAN, NAN)
    return figures


def in_turn(beats, is_cut, label, n_before):
    """Count how often at least three cycles of others and one ectopic beat follow."""
    text = ""
    for place, (_, own) in enumerate(beats):
        if place and is_cut[place - 1]:
            text += "|"
        text += "n" if own in "NQ" else "x" if counts_as(own) == label else "|"
    cycle, n_episodes, place = "n" * n_before + "x", 0, 0
    while (place := text.find(cycle * 3, place)) >= 0:
        n_episodes += 1
        while text.startswith(cycle, place):
            place += len(cycle)
    return n_episodes


def pauses_of(beats, is_cut, fibrillation, stretches, rate):
    """Count long intervals between N and S beats, and those that are doubtful."""
    pauses = [
        Episode(first, second)
        for place, ((first, one), (second, other)) in enumerate(pairwise(beats))
        if second - first > 2 * rate
        and {one, other} <= {"N", "S"}
        and not is_cut[place]
    ]

    def meets(start, stop, others):
        return any(other[0] < stop and other[1] > start for other in others)

    n_in_af = sum(meets(*each[:2], fibrillation) for each in pauses)
    n_beside = sum(
        meets(each.start - 2 * rate, each.stop + 2 * rate, stretches) for each in pauses
    )
    return {
        **{
            f"pauses > {least} s": (
                sum(each.stop - each.start > least * rate for each in pauses),
                len(beats),
                NAN,
            )
            for least in (2.0, 2.5, 3.0)
        },
        "longest pause": longest(pauses, rate),
        "pauses in AF": (n_in_af, len(pauses), NAN),
        "pauses beside what is not analysable": (n_beside, len(pauses), NAN),
    }


def slow_or_fast(beats, is_cut, sign, limit, rate):
    """Return stretches of eight intervals beyond a limit, again and again."""
    episodes, reached, stretch = [], 0, None

    def close():
        if stretch is None:
            return
        start = max(stretch[0], reached)
        if stretch[1] - start >= 30 * rate:
            episodes.append(Episode(start, stretch[1]))

    for place in range(len(beats) - 8):
        first, last = beats[place][0], beats[place + 8][0]
        # 8 intervals at the limit last 8 * 60 / limit seconds.
        is_beyond = sign * (limit * (last - first) - 480 * rate) > 0
        if is_beyond and not any(is_cut[place : place + 8]):
            stretch = (stretch[0] if stretch else first, last)
            continue
        close()
        reached = episodes[-1].stop if episodes else 0
        stretch = None
    close()
    return episodes


def burden_of(episodes, stretches, is_cut, analysed, rate):
    """Count atrial fibrillation, and the time in it that was seen."""
    is_told = is_cut.count(False) >= 81
    seen = sum(each.stop - each.start for each in episodes)
    for each in episodes:
        for start, stop in stretches:
            seen -= max(min(stop, each.stop) - max(start, each.start), 0)
    hours = analysed / rate / 3600
    return {
        "AF episodes": (len(episodes) if is_told else NAN, NAN, NAN),
        "AF burden": (share(seen, analysed) if is_told else NAN, hours, NAN),
        "longest AF": longest(episodes, rate),
        "fastest AF": fastest(episodes, rate),
    }


def fibrillation_of(beats, is_cut, rate):
    """Return episodes in which no interval foretells the next."""
    heard = []  # Places of beats, and the interval before each in whole milliseconds
    for place in range(1, len(beats)):
        length = beats[place][0] - beats[place - 1][0]
        milliseconds = (2000 * length + rate) // (2 * rate)
        is_beside_v = "V" in (beats[place][1], beats[place - 1][1])
        if not is_cut[place - 1] and not is_beside_v and 200 <= milliseconds <= 3000:
            heard.append((place, milliseconds))
    episodes, begun = [], 0
    for n in range(1, len(heard) + 1):
        is_last = n == len(heard)
        if is_last or beats[heard[n][0]][0] - beats[heard[n - 1][0]][0] > 60 * rate:
            episodes += of_segment(beats, heard[begun:n], 30 * rate)
            begun = n
    return episodes


def of_segment(beats, heard, shortest):
    """Return the episodes of intervals without a minute of silence among them."""
    is_af = decided([milliseconds for _, milliseconds in heard])
    places = [place for (place, _), one in zip(heard, is_af, strict=True) if one]
    groups = []
    for place in places:
        if groups and beats[place][0] - beats[groups[-1][1]][0] < shortest:
            groups[-1][1] = place
        else:
            groups.append([place, place])
    return [
        Episode(beats[first][0], beats[last][0], last - first + 1)
        for first, last in groups
        if beats[last][0] - beats[first][0] >= shortest
    ]


C_LOG_C = [0.0, *(n * math.log2(n) for n in range(1, 128))]


def decided(intervals):
    """Decide each interval by the window of 127 words that it is the middle of."""
    symbols = [min(60_000 // interval // 5, 63) for interval in intervals]
    words = list(zip(symbols, symbols[1:], symbols[2:], strict=False))
    decisions, is_af, counts = [], False, Counter()
    for n, word in enumerate(words, 1):
        counts[word] += 1
        if n > 127:
            out = words[n - 128]
            counts[out] -= 1
            if not counts[out]:
                del counts[out]
        n_words = min(n, 127)
        if n_words < 79:
            continue
        most = C_LOG_C[n_words]
        entropy = most - sum(map(C_LOG_C.__getitem__, counts.values()))
        score = len(counts) * entropy / (n_words * most)
        is_af = score > (0.4 if is_af else 0.75)
        # The word ends two intervals after it begins: n + 1 is the last of the window.
        n_decided = n + 2 - n_words // 2
        decisions += [is_af] * (n_decided - len(decisions))
    return [*decisions, *[is_af] * (len(intervals) - len(decisions))]


if __name__ == "__main__":
    main()
