import pickle
import signal
import time
from copy import copy, deepcopy
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

from sklearn_ecg.datasets import beat_table, load_beats
from sklearn_ecg.patient import feature_names
from sklearn_ecg.records._leads import read_leads
from sklearn_ecg.windows._segmenter import BeatSegmenter

SECONDS = 20


def analog_ecg(seconds, seed=0):
    """Evaluate, at any times, an ECG that beats at each whole second, with wander.

    Its waves are Gaussian, and so narrow in frequency that 128 Hz hold them.
    """
    random = np.random.default_rng(seed)
    ecg = 0.3 * np.sin(2 * np.pi * 0.3 * seconds)
    for beat in range(1, SECONDS):
        for offset, width, height in (
            (-0.16, 0.03, 0.1),
            (0, 0.02, 1),
            (0.25, 0.05, 0.3),
        ):
            wave = np.exp(-(((seconds - beat - offset) / width) ** 2) / 2)
            ecg += height * random.uniform(0.5, 1.5) * wave
    return ecg


def make_record(rate=250, leads=("II",), gain=1.0, offset=0.0, name="synthetic"):
    seconds = np.arange(SECONDS * rate) / rate
    signals = [analog_ecg(seconds, seed) for seed in range(len(leads))]
    return wfdb.Record(
        record_name=name,
        fs=rate,
        sig_name=list(leads),
        units=["mV"] * len(leads),
        n_sig=len(leads),
        sig_len=len(seconds),
        p_signal=gain * np.column_stack(signals) + offset,
    )


def make_table(record):
    return beat_table(record, np.arange(1, SECONDS) * int(record.fs))


def signal_only(record, **parameters):
    segmenter = BeatSegmenter(record.sig_name[0], rr_features=None, **parameters)
    return segmenter.fit_transform(make_table(record)).to_numpy()


@pytest.fixture(scope="module")
def record():
    return make_record(leads=("II", "V1"))


@pytest.fixture(scope="module")
def table(record):
    return make_table(record)


@pytest.fixture
def written(tmp_path):
    """The path of a record on disk, whose lead is called V5."""
    record = make_record(leads=("V5",))
    wfdb.wrsamp(
        "written",
        fs=record.fs,
        units=record.units,
        sig_name=record.sig_name,
        p_signal=record.p_signal,
        fmt=["16"],
        write_dir=str(tmp_path),
    )
    return str(tmp_path / "written")


# What comes out


def test_a_window_is_the_standardized_signal_around_its_r_peak(record, table):
    windows = BeatSegmenter(
        "II", before=0.2, after=0.4, sampling_rate=250, rr_features=None
    ).fit_transform(table)
    expected = record.p_signal[5 * 250 - 50 : 5 * 250 + 100, 0]
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(windows.iloc[4], expected, atol=1e-6)


def test_columns_are_named_by_lead_and_seconds_then_the_rhythm(table):
    segmenter = BeatSegmenter(before=0.25, after=0.45, sampling_rate=180).fit(table)
    names = segmenter.get_feature_names_out().tolist()
    assert names[0] == "MLII@-0.250"
    assert names[45:47] == ["MLII@+0.000", "MLII@+0.006"]
    assert names[126:] == [
        "rr_prev",
        "rr_next",
        "rr_local",
        "rr_prev_ratio",
        "rr_next_ratio",
    ]
    assert segmenter.n_samples_ == 126
    assert segmenter.times_[45] == 0


def test_column_names_differ_at_high_rates(table):
    segmenter = BeatSegmenter(sampling_rate=7777, rr_features=None).fit(table)
    names = segmenter.get_feature_names_out()
    assert len(set(names)) == len(names) == segmenter.n_samples_


def test_column_names_hold_no_character_that_means_something_in_json(table):
    segmenter = BeatSegmenter('E[C]{G}":,1').fit(table)
    assert not set("".join(segmenter.get_feature_names_out())) & set('[]{}":,')


def test_rhythm_columns_hold_the_intervals_of_the_table(record):
    table = beat_table(record, [250, 500, 625, 1250])
    features = BeatSegmenter(["II"], rr_features=["rr_next", "rr_prev"]).fit_transform(
        table
    )
    assert features.columns[-2:].tolist() == ["rr_next", "rr_prev"]
    assert features["rr_prev"].tolist() == [1, 1, 0.5, 2.5]
    # After the last beat comes none for 3.5 s: a pause.
    assert features["rr_next"].tolist() == [1, 0.5, 2.5, 3]


