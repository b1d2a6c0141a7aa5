"""Paths behind URLs, and errors that say what to do and keep secrets."""

import os
import pickle
import sys
from pathlib import Path, PurePosixPath

import fsspec
import pytest
from fsspec.registry import _registry
from object_store import KEYS

from sklearn_ecg._urls import UrlPath, is_url, path_of, shown


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe("/ward/a/1.edf", b"one")
    system.pipe("/ward/2.edf", b"two!")
    yield system
    system.store.clear()


@pytest.mark.parametrize("path", ["a:b/c", "C:/x", "/s3:/x", "s3/x:y", "file:///x"])
def test_paths_of_this_machine_are_no_urls(path):
    assert not is_url(path)
    assert isinstance(path_of(path), Path)


def test_a_url_of_a_file_is_its_path():
    assert path_of("file:///a/b%20c.edf") == Path("/a/b c.edf")


def test_a_url_that_was_a_path_is_one_again():
    assert os.fspath(path_of(Path("s3://bucket/x"))) == "s3://bucket/x"


def test_parts_of_a_url():
    path = UrlPath("https://host/a/b.edf?key=value")
    assert (path.name, path.suffix, path.scheme) == ("b.edf", ".edf", "https")
    assert path.parent == UrlPath("https://host/a?key=value")
    assert os.fspath(path.parent / "c" / "d.hea") == "https://host/a/c/d.hea?key=value"
    assert os.fspath(path.with_suffix(".csv")) == "https://host/a/b.csv?key=value"
    assert path.relative_to(UrlPath("https://host")) == PurePosixPath("a/b.edf")
    assert not path.is_relative_to(UrlPath("https://other"))
    assert not path.is_relative_to(Path("/a"))
    bucket = UrlPath("s3://bucket/")
    assert bucket.parent == bucket
    assert pickle.loads(pickle.dumps(path)) == path
    with pytest.raises(ValueError, match="is not in"):
        path.relative_to(bucket)


def test_neither_passwords_nor_signatures_are_shown():
    assert shown("ftp://me:word@host/a.edf") == "ftp://host/a.edf"
    url = UrlPath("https://me:word@host/a.edf?X-Amz-Signature=abc")
    assert str(url) == "https://host/a.edf"
    assert repr(url) == "UrlPath('https://host/a.edf')"


def test_what_is_there_is_listed_with_its_state(memory):
    ward = UrlPath("memory://ward")
    below = ward.files_below()
    assert {name: state[0] for name, state in below.items()} == {
        "2.edf": 4,
        "a/1.edf": 3,
    }
    assert list(ward.files_beside()) == ["2.edf"]
    assert ward.is_dir()
    assert not ward.is_file()
    before = (ward / "2.edf").state()
    memory.pipe("/ward/2.edf", b"2222")
    assert (ward / "2.edf").state() != before


def test_an_object_is_put_read_and_removed(memory, tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"0123456789")
    path = UrlPath("memory://ward/new/x")
    path.place(file)
    assert path.read_bytes(2, 5) == b"234"
    assert path.read_text() == "0123456789"
    path.unlink()
    assert not path.exists()
    path.unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError, match="There is no memory://ward/new/x"):
        path.unlink()


def test_nothing_is_written_to_a_web_server(tmp_path):
    with pytest.raises(ValueError, match="https://host/x is a URL of a web server"):
        UrlPath("https://host/x").place(tmp_path)


def test_of_no_bucket_the_error_says_so(s3, tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    with pytest.raises(FileNotFoundError, match="There is no s3://nowhere/x"):
        UrlPath("s3://nowhere/x").read_bytes()
    with pytest.raises(FileNotFoundError, match="there is no such bucket or folder"):
        UrlPath("s3://nowhere/x").place(tmp_path / "x")
    assert not s3.exists("nowhere")


def test_without_credentials_the_error_says_how_to_give_them(s3, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(PermissionError, match=r"no credentials. Set AWS_ACCESS_KEY_ID"):
        UrlPath("s3://bucket/x").read_bytes()


def test_the_remedy_for_a_public_bucket_works(s3, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    conf: dict = {}
    fsspec.config.set_conf_env(conf, {"FSSPEC_S3_ANON": "true"})
    monkeypatch.setitem(fsspec.config.conf, "s3", conf["s3"])
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(FileNotFoundError):
        UrlPath("s3://bucket/x").read_bytes()


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)
    with pytest.raises(ImportError, match=r"s3fs.*pip install \"sklearn-ecg\[s3\]\""):
        UrlPath("s3://bucket/x").read_bytes()
    with pytest.raises(ValueError, match="none://x is of a protocol that fsspec does"):
        UrlPath("none://x").read_bytes()


def test_a_host_that_is_not_there_cannot_be_reached():
    with pytest.raises(ConnectionError, match=r"http://127.0.0.1:1/x cannot be reach"):
        UrlPath("http://127.0.0.1:1/x?signature=abc").read_bytes()


def test_errors_of_libraries_are_told_without_secrets(memory, monkeypatch):
    key = KEYS["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key)
    text = f"GET https://me:word@host/x?X-Amz-Signature=abc with {key} failed"

    def fail(*_args, **_options):
        raise RuntimeError(text)

    monkeypatch.setattr(memory, "cat_file", fail)
    with pytest.raises(OSError, match=r"memory://ward/2.edf cannot be read") as caught:
        UrlPath("memory://ward/2.edf").read_bytes()
    assert "RuntimeError: GET https://host/x with ... failed" in str(caught.value)
    assert caught.value.__cause__ is None
