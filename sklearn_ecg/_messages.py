"""Wording that error messages share."""


def listed(names, at_most=10):
    """Write names for an error message, the first few of them if there are many."""
    shown = ", ".join(repr(name) for name in names[:at_most])
    left = len(names) - at_most
    return f"{shown} and {left} more" if left > 0 else shown
