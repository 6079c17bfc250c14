"""Fits of one algorithm's curves: mugshots with both published levels, other kinds with a row or two, or none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from misid.algorithm.curves import Anchor, Curve, MatedCurve, error_scale
from misid.algorithm.growth import (
    FPIR_TESTED,
    HALF_UNIT,
    N_ANCHOR,
    Array,
    GrowthPrior,
    curve_of,
    exceedances,
    latents,
    miss,
    threshold,
)

_GAUSS_X, _GAUSS_W = np.polynomial.legendre.leggauss(3)
_HERMITE_X, _HERMITE_W = np.polynomial.hermite_e.hermegauss(5)
_SHARE_SD = 1.5
"""Floor share of kinds with no rank-1 row: wide on the logit, so that the interval says so."""
_SLOPE_SD = 0.3
"""How far the slope of another image kind may lie from the mugshot slope, on the log."""
_KEPT = 1e-4
"""Possibilities with less weight than this are dropped."""


def fit_mugshot(rows: Sequence[Anchor], prior: GrowthPrior) -> Curve:
    """Fit the mugshot curve on rows at any gallery size.

    Parameters
    ----------
    rows : sequence of Anchor
        At least one; rows at 1.6 million and FPIR 0.003 or rank 1 are solved exactly, the others are a likelihood
        with the growth model's error.
    prior : GrowthPrior
        What algorithms share.

    Returns
    -------
    Curve
        Possibilities over the rounding intervals of the printed values and the floor share.
    """
    f_row = next((row for row in rows if row.n == N_ANCHOR and row.fpir == FPIR_TESTED), None)
    r_row = next((row for row in rows if row.n == N_ANCHOR and row.fpir == 0.0), None)
    if f_row is not None:
        f, wf = _rounded(f_row.value)
    else:
        f = np.geomspace(0.7, 1.0 / 2000, 28)
        wf = f / f.sum()
    if r_row is not None:
        r, wr = _rounded(r_row.value)
        f, r = (x.ravel() for x in np.meshgrid(f, r, indexing="ij"))
        log_weight = np.log(np.outer(wf, wr).ravel())
    else:
        ratio = special.expit(np.linspace(-4.5, 4.5, 28))
        slices = ratio * (1 - ratio)
        f, ratio = (x.ravel() for x in np.meshgrid(f, ratio, indexing="ij"))
        r = f * ratio
        log_weight = np.log(np.outer(wf, slices / slices.sum()).ravel() * f)
    nodes = latents(f, r, prior)
    log_weight = (log_weight[:, None] + nodes.log_density).ravel()
    with np.errstate(over="ignore"):
        keep = log_weight > log_weight.max() - 25.0
    floor, z1, z2 = (x.ravel()[keep] for x in (nodes.floor, nodes.z1, nodes.z2))
    log_weight = log_weight[keep]
    slope, location, at = curve_of(floor, z1, z2, prior)
    rank = at - prior.distance
    for row in rows:
        if row in (f_row, r_row):
            continue
        grown = math.log10(row.n / N_ANCHOR)
        if row.fpir > 0:
            s = threshold(row.n, row.fpir, prior.delta * row.n, prior.h, (slope, location))
            predicted = miss(s, floor, slope, location)
            grown -= math.log10(exceedances(row.fpir) / exceedances(FPIR_TESTED))
            printed = f_row.value if f_row else row.value
        else:
            predicted = prior.e * row.n + miss(rank + grown, floor, slope, location)
            printed = r_row.value if r_row else row.value
        scale = error_scale(abs(grown), row.fpir, printed, predicted, prior)
        log_weight = log_weight + _log_rounded(row.value, predicted, scale, prior.nu)
    theta = np.stack([np.log(floor), z2, np.log(z2 - z1)], axis=-1)
    weight = np.exp(log_weight - special.logsumexp(log_weight))
    c, middle, gap = weight @ theta
    one = [np.array([x]) for x in (math.exp(c), middle - math.exp(gap), middle)]
    point_slope, point_location, point_at = curve_of(one[0], one[1], one[2], prior)
    return _curve(
        MatedCurve(math.exp(c), float(point_slope[0]), float(point_location[0])),
        float(point_at[0]) - prior.distance,
        (floor, slope, location, rank, weight),
        tuple(rows),
        f_row or Anchor(N_ANCHOR, FPIR_TESTED, float(math.exp(c) + (1 - math.exp(c)) * special.ndtr(middle))),
    )


def fit_kind(
    rows: Sequence[Anchor],
    prior: GrowthPrior,
    mugshot: Curve | None,
    stand_in: tuple[Anchor, float] | None = None,
) -> Curve:
    """Fit the curve of an image kind that has a row or two, or none.

    Parameters
    ----------
    rows : sequence of Anchor
        FNIR rows; the one with the largest gallery is solved exactly, the others are a likelihood.
    prior : GrowthPrior
        What algorithms share.
    mugshot : Curve or None
        Lends its slope and floor share; the prior's slope where there is none.
    stand_in : tuple of Anchor and float, optional
        Where there is no row: an expected one, and its standard deviation in probit units.

    Returns
    -------
    Curve
        Slope shared with the mugshot curve within a factor, floor share wide, location solved.
    """
    if stand_in is None:
        anchor = max(rows, key=lambda row: row.n)
        f, wf = _rounded(anchor.value)
    else:
        anchor, sd = stand_in
        f = special.ndtr(special.ndtri(anchor.value) + sd * _HERMITE_X)
        wf = _HERMITE_W / _HERMITE_W.sum()
    base_slope, base_share = prior.slope, 0.0
    if mugshot is not None:
        base_slope = mugshot.point.slope
        at = mugshot.stands_at
        here, _ = mugshot.fnir(at.n, at.fpir, prior.delta * at.n, prior)
        base_share = float(np.clip(special.logit(min(mugshot.point.floor / here, 1 - 1e-9)), -3.0, 2.0))
    several = len(rows) > 1
    steps = np.linspace(-2.4, 2.4, 17 if several else 5)
    shares = np.linspace(-2.4, 2.4, 7)
    f, slope, share = (
        x.ravel()
        for x in np.meshgrid(
            f,
            base_slope * np.exp((0.5 if several else _SLOPE_SD) * steps),
            special.expit(base_share + _SHARE_SD * shares),
            indexing="ij",
        )
    )
    normal = [np.exp(-0.5 * x * x) for x in (steps, shares)]
    weight = np.einsum("i,j,k->ijk", wf, *normal).ravel()
    floor, location = _solve(f, share, slope, anchor, prior)
    log_weight = np.log(weight)
    for row in rows:
        if row == anchor:
            continue
        s = threshold(row.n, row.fpir, prior.delta * row.n, prior.h, (slope, location))
        predicted = miss(s, floor, slope, location)
        away = abs(math.log10(row.n / anchor.n) - math.log10(exceedances(row.fpir) / exceedances(anchor.fpir)))
        scale = error_scale(away, row.fpir, anchor.value, predicted, prior)
        log_weight = log_weight + _log_rounded(row.value, predicted, scale, prior.nu)
    weight = np.exp(log_weight - special.logsumexp(log_weight))
    middle_share = special.expit(weight @ special.logit(share))
    middle_slope = math.exp(float(weight @ np.log(slope)))
    middle = np.array([special.ndtr(weight @ special.ndtri(f))])
    point_floor, point_location = _solve(middle, np.array([middle_share]), np.array([middle_slope]), anchor, prior)
    return _curve(
        MatedCurve(float(point_floor[0]), middle_slope, float(point_location[0])),
        0.0,
        (floor, slope, location, np.zeros_like(floor), weight),
        tuple(rows),
        anchor,
    )


def stand_in_probit(kinds: Mapping[str, Mapping[str, float]], kind: str, lapse: str) -> tuple[float, float]:
    """Return the expected probit offset from the mugshot row of a condition, and its standard deviation."""
    whole = kinds.get(f"{kind}|{lapse}")
    if whole is not None:
        return whole["median"], whole["sd"]
    # Nobody tested this kind after a long lapse: the mugshot's own loss over the years is added.
    parts = (kinds[f"{kind}|as tested"], kinds["mugshot|10 years or more"])
    return sum(part["median"] for part in parts), math.hypot(*(part["sd"] for part in parts))


def _solve(f: Array, share: Array, slope: Array, anchor: Anchor, prior: GrowthPrior) -> tuple[Array, Array]:
    floor = share * f
    z = special.ndtri((f - floor) / (1.0 - floor))
    target = exceedances(anchor.fpir)
    strangers = target - prior.delta * anchor.n * special.ndtr(-z - prior.h)
    # At a tiny FPIR the tested galleries' duplicates alone could exceed it; then the model has no say.
    at = np.log10(anchor.n / np.maximum(strangers, 0.01 * target))
    return floor, at - z / slope


def _rounded(value: float) -> tuple[Array, Array]:
    """Spread a printed value over the interval that rounds to it."""
    low, high = max(value - HALF_UNIT, 1e-6), min(value + HALF_UNIT, 1.0 - 1e-6)
    return 0.5 * (low + high) + 0.5 * (high - low) * _GAUSS_X, _GAUSS_W / 2.0


def _log_rounded(printed: float, predicted: Array, scale: Array, nu: float) -> Array:
    """Log probability that a prediction with Student error on the log rounds to the printed value."""
    low, high = math.log(max(printed - HALF_UNIT, 1e-6)), math.log(printed + HALF_UNIT)
    center, spread = np.log(np.maximum(predicted, 1e-9)), np.maximum(scale, 1e-4)
    a, b = (low - center) / spread, (high - center) / spread
    # Mirror to the lower tail, where differences keep their digits.
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    return np.asarray(np.log(np.maximum(special.stdtr(nu, b) - special.stdtr(nu, a), 1e-300)))


def _curve(
    point: MatedCurve,
    rank: float,
    nodes: tuple[Array, Array, Array, Array, Array],
    anchors: tuple[Anchor, ...],
    stands_at: Anchor,
) -> Curve:
    weight = nodes[4]
    keep = weight >= min(_KEPT, float(weight.max()))
    floor, slope, location, levels, weight = (x[keep] for x in nodes)
    return Curve(point, rank, floor, slope, location, levels, weight / weight.sum(), anchors, stands_at)
