"""A Cortex-M in QEMU: compiling exported C for it, and running it there."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np

from .c._templates import renamed, template_text

_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}

_WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
_TIMEOUT = 900
"""Seconds that one emulation may take."""


@dataclass(frozen=True)
class Cpu:
    """A core, and the board of QEMU that has it.

    Attributes
    ----------
    machine : str
        Name of the board.
    flash, ram : (int, int)
        Address and size, in bytes.
    cycles_per_instruction : (float, float)
        Estimates for code of this kind, with activations of 8 and of 16 bits, from
        memory without wait states and from the timings in the core's manual: a
        multiplication or a load takes one to two cycles, a taken branch two to four.
    """

    machine: str
    flash: tuple[int, int]
    ram: tuple[int, int]
    cycles_per_instruction: tuple[float, float]


_MPS2 = {"flash": (0x0, 0x400000), "ram": (0x20000000, 0x400000)}
CPUS = {
    # QEMU has no Cortex-M0+; the Cortex-M0 of this board has its instruction set.
    "cortex-m0plus": Cpu("microbit", (0x0, 0x40000), (0x20000000, 0x4000), (1.5, 1.5)),
    "cortex-m3": Cpu("mps2-an385", **_MPS2, cycles_per_instruction=(1.4, 1.4)),
    "cortex-m4": Cpu("mps2-an386", **_MPS2, cycles_per_instruction=(1.36, 1.48)),
    "cortex-m7": Cpu("mps2-an500", **_MPS2, cycles_per_instruction=(0.8, 0.8)),
    "cortex-m33": Cpu(
        "mps2-an505", (0x10000000, 0x400000), (0x38000000, 0x400000), (1.2, 1.2)
    ),
}


def check_toolchain():
    missing = [program for program in _PACKAGES if shutil.which(program) is None]
    if missing:
        packages = " ".join(_PACKAGES[program] for program in missing)
        raise FileNotFoundError(
            f"profile needs {', '.join(missing)}, which can't be found. On Debian and "
            f"Ubuntu: apt-get install {packages} libnewlib-arm-none-eabi"
        )


def compile_for(build, directory, name, board, cpu, options, beats):
    windows, intervals, logits = beats
    n_beats = _most_beats(beats, board)
    for file, values, kind in (
        ("windows.bin", windows, "<i2"),
        ("intervals.bin", intervals, "<u2"),
        ("logits.bin", logits, "<i4"),
    ):
        (build / file).write_bytes(np.asarray(values[:n_beats]).astype(kind).tobytes())
    script = template_text("firmware/link.ld")
    for key, value in (
        ("FLASH_ORIGIN", board.flash[0]),
        ("FLASH_LENGTH", board.flash[1]),
        ("RAM_ORIGIN", board.ram[0]),
        ("RAM_LENGTH", board.ram[1]),
    ):
        script = script.replace(f"@{key}@", hex(value))
    (build / "link.ld").write_text(script)
    (build / "beats.S").write_text(template_text("firmware/beats.S"))
    (build / "main.c").write_text(renamed(template_text("firmware/main.c"), name))
    compiler = ["arm-none-eabi-gcc", f"-mcpu={cpu}", "-mthumb", *options]
    source = str((directory / f"{name}.c").resolve())
    include = f"-I{directory.resolve()}"
    _call([*compiler, *_WARNINGS, "-c", source, "-o", "module.o"], build)
    _call(
        [*compiler, "-nostartfiles", f"-Wl,--entry={name}_classify", "module.o"]
        + ["-Wl,--gc-sections", "-o", "module.elf"],
        build,
    )
    _call(
        [*compiler, "-ffreestanding", "-nostartfiles", include, "-Tlink.ld"]
        + [
            f"-DN_BEATS={n_beats}",
            "main.c",
            "beats.S",
            "module.o",
            "-o",
            "firmware.elf",
        ],
        build,
    )


def _most_beats(beats, board):
    """Beats that fit into the flash of the board, next to the program."""
    each = sum(
        values[0].size * size for values, size in zip(beats, (2, 2, 4), strict=True)
    )
    return min(len(beats[0]), (board.flash[1] * 3 // 4) // each)


def _call(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def sizes_of(elf):
    """Return bytes of code, of constants, and of static variables."""
    listing = _call(["arm-none-eabi-size", "-A", str(elf)], elf.parent)
    sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", listing, re.MULTILINE))

    def total(*names):
        return sum(int(sections.get(name, 0)) for name in names)

    code = total(".text", ".init", ".fini")
    return code, total(".rodata", ".ARM.exidx"), total(".data", ".bss")


def emulate(elf, machine):
    command = ["qemu-system-arm", "-M", machine, "-nographic", "-semihosting"]
    command += ["-icount", "shift=0", "-kernel", str(elf)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{' '.join(command)} ran for {_TIMEOUT} s.") from error
    printed = dict(
        re.findall(r"^(\w+) (\d+)$", done.stdout + done.stderr, re.MULTILINE)
    )
    if "differences" not in printed:
        raise RuntimeError(
            f"{' '.join(command)} ended early:\n{done.stdout}{done.stderr}"
        )
    return {key: int(value) for key, value in printed.items()}


def version():
    version = _call(["arm-none-eabi-gcc", "-dumpfullversion"], None).strip()
    return f"arm-none-eabi-gcc {version}"
