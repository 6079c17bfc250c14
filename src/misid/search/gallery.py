"""The gallery that is searched, and the candidates that a search returns.

A score is in decades: s is ``-log10`` of the probability that a random non-mated comparison of the base population
reaches it.  A comparison of a probe of group g with a reference of group h reaches s with probability
``F_gh(s) = min(1, r_gh 10^-s)``, so that 200 million references are eight numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics import Array, amount

Scores = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int8]

NONE = np.int8(-1)
LN_10 = float(np.log(10.0))
MOST_GROUPS = 127  # a group's number is an int8


@dataclass(frozen=True, eq=False)
class GroupedGallery:
    """Who is enrolled, by group, and how likely each group is to be mistaken for another.

    Parameters
    ----------
    comparisons : ndarray of float64, shape (H,)
        Independent comparisons of one search with references of each group, at least 0; may be fractional, since
        several photos of one person count for less than as many people (FORMULAS 3).
    factor : ndarray of float64, shape (G, H)
        How much likelier than a base pair a pair of probe group g and reference group h is to match (r), at least 0.

    Raises
    ------
    OutOfRange
        Where a value leaves its range or a shape does not fit.

    Notes
    -----
    Item 2 for the factors.
    """

    comparisons: Array
    factor: Array

    def __post_init__(self) -> None:
        count = np.atleast_1d(amount("comparisons", np.array(self.comparisons, np.float64)))
        factor = np.atleast_2d(amount("factor", np.array(self.factor, np.float64)))
        if count.ndim != 1 or not 1 <= count.size <= MOST_GROUPS:
            raise OutOfRange("shape of comparisons", count.shape, f"one row of 1 to {MOST_GROUPS} reference groups")
        if factor.ndim != 2 or factor.shape[1] != count.size or not factor.shape[0]:
            raise OutOfRange("shape of factor", factor.shape, f"(probe groups, {count.size} reference groups)")
        for name, value in (("comparisons", count), ("factor", factor)):
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def probe_groups(self) -> int:
        """G."""
        return int(self.factor.shape[0])

    @property
    def reference_groups(self) -> int:
        """H."""
        return int(self.factor.shape[1])

    @cached_property
    def height(self) -> Array:
        """Decimal logarithm of F at score 0 if nothing capped it, shape (G, H); ``-inf`` for pairs that never match."""
        with np.errstate(divide="ignore"):
            return np.log10(self.factor)

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether a probe group can match a reference group at all, shape (G, H)."""
        return (self.comparisons > 0) & (self.factor > 0)

    @cached_property
    def lowest(self) -> Array:
        """Score that every comparison of a pair of groups reaches (F = 1), shape (G, H); ``-inf`` if not `present`."""
        return np.where(self.present, self.height, -np.inf)

    @cached_property
    def floor(self) -> Array:
        """Least score that the best candidate of a probe group can have, shape (G,); ``-inf`` if there is none."""
        return np.asarray(self.lowest.max(axis=1), float)

    @cached_property
    def most(self) -> npt.NDArray[np.int64]:
        """Most candidates that a probe of each group can have, shape (G,); part of a comparison is a candidate."""
        return np.asarray(np.where(self.present, np.ceil(self.comparisons), 0).sum(axis=1), np.int64)

    def exceedance(self, scores: npt.ArrayLike, group: npt.ArrayLike) -> Array:
        """Return F_gh(s), the probability that one comparison reaches s, shape (..., H); groups broadcast to scores."""
        with np.errstate(over="ignore"):
            exponent = self.height[np.asarray(group)] - np.asarray(scores, float)[..., None]
            return np.asarray(np.minimum(1.0, np.exp(LN_10 * exponent)), float)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The best k non-mated candidates of n probes."""

    score: Scores  # decades, best first; -inf where there is no candidate, (n, k)
    group: Labels  # reference group of each candidate; -1 where there is none or none was drawn, (n, k)
