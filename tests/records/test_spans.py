import numpy as np
from annotation_tables import annotations

from sklearn_ecg.records._spans import (
    Spans,
    atrial_fibrillation,
    fibrillation,
    shutdown,
)


def bounds(spans):
    return list(zip(spans.starts.tolist(), spans.stops.tolist(), strict=True))


def test_fibrillation_lasts_from_mark_to_mark_or_to_the_end():
    text = "] 50, [ 100, [ 150, ] 200, ] 250, 300, [ 400"
    assert bounds(fibrillation(annotations(text))) == [(100, 200), (400, np.inf)]


def test_shutdown_lasts_until_a_mark_that_says_otherwise():
    text = "~(0) 50, ~(-1) 100, ~(48) 150, ~(1) 200, ~(-1) 300"
    assert bounds(shutdown(annotations(text))) == [(100, 200), (300, np.inf)]
    assert not len(shutdown(annotations("100, 200")))


def test_atrial_fibrillation_lasts_until_the_next_rhythm():
    text = "+(AFIB 100, +(N 200, +(AFL 300, +(AFIB 400"
    found = atrial_fibrillation(annotations(text))
    assert bounds(found) == [(100, 200), (400, np.inf)]


def test_the_last_sample_is_inside_only_if_it_is_said_so():
    samples = [99, 100, 200, 201, np.nan]
    closed, open_ = (
        Spans.of([(100, 200)], includes_stop=kind) for kind in (True, False)
    )
    assert closed.hold(samples).tolist() == [False, True, True, False, False]
    assert open_.hold(samples).tolist() == [False, True, False, False, False]


def test_stretches_that_meet_are_told():
    spans = Spans.of([(100, 200), (400, np.inf)])
    starts, stops = [0, 0, 150, 201, 300], [99, 100, 160, 399, 500]
    assert spans.touch(starts, stops).tolist() == [False, True, True, False, True]


def test_what_lies_within_is_measured():
    spans = Spans.of([(0, 50), (90, 120), (150, 160), (400, np.inf)])
    assert bounds(spans.within(100, 500)) == [(100, 120), (150, 160), (400, 500)]
    assert spans.within(100, 500).length() == 130
    assert Spans.of([]).length() == 0
