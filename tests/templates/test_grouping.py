"""Beats that look alike come into one template."""

import numpy as np
import pytest

from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import as_recording
from sklearn_ecg.templates import Inquiry, group_beats, looks_of, shape_length
from sklearn_ecg.templates._looks import in_floats
from sklearn_ecg.windows import BeatSegmenter

CLASSES = ["N", "S", "V"]


@pytest.fixture
def beats(rng):
    """Beats of two shapes, of which the model is sure."""
    shape = np.repeat([[0.0, 1.0], [1.0, 0.0]], [80, 40], axis=0)
    looks = (shape + 0.01 * rng.normal(size=shape.shape)).astype(np.float32)
    probability = np.repeat([[0.98, 0.01, 0.01], [0.1, 0.2, 0.7]], [80, 40], axis=0)
    return looks, probability


def test_no_template_has_beats_of_both_shapes(beats):
    grouped = group_beats(*beats, CLASSES, 2)
    assert not set(grouped.template[:80]) & set(grouped.template[80:])
    assert len(grouped.shown) <= 24
    assert grouped.groups.n_beats.sum() == 120
    np.testing.assert_array_equal(
        grouped.groups.template_of[grouped.cell], grouped.template
    )


def test_beats_without_signal_are_in_no_template_and_have_no_opinion(beats):
    looks, probability = beats
    probability[5] = np.nan
    grouped = group_beats(looks, probability, CLASSES, 2)
    assert grouped.template[5] == grouped.cell[5] == -1
    likely = Inquiry(grouped).probabilities()
    assert np.isnan(likely[5]).all()
    assert np.isfinite(np.delete(likely, 5, axis=0)).all()


def test_the_beats_that_are_shown_are_of_their_template(beats):
    grouped = group_beats(*beats, CLASSES, 2)
    for template, shown in enumerate(grouped.shown):
        assert 1 <= len(shown) <= 2
        assert set(grouped.template[shown]) == {template}


@pytest.mark.parametrize("n_beats", [0, 1, 4])
def test_few_beats_and_none_are_grouped(n_beats):
    grouped = group_beats(
        np.ones((n_beats, 3), np.float32), np.full((n_beats, 3), 1 / 3), CLASSES, 2
    )
    assert len(grouped.shown) == min(n_beats, 1)
    question = Inquiry(grouped).question()
    assert question in (range(n_beats) if n_beats else [None])


def test_a_surprising_answer_is_asked_again_at_another_beat_of_the_template(beats):
    grouped = group_beats(*beats, CLASSES, 2)
    inquiry = Inquiry(grouped)
    sure = int(grouped.shown[grouped.template[0]][0])
    inquiry.answer(sure, "V")
    again = inquiry.question()
    assert again != sure
    assert grouped.template[again] == grouped.template[sure]
    inquiry.answer(again, "N")
    assert grouped.template[inquiry.question()] != grouped.template[sure]


def test_each_beat_is_shown_once_and_then_there_is_no_question(beats):
    grouped = group_beats(*beats, CLASSES, 2)
    inquiry, asked = Inquiry(grouped), []
    while (place := inquiry.question()) is not None:
        asked.append(place)
        inquiry.skip(place) if len(asked) % 3 == 0 else inquiry.answer(place, "N")
    assert len(asked) == len(set(asked)) == sum(map(len, grouped.shown))


def test_looks_are_windows_and_features_of_the_segmenter():
    record = as_recording(make_ecg(1, duration=1300, random_state=1).records[0])
    beats = make_ecg(1, duration=1300, random_state=1)
    lead = record.source.leads[0].name
    times = beats.data["sample"].to_numpy() / record.sampling_rate
    looks = looks_of(record, [lead], times)
    segmenter = BeatSegmenter(
        lead=lead,
        before=0.2,
        after=0.312,
        sampling_rate=125,
        rr_features=None,
        relative_features=["p_correlation"],
    )
    rows = segmenter.fit_transform(beats.data).to_numpy()
    length = shape_length()
    np.testing.assert_allclose(
        looks[:, :length], rows[:, :-1:2] / np.sqrt(length), atol=1e-5
    )
    place = length + 4
    np.testing.assert_allclose(looks[:, place], rows[:, -1] / 2, atol=1e-5)


def test_looks_of_very_many_beats_are_the_same_in_fewer_bits(monkeypatch):
    beats = make_ecg(1, duration=60, random_state=1)
    record = as_recording(beats.records[0])
    leads = [lead.name for lead in record.source.leads]
    times = beats.data["sample"].to_numpy() / record.sampling_rate
    times = np.sort(np.append(times, times[5] + 0.01))  # Too soon to be looked at
    few = looks_of(record, leads, times)
    monkeypatch.setattr("sklearn_ecg.templates._looks._MANY", 10)
    many = looks_of(record, leads, times)
    assert many.nbytes == few.nbytes / 4
    np.testing.assert_allclose(in_floats(many), in_floats(few), atol=0.017)
    assert np.isnan(few).any()
