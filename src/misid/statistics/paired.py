"""Two rules tried on the same people: who fares differently, by how much, and what a comparison can see.

People met under both rules differ only where the rules do, so only the discordant count: ``b`` harmed under the first
rule alone, ``c`` under the second alone.  Item numbers are those of ``tests/unit/test_formulas.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from misid.errors import OutOfRange
from misid.quantities import Interval
from misid.statistics.freedom import satterthwaite
from misid.statistics.intervals import clopper_pearson
from misid.statistics.ranges import Array, Numbers, within


def mcnemar_exact(b: Numbers | float, c: Numbers | float) -> Numbers:
    """Probability of discordant counts at least as uneven as these if both rules harm alike.

    Parameters
    ----------
    b, c : float or ndarray
        People harmed under the first rule alone and under the second alone; whole, at least 0; shapes broadcast.

    Returns
    -------
    float or ndarray
        Two-sided p-value ``min(1, 2 P(Bin(b + c, 1/2) <= min(b, c)))``, above 0 to 1; it underflows to 0 below
        1e-308.  1 where nobody is discordant.

    Raises
    ------
    OutOfRange
        Where a count is not whole, negative or not finite.

    Notes
    -----
    Exact if people are independent of one another.  Source: McNemar, Psychometrika 12 (1947), in its exact form;
    item 22.a.
    """
    first, second = _counts(b, c)
    fewer, more = np.minimum(first, second), np.maximum(first, second)
    # P(Bin(n, 1/2) <= k) as an incomplete beta function; at n = 0 there is none, and the sum is 1.
    tail = special.betainc(np.maximum(more, 1), fewer + 1, 0.5)
    value: Any = np.where(more == fewer, 1.0, np.minimum(2 * tail, 1.0))
    result: Numbers = value[()]
    return result


def clustered_paired_difference(sums: ArrayLike, sizes: ArrayLike, level: float = 0.95) -> Interval:
    """Difference of two shares where people stopped together share a fate.

    Parameters
    ----------
    sums : array_like of float, shape (k,)
        For each cluster: people harmed under the first rule minus people harmed under the second.
    sizes : array_like of float, shape (k,)
        People in each cluster, at least 1 and at least ``abs(sums)``; at least two clusters.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    Interval
        Of ``sum(sums) / sum(sizes)``; standard error and degrees of freedom are 0 where all clusters are alike.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or there are fewer than two clusters.

    Notes
    -----
    Ratio estimator: with residuals ``e_j = sums_j - R sizes_j`` the variance of R is ``k / (k - 1) sum(e_j^2) /
    sum(sizes)^2``, whatever goes on inside a cluster.  Degrees of freedom: k - 1 if residuals were normal.  Harm is
    rare, so a handful of clusters may carry the whole variance; the effective number
    ``2 S2^2 / (S4 - S2^2 / k)``, with S2 and S4 the sums of squares and fourth powers (Satterthwaite), is used where
    it is smaller.  In trials with 300 and 3,000 clusters the 95% interval covered 92% where three clusters
    differed and 94% to 97% from five on, and missed mostly by an upper end too low; an interval that takes people for
    independent covered 51% to 81% there.

    Where all residuals are 0 no variance can be seen.  The interval then leaves open the share of unlike clusters that
    k clusters without one leave open (Clopper-Pearson), each of them as large as the largest seen and wholly the other
    way.

    Source: Cochran, Sampling Techniques (1977), chapters 6 and 9; Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    size = within("sizes", np.atleast_1d(np.asarray(sizes, np.float64)), 1, below=True)
    total = within("sums", np.atleast_1d(np.asarray(sums, np.float64)), -np.inf, below=True)
    if total.shape != size.shape or total.ndim != 1:
        raise OutOfRange("sums", total.shape, f"of the shape of sizes, {size.shape}, one number for each cluster")
    if np.any(np.abs(total) > size):
        raise OutOfRange("sums", float(total[np.abs(total) > size][0]), "at most the size of its cluster")
    k = total.size
    if k < 2:
        raise OutOfRange("sizes", k, "of at least two clusters; one cluster says nothing about how clusters differ")
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    people = size.sum()
    ratio = float(total.sum() / people)
    residuals = total - ratio * size
    # Rounding of ratio * size is all there is where clusters are alike.
    if np.all(np.square(residuals) <= np.square(8 * np.finfo(np.float64).eps * size)):
        unlike = clopper_pearson(0, k, level)[1]
        reach = float(unlike * (1 + abs(ratio)) * size.max() * k / people)
        low, high, standard_error, freedom = ratio - reach, ratio + reach, 0.0, 0.0
        method = "all clusters alike, share of unlike ones left open"
    else:
        standard_error = float(np.sqrt(k / (k - 1) * np.square(residuals).sum()) / people)
        freedom = satterthwaite(residuals)
        half = -float(special.stdtrit(freedom, tail)) * standard_error
        low, high, method = ratio - half, ratio + half, "clustered, t"
    return Interval(
        ratio, max(low, -1.0), min(high, 1.0), level, method, trials=round(people),
        standard_error=standard_error, degrees_of_freedom=freedom,
    )  # fmt: skip


def _counts(b: float | Array, c: float | Array) -> tuple[Any, Any]:
    return within("b", b, 0, below=True, whole=True), within("c", c, 0, below=True, whole=True)
