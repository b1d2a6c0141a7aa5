"""Models in files that run no code, those in the box, and what they were made of."""

from ._card import ModelCard
from ._file import list_pretrained, load_model, load_pretrained, read_card, save_model

__all__ = [
    "ModelCard",
    "list_pretrained",
    "load_model",
    "load_pretrained",
    "read_card",
    "save_model",
]
