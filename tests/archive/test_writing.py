"""Files of archives: two tables in Parquet that are read in a line."""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import polars
import pytest

from sklearn_ecg import annotate, annotate_many, load_pretrained
from sklearn_ecg.archive import entries_of, write_outputs
from sklearn_ecg.datasets import make_ecg
from sklearn_ecg.records import recording_from_array


@pytest.fixture(scope="module")
def model():
    return load_pretrained("wearable")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two folders of recordings with equal names."""
    directory = tmp_path_factory.mktemp("archive")
    for seed, ward in enumerate(("ward 1", "ward=2"), start=5):
        make_ecg(2, duration=60, random_state=seed, directory=directory / ward)
    return directory


@pytest.fixture(scope="module")
def annotated(archive, model, tmp_path_factory):
    """A directory of annotations, one of a signal that has no beats, and a manifest."""
    out = tmp_path_factory.mktemp("out")
    flat = recording_from_array(np.zeros(36000), 360, "MLII", name="flat")
    sources = [*sorted(archive.glob("*/*.hea")), flat]
    beats = annotate(sources[0], model).beats
    said = pd.DataFrame({"sample": beats["sample"][1:2], "label": "V", "who": "A"})
    manifest = annotate_many(
        sources,
        model,
        out,
        formats=["parquet", "csv"],
        corrections=said.assign(recording=str(sources[0])),
    )
    return out, manifest


def test_all_beats_are_one_table_to_duckdb_and_polars(annotated):
    out, manifest = annotated
    files = f"{out}/beats/**/*.parquet"
    counted = duckdb.sql(
        f"select label, count(*) as n from '{files}' group by 1 order by 1"
    ).fetchall()
    labels = [name for name in "NSVFQO" if manifest[name].sum()]
    assert dict(counted) == {name: manifest[name].sum() for name in labels}
    lazy = polars.scan_parquet(files).group_by("recording").len().collect()
    of_each = dict(lazy.iter_rows())
    has_beats = manifest[manifest["beats"] > 0]
    n_rows = has_beats[[*"NSVFQO"]].sum(axis=1).tolist()
    assert [of_each[name] for name in has_beats["recording"]] == n_rows
    assert len(of_each) == len(has_beats) == 4


def test_all_episodes_are_one_table_and_join_the_manifest(annotated):
    out, manifest = annotated
    # Of the blanks in a folder's name, duckdb guesses another quote.
    table = f"read_csv('{out}/manifest.csv', quote='\"')"
    rows = duckdb.sql(
        f"select m.recording, count(e.kind) from {table} m left join "
        f"'{out}/episodes/**/*.parquet' e on m.recording = e.recording group by 1"
    ).fetchall()
    assert dict(rows) == dict(
        zip(manifest["recording"], manifest["episodes"], strict=True)
    )


def test_a_recording_has_one_file_in_each_table_and_the_same_columns(annotated):
    out, manifest = annotated
    paths = sorted(out.rglob("*.parquet"))
    assert len(paths) == 2 * len(manifest)
    for table in ("beats", "episodes"):
        schemas = {
            str(polars.read_parquet_schema(path))
            for path in out.glob(f"{table}/**/*.p*")
        }
        assert len(schemas) == 1
    first = manifest["files"][0]
    assert "'beats/ward 1/synthetic_000.parquet'" in first
    read = pd.read_parquet(out / "beats" / "ward 1" / "synthetic_000.parquet")
    assert read.columns[0] == "recording"
    assert set(read["recording"]) == {manifest["recording"][0]}
    assert read.index[read["checked"]].tolist() == [1]


def test_a_recording_that_fails_later_is_in_no_table(archive, model, tmp_path):
    source = tmp_path / "archive"
    make_ecg(1, duration=20, random_state=0, directory=source)
    annotate_many(source, model, tmp_path / "out", formats=["parquet"])
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == 2
    next(source.glob("*.dat")).write_bytes(b"")
    manifest = annotate_many(source, model, tmp_path / "out", formats=["parquet"])
    assert manifest["status"].tolist() == ["failed"]
    assert list((tmp_path / "out").rglob("*.parquet")) == []


def test_tables_in_a_bucket_tell_urls_of_one_name_apart(s3, archive, model):
    for path in archive.glob("*/*000.*"):
        s3.put_file(str(path), f"bucket/{path.parent.name}/{path.name}")
    urls = [f"s3://bucket/{ward}/synthetic_000" for ward in ("ward 1", "ward=2")]
    annotate_many(urls, model, "s3://bucket/out", formats=["parquet"])
    files = s3.glob("bucket/out/beats/**/*.parquet")
    assert files == [
        f"bucket/out/beats/{ward}/synthetic_000.parquet"
        for ward in ("ward 1", "ward=2")
    ]
    read = [pd.read_parquet(s3.open(name))["recording"].unique() for name in files]
    assert [list(each) for each in read] == [[url] for url in urls]


def test_labels_of_other_classes_are_in_one_table_alone(archive, model, tmp_path):
    [entry] = entries_of([archive / "ward 1" / "synthetic_000"], tmp_path)
    annotation = annotate(entry.source, model)
    beats = annotation.beats.assign(label="normal")
    object.__setattr__(annotation, "beats", beats)
    object.__setattr__(annotation, "classes", ("normal",))
    paths = write_outputs(annotation, tmp_path, entry, ["parquet", "csv"], "ext")
    names = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert names == ["beats/synthetic_000.parquet", "synthetic_000.csv"]


def test_pages_of_days_are_files_of_their_recording(archive, model, tmp_path):
    annotation = annotate(archive / "ward 1" / "synthetic_000", model)
    slow = recording_from_array(np.ones(40 * 3600), 1, annotation.lead, name="slow")
    [entry] = entries_of([slow], tmp_path)
    beats = annotation.beats.head(0)
    days = replace(annotation, recording=slow, beats=beats, second_lead=None)
    written = write_outputs(days, tmp_path, entry, ["html"], "ext")
    names = [path.name for path in written]
    assert names == ["slow.html", "slow.day-1.html", "slow.day-2.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
