"""Ectopic beats that come in pairs, in runs, and in turn with others."""

from __future__ import annotations

from collections import deque

from ._beats import NOTHING, UNKNOWN, Beat, Found, N, Q, found

RUN = 3
"""Ectopic beats in a row that are a run; two are a couplet."""

CYCLES = 3
"""How often ectopic beats come in turn with others until they have a name."""

CYCLE_NAMES = {1: "bigeminy", 2: "trigeminy", 3: "quadrigeminy"}
"""How many others are in a cycle, and what it is called."""

_MOST_OTHERS = max(CYCLE_NAMES)


class RunState:
    """Couplets and runs of one kind of ectopic beat."""

    def __init__(self, label: str, code: int) -> None:
        self._couplet, self._run = f"{label} couplet", f"{label} run"
        self._code = code
        self._n = 0
        self._first: Beat
        self._last: Beat

    def update(self, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take the next beat, and whether the interval before it was cut."""
        is_own = beat.code == self._code
        if not (is_own or self._n):
            return NOTHING
        ended = self.end() if is_cut or not is_own else NOTHING
        if not is_own:
            return ended
        if self._n == 0:
            self._first = beat
        self._last = beat
        self._n += 1
        if self._n == RUN:
            return (*ended, found(False, self._run, self._first, beat))
        return ended

    def end(self) -> tuple[Found, ...]:
        """End what goes on."""
        n, self._n = self._n, 0
        if n < 2:
            return NOTHING
        kind = self._run if n >= RUN else self._couplet
        return (found(True, kind, self._first, self._last),)


class CycleState:
    """Bigeminy, trigeminy and quadrigeminy of one kind of ectopic beat.

    A cycle is one, two or three beats that are neither S nor V, and the ectopic beat
    after them.
    """

    def __init__(self, label: str, code: int) -> None:
        self._kinds = {n: f"{label} {name}" for n, name in CYCLE_NAMES.items()}
        self._code = code
        self._others: deque[Beat] = deque(maxlen=_MOST_OTHERS)
        self._n_others = 0  # Since the last ectopic beat
        self._n_cycles = dict.fromkeys(CYCLE_NAMES, 0)
        self._first: dict[int, Beat] = {}
        self._last: Beat | None = None

    def update(self, beat: Beat, is_cut: bool) -> tuple[Found, ...]:
        """Take the next beat, and whether the interval before it was cut."""
        ended = NOTHING
        if is_cut or beat.code == UNKNOWN:
            ended, self._n_others = self.end(), 0
        if beat.code in (N, Q):
            self._n_others += 1
            self._others.append(beat)
            if self._n_others - 1 in self._n_cycles:
                return (*ended, *self._end(self._n_others - 1))
            return ended
        n_others, self._n_others = self._n_others, 0
        if beat.code != self._code:
            return (*ended, *self.end())
        ended = (*ended, *self._count(n_others, beat))
        self._last = beat
        return ended

    def _count(self, n_others, beat):
        """Take an ectopic beat after so many others."""
        told = NOTHING
        for n, n_cycles in self._n_cycles.items():
            if n_cycles and n_others == n:
                self._n_cycles[n] += 1
                if n_cycles + 1 == CYCLES:
                    told += (found(False, self._kinds[n], self._first[n], beat),)
                continue
            told += self._end(n)
            if n_others >= n:
                self._n_cycles[n], self._first[n] = 1, self._others[-n]
        return told

    def _end(self, n):
        n_cycles, self._n_cycles[n] = self._n_cycles[n], 0
        if n_cycles < CYCLES:
            return NOTHING
        return (found(True, self._kinds[n], self._first[n], self._last),)

    def end(self) -> tuple[Found, ...]:
        """End what goes on."""
        return tuple(one for n in self._n_cycles for one in self._end(n))
