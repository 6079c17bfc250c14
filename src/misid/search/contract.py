"""What a search is given and what it gives back.

A score is in decades: s is ``-log10`` of the chance that a random non-mated comparison of the base population reaches
it.  A comparison of a probe of group g with a reference of group h reaches s with probability
``F_gh(s) = min(1, r_gh 10^(slope_gh (s - pivot)) 10^-s)``, so that 200 million references are eight numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics import Array, amount, within

Scores = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int8]

NONE = np.int8(-1)
LN_10 = float(np.log(10.0))
MOST_GROUPS = 127  # a group's number is an int8


@dataclass(frozen=True, eq=False)
class Gallery:
    """Who is enrolled, by group, and how likely each group is to be taken for another.

    Parameters
    ----------
    comparisons : ndarray of float64, shape (H,)
        Independent comparisons of one search with references of each group, at least 0; may be fractional, since
        several photos of one person count for less than as many people (FORMULAS 3).
    factor : ndarray of float64, shape (G, H)
        How much likelier than a base pair a pair of probe group g and reference group h is to match (r), at least 0.
    slope : ndarray of float64, shape (G, H), optional
        Decades by which the factor grows with each decade of score, below 1: from 1 on a higher score would be no
        rarer.
    pivot : float
        Score at which ``factor`` holds, in decades.

    Raises
    ------
    OutOfRange
        Where a value leaves its range or a shape does not fit.

    Notes
    -----
    DESIGN 3; item 2 for the factors.
    """

    comparisons: Array
    factor: Array
    slope: Array | None = None
    pivot: float = 0.0

    def __post_init__(self) -> None:
        count = np.atleast_1d(amount("comparisons", np.array(self.comparisons, np.float64)))
        factor = np.atleast_2d(amount("factor", np.array(self.factor, np.float64)))
        if count.ndim != 1 or not 1 <= count.size <= MOST_GROUPS:
            raise OutOfRange("shape of comparisons", count.shape, f"one row of 1 to {MOST_GROUPS} reference groups")
        if factor.ndim != 2 or factor.shape[1] != count.size or not factor.shape[0]:
            raise OutOfRange("shape of factor", factor.shape, f"(probe groups, {count.size} reference groups)")
        slope = self.slope
        if slope is not None:
            slope = np.atleast_2d(within("slope", np.array(slope, np.float64), -np.inf, 1, below=True))
            if slope.shape != factor.shape or not np.isfinite(slope).all():
                raise OutOfRange("slope", slope.tolist(), f"finite and of shape {factor.shape}, that of factor")
            # A slope of nothing but zeros is no slope, to the last bit.
            slope = slope if slope.any() else None
        for name, value in (("comparisons", count), ("factor", factor), ("slope", slope)):
            if value is not None:
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "pivot", float(within("pivot", self.pivot, -1e6, 1e6)))

    @property
    def probe_groups(self) -> int:
        """G."""
        return int(self.factor.shape[0])

    @property
    def reference_groups(self) -> int:
        """H."""
        return int(self.factor.shape[1])

    @cached_property
    def steepness(self) -> Array:
        """Decades by which F falls with each decade of score, shape (G, H): ``1 - slope``."""
        return np.ones_like(self.factor) if self.slope is None else 1.0 - self.slope

    @cached_property
    def height(self) -> Array:
        """Decimal logarithm of F at score 0 if nothing capped it, shape (G, H); ``-inf`` for pairs that never match."""
        with np.errstate(divide="ignore"):
            height = np.log10(self.factor)
        return height if self.slope is None else height - self.slope * self.pivot

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether a probe group can match a reference group at all, shape (G, H)."""
        return (self.comparisons > 0) & (self.factor > 0)

    @cached_property
    def lowest(self) -> Array:
        """Score that every comparison of a pair of groups reaches (F = 1), shape (G, H); ``-inf`` if not `present`."""
        return np.where(self.present, self.height / self.steepness, -np.inf)

    @cached_property
    def floor(self) -> Array:
        """Least score that the best candidate of a probe group can have, shape (G,); ``-inf`` if there is none."""
        return np.asarray(self.lowest.max(axis=1), float)

    @cached_property
    def most(self) -> npt.NDArray[np.int64]:
        """Most candidates that a probe of each group can have, shape (G,); part of a comparison is a candidate."""
        return np.asarray(np.where(self.present, np.ceil(self.comparisons), 0).sum(axis=1), np.int64)

    def exceedance(self, scores: npt.ArrayLike, group: npt.ArrayLike) -> Array:
        """Return F_gh(s), the probability that one comparison scores at or above s.

        Parameters
        ----------
        scores : array_like, shape (...)
            Decades.
        group : int or array_like of int
            Probe group; broadcasts against ``scores``.

        Returns
        -------
        ndarray of float64, shape (..., H)
            Probabilities.
        """
        g = np.asarray(group)
        with np.errstate(over="ignore"):
            exponent = self.height[g] - self.steepness[g] * np.asarray(scores, float)[..., None]
            return np.asarray(np.minimum(1.0, np.exp(LN_10 * exponent)), float)

    def expected(self, scores: npt.ArrayLike, group: npt.ArrayLike) -> Array:
        """Return Lambda_g(s), the candidates at or above s to expect of a probe of propensity 1.

        Parameters
        ----------
        scores, group
            As for `exceedance`.

        Returns
        -------
        ndarray of float64, shape (...)
            ``sum_h C_h F_gh(s)``, item 2.
        """
        return np.asarray(self.exceedance(scores, group) @ self.comparisons, float)

    def hazard(self, scores: npt.ArrayLike, group: npt.ArrayLike) -> Array:
        """Return ``-log P(no candidate at or above s)`` of a probe of propensity 1.

        Parameters
        ----------
        scores, group
            As for `exceedance`.

        Returns
        -------
        ndarray of float64, shape (...)
            ``-sum_h C_h log(1 - F_gh(s))``, items 1 and 2: never less than `expected`, and ``inf`` at and below
            `floor`.
        """
        from scipy.special import xlog1py

        with np.errstate(divide="ignore"):
            return np.asarray(-xlog1py(self.comparisons, -self.exceedance(scores, group)).sum(axis=-1), float)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The best non-mated candidates of each probe.

    Parameters
    ----------
    score : ndarray of float32, shape (n, k)
        Decades, best first; ``-inf`` where there is no candidate.
    group : ndarray of int8, shape (n, k)
        Reference group of each candidate; -1 where there is none or nobody asked.
    """

    score: Scores
    group: Labels