def test_causal_features_need_no_next_beat(table):
    features = BeatSegmenter(rr_features="causal").fit_transform(
        table.drop(columns="rr_next")
    )
    assert features.columns[-3:].tolist() == ["rr_prev", "rr_local", "rr_prev_ratio"]


def test_relative_features_are_the_last_columns(table):
    features = BeatSegmenter(relative_features="all").fit_transform(table)
    assert features.columns[130:].tolist() == [
        "rr_next_ratio",
        *feature_names("relative"),
    ]
    names = ["qrs_correlation", "rr_irregularity32", "p_correlation_2_before"]
    only = BeatSegmenter(rr_features=None, relative_features=names).fit_transform(table)
    assert only.columns[126:].tolist() == names
    for name in only.columns[126:]:
        np.testing.assert_array_equal(only[name], features[name])


def test_relative_features_of_a_beat_do_not_depend_on_the_other_rows(table):
    segmenter = BeatSegmenter(relative_features="all").fit(table)
    rows = table.iloc[[7, 3]]
    pd.testing.assert_frame_equal(
        segmenter.transform(rows), segmenter.transform(table).iloc[[7, 3]]
    )


def test_where_any_lead_will_do_none_stands_in_but_a_guess_is_told(table):
    segmenter = BeatSegmenter(["V9", "any"]).fit(table)
    with pytest.warns(UserWarning, match=r"Lead 'II' .* passed over: 'V1'") as told:
        assert len(segmenter.transform(table)) == len(table)
    assert len(told) == 1


def test_relative_features_need_all_r_peaks(table):
    with pytest.raises(ValueError, match=r"lacks the columns \['r_peaks'\]"):
        BeatSegmenter(relative_features="all").fit(table.drop(columns="r_peaks"))


def test_relative_features_depend_on_the_gain_only_by_rounding(record):
    louder = deepcopy(record)
    louder.p_signal = 7 * louder.p_signal + 3
    r_peaks = [250, 500, 625, 1250]
    segmenter = BeatSegmenter(rr_features=None, relative_features="all")
    one, other = (
        segmenter.fit_transform(beat_table(each, r_peaks)) for each in (record, louder)
    )
    np.testing.assert_allclose(one, other, atol=0.01)


def test_output_is_a_view_on_one_float32_array_in_row_order(table):
    features = BeatSegmenter().fit_transform(table)
    array = features.to_numpy()
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    assert np.shares_memory(array, features["rr_prev"].to_numpy())


def test_index_is_that_of_the_table(table):
    shuffled = table.iloc[[3, 0, 3]].set_axis(["x", "y", "x"])
    assert BeatSegmenter().fit_transform(shuffled).index.tolist() == ["x", "y", "x"]


def test_windows_past_the_ends_are_filled_with_the_edge_values(record):
    last = SECONDS * 250 - 1
    windows = BeatSegmenter(
        "II", before=0.1, after=0.1, sampling_rate=250, normalize=None, rr_features=None
    ).fit_transform(beat_table(record, [0, last]))
    lead = record.p_signal[:, 0]
    np.testing.assert_allclose(windows.iloc[0, :26], lead[0], atol=1e-7)
    np.testing.assert_allclose(windows.iloc[1, 25:], lead[last], atol=1e-7)
    assert abs(lead[last] - lead[0]) > 1e-3


@pytest.mark.parametrize("rate", [250, 180])
@pytest.mark.parametrize("relative", [None, ["rr_irregularity32"]])
def test_a_flat_window_becomes_zeros(rate, relative):
    flat = make_record()
    flat.p_signal[6 * 250 : 9 * 250] = 4.2
    windows = signal_only(flat, sampling_rate=rate, relative_features=relative)
    windows = windows[:, : windows.shape[1] - (relative is not None)]
    assert np.array_equal(windows[6], np.zeros(windows.shape[1]))
    assert windows[1].std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("artefact", [1e6, 4e9, -4e9, 1e10, 9.97e36, 1e300])
