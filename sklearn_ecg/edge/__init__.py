"""From a fitted Pipeline to a microcontroller: an integer twin, C, ONNX, a profile."""

from ._device_chain import DeviceChain, flag_names
from ._emulator import CPUS
from ._onnx import export_onnx
from ._play import play
from ._profile import profile
from ._quantize import quantize, quantize_chain
from ._quantized_classifier import QuantizedClassifier
from ._report import EdgeReport
from .c._export import export_c

__all__ = [
    "CPUS",
    "DeviceChain",
    "EdgeReport",
    "QuantizedClassifier",
    "export_c",
    "export_onnx",
    "flag_names",
    "play",
    "profile",
    "quantize",
    "quantize_chain",
]
