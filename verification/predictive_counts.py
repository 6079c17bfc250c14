"""A predictive distribution of one count: a mixture over what is not known, with its interval, PIT and log score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from verification.event_spread import log_pmf, shapes

Array = npt.NDArray[np.float64]


class Counts(Protocol):
    """What a count of up to ``total`` may come to."""

    @property
    def total(self) -> int:
        """The most there can be."""

    def upto(self, count: int) -> float:
        """Return the probability of at most so many."""

    def log_each(self, count: int) -> Array:
        """Return the logarithm of the probability of exactly so many in each draw, shape (D,)."""


@dataclass(frozen=True)
class Shares:
    """Beta-binomial counts over draws of the mean share and of the correlation.

    Parameters
    ----------
    total : int
        At least 1.
    mean, rho : ndarray, shape (D,)
        Mean share and correlation of each draw.
    uniform : ndarray, shape (D,)
        Draws that give each its own share of this event.
    """

    total: int
    mean: Array
    rho: Array
    uniform: Array

    @cached_property
    def own(self) -> Array:
        """The share of this event in each draw, shape (D,)."""
        a, b = shapes(self.mean, self.rho)
        spread = self.rho > 0
        # Where there is no spread the law has no shapes; any will do, and its draw is not used.
        a, b = (np.maximum(np.where(spread, x, 1.0), 1e-9) for x in (a, b))
        return np.where(spread, special.betaincinv(a, b, self.uniform), self.mean)

    def upto(self, count: int) -> float:
        """Return the probability of at most so many."""
        if count < 0:
            return 0.0
        return float(special.bdtr(float(count), self.total, self.own).mean()) if count < self.total else 1.0

    def log_each(self, count: int) -> Array:
        """Return the logarithm of the probability of exactly so many in each draw; ``uniform`` is not used."""
        return log_pmf(count, self.total, self.mean, self.rho)


@dataclass(frozen=True)
class Rates:
    """Poisson counts over draws of the rate.

    Parameters
    ----------
    total : int
        Faces seen.
    rate : ndarray, shape (D,)
        Expected events per face, above 0.
    """

    total: int
    rate: Array

    def upto(self, count: int) -> float:
        """Return the probability of at most so many."""
        return float(special.pdtr(float(count), self.rate * self.total).mean()) if count >= 0 else 0.0

    def log_each(self, count: int) -> Array:
        """Return the logarithm of the probability of exactly so many in each draw."""
        expected = self.rate * self.total
        return np.asarray(special.xlogy(count, expected) - expected - special.gammaln(count + 1.0), dtype=np.float64)


def log_score(counts: Counts, count: int) -> float:
    """Return the logarithm of the probability of exactly so many, over all draws."""
    each = counts.log_each(count)
    return float(special.logsumexp(each) - math.log(each.size))


def effective(counts: Counts, count: int) -> float:
    """Return how many draws the log score rests on (Kish): few, and only its size can be meant.

    ``(sum p)^2 / sum p^2`` over draws, from 1 to D.
    """
    each = counts.log_each(count)
    return float(np.exp(2.0 * special.logsumexp(each) - special.logsumexp(2.0 * each)))


def quantile(counts: Counts, part: float) -> int:
    """Return the least count that has at least this part of the probability at or below it."""
    low, high = -1, counts.total
    while high - low > 1:
        middle = (low + high) // 2
        if counts.upto(middle) >= part:
            high = middle
        else:
            low = middle
    return high


def pit(counts: Counts, observed: int, uniform: float) -> float:
    """Return the randomised probability integral transform of a count, ``P(below) + uniform P(equal)``.

    Uniform over rows if the distributions are right (Smith 1985).
    """
    below, upto = counts.upto(observed - 1), counts.upto(observed)
    return below + uniform * (upto - below)
