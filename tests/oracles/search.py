"""The search as one would write it down: one probe, one comparison, one draw at a time; and its two expectations.

Slow on purpose; it judges the lazy search in distribution.  It draws from its own stream (`Purpose.PLAIN`), so its
candidates are others than those of the lazy search and follow the same law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import xlog1py

from misid.randomness import Purpose, uniforms
from misid.search import GroupedGallery

Candidate = tuple[float, int]  # score in decades, reference group
_AT_ONCE = 16


def expected(gallery: GroupedGallery, scores, group) -> np.ndarray:
    """Lambda_g(s) = sum_h C_h F_gh(s): candidates at or above s to expect of a probe of propensity 1 (item 2)."""
    return np.asarray(gallery.exceedance(scores, group) @ gallery.comparisons, float)


def hazard(gallery: GroupedGallery, scores, group) -> np.ndarray:
    """-log P(no candidate at or above s) = -sum_h C_h log(1 - F_gh(s)), never less than `expected` (items 1 and 2)."""
    with np.errstate(divide="ignore"):
        return np.asarray(-xlog1py(gallery.comparisons, -gallery.exceedance(scores, group)).sum(axis=-1), float)


def every_comparison(
    gallery: GroupedGallery, group: int, propensity: float, seed: int, probe: int, k: int
) -> list[Candidate]:
    """Compare a probe with every reference, some thousands at most, and return the best k.

    Definition.  A comparison of propensity x stays below s with probability ``(1 - F(s))^x``; a part c of a comparison
    (several photos of one person, item 3) with ``(1 - F(s))^(x c)``.  So a uniform u is the score where
    ``F = 1 - u^(1 / (x c))``.
    """
    draw = _stream(seed, probe)
    found: list[Candidate] = []
    for h, comparisons in enumerate(gallery.comparisons):
        if gallery.factor[group, h] == 0:
            continue
        left = float(comparisons)
        while left > 0:
            part = min(left, 1.0)
            chance = -math.expm1(math.log(next(draw)) / (propensity * part))
            found.append((_score_at(gallery, group, h, chance), h))
            left -= part
    return sorted(found, reverse=True)[:k]


def poisson_by_group(
    gallery: GroupedGallery, group: int, propensity: float, seed: int, probe: int, k: int
) -> list[Candidate]:
    """Draw each reference group's candidates from the best downwards and return the best k of all.

    Definition (item 9).  The candidates of group h above s are a Poisson process of mean ``x C_h F_gh(s)``, apart from
    those of any other group: the next lies where that mean has grown by a unit exponential.
    """
    draw = _stream(seed, probe)
    found: list[Candidate] = []
    for h, comparisons in enumerate(gallery.comparisons):
        if comparisons == 0 or gallery.factor[group, h] == 0:
            continue
        passed = 0.0
        for _ in range(k):
            passed -= math.log(next(draw))
            chance = passed / (propensity * float(comparisons))
            if chance > 1:
                break
            found.append((_score_at(gallery, group, h, chance), h))
    return sorted(found, reverse=True)[:k]


def searches(
    one: Callable[[GroupedGallery, int, float, int, int, int], list[Candidate]],
    gallery: GroupedGallery,
    groups: list[int],
    propensity: list[float],
    seed: int,
    k: int,
) -> list[list[Candidate]]:
    """Search with `every_comparison` or `poisson_by_group` for one probe after the other; probe i has id i."""
    pairs = enumerate(zip(groups, propensity, strict=True))
    return [one(gallery, g, x, seed, i, k) for i, (g, x) in pairs]


def _score_at(gallery: GroupedGallery, group: int, h: int, chance: float) -> float:
    """Return the s with ``F_gh(s) = chance``: the inverse of ``r 10^-s``."""
    return math.log10(float(gallery.factor[group, h])) - math.log10(chance)


def _stream(seed: int, probe: int) -> Iterator[float]:
    """Yield the uniforms of one probe, four from a counter, some counters at a time."""
    start = 0
    while True:
        second = range(start, start + _AT_ONCE)
        yield from uniforms(seed, Purpose.PLAIN, [probe] * _AT_ONCE, second).T.reshape(-1).tolist()
        start += _AT_ONCE
