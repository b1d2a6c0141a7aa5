"""The command ``sklearn-ecg``."""

from ._main import main

__all__ = ["main"]
