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
    N_STEP,
    Array,
    GrowthPrior,
    curve_of,
    exceedances,
    miss,
    threshold,
    threshold_at,
)
from misid.algorithm.latents import at_share, latent_nodes, rounding

_SHARE_SD = 1.5
"""Floor share of kinds with no rank-1 row: wide on the logit, so that the interval says so."""
_SLOPE_SD = 0.3
"""How far the slope of another image kind may lie from the mugshot slope, on the log."""
_LEAST_SLOPE = 0.1
"""A curve keeps rising where two rounded rows are equal: at least this share of the slope lent."""
_KEPT = 120
"""Possibilities that a curve keeps."""


def fit_mugshot(rows: Sequence[Anchor], prior: GrowthPrior, rank_share: Mapping[str, float]) -> Curve:
    """Fit the mugshot curve on rows at any gallery size.

    Parameters
    ----------
    rows : sequence of Anchor
        At least one; rows at 1.6 million and FPIR 0.003 or rank 1 are solved exactly, the others weigh the
        possibilities, and the one with the largest gallery bends the slope where the family of curves misses it.
    prior : GrowthPrior
        What algorithms share.
    rank_share : mapping
        Logit of rank-1 miss over FNIR given ln FNIR, over algorithms: ``intercept``, ``slope``, ``sd``.

    Returns
    -------
    Curve
        Possibilities over the rounding intervals of the printed values and the floor share.
    """
    f_row = next((row for row in rows if row.n == N_ANCHOR and row.fpir == FPIR_TESTED), None)
    r_row = next((row for row in rows if row.n == N_ANCHOR and row.fpir == 0.0), None)
    f, wf = _levels(f_row, rows)
    if r_row is not None:
        r, wr = rounding(r_row.value)
        f, r = (x.ravel() for x in np.meshgrid(f, r, indexing="ij"))
        log_weight = np.log(np.outer(wf, wr).ravel())
    else:
        # How much of what misses at the threshold also misses at rank 1: as with the other algorithms.
        ratio = np.linspace(-5.0, 5.0, 25)
        f, ratio = (x.ravel() for x in np.meshgrid(f, ratio, indexing="ij"))
        away = (ratio - rank_share["intercept"] - rank_share["slope"] * np.log(f)) / rank_share["sd"]
        log_weight = np.log(np.repeat(wf, 25)) - 0.5 * away**2
        r = f * special.expit(ratio)
    nodes = latent_nodes(f, r, prior)
    log_weight = (log_weight[:, None] + nodes.log_density).ravel()
    keep = log_weight > log_weight.max() - 25.0
    f, r = (np.repeat(x, nodes.floor.shape[1])[keep] for x in (f, r))
    floor, z1, z2 = (x.ravel()[keep] for x in (nodes.floor, nodes.z1, nodes.z2))
    log_weight = log_weight[keep]
    slope, location, _ = curve_of(floor, z1, z2, prior)
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
            predicted = prior.e * row.n + miss(location + z1 / slope + grown, floor, slope, location)
            printed = r_row.value if r_row else row.value
        scale = error_scale(abs(grown), row.fpir, printed, predicted, prior)
        log_weight = log_weight + _log_rounded(row.value, predicted, scale, prior.nu)
    weight = _normed(log_weight)
    left = np.maximum(r - prior.e * N_ANCHOR, 0.05 * r)
    middle = at_share([float(weight @ f)], [float(weight @ r)], float(weight @ special.logit(floor / left)), prior)
    one = _bent(middle.floor[0], middle.z1[0], middle.z2[0], rows, prior)
    point = MatedCurve(float(middle.floor[0, 0]), float(one[0][0]), float(one[1][0]))
    return _curve(
        (point, float(one[2][0]), float(one[3][0])),
        float(curve_of(middle.floor[0], middle.z1[0], middle.z2[0], prior)[0][0]),
        (floor, *_bent(floor, z1, z2, rows, prior), weight),
        tuple(rows),
        f_row or Anchor(N_ANCHOR, FPIR_TESTED, float(weight @ f)),
    )


