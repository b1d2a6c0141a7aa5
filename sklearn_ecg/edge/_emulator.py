"""A microcontroller in QEMU: compiling exported C for it, and running it there."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._trace import count_kinds
from .c._templates import renamed, template_text

_WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
_TIMEOUT = 900
"""Seconds that one emulation may take."""

_HEADERS = ("core.h", "board.h", "counting.h", "cortex_m.h", "riscv32.h")
_FUNCTIONS_OF_STREAM = ("init", "push", "poll", "end", "gap")


@dataclass(frozen=True)
class Architecture:
    """What compiles for a family of cores, and what emulates them."""

    prefix: str  # Of the names of the compiler and its companions
    emulator: str
    packages: dict[str, str]  # The Debian package of each program
    library: str | None = None  # Debian package of its C library, if it has one
    options: tuple[str, ...] = ()  # For the compiler

    @property
    def compiler(self):
        return f"{self.prefix}gcc"

    @property
    def size(self):
        return f"{self.prefix}size"


_CORTEX_M = Architecture(
    "arm-none-eabi-",
    "qemu-system-arm",
    {
        "arm-none-eabi-gcc": "gcc-arm-none-eabi",
        "arm-none-eabi-size": "binutils-arm-none-eabi",
        "qemu-system-arm": "qemu-system-arm",
    },
    library="libnewlib-arm-none-eabi",
    options=("-mthumb",),
)
# This compiler comes without a C library. Told so, it has a stdint.h of its own; told
# nothing else, it would no longer know what memcpy does. Small constants would be
# linked into RAM.
_RISCV = Architecture(
    "riscv64-unknown-elf-",
    "qemu-system-riscv32",
    {
        "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
        "riscv64-unknown-elf-size": "binutils-riscv64-unknown-elf",
        "qemu-system-riscv32": "qemu-system-misc",
    },
    options=("-mabi=ilp32", "-msmall-data-limit=0", "-ffreestanding", "-fbuiltin"),
)


@dataclass(frozen=True)
class Cpu:
    """A core, and the board of QEMU that has it."""

    architecture: Architecture
    option: str  # What tells the compiler of the core
    machine: str  # Name of the board
    flash: tuple[int, int]  # Address and size, in bytes
    ram: tuple[int, int]  # Address and size, in bytes


def _cortex_m(name, machine, flash, ram):
    return Cpu(_CORTEX_M, f"-mcpu={name}", machine, flash, ram)


def _risc_v(extensions):
    """Return a SiFive E31, which starts at this address of its flash."""
    flash, ram = (0x20400000, 0x400000), (0x80000000, 0x4000)
    return Cpu(_RISCV, f"-march={extensions}", "sifive_e", flash, ram)


_MPS2 = (0x0, 0x400000), (0x20000000, 0x400000)
_AN505 = (0x10000000, 0x400000), (0x38000000, 0x400000)
CPUS = {
    # QEMU has no Cortex-M0+; the Cortex-M0 of this board has its instruction set.
    "cortex-m0plus": _cortex_m(
        "cortex-m0plus", "microbit", (0x0, 0x40000), (0x20000000, 0x4000)
    ),
    "cortex-m3": _cortex_m("cortex-m3", "mps2-an385", *_MPS2),
    "cortex-m4": _cortex_m("cortex-m4", "mps2-an386", *_MPS2),
    "cortex-m7": _cortex_m("cortex-m7", "mps2-an500", *_MPS2),
    "cortex-m33": _cortex_m("cortex-m33", "mps2-an505", *_AN505),
    "riscv32": _risc_v("rv32imac"),
    # Of this core the instructions, on a board that has some more.
    "esp32c3": _risc_v("rv32imc"),
}


def memory_words(board):
    """Return what the linker's script asks for of a board."""
    (flash, n_flash), (ram, n_ram) = board.flash, board.ram
    numbers = {"FLASH_ORIGIN": flash, "FLASH_LENGTH": n_flash}
    numbers |= {"RAM_ORIGIN": ram, "RAM_LENGTH": n_ram}
    return {key: hex(number) for key, number in numbers.items()}


def check_toolchain(board):
    """Refuse to go on without the programs for a core."""
    of = board.architecture
    missing = [program for program in of.packages if shutil.which(program) is None]
    if missing:
        packages = [of.packages[program] for program in missing]
        packages += [of.library] if of.library else []
        raise FileNotFoundError(
            f"profile needs {', '.join(missing)}, which can't be found. On Debian and "
            f"Ubuntu: apt-get install {' '.join(packages)}"
        )