@pytest.mark.parametrize("rate", [250, 180])
@pytest.mark.parametrize("relative", [None, "causal"])
def test_an_artefact_leaves_the_windows_elsewhere_as_they_were(
    artefact, rate, relative
):
    marred = make_record(leads=("II", "V1"))
    marred.p_signal[5, 0] = artefact
    choice = {"sampling_rate": rate, "relative_features": relative}
    np.testing.assert_array_equal(
        signal_only(marred, **choice), signal_only(make_record(), **choice)
    )


@pytest.mark.parametrize("value", [1e10, -9.97e36])
def test_a_value_that_no_converter_gives_is_refused_in_a_window(value):
    record = make_record()
    record.p_signal[5 * 250 + 30] = value
    with pytest.raises(
        ValueError, match=r"sample 1250 of record synthetic: .* beyond ±4\.3e9"
    ):
        signal_only(record, on_invalid="raise")


def test_a_microvolt_on_an_offset_of_a_kilovolt_is_no_flat_window():
    faint = make_record(gain=1e-3, offset=1e6)
    np.testing.assert_allclose(
        signal_only(faint), signal_only(make_record()), atol=0.01
    )


@pytest.mark.parametrize("level", [0, 1e6])
def test_flat_windows_are_zeros_once_a_filter_has_settled(level):
    flat = make_record(offset=level)
    flat.p_signal[12 * 250 :] = level
    windows = signal_only(flat, bandpass=(5, 40))
    assert not windows[-5:].any()
    assert windows[0].any()


# Leads


def test_another_lead_stands_in_under_the_name_of_the_first(table, written):
    on_disk = beat_table(written, table["sample"])
    with pytest.warns(UserWarning, match="'V5' stands in for 'MLII' in 1 of 1 records"):
        stood_in = BeatSegmenter(["MLII", "V5"]).fit_transform(on_disk)
    own = BeatSegmenter(["V5"]).fit_transform(on_disk)
    assert stood_in.columns[0] == "MLII@-0.250"
    np.testing.assert_array_equal(stood_in, own)


def test_a_fitted_segmenter_can_be_told_the_lead_of_another_database(table, written):
    segmenter = BeatSegmenter("II").fit(table)
    on_disk = beat_table(written, table["sample"])
    with pytest.raises(ValueError, match=r"written' has no lead 'II'"):
        segmenter.transform(on_disk)
    segmenter.set_params(lead="V5")
    assert segmenter.transform(on_disk).columns[0] == "II@-0.250"


@pytest.mark.parametrize(
    "parameters",
    [
        {"lead": ["II", "V1"], "channels": "all"},
        {"before": 0.1},
        {"rr_features": "causal"},
    ],
)
def test_parameters_that_change_the_columns_ask_for_a_new_fit(table, parameters):
    segmenter = BeatSegmenter("II").fit(table).set_params(**parameters)
    with pytest.raises(ValueError, match=r"set after fit.*columns.*Fit it again"):
        segmenter.transform(table)


def test_all_channels_stand_one_after_the_other(table):
    both = BeatSegmenter(["V1", "II"], channels="all").fit_transform(table)
    for lead in ("V1", "II"):
        alone = BeatSegmenter(lead, rr_features=None).fit_transform(table)
        pd.testing.assert_frame_equal(both[alone.columns], alone)
    assert both.columns[[0, 126]].tolist() == ["V1@-0.250", "II@-0.250"]


def test_leads_that_would_share_their_column_names_are_refused(table):
    leads = ["E:1", "II", "E,1"]
    with pytest.raises(ValueError, match=r"'E:1' and 'E,1' in the 'lead' .* 'E_1'"):
        BeatSegmenter(leads, channels="all").fit(table)
    assert BeatSegmenter(leads).fit(table).feature_names_out_[0] == "E_1@-0.250"


# What the output does not depend on


@settings(max_examples=25, deadline=None)
@given(
    gain=st.floats(1e-3, 1e3),
    offset=st.floats(-1e3, 1e3),
    normalize=st.sampled_from(["beat", "record"]),
    rate=st.sampled_from([250, 257, 360]),
)
def test_windows_do_not_depend_on_gain_and_offset(gain, offset, normalize, rate):
    reference = signal_only(make_record(rate), normalize=normalize)
    changed = make_record(rate, gain=gain, offset=offset)
    np.testing.assert_allclose(
        signal_only(changed, normalize=normalize), reference, atol=1e-4
    )


