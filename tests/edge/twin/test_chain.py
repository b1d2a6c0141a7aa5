import pickle
from dataclasses import fields, replace

import numpy as np
import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.edge.twin._chain import Beats, ChainInputs, ChainStream
from sklearn_ecg.edge.twin._front_end import (
    AFTER_GAP,
    LATE,
    LEAD_OFF,
    LONG_INTERVAL,
    PROVISIONAL,
    SATURATED,
    SECOND_LEAD,
    FrontEnd,
)
from sklearn_ecg.patient import FEATURES, feature_names
from sklearn_ecg.records import recording_from_array

RATE = 250
NAMES = (*feature_names("rhythm"), *feature_names("relative"))
CAUSAL = tuple(name for name in NAMES if FEATURES[name].is_causal)
INPUTS = ChainInputs(RATE, 125, -25, 64, NAMES, True, (-32768, 32767))
GAPS = [(7000, 100), (15000, 3)]


@pytest.fixture(scope="module")
def counts():
    record = make_ecg(1, duration=120, sampling_rate=RATE, random_state=3)
    random = np.random.default_rng(0)
    signal = 200 * record.records[0].p_signal[:, 0]
    signal = np.rint(signal + random.normal(0, 5, len(signal))).astype(np.int16)
    return signal


@pytest.fixture(scope="module")
def marred(counts):
    """Counts of which some are saturated, some flat, and some are of no lead."""
    counts, off = counts.copy(), np.zeros(len(counts), dtype=bool)
    for start, stop in ((0, 100), (5000, 5400), (9000, 9020), (25000, 29000)):
        off[start:stop] = True
    counts[12000:12030] = 32767
    counts[20000:22000] = 0
    return counts, off


def played(inputs, counts, off, chunk, gaps=(), r_peaks=None):
    """Push samples in pieces; what is told comes with the piece that holds it."""
    stream, parts, start, lost = ChainStream(inputs), [], 0, 0
    r_peaks = np.zeros(0, dtype=np.int64) if r_peaks is None else r_peaks
    for until, n_lost in [*gaps, (len(counts), 0)]:
        while start < until:
            stop = min(start + chunk, until)
            inside = (r_peaks >= start + lost) & (r_peaks < stop + lost)
            piece = slice(start, stop)
            parts.append(stream.push(counts[piece], off[piece], r_peaks[inside]))
            start = stop
        stream = pickle.loads(pickle.dumps(stream))
        parts.append(stream.end())
        stream.gap(n_lost)
        lost += n_lost
    return Beats.joined(parts)


def assert_same(found, expected):
    for each in fields(Beats):
        one, other = getattr(found, each.name), getattr(expected, each.name)
        np.testing.assert_array_equal(one, other, err_msg=each.name)


@pytest.mark.parametrize("chunk", [128, 1000])
@pytest.mark.parametrize("names", [NAMES, CAUSAL, ("rr_prev",), ()])
def test_a_signal_in_pieces_is_that_of_the_whole(marred, chunk, names):
    waits = not all(FEATURES[name].is_causal for name in names)
    inputs = replace(INPUTS, names=names, waits=waits)
    whole = inputs.beats(*marred, GAPS)
    assert len(whole.samples) > 100
    assert_same(played(inputs, *marred, chunk, GAPS), whole)


@pytest.mark.parametrize("detects", [True, False])
@pytest.mark.parametrize(("chunk", "n_samples"), [(1, 3500), (7, 13000)])
def test_samples_in_small_pieces_are_those_of_the_whole(
    marred, detects, chunk, n_samples
):
    start = 12_500 - n_samples // 2
    counts, off = (each[start : start + n_samples] for each in marred)
    inputs = replace(INPUTS, detects=detects)
    told = np.empty(0, int) if detects else np.arange(150, n_samples, 200)
    gaps = [(2000, 555)]
    whole = inputs.beats(counts, off, gaps, told)
    assert len(whole.samples) > 10
    assert detects or set(whole.samples) <= set(told)
    assert_same(played(inputs, counts, off, chunk, gaps, told), whole)