@dataclass(frozen=True)
class Toolchain:
    """The compiler for one core, and where it finds and leaves what it needs."""

    build: Path
    directory: Path
    name: str
    board: Cpu
    options: list

    @property
    def _compiler(self):
        of = self.board.architecture
        without = [] if of.library else [f"-D{self.name.upper()}_NO_LIBC"]
        return [of.compiler, self.board.option, *of.options, *without, *self.options]

    def compile_beats(self, beats):
        """Compile exported C, and firmware that runs it on some beats."""
        windows, intervals, logits = beats
        n_beats = _most_beats(beats, self.board)
        for file, values, kind in (
            ("windows.bin", windows, "<i2"),
            ("intervals.bin", intervals, "<u2"),
            ("logits.bin", logits, "<i4"),
        ):
            self._write(file, values[:n_beats], kind)
        self._compile_module(f"{self.name}_classify")
        self._compile_firmware("main.c", "beats.S", f"-DN_BEATS={n_beats}")

    def compile_stream(self, signal, watched, *definitions, told=()):
        """Compile an exported chain, and firmware that plays a signal to it.

        `signal` is samples, the events that they must give, and the episodes, None for
        C that tells none; `told` are R peaks that it is told of.
        """
        samples, events, episodes = signal
        if episodes is not None:
            definitions = (*definitions, "-DRHYTHM")
        episodes = () if episodes is None else episodes
        self._write("samples.bin", samples, "<i2")
        self._write("events.bin", events, "<u4")
        self._write("episodes.bin", episodes, "<u4")
        self._write("told.bin", told, "<u4")
        functions = [*_FUNCTIONS_OF_STREAM, *(["beat"] if len(told) else [])]
        functions += ["next", "close"] if "-DRHYTHM" in definitions else []
        functions += ["adapt"] if "-DNAMES" in definitions else []
        self._compile_module(*(f"{self.name}_stream_{each}" for each in functions))
        self._compile_firmware(
            "stream.c",
            "stream.S",
            f"-DN_SAMPLES={len(samples)}u",
            f"-DN_LEADS={np.ndim(samples)}",
            f"-DN_EVENTS={len(events)}u",
            f"-DN_EPISODES={len(episodes)}u",
            f"-DN_TOLD={len(told)}u",
            f"-DFIRST_WATCHED={watched[0]}u",
            f"-DN_WATCHED={watched[1]}u",
            *definitions,
        )

    def count_kinds(self, phases, data, *definitions):
        """Run what was compiled without what measures it; count instructions by kind.

        `data` and `definitions` are those of a firmware that was compiled before.
        """
        self._compile_firmware("trace.c", data, *definitions)
        command = self._emulation("-d", "in_asm,exec,nochain", "-D", "/dev/stdout")
        with _started(command) as lines:
            is_arm = self.board.architecture is _CORTEX_M
            return count_kinds(lines, phases, is_arm=is_arm)

    def sizes(self):
        """Return bytes of code, of constants, and of static variables."""
        return sizes_of(self.build / "module.elf", self.board)

    def emulate(self):
        """Run the firmware, and return the numbers that it prints, by their names."""
        printed = dict(re.findall(r"^(\w+) (\d+)$", self.run(), re.MULTILINE))
        return {key: int(value) for key, value in printed.items()}

    def run(self):
        """Run the firmware in QEMU, and return all that it prints."""
        command = self._emulation("-icount", "shift=0")
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
        text = done.stdout + done.stderr
        if "differences" not in text:
            raise RuntimeError(f"{' '.join(command)} ended early:\n{text}")
        return text

    def _emulation(self, *options):
        """Return the command that runs the firmware."""
        of = self.board.architecture
        command = [of.emulator, "-M", self.board.machine, "-nographic", "-semihosting"]
        return [*command, *options, "-kernel", str(self.build / "firmware.elf")]

    def _write(self, file, values, kind):
        (self.build / file).write_bytes(np.asarray(values).astype(kind).tobytes())

    def _compile_module(self, entry, *others):
        """Compile the exported C by itself, as ``module.o`` and ``module.elf``."""
        source = str((self.directory / f"{self.name}.c").resolve())
        _call(
            [*self._compiler, *_WARNINGS, "-ffunction-sections", "-c", source]
            + ["-o", "module.o"],
            self.build,
        )
        kept = [f"-Wl,--undefined={other}" for other in others]
        _call(
            [*self._compiler, "-nostartfiles", f"-Wl,--entry={entry}", *kept]
            + ["module.o", *self._library, "-Wl,--gc-sections", "-o", "module.elf"],
            self.build,
        )

    @property
    def _library(self):
        """What links a C library, or keeps the linker from asking for one."""
        return [] if self.board.architecture.library else ["-nostdlib", "-lgcc"]

    def _compile_firmware(self, main, data, *definitions):
        """Compile a program that runs the module, as ``firmware.elf``."""
        script = template_text("firmware/link.ld")
        for key, value in memory_words(self.board).items():
            script = script.replace(f"@{key}@", value)
        (self.build / "link.ld").write_text(script)
        (self.build / data).write_text(template_text(f"firmware/{data}"))
        for file in (main, *_HEADERS):
            text = renamed(template_text(f"firmware/{file}"), self.name)
            (self.build / file).write_text(text)
        _call(
            [*self._compiler, "-ffreestanding", "-nostartfiles", "-Tlink.ld"]
            + [f"-I{self.directory.resolve()}", *definitions]
            + [main, data, "module.o", *self._library, "-o", "firmware.elf"],
            self.build,
        )


def _most_beats(beats, board):
    """Beats that fit into the flash of the board, next to the program."""
    each = sum(
        values[0].size * size for values, size in zip(beats, (2, 2, 4), strict=True)
    )
    return min(len(beats[0]), (board.flash[1] * 3 // 4) // each)


def most_samples(board, n_leads=1):
    """Return how many samples fit into the flash of a board, next to the program."""
    return board.flash[1] * 3 // 4 // (1 + 2 * n_leads)


def _call(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def _started(command):
    """Start a program, yield the lines that it prints, and see that it ends."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, **pipes) as running:
        timer = threading.Timer(_TIMEOUT, running.kill)
        timer.start()
        try:
            yield running.stdout
        finally:
            timer.cancel()
            running.kill()


def sizes_of(elf, board):
    """Return bytes of code, of constants, and of static variables."""
    listing = _call([board.architecture.size, "-A", str(elf)], elf.parent)
    sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", listing, re.MULTILINE))

    def total(*names):
        return sum(int(sections.get(name, 0)) for name in names)

    code = total(".text", ".init", ".fini")
    return code, total(".rodata", ".ARM.exidx"), total(".data", ".bss")


def version(board):
    """Return the name of the compiler and its version."""
    compiler = board.architecture.compiler
    return f"{compiler} {_call([compiler, '-dumpfullversion'], None).strip()}"
