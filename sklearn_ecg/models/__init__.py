"""Models in files that run no code, those in the box, and what they were made of."""

from ._card import ModelCard
from ._file import (
    is_model_file,
    list_pretrained,
    load_model,
    load_pretrained,
    load_pretrained_chain,
    read_card,
    read_content,
    save_model,
)

# What users import; the other names above are for other rooms.
__all__ = [
    "ModelCard",
    "list_pretrained",
    "load_model",
    "load_pretrained",
    "load_pretrained_chain",
    "read_card",
    "save_model",
]