@settings(max_examples=10, deadline=None)
@given(rate=st.sampled_from([128, 200, 250, 257, 360, 500, 1000]))
def test_windows_do_not_depend_on_the_sampling_rate_of_the_record(rate):
    reference = signal_only(make_record(180))
    np.testing.assert_allclose(signal_only(make_record(rate)), reference, atol=5e-3)


@pytest.fixture(scope="module")
def mixed():
    """Beats of two records in memory, one after the other, and their features."""
    records = [make_record(250, name="a"), make_record(360, name="b", gain=2)]
    table = pd.concat([make_table(one) for one in records], ignore_index=True)
    return table, BeatSegmenter().fit_transform(table)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.integers(0, 2 * (SECONDS - 1) - 1), min_size=1, max_size=60))
def test_a_row_depends_on_its_own_beat_and_record_alone(mixed, rows):
    table, features = mixed
    some = BeatSegmenter().fit_transform(table.iloc[rows])
    pd.testing.assert_frame_equal(some, features.iloc[rows], check_exact=True)


def test_threads_change_nothing(mixed):
    table, features = mixed
    threaded = BeatSegmenter(n_jobs=2).fit_transform(table)
    pd.testing.assert_frame_equal(threaded, features, check_exact=True)


def test_a_record_is_read_once_however_its_rows_are_spread(written, monkeypatch):
    reads = []
    read = wfdb.rdrecord

    def counted(path, **options):
        reads.append(path)
        return read(path, **options)

    monkeypatch.setattr(wfdb, "rdrecord", counted)
    on_disk = beat_table(written, np.arange(1, SECONDS) * 250)
    in_memory = make_table(make_record(leads=("V5",)))
    interleaved = pd.concat([on_disk, in_memory]).sort_values("sample")
    BeatSegmenter("V5").fit_transform(interleaved)
    assert reads == [written]


def test_paths_in_the_table_may_be_path_objects(written):
    on_disk = beat_table(written, np.arange(1, SECONDS) * 250)
    as_objects = on_disk.assign(record=on_disk["record"].map(Path).astype(object))
    assert isinstance(as_objects["record"].iloc[0], Path)
    pd.testing.assert_frame_equal(
        BeatSegmenter("V5").fit_transform(as_objects),
        BeatSegmenter("V5").fit_transform(on_disk),
    )


def test_further_columns_in_any_order_are_ignored(table):
    segmenter = BeatSegmenter().fit(table)
    other = table[table.columns[::-1]].assign(age=70)
    pd.testing.assert_frame_equal(
        segmenter.transform(other), segmenter.transform(table)
    )


def test_records_in_memory_are_left_as_they_were(record, table):
    before = record.p_signal.copy()
    options = {"baseline": "median", "bandpass": (0.5, 40), "normalize": "record"}
    BeatSegmenter(**options).fit_transform(table)
    np.testing.assert_array_equal(record.p_signal, before)


# Filters, and what a device can repeat


def test_options_that_remove_the_baseline_do(table):
    def spread_of_levels(**options):
        windows = BeatSegmenter(normalize=None, rr_features=None, **options)
        return np.median(windows.fit_transform(table), axis=1).std()

    raw = spread_of_levels()
    assert spread_of_levels(baseline="median") < raw / 5
    assert spread_of_levels(bandpass=(0.7, 40)) < raw / 2
    assert spread_of_levels(bandpass=(0.7, 40), zero_phase=True) < raw / 2


def test_zero_phase_keeps_the_r_peak_in_place_and_a_causal_filter_delays_it(record):
    def peaks(**options):
        windows = signal_only(record, bandpass=(0.5, 20), **options)
        return windows.argmax(axis=1)

    r_peak = 45
    assert np.all(peaks(zero_phase=True) == r_peak)
    assert np.all(peaks() > r_peak)


