"""The manifest says what was found, in figures of the summary."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from sklearn_ecg import annotate, annotate_many, load_pretrained
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import read_recording, recording_from_array

ALIKE = {
    "analysed_hours": "analysed time",
    "mean_rate": "mean rate",
    "lowest_rate": "lowest rate",
    "highest_rate": "highest rate",
    "af_burden": "AF burden",
    "s_burden": "S burden",
    "s_runs": "S runs",
    "v_burden": "V burden",
    "v_runs": "V runs",
    "longest_pause": "longest pause",
}


@pytest.fixture(scope="module")
def model():
    return load_pretrained("wearable")


def test_figures_are_those_of_the_summary(model, tmp_path):
    make_ecg(2, duration=120, random_state=5, directory=tmp_path / "archive")
    annotation = annotate(tmp_path / "archive" / "synthetic_000", model)
    edf = annotation.recording
    edf.start_time = datetime(2026, 12, 1, 8, 30)
    annotation.to_edf(tmp_path / "archive" / "dated.edf")
    returned = annotate_many(tmp_path / "archive", model, tmp_path / "out")
    written = pd.read_csv(tmp_path / "out" / "manifest.csv")
    for manifest in (returned, written):
        for row in manifest.itertuples():
            recording = read_recording(row.recording)
            found = annotate(recording, model)
            summary = found.summary()["value"]
            for column, name in ALIKE.items():
                assert getattr(row, column) == pytest.approx(
                    summary[name], abs=1e-4, nan_ok=True
                )
            assert row.episodes == len(found.episodes)
            start = recording.start_time
            said = "" if pd.isna(row.start) else row.start
            assert said == ("" if start is None else start.isoformat())
    assert returned["v_runs"].dtype == returned["episodes"].dtype == "Int64"
    assert "2026-12-01T08:30:00" in returned["start"].tolist()


def test_what_cannot_be_said_is_empty(model, tmp_path):
    flat = recording_from_array(np.zeros(36000), 360, "MLII", name="flat")
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"nothing")
    manifest = annotate_many([flat, bad], model, tmp_path / "out")
    assert manifest["mean_rate"].isna().all()
    assert manifest["analysed_hours"][0] == 0
    assert manifest["episodes"].isna().tolist() == [False, True]
    assert manifest["start"].tolist() == ["", ""]
