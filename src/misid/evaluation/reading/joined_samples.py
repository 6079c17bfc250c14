"""Samples of a table, by numbers that a second algorithm's file shares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from misid.evaluation.contract import Codes
from misid.evaluation.reading.tables import DataTable, Index, NameNumbers


class JoinedSamples:
    """Numbers the samples of both sides of a table by numbers that another file shares."""

    def __init__(self, table: DataTable, number: Callable[[Index], Codes]) -> None:
        self._numbers: dict[str, tuple[str, NameNumbers]] = {}
        self._of: dict[str, Codes] = {}
        for side, roles in (("probe", ("search", "probe_sample")), ("reference", ("reference_sample",))):
            role = next((one for one in roles if one in table.roles), None)
            if role is None:
                continue
            whole = table.is_whole(table.roles[role])
            key = role if whole else f"hash({role})"
            found = table.arrays(
                f"SELECT {key} AS key, min({role}) AS name FROM selected WHERE {role} IS NOT NULL GROUP BY 1 ORDER BY 2"
            )
            # Two spellings may have one number, so places are kept and numbers looked up.
            places = np.arange(found["key"].size, dtype=np.int32)
            self._numbers[f"{side}_sample"] = role, NameNumbers(found["key"], places, not whole, table.problems)
            self._of[f"{side}_sample"] = number(found["name"])

    def columns(self) -> list[str]:
        """Return the names of what `numbers` returns."""
        return [*self._numbers, "row"]

    def sql(self) -> list[str]:
        """Return SQL for what `numbers` takes."""
        return [f"{numbers.sql(role)} AS {column}" for column, (role, numbers) in self._numbers.items()]

    def numbers(self, part: dict[str, Index]) -> dict[str, Index]:
        """Return the numbers of samples, and the row of each."""
        found = {column: self._of[column][of.numbers(part[column])] for column, (_, of) in self._numbers.items()}
        return {**found, "row": part["row"].astype(np.int32)}
