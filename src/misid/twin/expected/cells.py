"""The cells that the closed form reckons with: who is stopped, by origin, sex, age and status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.scenario import Scenario
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


def enrolled_share(points: Points, status: str, age: Age) -> Array:
    """Return P(in the gallery) of people of a status and age, shape (P,)."""
    searched = points["gallery.passport_photos_searched"]
    with_passports = points[f"statuses.{status}.enrolled.{age.value}"]
    without = points[f"statuses.{status}.enrolled_without_passports.{age.value}"]
    # Searching more photos cannot take anybody out of the gallery, whatever corner of the two ranges is asked for.
    return np.asarray(searched * np.maximum(with_passports, without) + (1.0 - searched) * without, float)


def own_record_calls(scenario: Scenario, points: Points, status: str, age: Age) -> Array:
    """Return P(a person's own record calls for the action) by status and age, shape (P,)."""
    error = points[f"statuses.{status}.record_error.{age.value}"]
    return np.asarray(1.0 - error if scenario.statuses[status].action_supported else error, float)


def _whole(path: str) -> str:
    """Name the whole a share belongs to: blocks of one stop, or one mapping inside a block."""
    head, _, leaf = path.rpartition(".")
    return head.rpartition(".")[0] if leaf == "share" else head
