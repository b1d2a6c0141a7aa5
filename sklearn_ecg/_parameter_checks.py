"""What a parameter may be, and the error that names the one that is not.

Each kind of parameter is an object that knows what it allows. `checked` compares the
parameters of an estimator with a table of them, `check` a single one. Both return the
values as Python's own types, so that a NumPy scalar works like the number it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NoReturn

import numpy as np
from sklearn.utils import check_array

from ._messages import listed


class InvalidParameterError(ValueError, TypeError):
    """A parameter has a type or a value that is not allowed."""

    def __init__(self, owner: str, parameter: str, problem: str):
        super().__init__(owner, parameter, problem)
        self.owner, self.parameter, self.problem = owner, parameter, problem

    def __str__(self) -> str:
        return f"The {self.parameter!r} parameter of {self.owner} {self.problem}"


class _NotAllowed(Exception):
    """Raised by a kind of parameter; `check` knows the name to tell."""


@dataclass(frozen=True)
class Number:
    """A finite number in an interval, returned as a float."""

    low: float = -math.inf  # Ends of the interval
    high: float = math.inf  # Ends of the interval
    closed: str = "both"  # The ends that are allowed themselves
    noun: str = "number"  # What it is, with its unit, as in ``"number of Hz"``

    def plain(self, value: Any) -> float:
        """Return the number, if it is allowed."""
        if isinstance(value, bool) or not isinstance(value, Real):
            raise _NotAllowed
        try:
            # As it was written: of np.float32(0.35) it is 0.35.
            number = float(str(value) if isinstance(value, np.floating) else value)
        except OverflowError:
            raise _NotAllowed from None
        if not math.isfinite(number) or not self._holds(number):
            raise _NotAllowed
        return number

    def _holds(self, number: float) -> bool:
        above = number > self.low or (number == self.low and self._includes_low)
        below = number < self.high or (number == self.high and self._includes_high)
        return above and below

    @property
    def _includes_low(self) -> bool:
        return self.closed in ("both", "left")

    @property
    def _includes_high(self) -> bool:
        return self.closed in ("both", "right")

    def __str__(self) -> str:
        if math.isfinite(self.low) and math.isfinite(self.high):
            start = "[" if self._includes_low else "("
            end = "]" if self._includes_high else ")"
            return f"{self._indefinite} in {start}{self.low:g}, {self.high:g}{end}"
        if math.isfinite(self.low):
            bound = "of at least" if self._includes_low else "above"
            return f"{self._indefinite} {bound} {self.low:g}"
        if math.isfinite(self.high):
            bound = "of at most" if self._includes_high else "below"
            return f"{self._indefinite} {bound} {self.high:g}"
        return self._indefinite

    @property
    def _indefinite(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


@dataclass(frozen=True)
class WholeNumber(Number):
    """An integer in an interval, returned as an int."""

    noun: str = "integer"

    def plain(self, value: Any) -> int:
        """Return the integer, if it is allowed."""
        if not isinstance(value, Integral):
            raise _NotAllowed
        super().plain(value)
        return int(value)


class Choice:
    """One of a few values: texts, booleans or None."""

    def __init__(self, values: Iterable):
        self.values = tuple(values)

    def plain(self, value: Any) -> Any:
        """Return the value of the choice that this one is."""
        for one in self.values:
            if _is_same(value, one):
                return one
        raise _NotAllowed

    def __str__(self) -> str:
        return _alternatives(map(repr, self.values))


def _is_same(value: Any, one: Any) -> bool:
    """Compare with a str, a bool or None; NumPy's are the same, but 1 is not True."""
    if isinstance(value, np.bool_):
        value = bool(value)
    is_of_type = isinstance(value, str) or type(value) is type(one)
    return is_of_type and bool(value == one)


NONE = Choice((None,))
FLAG = Choice((True, False))


@dataclass(frozen=True)
class Names:
    """A sequence of different names, none of them empty, returned as a list."""

    among: Iterable[str] | None = None  # The names that there are; None allows any
    least: int = 1  # How many there must be
    noun: str = "names"  # What they name

    def plain(self, value: Any) -> list[str]:
        """Return the names, if they are allowed."""
        # Sets and mappings have no order of their own, and iterators are read once.
        if isinstance(value, str | Set | Mapping) or not hasattr(value, "__len__"):
            raise _NotAllowed
        if np.ndim(value) == 0:
            raise _NotAllowed
        names = list(value)
        if not all(isinstance(name, str) and name for name in names):
            raise _NotAllowed
        if len(set(names)) < len(names) or len(names) < self.least:
            raise _NotAllowed
        if self.among is not None and set(names) - set(self.among):
            raise _NotAllowed
        return list(map(str, names))

    def __str__(self) -> str:
        if self.among is None:
            return f"a sequence of different {self.noun}"
        return f"different {self.noun} of {list(self.among)}"


