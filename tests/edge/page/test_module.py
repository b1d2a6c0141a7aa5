"""The module of WebAssembly, and the page that is written with it."""

import base64
import re
import subprocess

import numpy as np
import pytest

from sklearn_ecg.edge import DeviceChain, export_page
from sklearn_ecg.edge.page import _module
from sklearn_ecg.edge.page._module import compiled, module_of

CLASSES = np.array([b"A", b"B", b"C", b"D", b"E", b"G"], dtype=object)


def test_the_module_in_the_box_is_what_the_c_gives_now(chain, tool):
    tool("wasm-ld")
    version = subprocess.run(
        [tool("clang"), "--version"], capture_output=True, text=True, check=True
    )
    if "version 14." not in version.stdout:
        pytest.skip("the module in the box is by clang 14")
    assert compiled(chain) == module_of(chain), "run benchmarks/ready_chain.py"
    assert len(module_of(chain)) <= 64 * 1024


def test_a_chain_that_is_not_in_the_box_is_compiled(chain, tmp_path, monkeypatch):
    other = DeviceChain(**{**chain.get_params(deep=False), "classes": CLASSES})
    monkeypatch.setattr(_module, "compiled", lambda given: b"of " + given.classes_[0])
    page = export_page(other, tmp_path / "page.html").read_text("utf-8")
    assert base64.b64encode(b"of A").decode() in page


def test_a_missing_compiler_is_named_with_its_package(chain, monkeypatch):
    monkeypatch.setattr(_module.shutil, "which", lambda program: None)
    with pytest.raises(FileNotFoundError, match=r"clang and wasm-ld.*clang lld"):
        compiled(chain)


def test_a_page_is_one_file_that_names_no_other(page):
    text = page.read_text("utf-8")
    assert "connect-src 'none'" in text
    assert not re.search(r"\b(src|href)=[\"'](?!#)", text)
    assert page.stat().st_size < 400_000


def test_what_is_no_chain_or_no_page_is_refused(chain, tmp_path):
    with pytest.raises(TypeError, match=r"takes a DeviceChain, .* got a str"):
        export_page("wearable", tmp_path / "page.html")
    with pytest.raises(ValueError, match=r"a name that ends with \.html"):
        export_page(chain, tmp_path / "page.pdf")
    assert not list(tmp_path.iterdir())
