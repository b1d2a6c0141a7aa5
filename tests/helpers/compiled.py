"""Exported C, compiled for this machine and called from Python."""

import ctypes
import subprocess

import numpy as np

STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion"]
STRICT += ["-Wsign-conversion", "-Werror"]
SANITIZED = ["-O1", "-g", "-fsanitize=undefined,address", "-fno-sanitize-recover=all"]


class CompiledModel:
    """An exported model, compiled for this machine and called through ctypes.

    Compiled twice: for any processor of this kind, and with all that this one can do.
    """

    def __init__(self, compiler, directory, n_classes, name="ecg_beat"):
        self.classify = []
        for options in ([], ["-march=native"]):
            library = directory / f"model{len(self.classify)}.so"
            command = [compiler, "-O2", *options, "-shared", "-fPIC", *STRICT]
            source = directory / f"{name}.c"
            subprocess.run([*command, source, "-o", library], check=True)
            loaded = ctypes.CDLL(str(library))
            self.classify.append(getattr(loaded, f"{name}_classify"))
        self.n_classes = n_classes

    def __call__(self, windows, intervals):
        """Return logits and classes.

        Each call gets a scratch buffer of rubbish, every other one at an odd address;
        two calls go to one library, the next two to the other.
        """
        windows = np.ascontiguousarray(windows, dtype=np.int16)
        intervals = np.ascontiguousarray(intervals, dtype=np.uint16)
        logits = np.empty((len(windows), self.n_classes), dtype=np.int32)
        codes = np.empty(len(windows), dtype=int)
        scratch = np.empty(1 << 16, dtype=np.uint8)
        for beat in range(len(windows)):
            scratch[:] = 255 - beat % 256
            here = scratch[beat % 2 :]
            arguments = [windows[beat], intervals[beat], here, logits[beat]]
            if intervals.shape[1] == 0:
                del arguments[1]
            pointers = [ctypes.c_void_p(array.ctypes.data) for array in arguments]
            codes[beat] = self.classify[beat // 2 % 2](*pointers)
        return logits, codes
