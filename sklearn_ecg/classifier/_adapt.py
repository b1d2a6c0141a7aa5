"""A fitted network fitted a little further, on a few labelled beats of one patient.

Only its last layer moves, under the masks that pruning left: what it looks at stays,
how it decides changes. That is a multinomial logistic regression on what reaches the
last layer, drawn towards the weights that it starts from, so that a few beats move it
little and classes that they don't show stay where they were.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks._networks import NETWORKS
from ..training._dataset import split_rows

ADAPTATION = 0.3
"""Standard deviation by which a weight is expected to move, by default."""

_STEPS = 200


class _Last(NamedTuple):
    """The last layer of a network, and what reaches it."""

    layer: nn.Linear
    inputs: Tensor  # Tensor of shape (beats, n_inputs)
    rest: Tensor  # What is added to its outputs


def adapted_network(
    module: nn.Module,
    rows: Tensor,
    window_shape: tuple[int, int],
    codes: Tensor,
    strength: float,
) -> nn.Module:
    """Return a copy of a network whose last layer was fitted to some beats."""
    if type(module) not in NETWORKS.values():
        raise ValueError(
            f"A {type(module).__name__} can't be adapted: it is known of the networks "
            f"{', '.join(NETWORKS)} only how their last layer ends."
        )
    module = copy.deepcopy(module)
    last = _last_of(module, rows, window_shape)
    _fit(last, codes, strength)
    return module


@torch.no_grad()
def _last_of(module, rows, window_shape):
    """Find the last layer by what it does: it is the last that gives the logits."""
    seen = []

    def see(layer, inputs, output):
        seen.append((layer, inputs[0].detach(), output.detach()))

    linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    hooks = [
        layer.register_forward_hook(see) for layer in linear if layer.bias is not None
    ]
    try:
        logits = module(**split_rows(rows, window_shape))
    finally:
        for hook in hooks:
            hook.remove()
    layer, inputs, outputs = seen[-1]
    return _Last(layer, inputs.double(), (logits - outputs).double())


def _fit(last, codes, strength):
    """Fit the layer in place, in double precision, to the optimum."""
    layer = last.layer
    start = [layer.weight.detach().double(), layer.bias.detach().double()]
    stays = start[0] != 0
    weight, bias = (values.clone().requires_grad_() for values in start)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def loss():
        optimizer.zero_grad()
        logits = last.inputs @ (weight * stays).T + bias + last.rest
        misfit = F.cross_entropy(logits, codes, reduction="sum")
        moved = sum(
            (now - before).square().sum()
            for now, before in zip((weight, bias), start, strict=True)
        )
        total = misfit + moved / (2 * strength**2)
        total.backward()
        return total

    optimizer.step(loss)
    with torch.no_grad():
        layer.weight.copy_(weight * stays)
        layer.bias.copy_(bias)
