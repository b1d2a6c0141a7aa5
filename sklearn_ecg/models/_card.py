"""What a model was made of and how well it does: its card."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

_WIDTH = 79


@dataclass(frozen=True)
class ModelCard:
    """What a model was made of, how well it does, and what it is not for.

    After Mitchell et al. [1]_. All but the title may be empty; `print` shows what is
    there.

    Attributes
    ----------
    title : str
        What it is, in a line.
    use : str
        What it is for, and which input it takes.
    not_for : str
        What it is not for.
    data : sequence of mapping
        Of each database its ``name``, ``version``, ``patients``, ``beats``, ``license``
        and ``citation``.
    protocol : str
        How the scores were measured.
    scores : sequence of mapping
        A row for each database and class: ``database``, ``class``, ``Se``, ``+P``,
        ``F1``, ``95 % of F1``, ``beats``.
    made_by : str
        The command that made it.
    figures : sequence of mapping
        Whatever else was measured, such as false alarms an hour: rows with ``figure``,
        ``value`` and ``95 %``, an interval.

    References
    ----------
    .. [1] M. Mitchell et al. (2019), "Model Cards for Model Reporting",
       arXiv:1810.03993.

    Examples
    --------
    >>> from sklearn_ecg.models import ModelCard
    >>> print(ModelCard("Beats of one patient", use="Lead II, from an armband."))
    Beats of one patient
    ====================
    <BLANKLINE>
    Use: Lead II, from an armband.
    """

    title: str
    use: str = ""
    not_for: str = ""
    data: Sequence[Mapping[str, Any]] = ()
    protocol: str = ""
    scores: Sequence[Mapping[str, Any]] = ()
    made_by: str = ""
    figures: Sequence[Mapping[str, Any]] = ()

    def __str__(self):
        parts = [f"{self.title}\n{'=' * len(self.title)}"]
        parts += _paragraphs("Use", self.use) + _paragraphs("Not for", self.not_for)
        if self.data:
            lines = [_described(database) for database in self.data]
            parts.append("\n".join(["Trained on:", *lines]))
        parts += _paragraphs("Measured", self.protocol)
        parts += [_table(rows) for rows in (self.scores, self.figures) if rows]
        parts += _paragraphs("Made by", self.made_by)
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return all that is in the card, as plain values.

        Returns
        -------
        dict
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ModelCard:
        """Make a card of plain values.

        Parameters
        ----------
        content : mapping
            As `to_dict` returns it.

        Returns
        -------
        ModelCard

        Raises
        ------
        ValueError
            If it holds anything else.
        """
        texts = {"title", "use", "not_for", "protocol", "made_by"}
        names = {field.name for field in fields(cls)}
        unknown = sorted(set(content) - names)
        if unknown or "title" not in content:
            raise ValueError(
                f"a card has {', '.join(sorted(names))} and at least a title, not "
                f"{', '.join(unknown) or 'none'}"
            )
        for name, value in content.items():
            is_right = isinstance(value, str) if name in texts else _is_rows(value)
            if not is_right:
                raise ValueError(f"a card's {name} can't be {value!r}")
        return cls(**content)


def _is_rows(value):
    return isinstance(value, list | tuple) and all(
        isinstance(row, Mapping) for row in value
    )


def _paragraphs(name, text):
    return [textwrap.fill(f"{name}: {text}", _WIDTH)] if text else []


def _described(database):
    of_it = dict(database)
    head = " ".join(str(of_it.pop(key, "")) for key in ("name", "version")).strip()
    rest = "; ".join(f"{key} {value}" for key, value in of_it.items() if value)
    text = f"{head}: {rest}" if rest else head
    return textwrap.fill(text, _WIDTH, initial_indent="- ", subsequent_indent="  ")


def _table(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [{name: _cell(row.get(name)) for name in names} for row in rows]
    table = pd.DataFrame(cells)
    # What a row is of begins it, and the rest of it stands at the right.
    first = table.columns[0]
    width = max(map(len, [first, *table[first]]))
    table[first] = table[first].str.ljust(width)
    text = table.rename(columns={first: first.ljust(width)}).to_string(index=False)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _cell(value):
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else f"{value}"
