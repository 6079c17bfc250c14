"""Error rates under the conventions that are in use, each by its name.

The house convention for the equal error rate is the nearest point: of all thresholds, the one at which FMR and FNMR
differ least, ties as whole steps; the rate is the mean of the two.  At two such thresholds the upper one is taken.
For FNMR at an FMR it is "at most": the lowest threshold whose FMR is not above the wish.
Other tools differ in these conventions alone (docs/conformance.md).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from misid.evaluation.comparisons.steps import Steps, allowed, looked_into
from misid.evaluation.contract import Comparisons, Stream

_AT_ONCE = 256  # steps looked into in one pass: 64 MiB of counts


class Point(NamedTuple):
    """Both rates at one threshold."""

    threshold: float  # a float32; infinite above everything
    fmr: float
    fnmr: float
    passed: int  # non-mated scores at or above the threshold
    missed: int  # mated scores below


def point(steps: Steps, step: int, threshold: float | None = None) -> Point:
    """Return both rates at an edge, 0 to k; at its own score, or a threshold between it and the step below."""
    if threshold is None:
        threshold = float(steps.score[step]) if step < steps.key.size else steps.above(step - 1)
    passed, missed = int(steps.passed[step]), int(steps.missed[step])
    return Point(threshold, passed / steps.n_non_mated, missed / steps.n_mated, passed, missed)


def at_threshold(steps: Steps, threshold: float) -> Point:
    """Return both rates at a threshold, rounded to float32; a score equal to it is accepted."""
    rounded = float(np.float32(threshold))
    return point(steps, steps.at(rounded), rounded)


def eer(steps: Steps) -> tuple[float, Point]:
    """Equal error rate at the nearest point, and that point, the upper of two: the house convention."""
    upper = steps.crossing()
    gaps = [_gap(steps, upper - 1), -_gap(steps, upper)]
    at = point(steps, upper if gaps[1] <= gaps[0] else upper - 1)
    return _mean(steps, at), at


def eer_midpoint(steps: Steps) -> tuple[float, float, float]:
    """Equal error rate as the middle of an interval (FVC2000; pyeer), with the interval's two ends.

    Of the last threshold with FNMR at most FMR and the first with FNMR at least FMR, the one with the smaller sum of
    rates; its two rates are the ends.  Source: Maio et al., FVC2000, IEEE PAMI 24 (2002), section 4.
    """
    upper = steps.crossing()
    below = point(steps, upper - 1)
    above = below if _gap(steps, upper - 1) == 0 else point(steps, upper)
    of = below if _sum(steps, below) <= _sum(steps, above) else above
    low, high = sorted((of.fmr, of.fnmr))
    return _mean(steps, of), low, high


def eer_interpolated(steps: Steps) -> float:
    """Equal error rate where the straight line between the two points beside the crossing crosses."""
    upper = steps.crossing()
    gap = _gap(steps, upper - 1)
    share = Fraction(gap, gap - _gap(steps, upper))
    first, second = steps.passed[upper - 1], steps.passed[upper]
    return float((int(first) + share * int(second - first)) / steps.n_non_mated)


def eer_hull(steps: Steps) -> float:
    """Equal error rate on the convex hull of the trade-off curve (ROCCH-EER; Bosaris, llreval).

    What mixing thresholds at random could reach at best; never above the other conventions' limits and at most 0.5.
    Source: Brümmer and de Villiers, BOSARIS Toolkit (2011).  Exact where all steps are single, and on `sharpened`
    ones; elsewhere too large by what lies between two edges.
    """
    (x1, y1), (x2, y2) = _across(steps)
    gap, next_gap = (y1 * steps.n_non_mated - x1 * steps.n_mated), (x2 * steps.n_mated - y2 * steps.n_non_mated)
    share = Fraction(gap, gap + next_gap) if gap + next_gap else Fraction(0)
    return float((x1 + share * (x2 - x1)) / steps.n_non_mated)


def sharpened(pairs: Comparisons | Stream, steps: Steps, passes: int = 6) -> Steps:
    """Look into all steps that could hold a corner of the hull where it crosses, so that `eer_hull` is exact.

    A step could lower the hull there only if the lower rates at its two ends lay below the segment that crosses.
    """
    for _ in range(passes):
        opens = lower(steps)
        if not opens.any():
            break
        steps = looked_into(pairs, steps, opens)
    return steps


def lower(steps: Steps) -> np.ndarray:
    """Tell which steps could lower the hull where it crosses, up to 256 of them: shape (k,)."""
    (x1, y1), (x2, y2) = _across(steps)
    below = (x2 - x1) * (steps.missed[:-1] - y1) - (y2 - y1) * (steps.passed[1:] - x1)
    below[steps.single] = 0
    deepest = np.argsort(below, kind="stable")[:_AT_ONCE]
    opens = np.zeros(steps.key.size, bool)
    opens[deepest] = below[deepest] < 0
    return opens


def at_fmr(steps: Steps, target: str) -> Point:
    """Return the point with the lowest threshold whose FMR is at most a target, in decimal digits ("0": none at all).

    The house convention.  Exact where steps are single around that threshold, which is the lowest float32 above the
    best score that must not pass.
    """
    step = steps.first_passing(allowed(target, steps.n_non_mated))
    return point(steps, step, steps.above(step - 1))


def _gap(steps: Steps, step: int) -> int:
    """FMR - FNMR at an edge, times both numbers of comparisons: whole, so that equal is equal."""
    return int(steps.passed[step]) * steps.n_mated - int(steps.missed[step]) * steps.n_non_mated


def _sum(steps: Steps, at: Point) -> int:
    return at.passed * steps.n_mated + at.missed * steps.n_non_mated


def _mean(steps: Steps, at: Point) -> float:
    return _sum(steps, at) / (2 * steps.n_mated * steps.n_non_mated)


def _corners(steps: Steps) -> list[tuple[int, int]]:
    """Return the corners of the hull as false matches and misses."""
    x, y = steps.passed[::-1], steps.missed[::-1]
    bends = _bends(x, y)
    corners: list[tuple[int, int]] = []
    for here in zip(x[bends].tolist(), y[bends].tolist(), strict=True):
        while len(corners) > 1 and _turn(corners[-2], corners[-1], here) <= 0:
            corners.pop()
        corners.append(here)
    return corners


def _across(steps: Steps) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two corners of the hull between which FMR and FNMR cross; the same one twice if they meet there."""
    corners = _corners(steps)
    after = next(k for k, (x, y) in enumerate(corners) if x * steps.n_mated >= y * steps.n_non_mated)
    return corners[max(after - 1, 0)], corners[after]


def _bends(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say where a staircase bends outward; only there can its hull have a corner."""
    keep = np.ones(x.size, bool)
    # Going up in FMR, a corner needs a fall in FNMR just before and a rise in FMR just after.
    keep[1:-1] = (y[:-2] > y[1:-1]) & (x[2:] > x[1:-1])
    return keep


def _turn(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
