"""What build systems ask for beside the C."""

import json
import subprocess

import pytest

from sklearn_ecg.edge import export_c

ARDUINO = """
typedef unsigned long size;
struct Port {
    void begin(long) {}
    template <typename T> void print(T) {}
    template <typename T> void println(T) {}
};
static Port Serial;
static unsigned long micros() { return 0; }
static int analogRead(int) { return 0; }
enum { A0 };
"""


@pytest.fixture(params=["chain", "classifier"])
def model(request, chain, quantized):
    return chain if request.param == "chain" else quantized


def test_platformio_builds_the_module_and_its_test_without_a_main(model, tmp_path):
    export_c(model, tmp_path, "heart", package="platformio")
    library = json.loads((tmp_path / "library.json").read_text())
    assert library["name"] == "heart"
    assert library["headers"] == "heart.h"
    assert library["build"]["srcFilter"] == "+<heart.c> +<heart_selftest.c>"
    assert library["build"]["flags"] == "-DHEART_SELFTEST_NO_MAIN"


def test_the_sketch_is_cpp_that_a_compiler_takes(model, tmp_path, tool):
    export_c(model, tmp_path, "heart", package=["arduino"])
    properties = (tmp_path / "library.properties").read_text()
    assert "name=heart\n" in properties
    assert "includes=heart.h\n" in properties
    sketch = tmp_path / "examples" / "heart" / "heart.ino"
    (tmp_path / "Arduino.h").write_text(ARDUINO)
    options = ["-fsyntax-only", "-Wall", "-Wextra", f"-I{tmp_path}"]
    options += ["-include", str(tmp_path / "Arduino.h"), "-x", "c++"]
    done = subprocess.run(
        [tool("clang"), *options, sketch], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_module_of_zephyr_names_its_files(model, tmp_path):
    export_c(model, tmp_path, "heart", package=("zephyr", "platformio"))
    module = (tmp_path / "zephyr" / "module.yml").read_text()
    assert "name: heart\n" in module
    assert "cmake: zephyr\n" in module
    cmake = (tmp_path / "zephyr" / "CMakeLists.txt").read_text()
    assert "${CMAKE_CURRENT_LIST_DIR}/../heart.c" in cmake
    assert "CONFIG_HEART" in cmake
    assert "config HEART\n" in (tmp_path / "zephyr" / "Kconfig").read_text()


def test_the_sketch_is_no_source_that_arduino_builds_twice(chain, tmp_path, tool):
    """Arduino compiles all that is beside the header; one main is enough."""
    export_c(chain, tmp_path, package="arduino")
    command = [tool("gcc"), "-std=c99", "-DARDUINO=10819", "-c", "ecg_beat_selftest.c"]
    subprocess.run(command, cwd=tmp_path, check=True)
    listing = subprocess.run(
        [tool("nm"), "ecg_beat_selftest.o"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert " T main" not in listing.stdout
    assert " T ecg_beat_selftest" in listing.stdout


def test_other_build_systems_are_refused_before_a_file_is_written(chain, tmp_path):
    with pytest.raises(ValueError, match="'platformio', 'arduino' or 'zephyr'"):
        export_c(chain, tmp_path / "new", package="bazel")
    assert not (tmp_path / "new").exists()
