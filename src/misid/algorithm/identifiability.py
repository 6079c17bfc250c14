"""How much of a card's answer is its algorithm's own rows, and how much is the other algorithms."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from misid.algorithm.card import Card
from misid.algorithm.curves import Curve
from misid.algorithm.growth import FPIR_TESTED, N_STEP, Array, GrowthPrior, curve_of, miss, solve_threshold
from misid.algorithm.image_types import ImageTypePrior, likely_probits, probit_spread
from misid.vocabulary import ImageKind, Lapse

_HERMITE_X, _HERMITE_W = np.polynomial.hermite_e.hermegauss(7)
_WEIGHTS = _HERMITE_W / _HERMITE_W.sum()


@dataclass(frozen=True)
class Settled:
    """Shares of variance, on the logit of FNIR at FPIR 0.003, that an algorithm's own rows remove."""

    n: int  # references
    level: float  # of the figure itself: 1 is all data, 0 is what any other algorithm would be given
    growth: float | None  # of the growth since the nearest gallery with a row; None where it has one itself
    # What is left open, as standard deviations on the logit: by rounding and the floor share, by growth as other
    # algorithms showed it, and by the form of growth.
    rows: float
    step: float
    form: float


def settled(card: Card, n_enrolled: int, image_kind: ImageKind = ImageKind.MUGSHOT) -> Settled | None:
    """Return how much of FNIR at FPIR 0.003 an algorithm's own rows settle; None where it has no row.

    Before any row of its own, an algorithm is as the others: FNIR of that image type at 1.6 million as it spreads over
    them, floor and slope as the growth prior says (`misid.algorithm.growth.Law`).  The share is one minus the variance
    that is left over the variance before.  Both hold the error of growth; rows at one gallery cannot touch it.
    """
    curves = card.curves.get((image_kind, Lapse.AS_TESTED))
    if curves is None or not curves["duplicates"].anchors:
        return None
    curve, prior = curves["duplicates"], card.priors["duplicates"]
    near = min((row.n for row in curve.anchors if row.fpir > 0), key=lambda n: abs(math.log(n / n_enrolled)))
    at, start = (_logits(curve, n, prior) for n in (n_enrolled, near))
    left_level, left_growth = (_variance(x, curve.weight) for x in (at[1], at[1] - start[1]))
    over = prior.law.z2 if image_kind is ImageKind.MUGSHOT else _over_algorithms(image_kind, card.developer)
    before_level, before_growth = _before(prior, over, n_enrolled, near)
    step, form = _error(curve, n_enrolled, at[1], prior), 0.0
    # Up to 12 million the rows of other algorithms decide the form; beyond, nothing does.
    if n_enrolled > N_STEP:
        other, _ = _logits(curves["no_duplicates"], n_enrolled, card.priors["no_duplicates"])
        form = 0.5 * abs(at[0] - other)
    added = step**2 + form**2
    return Settled(
        n_enrolled,
        1.0 - min((left_level + added) / (before_level + added), 1.0),
        None if near == n_enrolled else 1.0 - min((left_growth + added) / (before_growth + added), 1.0),
        math.sqrt(left_level),
        step,
        form,
    )


def _logits(curve: Curve, n: float, prior: GrowthPrior) -> tuple[float, Array]:
    point, nodes = curve.fnir(n, FPIR_TESTED, prior.duplicates(n), prior)
    return float(special.logit(point)), np.asarray(special.logit(np.clip(nodes, 1e-9, 1 - 1e-9)))


def _error(curve: Curve, n: float, nodes: Array, prior: GrowthPrior) -> float:
    """Return the standard deviation of the Student error of growth."""
    scale = curve.scale(n, FPIR_TESTED, np.asarray(special.expit(nodes)), prior)
    return float(np.sqrt(curve.weight @ scale**2 * prior.nu / max(prior.nu - 2.0, 0.1)))


def _variance(values: Array, weight: Array) -> float:
    return float(weight @ (values - weight @ values) ** 2)


@functools.cache
def _over_algorithms(image_kind: ImageKind, developer: str) -> tuple[float, float]:
    """Return mean and standard deviation of the probit of FNIR over the algorithms of other developers."""
    prior = ImageTypePrior.shipped(developer)
    likely = likely_probits(prior.student(), prior)[f"{image_kind}|{Lapse.AS_TESTED}"]
    return float(likely.mean()), probit_spread(likely)


def _before(prior: GrowthPrior, level: tuple[float, float], n: float, near: float) -> tuple[float, float]:
    """Return the variance of the logit, and of its growth, over algorithms whose probit has that mean and spread."""
    a, b, c = (x.ravel() for x in np.meshgrid(_HERMITE_X, _HERMITE_X, _HERMITE_X, indexing="ij"))
    weight = np.einsum("i,j,k->ijk", _WEIGHTS, _WEIGHTS, _WEIGHTS).ravel()
    z2 = level[0] + level[1] * a
    ln_floor = prior.law.middle(np.zeros_like(z2), z2)[0] + prior.law.floor_sd * b
    # A floor above FNIR is none: it takes at most half of it.
    ln_floor = np.minimum(ln_floor, np.log(0.5 * special.ndtr(z2)))
    gap = np.exp(prior.law.middle(ln_floor, z2)[1] + prior.law.gap_sd * c)
    floor = np.exp(ln_floor)
    slope, location, _ = curve_of(floor, z2 - gap, z2, prior)
    found = []
    for at in (n, near):
        s = solve_threshold(at, FPIR_TESTED, prior.duplicates(at), prior.h, (slope, location))
        found.append(special.logit(np.clip(miss(s, floor, slope, location), 1e-9, 1 - 1e-9)))
    return _variance(found[0], weight), _variance(found[0] - found[1], weight)
