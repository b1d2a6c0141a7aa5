"""Which instructions a core executed, by kind: from the log of an emulator.

QEMU executes blocks, straight runs of instructions that end where a jump may be. Told
to, it lists each block once, disassembled, and then names every block that it runs.
Whether a branch was taken is told by where the next block begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LISTED = re.compile(r"0x([0-9a-f]+):\s+((?:[0-9a-f]{4} )?[0-9a-f]{4,8})\s+(\S+)(.*)")
_RUN = re.compile(r"Trace \d+: (0x[0-9a-f]+) \[[0-9a-f]+/([0-9a-f]+)/.*\] ?(\S*)")

_OF_ARM = (
    ("multiple", r"push|pop|ldm|stm|ldrd|strd"),
    ("load", r"ldr"),
    ("store", r"str"),
    ("multiply_add", r"ml[as]"),
    ("multiply_long", r"[su]mull"),
    ("multiply_add_long", r"[su]mlal(eq|ne|..)?$"),
    ("multiply", r"mul|smul|smla|smlad|smmul|smmla|smuad|smlsd"),
    ("divide", r"[su]div"),
    ("call", r"blx?$"),
    ("table", r"tb[bh]$"),
    ("branch", r"(b|bx|cbn?z)$|b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)$"),
)
_OF_RISCV = (
    ("load", r"l[bhw]u?$"),
    ("store", r"s[bhw]$"),
    ("multiply", r"mul"),
    ("divide", r"div|rem"),
    ("call", r"jal|jr$|ret$|j$"),
    ("branch", r"b(eq|ne|lt|ge|gt|le)"),
)


@dataclass(frozen=True)
class Instruction:
    """An instruction as the emulator lists it."""

    end: int  # Address of the one that follows it
    kind: str
    operands: str

    @classmethod
    def of(cls, listed, kinds):
        """Read a line of a listing."""
        address, code, name, operands = listed.groups()
        name = name.removesuffix(".w").removesuffix(".n").removeprefix("c.")
        found = (kind for kind, pattern in kinds if re.match(pattern, name))
        end = int(address, 16) + len(code.replace(" ", "")) // 2
        return cls(end, next(found, "other"), operands.strip())

    @property
    def n_registers(self):
        """Registers that several of are loaded or stored at once."""
        inside = re.search(r"\{(.*)\}", self.operands)
        return inside[1].count(",") + 1 if inside else 2

    @property
    def sets_counter(self):
        """Whether it loads or computes where to go on, as a return does."""
        return "pc}" in self.operands or self.operands.startswith("pc,")


def count_kinds(
    lines: Iterable[str], phases: Mapping[str, str | None], *, is_arm: bool
) -> dict[str, Counter]:
    """Count instructions by kind in a log of ``-d in_asm,exec,nochain``.

    Parameters
    ----------
    lines : iterable of str
    phases : mapping of str to str or None
        Of functions, what begins when one of their blocks runs; None is not counted.
    is_arm : bool
        Whether the log is of Thumb code, or of RISC-V.

    Returns
    -------
    dict of str to Counter
        Of each phase: its kinds, and with ``"instructions"`` all of them.
    """
    kinds = _OF_ARM if is_arm else _OF_RISCV
    runs: Counter = Counter()
    blocks: dict[str, tuple[Instruction, ...]] = {}
    listed: list[Instruction] = []
    phase, before = None, None
    for line in lines:
        if line.startswith("0x") and (match := _LISTED.match(line)):
            listed.append(Instruction.of(match, kinds))
        elif line.startswith("Trace") and (match := _RUN.match(line)):
            place, address, function = match.groups()
            if listed:
                blocks[place], listed = tuple(listed), []
            block = blocks[place]
            if before is not None and phase is not None:
                runs[phase, before, int(address, 16) != before[-1].end] += 1
            phase = phases.get(function, phase)
            before = block
    found: dict[str, Counter] = {each: Counter() for each in phases.values() if each}
    for (of_phase, block, is_taken), n in runs.items():
        for kind, each in _kinds_of(block, is_taken, is_arm).items():
            found[of_phase][kind] += n * each
    return found


def _kinds_of(block, is_taken, is_arm):
    """Count the kinds of one run of a block."""
    kinds = Counter(instructions=len(block))
    for number, instruction in enumerate(block):
        after = block[number + 1] if number + 1 < len(block) else None
        of_one = _kind_on_arm if is_arm else _kind_on_riscv
        before = block[number - 1] if number else None
        kinds[of_one(instruction, before, after, is_taken and after is None)] += 1
        if instruction.kind == "multiple":
            kinds["registers"] += instruction.n_registers
    if is_taken and is_arm and block[-1].sets_counter:
        kinds["return"] += 1
    return kinds


def _kind_on_arm(instruction, before, _, is_taken):
    """Tell loads that follow one another, and where a register says where to."""
    kind = instruction.kind
    if kind == "load":
        if "[pc" in instruction.operands:
            return "load_constant"
        is_next = before is not None and before.kind in ("load", "store")
        return "load_next" if is_next else "load"
    if kind == "store":
        by_register = re.search(r"\[\w+, [a-z]", instruction.operands)
        return "store_by_register" if by_register else "store"
    if kind == "branch":
        return "taken" if is_taken else "not_taken"
    return kind


def _kind_on_riscv(instruction, _, after, is_taken):
    """Tell loads whose value the next instruction needs."""
    kind = instruction.kind
    if kind == "load":
        register = instruction.operands.partition(",")[0]
        is_needed = after is not None and re.search(
            rf"\b{register}\b", after.operands.partition(",")[2]
        )
        return "load_needed" if is_needed else "load"
    if kind == "branch":
        return "taken" if is_taken else "not_taken"
    return kind