@dataclass(frozen=True)
class Name:
    """A text that is not empty."""

    noun: str = "a name"

    def plain(self, value: Any) -> str:
        """Return the name, if it is one."""
        if not isinstance(value, str) or not value:
            raise _NotAllowed
        return str(value)

    def __str__(self) -> str:
        return self.noun


@dataclass(frozen=True)
class ListOf:
    """A list, a tuple or an array of one dimension, returned as a list."""

    entry: Any  # What each entry must be
    noun: str = "a list"  # What the list is

    def plain(self, value: Any) -> list:
        """Return the entries, if all are allowed."""
        if not isinstance(value, list | tuple | np.ndarray) or np.ndim(value) == 0:
            raise _NotAllowed
        return [self.entry.plain(each) for each in value]

    def __str__(self) -> str:
        return f"{self.noun}, each {self.entry}"


@dataclass(frozen=True)
class MappingTo:
    """A mapping whose values are all of one kind, returned as a dict."""

    entry: Any  # What each value must be
    noun: str = "a dict"  # What the mapping is

    def plain(self, value: Any) -> dict:
        """Return the mapping, if all its values are allowed."""
        if not isinstance(value, Mapping):
            raise _NotAllowed
        return {key: self.entry.plain(each) for key, each in value.items()}

    def __str__(self) -> str:
        return f"{self.noun}, each {self.entry}"


class AnyOf:
    """What any of several kinds allows."""

    def __init__(self, *kinds: Any, text: str | None = None):
        self.kinds = kinds
        self.text = text

    def plain(self, value: Any) -> Any:
        """Return the value by the first kind that allows it."""
        for kind in self.kinds:
            try:
                return kind.plain(value)
            except _NotAllowed:
                continue
        raise _NotAllowed

    def __str__(self) -> str:
        return self.text or _alternatives(map(str, self.kinds))


N_JOBS = AnyOf(
    NONE, WholeNumber(1), WholeNumber(high=-1), text="None or an integer other than 0"
)


class Anything:
    """Any value, whose NumPy scalars become Python's own, also in lists and dicts."""

    def plain(self, value: Any) -> Any:
        """Return the value."""
        return plain(value)

    def __str__(self) -> str:
        return "anything"


@dataclass(frozen=True)
class Function:
    """Something that can be called."""

    takes: str  # What it is called with, in words

    def plain(self, value: Any) -> Any:
        """Return the function, if it is one."""
        if not callable(value):
            raise _NotAllowed
        return value

    def __str__(self) -> str:
        return f"a function of {self.takes}"


def plain(value: Any) -> Any:
    """Turn NumPy's scalars into Python's own, also in lists, tuples and dicts."""
    if isinstance(value, np.floating):
        return float(str(value))
    if isinstance(value, np.generic):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is dict:
        return {key: plain(each) for key, each in value.items()}
    return value


def check(owner: str, name: str, value: Any, kind: Any) -> Any:
    """Check one parameter."""
    try:
        return kind.plain(value)
    except _NotAllowed:
        refuse(owner, name, value, kind)


def checked(owner: str, values: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict:
    """Check the parameters of an estimator that a table knows."""
    return {
        name: check(owner, name, value, kinds[name]) if name in kinds else value
        for name, value in values.items()
    }


def refuse(owner: str, name: str, value: Any, allowed: Any) -> NoReturn:
    """Raise the error that names a parameter, and says what it may be."""
    problem = f"must be {allowed}. Got {value!r} instead."
    raise InvalidParameterError(owner, name, problem)


def _alternatives(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last


def checked_weights(sample_weight, n_beats, dtype=np.float64):
    """Check the weights of the beats."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_beats, sample_weight)
    with np.errstate(over="ignore"):
        weights = check_array(
            sample_weight, dtype=dtype, ensure_2d=False, input_name="sample_weight"
        )
    if weights.shape != (n_beats,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, must be ({n_beats},): a weight "
            "for each beat."
        )
    negative = np.flatnonzero(weights < 0).tolist()
    if negative:
        raise ValueError(
            f"sample_weight is negative for {len(negative)} of {n_beats} beats: "
            f"{listed(negative)}. Weights must be 0 or more."
        )
    if not weights.any():
        raise ValueError("Every sample_weight is zero: no beat counts.")
    return weights
