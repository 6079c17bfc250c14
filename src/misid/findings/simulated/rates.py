"""Shares seen among simulated people, with the error of chance where people who were stopped together share a fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from misid.algorithm import SEARCH
from misid.quantities import Doubt, Estimate, Nearness
from misid.statistics import clopper_pearson
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

if TYPE_CHECKING:
    from misid.findings.reckon import Reckoner

LEVEL = 0.95
ERROR = "Ranges are simulation error alone."
FEW = 25  # with fewer groups that differ from the rest, the normal law says too little about the next run
CAVEATS = ("simulated_people", "pieces_assumed")


@dataclass(frozen=True)
class Moments:
    """What an interval needs to know of people who come in groups; a person alone is a group of one.

    Parameters
    ----------
    people, count : int
        People, and those of them to whom it happened.
    groups : int
        Groups that hold these people.
    people_squared, product, count_squared : int
        Sums over groups of the squares and of the product of both numbers.
    """

    people: int
    count: int
    groups: int
    people_squared: int
    product: int
    count_squared: int

    @classmethod
    def alone(cls, people: int, count: int) -> Moments:
        """Return the moments of people who share nothing: each is a group."""
        return cls(people, count, people, people, count, count)

    @property
    def spared_squared(self) -> int:
        """Sum over groups of the squared number of people to whom it did not happen."""
        return self.people_squared - 2 * self.product + self.count_squared

    @property
    def typical(self) -> float:
        """Size of the group in which a person is met on average."""
        return self.people_squared / self.people


@dataclass(frozen=True)
class Rate:
    """A share among simulated people.

    Parameters
    ----------
    people, count : int
        People, and those of them to whom it happened.
    share, low, high : float
        Share and its interval, 0 to 1.
    few : bool
        Whether it happened, or was spared, too rarely for the normal law.
    """

    people: int
    count: int
    share: float
    low: float
    high: float
    few: bool


def simulated_rate(m: Moments, level: float = LEVEL) -> Rate:
    """Return the share with its interval.

    Parameters
    ----------
    m : Moments
        At least one person.
    level : float
        Confidence level.

    Returns
    -------
    Rate

    Notes
    -----
    Ratio estimator: with y of x people in each of k groups and R the share, its variance is ``k / (k - 1) sum((y - R
    x)^2) / sum(x)^2`` (Cochran, Sampling Techniques, 1977, chapter 6).  Where it happened, or was spared, fewer than
    `FEW` effective times: Clopper-Pearson at the effective number, ``sum(y)^2 / sum(y^2)`` (Kish, Survey Sampling,
    1965), counted with one more group of typical size, since few groups seen say little of heavy ones not seen.  In
    trials with groups of 1 to 6, of whom none, half or all shared one fate, the 95% interval covered at least 93%.
    """
    share = m.count / m.people
    spared = m.people - m.count
    if _effective(m.count, m.count_squared, m.typical) < FEW:
        low, high = _at_effective(m.count, m.count_squared, m, level)
    elif _effective(spared, m.spared_squared, m.typical) < FEW:
        low, high = (1.0 - end for end in reversed(_at_effective(spared, m.spared_squared, m, level)))
    else:
        squares = m.count_squared - 2.0 * share * m.product + share * share * m.people_squared
        error = np.sqrt(max(squares, 0.0) * m.groups / (m.groups - 1)) / m.people
        half = float(ndtri((1.0 + level) / 2.0) * error)
        return Rate(m.people, m.count, share, max(share - half, 0.0), min(share + half, 1.0), False)
    return Rate(m.people, m.count, share, min(low, share), max(high, share), True)


def _effective(count: int, squared: int, typical: float) -> float:
    return count * (count + typical) / (squared + typical * typical)


def _at_effective(count: int, squared: int, m: Moments, level: float) -> tuple[float, float]:
    if count == 0:
        # Nothing tells how heavy a group would be: as heavy as any.
        found: Any = clopper_pearson(0, m.groups, level)
    else:
        seen = max(1, int(_effective(count, squared, m.typical)))
        found = clopper_pearson(seen, max(seen, round(m.people * seen / count)), level)
    return float(found[0]), float(found[1])


@dataclass(frozen=True)
class Words:
    """Turns shares of one run into estimates.

    Parameters
    ----------
    reckoner : Reckoner
        Of the scenario.
    encounters, seed : int
        Of the run.
    """

    reckoner: Reckoner
    encounters: int
    seed: int

    @property
    def per(self) -> float:
        """How many people counts are given for."""
        return float(self.reckoner.scenario.use.people)

    def estimate(
        self,
        r: Rate,
        mode: Mode,
        unit: str = "people",
        group: str = "all",
        caveats: tuple[str, ...] = (),
        share: bool = False,
        counted: tuple[Counted, ...] = SEARCH,
        cell: str | None = None,
        age: str = "",
    ) -> Estimate:
        """Return a share as an estimate with its simulation error.

        Parameters
        ----------
        r : Rate
            The share.
        mode : Mode
            How FPIR moves with gallery size.
        unit : str
            Of the value.
        group : str
            Whom it is about.
        caveats : tuple of str
            Codes beside those that every figure of the simulation carries.
        share : bool
            Give the share itself, not a count out of so many.
        counted : tuple of Counted
            What the share rests on.
        cell : str, optional
            The group as tests tell groups apart; ``group`` itself unless given.
        age : str
            Age band, where it is about one alone.
        """
        n = 1.0 if share else self.per
        how = "Clopper-Pearson at the effective number" if r.few else "ratio estimator"
        return Estimate(
            n * r.share,
            n * r.low,
            n * r.high,
            unit,
            Doubt.SIMULATION,
            f"{self.encounters:,} simulated encounters, seed {self.seed}; {how}, by who was stopped together",
            n=float(r.people) if share else n,
            count=float(r.count),
            level=LEVEL,
            conditions=self.reckoner.conditions(mode, self.reckoner.n_references, group),
            distance=self.reckoner.distance(mode, None, counted, _cell(group) if cell is None else cell, age),
            caveats=self.caveats(*caveats),
        )

    def plain(
        self,
        value: float,
        unit: str,
        mode: Mode,
        method: str,
        ends: tuple[float, float] | None = None,
        caveats: tuple[str, ...] = (),
        n: float | None = None,
        distance: Nearness | None = None,
    ) -> Estimate:
        """Return a figure without simulation error: the closed form's value, or an envelope over inputs.

        Its distance is that of a search unless another is given.
        """
        low, high = ends or (None, None)
        return Estimate(
            value,
            low,
            high,
            unit,
            Doubt.INPUT,
            method,
            n=n,
            conditions=self.reckoner.conditions(mode, self.reckoner.n_references),
            distance=self.reckoner.distance(mode) if distance is None else distance,
            caveats=self.caveats(*caveats),
        )

    def caveats(self, *codes: str) -> tuple[str, ...]:
        """Return the codes that every figure here carries, and further ones."""
        return tuple(dict.fromkeys((*CAVEATS, *self.reckoner.caveats(self.reckoner.n_references), *codes)))


def _cell(group: str) -> str:
    return "" if group == "all" else group
