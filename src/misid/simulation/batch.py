"""A batch of encounters: the truth, and what is seen, in two types that cannot be taken for each other.

A stage adds columns and changes none.  Whoever decides is handed `Seen` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Column = np.ndarray[Any, np.dtype[Any]]


class Columns(Mapping[str, Column]):
    """Columns of one length by name; a name is given once."""

    def __init__(self, columns: Mapping[str, Column] | None = None) -> None:
        self._columns = dict(columns or {})

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def _with(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        again = self._columns.keys() & columns.keys()
        if again:
            raise ValueError(f"columns that another stage wrote: {sorted(again)}")
        return self._columns | dict(columns)


class Truth(Columns):
    """The truth about people, photos and records."""

    def add(self, **columns: Column) -> Truth:
        """Return these columns and further ones; ValueError if a name is taken."""
        return Truth(self._with(columns))


class Seen(Columns):
    """What the system or the officer gets."""

    def add(self, **columns: Column) -> Seen:
        """Return these columns and further ones; ValueError if a name is taken."""
        return Seen(self._with(columns))


@dataclass(frozen=True)
class Batch:
    """Encounters, one row each, by their numbers."""

    ids: Column
    truth: Truth
    seen: Seen

    def add(self, truth: Mapping[str, Column] | None = None, seen: Mapping[str, Column] | None = None) -> Batch:
        """Return the batch with further columns; ValueError if a stage wrote one of them before."""
        return Batch(self.ids, self.truth.add(**(truth or {})), self.seen.add(**(seen or {})))
