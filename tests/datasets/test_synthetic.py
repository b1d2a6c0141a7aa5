from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import wfdb

from sklearn_ecg.datasets import load_beats, make_ecg
from sklearn_ecg.records import read_recording

CLASSES = ["N", "S", "V", "F", "Q"]
CLEAN = {"baseline_wander": 0.0, "muscle_noise": 0.0, "mains_noise": 0.0}


@pytest.fixture(scope="module")
def many_beats():
    """Many beats without noise, in three nearly orthogonal leads."""
    leads = ("I", "aVF", "V2")
    return make_ecg(12, duration=120, leads=leads, random_state=0, **CLEAN)


def signals(beats):
    return [record.p_signal for record in beats.records]


def ratio_to_local(beats, label, column):
    """Ratio of an interval of beats of one class to the mean interval before them."""
    rows = beats.data[beats.target == label]
    return (rows[column] / rows["rr_local"]).dropna()


def magnitude_of_beats(beats, record, label):
    """Mean, over beats of a class, of the length of the vector that the leads see."""
    samples = beats.data["sample"][
        (beats.groups == record.record_name) & (beats.target == label)
    ].to_numpy()
    windows = samples[:, None] + np.arange(-60, 61)
    lengths = np.linalg.norm(record.p_signal, axis=1)
    return lengths[windows.clip(0, record.sig_len - 1)].mean(axis=0)


def width_above_half(beat):
    return np.sum(beat > beat.max() / 2)


class TestBunch:
    def test_is_that_of_load_beats_with_the_records(self, synthetic_beats):
        beats = synthetic_beats
        assert beats.data.columns.tolist() == [
            "record",
            "sample",
            "rr_prev",
            "rr_next",
            "rr_local",
            "r_peaks",
        ]
        assert len(beats.data) == len(beats.target) == len(beats.groups)
        assert isinstance(beats.data.index, pd.RangeIndex)
        assert beats.target.dtype.kind == beats.groups.dtype.kind == "U"
        assert beats.target_names == CLASSES
        assert "evidence of nothing" in beats.DESCR

    def test_each_record_is_its_own_patient(self, synthetic_beats):
        names = [record.record_name for record in synthetic_beats.data["record"]]
        assert synthetic_beats.groups.tolist() == names
        assert len(set(names)) == len(synthetic_beats.records) == 4

    def test_each_class_is_in_more_than_one_record(self, synthetic_beats):
        for label in CLASSES:
            patients = synthetic_beats.groups[synthetic_beats.target == label]
            assert len(set(patients)) >= 2

    def test_table_refers_to_the_records_themselves(self, synthetic_beats):
        records = {id(record) for record in synthetic_beats.data["record"]}
        assert records == {id(record) for record in synthetic_beats.records}

    def test_frequencies_are_those_asked_for(self):
        frequencies = {"N": 6, "S": 1, "V": 2, "F": 0.5, "Q": 0.5}
        beats = make_ecg(
            20,
            duration=300,
            sampling_rate=100,
            class_frequencies=frequencies,
            random_state=0,
        )
        for label, frequency in frequencies.items():
            assert np.mean(beats.target == label) == pytest.approx(
                frequency / 10, rel=0.15
            )

    def test_class_that_is_left_out_does_not_occur(self):
        beats = make_ecg(
            2, duration=30, class_frequencies={"N": 3, "V": 1}, random_state=0
        )
        assert beats.target_names == ["N", "V"]


