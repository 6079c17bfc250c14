"""Brute force over drawn scores: every probe against every reference, which is what the lazy search must equal.

All scores are drawn, tile by tile, and none is kept that is not among the best.  Within a group of references a score
falls as its exponential grows, so that a tile is searched for its least exponentials and only those become scores.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.randomness import Purpose
from misid.search.gallery import NONE, Candidates, GroupedGallery
from misid.statistics import Array, amount

TILE = (128, 2_048)


def exhaustive(
    gallery: GroupedGallery,
    groups: npt.ArrayLike,
    propensity: npt.ArrayLike,
    reference_groups: npt.ArrayLike,
    reference_propensity: npt.ArrayLike,
    seed: int,
    k: int = 1,
) -> Candidates:
    """Return the best k of all comparisons of each probe.

    Parameters
    ----------
    gallery : GroupedGallery
        Its factors; its ``comparisons`` are not used, since references are listed one by one.
    groups : array_like of int, shape (n,)
        Probe groups.
    propensity : array_like, shape (n,)
        Of the probes, above 0.
    reference_groups : array_like of int, shape (N,)
        Group of each reference.
    reference_propensity : array_like, shape (N,) or scalar
        Of the references, above 0; 1 where all are alike.
    seed : int
        Of the run.  The scores belong to (seed, tile), so the same input gives the same scores, and no more than that.
    k : int
        Candidates wanted, at least 1.

    Returns
    -------
    Candidates
        Scores and reference groups, never which reference.

    Raises
    ------
    OutOfRange
        Where a value leaves its range.

    Notes
    -----
    A comparison of propensities x and y stays below s with probability ``(1 - F_gh(s))^(x y)``: with E a unit
    exponential its score is where ``F_gh = -expm1(-E / (x y))``.  Items 1, 2 and 4.
    """
    g = np.asarray(groups, np.intp).reshape(-1)
    x = np.broadcast_to(amount("propensity", np.asarray(propensity, float), above=True), g.shape)
    h = np.asarray(reference_groups, np.intp).reshape(-1)
    y = np.broadcast_to(amount("reference_propensity", np.asarray(reference_propensity, float), above=True), h.shape)
    for name, found, count in (("groups", g, gallery.probe_groups), ("reference_groups", h, gallery.reference_groups)):
        if found.size and not (found.min() >= 0 and found.max() < count):
            raise OutOfRange(name, [int(found.min()), int(found.max())], f"groups of this gallery, 0 to {count - 1}")
    if k < 1:
        raise OutOfRange("k", k, "at least 1")
    out = Candidates(np.full((g.size, k), -np.inf, np.float32), np.full((g.size, k), NONE))
    tile = 0
    for start in range(0, g.size, TILE[0]):
        part = slice(start, start + TILE[0])
        columns: list[tuple[Array, int]] = []
        for here in range(gallery.reference_groups):
            of_group = y[h == here]
            for first in range(0, of_group.size, TILE[1]):
                least = _least(seed, tile, g[part].size, of_group[first : first + TILE[1]], k)
                columns.append((_scores(gallery, g[part], here, least / x[part, None]), here))
                tile += 1
        if columns:
            _best(out, part, columns, k)
    return out


def _least(seed: int, tile: int, rows: int, propensity: Array, k: int) -> Array:
    """Draw a tile and return each row's k least exponentials over propensity, in no order."""
    key = np.array([seed, int(Purpose.JUDGE)], np.uint64)
    bits = np.random.Philox(key=key, counter=np.array([0, 0, tile, 0], np.uint64))
    drawn = np.random.Generator(bits).standard_exponential((rows, propensity.size))
    if (propensity != 1).any():
        drawn /= propensity
    if k == 1:
        return np.asarray(drawn.min(axis=1, keepdims=True), float)
    return np.partition(drawn, k - 1, axis=1)[:, :k] if k < propensity.size else drawn


def _scores(gallery: GroupedGallery, groups: npt.NDArray[np.intp], here: int, spent: Array) -> Array:
    """Return the scores at which ``-log(1 - F)`` is ``spent``."""
    with np.errstate(divide="ignore"):
        chance = np.log10(-np.expm1(-spent))
    return np.asarray(gallery.height[groups, here, None] - chance, float)


def _best(out: Candidates, part: slice, columns: list[tuple[Array, int]], k: int) -> None:
    score = np.concatenate([column for column, _ in columns], axis=1)
    group = np.concatenate([np.full(column.shape[1], here) for column, here in columns])
    order = np.argsort(-score, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(score, order, axis=1)
    out.score[part, : best.shape[1]] = best
    out.group[part, : best.shape[1]] = np.where(np.isneginf(best), NONE, group[order])
