"""Shares seen among simulated people, with simulation error alone: people who are stopped together share a fate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from misid.algorithm import SEARCH
from misid.findings.words import are_named, strangers
from misid.quantities import Doubt, Estimate, Interval
from misid.statistics import clopper_pearson
from misid.vocabulary.tested import Counted

if TYPE_CHECKING:
    from misid.findings.estimates import Estimates

LEVEL = 0.95
ERROR = "Ranges are simulation error alone: more encounters shrink them, and they say nothing about the world."
FEW = 25  # with fewer groups that differ from the rest, the normal law says too little about the next run
CAVEATS = ("simulated_people", "pieces_assumed")
ACTED = (Counted.ACTIONS,)


class Moments(NamedTuple):
    """Sums over groups of people stopped together, which an interval needs; a person alone is a group of one."""

    people: int
    events: int  # of them to whom it happened
    groups: int
    people_squared: int  # sums over groups of the squares and of the product of both numbers
    product: int
    events_squared: int

    @classmethod
    def alone(cls, people: int, events: int) -> Moments:
        """Return the sums of people who share nothing: each is a group."""
        return cls(people, events, people, people, events, events)

    @classmethod
    def of_groups(cls, x: np.ndarray, y: np.ndarray, many: np.ndarray | int = 1) -> Moments:
        """Return the sums of groups of x people of whom it happened to y, so many of each; groups of nobody are out."""
        sums = ((many * (x > 0) * z).sum() for z in (x, y, np.ones_like(x), x * x, x * y, y * y))
        return cls(*(int(z) for z in sums))

    def plus(self, other: Moments) -> Moments:
        """Return the sums of both."""
        return Moments(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def spared(self) -> Moments:
        """The sums of those to whom it did not happen."""
        events, product = self.people - self.events, self.people_squared - self.product
        squared = self.people_squared - 2 * self.product + self.events_squared
        return self._replace(events=events, product=product, events_squared=squared)

    @property
    def effective(self) -> float:
        """How many independent people the count is worth, counted with one more group of typical size."""
        typical = self.people_squared / self.people
        return self.events * (self.events + typical) / (self.events_squared + typical * typical)


def simulated_rate(m: Moments, level: float = LEVEL) -> Interval:
    """Return a share of at least one person with its simulation error.

    Notes
    -----
    Ratio estimator: with y of x people in each of k groups and R the share, its variance is ``k / (k - 1) sum((y - R
    x)^2) / sum(x)^2`` (Cochran, Sampling Techniques, 1977, chapter 6).  Where it happened, or was spared, fewer than
    `FEW` effective times: Clopper-Pearson at the effective number, ``sum(y)^2 / sum(y^2)`` (Kish, Survey Sampling,
    1965), counted with one more group of typical size, since few groups seen say little of heavy ones not seen.  In
    trials with groups of 1 to 6, of whom none, half or all shared one fate, the 95% interval covered at least 93%.
    """
    share = m.events / m.people
    if m.effective < FEW:
        low, high = _at_effective(m, level)
    elif m.spared.effective < FEW:
        low, high = (1.0 - end for end in reversed(_at_effective(m.spared, level)))
    else:
        squares = m.events_squared - 2.0 * share * m.product + share * share * m.people_squared
        error = np.sqrt(max(squares, 0.0) * m.groups / (m.groups - 1)) / m.people
        half = float(ndtri((1.0 + level) / 2.0) * error)
        low, high = max(share - half, 0.0), min(share + half, 1.0)
        return Interval(share, low, high, level, "ratio estimator", m.events, m.people)
    return Interval(share, low, high, level, "Clopper-Pearson at the effective number", m.events, m.people).around()


def _at_effective(m: Moments, level: float) -> tuple[float, float]:
    # Where it happened to nobody, nothing tells how heavy a group would be: as heavy as any.
    seen = max(1, int(m.effective)) if m.events else 0
    trials = max(seen, round(m.people * seen / m.events)) if m.events else m.groups
    low, high = clopper_pearson(seen, trials, level)
    return float(low), float(high)


@dataclass(frozen=True)
class SimulatedRun:
    """A run of simulated people, and the scenario's expected values to stand beside them."""

    estimates: Estimates
    encounters: int
    seed: int

    @property
    def per(self) -> float:
        """How many people counts are given for."""
        return float(self.estimates.size)

    @property
    def photographed(self) -> str:
        """Say who is photographed: ``10,000 people stopped at random``."""
        return f"{self.estimates.size:,} people {self.estimates.scenario.stops[self.estimates.stop].title}"

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the operating points, the strictest first."""
        return self.estimates.names

    def named(self, point: str) -> str:
        """Say how many strangers are named at an operating point: ``1 in 65 strangers``."""
        return strangers(self.estimates.place(point).phi)

    def condition(self, point: str) -> str:
        """Say on what a figure at an operating point depends: ``if 1 in 65 strangers is named``."""
        return f"if {are_named(self.estimates.place(point).phi)}"

    def estimate(
        self,
        found: Interval,
        point: str,
        unit: str = "people",
        group: str = "all",
        *,
        per: float | None = None,
        counted: tuple[Counted, ...] = SEARCH,
        caveats: tuple[str, ...] = (),
    ) -> Estimate:
        """Return a share as a count out of ``use.people``, or of ``per``, with its simulation error."""
        whole, place = self.per if per is None else per, self.estimates.place(point)
        made = Estimate.of(
            found.times(whole),
            conditions=self.estimates.conditions(place, group),
            distance=self.estimates.distance(place, counted, "" if group == "all" else group),
            unit=unit,
            kind=Doubt.SIMULATION,
            words=f"{self.encounters:,} simulated encounters, seed {self.seed}, by who was stopped together",
            caveats=(*CAVEATS, *self.estimates.caveats(place), *caveats),
        )
        return replace(made, n=found.trials if whole == 1.0 else whole)
