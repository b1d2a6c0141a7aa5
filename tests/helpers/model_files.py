"""Model files that were changed since they were written."""

import json

from safetensors import safe_open
from safetensors.numpy import save_file

from sklearn_ecg.models._file import _checksum


def changed(path, target, change, weights=None):
    """Write a file whose content was changed, with a checksum that is right."""
    with safe_open(path, framework="numpy") as file:
        content = json.loads(file.metadata()["sklearn_ecg"])
        tensors = {name: file.get_tensor(name) for name in list(file.keys())}
    change(content)
    tensors |= weights or {}
    content["checksum"] = _checksum(content, tensors)
    save_file(tensors, target, metadata={"sklearn_ecg": json.dumps(content)})
    return target
