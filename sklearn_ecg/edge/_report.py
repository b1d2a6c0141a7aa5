"""EdgeReport: what exported C takes on a microcontroller."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_SLEEP_MICROAMPERES = 1.9
_VOLTS = 3.0
_HOURS_A_DAY = 24

_SHOWN = {
    "load": ("load", "load_next", "load_constant", "load_needed"),
    "store": ("store", "store_by_register"),
    "several at once": ("multiple",),
    "multiply": (
        "multiply",
        "multiply_add",
        "multiply_long",
        "multiply_add_long",
    ),
    "divide": ("divide",),
    "branch": ("taken", "call", "table", "not_taken"),
}
"""Kinds of instructions, as a person reads them."""


@dataclass(frozen=True, kw_only=True)
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
        Bytes of the scratch buffer, or of the state of a chain, in which all buffers
        are; and of static variables.
    ram_buffers : int
        Bytes that the caller keeps for a call: window, RR intervals and logits. The
        caller of a chain keeps none.
    stack : int
        Bytes of the stack that one call takes, measured by the marks it leaves.
    instructions : float
        A beat, mean of all beats: the whole entry point, or all polls of a chain, those
        that tell of nothing included. Exact to about 40, and on riscv32 to a few.
    most_instructions : int
        Of the longest single call. A chain polls several times a beat, so that all
        polls of a beat may take more than the longest of them.
    n_beats : int
        Beats that were run, or found in what was played.
    n_different : int
        Beats of which any logit, or any part of the event, differed from the twin's;
        and episodes of the rhythm that did.
    clock_mhz, picojoules_per_cycle, wait_states : float
        Assumptions of the estimates.
    cycles_per_instruction : float
        Of a beat, estimated: see `profile`. Where nobody publishes timings, as of
        riscv32, it is NaN, and so is all that follows from it.
    kinds : dict of str to int
        Instructions of the first seconds or beats by kind: ``"load"``, ``"store"``,
        ``"multiply"``, ``"taken"`` branches and those ``"not_taken"``, and others;
        ``"instructions"`` is all of them. ``"registers"`` counts what ``"multiple"``
        loads and stores move, and ``"return"`` those that jump, too.
    sampling_rate : float or None
        Of a chain, in Hz; this and all below is None where windows come in.
    instructions_a_sample : float or None
        A push, mean.
    cycles_per_instruction_of_push : float or None
        The same as `cycles_per_instruction`, of a push.
    longest_push : int or None
        Instructions of the longest one of some seconds.
    n_samples : int or None
        What was played.
    n_episodes : int
        Beginnings and ends of episodes that were told.
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
    wait_states: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    sampling_rate: float | None = None
    cycles_per_instruction_of_push: float | None = None
    instructions_a_sample: float | None = None
    longest_push: int | None = None
    n_samples: int | None = None
    n_episodes: int = 0

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.flash_code + self.flash_weights

    @property
    def ram(self) -> int:
        """Bytes of RAM: static, the caller's buffers, and stack."""
        return self.ram_static + self.ram_buffers + self.stack

    @property
    def estimated_cycles(self) -> float:
        """Cycles a beat: an estimate, see the assumptions."""
        return self.instructions * self.cycles_per_instruction

    @property
    def estimated_ms(self) -> float:
        """Milliseconds a beat: an estimate, see the assumptions."""
        return self.estimated_cycles / (1000 * self.clock_mhz)

    @property
    def estimated_microjoules(self) -> float:
        """Energy a beat in µJ: an estimate, see the assumptions."""
        return self.estimated_cycles * self.picojoules_per_cycle / 1e6

    def instructions_a_second(self, beats_per_minute: float = 75.0) -> float:
        """Return instructions a second at a heart rate, those of all pushes included.

        Parameters
        ----------
        beats_per_minute : float, default=75

        Returns
        -------
        float
        """
        of_samples = (self.instructions_a_sample or 0) * (self.sampling_rate or 0)
        return of_samples + self.instructions * beats_per_minute / 60

    def estimated_cycles_a_second(self, beats_per_minute: float = 75.0) -> float:
        """Return cycles a second at a heart rate, all pushes included: an estimate.

        Parameters
        ----------
        beats_per_minute : float, default=75

        Returns
        -------
        float
        """
        of_samples = (self.instructions_a_sample or 0) * (self.sampling_rate or 0)
        of_samples *= self.cycles_per_instruction_of_push or 0
        return of_samples + self.estimated_cycles * beats_per_minute / 60

    def estimated_microamperes(self, beats_per_minute: float = 75.0) -> float:
        """Return the mean current of the processor at 3 V: an estimate.

        The cycles cost `picojoules_per_cycle`, and sleep 1.9 µA,
        as the data sheet of the nRF52832 says. Converter, amplifier and radio come on
        top; where windows come in, so does what finds beats.

        Parameters
        ----------
        beats_per_minute : float, default=75

        Returns
        -------
        float
        """
        cycles = self.estimated_cycles_a_second(beats_per_minute)
        return cycles * self.picojoules_per_cycle / 1e6 / _VOLTS + _SLEEP_MICROAMPERES

    def estimated_days(self, milliampere_hours: float = 225.0) -> float:
        """Return for how long a battery supplies the processor: an estimate.

        Parameters
        ----------
        milliampere_hours : float, default=225
            Of the battery, at 3 V; a coin cell CR2032 has 225.

        Returns
        -------
        float
        """
        microamperes = self.estimated_microamperes()
        return 1000 * milliampere_hours / microamperes / _HOURS_A_DAY

    def __str__(self) -> str:
        """Return a table that a person reads."""
        return "\n".join(
            [
                f"{self.cpu}, {self.compiler} {self.options}, in QEMU",
                f"  flash         {self.flash:8,d} bytes"
                f"  (code {self.flash_code:,d}, weights {self.flash_weights:,d})",
                f"  RAM           {self.ram:8,d} bytes"
                f"  (static {self.ram_static:,d}, the caller's buffers "
                f"{self.ram_buffers:,d}, stack {self.stack:,d})",
                *self._counted(),
                f"  agreement     {self.n_beats - self.n_different:8,d} of "
                f"{self.n_beats:,d} beats are the twin's, bit for bit",
                *self._estimates(),
            ]
        )

    def _counted(self):
        of_beats = f"{self.instructions:8,.0f} a beat"
        most = f"{self.most_instructions:,d}"
        if self.sampling_rate is None:
            return [f"  instructions  {of_beats}  (at most {most})"]
        return [
            f"  instructions  {self.instructions_a_second():8,.0f} a second, at "
            f"{self.sampling_rate:g} Hz and 75 beats a minute",
            f"    push        {self.instructions_a_sample:8,.0f} a sample"
            f"  (at most {self.longest_push:,d})",
            f"    poll        {of_beats}, all calls together"
            f"  (the longest call {most})",
        ]

    def _estimates(self):
        if math.isnan(self.cycles_per_instruction):
            return [
                "  cycles        not estimated: nobody publishes the core's timings"
            ]
        return [
            *self._kinds(),
            *(self._of_windows() if self.sampling_rate is None else self._of_signal()),
        ]

    def _kinds(self):
        """Say what share of the instructions loads, stores, multiplies and jumps."""
        total = self.kinds.get("instructions")
        if not total:
            return []
        shares = (
            f"{name} {sum(self.kinds.get(kind, 0) for kind in kinds) / total:.0%}"
            for name, kinds in _SHOWN.items()
        )
        return [f"  kinds         {', '.join(shares)}"]

    def _of_windows(self):
        return [
            f"  cycles        {self.estimated_cycles:8,.0f} a beat, estimated: "
            f"{self._each(self.cycles_per_instruction)}",
            f"  time          {self.estimated_ms:8.3f} ms a beat, estimated for "
            f"{self.clock_mhz:g} MHz",
            f"  energy        {self.estimated_microjoules:8.2f} µJ a beat, "
            f"estimated for {self.picojoules_per_cycle:g} pJ a cycle",
        ]

    def _of_signal(self):
        cycles = self.estimated_cycles_a_second()
        each = cycles / self.instructions_a_second()
        return [
            f"  cycles        {cycles:8,.0f} a second, estimated: {self._each(each)}",
            f"  current       {self.estimated_microamperes():8.1f} µA, estimated "
            f"for {self.picojoules_per_cycle:g} pJ a cycle at 3 V, 1.9 µA asleep",
        ]

    def _each(self, cycles):
        waits = f"{self.wait_states:g} wait state{'s' * (self.wait_states != 1)}"
        return f"{cycles:.2f} an instruction, {waits}"
