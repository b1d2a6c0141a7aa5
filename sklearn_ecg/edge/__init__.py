"""From a fitted Pipeline to a microcontroller: an integer twin, C, ONNX, a profile."""

from ._device_chain import DeviceChain, flag_names
from ._emulator import CPUS
from ._names import names_table
from ._onnx import export_onnx
from ._play import play
from ._profile import profile
from ._quantize import quantize, quantize_chain, ways_onto_a_device
from ._quantized_classifier import Origin, QuantizedClassifier
from ._report import EdgeReport
from .c._export import check_name, export_c
from .page._page import export_page
from .twin._arithmetic import FORMATS
from .twin._chain import ChainInputs
from .twin._features import FeatureScaling
from .twin._gate import Gate, LeadGate
from .twin._layers import CONVOLUTION
from .twin._network import IntegerLayer, IntegerNetwork
from .twin._window import WindowScaling

# What users import; the other names above are for other rooms.
__all__ = [
    "CPUS",
    "DeviceChain",
    "EdgeReport",
    "QuantizedClassifier",
    "export_c",
    "export_onnx",
    "export_page",
    "flag_names",
    "names_table",
    "play",
    "profile",
    "quantize",
    "quantize_chain",
]