def test_normalize_by_record_looks_at_the_whole_lead(record):
    changed = make_record()
    changed.p_signal[-250:] *= 50
    for normalize, depends in (("beat", False), ("record", True)):
        windows, others = (
            signal_only(one, normalize=normalize)[:5] for one in (record, changed)
        )
        assert np.allclose(windows, others, atol=1e-6) is not depends


def test_normalize_by_record_is_refused_where_half_of_the_lead_is_flat():
    flat = make_record()
    flat.p_signal[: 15 * 250] = 0.0
    with pytest.raises(ValueError, match=r"lead 'II' .* interquartile range"):
        signal_only(flat, normalize="record")


def test_no_normalization_means_millivolts(record):
    windows = signal_only(record, normalize=None, sampling_rate=250, before=0.2)
    expected = record.p_signal[250 - 50 : 250 + 50, 0]
    np.testing.assert_allclose(windows[0, :100], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "obstacles"),
    [
        ({}, ()),
        ({"normalize": None, "rr_features": "causal"}, ()),
        ({"zero_phase": True}, ()),
        ({"baseline": "median"}, ("baseline",)),
        ({"bandpass": (0.5, 40)}, ("bandpass",)),
        ({"bandpass": (0.5, 40), "zero_phase": True}, ("bandpass", "zero_phase")),
        ({"normalize": "record"}, ("normalize",)),
        ({"relative_features": "causal"}, ("relative_features",)),
        ({"relative_features": ["rr_prev_over_q50"]}, ("relative_features",)),
        ({"relative_features": ()}, ()),
        ({"bandpass": np.array([0.5, 40])}, ("bandpass",)),
        (
            {"relative_features": np.array(["rr_prev_over_q50", "qrs_width"])},
            ("relative_features",),
        ),
    ],
)
def test_a_fitted_segmenter_knows_what_a_device_cannot_repeat(
    table, options, obstacles
):
    segmenter = BeatSegmenter(**options).fit(table)
    assert segmenter.undeployable_parameters_ == obstacles
    assert segmenter.deployable_ is not bool(obstacles)


# Errors


def test_an_r_peak_outside_of_the_signal_is_refused(table):
    wrong = table.assign(sample=table["sample"] + 2 * 250)
    with pytest.raises(ValueError, match=r"sample 5000 lies outside of the lead 'II'"):
        BeatSegmenter().fit_transform(wrong)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_beats_without_signal_are_rows_of_nan_all_named_in_one_warning(value):
    record = make_record()
    record.p_signal[[5 * 250 + 30, 7 * 250]] = value
    table = make_table(record)
    named = "2 beats are without signal: samples 1250, 1750 of record synthetic"
    segmenter = BeatSegmenter(relative_features="all").fit(table)
    with pytest.warns(UserWarning, match=named) as caught:
        windows = segmenter.transform(table)
    assert caught[0].filename == __file__
    is_lost = table["sample"].isin([1250, 1750]).to_numpy()
    assert np.isnan(windows[is_lost]).all(axis=None)
    assert np.isfinite(windows[~is_lost]).all(axis=None)
    assert (segmenter.has_signal(table) == ~is_lost).all()
    quiet = segmenter.set_params(on_invalid="ignore").transform(table)
    pd.testing.assert_frame_equal(quiet, windows)
    with pytest.raises(ValueError, match=named):
        segmenter.set_params(on_invalid="raise").transform(table)
    usable = table[segmenter.has_signal(table)]
    pd.testing.assert_frame_equal(segmenter.transform(usable), windows[~is_lost])


def test_missing_samples_just_outside_of_all_windows_are_bridged():
    record, intact = make_record(), make_record()
    first_after = 5 * 250 + int(np.ceil((81 - 1) / 180 * 250)) + 1
    record.p_signal[first_after : first_after + 30] = np.nan
    windows = signal_only(record)
    assert np.isfinite(windows).all()
    np.testing.assert_allclose(windows, signal_only(intact), atol=0.1)
    record.p_signal[first_after - 1] = np.nan
    with pytest.raises(ValueError, match="missing"):
        signal_only(record, on_invalid="raise")


def test_a_window_longer_than_the_record_is_refused():
    with pytest.raises(ValueError, match=r"15 \+ 6 s .* lead 'II' .* lasts 20 s"):
        signal_only(make_record(), before=15, after=6)


