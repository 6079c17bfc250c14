"""What a ledger was or is to be made of: enough to tell whether a run may go on where it stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.storage.content import CHUNK, SCHEMA
from misid.storage.folders import to_text
from misid.storage.tables import Column, columns
from misid.vocabulary import Mode


@dataclass(frozen=True)
class Plan:
    """One run.

    Every encounter stands in the ledger once per mode.  Part i holds encounters ``i * part_rows`` up to
    ``(i + 1) * part_rows``: all of them under the first mode, then all under the next.

    Parameters
    ----------
    version : str
        Version of misid.
    scenario_digest : str
        Digest of the resolved scenario.
    seed : int
        Seed of every draw.
    encounters : int
        How many, at least 1.
    stop : str
        Name of the stop population.
    modes : tuple of str
        Values of `misid.vocabulary.Mode`, at least one.
    rules : tuple of str
        Names of the rules of action.
    part_rows : int
        Encounters per part: a multiple of 65,536, or at least ``encounters``.
    labels : mapping of str to tuple of str
        Labels of the columns whose labels depend on the scenario.
    schema : str
        Kind and major version of the ledger.

    Raises
    ------
    OutOfRange
        If anything lies outside its range.
    """

    version: str
    scenario_digest: str
    seed: int
    encounters: int
    stop: str
    modes: tuple[str, ...]
    rules: tuple[str, ...]
    part_rows: int
    labels: Mapping[str, tuple[str, ...]] = field(hash=False)
    schema: str = SCHEMA

    def __post_init__(self) -> None:
        object.__setattr__(self, "modes", tuple(str(mode) for mode in self.modes))
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "labels", {name: tuple(codes) for name, codes in self.labels.items()})
        if self.encounters < 1:
            raise OutOfRange("encounters", self.encounters, "at least 1")
        if self.part_rows < 1 or (self.part_rows < self.encounters and self.part_rows % CHUNK):
            raise OutOfRange("part_rows", self.part_rows, f"a multiple of {CHUNK}, or at least the {self.encounters}")
        known = [mode.value for mode in Mode]
        if not self.modes or len(set(self.modes)) != len(self.modes) or not set(self.modes) <= set(known):
            raise OutOfRange("modes", list(self.modes), f"different ones out of {known}")
        self.columns()

    def columns(self) -> tuple[Column, ...]:
        """Return every column of this run."""
        return columns(self.rules, self.labels)

    @property
    def parts(self) -> int:
        """How many parts."""
        return -(-self.encounters // self.part_rows)

    def span(self, part: int) -> tuple[int, int]:
        """Return the first encounter of a part, and the first after it.

        Raises
        ------
        OutOfRange
            If there is no such part.
        """
        if not 0 <= part < self.parts:
            raise OutOfRange("part", part, f"from 0 to {self.parts - 1}")
        return part * self.part_rows, min((part + 1) * self.part_rows, self.encounters)

    def keys(self, part: int) -> dict[str, npt.NDArray[Any]]:
        """Return the two columns that say which row is which.

        Parameters
        ----------
        part : int
            Number of the part.

        Returns
        -------
        dict
            ``encounter`` int64 and ``mode`` uint8, each of shape (modes * encounters in the part,).
        """
        first, after = self.span(part)
        known = [mode.value for mode in Mode]
        codes = np.array([known.index(mode) for mode in self.modes], dtype=np.uint8)
        numbers = np.arange(first, after, dtype=np.int64)
        return {"encounter": np.tile(numbers, len(codes)), "mode": np.repeat(codes, after - first)}

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        return data | {
            "modes": list(self.modes),
            "rules": list(self.rules),
            "labels": {name: list(codes) for name, codes in self.labels.items()},
            "columns": [column.to_json() for column in self.columns()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that plain data, as `to_json` gives them, stand for.

        Raises
        ------
        OutOfRange
            If they are no plan's.
        """
        try:
            if not all(type(data[key]) is int for key in ("seed", "encounters", "part_rows")):
                raise TypeError("a number is no whole number")
            return cls(**{each.name: data[each.name] for each in fields(cls)})
        except (KeyError, TypeError, AttributeError) as error:
            raise OutOfRange("plan", f"{type(error).__name__}: {error}", "a whole plan") from None

    def to_text(self) -> str:
        """Return canonical JSON."""
        return to_text(self.to_json())

    def digest(self) -> str:
        """Return the SHA-256 of `to_text`, in hexadecimal."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()
