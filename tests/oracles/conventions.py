"""Conventions of other tools for rates at a threshold, for comparison with what they print."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from misid.evaluation import Steps, allowed
from misid.evaluation.comparisons.conventions import Point, _corners, point


def hull(steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Return FMR and FNMR at the corners of the lower convex hull of the trade-off curve.

    Returns
    -------
    fmr, fnmr : ndarray of float64, shape (c,)
        From (0, 1) to (1, 0), FMR rising; no three corners in a line.
    """
    found = np.array(_corners(steps), np.float64)
    return found[:, 0] / steps.n_non_mated, found[:, 1] / steps.n_mated


def at_fmr_on_score(steps: Steps, target: str) -> Point:
    """Return the point at the lowest non-mated score whose FMR is at most a target (bob.measure).

    Notes
    -----
    Same FMR as `at_fmr`, at a higher threshold, hence never fewer misses.  Where no score will do, just above the
    highest non-mated one.
    """
    step = steps.first_passing(allowed(target, steps.n_non_mated))
    on = np.flatnonzero(steps.non_mated[step:])
    return point(steps, step + int(on[0])) if on.size else point(steps, step, steps.above(step - 1))


def at_fmr_nearest(steps: Steps, target: str) -> Point:
    """Return the point whose FMR is nearest to a target, above or below (pyeer).

    Notes
    -----
    Of several thresholds with that FMR the lowest; of two FMRs equally near the higher.
    """
    wish = Fraction(target) * steps.n_non_mated
    upper = steps.first_passing(int(wish))
    lower = steps.first_passing(int(steps.passed[upper - 1])) if upper else upper
    nearer = abs(int(steps.passed[lower]) - wish) <= abs(int(steps.passed[upper]) - wish)
    return point(steps, lower if nearer else upper)


def half_total_error_rate(steps: Steps) -> tuple[float, Point]:
    """Smallest mean of FMR and FNMR over all thresholds (min HTER), and the lowest threshold that has it."""
    return weighted_error(steps, 0.5)


def weighted_error(steps: Steps, cost: float) -> tuple[float, Point]:
    """Smallest ``cost * FMR + (1 - cost) * FNMR`` over all thresholds (min DCF), and the lowest that has it.

    Parameters
    ----------
    steps : Steps
        Exact where all are single.
    cost : float
        Weight of false matches, 0 to 1.
    """
    fmr, fnmr = steps.rates(np.arange(steps.key.size + 1))
    total = cost * fmr + (1 - cost) * fnmr
    best = int(np.argmin(total))
    return float(total[best]), point(steps, best)


def separation(steps: Steps) -> float:
    """Distance of the two means in units of the mean spread (d').

    Notes
    -----
    ``|mean - mean'| / sqrt((variance + variance') / 2)``, variances over n.  Exact where all steps are single.
    """
    score = steps.score.astype(np.float64)
    means, variances = [], []
    for counts, n in ((steps.mated, steps.n_mated), (steps.non_mated, steps.n_non_mated)):
        mean = float(counts @ score) / n
        means.append(mean)
        variances.append(float(counts @ (score - mean) ** 2) / n)
    return float(abs(means[0] - means[1]) / np.sqrt(sum(variances) / 2))
