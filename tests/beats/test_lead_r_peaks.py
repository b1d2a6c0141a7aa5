import numpy as np
import pytest

from sklearn_ecg.beats._lead_r_peaks import (
    align_in_lead,
    r_peaks_of_lead,
    read_one_lead,
)
from sklearn_ecg.datasets import beat_table, make_ecg
from sklearn_ecg.detection import detect_r_peaks
from sklearn_ecg.records import recording_from_array


@pytest.fixture(scope="module")
def signal():
    return make_ecg(1, duration=60, random_state=0).records[0].p_signal[:, 0]


def lead_of(*signals, rates=360.0, names="II"):
    recording = recording_from_array(list(signals), rates, names)
    return read_one_lead(recording, ["II"])


def test_r_peaks_are_those_of_the_detector(signal):
    found = r_peaks_of_lead(lead_of(signal)).r_peaks
    assert found.tolist() == detect_r_peaks(signal, 360).tolist()


def test_r_peaks_are_counted_at_the_rate_of_the_fastest_lead(signal):
    slow = lead_of(signal, np.zeros(720 * 60), rates=[360, 720], names=["II", "V1"])
    assert slow.position_rate == 720
    found = r_peaks_of_lead(slow).r_peaks
    assert found.tolist() == (2 * detect_r_peaks(signal, 360)).tolist()
    aligned = align_in_lead(slow, found[1:-1] - 20)
    assert (np.abs(aligned.r_peaks - found[1:-1]) <= 2).all()


def test_what_another_detector_finds_is_aligned(signal):
    def late(signal, sampling_rate):
        return detect_r_peaks(signal, sampling_rate) + 15

    found = r_peaks_of_lead(lead_of(signal), late).r_peaks
    expected = detect_r_peaks(signal, 360)
    assert (np.abs(found - expected)[1:-1] <= 1).all()


def test_distances_are_in_milliseconds_and_signed(signal):
    r_peaks = detect_r_peaks(signal, 360)[1:-1]
    aligned = align_in_lead(lead_of(signal), r_peaks + 18)
    assert aligned.is_aligned.all()
    assert np.median(aligned.milliseconds) == pytest.approx(-50)


def test_beats_after_the_end_of_a_short_lead_stay_where_they_were(signal):
    lead = lead_of(signal, np.zeros(720 * 60), rates=[360, 360], names=["II", "V1"])
    aligned = align_in_lead(lead, np.array([1000, len(signal) + 500]))
    assert aligned.is_aligned.tolist()[1] is False
    assert aligned.r_peaks[1] == len(signal) + 500


def test_missing_samples_are_no_beats(signal):
    holed = signal.copy()
    holed[3000:6000] = np.nan
    found = r_peaks_of_lead(lead_of(holed)).r_peaks
    assert not ((found > 3050) & (found < 6000)).any()


def test_a_rate_at_which_nothing_is_detected_names_lead_and_record(signal):
    with pytest.raises(ValueError, match=r"R peaks of the lead 'II' of record 'in mem"):
        r_peaks_of_lead(lead_of(signal, rates=50))


@pytest.mark.parametrize("lead", [[], 0, b"II", [0]])
def test_what_names_no_lead_is_refused(lead):
    recording = recording_from_array(np.zeros(1000), 250, "II")
    with pytest.raises(ValueError, match="The 'lead' parameter of beat_table"):
        beat_table(recording, lead=lead)


def test_a_lead_with_a_qualifier_is_told():
    random = np.random.default_rng(0)
    recording = recording_from_array(random.normal(size=5000), 250, "II (raw)")
    with pytest.warns(UserWarning, match=r"'II \(raw\)' .* it is II, with a qualifier"):
        beat_table(recording)