@pytest.mark.parametrize("rate", [125, 180, 250, 360, 500])
def test_beats_windows_and_features_are_those_of_the_segmenter(rate):
    record = make_ecg(1, duration=60, sampling_rate=rate, random_state=3)
    counts = np.rint(2000 * record.records[0].p_signal[:, 0]).astype(np.int16)
    counts -= counts[0]  # From which the segmenter counts on
    inputs = replace(INPUTS, sampling_rate=rate)
    found = inputs.beats(counts, np.zeros(len(counts), bool))
    r_peaks = detect_r_peaks(counts, rate)
    np.testing.assert_array_equal(found.samples, r_peaks)
    # So many microvolts that a count of the segmenter is one of the converter.
    recording = recording_from_array(counts / 10_000, rate, "II")
    segmenter = BeatSegmenter(
        "II",
        before=25 / 125,
        after=39 / 125,
        sampling_rate=125,
        normalize=None,
        relative_features="all",
    )
    columns = segmenter.fit_transform(beat_table(recording, r_peaks))
    integers = np.column_stack(
        [
            np.rint(columns[name].to_numpy(float) / FEATURES[name].worth(125))
            for name in NAMES
        ]
    ).astype(int)
    # After the last beat comes none. Local means are of seconds, or of milliseconds.
    for name, one, other in zip(NAMES, found.features[:, 0].T, integers.T, strict=True):
        limit = 2 if name in ("rr_local", "rr_prev_ratio", "rr_next_ratio") else 0
        np.testing.assert_allclose(one[:-1], other[:-1], atol=limit, err_msg=name)
    lengths = inputs.front_end.lengths
    windows = found.windows[:, 0] * 2.0**lengths.shift / lengths.factor / 10_000
    np.testing.assert_allclose(windows, columns.iloc[:, :64], rtol=1e-6)


def test_beats_of_a_lead_that_is_off_are_flagged_by_blocks(counts):
    off = np.zeros(len(counts), dtype=bool)
    off[5000:5001] = True
    found = INPUTS.beats(counts, off)
    flagged = found.samples[(found.flags & LEAD_OFF) > 0]
    front = INPUTS.front_end
    reach = 2 * (max(front.reach) + 8)
    assert 1 <= len(flagged) <= 3
    assert (np.abs(flagged - 5000) <= reach).all()
    assert not (INPUTS.beats(counts, 0 * off > 0).flags & LEAD_OFF).any()


@pytest.mark.parametrize(("seconds", "interrupts"), [(0.96, False), (1.2, True)])
@pytest.mark.parametrize("chunk", [50, 100_000])
def test_a_lead_that_is_off_for_a_second_interrupts_the_rhythm(
    counts, seconds, interrupts, chunk
):
    inputs = replace(INPUTS, detects=False)
    told = np.arange(150, len(counts), 400)
    off = np.zeros(len(counts), dtype=bool)
    off[5000 : 5000 + round(seconds * RATE)] = True
    found = played(inputs, counts, off, chunk, (), told)
    after = np.flatnonzero(found.samples > 5000)[0]
    assert found.rr_prev[after] == (0 if interrupts else 1600)
    assert bool(found.flags[after] & AFTER_GAP) is interrupts
    assert (np.delete(found.rr_prev, [0, after]) == 1600).all()


