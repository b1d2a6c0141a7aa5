"""One recording in several formats: the same beats, windows and labels."""

import edfio
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import beat_table
from sklearn_ecg.records import read_recording

MINUTES = 10
RATE = 360
UNITS_PER_MILLIVOLT = 200


@pytest.fixture(scope="module")
def wfdb_record(mitdb):
    """The record itself, and the beats of its first minutes."""
    recording = read_recording(mitdb / "100")
    annotations = recording.annotations()
    first = annotations[annotations["sample"] < (60 * MINUTES - 1) * RATE]
    return recording, first["sample"].to_numpy(), first["symbol"].to_numpy()


@pytest.fixture(scope="module")
def paths(wfdb_record, tmp_path_factory):
    """The first minutes of the record, written in other formats."""
    recording, _, _ = wfdb_record
    directory = tmp_path_factory.mktemp("formats")
    signals = recording.read(stop=60 * MINUTES)
    table = pd.DataFrame(signals)
    table.to_csv(directory / "100.csv", index=False)
    table.to_parquet(directory / "100.parquet")
    leads = [
        edfio.EdfSignal.from_digital(
            np.rint(signal * UNITS_PER_MILLIVOLT).astype(np.int16),
            RATE,
            label=lead,
            physical_dimension="mV",
            physical_range=(-10, 10),
            digital_range=(-10 * UNITS_PER_MILLIVOLT, 10 * UNITS_PER_MILLIVOLT),
        )
        for lead, signal in signals.items()
    ]
    edfio.Edf(leads).write(directory / "100.edf")
    return directory


@pytest.fixture(scope="module")
def fitted(wfdb_record):
    """A Pipeline fitted on the WFDB record, and the beat table it was fitted on."""
    table = beat_table(*wfdb_record)
    symbols = wfdb_record[2][table.index]
    classifier = PrunedCNNClassifier(
        0.5, n_stages=1, n_epochs=3, stage_epochs=1, random_state=0
    )
    return make_pipeline(BeatSegmenter(), classifier).fit(table, symbols), table


@pytest.mark.parametrize(
    ("extension", "rate"), [("edf", None), ("csv", RATE), ("parquet", RATE)]
)
def test_another_format_gives_the_same_beats_windows_and_labels(
    wfdb_record, paths, fitted, extension, rate
):
    _, r_peaks, symbols = wfdb_record
    pipeline, expected = fitted
    recording = read_recording(paths / f"100.{extension}", sampling_rate=rate)
    table = beat_table(recording, r_peaks, symbols)
    # The whole record goes on after the last of these beats, the copy does not.
    table, expected = table[:-1], expected[:-1]
    columns = ["sample", "rr_prev", "rr_next", "rr_local"]
    pd.testing.assert_frame_equal(table[columns], expected[columns])

    # Of float32 windows in units of their own spread.
    windows, expected_windows = map(pipeline[0].transform, (table, expected))
    assert len(windows) > 600
    np.testing.assert_allclose(windows, expected_windows, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        pipeline.predict_proba(table), pipeline.predict_proba(expected), atol=1e-5
    )
    assert (pipeline.predict(table) == pipeline.predict(expected)).all()
