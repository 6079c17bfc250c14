"""A multivariate Student t fitted to rows that are known to intervals, or not at all."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm import Array
from misid.errors import OutOfRange
from misid.statistics import Student, seen_through

_NU = np.geomspace(1.0, 100.0, 93)
"""Degrees of freedom that are tried: steps of 5%."""
_STEPS = 2000
_CLOSE = 1e-8
"""Gain of the log likelihood for each row at which the fit ends."""


def fit_student(low: Array, high: Array, ridge: float) -> Student:
    """Fit a Student t to rows that are known to intervals, or not at all; arrays of shape (n, p).

    Of greatest likelihood, with intervals replaced by `seen_through`: ends are equal where a value is exact, ``low``
    may be minus infinity, NaN is missing, for no reason that has to do with its value.  ``ridge``, the least variance
    of an entry, keeps the scale regular.  Expectation and maximisation: C. Liu and D. B. Rubin, "ML estimation of the t
    distribution using EM and its extensions, ECM and ECME", Statistica Sinica 5 (1995).  Degrees of freedom in steps of
    5%.
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
