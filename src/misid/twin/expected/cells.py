"""The cells that the closed form reckons with: who is stopped, by origin, sex, age and status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.scenario.resolved import Scenario
from misid.twin.expected.points import GROUPS, Array, Points
from misid.vocabulary import Age, Origin, Sex


@dataclass(frozen=True)
class Stratum:
    """One cell of the people stopped under one policy.

    Parameters
    ----------
    origin, sex, age : enum
        Who.
    status : str
        Name of a status of the scenario.
    shares : tuple of str
        Paths of the shares that multiply to this cell's part: block, origin, sex, age, status.
    """

    origin: Origin
    sex: Sex
    age: Age
    status: str
    shares: tuple[str, ...]

    @property
    def group(self) -> int:
        """Index of the probe group in `GROUPS`."""
        return GROUPS.index((self.origin, self.sex))


def strata(scenario: Scenario, stop: str) -> tuple[Stratum, ...]:
    """Return the cells of one stop policy, in the order of the file."""
    return tuple(
        Stratum(
            origin,
            sex,
            age,
            status,
            (
                f"stops.{stop}.blocks.{i}.share",
                f"stops.{stop}.blocks.{i}.origin.{origin.value}",
                f"stops.{stop}.blocks.{i}.sex.{sex.value}",
                f"stops.{stop}.blocks.{i}.age.{age.value}",
                f"stops.{stop}.blocks.{i}.status.{status}",
            ),
        )
        for i, block in enumerate(scenario.stops[stop].blocks)
        for origin in block.origin
        for sex in block.sex
        for age in block.age
        for status in block.status
    )


def part_of(cells: tuple[Stratum, ...], points: Points) -> Array:
    """Return each cell's part of those stopped, shape (P, K); sums to one over cells.

    Where a share is moved within its range the other shares of its whole give way in proportion.
    """
    wholes: dict[str, set[str]] = {}
    for cell in cells:
        for path in cell.shares:
            wholes.setdefault(_whole(path), set()).add(path)
    share: dict[str, Array] = {}
    for members in wholes.values():
        total = np.sum([points[path] for path in sorted(members)], axis=0)
        for path in members:
            share[path] = points[path] / total
    columns = [np.prod([share[path] for path in cell.shares], axis=0) for cell in cells]
    return np.stack(columns, axis=1)


def _whole(path: str) -> str:
    """Name the whole a share belongs to: blocks of one stop, or one mapping inside a block."""
    head, _, leaf = path.rpartition(".")
    return head.rpartition(".")[0] if leaf == "share" else head
