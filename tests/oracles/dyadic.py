"""Variance over pairs of people by the textbook, against which the fast sums are held."""

from __future__ import annotations

import numpy as np

from misid.errors import OutOfRange
from misid.statistics import Array, EventCounts, TrialCounts, amount, within


def u_statistic_variance(n: float, zeta1: float, zeta2: float) -> float:
    """Variance of a mean over all pairs of n people.

    Parameters
    ----------
    n : float
        People, at least 2.
    zeta1 : float
        Variance between people of their own rate.
    zeta2 : float
        Variance of one pair, ``F (1 - F)`` for a rate F.

    Returns
    -------
    float
        ``4 (n - 2) / (n (n - 1)) zeta1 + 2 / (n (n - 1)) zeta2``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Hoeffding, Annals of Mathematical Statistics 19 (1948); FORMULAS 14.
    """
    people = within("n", n, 2, below=True)
    pairs = people * (people - 1)
    return float(4 * (people - 2) / pairs * amount("zeta1", zeta1) + 2 / pairs * amount("zeta2", zeta2))


def vertex_jackknife(events: EventCounts, trials: TrialCounts) -> tuple[Array, float]:
    """Rates without each person in turn, and the variance that they give.

    Parameters
    ----------
    events, trials
        As `clustered_rate`.

    Returns
    -------
    values : ndarray of float64, shape (k,)
        The rate without each of the k people who have trials.
    variance : float
        ``(k - 1) / k sum((values - mean)^2)``; overstates, see `clustered_rate`.

    Raises
    ------
    OutOfRange
        If leaving somebody out leaves no trials.
    """
    tried = trials.by_person()
    there = tried > 0
    left = trials.total - tried[there]
    if np.any(left < 1):
        raise OutOfRange("trials", 0, "at least 1 without any one person; one person takes part in all of them")
    values = (events.total - events.by_person()[there]) / left
    k = values.size
    return values, float((k - 1) / k * np.square(values - values.mean()).sum())