def test_what_the_lead_shows_while_it_is_off_does_not_matter(counts):
    off = (np.arange(len(counts)) // 1000) % 7 == 3
    wild = np.where(off, np.random.default_rng(0).integers(-9999, 9999), counts)
    assert_same(INPUTS.beats(wild, off), INPUTS.beats(counts, off))


def test_saturated_samples_are_told_of(counts):
    inputs = replace(INPUTS, limits=(-32768, int(counts.max())))
    found = inputs.beats(counts, np.zeros(len(counts), bool))
    (place, *_) = np.flatnonzero(counts == counts.max())
    flagged = found.samples[(found.flags & SATURATED) > 0]
    assert np.abs(flagged - place).min() < 10
    assert len(flagged) < 6


def test_samples_before_the_lead_is_on_are_counted(counts):
    n_off = 777
    begun = np.concatenate([np.full(n_off, 31000, np.int16), counts])
    off = np.arange(len(begun)) < n_off
    found = INPUTS.beats(begun, off)
    expected = INPUTS.beats(counts, np.zeros(len(counts), bool))
    assert_same(replace(found, samples=found.samples - n_off), expected)
    assert_same(played(INPUTS, begun, off, 100), found)


@pytest.mark.parametrize("n_lost", [1, 100, 10**9])
def test_lost_samples_are_counted_and_the_patient_stays_known(counts, n_lost):
    off = np.zeros(len(counts), dtype=bool)
    at = 15_000
    found = INPUTS.beats(counts, off, [(at, n_lost)])
    after = found.samples >= at + n_lost
    assert found.samples[after][0] - n_lost - at < 500
    assert found.flags[after][0] & AFTER_GAP
    assert found.rr_prev[after][0] == 0
    assert not (found.flags[after][1:] & AFTER_GAP).any()
    assert found.flags[~after][-1] & PROVISIONAL
    # What is typical is not learnt anew.
    correlation = found.features[:, 0, NAMES.index("qrs_correlation")]
    assert (correlation[after][:3] != 1024).any()
    assert found.features[after][0, 0, NAMES.index("rr_prev_over_mean32")] == 0


def test_the_first_beat_is_after_no_gap(counts):
    found = INPUTS.beats(counts, np.zeros(len(counts), bool))
    assert found.rr_prev[0] == 0
    assert not found.flags[0] & AFTER_GAP
    assert (found.rr_prev[1:] > 0).all()


def test_a_long_interval_is_told_of(counts):
    inputs = replace(INPUTS, detects=False)
    told = np.delete(np.arange(250, len(counts), 200), 60)
    found = inputs.beats(counts, np.zeros(len(counts), bool), (), told)
    long = found.samples[(found.flags & LONG_INTERVAL) > 0]
    assert long.tolist() == [told[60]]


def test_a_beat_that_waits_too_long_for_the_next_one_comes_out_with_a_pause(counts):
    inputs = replace(INPUTS, detects=False, names=("rr_next",))
    stream, off = ChainStream(inputs), np.zeros(len(counts), bool)
    first = stream.push(counts[:1000], off[:1000], np.array([500]))
    assert len(first.samples) == 0
    second = stream.push(counts[:500], off[:500])
    assert second.samples.tolist() == [500]
    assert second.features.tolist() == [[[3000]]]
    assert second.flags[0] & PROVISIONAL


def test_a_beat_that_does_not_wait_comes_out_with_its_window(counts):
    inputs = replace(INPUTS, detects=False, names=("rr_prev",), waits=False)
    stream, off = ChainStream(inputs), np.zeros(len(counts), bool)
    needed = int((inputs.front_end.last_needed(500) + 1) * 2)
    early = stream.push(counts[: needed - 1], off[: needed - 1], np.array([500]))
    assert len(early.samples) == 0
    some = slice(needed - 1, needed)
    assert stream.push(counts[some], off[some]).samples.tolist() == [500]


def test_a_beat_found_too_late_has_no_window():
    inputs = replace(INPUTS, names=("rr_prev", "qrs_correlation"), waits=False)
    # A small beat, found by searching back after a pause of twice 3 s.
    signal, samples = np.zeros(90 * RATE), np.arange(90 * RATE)
    places = np.delete(np.arange(300, 20_000, 740), 13)
    for place in places:
        size = 20 if place == places[12] else 200
        signal += size * np.exp(-(((samples - place) / 5) ** 2))
    counts = np.rint(signal).astype(np.int16)
    found = inputs.beats(counts, np.zeros(len(counts), bool))
    is_late = (found.flags & LATE) > 0
    assert is_late.sum() == 1
    assert abs(found.samples[is_late][0] - places[12]) < 10
    assert not found.windows[is_late].any()
    assert found.features[is_late].tolist() == [[[found.rr_prev[is_late][0], 0]]]
    assert found.windows[~is_late].any(axis=2).all()
    assert_same(played(inputs, counts, np.zeros(len(counts), bool), 1000), found)


@pytest.fixture(scope="module")
def of_two_leads():
    """Counts of two leads, each of which is bad for a while, and where they are off."""
    record = make_ecg(
        1, duration=90, sampling_rate=RATE, leads=("MLII", "V1"), random_state=3
    )
    random = np.random.default_rng(0)
    signal = 200 * record.records[0].p_signal + random.normal(0, 5, (90 * RATE, 2))
    signal[2000:12_000, 0] += random.normal(0, 200, 10_000)
    off = np.zeros(signal.shape, dtype=bool)
    off[17_000:20_000, 1] = off[:50] = off[:600, 1] = off[21_000:21_900] = True
    return np.clip(np.rint(signal), -32768, 32767).astype(np.int16), off


TWO = replace(INPUTS, n_leads=2)


@pytest.fixture
def with_room(monkeypatch):
    """Let two leads remember as much as one, so that no beat comes too late."""
    monkeypatch.setattr(FrontEnd, "ring", FrontEnd.remembered)


@pytest.mark.parametrize("chunk", [7, 500])
def test_two_leads_in_pieces_are_those_of_the_whole(of_two_leads, chunk):
    whole = TWO.beats(*of_two_leads, [(16_000, 99)])
    assert len(whole.samples) > 80
    assert_same(played(TWO, *of_two_leads, chunk, [(16_000, 99)]), whole)


def test_a_lead_without_signal_or_use_is_not_looked_at(of_two_leads, with_room):
    found = TWO.beats(*of_two_leads)
    looked = found.is_looked_at
    at = found.samples
    is_noise, is_off = (at > 10_000) & (at < 12_000), (at > 17_300) & (at < 19_900)
    assert not looked[is_noise, 0].any()
    assert (found.flags[is_noise] & SECOND_LEAD).all()
    assert looked[is_off].tolist() == [[True, False]] * is_off.sum()
    assert not found.flags[is_off].any()
    assert looked.any(axis=1).all()


def test_a_second_lead_that_is_off_changes_nothing(counts, marred, with_room):
    for signal, off in ((counts, np.zeros(len(counts), bool)), marred):
        both = np.column_stack([signal, np.full_like(signal, 99)])
        two = TWO.beats(both, np.column_stack([off, np.ones_like(off)]))
        one = INPUTS.beats(signal, off)
        np.testing.assert_array_equal(two.samples, one.samples)
        np.testing.assert_array_equal(two.flags, one.flags)
        np.testing.assert_array_equal(two.features[:, 0], one.features[:, 0])
        assert (two.is_looked_at == [True, False]).all()


def test_no_samples_are_no_beats():
    nothing = np.zeros(0, dtype=np.int16)
    found = INPUTS.beats(nothing, nothing > 0)
    assert found.windows.shape == (0, 1, 64)
    assert found.features.shape == (0, 1, len(NAMES))
    off = np.ones(500, dtype=bool)
    assert len(INPUTS.beats(np.zeros(500, np.int16), off).samples) == 0


def test_what_a_stream_remembers_stays_small(counts):
    stream, off = ChainStream(INPUTS), np.zeros(len(counts), bool)
    sizes = []
    for _ in range(3):
        for start in range(0, len(counts), 500):
            some = slice(start, start + 500)
            stream.push(counts[some], off[some])
        sizes.append(len(pickle.dumps(stream)))
    assert sizes[2] < sizes[0] + 20_000
    assert max(sizes) < 100_000
