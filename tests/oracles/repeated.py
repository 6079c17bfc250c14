"""Repeated attempts of the same people: how alike they are, and how many independent ones they are worth.

Item numbers are those of FORMULAS.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from misid.errors import OutOfRange
from misid.statistics import Numbers, amount, probability, within


class BetaBinomial(NamedTuple):
    """Rate of repeated attempts, and how alike attempts of one person are.

    Parameters
    ----------
    rate : float
        Events over attempts, 0 to 1.
    rho : float
        Correlation of two attempts of one person, 0 to 1.
    a, b : float
        Of the beta distribution of people's own rates; infinite at ``rho`` 0.
    effective_n : float
        Independent attempts that would say as much.
    """

    rate: float
    rho: float
    a: float
    b: float
    effective_n: float


def design_effect(attempts: Numbers, rho: Numbers) -> Numbers:
    """Return ``1 + (m - 1) rho``: how many times the variance grows if m attempts of each person are alike by rho.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Schuckers, Computational Methods in Biometric Authentication (2010); FORMULAS 15.
    """
    m: Numbers = within("attempts", attempts, 1, below=True)
    result: Numbers = 1 + (m - 1) * probability("rho", rho)
    return result


def beta_binomial(events: ArrayLike, attempts: ArrayLike) -> BetaBinomial:
    """Estimate rate and correlation from the events of each person, by moments.

    Parameters
    ----------
    events, attempts : array_like, shape (n,)
        Whole numbers per person, ``0 <= events <= attempts``; attempts at least 1.

    Returns
    -------
    BetaBinomial

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    m = within("attempts", np.atleast_1d(np.asarray(attempts, np.float64)), 1, below=True, whole=True)
    x = amount("events", np.atleast_1d(np.asarray(events, np.float64)))
    if np.any(x > m):
        raise OutOfRange("events", float(x[x > m][0]), "at most the person's attempts")
    n, total = m.size, float(m.sum())
    rate = float(x.sum()) / total
    rho = 0.0
    if 0 < rate < 1 and n > 1 and total > n:
        between = float((m * np.square(x / m - rate)).sum()) / (n - 1)
        inside = float((x * (m - x) / m).sum()) / (total - n)
        usual = (total - float(np.square(m).sum()) / total) / (n - 1)
        rho = min(max((between - inside) / (between + (usual - 1) * inside), 0.0), 1.0)
    effect = 1 + (float(np.square(m).sum()) / total - 1) * rho
    scale = (1 - rho) / rho if rho > 0 else np.inf
    return BetaBinomial(rate, rho, rate * scale, (1 - rate) * scale, total / effect)


def no_event(rate: float, rho: float, attempts: int) -> float:
    """Probability that one person has no event in several attempts.

    Parameters
    ----------
    rate : float
        Of one attempt, 0 to 1.
    rho : float
        Correlation of two attempts of one person, 0 to 1.
    attempts : int
        At least 1.

    Returns
    -------
    float
        Product over k < attempts of ``((1 - rate) (1 - rho) + k rho) / (1 - rho + k rho)``; never below
        ``(1 - rate)^attempts``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: beta-binomial distribution, FORMULAS 15.
    """
    p, alike = float(probability("rate", rate)), float(probability("rho", rho))
    tried = np.arange(1, within("attempts", float(attempts), 1, below=True, whole=True))
    later = -p * (1 - alike) / (1 - alike + tried * alike)
    return float((1 - p) * np.exp(np.log1p(later).sum())) if p < 1 else float(p == 0)
