"""A chain's C as a module of WebAssembly."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from .._device_chain import DeviceChain
from ..c._export import export_c

_PACKAGES = {"clang": "clang", "wasm-ld": "lld"}
"""The Debian package of each program."""

_NAME = "ecg_beat"
_NO_LIBRARY = "-DECG_BEAT_NO_LIBC"
_OPTIONS = ("--target=wasm32", "-Os", "-std=c99", "-ffreestanding", "-nostdlib")
_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Werror")
_LINKED = ("--no-entry", "--strip-all", "-z", "stack-size=16384")
_TIMEOUT = 120
"""Seconds that the compiler may take."""


def module_of(chain: DeviceChain) -> bytes:
    """Return the module of a chain: one in the box, or else compiled now."""
    ready = files(__package__).joinpath("ready", f"{chain.fingerprint_[:16]}.wasm")
    return ready.read_bytes() if ready.is_file() else compiled(chain)


def compiled(chain: DeviceChain) -> bytes:
    """Compile the C of a chain."""
    _check_toolchain()
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as directory:
        export_c(chain, directory, _NAME)
        build = Path(directory)
        own = build / "module.c"
        own.write_bytes(template("module.c").read_bytes())
        module = build / "module.wasm"
        command = ["clang", *_OPTIONS, _NO_LIBRARY, *_WARNINGS, "-I", directory]
        command += [f"-Wl,{','.join(_LINKED)}", "-o", str(module)]
        command += [str(own), str(build / f"{_NAME}.c")]
        _run(command)
        return module.read_bytes()


def template(name):
    """Return a file of the page."""
    return files(__package__).joinpath("templates", name)


def _check_toolchain():
    missing = [program for program in _PACKAGES if shutil.which(program) is None]
    if missing:
        packages = " ".join(_PACKAGES[program] for program in missing)
        raise FileNotFoundError(
            f"export_page compiles C with {' and '.join(missing)}, which can't be "
            f"found. On Debian and Ubuntu: apt-get install {packages}. The "
            "chain in the box, load_pretrained_chain(), needs no compiler."
        )


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
    if done.returncode:
        raise RuntimeError(f"clang can't compile the chain for a page: {done.stderr}")