def test_a_band_beyond_what_the_record_holds_is_refused():
    with pytest.raises(ValueError, match=r"'bandpass', 70 Hz, .* 128 Hz .* lead 'II'"):
        signal_only(make_record(128), bandpass=(0.5, 70))


def test_a_record_too_short_to_filter_both_ways_is_named():
    record = make_record()
    record.p_signal = record.p_signal[245:258]
    segmenter = BeatSegmenter(
        before=0.01, after=0.01, bandpass=(0.5, 40), zero_phase=True
    )
    with pytest.raises(ValueError, match=r"lead 'II' of record 'synthetic' .* 13 samp"):
        segmenter.fit_transform(beat_table(record, [5]))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_stops_at_once_and_reaches_the_caller(mixed, monkeypatch, n_jobs):
    table, features = mixed
    repeated = table.assign(record=[copy(record) for record in table["record"]])
    read = []

    def press_ctrl_c(*arguments):
        read.append(arguments)
        if len(read) == 1:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        return read_leads(*arguments)

    monkeypatch.setattr("sklearn_ecg.windows._segmenter.read_leads", press_ctrl_c)
    # A process in the background is started deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            BeatSegmenter(n_jobs=n_jobs).fit_transform(repeated)
    finally:
        signal.signal(signal.SIGINT, before)
    monkeypatch.undo()
    assert 1 <= len(read) < len(table)
    again = BeatSegmenter(n_jobs=n_jobs).fit_transform(table)
    pd.testing.assert_frame_equal(again, features, check_exact=True)


def test_an_error_in_a_thread_reaches_the_caller(mixed):
    table, _ = mixed
    wrong = table.assign(sample=table["sample"].where(table.index > 0, -1))
    with pytest.raises(ValueError, match="sample -1 lies outside"):
        BeatSegmenter(n_jobs=2).fit_transform(wrong)


def test_fit_checks_parameters_and_table(table):
    with pytest.raises(ValueError, match="'channels' parameter"):
        BeatSegmenter(channels="some").fit(table)
    with pytest.raises(ValueError, match="lacks the columns"):
        BeatSegmenter().fit(table.drop(columns="rr_local"))
    with pytest.raises(ValueError, match="0 rows"):
        BeatSegmenter().fit(table.iloc[:0])


def test_transform_checks_the_table_again(table):
    segmenter = BeatSegmenter().fit(table)
    with pytest.raises(ValueError, match="0 rows"):
        segmenter.transform(table.iloc[:0])
    with pytest.raises(TypeError, match="must be a pandas DataFrame"):
        segmenter.transform(table.to_numpy())


# A scikit-learn citizen


def test_scikit_learn_has_no_check_for_tables_that_refer_to_signals():
    # This fails when scikit-learn gains some; then they shall run here.
    with pytest.warns(SkipTestWarning, match="requires input"):
        checks = list(estimator_checks.estimator_checks_generator(BeatSegmenter()))
    for estimator, check in checks:
        check(estimator)
    assert len(checks) == 1


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_estimators_unfitted,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_mixin_order,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ],
)
def test_checks_of_scikit_learn_that_need_no_data_pass(check):
    check("BeatSegmenter", BeatSegmenter())


def test_fit_returns_self_and_leaves_parameters_and_table_alone(table):
    segmenter = BeatSegmenter(["II", "V1"], bandpass=[0.5, 40])
    parameters, columns = segmenter.get_params(), table.copy()
    assert segmenter.fit(table) is segmenter
    segmenter.transform(table)
    assert segmenter.get_params() == parameters
    pd.testing.assert_frame_equal(table, columns)


def test_fit_adds_only_attributes_that_end_in_an_underscore(table):
    segmenter = BeatSegmenter()
    before = set(vars(segmenter))
    added = set(vars(segmenter.fit(table))) - before
    assert added == {"n_samples_", "times_", "feature_names_out_"}


def test_a_second_fit_replaces_the_first(table):
    segmenter = BeatSegmenter().fit(table)
    segmenter.set_params(before=0.1, rr_features=None).fit(table)
    assert segmenter.transform(table).shape[1] == segmenter.n_samples_ == 18 + 81


