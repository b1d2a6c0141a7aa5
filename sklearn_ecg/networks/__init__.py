"""The networks, in plain PyTorch, and what they cost."""

# All for other rooms; none of it is public.
from ._networks import (
    NETWORKS,
    BeatCNN,
    Complexity,
    TwoBranch,
    complexity,
    output_positions,
    prunable_layers,
    prunable_weights,
    with_memory,
)
