"""The command ``sklearn-ecg``."""

from ._commands import main

__all__ = ["main"]