@pytest.mark.parametrize("method", ["transform", "get_feature_names_out"])
def test_an_unfitted_segmenter_says_so(table, method):
    with pytest.raises(NotFittedError):
        getattr(BeatSegmenter(), method)(table)
    with pytest.raises(NotFittedError):
        _ = BeatSegmenter().deployable_


def test_set_output_of_a_pipeline_carries_the_names_of_the_columns_on(table):
    pipeline = make_pipeline(BeatSegmenter(), StandardScaler())
    scaled = pipeline.set_output(transform="pandas").fit_transform(table)
    assert scaled.columns.tolist() == pipeline[0].get_feature_names_out().tolist()
    assert isinstance(pipeline.set_output(transform="default"), Pipeline)
    assert isinstance(pipeline.transform(table), np.ndarray)


def test_set_output_polars_gives_the_same_columns(table):
    pytest.importorskip("polars", reason="polars is not installed")
    plain = BeatSegmenter().fit_transform(table)
    segmenter = BeatSegmenter().set_output(transform="polars")
    in_polars = segmenter.fit_transform(table)
    assert type(in_polars).__module__.startswith("polars")
    assert list(in_polars.columns) == plain.columns.tolist()
    np.testing.assert_array_equal(in_polars.to_numpy(), plain.to_numpy())


def test_clone_and_pickle_transform_alike(table):
    segmenter = BeatSegmenter("II", sampling_rate=100).fit(table)
    expected = segmenter.transform(table)
    restored = pickle.loads(pickle.dumps(segmenter))
    pd.testing.assert_frame_equal(restored.transform(table), expected)
    cloned = clone(segmenter)
    pd.testing.assert_frame_equal(cloned.fit_transform(table), expected)


def test_a_pickle_holds_no_signal(table):
    segmenter = BeatSegmenter().fit(table)
    segmenter.transform(table)
    assert len(pickle.dumps(segmenter)) < 10_000


def test_the_progress_bar_counts_records_and_is_off_by_default(mixed, capsys):
    table, _ = mixed
    BeatSegmenter().fit_transform(table)
    assert capsys.readouterr().err == ""
    BeatSegmenter(verbose=1).fit_transform(table)
    assert "2/2" in capsys.readouterr().err


@pytest.fixture
def labelled():
    """Beats of four records, every third of them inverted, labels and groups."""
    tables = []
    for name in "abcd":
        record = make_record(name=name, gain=1 + ord(name) % 3)
        for beat in range(3, SECONDS, 3):
            record.p_signal[beat * 250 - 20 : beat * 250 + 20] *= -1
        tables.append(make_table(record))
    table = pd.concat(tables, ignore_index=True)
    y = np.where(table["sample"] // 250 % 3 == 0, "V", "N")
    return table, y, table["record"].map(lambda record: record.record_name)


def forest(memory=None):
    classifier = RandomForestClassifier(n_estimators=10, random_state=0)
    return make_pipeline(BeatSegmenter(), classifier, memory=memory)


def test_a_random_forest_learns_from_the_windows_of_other_records(labelled):
    X, y, groups = labelled
    scores = cross_val_score(forest(), X, y, groups=groups, cv=GroupKFold(4))
    assert scores.min() > 0.95


def test_a_grid_search_over_windows_with_memory_gives_the_same_scores(
    labelled, tmp_path
):
    X, y, groups = labelled
    grid = {"beatsegmenter__before": [0.1, 0.2], "beatsegmenter__normalize": ["record"]}

    def search(memory):
        folds = GroupKFold(2)
        search = GridSearchCV(forest(memory), grid, cv=folds, error_score="raise")
        return search.fit(X, y, groups=groups).cv_results_["mean_test_score"]

    plain = search(None)
    for _ in range(2):
        np.testing.assert_array_equal(search(joblib.Memory(tmp_path, verbose=0)), plain)


def test_values_from_numpy_arrays_in_a_grid_are_accepted(labelled):
    X, y, groups = labelled
    grid = {
        "beatsegmenter__normalize": np.array(["beat", "record"]),
        "beatsegmenter__before": np.linspace(0.1, 0.2, 2, dtype=np.float32),
        "beatsegmenter__sampling_rate": np.array([100]),
        "beatsegmenter__zero_phase": np.array([True]),
    }
    search = GridSearchCV(forest(), grid, cv=GroupKFold(2), error_score="raise")
    assert search.fit(X, y, groups=groups).best_score_ > 0.9


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (np.float32, {"before": 0.25, "after": 0.5, "sampling_rate": 100.5}),
        (np.float32, {"before": 0.35, "sampling_rate": 250, "bandpass": (0.7, 40.1)}),
        (np.float16, {"before": 2.3, "sampling_rate": 1000}),
        (np.uint8, {"before": 1, "after": 1, "sampling_rate": 250, "n_jobs": 2}),
    ],
)
def test_numpy_numbers_give_the_windows_of_python_numbers(table, kind, numbers):
    in_numpy = {
        name: tuple(map(kind, value)) if name == "bandpass" else kind(value)
        for name, value in numbers.items()
    }
    pd.testing.assert_frame_equal(
        BeatSegmenter(relative_features="all", **in_numpy).fit_transform(table),
        BeatSegmenter(relative_features="all", **numbers).fit_transform(table),
        check_exact=True,
    )


