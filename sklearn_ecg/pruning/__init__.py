"""Which weights go: pure functions on tensors."""

# All for other rooms; none of it is public.
from ._criteria import (
    BUDGETS,
    CRITERIA,
    SCHEDULES,
    STRUCTURES,
    Criterion,
    apply_masks,
    prune,
    stage_sparsities,
)
from ._units import fans_of, prune_units, without_pruned_units
