"""profile: what exported C takes on a Cortex-M, counted in an emulator."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._parameter_checks import Choice, check
from ._quantized_classifier import check_quantized
from .c._templates import renamed, template_text

_PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}

_WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
_INSTRUCTIONS_OF_A_LOOP = 2
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


@dataclass(frozen=True)
class EdgeReport:
    """What one exported model takes on one core.

    Attributes
    ----------
    cpu, compiler, options : str
        How it was measured.
    flash_code, flash_weights : int
        Bytes of instructions, and of constants; what is linked from the compiler's
        library is in them.
    ram_static : int
        Bytes of the scratch buffer and of static variables.
    ram_buffers : int
        Bytes that the caller keeps for a call: window, RR intervals and logits.
    stack : int
        Bytes of the stack that one call takes, measured by the marks it leaves.
    instructions : float
        A beat, the whole entry point, mean of all beats; exact to about 40.
    most_instructions : int
        The largest of them.
    n_beats : int
        Beats that were run.
    n_different : int
        Beats of which any logit differed from the twin's.
    clock_mhz, cycles_per_instruction, picojoules_per_cycle : float
        Assumptions of the estimates.
    """

    cpu: str
    compiler: str
    options: str
    flash_code: int
    flash_weights: int
    ram_static: int
    ram_buffers: int
    stack: int
    instructions: float
    most_instructions: int
    n_beats: int
    n_different: int
    clock_mhz: float
    cycles_per_instruction: float
    picojoules_per_cycle: float

    @property
    def flash(self):
        """Bytes of flash."""
        return self.flash_code + self.flash_weights

    @property
    def ram(self):
        """Bytes of RAM: static, the caller's buffers, and stack."""
        return self.ram_static + self.ram_buffers + self.stack

    @property
    def estimated_ms(self):
        """Milliseconds a beat: an estimate, see the assumptions."""
        return self._cycles / (1000 * self.clock_mhz)

    @property
    def estimated_microjoules(self):
        """Energy a beat in µJ: an estimate, see the assumptions."""
        return self._cycles * self.picojoules_per_cycle / 1e6

    @property
    def _cycles(self):
        return self.instructions * self.cycles_per_instruction

    def __str__(self):
        """Return a table that a person reads."""
        return "\n".join(
            [
                f"{self.cpu}, {self.compiler} {self.options}, in QEMU",
                f"  flash         {self.flash:8,d} bytes"
                f"  (code {self.flash_code:,d}, weights {self.flash_weights:,d})",
                f"  RAM           {self.ram:8,d} bytes"
                f"  (static {self.ram_static:,d}, the caller's buffers "
                f"{self.ram_buffers:,d}, stack {self.stack:,d})",
                f"  instructions  {self.instructions:8,.0f} a beat"
                f"  (at most {self.most_instructions:,d})",
                f"  agreement     {self.n_beats - self.n_different:8,d} of "
                f"{self.n_beats:,d} beats have the twin's logits, bit for bit",
                f"  time          {self.estimated_ms:8.3f} ms a beat, estimated for "
                f"{self.clock_mhz:g} MHz, {self.cycles_per_instruction:g} cycles an "
                "instruction",
                f"  energy        {self.estimated_microjoules:8.2f} µJ a beat, "
                f"estimated for {self.picojoules_per_cycle:g} pJ a cycle",
            ]
        )


