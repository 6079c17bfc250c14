"""What is missing in a table whose rows resemble each other: a multivariate Student t, seen through rounding.

Arrays in, numbers out.  Rows are independent draws; entries may be missing, or known to an interval only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.statistics.ranges import Array

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_UNKNOWN = 1e9
"""Variance that stands for an entry that is missing."""


@dataclass(frozen=True, eq=False)
class Student:
    """A multivariate Student t of p entries."""

    mean: Array  # shape (p,)
    scale: Array  # shape (p, p); the covariance is ``nu / (nu - 2)`` times that
    nu: float  # degrees of freedom, positive

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return the central interval of each entry; each has shape (p,)."""
        reach = special.stdtrit(self.nu, 0.5 * (1.0 + level)) * np.sqrt(np.diag(self.scale))
        return self.mean - reach, self.mean + reach

    def below(self, value: npt.ArrayLike) -> Array:
        """Return the probability that each entry is at most a value; shape (p,)."""
        away = (np.asarray(value, dtype=np.float64) - self.mean) / np.sqrt(np.diag(self.scale))
        return np.asarray(special.stdtr(self.nu, away))

    def log_density(self, value: npt.ArrayLike) -> Array:
        """Return the log density of each entry alone at a value; shape (p,)."""
        spread = np.sqrt(np.diag(self.scale))
        away = (np.asarray(value, dtype=np.float64) - self.mean) / spread
        constant = special.gammaln(0.5 * (self.nu + 1)) - special.gammaln(0.5 * self.nu)
        constant -= 0.5 * math.log(self.nu * math.pi)
        return np.asarray(constant - np.log(spread) - 0.5 * (self.nu + 1) * np.log1p(away**2 / self.nu))

    def draws(self, normal: Array, uniform: Array) -> Array:
        """Return joint draws, shape (p, m), from standard normal draws of that shape and uniform ones of shape (m,)."""
        shared = 2.0 * special.gammaincinv(0.5 * self.nu, uniform) / self.nu
        drawn = self.mean[:, None] + (np.linalg.cholesky(self.scale) @ normal) / np.sqrt(shared)
        return np.asarray(drawn, dtype=np.float64)


def symmetric(lower: Sequence[Sequence[float]]) -> Array:
    """Return a symmetric matrix from the rows of its lower triangle, the first row of one number."""
    found = np.zeros((len(lower), len(lower)))
    for i, row in enumerate(lower):
        found[i, : i + 1] = found[: i + 1, i] = row
    return found


def seen_through(low: Array, high: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
    """Return the value and the variance of a normal error that stand for intervals, shape (..., p).

    ``mean`` and ``variance`` are what is expected of the entries before they are seen.  Seen with such an error, that
    gets the mean and variance that it has when cut to the interval.  ``low`` may be minus infinity; where nothing is
    known both ends are NaN, the value is the mean and the variance very large.
    """
    sd = np.sqrt(variance)
    known = ~np.isnan(high)
    top = np.where(known, high, mean)
    bottom = np.where(known & np.isfinite(low), low, np.minimum(mean, top) - 8.0 * sd)
    x = 0.5 * (top + bottom)[..., None] + 0.5 * (top - bottom)[..., None] * _NODES
    log_weight = -0.5 * ((x - mean[:, None]) / sd[:, None]) ** 2 + np.log(_WEIGHTS)
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    weight /= weight.sum(axis=-1, keepdims=True)
    middle = (weight * x).sum(axis=-1)
    within = np.maximum((weight * (x - middle[..., None]) ** 2).sum(axis=-1), 1e-12)
    noise = 1.0 / np.maximum(1.0 / within - 1.0 / variance, 1.0 / _UNKNOWN)
    value = noise * (middle / within - mean / variance)
    return np.where(known, value, mean), np.where(known, noise, _UNKNOWN)


def conditional(whole: Student, value: Array, noise: Array, rows: npt.ArrayLike) -> Student:
    """Return the law of all entries of a new row, given some: ``value``, NaN where unknown, and its ``noise``.

    ``rows`` are the independent rows that the fit rests on, for each entry: the fit itself is not known exactly.
    Entries that are known keep their value, and no more variance than ``noise``.
    """
    n = np.broadcast_to(np.asarray(rows, dtype=np.float64), whole.mean.shape)
    at = np.flatnonzero(~np.isnan(value))
    k = len(at)
    scale = whole.scale
    known = scale[np.ix_(at, at)] + np.diag(noise[at])
    gain = np.linalg.solve(known, scale[at]).T
    away = value[at] - whole.mean[at]
    distance = float(away @ np.linalg.solve(known, away))
    # A regression on k entries, fitted on n rows, predicts a new row with this much more variance.
    rest = np.maximum(n - k - 1.0, 1.0)
    more = n / rest * (1.0 + (1.0 + distance) / n)
    spread = (scale - gain @ scale[at]) * (whole.nu + distance) / (whole.nu + k) * np.sqrt(np.outer(more, more))
    spread[at, :] = spread[:, at] = 0.0
    mean = whole.mean + gain @ away
    mean[at] = value[at]
    spread[at, at] = np.minimum(noise[at], np.diag(scale)[at])
    return Student(mean, 0.5 * (spread + spread.T), whole.nu + k)
