import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_ecg.detection._decision import Beat
from sklearn_ecg.detection._judge import FLAT, MISSED, WAVES, LeadJudge

RATE = 250
END = 10**9
EVERY = 200
"""Samples from one beat to the next."""

REGULAR = np.arange(100, 60_000, EVERY)


def beats_at(samples, over_noise=900):
    """Beats that a detector finds 0.35 s later."""
    return [Beat(int(s), int(s) + 88, 0, over_noise) for s in sorted(samples)]


def noise_of(**replaced):
    """Clear beats of noise, at any time."""
    random = np.random.default_rng(0)
    samples = np.cumsum(random.integers(60, 220, 400))
    return [beat._replace(**replaced) for beat in beats_at(samples)]


def judged(first, second):
    judge = LeadJudge(RATE)
    return judge, judge.update([first, second], END)


def samples_of(beats):
    return [beat.sample for beat in beats]


def test_beats_of_both_leads_are_those_of_the_first():
    judge, found = judged(beats_at(REGULAR + 5), beats_at(REGULAR))
    assert samples_of(found) == (REGULAR + 5).tolist()
    assert {beat.lead for beat in found} == {0}
    assert {beat.is_sound for beat in found} == {(True, True)}
    assert [change.lead for change in judge.changes] == [0]


def test_a_beat_that_the_believed_lead_missed_is_added():
    early = REGULAR[100] + 120
    later = np.delete(REGULAR, 101)
    judge, found = judged(beats_at(later), beats_at([*later, early]))
    assert samples_of(found) == sorted([*later, early])
    assert [beat.sample for beat in found if beat.lead == 1] == [early]
    assert judge.believed == 0


@pytest.mark.parametrize(
    ("place", "over_noise"), [(REGULAR[100] + 60, 900), (REGULAR[100] + 100, 500)]
)
def test_a_wave_or_noise_of_the_other_lead_is_not_added(place, over_noise):
    second = beats_at(REGULAR) + beats_at([place], over_noise)
    _, found = judged(beats_at(REGULAR), sorted(second))
    assert samples_of(found) == REGULAR.tolist()


def test_a_clear_wave_between_two_usual_beats_is_not_added():
    _, found = judged(beats_at(REGULAR), beats_at([*REGULAR, REGULAR[100] + 100]))
    assert samples_of(found) == REGULAR.tolist()


def test_a_lead_whose_t_waves_are_as_steep_is_not_believed():
    judge, found = judged(beats_at([*REGULAR, *(REGULAR + 75)]), beats_at(REGULAR + 5))
    assert [(change.lead, change.why) for change in judge.changes] == [
        (0, ""),
        (1, WAVES),
    ]
    assert judge.changes[1].sample < 20 * RATE
    later = [beat.sample for beat in found if beat.known > judge.changes[1].sample]
    assert later == (REGULAR + 5)[-len(later) :].tolist()
    assert found[-1].is_sound == (False, True)


def test_no_beat_is_lost_or_doubled_when_a_lead_comes_off():
    judge, found = judged(beats_at(REGULAR[:150]), beats_at(REGULAR + 5))
    assert len(found) == len(REGULAR)
    assert (np.diff(samples_of(found)) > 0.9 * EVERY).all()
    assert [(change.lead, change.why) for change in judge.changes[1:]] == [(1, MISSED)]


def test_beats_of_a_poor_lead_are_believed_when_the_other_is_silent():
    judge, found = judged(beats_at(REGULAR[:20]), beats_at(REGULAR, over_noise=300))
    assert judge.believed == 1
    assert samples_of(found)[-200:] == REGULAR[-200:].tolist()


def test_noise_is_not_believed():
    judge, found = judged(noise_of(over_noise=300), beats_at(REGULAR))
    assert judge.changes[1].sample < 30 * RATE
    assert samples_of(found)[-200:] == REGULAR[-200:].tolist()


def test_beats_of_a_lead_that_is_flat_beside_the_other_are_not_believed():
    good = [beat._replace(height=3200) for beat in beats_at(REGULAR)]
    judge, found = judged(noise_of(height=2000), good)
    assert [(change.lead, change.why) for change in judge.changes[1:]] == [(1, FLAT)]
    assert judge.changes[1].sample < 6 * RATE
    assert samples_of(found)[-280:] == REGULAR[-280:].tolist()
    assert found[-1].is_sound == (False, True)


def test_a_lead_is_not_flat_because_the_other_is_full_of_high_noise():
    low = [beat._replace(height=2000) for beat in beats_at(REGULAR)]
    judge, found = judged(low, noise_of(height=3200))
    assert FLAT not in {change.why for change in judge.changes}
    assert samples_of(found)[-200:] == REGULAR[-200:].tolist()


def test_clear_noise_is_soon_not_worth_a_look_though_it_often_meets_a_beat():
    _, found = judged(beats_at(REGULAR), noise_of())
    assert {beat.is_sound for beat in found[50:]} == {(True, False)}
    assert samples_of(found)[-200:] == REGULAR[-200:].tolist()


def test_the_first_lead_is_believed_again_once_it_is_as_good():
    good = np.concatenate([REGULAR[:50], REGULAR[100:]])
    judge, found = judged(beats_at(good), beats_at(REGULAR))
    assert [change.lead for change in judge.changes] == [0, 1, 0]
    assert samples_of(found) == REGULAR.tolist()


def test_beats_of_the_first_seconds_are_not_judged_before_both_leads_have_learnt():
    late = [beat._replace(known=max(beat.known, 700)) for beat in beats_at(REGULAR)]
    early = [beat._replace(known=max(beat.known, 500)) for beat in beats_at(REGULAR)]
    judge, found = judged(late, early)
    assert {beat.lead for beat in found} == {0}
    assert samples_of(found) == REGULAR.tolist()
    assert len(judge.changes) == 1


@given(
    seed=st.integers(0, 2**32 - 1),
    stops=st.lists(st.integers(0, 30_000), max_size=30),
)
def test_pieces_of_any_size_make_no_difference(seed, stops):
    random = np.random.default_rng(seed)
    leads = []
    for _ in range(2):
        is_there = random.random(100) < random.choice([0.5, 0.9, 1.0])
        extra = random.integers(100, 20_000, random.choice([0, 5, 80]))
        samples = np.unique([*(REGULAR[:100][is_there]), *extra])
        samples = samples[np.diff(samples, prepend=-100) > 50]
        heights = random.integers(300, 1000, len(samples)).tolist()
        leads.append(
            [
                beat._replace(over_noise=height)
                for beat, height in zip(beats_at(samples), heights, strict=True)
            ]
        )
    whole, expected = judged(*leads)
    judge, found, start = LeadJudge(RATE), [], -1
    for stop in [*sorted(stops), END]:
        found += judge.update(
            [[beat for beat in lead if start < beat.known <= stop] for lead in leads],
            stop,
        )
        start = stop
    assert found == expected
    assert judge.changes == whole.changes
    assert (np.diff(samples_of(found)) > 0).all()
