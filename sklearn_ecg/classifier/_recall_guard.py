"""Floors of the recall under which pruning must not bring a class."""

from __future__ import annotations

from dataclasses import dataclass

# A floor derived from the dense network's recall is a difference of two fractions, and
# may lie a rounding error above the very fraction that it stands for.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RecallGuard:
    """What must be found of each guarded class."""

    floors: dict  # Lowest recall allowed
    drops: dict  # How far the recall may fall below the dense network's

    @classmethod
    def of(cls, min_recall, max_recall_drop, labels) -> RecallGuard | None:
        """Make the guard that two parameters of the classifier ask for."""
        floors, drops = min_recall or {}, max_recall_drop or {}
        if isinstance(max_recall_drop, float):
            drops = dict.fromkeys(labels, max_recall_drop)
        for name, guarded in (("min_recall", floors), ("max_recall_drop", drops)):
            unknown = [label for label in guarded if label not in labels]
            if unknown:
                raise ValueError(
                    f"{name} names {unknown[0]!r}, which is no class of y; these are "
                    f"{labels}."
                )
        return cls(dict(floors), dict(drops)) if floors or drops else None

    @property
    def parameter(self) -> str:
        """The parameter that asks for the guard."""
        return "min_recall" if self.floors else "max_recall_drop"

    @property
    def labels(self) -> list:
        """The guarded classes."""
        return [
            *self.floors,
            *(label for label in self.drops if label not in self.floors),
        ]

    def floors_after(self, dense_recall: dict) -> dict:
        """Floor of each guarded class, the higher where it has two."""
        lowered = {
            label: max(0.0, dense_recall[label] - drop)
            for label, drop in self.drops.items()
        }
        return {
            label: max(self.floors.get(label, 0.0), lowered.get(label, 0.0))
            for label in self.labels
        }


def missed_floor(recall: dict, floors: dict):
    """Find the class that is furthest below its floor."""
    short = {label: floor - recall[label] for label, floor in floors.items()}
    worst = max(short, key=lambda label: short[label], default=None)
    return worst if short.get(worst, 0.0) > _ROUNDING else None


def rejection(rows: list[dict], floors: dict) -> str:
    """Say which stage was rejected, and why."""
    rejected = rows[-1]
    label = missed_floor(rejected["validation_recall"], floors)
    finding = (
        f"recall {rejected['validation_recall'][label]:.4f} of class {label!r} on the "
        f"validation part, below its floor of {floors[label]:.4f}"
    )
    if len(rows) == 1:
        return (
            f"Nothing was pruned: already the dense network has {finding}. It is kept. "
            "Train it longer or weigh its classes, or lower min_recall."
        )
    return (
        f"Pruning stopped: stage {rejected['stage']}, at sparsity "
        f"{rejected['target_sparsity']:.4g}, has {finding}. The classifier is that of "
        f"stage {rows[-2]['stage']}, at sparsity {rows[-2]['target_sparsity']:.4g}."
    )
