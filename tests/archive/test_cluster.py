"""Archives on a cluster of Dask: what joblib hands to it, and workers that die."""

import joblib
import numpy as np
import pandas as pd
import pytest
from deadly import Deadly
from distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_ecg import annotate_many, load_pretrained, make_beat_pipeline
from sklearn_ecg.datasets import make_ecg

N_RECORDINGS = 6
QUICK = {"n_epochs": 1, "n_stages": 1, "stage_epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    directory = tmp_path_factory.mktemp("archive")
    make_ecg(N_RECORDINGS, duration=20, random_state=1, directory=directory)
    return directory


@pytest.fixture(scope="module")
def client():
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        yield client


def without_times(manifest):
    return manifest.drop(columns="seconds")


@pytest.mark.slow
def test_a_cluster_writes_what_one_process_writes(archive, client, tmp_path):
    model = load_pretrained("wearable")
    alone = annotate_many(archive, model, tmp_path / "alone")
    with joblib.parallel_config(backend="dask"):
        together = annotate_many(archive, model, tmp_path / "together", n_jobs=2)
    pd.testing.assert_frame_equal(without_times(together), without_times(alone))
    for path in (tmp_path / "alone").glob("*.ext"):
        assert (tmp_path / "together" / path.name).read_bytes() == path.read_bytes()


def test_a_worker_that_is_killed_loses_nothing(archive, client, tmp_path):
    beats = make_ecg(2, duration=30, random_state=0)
    model = make_beat_pipeline(**QUICK).fit(beats.data, beats.target)
    deadly = Deadly(**model[-1].get_params())._become(model[-1], 1)
    deadly.lives = str(tmp_path / "lives")
    (tmp_path / "lives").write_text("x")
    pipeline = Pipeline([model.steps[0], ("classify", deadly)])
    with joblib.parallel_config(backend="dask"):
        manifest = annotate_many(archive, pipeline, tmp_path / "out", n_jobs=2)
    assert (tmp_path / "lives").read_text() == ""
    assert manifest["status"].tolist() == ["done"] * N_RECORDINGS
    annotate_many(archive, model, tmp_path / "alone")
    for path in (tmp_path / "alone").glob("*.ext"):
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_a_search_runs_on_the_same_cluster(client):
    beats = make_ecg(4, duration=60, random_state=0)
    pipeline = make_beat_pipeline(**QUICK)
    search = GridSearchCV(pipeline, {"classify__sparsity": [0.5, 0.8]}, cv=2, n_jobs=2)
    with joblib.parallel_config(backend="dask"):
        search.fit(beats.data, beats.target)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
