import json
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_ecg import PrunedCNNClassifier, make_beat_pipeline
from sklearn_ecg.edge import export_onnx


@pytest.fixture
def onnxruntime():
    pytest.importorskip("onnx")
    return pytest.importorskip("onnxruntime")


def test_probabilities_are_those_of_the_classifier(
    pipeline, synthetic_beats, tmp_path, onnxruntime
):
    file = export_onnx(pipeline, tmp_path / "beats.onnx")
    rows = pipeline[0].transform(synthetic_beats.data)
    session = onnxruntime.InferenceSession(str(file))
    for n_beats in (1, len(rows)):
        X = rows.iloc[:n_beats]
        (found,) = session.run(None, {"X": X.to_numpy()})
        assert_allclose(found, pipeline[-1].predict_proba(X), atol=1e-5)
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == ["F", "N", "Q", "S", "V"]
    assert [path.name for path in tmp_path.iterdir()] == ["beats.onnx"]


def test_the_pipeline_for_unseen_patients_is_known(
    synthetic_beats, tmp_path, onnxruntime
):
    pipeline = make_beat_pipeline(sparsity=0.5, n_stages=1, n_epochs=1, stage_epochs=1)
    pipeline.fit(synthetic_beats.data, synthetic_beats.target)
    rows = pipeline[0].transform(synthetic_beats.data)
    file = export_onnx(pipeline, tmp_path / "beats.onnx")
    (found,) = onnxruntime.InferenceSession(str(file)).run(None, {"X": rows.to_numpy()})
    assert_allclose(found, pipeline[-1].predict_proba(rows), atol=1e-5)


def test_metadata_tell_labels_with_commas_apart(beats, tmp_path, onnxruntime):
    windows, labels = beats
    classifier = PrunedCNNClassifier(0.5, n_stages=1, n_epochs=1, stage_epochs=1)
    classifier.fit(windows, np.where(labels == "N", "N, or L", labels))
    session = onnxruntime.InferenceSession(str(export_onnx(classifier, tmp_path / "m")))
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == ["N, or L", "S", "V"]
    assert json.loads(metadata["columns"]) == []


def test_columns_in_any_order_find_their_place(
    pipeline, synthetic_beats, tmp_path, onnxruntime
):
    rows = pipeline[0].transform(synthetic_beats.data)
    rows = rows[rows.columns[::-1]]
    classifier = PrunedCNNClassifier(0.5, n_stages=1, n_epochs=1, stage_epochs=1)
    classifier.fit(rows, synthetic_beats.target)
    session = onnxruntime.InferenceSession(str(export_onnx(classifier, tmp_path / "m")))
    (found,) = session.run(None, {"X": rows.to_numpy()})
    assert_allclose(found, classifier.predict_proba(rows), atol=1e-5)


def test_export_is_the_same_bytes(pipeline, tmp_path, onnxruntime):
    first = export_onnx(pipeline, tmp_path / "first.onnx").read_bytes()
    assert export_onnx(pipeline, tmp_path / "second.onnx").read_bytes() == first


def test_missing_package_is_named(pipeline, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-ecg\[onnx\]'"):
        export_onnx(pipeline, tmp_path / "beats.onnx")
    assert not list(tmp_path.iterdir())


def test_other_estimators_are_refused(tmp_path):
    with pytest.raises(TypeError, match="got a ndarray"):
        export_onnx(np.zeros(3), tmp_path / "beats.onnx")