def profile(
    directory,
    cpu="cortex-m4",
    *,
    quantized=None,
    X=None,
    options="-O2",
    clock_mhz=64.0,
    picojoules_per_cycle=174.0,
):
    """Compile exported C for a Cortex-M, run it in QEMU, and count.

    QEMU counts instructions exactly, and repeatably. It knows nothing of cycles:
    milliseconds and microjoules are estimates, of 1.36 cycles an instruction on a
    Cortex-M4 without wait states with activations of 8 bits, and of 1.48 with 16.

    Parameters
    ----------
    directory : str or Path
        Where `export_c` wrote.
    cpu : {"cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"}
        The core. For the first, QEMU runs a Cortex-M0, which has the same
        instructions.
    quantized : QuantizedClassifier, default=None
        What was exported, to compare the logits of the beats in `X`.
    X : DataFrame, or array-like of shape (n_beats, n_features), default=None
        The beats to run, as `quantized` takes them. Without, the beats of the
        self-test are run.
    options : str, default="-O2"
        Options of the compiler, separated by blanks. ``"-Os"`` makes less code, which
        takes a little longer.
    clock_mhz : float, default=64
        Assumed clock, for the estimate of time.
    picojoules_per_cycle : float, default=174
        Assumed energy, for the estimate of energy: 58 µA/MHz at 3 V, as the data sheet
        of the nRF52832 (a Cortex-M4 of 2015) says for code that runs from its flash.

    Returns
    -------
    EdgeReport
        ``print(report)`` shows all of it.

    Raises
    ------
    FileNotFoundError
        If there is no exported C in the directory, or a program of the toolchain is
        missing; the message names its Debian package.
    TypeError
        If `quantized` isn't a QuantizedClassifier.
    ValueError
        If `cpu` isn't known, or only one of `quantized` and `X` is given.
    RuntimeError
        If the C can't be compiled, or doesn't end.

    Examples
    --------
    >>> from sklearn_ecg.edge import profile
    >>> profile("firmware", cpu="z80")
    Traceback (most recent call last):
    ...
    sklearn_ecg._parameter_checks.InvalidParameterError: The 'cpu' parameter of profile
    must be 'cortex-m0plus', 'cortex-m3', ... Got 'z80' instead.
    """
    check("profile", "cpu", cpu, Choice(CPUS))
    if (quantized is None) != (X is None):
        raise ValueError("quantized and X: give both, or none.")
    if quantized is not None:
        check_quantized(quantized, "profile")
    directory = Path(directory)
    name = _exported_name(directory)
    _check_toolchain()
    header = _Header(directory / f"{name}.h")
    beats = _selftest_beats(directory, name, header)
    if quantized is not None:
        windows, intervals = quantized.inputs.read(quantized.inputs.check(X, quantized))
        beats = windows, intervals, quantized.device_logits(windows, intervals)
    with tempfile.TemporaryDirectory(prefix="sklearn_ecg-") as build:
        build = Path(build)
        _compile(build, directory, name, CPUS[cpu], cpu, options.split(), beats)
        code, constants, static = _sizes(build / "module.elf")
        figures = _run(build / "firmware.elf", CPUS[cpu].machine)
    in_bytes, in_halfwords = CPUS[cpu].cycles_per_instruction
    return _report(
        figures,
        cpu=cpu,
        compiler=_version(),
        options=options,
        flash_code=code,
        flash_weights=constants,
        ram_static=static + header["SCRATCH_BYTES"],
        ram_buffers=header.buffer_bytes,
        clock_mhz=clock_mhz,
        cycles_per_instruction=(
            in_bytes if header["ACTIVATION_BYTES"] == 1 else in_halfwords
        ),
        picojoules_per_cycle=picojoules_per_cycle,
    )


def _exported_name(directory):
    files = sorted(directory.glob("*_selftest.c"))
    if len(files) != 1:
        raise FileNotFoundError(
            f"{directory} has {len(files)} files *_selftest.c, must have one: give the "
            "directory that export_c wrote to."
        )
    return files[0].name.removesuffix("_selftest.c")


def _check_toolchain():
    missing = [program for program in _PACKAGES if shutil.which(program) is None]
    if missing:
        packages = " ".join(_PACKAGES[program] for program in missing)
        raise FileNotFoundError(
            f"profile needs {', '.join(missing)}, which can't be found. On Debian and "
            f"Ubuntu: apt-get install {packages} libnewlib-arm-none-eabi"
        )


class _Header:
    """The numbers of an exported header, by the ends of their names."""

    def __init__(self, path):
        numbers = re.findall(
            r"^#define [A-Z0-9_]*?_((?:N|SCRATCH|ACTIVATION)_\w+) (\d+)$",
            path.read_text(),
            re.M,
        )
        self.numbers = {name: int(number) for name, number in numbers}

    def __getitem__(self, name):
        return self.numbers[name]

    @property
    def buffer_bytes(self):
        """What the caller keeps for a call: samples, intervals and logits."""
        return 2 * self["N_INPUTS"] + 2 * self["N_INTERVALS"] + 4 * self["N_CLASSES"]


def _selftest_beats(directory, name, header):
    """Read the beats of a self-test back from its C."""
    text = (directory / f"{name}_selftest.c").read_text()

    def table(variable, columns):
        match = re.search(
            rf"{name}_{variable}\[\w+_N_BEATS\][^=]*= {{(.*?)^}};", text, re.S | re.M
        )
        numbers = re.findall(r"-?\d+", match[1])
        return np.array(numbers, dtype=np.int64).reshape(-1, columns)

    windows = table("windows", header["N_INPUTS"])
    intervals = np.zeros((len(windows), 0))
    if header["N_INTERVALS"]:
        intervals = table("intervals", header["N_INTERVALS"])
    return windows, intervals, table("expected", header["N_CLASSES"])


def _compile(build, directory, name, board, cpu, options, beats):
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


def _sizes(elf):
    """Return bytes of code, of constants, and of static variables."""
    listing = _call(["arm-none-eabi-size", "-A", str(elf)], elf.parent)
    sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", listing, re.MULTILINE))

    def total(*names):
        return sum(int(sections.get(name, 0)) for name in names)

    code = total(".text", ".init", ".fini")
    return code, total(".rodata", ".ARM.exidx"), total(".data", ".bss")


def _run(elf, machine):
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


def _version():
    version = _call(["arm-none-eabi-gcc", "-dumpfullversion"], None).strip()
    return f"arm-none-eabi-gcc {version}"


def _report(figures, **rest):
    per_tick = _INSTRUCTIONS_OF_A_LOOP * figures["loops"] / figures["ticks_of_loops"]
    return EdgeReport(
        stack=figures["stack"],
        instructions=figures["ticks"] * per_tick / figures["beats"],
        most_instructions=round(figures["most_ticks"] * per_tick),
        n_beats=figures["beats"],
        n_different=figures["differences"],
        **rest,
    )