class TestSeed:
    def test_same_seed_same_bits(self):
        first, second = (make_ecg(2, duration=10, random_state=7) for _ in range(2))
        for one, other in zip(signals(first), signals(second), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(first.data["sample"], second.data["sample"])
        np.testing.assert_array_equal(first.target, second.target)

    def test_other_seed_other_records(self):
        first, second = (make_ecg(1, duration=10, random_state=s) for s in (7, 8))
        assert not np.array_equal(signals(first)[0], signals(second)[0])

    def test_random_state_instance_moves_on(self):
        state = np.random.RandomState(0)
        first, second = (make_ecg(1, duration=10, random_state=state) for _ in range(2))
        assert not np.array_equal(signals(first)[0], signals(second)[0])

    def test_global_generator_is_left_as_it_was(self):
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        make_ecg(1, duration=10, random_state=0)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002

    def test_lead_is_the_same_among_any_others(self):
        alone = make_ecg(1, duration=10, leads=["V5"], random_state=0)
        among = make_ecg(1, duration=10, leads=["II", "V5", "aVR"], random_state=0)
        np.testing.assert_array_equal(signals(alone)[0][:, 0], signals(among)[0][:, 1])


class TestSamplingRate:
    @pytest.mark.parametrize("rate", [128, 250, 257, 1000, 500.5])
    def test_beats_have_the_same_times_and_classes(self, rate):
        expected = make_ecg(3, duration=30, sampling_rate=360, random_state=3)
        beats = make_ecg(3, duration=30, sampling_rate=rate, random_state=3)
        np.testing.assert_array_equal(beats.target, expected.target)
        np.testing.assert_array_equal(beats.groups, expected.groups)
        np.testing.assert_allclose(
            beats.data["sample"] / rate,
            expected.data["sample"] / 360,
            atol=0.5 / rate + 0.5 / 360,
        )
        assert beats.records[0].fs == rate
        assert beats.records[0].sig_len == round(30 * rate)

    def test_signal_is_the_same_noise_included(self):
        # Without what an anti-aliasing filter takes: pacing spikes, fast muscle noise.
        keywords = {
            "duration": 20,
            "class_frequencies": {"N": 6, "S": 1, "V": 2, "F": 1},
            "muscle_noise": 0.0,
            "baseline_wander": 0.3,
            "mains_noise": 0.1,
            "random_state": 0,
        }
        fine = make_ecg(2, sampling_rate=1000, **keywords)
        coarse = make_ecg(2, sampling_rate=250, **keywords)
        step = 1 / 200
        for one, other in zip(signals(fine), signals(coarse), strict=True):
            np.testing.assert_allclose(one[::4], other, atol=1.01 * step)

    def test_muscle_noise_below_half_the_rate_is_the_same(self):
        keywords = {"duration": 20, "muscle_noise": 0.3, "random_state": 0}
        fine = make_ecg(1, sampling_rate=1000, **keywords)
        coarse = make_ecg(1, sampling_rate=500, **keywords)
        difference = signals(fine)[0][::2] - signals(coarse)[0]
        assert np.std(difference) < 0.01

    def test_mains_noise_that_would_alias_is_left_out(self):
        def noise_of_mains(rate):
            quiet, loud = (
                make_ecg(
                    1,
                    duration=10,
                    sampling_rate=rate,
                    mains_frequency=60,
                    random_state=0,
                    **{**CLEAN, "mains_noise": level},
                )
                for level in (0.0, 0.2)
            )
            return np.std(signals(loud)[0] - signals(quiet)[0])

        assert noise_of_mains(100) == 0
        assert noise_of_mains(128) > 0.1


class TestRhythm:
    def test_supraventricular_beats_are_early_and_reset_the_sinus_node(
        self, many_beats
    ):
        assert ratio_to_local(many_beats, "S", "rr_prev").median() < 0.85
        assert 0.95 < ratio_to_local(many_beats, "S", "rr_next").median() < 1.15

    def test_ventricular_beats_are_early_and_their_pause_compensates(self, many_beats):
        before = ratio_to_local(many_beats, "V", "rr_prev")
        after = ratio_to_local(many_beats, "V", "rr_next")
        assert before.median() < 0.85
        assert (before + after).median() == pytest.approx(2, abs=0.1)

    def test_heart_rates_differ_and_lie_in_the_range(self):
        beats = make_ecg(
            8,
            duration=60,
            heart_rate=(60, 80),
            class_frequencies={"N": 1},
            random_state=0,
        )
        rates = 60 / beats.data.groupby(beats.groups)["rr_prev"].mean()
        assert rates.between(57, 84).all()
        assert rates.std() > 2

    def test_beats_lie_inside_the_record_and_fill_it(self, many_beats):
        for record, rows in many_beats.data.groupby(many_beats.groups):
            samples = rows["sample"]
            assert samples.is_monotonic_increasing, record
            assert samples.iloc[0] < 2 * 360
            assert 118 * 360 < samples.iloc[-1] < 120 * 360


@pytest.fixture(scope="module")
def fibrillating():
    stretches = [(100, 200), (250, 300)]
    return make_ecg(2, duration=300, atrial_fibrillation=stretches, random_state=0)


class TestFibrillation:
    def test_it_is_where_it_was_asked_for(self, fibrillating):
        beats = fibrillating
        seconds = beats.data["sample"] / 360
        is_inside = seconds.between(100, 200) | (seconds > 250)
        assert (beats.rhythm == np.where(is_inside, "AFIB", "N")).mean() > 0.99
        assert "S" not in beats.target[beats.rhythm == "AFIB"]
        assert "S" in beats.target[beats.rhythm == "N"]

    def test_beats_before_it_are_those_of_the_same_seed_without(self, fibrillating):
        beats = fibrillating
        without = make_ecg(2, duration=300, random_state=0)
        early, expected = (
            (each.data["sample"] < 99 * 360).to_numpy() for each in (beats, without)
        )
        samples = beats.data.loc[early, "sample"].to_numpy()
        np.testing.assert_array_equal(samples, without.data.loc[expected, "sample"])
        np.testing.assert_array_equal(beats.target[early], without.target[expected])
        assert set(without.rhythm) == {"N"}

    def test_intervals_are_irregular_and_shorter(self, fibrillating):
        beats = fibrillating
        intervals = beats.data["rr_prev"]
        is_normal = beats.target == "N"
        change = (intervals / intervals.shift(1))[is_normal]
        rhythm = beats.rhythm[is_normal]
        irregular, regular = (
            np.log(change[rhythm == name]).abs().median() for name in ("AFIB", "N")
        )
        assert irregular > 3 * regular
        medians = intervals[is_normal].groupby(rhythm).median()
        assert medians["AFIB"] < 0.95 * medians["N"]

    def test_marks_of_the_rhythm_are_written(self, tmp_path):
        made = make_ecg(
            1,
            duration=60,
            atrial_fibrillation=[(20, 40)],
            random_state=0,
            directory=tmp_path,
        )
        loaded = load_beats(tmp_path)
        np.testing.assert_array_equal(loaded.rhythm, made.rhythm)
        pd.testing.assert_frame_equal(loaded.data, made.data)
        rhythm = read_recording(made.records[0]).rhythm()
        assert rhythm["rhythm"].tolist() == ["N", "AFIB", "N"]
        assert rhythm["start"].tolist() == pytest.approx([0, 20, 40], abs=1.5)

    def test_a_patient_who_always_fibrillates_is_marked_so(self):
        beats = make_ecg(12, duration=10, atrial_fibrillation=[(0, 5)], random_state=0)
        always = pd.Series(beats.rhythm == "AFIB").groupby(beats.groups).mean()
        assert (always == 1).sum() == 1
        assert always.median() == pytest.approx(0.5, abs=0.15)


class TestShapes:
    @pytest.mark.parametrize("label", ["V", "Q"])
    def test_ventricular_and_paced_beats_are_wide(self, many_beats, label):
        patients = set(many_beats.groups[many_beats.target == label])
        assert len(patients) >= 3
        ratios = [
            width_above_half(magnitude_of_beats(many_beats, record, label))
            / width_above_half(magnitude_of_beats(many_beats, record, "N"))
            for record in many_beats.records
            if record.record_name in patients
        ]
        # Bundle branch block makes the normal beats of some patients nearly as wide.
        assert min(ratios) > 1
        assert np.median(ratios) > 1.5

    def test_augmented_lead_is_minus_the_mean_of_the_limb_leads(self):
        beats = make_ecg(
            1, duration=10, leads=["I", "II", "aVR"], random_state=0, **CLEAN
        )
        one, two, augmented = signals(beats)[0].T
        np.testing.assert_allclose(augmented, -(one + two) / 2, atol=0.0076)

    def test_patients_differ(self, many_beats):
        beats = [magnitude_of_beats(many_beats, r, "N") for r in many_beats.records]
        for one, other in combinations(beats, 2):
            assert np.abs(one - other).max() > 0.05


class TestNoise:
    @pytest.mark.parametrize(
        ("name", "band"),
        [
            ("baseline_wander", (0, 0.5)),
            ("muscle_noise", (5, 150)),
            ("mains_noise", (45, 55)),
        ],
    )
    def test_each_kind_has_its_level_and_its_band(self, name, band):
        quiet, loud = (
            make_ecg(6, duration=30, random_state=0, **{**CLEAN, name: level})
            for level in (0.0, 0.3)
        )
        noise = np.concatenate(signals(loud), axis=1) - np.concatenate(
            signals(quiet), axis=1
        )
        assert np.median(np.std(noise, axis=0)) == pytest.approx(0.3, rel=0.35)
        power = np.sum(np.abs(np.fft.rfft(noise, axis=0)) ** 2, axis=1)
        frequencies = np.fft.rfftfreq(len(noise), 1 / 360)
        inside = (frequencies >= band[0]) & (frequencies <= band[1])
        assert power[inside].sum() > 0.95 * power.sum()

    def test_mains_frequency_is_the_one_asked_for(self):
        beats = make_ecg(
            1, duration=10, mains_noise=1.0, mains_frequency=60, random_state=0
        )
        spectrum = np.abs(np.fft.rfft(signals(beats)[0][:, 0]))
        assert 20 + np.argmax(spectrum[200:]) / 10 == pytest.approx(60, abs=0.2)


class TestConverter:
    def test_signals_are_whole_steps_of_an_eleven_bit_converter(self, synthetic_beats):
        for record in synthetic_beats.records:
            digital = record.p_signal * record.adc_gain + record.baseline
            np.testing.assert_allclose(digital, np.rint(digital), atol=1e-9)
            assert digital.min() >= 0
            assert digital.max() <= 2047

    def test_what_is_out_of_range_saturates(self):
        record = make_ecg(1, duration=10, baseline_wander=5, random_state=1).records[0]
        assert record.p_signal.max() == (2047 - 1024) / 200
        assert record.p_signal.min() == -1024 / 200


class TestDirectory:
    def test_files_hold_what_is_otherwise_in_memory(self, ecg_directory):
        _, on_disk = ecg_directory
        in_memory = make_ecg(2, duration=20, random_state=1)
        for path, record in zip(on_disk.records, in_memory.records, strict=True):
            read = wfdb.rdrecord(path)
            np.testing.assert_array_equal(read.p_signal, record.p_signal)
            for name in ("fs", "sig_len", "sig_name", "units", "fmt", "baseline"):
                assert getattr(read, name) == getattr(record, name)
            assert read.adc_gain == record.adc_gain
            assert read.comments == record.comments
        without_record = in_memory.data.drop(columns="record")
        pd.testing.assert_frame_equal(
            on_disk.data.drop(columns="record"), without_record
        )
        np.testing.assert_array_equal(on_disk.target, in_memory.target)

    @pytest.mark.parametrize("rate", [128, 257, 500.5])
    def test_load_beats_gives_the_same_at_any_rate(self, tmp_path, rate):
        made = make_ecg(
            3, duration=15, sampling_rate=rate, random_state=2, directory=tmp_path
        )
        beats = load_beats(tmp_path)
        pd.testing.assert_frame_equal(beats.data, made.data)
        np.testing.assert_array_equal(beats.target, made.target)
        np.testing.assert_array_equal(beats.groups, made.groups)
        assert wfdb.rdheader(made.records[0]).fs == rate

    def test_annotations_open_with_the_rhythm(self, ecg_directory):
        _, made = ecg_directory
        annotation = wfdb.rdann(made.records[0], "atr")
        assert annotation.symbol[0] == "+"
        assert annotation.aux_note[0] == "(N"

    def test_same_call_may_be_repeated(self, ecg_directory):
        directory, made = ecg_directory
        again = make_ecg(2, duration=20, random_state=1, directory=directory)
        pd.testing.assert_frame_equal(again.data, made.data)

    @pytest.mark.parametrize("name", ["100.hea", "RECORDS"])
    def test_records_of_others_are_never_touched(self, tmp_path, name):
        (tmp_path / name).write_text("100 0 360\n")
        with pytest.raises(FileExistsError, match=f"already holds {name}"):
            make_ecg(1, duration=10, directory=tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [name]


class TestErrors:
    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"n_records": 0}, "'n_records' .* an integer of at least 1"),
            ({"duration": 4}, "'duration' .* Got 4 instead"),
            ({"duration": np.nan}, "duration"),
            ({"sampling_rate": 50}, "'sampling_rate' .* Got 50 instead"),
            ({"muscle_noise": -0.1}, "'muscle_noise' .* in .0, 5."),
            ({"mains_frequency": 0}, "'mains_frequency' .* Got 0 instead"),
            ({"leads": ()}, "'leads' .* must be different leads of .'I', 'II'"),
            ({"leads": "II"}, "'leads' .* Got 'II' instead"),
            ({"leads": ["II", "V9"]}, "Got .'II', 'V9'. instead"),
            ({"leads": ["II", "II"]}, "different leads of .* Got .'II', 'II'. instead"),
            ({"heart_rate": (80, 60)}, r"'heart_rate\[1\]' .* in \[80, 200\]\. Got 60"),
            ({"heart_rate": (5, 60)}, r"'heart_rate\[0\]' .* in \[20, 200\]\. Got 5"),
            ({"heart_rate": 60}, "heart_rate=60 must be"),
            ({"class_frequencies": {"N": 1, "X": 1}}, "class_frequencies=.*'X'"),
            ({"class_frequencies": {"N": 0, "V": 1}}, "that of 'N' above 0"),
            ({"class_frequencies": {"N": 1, "V": -1}}, "not below 0"),
            ({"class_frequencies": {"N": 1, "V": np.nan}}, "not below 0"),
            ({"atrial_fibrillation": [(5, 61)]}, r"in \[0, 60\]\. Got 61"),
            ({"atrial_fibrillation": [(5, 3)]}, "each later than the one before"),
            ({"atrial_fibrillation": [(1, 9), (8, 12)]}, "must be pairs of seconds"),
            ({"atrial_fibrillation": (5, 30)}, "must be pairs of seconds"),
            ({"class_frequencies": 0.5}, "class_frequencies=0.5 must map"),
        ],
    )
    def test_value_out_of_range_is_named(self, parameters, message):
        with pytest.raises(ValueError, match=message):
            make_ecg(**parameters)

    @pytest.mark.parametrize(
        "parameters", [{"n_records": 2.5}, {"duration": "60"}, {"mains_noise": None}]
    )
    def test_value_of_another_type_is_named(self, parameters):
        with pytest.raises(TypeError, match=next(iter(parameters))):
            make_ecg(**parameters)
