"""A batch of encounters: the truth, and what is seen, in two types that cannot be taken for each other.

A stage adds columns and changes none.  Whoever decides is handed `Seen` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from misid.vocabulary import Origin

Column = np.ndarray[Any, np.dtype[Any]]

NO_ORIGIN = len(Origin)  # code of the origin of nobody


class RecordOf:
    """Codes of whose record comes up with a hit."""

    NO_HIT, OWN, SECOND_RECORD, TWIN, SIBLING, STRANGER, BYSTANDER = range(7)

    @classmethod
    def is_own(cls, record: Column) -> Column:
        """Whether the record that comes up is the person's own, under either number."""
        return np.asarray((record == cls.OWN) | (record == cls.SECOND_RECORD))


class Print:
    """Codes of whose record fingerprints bring up, where they are taken."""

    NONE, OWN, ANOTHER = range(3)


def first_of(cases: Sequence[tuple[Column, Any]], otherwise: Any, dtype: Any) -> Column:
    """Return in each row the value of the first case whose condition holds: `numpy.select`, several times as fast."""
    found = np.empty(cases[0][0].shape, dtype)
    np.copyto(found, otherwise, casting="unsafe")
    for here, value in reversed(cases):
        np.copyto(found, value, where=here, casting="unsafe")
    return found


class Columns(Mapping[str, Column]):
    """Columns of one length by name; a name is taken once."""

    def __init__(self, columns: Mapping[str, Column] | None = None) -> None:
        self._columns = dict(columns or {})

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, **columns: Column) -> Self:
        """Return these columns and further ones; ValueError if a stage wrote one of them before."""
        again = self._columns.keys() & columns.keys()
        if again:
            raise ValueError(f"columns that another stage wrote: {sorted(again)}")
        return type(self)(self._columns | columns)


class Truth(Columns):
    """The truth about people, photos and records."""


class Seen(Columns):
    """What the system or the officer gets."""


@dataclass(frozen=True)
class Batch:
    """Encounters, one row each, by their numbers."""

    ids: Column
    truth: Truth
    seen: Seen

    def add(self, truth: Mapping[str, Column] | None = None, seen: Mapping[str, Column] | None = None) -> Batch:
        """Return the batch with further columns; ValueError if a stage wrote one of them before."""
        return Batch(self.ids, self.truth.add(**(truth or {})), self.seen.add(**(seen or {})))
