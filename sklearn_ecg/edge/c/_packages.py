"""What build systems ask for beside the C: their files, and what they allow."""

from __future__ import annotations

from ..._constants import PACKAGE_NAMES
from ..._parameter_checks import Choice, check, refuse
from ._templates import wrapped

_FILES = {
    "arduino": {
        "library.properties": "library.properties",
        "examples/ecg_beat/ecg_beat.ino": "ecg_beat.ino",
    },
    "cmake": {
        "examples/ecg_beat_cmake/CMakeLists.txt": "CMakeLists.txt",
        "examples/ecg_beat_cmake/main.c": "main.c",
    },
    "cmsis-pack": {
        "sklearn_ecg.ecg_beat.pdsc": "ecg_beat.pdsc",
        "examples/ecg_beat_cmsis/main.c": "main.c",
    },
    "esp-idf": {
        "idf_component.yml": "idf_component.yml",
        "Kconfig": "Kconfig",
        "examples/ecg_beat_esp/CMakeLists.txt": "project.cmake",
        "examples/ecg_beat_esp/main/CMakeLists.txt": "main.cmake",
        "examples/ecg_beat_esp/main/main.c": "main.c",
    },
    "platformio": {
        "library.json": "library.json",
        "examples/ecg_beat_pio/platformio.ini": "platformio.ini",
        "examples/ecg_beat_pio/src/main.cpp": "../arduino/ecg_beat.ino",
    },
    "qemu": {
        "examples/ecg_beat_qemu/Makefile": "Makefile",
        "examples/ecg_beat_qemu/README.md": "README.md",
        "examples/ecg_beat_qemu/link.ld": "../../firmware/link.ld",
        "examples/ecg_beat_qemu/main.c": "main.c",
        "examples/ecg_beat_qemu/samples.txt": "samples.txt",
    },
    "zephyr": {
        "zephyr/module.yml": "module.yml",
        "zephyr/Kconfig": "Kconfig",
        "zephyr/CMakeLists.txt": "CMakeLists.txt",
        "samples/ecg_beat/CMakeLists.txt": "sample/CMakeLists.txt",
        "samples/ecg_beat/prj.conf": "sample/prj.conf",
        "samples/ecg_beat/sample.yaml": "sample/sample.yaml",
        "samples/ecg_beat/boards/nrf52840dk_nrf52840.overlay": "sample/board.overlay",
        "samples/ecg_beat/src/main.c": "sample/main.c",
    },
}
"""Of each build system the files, and their templates in its folder."""

_SAID = {
    "arduino": "**Arduino**: put this folder into `libraries/` of the sketchbook. "
    "`examples/ecg_beat` is a sketch.",
    "cmake": "**CMake**: `examples/ecg_beat_cmake` is a program that reads standard "
    "input. It finds what `cmake --install` of this folder has put somewhere.",
    "cmsis-pack": "**CMSIS-Pack**: `sklearn_ecg.ecg_beat.pdsc` makes a pack of this "
    "folder, which `cpackget add` installs. Its components are "
    "`ECG:Heartbeats:ecg_beat`, the C and, as a template, "
    "`examples/ecg_beat_cmsis/main.c`; and `ECG:Self-test:ecg_beat`, the self-test "
    "without its `main`.",
    "esp-idf": "**ESP-IDF**: put this folder into `components/`; the C and the "
    "self-test are compiled. `CONFIG_ECG_BEAT_SPEED` of `Kconfig` is on: the C is "
    "compiled with `-O2`, whatever the project is compiled with. "
    "`examples/ecg_beat_esp` is a project for `idf.py`.",
    "platformio": "**PlatformIO**: put this folder into `lib/`. "
    "`examples/ecg_beat_pio` is a project for two boards: `pio run`.",
    "qemu": "**QEMU**: `examples/ecg_beat_qemu` is a whole firmware for an emulated "
    "Cortex-M4, with memory and vectors: `make run`. Its `README.md` says more.",
    "zephyr": "**Zephyr**: name this folder in `EXTRA_ZEPHYR_MODULES`. Of "
    "`zephyr/Kconfig`, `CONFIG_ECG_BEAT` compiles the C, and "
    "`CONFIG_ECG_BEAT_SELFTEST` the self-test, too; both are off by default. "
    "`samples/ecg_beat` is an application: `west build -b nrf52840dk/nrf52840`.",
}
"""What the README says of each."""

_CSUB = range(3, 33)
"""How many characters the name of a component of a CMSIS-Pack may have."""


def check_packages(package, name):
    """Check that build systems are known, and take the name of an export."""
    systems = _systems(package)
    for system in systems:
        check("export_c", "package", system, Choice(PACKAGE_NAMES))
    if "platformio" in systems and name.lower() == "library":
        refuse("export_c", "name", name, "another, as library.json is PlatformIO's")
    if "cmsis-pack" in systems and len(name) not in _CSUB:
        allowed = "of 3 to 32 characters, as a component of a CMSIS-Pack is"
        refuse("export_c", "name", name, allowed)


def text_of_packages(package):
    """Return what the README says of some build systems."""
    systems = _systems(package)
    said = [text for system, text in _SAID.items() if system in systems]
    items = [wrapped(f"- {text}", hanging="  ") for text in said]
    return "\n".join(["## In a project\n", *items]) if items else ""


def files_of_packages(package):
    """Return the files of some build systems, and the template of each."""
    return {
        file: f"package/{system}/{template}"
        for system in _systems(package)
        for file, template in _FILES[system].items()
    }


def _systems(package):
    return [package] if isinstance(package, str) else list(package or ())
