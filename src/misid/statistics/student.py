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

from misid.errors import OutOfRange

Array = npt.NDArray[np.float64]

_NU = np.geomspace(1.0, 100.0, 93)
"""Degrees of freedom that are tried: steps of 5%."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_UNKNOWN = 1e9
"""Variance that stands for an entry that is missing."""
_STEPS = 2000
_CLOSE = 1e-8
"""Gain of the log likelihood for each row at which the fit ends."""


@dataclass(frozen=True, eq=False)
class Student:
    """A multivariate Student t.

    Parameters
    ----------
    mean : ndarray, shape (p,)
        Centre.
    scale : ndarray, shape (p, p)
        Scale matrix; the covariance is ``nu / (nu - 2)`` times that.
    nu : float
        Degrees of freedom, positive.
    """

    mean: Array
    scale: Array
    nu: float

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return the central interval of each entry; each has shape (p,).

        Parameters
        ----------
        level : float
            Coverage, in (0, 1).
        """
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
        """Return joint draws, shape (p, m).

        Parameters
        ----------
        normal : ndarray, shape (p, m)
            Standard normal draws.
        uniform : ndarray, shape (m,)
            Uniform draws, in (0, 1).
        """
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
    """Return the value and the variance of a normal error that stand for an interval.

    Parameters
    ----------
    low, high : ndarray, shape (..., p)
        Ends of the intervals; ``low`` may be minus infinity; NaN where nothing is known.
    mean, variance : ndarray, shape (p,)
        What is expected of the entries before they are seen.

    Returns
    -------
    value, noise : ndarray, shape (..., p)
        Seen with such an error, what is expected gets the mean and variance that it has when cut to the interval.
        Where nothing is known the value is the mean and the variance very large.
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


def fit_student(low: Array, high: Array, ridge: float) -> Student:
    """Fit a Student t to rows that are known to intervals, or not at all.

    Parameters
    ----------
    low, high : ndarray, shape (n, p)
        Ends of the intervals, equal where a value is exact; ``low`` may be minus infinity; NaN where an entry is
        missing.  Each entry needs two values, each row one.
    ridge : float
        Least variance of an entry, positive; keeps the scale regular.

    Returns
    -------
    Student
        Of greatest likelihood, with intervals replaced by `seen_through`.  Missing entries are taken to be missing
        for no reason that has to do with their value.

    Raises
    ------
    OutOfRange
        If an entry has fewer than two values or a row none.

    Notes
    -----
    Expectation and maximisation: C. Liu and D. B. Rubin, "ML estimation of the t distribution using EM and its
    extensions, ECM and ECME", Statistica Sinica 5 (1995).  Degrees of freedom in steps of 5%.
    """
    known = ~np.isnan(high)
    if known.sum(axis=0).min(initial=2) < 2 or known.sum(axis=1).min(initial=1) < 1:
        raise OutOfRange("rows", int(known.sum()), "at least two values of each entry and one of each row")
    n, p = high.shape
    observed = known.sum(axis=1)
    mean, scale = _start(low, high, known, ridge)
    value, noise = seen_through(low, high, mean, np.diag(scale))
    rounding = noise[:, :, None] * np.eye(p)
    half = 0.5 * (_NU + observed[:, None])
    constant = (special.gammaln(half) - special.gammaln(0.5 * _NU) - 0.5 * observed[:, None] * np.log(_NU)).sum(axis=0)
    nu, score = 4.0, -math.inf
    for _ in range(_STEPS):
        precision = np.linalg.inv(scale + rounding)
        away = np.where(known, value - mean, 0.0)
        distance = np.einsum("ni,nij,nj->n", away, precision, away)
        likelihood = constant - (half * np.log1p(distance[:, None] / _NU)).sum(axis=0)
        likelihood += 0.5 * np.linalg.slogdet(precision)[1].sum()
        best = int(likelihood.argmax())
        nu = float(_NU[best])
        if likelihood[best] - score < _CLOSE * n:
            break
        score = float(likelihood[best])
        u = (nu + observed) / (nu + distance)
        gain = scale @ precision
        # What the row says of all its entries, the missing ones too.
        expected = np.einsum("nij,nj->ni", gain, away)
        mean = mean + (u @ expected) / u.sum()
        expected -= (u @ expected) / u.sum()
        left = scale - (gain @ scale).mean(axis=0)
        scale = (expected * u[:, None]).T @ expected / n + left + ridge * np.eye(p)
        scale = 0.5 * (scale + scale.T)
    return Student(mean, scale, nu)


def _start(low: Array, high: Array, known: npt.NDArray[np.bool_], ridge: float) -> tuple[Array, Array]:
    """Return mean and scale of a table whose missing entries are filled by the row's distance from the mean."""
    middle = np.where(np.isfinite(low), 0.5 * (low + high), high)
    mean = np.asarray(np.nanmedian(middle, axis=0))
    away = np.where(known, middle - mean, 0.0).sum(axis=1) / known.sum(axis=1)
    filled = np.where(known, middle, mean + away[:, None])
    return mean, np.cov(filled.T).reshape(len(mean), len(mean)) + ridge * np.eye(len(mean))


def conditional(whole: Student, value: Array, noise: Array, rows: npt.ArrayLike) -> Student:
    """Say what some entries of a new row tell of all.

    Parameters
    ----------
    whole : Student
        Of all entries.
    value, noise : ndarray, shape (p,)
        What is known, by `seen_through`; NaN in ``value`` where nothing is.
    rows : float or array_like, shape (p,)
        Independent rows that the fit rests on, for each entry: the fit itself is not known exactly.

    Returns
    -------
    Student
        Of all entries; those that are known keep their value and no more doubt than ``noise``.
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
