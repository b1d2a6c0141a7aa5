"""What a joblib file would import and build, found out without running any of it."""

import bz2
import gzip
import io
import lzma
import math
import pickle
import zlib
from dataclasses import dataclass, field

import numpy as np

_COMPRESSIONS = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
    b"]\x00": lzma.open,
}
_ZLIB = b"x"
_LARGEST = 2**32


@dataclass
class PickleNames:
    """What a pickle asks for."""

    holds: str
    names: list[str] = field(default_factory=list)


def names_in_pickle(path):
    """Read the names in a joblib file; nothing that it names is imported or called."""
    try:
        with open(path, "rb") as file:
            reader = _Reader(_ExactFile(_decompressed(file)))
            content = reader.load()
    except OSError:
        raise
    # What is no pickle, or a damaged one, fails in any way.
    except Exception as error:
        raise ValueError(
            f"{path} is no model file that can be looked into: "
            f"{type(error).__name__}: {error}"
        ) from error
    return PickleNames(_name_of_type(content), list(dict.fromkeys(reader.names)))


def _decompressed(file):
    start = file.read(6)
    file.seek(0)
    for magic, opener in _COMPRESSIONS.items():
        if start.startswith(magic):
            return opener(file)
    if start.startswith(_ZLIB):
        return io.BytesIO(zlib.decompressobj().decompress(file.read(), _LARGEST))
    return file


class _ExactFile:
    """A file of which the unpickler takes no byte more than it asks for."""

    def __init__(self, file):
        self.read, self.readline = file.read, file.readline


class _StandIn:
    """Takes the place of anything that a pickle names, and does nothing."""

    def __init__(self, *arguments, **options):
        pass

    def __new__(cls, *arguments, **options):
        return super().__new__(cls)

    def __call__(self, *arguments, **options):
        return self

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    def extend(self, values):
        pass


class _Dtype(_StandIn):
    """Takes the place of `numpy.dtype`; knows how many bytes an element takes."""

    def __init__(self, code, *arguments):
        self.dtype = np.dtype(code) if isinstance(code, str) else None


class _Reader(pickle.Unpickler):
    """Unpickles with stand-ins for all that a pickle names."""

    def __init__(self, file):
        super().__init__(file)
        self.file = file
        self.names = []

    def find_class(self, module, name):
        full_name = f"{module}.{name}"
        self.names.append(full_name)
        if full_name == "numpy.dtype":
            return _Dtype
        methods = {}
        if full_name == "joblib.numpy_pickle.NumpyArrayWrapper":
            methods["__setstate__"] = lambda _array, state: self._skip(state)
        return type(full_name, (_StandIn,), methods)

    def _skip(self, state):
        """Skip the bytes of an array, which come after its description."""
        dtype = state["dtype"].dtype
        if dtype.hasobject:
            nested = _Reader(self.file)
            nested.names = self.names
            nested.load()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self.file.read(self.file.read(1)[0])
        self.file.read(math.prod(state["shape"]) * dtype.itemsize)


def _name_of_type(content):
    # The stand-in of a class bears its full name.
    return type(content).__name__
