"""A whole table of predictions, with every row, and what all tables together come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from misid.quantities import Conditions
from misid.validation import Goal, Prediction, Scale, Summary, Unpredicted, Unsettled

Say = Callable[[str], None]
"""Takes what is being done, in words."""


@dataclass(frozen=True)
class PredictionTable:
    """Predictions of one kind beside what was observed; the fields are those of `misid.validation.DigestTable`."""

    code: str
    title: str
    question: str
    target: str
    how: str
    conditions: Conditions
    level: float
    scale: Scale
    predictions: tuple[Prediction, ...]  # in any order; `misses` orders them
    baselines: Mapping[str, str] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    unsettled: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    judged: bool = True
    again_of: str = ""

    def misses(self) -> tuple[Prediction, ...]:
        """Return all rows, worst first: those outside their interval, then by distance."""
        return tuple(
            sorted(self.predictions, key=lambda row: (row.inside, -abs(row.away(self.scale)), row.subject, row.band))
        )

    def bands(self) -> tuple[str, ...]:
        """Return the bands in order of first appearance, without the empty one."""
        return tuple(dict.fromkeys(row.band for row in self.predictions if row.band))


@dataclass(frozen=True)
class Validation:
    """Every table, in the order of the page, with its summaries and what no data can decide."""

    tables: tuple[PredictionTable, ...]
    summaries: Mapping[str, tuple[Summary, ...]]  # by code; empty for a table that is not judged
    unsettled: tuple[Unsettled, ...] = ()
    unpredicted: tuple[Unpredicted, ...] = ()
    not_validated: tuple[str, ...] = ()  # what misid computes and nobody has tested
