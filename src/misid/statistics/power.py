"""What a test can see: errors needed to tell groups apart, and many tests at once.

Item numbers are those of ``tests/unit/test_formulas.py``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, Numbers, probability, within

_HALVINGS = 200


class Events(NamedTuple):
    """Errors that must be expected in each of two groups.

    Parameters
    ----------
    lower, higher : float or ndarray
        In the group with the lower rate, and in the other; not rounded.
    """

    lower: Any
    higher: Any


def events_to_see_ratio(
    ratio: Numbers | float = 2.0, power: float = 0.8, alpha: float = 0.05, exposure: Numbers | float = 1.0
) -> Events:
    """Errors needed in two groups for a test to tell their rates apart.

    Parameters
    ----------
    ratio : float or ndarray
        Higher rate over lower, above 1.
    power : float
        Probability that the test tells them apart, strictly between 0 and 1.
    alpha : float
        Probability that it does so where rates are equal, both directions together, strictly between 0 and 1.
    exposure : float or ndarray
        Trials of the group with the higher rate over trials of the other, above 0.

    Returns
    -------
    Events
        25 and 49 for a doubling at equal exposure, 80% power and 5%.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Wald test of the log ratio, ``Var = 1/x1 + 1/x2``.  Independent errors: errors that people share count for less,
    by the effective number.  Source: item 25.d.
    """
    r, e = within("ratio", ratio, 1, above=True, below=True), within("exposure", exposure, 0, above=True, below=True)
    lower = np.square(_z_sum(power, alpha) / np.log(r)) * (1 + 1 / (r * e))
    return Events(lower, lower * r * e)


def smallest_ratio_seen(
    events_low: Numbers | float, power: float = 0.8, alpha: float = 0.05, exposure: Numbers | float = 1.0
) -> Numbers:
    """Smallest ratio of two rates that a test would show, given the errors of the group with the lower rate.

    Parameters
    ----------
    events_low : float or ndarray
        Errors (effective ones) in the group with the lower rate, at least 0.
    power, alpha, exposure
        As `events_to_see_ratio`.

    Returns
    -------
    float or ndarray
        Above 1; infinite where ``events_low`` is so small that no ratio would show.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    `events_to_see_ratio` solved for the ratio, by halving over its logarithm.
    """
    seen = np.asarray(within("events_low", events_low, 0, below=True))
    e = np.asarray(within("exposure", exposure, 0, above=True, below=True))
    seen, e = np.broadcast_arrays(seen, e)
    z = _z_sum(power, alpha)
    low, high = np.zeros(seen.shape), np.full(seen.shape, 700.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # A needed count that falls as the ratio grows; at a middle of 0 it is infinite, and never asked for.
        shows = np.square(z / middle) * (1 + np.exp(-middle) / e) <= seen
        low, high = np.where(shows, low, middle), np.where(shows, middle, high)
    found: Any = np.where(high >= 700, np.inf, np.exp(high))[()]
    result: Numbers = found
    return result


def simultaneous_level(level: float, intervals: int) -> float:
    """Level for each of several intervals that makes all of them hold at once.

    Parameters
    ----------
    level : float
        Confidence that all hold, strictly between 0 and 1.
    intervals : int
        At least 1.

    Returns
    -------
    float
        ``1 - (1 - level) / intervals``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Bonferroni, the one convention of misid.  Šidák's level is lower by a hair and needs intervals that do not pull
    against each other; cells of a table of groups share subjects, so nobody knows that they do not.
    """
    part = within("level", level, 0, 1, above=True, below=True)
    return float(1 - (1 - part) / within("intervals", float(intervals), 1, below=True, whole=True))


def holm(p_values: npt.ArrayLike) -> Array:
    """P-values that allow for how many there are.

    Parameters
    ----------
    p_values : array_like of float, shape (n,)
        0 to 1.

    Returns
    -------
    ndarray of float64, shape (n,)
        In the same order; 0 to 1.

    Raises
    ------
    OutOfRange
        Where a value is outside its range.

    Notes
    -----
    Holds whatever the tests share.  Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    p = np.asarray(probability("p_values", np.asarray(p_values, np.float64)))
    if p.ndim != 1:
        raise OutOfRange("p_values", p.shape, "a list of numbers")
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(raised, 1.0)
    return out


def _z_sum(power: float, alpha: float) -> Any:
    wanted = within("power", power, 0, 1, above=True, below=True)
    tail = within("alpha", alpha, 0, 1, above=True, below=True) / 2
    total = special.ndtri(wanted) - special.ndtri(tail)
    if total <= 0:
        raise OutOfRange("power", power, f"above {float(tail):g}, half of alpha, which chance alone reaches")
    return total
