"""All that is decided about an export before a line of it is written."""

from __future__ import annotations

from dataclasses import dataclass

from .._device_chain import DeviceChain
from ..twin._layers import CONVOLUTION, SIGNAL
from ..twin._network import IntegerLayer
from ._encoding import choose_encodings, encode, n_pairs
from ._memory import Lanes, MemoryPlan, plan_memory


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A layer and how its weights are stored."""

    layer: IntegerLayer
    encoding: str
    rows: list  # The encoded weights of each output
    n_pairs: int  # Pairs of the longest row, decoded
    stride: int  # Cells from one input row of a convolution to the next

    @property
    def is_decoded(self):
        """Whether the C makes pairs of the weights before it uses them."""
        return self.encoding != "pairs"


class StreamInputs:
    """A chain with the face of other inputs: what the C of the network needs of it."""

    takes_rows = False
    intervals = ()

    def __init__(self, chain):
        self.window_scaling = chain.window_scaling
        self.window_shape = 1, chain.inputs.n_samples
        self.window_rate = chain.inputs.window_rate
        self.r_peak = -chain.inputs.first
        self.adc_gain = chain.adc_gain
        self.leads = " or ".join(chain.lead)


@dataclass(frozen=True, eq=False)
class ExportPlan:
    """An export: computed once, read by everything that writes a part of it."""

    name: str  # Of the model in C
    quantized: object
    memory: MemoryPlan
    layers: tuple[StoredLayer, ...]
    fingerprint: str  # Hash of all numbers of the model
    facts: dict  # What is known about the model, for people

    @classmethod
    def of(cls, quantized, name, optimize, notes):
        """Plan an export."""
        network = quantized.network
        memory = plan_memory(network, in_lanes=optimize == "fast")
        offsets = [memory.offsets(layer) for layer in network.layers]
        encodings = choose_encodings(network.layers, offsets, optimize)
        layers = tuple(
            StoredLayer(
                layer,
                encoding,
                encode(layer, of_layer, encoding),
                n_pairs(layer, of_layer),
                memory.blocks[layer.name].rows[layer.inputs[0]].stride,
            )
            for layer, of_layer, encoding in zip(
                network.layers, offsets, encodings, strict=True
            )
        )
        fingerprint = quantized.fingerprint_
        facts = _facts(quantized, fingerprint) | notes
        return cls(name, quantized, memory, layers, fingerprint, facts)

    @property
    def is_stream(self):
        """Whether a signal comes in, not windows."""
        return isinstance(self.quantized, DeviceChain)

    @property
    def in_lanes(self):
        """Whether two samples share a word."""
        return isinstance(self.memory.rows(SIGNAL), Lanes)

    @property
    def network(self):
        """The network in integers."""
        return self.quantized.network

    @property
    def inputs(self):
        """What becomes of the arguments of the C before the network."""
        return StreamInputs(self.quantized) if self.is_stream else self.quantized.inputs

    @property
    def most_decoded(self):
        """Pairs of the longest row that has to be decoded; 0 if none has."""
        return max(
            (stored.n_pairs for stored in self.layers if stored.is_decoded), default=0
        )

    @property
    def model_number(self):
        """First digits of the model's hash, as a number in C."""
        return f"0x{self.fingerprint[:8]}u"


def _facts(quantized, fingerprint):
    """Return what is known about a model, as text by name."""
    network, origin = quantized.network, quantized.origin
    calibration = quantized.calibration
    n_weights = sum(layer.weight.size for layer in network.layers)
    parameters = ", ".join(f"{key}={value}" for key, value in origin.parameters.items())
    return {
        "Classes": ", ".join(map(str, quantized.classes_.tolist())),
        "Convolutions": ", ".join(
            "x".join(map(str, layer.weight.shape))
            for layer in network.layers
            if layer.kind == CONVOLUTION
        ),
        "Weights": f"{n_weights}, of which {origin.n_nonzero} are not 0",
        "Sparsity": f"{100 * origin.sparsity:.2f} %",
        "Multiplications": f"{origin.macs} a beat",
        "Trained with": f"PrunedCNNClassifier({parameters})",
        "Calibrated on": f"{origin.n_calibration} beats{calibration}",
        "SHA-256 of the integers": fingerprint,
    }
