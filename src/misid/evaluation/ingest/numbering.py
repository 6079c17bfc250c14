"""Numbers the names in a table, from 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes
from misid.evaluation.ingest.relation import Table, disagrees


class Numbering:
    """From the names in one or more columns to whole numbers; holds names, so it lives no longer than the reading.

    Parameters
    ----------
    table : Table
        The opened file.
    distinct : str
        SQL that gives each name once, as ``name``, in the order that the numbers follow.
    kind : str
        A name for the type that is made in the database.
    numbers : bool
        Whether the names are whole numbers.
    """

    def __init__(self, table: Table, distinct: str, kind: str, numbers: bool) -> None:
        if not numbers:
            # Looked for once, and held for the type; rows of a table come in the order they were put in.
            table.ask(f"CREATE TEMP TABLE {kind}_names AS {distinct}")
            distinct = f"SELECT name FROM {kind}_names"
        self._path = table.path
        self.names = table.arrays(distinct)["name"]
        self._kind = "" if numbers else kind
        self._codes: Codes = np.arange(self.names.size, dtype=np.int32)
        if not numbers and self.names.size:
            table.ask(f"CREATE TYPE {kind} AS ENUM ({distinct})")
        elif self.names.size:
            low, high = int(self.names.min()), int(self.names.max())
            self._low, self._high, self._dense = low, high, high - low < 4 * self.names.size + (1 << 22)
            if self._dense:
                self._place = np.zeros(high - low + 1, np.int32)
                self._place[self.names - low] = self._codes
            else:
                order = np.argsort(self.names)
                self._sorted, self._place = self.names[order], order.astype(np.int32)

    def use(self, codes: Codes) -> None:
        """Give the numbers that the names stand for, in the order of ``names``."""
        self._codes = codes

    def sql(self, column: str) -> str:
        """Return SQL for a column as `numbers` takes it."""
        return f"enum_code({column}::{self._kind})::INTEGER" if self._kind and self.names.size else column

    def numbers(self, column: npt.NDArray[Any]) -> Codes:
        """Return the number of each name of a column that was asked for with `sql`."""
        if self._kind:
            at = column
        elif not column.size:
            at = np.zeros(0, np.int32)
        elif column.min() < self._low or column.max() > self._high:
            disagrees(self._path)
        elif self._dense:
            at = self._place[column - self._low]
        else:
            place = np.searchsorted(self._sorted, column)
            if not np.array_equal(self._sorted[place], column):
                disagrees(self._path)
            at = self._place[place]
        return np.asarray(self._codes[at], np.int32)
