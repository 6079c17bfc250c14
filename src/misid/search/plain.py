"""The search as one would write it down: one probe, one comparison, one draw at a time.

Slow on purpose and short on cleverness; it judges the lazy search in distribution.  It draws from its own stream
(`Purpose.PLAIN`), so its candidates are others than those of the lazy search and follow the same law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from misid.randomness import Purpose, uniforms
from misid.search.contract import Gallery

Candidate = tuple[float, int]  # score in decades, reference group
_AT_ONCE = 16


def every_comparison(gallery: Gallery, group: int, propensity: float, seed: int, probe: int, k: int) -> list[Candidate]:
    """Compare a probe with every reference and return the best k.

    Parameters
    ----------
    gallery : Gallery
        Who is enrolled; some thousands at most, since every comparison is drawn.
    group : int
        Probe group.
    propensity : float
        Of the probe to draw false hits, above 0.
    seed, probe : int
        Whose draws.
    k : int
        Candidates wanted.

    Returns
    -------
    list of (score, reference group)
        Best first; fewer than k where there are fewer comparisons.

    Notes
    -----
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


def poisson_by_group(gallery: Gallery, group: int, propensity: float, seed: int, probe: int, k: int) -> list[Candidate]:
    """Draw each reference group's candidates from the best downwards and return the best k of all.

    Parameters
    ----------
    gallery, group, propensity, seed, probe, k
        As `every_comparison`, but for any number of comparisons.

    Returns
    -------
    list of (score, reference group)
        Best first.

    Notes
    -----
    Definition (item 9).  The candidates of group h above s are a Poisson process of mean ``x C_h F_gh(s)``, apart from
    those of any other group: the next lies where that mean has grown by a unit exponential.
    """
    draw = _stream(seed, probe)
    found: list[Candidate] = []
    for h, comparisons in enumerate(gallery.comparisons):
        if comparisons == 0 or gallery.factor[group, h] == 0:
            continue
        expected = 0.0
        for _ in range(k):
            expected -= math.log(next(draw))
            chance = expected / (propensity * float(comparisons))
            if chance > 1:
                break
            found.append((_score_at(gallery, group, h, chance), h))
    return sorted(found, reverse=True)[:k]


def searches(
    one: Callable[[Gallery, int, float, int, int, int], list[Candidate]],
    gallery: Gallery,
    groups: list[int],
    propensity: list[float],
    seed: int,
    k: int,
) -> list[list[Candidate]]:
    """Search for one probe after the other; probe i has id i.

    Parameters
    ----------
    one : callable
        `every_comparison` or `poisson_by_group`.
    gallery, seed, k
        As there.
    groups, propensity : list
        One each for every probe.

    Returns
    -------
    list of list of (score, reference group)
    """
    pairs = enumerate(zip(groups, propensity, strict=True))
    return [one(gallery, g, x, seed, i, k) for i, (g, x) in pairs]


def _score_at(gallery: Gallery, group: int, h: int, chance: float) -> float:
    """Return the s with ``F_gh(s) = chance``: the inverse of ``r 10^(slope (s - pivot)) 10^-s``."""
    r = float(gallery.factor[group, h])
    slope = 0.0 if gallery.slope is None else float(gallery.slope[group, h])
    return (math.log10(r) - slope * gallery.pivot - math.log10(chance)) / (1.0 - slope)


def _stream(seed: int, probe: int) -> Iterator[float]:
    """Yield the uniforms of one probe, four from a counter, some counters at a time."""
    start = 0
    while True:
        second = range(start, start + _AT_ONCE)
        yield from uniforms(seed, Purpose.PLAIN, [probe] * _AT_ONCE, second).T.reshape(-1).tolist()
        start += _AT_ONCE