@pytest.mark.parametrize(
    "lead",
    [
        ("II", "V1"),
        np.array(["II", "V1"]),
        np.array(["II", "V1"], dtype=object),
        pd.Index(["II", "V1"]),
        [np.str_("II"), "V1"],
    ],
)
def test_leads_may_come_in_any_sequence_of_names(table, lead):
    segmenter = BeatSegmenter(lead, channels="all")
    features = segmenter.fit_transform(table)
    expected = BeatSegmenter(["II", "V1"], channels="all").fit_transform(table)
    pd.testing.assert_frame_equal(features, expected)
    assert {type(name) for name in features.columns} == {str}
    assert clone(segmenter).fit_transform(table).equals(expected)
    assert "V1" in repr(segmenter)
    with pytest.raises(ValueError, match=r"no lead 'V5'; its leads"):
        BeatSegmenter(np.array(["V5"])).fit_transform(table)


def test_names_of_features_may_come_in_an_array(table):
    names = np.array(["rr_local", "rr_prev"])
    features = BeatSegmenter(rr_features=names).fit_transform(table)
    assert features.columns[-2:].tolist() == ["rr_local", "rr_prev"]
    assert {type(name) for name in features.columns} == {str}


def test_a_classifier_refuses_windows_of_another_lead(labelled):
    X, y, _ = labelled
    model = forest().fit(X, y)
    with pytest.warns(UserWarning, match="'II' stands in for 'V1' in 4 of 4 records"):
        other = BeatSegmenter(["V1", "II"]).fit_transform(X)
    with pytest.raises(ValueError, match="feature names"):
        model[-1].predict(other)


# The MIT-BIH Arrhythmia Database


def test_real_records_are_segmented_by_lead_whatever_its_place(mitdb):
    records = ["100", "102", "114"]
    beats = load_beats(mitdb, records).data
    with pytest.warns(UserWarning, match="'V5' stands in for 'MLII' .* '102'"):
        windows = BeatSegmenter(rr_features=None).fit_transform(beats)
    assert len(windows) == len(beats)
    assert np.isfinite(windows.to_numpy()).all()
    # 100 and 114 have MLII at different places; in 102, V5 stands in for it.
    for name, lead in zip(records, ["MLII", "V5", "MLII"], strict=True):
        of_record = beats["record"].str.endswith(name).to_numpy()
        alone = BeatSegmenter(lead, rr_features=None).fit_transform(beats[of_record])
        np.testing.assert_array_equal(windows[of_record], alone)


@pytest.mark.parametrize("name", ["101", "114"])
def test_real_records_at_full_rate_are_exact_standardized_slices(mitdb, name):
    beats = load_beats(mitdb, [name]).data.iloc[1:-1]
    segmenter = BeatSegmenter(sampling_rate=360, rr_features=None)
    windows = segmenter.fit_transform(beats).to_numpy()
    lead = wfdb.rdrecord(f"{mitdb}/{name}", channel_names=["MLII"]).p_signal[:, 0]
    for window, sample in zip(windows, beats["sample"], strict=True):
        expected = lead[sample - 90 : sample + 162]
        expected = (expected - expected.mean()) / expected.std()
        np.testing.assert_allclose(window, expected, atol=1e-5)
