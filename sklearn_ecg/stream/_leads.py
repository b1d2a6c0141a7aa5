"""Which leads were believed, in a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from .._messages import clock, joined
from ..detection import FLAT, MISSED, NOISE, WAVES, Change

_WHY = {
    MISSED: "missed beats",
    WAVES: "has waves as steep as its beats",
    NOISE: "is noisy",
    FLAT: "is flat",
}
_MOST_SENTENCES = 3


def leads_used(
    changes: Sequence[Change], names: Sequence[str], rate: float, duration: float
) -> pd.DataFrame:
    """Return from when to when each lead was believed, in seconds."""
    starts = [min(change.sample / rate, duration) for change in changes]
    table = pd.DataFrame(
        {
            "lead": [names[change.lead] for change in changes],
            "start": starts,
            "stop": [*starts[1:], duration],
        }
    )
    others = [names[1 - change.lead] if change.why else "" for change in changes]
    table["why"] = [
        f"{other} {_WHY[change.why]}" if change.why else ""
        for other, change in zip(others, changes, strict=True)
    ]
    return table


def longest_believed(used: pd.DataFrame) -> str:
    """Return the lead that was believed longest."""
    lasted = (used["stop"] - used["start"]).groupby(used["lead"], sort=False).sum()
    return str(lasted.idxmax())


def sentences_of(used: pd.DataFrame) -> Iterator[str]:
    """Say where another lead than the first was believed, and why."""
    later = used.iloc[1:]
    if len(later) <= _MOST_SENTENCES:
        for one in later.itertuples():
            why = one.why or "it is as good again"
            yield f"From {clock(one.start)} on, lead {one.lead} was believed: {why}."
        return
    first = used["lead"].iloc[0]
    other = used[used["lead"] != first]
    lasted = (other["stop"] - other["start"]).sum()
    whys = joined(sorted(set(other["why"]) - {""}))
    yield (
        f"Lead {other['lead'].iloc[0]} was believed {len(other)} times, for "
        f"{clock(lasted)} in all: {whys}. 'leads_used' has each time."
    )
