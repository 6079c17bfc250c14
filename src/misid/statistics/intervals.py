"""Exact intervals for a share and for a count, also where the count is 0 or everything.

Item numbers are those of ``tests/unit/test_formulas.py``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, Numbers, within


class Band(NamedTuple):
    """Intervals of several values that hold all at once: ndarrays of one shape."""

    value: Array
    low: Array
    high: Array


def clopper_pearson(count: Numbers | float, n: Numbers | float, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Exact interval for a probability of which ``count`` out of ``n`` was seen.

    Parameters
    ----------
    count, n : float or ndarray
        Whole numbers, ``0 <= count <= n``; shapes broadcast.  At ``n`` 0 the interval is 0 to 1.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    low, high : float or ndarray
        Probabilities.  ``low`` is 0 at count 0 and ``high`` is 1 at count ``n``, exactly.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Covers the true probability with at least ``level``, whatever it is, if the trials are independent.
    Source: Clopper and Pearson, Biometrika 26 (1934); items 0 and 25.
    """
    from scipy import special

    seen = within("count", count, 0, below=True, whole=True)
    unseen = within("n", n, 0, below=True, whole=True) - seen
    if np.any(unseen < 0):
        raise OutOfRange("count", count, f"at most n = {n!r}")
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    # The beta functions want parameters above 0: 1 stands in for 0, and np.where drops what that gives.
    low: Any = np.where(seen == 0, 0.0, special.betaincinv(np.maximum(seen, 1), unseen + 1, tail))[()]
    high: Any = np.where(unseen == 0, 1.0, special.betainccinv(seen + 1, np.maximum(unseen, 1), tail))[()]
    return low, high


def poisson_interval(count: Numbers, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Exact interval for an expected number of events of which ``count`` were seen.

    Parameters
    ----------
    count : float or ndarray
        Whole numbers, at least 0.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    low, high : float or ndarray
        Expected events, the shape of ``count``; ``low`` is 0 at count 0, exactly.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Garwood, Biometrika 28 (1936); item 8.
    """
    from scipy import special

    seen = within("count", count, 0, below=True, whole=True)
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    low: Any = np.where(seen == 0, 0.0, special.gammaincinv(np.maximum(seen, 1), tail))[()]
    high: Any = special.gammainccinv(seen + 1, tail)
    return low, high
