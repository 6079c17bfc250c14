"""FMR and FNMR over the threshold with their bands, and how scores spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons.conventions import Point, point
from misid.evaluation.comparisons.intervals import PairIntervals
from misid.evaluation.comparisons.steps import LOW, Steps, Whole, keys, scores_of
from misid.evaluation.results import Line
from misid.statistics import Array

_BINS = 160
_LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Curves:
    """Both rates at rising thresholds."""

    steps: Steps
    at: npt.NDArray[np.int64]  # edges at which the curves have points, shape (n,)
    band: tuple[Point, ...]  # points at which a band is computed; thresholds rise

    def line(self, intervals: PairIntervals, mated: bool) -> Line:
        """Return FNMR (mated) or FMR; its band's ends, relative to the curve, are interpolated between `band`."""
        x = self.steps.score[self.at].astype(np.float64)
        value = self.steps.rates(self.at)[1 if mated else 0]
        if not self.band:
            return Line(x, value)
        low, high = np.array([intervals.rate(of, mated).ends for of in self.band]).T
        seen = np.array([of.fnmr if mated else of.fmr for of in self.band])
        place = np.array([of.threshold for of in self.band])
        share = np.interp(x, place, np.where(seen > 0, low / np.maximum(seen, _LEAST), 0.0))
        top = np.exp(np.interp(x, place, np.log(np.maximum(high, _LEAST))))
        return Line(x, value, np.minimum(value * share, value), np.clip(top, value, 1.0))


def curves(steps: Steps, n_points: int, n_bands: int) -> Curves:
    """Choose thresholds of the curves, at most so many, even in the logarithms of FMR and of FNMR."""
    k = steps.key.size
    each = max(n_points, 2)
    passed = np.unique(np.geomspace(1, max(steps.n_non_mated, 1), each).astype(np.int64))
    missed = np.unique(np.geomspace(1, max(steps.n_mated, 1), each).astype(np.int64))
    by_fmr = steps.passed.size - np.searchsorted(steps.passed[::-1], passed, side="right")
    by_fnmr = np.searchsorted(steps.missed, missed, side="left")
    at = np.unique(np.concatenate([[0], by_fmr, by_fnmr]))
    at = at[(at < k) & np.isfinite(steps.score[np.minimum(at, k - 1)])]
    if at.size > n_points:
        at = at[np.unique(np.linspace(0, at.size - 1, n_points).astype(np.int64))]
    chosen = at[np.unique(np.linspace(0, at.size - 1, min(n_bands, at.size)).astype(np.int64))]
    return Curves(steps, at, tuple(point(steps, int(step)) for step in chosen))


def densities(steps: Steps) -> dict[str, Line]:
    """Return how mated and non-mated scores spread: share per unit of score, at the middles of up to 160 bins.

    Bins go from the lowest thousandth of non-mated scores to the highest of mated ones, and end at edges that the
    scores were counted by, so every share is exact.
    """
    edges = bin_edges(steps)
    widths = np.diff(edges)
    middle = edges[:-1] + widths / 2
    place = np.searchsorted(steps.key, keys(edges), side="left")
    return {
        name: Line(middle, np.diff(below[place]) / n / widths)
        for name, (below, n) in zip(("mated_density", "non_mated_density"), _below(steps), strict=True)
    }


def _below(steps: Steps) -> tuple[tuple[Whole, int], tuple[Whole, int]]:
    """Return, of mated and of non-mated scores, how many lie below each edge, and how many there are."""
    return (steps.missed, steps.n_mated), (steps.n_non_mated - steps.passed, steps.n_non_mated)


def bin_edges(steps: Steps) -> Array:
    """Return up to 161 rising edges for densities, each one that the scores were counted by."""
    finite = np.flatnonzero(np.isfinite(steps.score))
    if not finite.size:
        return np.array([0.0, 1.0])
    low, high = int(finite[0]), int(finite[-1])
    quantile = [
        int(np.searchsorted(below, share * n, side="right")) - 1
        for below, n in _below(steps)
        for share in (0.001, 0.999)
    ]
    first, last = (float(steps.score[np.clip(of(quantile), low, high)]) for of in (min, max))
    # Few different scores: a bin around each would be as wide as the gaps between them.
    few = steps.single.all() and steps.key.size <= _BINS
    bins = max(steps.key.size // 4, 1) if few else _BINS
    cell = keys(np.linspace(first, last, bins + 1)) >> np.uint32(LOW)
    cell[-1] += 1
    edges = scores_of(cell << np.uint32(LOW)).astype(np.float64)
    return np.unique(edges[np.isfinite(edges)])