def _bent(
    floor: Array, z1: Array, z2: Array, rows: Sequence[Anchor], prior: GrowthPrior
) -> tuple[Array, Array, Array, Array]:
    """Return slope, location, rank-1 level and its pace, bent so that a row at a larger gallery is met.

    The family of curves predicts such a row with an error; once the row is printed, the error is known, and it is the
    slope of this algorithm that differs, or the pace at which its rank-1 level moves with the gallery.
    """
    slope, location, at = curve_of(floor, z1, z2, prior)
    far = max((row for row in rows if row.fpir > 0), key=lambda row: row.n, default=None)
    if far is not None and far.n > N_ANCHOR:
        share = prior.delta * far.n
        s = threshold(far.n, far.fpir, share, prior.h, (slope, location))
        value = _into_rounding(miss(s, floor, slope, location), far.value)
        z = special.ndtri(np.maximum(value - floor, 1e-9) / (1.0 - floor))
        moved = threshold_at(z, far.n, far.fpir, prior) - at
        slope = np.maximum((z - z2) / np.where(np.abs(moved) > 1e-6, moved, 1.0), _LEAST_SLOPE * slope)
        location = at - z2 / slope
    rank = location + z1 / slope
    pace = np.ones_like(floor)
    far = max((row for row in rows if row.fpir == 0), key=lambda row: row.n, default=None)
    if far is not None and far.n > N_ANCHOR:
        grown = math.log10(far.n / N_ANCHOR)
        outranked = prior.e * min(far.n, N_STEP)
        value = _into_rounding(outranked + miss(rank + grown, floor, slope, location), far.value)
        z = special.ndtri(np.maximum(value - outranked - floor, 1e-9) / (1.0 - floor))
        pace = np.clip((z - z1) / (slope * grown), 0.05, 5.0)
    return slope, location, rank, pace


def fit_kind(
    rows: Sequence[Anchor],
    prior: GrowthPrior,
    lent: tuple[float, float],
    likely: tuple[Anchor, Array] | None = None,
) -> Curve:
    """Fit the curve of an image kind that has a row or two, or none.

    Parameters
    ----------
    rows : sequence of Anchor
        FNIR rows; the one with the largest gallery is solved exactly, and the one with the smallest gives the slope.
    prior : GrowthPrior
        What algorithms share.
    lent : tuple of float
        Slope, and logit of floor over FNIR, that the mugshot curve lends (`lends`).
    likely : tuple of Anchor and ndarray, optional
        Where there is no row: an expected one, and equally likely probits of FNIR in its place.

    Returns
    -------
    Curve
        Slope shared with the mugshot curve within a factor, floor share wide, location solved.
    """
    if likely is None:
        anchor = max(rows, key=lambda row: row.n)
        levels, wf = rounding(anchor.value)
    else:
        anchor, levels = likely[0], np.clip(special.ndtr(likely[1]), 1e-6, 1.0 - 1e-6)
        wf = np.full(len(levels), 1.0 / len(levels))
    slope, share = lent
    steps = np.linspace(-2.4, 2.4, 5)
    f, away, logit = (
        x.ravel() for x in np.meshgrid(levels, _SLOPE_SD * steps, share + _SHARE_SD * steps, indexing="ij")
    )
    log_weight = np.log(np.repeat(wf, 25)) - 0.5 * (away / _SLOPE_SD) ** 2 - 0.5 * ((logit - share) / _SHARE_SD) ** 2
    slopes = slope * np.exp(away)
    other = min(rows, key=lambda row: row.n, default=anchor)
    # Both rows lie above the floor.
    floor = special.expit(logit) * np.minimum(f, other.value)
    middle = np.array([special.ndtr(wf @ special.ndtri(levels))])
    point_floor = special.expit(np.array([share])) * np.minimum(middle, other.value)
    point_slope = np.array([slope])
    if other.n < anchor.n:
        slopes = _through(f, floor, slopes, anchor, other, prior)
        # What the rows give is weighed as well: a slope far from every mugshot slope speaks against its floor.
        log_weight = log_weight - np.log1p((np.log(slopes / slope) / 0.5) ** 2)
        weight = _normed(log_weight)
        point_floor = np.exp(weight @ np.log(floor))[None]
        point_slope = _through(middle, point_floor, point_slope, anchor, other, prior)
    weight = _normed(log_weight)
    at_nodes, z = _threshold_of(f, floor, anchor, prior)
    at_point, z_point = _threshold_of(middle, point_floor, anchor, prior)
    point = MatedCurve(float(point_floor[0]), float(point_slope[0]), float((at_point - z_point / point_slope)[0]))
    none = np.zeros_like(floor)
    nodes = (floor, slopes, at_nodes - z / slopes, none, none, weight)
    return _curve((point, 0.0, 0.0), slope, nodes, tuple(rows), anchor, None if likely is None else f)


