"""Wording that messages share, and whom warnings point to."""

import contextlib
import os
import sys
import warnings
from contextvars import ContextVar

import sklearn

_LIBRARIES = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep
    for file in (__file__, sklearn.__file__)
)
_LIBRARIES += (os.path.abspath(contextlib.__file__),)


def listed(names, at_most=10):
    """Write names for an error message, the first few of them if there are many."""
    return joined([repr(name) for name in names], at_most)


def joined(texts, at_most=10):
    """Write the first of some texts, and how many more there are."""
    shown = ", ".join(texts[:at_most])
    left = len(texts) - at_most
    return f"{shown} and {left} more" if left > 0 else shown


def clock(seconds):
    """Write a time of an axis: hours, minutes, and any seconds."""
    text = moment(seconds)
    return text.removesuffix(":00") if seconds % 60 == 0 else text


def moment(seconds):
    """Write a time since the start: hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def lasting(seconds):
    """Write how long something lasts, in a unit that suits it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"


_CALLED: ContextVar[tuple[str, str] | None] = ContextVar("_CALLED", default=None)
"""A path, and what messages call it instead."""


@contextlib.contextmanager
def called(path, name):
    """Let warnings and errors call a path by another name, which people know."""
    token = _CALLED.set((path, name))
    try:
        yield
    except Exception as error:
        error.args = tuple(
            _in_known_names(each) if isinstance(each, str) else each
            for each in error.args
        )
        if isinstance(getattr(error, "filename", None), str):
            error.filename = _in_known_names(error.filename)
        raise
    finally:
        _CALLED.reset(token)


def _in_known_names(text):
    renamed = _CALLED.get()
    return text if renamed is None else text.replace(*renamed)


_HEARD: ContextVar[list[str] | None] = ContextVar("_HEARD", default=None)
"""What was warned of, where somebody keeps it."""


@contextlib.contextmanager
def keeping_warnings():
    """Keep the texts of what is warned of, whether it is shown or not."""
    token = _HEARD.set([])
    try:
        yield _HEARD.get()
    finally:
        _HEARD.reset(token)


def warn(message, category=UserWarning):
    """Warn of something at the user's line."""
    message = _in_known_names(message)
    heard = _HEARD.get()
    if heard is not None:
        heard.append(message)
    warnings.warn(message, category, stacklevel=_users_stacklevel())


def _users_stacklevel():
    """Return the `stacklevel` by which a warning points to the user's line."""
    frame, level = sys._getframe(1), 1
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARIES):
        frame, level = frame.f_back, level + 1
    return level
