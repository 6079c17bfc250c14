"""Simpler rules for the growth of misses, which a model has to beat."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm import FPIR_TESTED, STEP, Array
from verification.growth_step import Pairs

NO_CHANGE, LINE, REGRESSION = "no change", "straight line", "regression"
WORDS = {
    NO_CHANGE: "the figure at 1.6 million, as it stands",
    LINE: "a straight line through both figures at 1.6 million, misses as normal quantiles against the logarithm of "
    "the share of strangers' comparisons above the threshold; no floor, no duplicates, all comparisons independent",
    REGRESSION: "a quadratic in the logarithms of both figures at 1.6 million, with no mechanism, fitted to the other "
    "developers' algorithms so that those far off count less",
}
_GUMBEL = 0.5772156649015329 / math.log(10)
_LOSS_SCALE = 0.06
"""Where Huber's loss turns from squares to distances: about the spread of what such a quadratic leaves."""


def straight_line(data: Pairs) -> tuple[Array, Array]:
    """Return FNIR and rank-1 miss at 12 million on a straight line; rows at 12 million are not read."""
    z1, z2 = special.ndtri(data.r1), special.ndtri(data.f1)
    slope = (z2 - z1) / (-math.log10(FPIR_TESTED) - _GUMBEL)
    return np.asarray(special.ndtr(z2 + slope * STEP)), np.asarray(special.ndtr(z1 + slope * STEP))


def regression(known: Pairs, data: Pairs) -> tuple[Array, Array]:
    """Return FNIR and rank-1 miss at 12 million by a regression learnt on ``known``; those of ``data`` are not read."""
    found = []
    for before, learnt in ((data.f1, (known.f1, known.f2)), (data.r1, (known.r1, known.r2))):
        coefficients = _huber(_terms(known), np.log(learnt[1] / learnt[0]))
        found.append(np.asarray(before * np.exp(_terms(data) @ coefficients)))
    return found[0], found[1]


def _terms(data: Pairs) -> Array:
    x, y = np.log(data.f1 / 0.01), np.log(data.r1 / 0.003)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


def _huber(terms: Array, observed: Array) -> npt.NDArray[np.float64]:
    from scipy import optimize

    start = np.linalg.lstsq(terms, observed, rcond=None)[0]
    found = optimize.least_squares(
        lambda x: terms @ x - observed, start, jac=lambda x: terms, loss="huber", f_scale=_LOSS_SCALE
    )
    return np.asarray(found.x)
