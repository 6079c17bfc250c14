"""How far rates of groups lie apart, in one number.

Every measure takes rates of groups along the first axis, so that one call serves the rates that were seen, shape
``(G,)``, and their replicates, shape ``(G, B)``.  Item numbers are those of ``tests/unit/test_formulas.py``.

The largest of several equal rates is above the smallest by chance alone, always: `misid.statistics.differences` says
how far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, probability, within

FILLED = "(x + 0.5) / (n + 1) in every group, since one has no event"


def filled_rates(events: npt.ArrayLike, trials: npt.ArrayLike) -> Array:
    """Rates of groups that are never 0, so that they have ratios.

    Parameters
    ----------
    events : array_like of float, shape (G, ...)
        At least 0 and at most ``trials``; not whole where they are replicates.
    trials : array_like of float, shape (G,) or (G, ...)
        Above 0.

    Returns
    -------
    ndarray of float64, shape of ``events``
        ``x / n``; where a column has a group without an event, ``(x + 0.5) / (n + 1)`` in all groups of that column.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Half an event is added to all groups or to none: added to the empty one alone, it could overtake a group with an
    event.  Source: item 24.
    """
    seen = np.asarray(within("events", np.asarray(events, np.float64), 0, below=True))
    tried = np.asarray(within("trials", np.asarray(trials, np.float64), 0, above=True, below=True))
    tried = tried.reshape(tried.shape + (1,) * (seen.ndim - tried.ndim))
    if np.any(seen > tried * (1 + 1e-9)):
        raise OutOfRange("events", float(seen[np.broadcast_to(seen > tried, seen.shape)][0]), "at most its trials")
    empty = (seen <= 0).any(axis=0)
    rates: Array = np.where(empty, (seen + 0.5) / (tried + 1), seen / tried)
    return rates


def max_over_min(rates: npt.ArrayLike) -> Any:
    """Largest rate over the smallest; 1 where all are equal.

    Parameters
    ----------
    rates : array_like of float, shape (G,) or (G, B)
        Above 0: see `filled_rates`; at least one group.

    Returns
    -------
    float or ndarray of shape (B,)

    Raises
    ------
    OutOfRange
        Where a rate is not above 0, or there is no group.

    Notes
    -----
    Explodes as the smallest rate nears 0: print counts beside it.  Source: item 24.a.
    """
    x = _rates(rates, above=True)
    return x.max(axis=0) / x.min(axis=0)


def gini(rates: npt.ArrayLike) -> Any:
    """Gini coefficient with the factor ``n / (n - 1)``: 0 where all are equal, 1 where one group has everything.

    Parameters
    ----------
    rates : array_like of float, shape (G,) or (G, B)
        At least 0.

    Returns
    -------
    float or ndarray of shape (B,)
        0 where all rates are 0, and where there is one group.

    Raises
    ------
    OutOfRange
        Where a rate is below 0, or there is no group.

    Notes
    -----
    ``n/(n-1) sum_ij |x_i - x_j| / (2 n^2 mean)``, by ranks.  Source: Howard et al. 2022, arXiv 2203.05051; items 24.c
    and 24.d.
    """
    x = np.sort(_rates(rates), axis=0)
    n = x.shape[0]
    if n == 1:
        return np.zeros(x.shape[1:])[()]
    weight = (2 * np.arange(n) - n + 1.0).reshape((n,) + (1,) * (x.ndim - 1))
    total = x.sum(axis=0)
    found = (weight * x).sum(axis=0) / ((n - 1) * np.where(total > 0, total, 1.0))
    # Rounding alone can leave a trace below 0 where all are equal.
    return np.clip(found, 0.0, 1.0)[()]


def garbe(false_matches: npt.ArrayLike, false_non_matches: npt.ArrayLike, alpha: float = 0.5) -> Any:
    """GARBE: Gini coefficients of both error rates, weighed.

    Parameters
    ----------
    false_matches, false_non_matches : array_like of float, shape (G,) or (G, B)
        FMR (or FPIR) and FNMR (or FNIR) of the same groups.
    alpha : float
        Weight of the first, 0 to 1.

    Returns
    -------
    float or ndarray of shape (B,)
        ``alpha Gini(FMR) + (1 - alpha) Gini(FNMR)``, 0 (equal) to 1.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Howard et al. 2022, arXiv 2203.05051; item 24.
    """
    share = probability("alpha", alpha)
    return share * gini(false_matches) + (1 - share) * gini(false_non_matches)


def fdr_fair(false_matches: npt.ArrayLike, false_non_matches: npt.ArrayLike, alpha: float = 0.5) -> Any:
    """Fairness Discrepancy Rate: 1 less the weighed largest gaps of both rates.  A measure of absolute gaps.

    Parameters
    ----------
    false_matches, false_non_matches : array_like of float, shape (G,) or (G, B)
        FMR and FNMR of the same groups.
    alpha : float
        Weight of the first, 0 to 1.

    Returns
    -------
    float or ndarray of shape (B,)
        ``1 - (alpha A + (1 - alpha) B)``, A and B the largest differences between two groups.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Blind at small rates: groups whose FPIR differ 137-fold get 0.973, which reads as "97% fair" (item 24.b).  It is
    here because others print it; it carries the caveat ``absolute_gap`` and never leads.

    Source: de Freitas Pereira and Marcel, IEEE T-BIOM 4 (2022); item 24.
    """
    share = probability("alpha", alpha)
    gaps = [np.ptp(_rates(rates), axis=0) for rates in (false_matches, false_non_matches)]
    return 1 - (share * gaps[0] + (1 - share) * gaps[1])


def _rates(rates: npt.ArrayLike, *, above: bool = False) -> Array:
    x = np.asarray(rates, np.float64)
    if x.ndim == 0 or x.shape[0] == 0:
        raise OutOfRange("rates", x.shape, "of at least one group")
    checked: Array = np.asarray(within("rates", x, 0, above=above, below=True))
    return checked
