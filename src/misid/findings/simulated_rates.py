"""Shares seen among simulated people, with the error of chance where people who were stopped together share a fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from misid.findings.reckon import Reckoner
from misid.quantities import Doubt, Estimate
from misid.statistics.intervals import clopper_pearson
from misid.vocabulary import Mode

LEVEL = 0.95
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
    some, spared : int
        Groups in which it happened to somebody; groups in which it did not happen to somebody.
    people_squared, product, count_squared : int
        Sums over groups of the squares and of the product of both numbers.
    """

    people: int
    count: int
    groups: int
    some: int
    spared: int
    people_squared: int
    product: int
    count_squared: int


@dataclass(frozen=True)
class Rate:
    """A share among simulated people.

    Parameters
    ----------
    people, count : int
        People, and those of them to whom it happened.
    share, low, high : float
        Share and its interval, 0 to 1.
    exact : bool
        Whether the interval is exact for so many groups, as it is where few differ from the rest.
    """

    people: int
    count: int
    share: float
    low: float
    high: float
    exact: bool


def rate(m: Moments, level: float = LEVEL) -> Rate:
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
    x)^2) / sum(x)^2`` (Cochran, Sampling Techniques, 1977, chapter 6).  Where it happened in fewer than `FEW` groups,
    or was spared in fewer: Clopper-Pearson with groups for trials, each as heavy as the affected ones are on average;
    if there is none, as heavy as any group.
    """
    share = m.count / m.people
    if m.some < FEW:
        low, high = _exact(m.some, m.count, m.people, m.groups, level)
    elif m.spared < FEW:
        low, high = (1.0 - end for end in reversed(_exact(m.spared, m.people - m.count, m.people, m.groups, level)))
    else:
        squares = m.count_squared - 2.0 * share * m.product + share * share * m.people_squared
        error = np.sqrt(max(squares, 0.0) * m.groups / (m.groups - 1)) / m.people
        half = float(ndtri((1.0 + level) / 2.0) * error)
        return Rate(m.people, m.count, share, max(share - half, 0.0), min(share + half, 1.0), False)
    return Rate(m.people, m.count, share, min(low, share), max(high, share), True)


def _exact(groups: int, count: int, people: int, all_groups: int, level: float) -> tuple[float, float]:
    trials = round(people * groups / count) if count else all_groups
    found: Any = clopper_pearson(groups, max(trials, groups), level)
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
        """
        n = 1.0 if share else self.per
        how = "exact by groups of people stopped together" if r.exact else "error by groups of people stopped together"
        return Estimate(
            n * r.share,
            n * r.low,
            n * r.high,
            unit,
            Doubt.SIMULATION,
            f"{self.encounters:,} simulated encounters, seed {self.seed}; {how}",
            n=float(r.people) if share else n,
            count=float(r.count),
            level=LEVEL,
            conditions=self.reckoner.conditions(mode, self.reckoner.n_references, group),
            distance=self.reckoner.distance(self.reckoner.n_references),
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
    ) -> Estimate:
        """Return a figure without simulation error: the closed form's value, or an envelope over inputs."""
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
            distance=self.reckoner.distance(self.reckoner.n_references),
            caveats=self.caveats(*caveats),
        )

    def caveats(self, *codes: str) -> tuple[str, ...]:
        """Return the codes that every figure here carries, and further ones."""
        return tuple(dict.fromkeys((*CAVEATS, *self.reckoner.caveats(self.reckoner.n_references), *codes)))
