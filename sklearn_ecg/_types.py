"""Types of parameters that several public functions take."""

import os
from typing import Literal, TypeAlias

import numpy as np

PathLike: TypeAlias = str | os.PathLike
"""The path of a file, a directory or a record."""

RandomState: TypeAlias = int | np.random.RandomState | None
"""Where randomness comes from, as everywhere in scikit-learn."""

OnInvalid: TypeAlias = Literal["warn", "raise", "ignore"]
"""What becomes of data that cannot be right."""
