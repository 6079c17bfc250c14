"""How good likelihood ratios are: what they cost, how far off they are, and how far out the data support them.

A likelihood ratio (LR) says how much more probable a score is if both images show one person than if they show two.
Everything here is in base 10, ``LLR = log10 LR``: 1 stands for ten times as probable.  Functions that only use the
order of the values (`pav`, `cllr_min`) take scores as well.

Equal values are one value, always: no rule that maps a score to an LR can tell them apart.  Values are compared as
they come, so scores that are kept as float32 tie where float32 does.

No LR here is that of a hit in a search: it compares one pair with random pairs, and the best candidate of a gallery is
no random pair.  Item numbers are those of FORMULAS.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics import Array

Counts = npt.NDArray[np.int64]

ELUB_PER_DECADE = 100
ELUB_LIMIT = 9.0
INVARIANCE_PER_DECADE = 1000
INVARIANCE_LIMIT = 20.0


class Calibrated(NamedTuple):
    """Values and the LRs that the data give them; all arrays have the same length.

    Parameters
    ----------
    value : ndarray of float, shape (k,)
        Distinct values, rising.
    mated, non_mated : ndarray of int64, shape (k,)
        How often each occurs.
    llr : ndarray of float64, shape (k,)
        log10 LR, never falling; minus infinity below the lowest mated value, infinity above the highest non-mated one.
    """

    value: npt.NDArray[np.floating]
    mated: Counts
    non_mated: Counts
    llr: Array


class _Grid(NamedTuple):
    """Thresholds as log10 LRs, where 0 is among them, and the factors ``max(1, t)`` and ``max(1, 1 / t)``.

    Both factors are whole at whole decades, so that what is equal there compares equal.
    """

    at: Array
    zero: int
    up: Array
    down: Array


class Bounds(NamedTuple):
    """Range outside which no LR should be reported.

    Parameters
    ----------
    low, high : float
        log10 LR; ``low`` at most 0, ``high`` at least 0.
    """

    low: float
    high: float


def pav(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> Calibrated:
    """Best LRs that keep the order of the values: pool adjacent violators.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        Scores or LLRs, higher for one person; at least one each; infinities are the outermost values.

    Returns
    -------
    Calibrated

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN.

    Notes
    -----
    Isotonic regression of "is mated" on the value, each distinct value once and weighted by its count; odds are
    divided by those of the whole set.  The blocks are the edges of the convex hull of the trade-off curve.
    Source: Ayer et al., Annals of Mathematical Statistics 26 (1955); Brümmer and du Preez, Computer Speech & Language
    20 (2006).
    """
    value, on_mated, on_other = _pooled(mated, non_mated)
    edges, _, _, llr = _blocks(on_mated, on_other)
    return Calibrated(value, on_mated, on_other, np.repeat(llr, np.diff(edges)))


def cllr(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> float:
    """Cost of log-likelihood ratios, in bits: 0 is perfect, 1 is what "LR = 1, always" costs.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        LLRs; at least one each; infinities allowed.

    Returns
    -------
    float
        At least 0.  Above 1 the LRs do more harm than none.  Infinite if one mated LR is 0, or one non-mated LR
        infinite: no other values make up for a certainty that is wrong.

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN.

    Notes
    -----
    ``(mean log2(1 + 1 / LR) over mated + mean log2(1 + LR) over non-mated) / 2``.  Both sides weigh the same, however
    many values they have.  Source: Brümmer and du Preez, Computer Speech & Language 20 (2006); item 18.
    """
    # As log(1 + exp(x)), which neither overflows for a large LR nor loses a small one.
    missed = np.logaddexp(0.0, -math.log(10) * _values("mated", mated).astype(np.float64))
    passed = np.logaddexp(0.0, math.log(10) * _values("non_mated", non_mated).astype(np.float64))
    return float((missed.mean() + passed.mean()) / (2 * math.log(2)))


def cllr_min(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> float:
    """Cllr after the best recalibration that keeps the order: what the values lose by not telling people apart.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        Scores or LLRs; at least one each.

    Returns
    -------
    float
        0 to 1, never above `cllr` of the same values; the difference is the cost of calibration.

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN.

    Notes
    -----
    `cllr` of the LRs of `pav`, on the data that they came from: too good for few data.  Tools that let equal scores be
    told apart, non-mated first, give less than any rule on the score can reach.  Source: as for `cllr`.
    """
    _, on_mated, on_other, llr = _blocks(*_pooled(mated, non_mated)[1:])
    cost = 0.0
    for count, side in ((on_mated, -math.log(10) * llr), (on_other, math.log(10) * llr)):
        # Over the blocks that hold this side: elsewhere its cost is infinite, and nobody pays it.
        cost += float(count[count > 0] @ np.logaddexp(0.0, side[count > 0]) / count.sum())
    return cost / (2 * math.log(2))


def devpav(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> float | None:
    """How far LLRs lie from the best ones in the same order, on average over their range.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        LLRs; at least one each.

    Returns
    -------
    float or None
        In decades of the LR, at least 0; infinite where an LR of 0 or infinity was given and the data do not bear it
        out; None where every mated value is above every non-mated one, since then no best LR is finite.

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN.

    Notes
    -----
    Area between the line through the points (LLR, LLR by `pav`), those with a finite second value, and the diagonal,
    over the length of that range; with one point its distance.  Source: Vergeer, van Schaik and Sjerps, Forensic
    Science International 321 (2021); item 18.
    """
    value, _, _, best = pav(mated, non_mated)
    known = np.isfinite(best)
    if not known.any():
        return None
    x = value[known].astype(np.float64)
    if not np.isfinite(x[[0, -1]]).all():
        return math.inf
    off = best[known] - x
    if x.size == 1:
        return float(abs(off[0]))
    return float(_area(np.diff(x), off) / (x[-1] - x[0]))


def elub(mated: npt.ArrayLike, non_mated: npt.ArrayLike, per_decade: int = ELUB_PER_DECADE) -> Bounds:
    """Empirical lower and upper bound: the LRs for which decisions by the LR beat decisions without it.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        LLRs; at least one each; those beyond 9 count as 9.
    per_decade : int
        Bounds are multiples of ``1 / per_decade``.

    Returns
    -------
    Bounds
        ``high`` is at most ``log10(m + 1)``, ``low`` at least ``-log10(n + 1)``: a thousand non-mated pairs never
        support an LR above about a thousand.

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN, or ``per_decade`` is below 1.

    Notes
    -----
    With one more value on the misleading side of each, a threshold t costs ``P(mated <= t) + t P(non-mated > t)``; the
    LR is of use where that is at most what a constant LR of 1 costs, ``min(1, t)``.  Each bound is the last multiple,
    going out from 1, up to which that holds; 1 where it fails at once.  Source: Vergeer et al., Science & Justice 56
    (2016) 482-491; the half-open counts follow NFI's lir 1.8.0.
    """
    one, other = (np.clip(side, -ELUB_LIMIT, ELUB_LIMIT) for side in _sorted(mated, non_mated))
    lowest, highest = min(one[0], other[0]), max(one[-1], other[-1])
    # Outside these the added misleading value alone costs more than no LR at all.
    low = max(lowest, -math.log10(one.size + 1))
    high = min(highest, math.log10(other.size + 1))
    grid = _grid(low, high, per_decade)
    missed = (np.searchsorted(one, grid.at, side="right") + 1.0) * (other.size + 1.0)
    passed = (other.size - np.searchsorted(other, grid.at, side="right") + 1.0) * (one.size + 1.0)
    of_use = missed * grid.down + passed * grid.up <= (one.size + 1.0) * (other.size + 1.0)
    return _around(grid, of_use, of_use)


def invariance_bounds(
    mated: npt.ArrayLike, non_mated: npt.ArrayLike, per_decade: int = INVARIANCE_PER_DECADE
) -> Bounds:
    """Bounds up to which "the LR is at or above t" is itself evidence of t or more.

    Parameters
    ----------
    mated, non_mated : array_like of float, shape (n,), (m,)
        LLRs; at least one each; those beyond 20 count as 20.
    per_decade : int
        Bounds are multiples of ``1 / per_decade``, but for the one named below.

    Returns
    -------
    Bounds

    Raises
    ------
    OutOfRange
        If a side is empty or holds NaN, or ``per_decade`` is below 1.

    Notes
    -----
    With shares ``(x + 1/2) / (n + 1)`` (Jeffreys prior), ``high`` is the last multiple up to which
    ``P(mated >= t) / P(non-mated >= t) >= t``, and ``low`` the last one down to which
    ``P(mated < t) / P(non-mated < t) <= t``.  Where that holds for all values, the bound is the highest mated LLR, or
    the lowest non-mated one.  Source: Alberink et al., "A transparent method to determine limit values for Likelihood
    Ratio systems" (2025, submitted), as in NFI's lir 1.8.0.
    """
    one, other = (np.clip(side, -INVARIANCE_LIMIT, INVARIANCE_LIMIT) for side in _sorted(mated, non_mated))
    grid = _grid(min(one[0], other[0]), max(one[-1], other[-1]), per_decade)
    below_one, below_other = (np.searchsorted(side, grid.at, side="left") for side in (one, other))
    # Each side of the comparison is multiplied by both sizes, and by the threshold or its inverse.
    to_one, to_other = grid.down * (other.size + 1.0), grid.up * (one.size + 1.0)
    above = (one.size - below_one + 0.5) * to_one >= (other.size - below_other + 0.5) * to_other
    below = (below_one + 0.5) * to_one <= (below_other + 0.5) * to_other
    found = _around(grid, below, above)
    return Bounds(
        min(float(other[0]), 0.0) if found.low == grid.at[0] else found.low,
        max(float(one[-1]), 0.0) if found.high == grid.at[-1] else found.high,
    )


def _values(name: str, values: npt.ArrayLike) -> npt.NDArray[np.floating]:
    """Return values as floats of the width they have, flat, if they can be put in order."""
    given = np.asarray(values)
    known = given.ravel() if given.dtype in (np.float32, np.float64) else given.astype(np.float64).ravel()
    if known.size == 0:
        raise OutOfRange(name, [], "at least one value")
    if np.isnan(known).any():
        raise OutOfRange(name, math.nan, "free of NaN: count failures apart")
    return known


def _sorted(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> tuple[Array, Array]:
    one, other = (
        np.sort(_values(name, side)).astype(np.float64) for name, side in (("mated", mated), ("non_mated", non_mated))
    )
    return one, other


def _pooled(mated: npt.ArrayLike, non_mated: npt.ArrayLike) -> tuple[npt.NDArray[np.floating], Counts, Counts]:
    """Count both sides at each distinct value."""
    one, other = _values("mated", mated), _values("non_mated", non_mated)
    every = np.sort(np.concatenate([one, other]))
    first = np.append(True, every[1:] != every[:-1])
    value = every[first]
    edges = np.append(np.flatnonzero(first), every.size)
    # One look-up of the shorter side; what is left belongs to the other.
    swap = one.size > other.size
    place = np.searchsorted(value, np.sort(other if swap else one))
    few = np.bincount(place, minlength=value.size).astype(np.int64)
    many = np.diff(edges).astype(np.int64) - few
    return (value, many, few) if swap else (value, few, many)


def _blocks(on_mated: Counts, on_other: Counts) -> tuple[npt.NDArray[np.intp], Array, Array, Array]:
    """Pool adjacent violators: edges of the blocks, how many of each side a block holds, and its log10 LR."""
    from scipy.optimize import isotonic_regression

    both = (on_mated + on_other).astype(np.float64)
    edges = isotonic_regression(on_mated / both, weights=both).blocks
    mated, other = (np.add.reduceat(side, edges[:-1]).astype(np.float64) for side in (on_mated, on_other))
    with np.errstate(divide="ignore"):  # a block of one side alone has an LR of 0 or infinity
        llr = np.log10(mated * other.sum()) - np.log10(other * mated.sum())
    # Neighbours with equal shares can differ in the last digit.
    return edges, mated, other, np.maximum.accumulate(llr)


def _area(width: Array, off: Array) -> float:
    """Area between a broken line and zero, from its heights: a trapezium, or two triangles where it crosses."""
    left, right = np.abs(off[:-1]), np.abs(off[1:])
    total = width @ (left + right) / 2
    crosses = np.flatnonzero(off[:-1] * off[1:] < 0)
    left, right = left[crosses], right[crosses]
    return float(total - width[crosses] @ (left * right / (left + right)))


def _grid(low: float, high: float, per_decade: int) -> _Grid:
    """Multiples of a step, from at or below the lower end to above the upper one, and 0."""
    if per_decade < 1:
        raise OutOfRange("per_decade", per_decade, "at least 1")
    first = min(0, math.floor(low * per_decade))
    last = max(0, math.floor(high * per_decade) + 1)
    at = np.arange(first, last + 1) / per_decade
    return _Grid(at, -first, 10.0 ** np.maximum(at, 0), 10.0 ** np.maximum(-at, 0))


def _around(grid: _Grid, going_down: npt.NDArray[np.bool_], going_up: npt.NDArray[np.bool_]) -> Bounds:
    """Last places, from 0 down and from 0 up, before a condition fails; 0 where it fails there."""
    at, zero = grid.at, grid.zero
    down, up = np.flatnonzero(~going_down[zero::-1]), np.flatnonzero(~going_up[zero:])
    low = zero - (int(down[0]) - 1 if down.size else zero)
    high = zero + (int(up[0]) - 1 if up.size else at.size - 1 - zero)
    return Bounds(float(at[min(low, zero)]), float(at[max(high, zero)]))
