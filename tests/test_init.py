"""The package as a whole: what it offers, and when it imports what takes seconds."""

import ast
import inspect
import pickle
import subprocess
import sys

import pytest

import sklearn_ecg


def run_python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_that_takes_seconds():
    code = (
        "import sys, sklearn_ecg\n"
        "sklearn_ecg.__version__, dir(sklearn_ecg)\n"
        "heavy = {'torch', 'sklearn', 'numpy', 'pandas', 'wfdb', 'matplotlib'}\n"
        "print(heavy & set(sys.modules))"
    )
    assert run_python(code) == "set()"


def test_loading_a_model_imports_nothing_that_takes_much_memory():
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from sklearn_ecg import load_pretrained; load_pretrained('wearable')\n"
        "large = {'sympy', 'matplotlib', 'jinja2', 'onnx'}\n"
        "print(large & set(sys.modules))"
    )
    assert run_python(code) == "set()"


@pytest.mark.parametrize("name", sklearn_ecg.__all__)
def test_every_public_name_is_there_and_is_shown(name):
    assert getattr(sklearn_ecg, name) is not None
    assert name in dir(sklearn_ecg)


def test_modules_are_attributes_before_they_are_imported():
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "import sklearn_ecg\n"
        "print(sklearn_ecg.datasets.make_ecg.__name__, 'torch' in sys.modules)"
    )
    assert run_python(code) == "make_ecg False"
    assert {"datasets", "edge", "metrics"} <= set(dir(sklearn_ecg))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'sklearn_ecg' has no attribute 'Beat'"):
        _ = sklearn_ecg.Beat
    assert not hasattr(sklearn_ecg, "_no_module")
    with pytest.raises(ImportError, match="cannot import name 'Beat'"):
        exec("from sklearn_ecg import Beat")


def test_a_pickle_finds_its_class_in_a_new_process(tmp_path):
    path = tmp_path / "segmenter"
    path.write_bytes(pickle.dumps(sklearn_ecg.BeatSegmenter(before=0.25)))
    code = (
        "import pickle, warnings; warnings.simplefilter('ignore')\n"
        f"print(pickle.load(open({str(path)!r}, 'rb')).before)"
    )
    assert run_python(code).endswith("0.25")


def test_tools_that_read_the_source_see_the_same_names():
    tree = ast.parse(inspect.getsource(sklearn_ecg))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: statement.module
        for statement in block.body
        for alias in statement.names
    }
    assert seen == sklearn_ecg._MODULE_OF
    assert sorted({*seen, "__version__"}) == sorted(sklearn_ecg.__all__)