def lends(mugshot: Curve, prior: GrowthPrior) -> tuple[float, float]:
    """Return what a mugshot curve lends to other image kinds: its slope, and the logit of floor over FNIR."""
    at = mugshot.stands_at
    here, _ = mugshot.fnir(at.n, at.fpir, prior.delta * at.n, prior)
    share = float(special.logit(min(mugshot.point.floor / here, 1 - 1e-9)))
    return mugshot.lent_slope, min(max(share, -3.0), 2.0)


def _through(f: Array, floor: Array, slope: Array, anchor: Anchor, other: Anchor, prior: GrowthPrior) -> Array:
    """Return slopes that meet a second row as well."""
    at, z = _threshold_of(f, floor, anchor, prior)
    s = threshold(other.n, other.fpir, prior.delta * other.n, prior.h, (slope, at - z / slope))
    value = _into_rounding(floor + (1 - floor) * special.ndtr(z + slope * (s - at)), other.value)
    at_other, z_other = _threshold_of(value, floor, other, prior)
    moved = at - at_other
    return np.maximum((z - z_other) / np.where(np.abs(moved) > 1e-6, moved, 1.0), _LEAST_SLOPE * slope)


def _normed(log_weight: Array) -> Array:
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def _into_rounding(predicted: Array, printed: float) -> Array:
    """Move predictions no further than into the interval that rounds to the printed value."""
    return np.clip(predicted, max(printed - HALF_UNIT, 1e-6), min(printed + HALF_UNIT, 1 - 1e-6))


def _threshold_of(f: Array, floor: Array, row: Anchor, prior: GrowthPrior) -> tuple[Array, Array]:
    """Return threshold of a row, and probit above the floor there."""
    z = special.ndtri(np.maximum(f - floor, 1e-9) / (1.0 - floor))
    return threshold_at(z, row.n, row.fpir, prior), z


def _levels(row: Anchor | None, rows: Sequence[Anchor]) -> tuple[Array, Array]:
    """Return possible FNIR at 1.6 million and their weights: a rounding interval, or what other rows allow."""
    if row is not None:
        return rounding(row.value)
    near = min(rows, key=lambda other: (other.fpir == 0.0, abs(math.log(other.n / N_ANCHOR))))
    span = (0.2, 5.0) if near.fpir > 0 else (1.0, 60.0)
    low, high = (min(max(edge * near.value, 1e-5), 0.98) for edge in span)
    return np.geomspace(low, high, 60), np.full(60, 1.0 / 60)


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
    point: tuple[MatedCurve, float, float],
    lent_slope: float,
    nodes: tuple[Array, Array, Array, Array, Array, Array],
    anchors: tuple[Anchor, ...],
    stands_at: Anchor,
    near: Array | None = None,
) -> Curve:
    far = miss(12.0, nodes[0], nodes[1], nodes[2])
    order = np.argsort(far, kind="stable") if near is None else np.lexsort((far, near))
    whole = np.cumsum(nodes[5][order])
    # Systematic picks at equal steps of weight, along the misses far out, and for each level near by if that is open
    # as well: the spread there survives the thinning.
    at = np.searchsorted(whole, (np.arange(_KEPT) + 0.5) / _KEPT * whole[-1])
    picked, counts = np.unique(order[np.minimum(at, len(order) - 1)], return_counts=True)
    floor, slope, location, rank, pace = (x[picked] for x in nodes[:5])
    return Curve(*point, lent_slope, floor, slope, location, rank, pace, counts / _KEPT, anchors, stands_at)
