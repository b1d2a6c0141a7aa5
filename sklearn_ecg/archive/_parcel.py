"""A model on its way to the workers, and what it consists of."""

from __future__ import annotations

import hashlib
import io
import pickle
from functools import lru_cache
from typing import Any

from joblib import wrap_non_picklable_objects


class Parcel:
    """A model that is packed once for all tasks, and unpacked once by each worker."""

    def __init__(self, model: Any):
        self.model = model
        self._packed: bytes | None = None

    def __reduce__(self):
        if self._packed is None:
            # joblib's way for classes that no module has, such as those of a notebook.
            whole = wrap_non_picklable_objects(self.model, keep_wrapper=False)
            self._packed = pickle.dumps(whole)
        return _unpacked, (self._packed,)


@lru_cache(maxsize=1)
def _unpacked(packed):
    return Parcel(pickle.loads(packed))


class _ContentPickler(pickle.Pickler):
    """A pickler of networks by their weights: pickles of tensors differ each time."""

    def persistent_id(self, obj):
        """Return what stands for a network; None for all else."""
        if not hasattr(obj, "state_dict") or not hasattr(obj, "named_modules"):
            return None
        digest = hashlib.sha256(repr(type(obj)).encode())
        for name, tensor in obj.state_dict().items():
            values = tensor.detach().cpu().numpy()
            digest.update(repr((name, values.shape, values.dtype.str)).encode())
            digest.update(values.tobytes())
        return digest.hexdigest()


def content_of(model: Any) -> bytes:
    """Return bytes that are the same for the same model, whenever it was loaded."""
    for is_fast in (True, False):
        buffer = io.BytesIO()
        pickler = _ContentPickler(buffer)
        # Written anew wherever they are: what is one object in one copy of a model may
        # be two in another. Only a model that holds itself can't be.
        pickler.fast = is_fast
        try:
            pickler.dump(model)
        except (RecursionError, ValueError):
            if not is_fast:
                raise
        else:
            break
    return buffer.getvalue()
