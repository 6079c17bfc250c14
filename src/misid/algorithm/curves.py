"""Mated curves: what one is, how far it is known, and how one is fitted to published rows.

Three fits: mugshots, with both published levels; another image type with a row or two; one with none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm.growth import (
    FPIR_TESTED,
    HALF_UNIT,
    N_ANCHOR,
    N_STEP,
    STEP,
    Array,
    Form,
    GrowthPrior,
    at_share,
    curve_of,
    exceedances,
    latent_nodes,
    miss,
    rounding,
    solve_threshold,
    threshold_of_row,
)
from misid.quantities import Interval
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.brief import brief

Condition = tuple[ImageKind, Lapse]
"""What a curve is of."""

NODES = ("floor", "slope", "location", "rank", "pace", "weight")
_SHARE_SD = 1.5
"""Floor share of image types with no rank-1 row: wide on the logit, so that the interval says so."""
_SLOPE_SD = 0.3
"""How far the slope of another image type may lie from the mugshot slope, on the log."""
_LEAST_SLOPE = 0.1
"""A curve keeps rising where two rounded rows are equal: at least this share of the slope lent."""
_KEPT = 120
"""Possibilities that a curve keeps."""


@dataclass(frozen=True)
class MatedCurve:
    """Share of mated comparisons below a threshold: ``floor + (1-floor) Phi(slope (s - location))``.

    Parameters
    ----------
    floor : float
        Share that misses at any threshold: mislabelled or unmatchable samples; in [0, 1).
    slope : float
        Probit units per decade of non-mated exceedance; positive.
    location : float
        Decades at which half of the matchable samples miss.
    """

    floor: float
    slope: float
    location: float

    def fnmr(self, s: npt.ArrayLike) -> Array:
        """Return the miss rate at thresholds of ``s`` decades; the shape of ``s``."""
        return miss(s, self.floor, self.slope, self.location)


@dataclass(frozen=True)
class Anchor:
    """A published row that a curve was fitted on: gallery, FPIR target (0 for rank 1), printed value."""

    n: int
    fpir: float
    value: float


@dataclass(frozen=True, eq=False)
class Curve:
    """A mated curve under one form of growth, and the weighted possibilities around it."""

    point: MatedCurve  # reproduces the rows within rounding and the stated model error
    point_rank: float  # decades of rank 1 at 1.6 million references; 0 where no rank row is printed for the image type
    point_pace: float  # decades by which that level moves per decade of gallery
    lent_slope: float  # before it was bent to meet a row at a larger gallery; other image types borrow it
    floor: Array  # this and the next five: possible curves, shape (nodes,); weights sum to 1
    slope: Array
    location: Array
    rank: Array
    pace: Array
    weight: Array
    anchors: tuple[Anchor, ...]  # rows it was fitted on; empty where other conditions stand in
    stands_at: Anchor  # the conditions that ``floor`` and ``location`` were solved for

    __repr__ = brief

    @property
    def largest_n(self) -> int:
        """Largest gallery among the rows, or the one it stands at."""
        return max((row.n for row in self.anchors), default=self.stands_at.n)

    def fnir(self, n: float, fpir: float, duplicates: float, prior: GrowthPrior) -> tuple[float, Array]:
        """Return FNIR at an FPIR: the point, and one for each node."""
        point = self.point
        at = solve_threshold(n, fpir, duplicates, prior.h, ([point.slope], [point.location]))
        nodes = solve_threshold(n, fpir, duplicates, prior.h, (self.slope, self.location))
        return float(point.fnmr(at)[0]), miss(nodes, self.floor, self.slope, self.location)

    def fnmr(self, s: float) -> tuple[float, Array]:
        """Return the miss rate at a threshold: the point, and one for each node."""
        return float(self.point.fnmr(s)), miss(s, self.floor, self.slope, self.location)

    def rank1(self, n: float, prior: GrowthPrior) -> tuple[float, Array]:
        """Return the rank-1 miss rate: the point, and one for each node."""
        # The tested galleries' own duplicates stop growing where the tests stop.
        outranked = prior.e * min(n, N_STEP)
        grown = math.log10(n / N_ANCHOR)
        point = outranked + float(self.point.fnmr(self.point_rank + self.point_pace * grown))
        nodes = outranked + miss(self.rank + self.pace * grown, self.floor, self.slope, self.location)
        return min(point, 1.0), np.minimum(nodes, 1.0)

    def scale(self, n: float, fpir: float, values: Array, prior: GrowthPrior) -> Array:
        """Return the model error on the logit, grown in proportion to decades from the nearest row.

        ``fpir`` is 0 for rank 1.
        """
        nearest = min(self._alike(fpir), key=lambda row: abs(_decades(n, fpir, row)))
        away = abs(_decades(n, fpir, nearest))
        # The nodes are few: a narrow kernel keeps their quantiles from jumping between two of them.
        kernel = 0.05 * HALF_UNIT / np.maximum(values, HALF_UNIT)
        return np.maximum(error_scale(away, fpir, nearest.value, values, prior), kernel)

    def interval(self, found: tuple[float, Array], n: float, fpir: float, prior: GrowthPrior, level: float) -> Interval:
        """Return a point, and the central interval of Student errors around the nodes' values."""
        point, nodes = found
        tail = 0.5 * (1.0 - level)
        scale = self.scale(n, fpir, nodes, prior)
        low, high = mixture_quantiles(nodes, self.weight, scale, prior.nu, np.array([tail, 1.0 - tail]))
        return Interval(point, float(low), float(high), level, "").around()

    def _alike(self, fpir: float) -> tuple[Anchor, ...]:
        alike = tuple(row for row in self.anchors if (row.fpir > 0) == (fpir > 0))
        return alike or (self.stands_at,)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, ten significant digits."""
        arrays = {name: [_short(x) for x in getattr(self, name)] for name in NODES}
        return {
            "point": {**self.point.__dict__, "rank": self.point_rank, "pace": self.point_pace},
            "lent_slope": self.lent_slope,
            "nodes": arrays,
            "anchors": [row.__dict__ for row in self.anchors],
            "stands_at": self.stands_at.__dict__,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Curve:
        """Read what `to_json` wrote."""
        point = dict(given["point"])
        rank, pace = float(point.pop("rank")), float(point.pop("pace"))
        arrays = {name: np.asarray(given["nodes"][name], dtype=np.float64) for name in NODES}
        return cls(
            point=MatedCurve(**{key: float(value) for key, value in point.items()}),
            point_rank=rank,
            point_pace=pace,
            lent_slope=float(given["lent_slope"]),
            anchors=tuple(Anchor(**row) for row in given["anchors"]),
            stands_at=Anchor(**given["stands_at"]),
            **arrays,
        )


def _short(x: float) -> float:
    return float(f"{x:.10g}")


def _decades(n: float, fpir: float, row: Anchor) -> float:
    moved = math.log10(n / row.n)
    return moved - math.log10(exceedances(fpir) / exceedances(row.fpir)) if fpir > 0 and row.fpir > 0 else moved


def error_scale(away: float, fpir: float, printed: float, values: Array, prior: GrowthPrior) -> Array:
    """Return the scale, on the log (of the odds), of the Student error of a prediction some decades from a row.

    ``away`` is in decades of gallery over FPIR; ``fpir`` is 0 for rank 1, ``printed`` the value of the row.
    """
    sigma = prior.sigma(fpir, printed)
    # The extra misses are a count among the same searches.
    extra = np.abs(values - printed) / (prior.searches * np.maximum(values, 1e-6) ** 2)
    return np.asarray(np.sqrt((sigma * away / STEP) ** 2 + extra * (away > 0)))


def mixture_quantiles(values: Array, weight: Array, scale: Array, nu: float, probs: Array) -> Array:
    """Return quantiles of a mixture of Student errors on the logit."""
    center = special.logit(np.clip(values, 1e-12, 1 - 1e-12))
    spread = np.maximum(scale, 1e-9)
    reach = spread * abs(float(special.stdtrit(nu, 1e-4)))
    low = np.full(probs.shape, float((center - reach).min()))
    high = np.full(probs.shape, float((center + reach).max()))
    for _ in range(45):
        middle = 0.5 * (low + high)
        below = special.stdtr(nu, (middle[:, None] - center) / spread) @ weight < probs
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(special.expit(0.5 * (low + high)), dtype=np.float64)


def over_forms(found: Mapping[Form, Interval]) -> Interval:
    """Return the middle of the points, on the log, and the union of the intervals."""
    points = [one.value for one in found.values()]
    lows, highs = zip(*(one.ends for one in found.values()), strict=True)
    value = math.exp(sum(math.log(max(p, 1e-300)) for p in points) / len(points))
    value = min(max(value, min(points)), max(points))
    return next(iter(found.values()))._replace(value=value, low=min(lows), high=max(highs))


def fnir_at_fpir(
    curve: Curve, prior: GrowthPrior, n: float, fpir: float, duplicates: float | str, level: float
) -> tuple[Interval, float]:
    """Return FNIR at an FPIR under one form, and the threshold of its point in decades.

    ``duplicates`` is the share of non-mated searches with a duplicate; any text stands for as tested.
    """
    share = prior.duplicates(n) if isinstance(duplicates, str) else float(duplicates)
    found = curve.fnir(n, fpir, share, prior)
    at = solve_threshold(n, fpir, share, prior.h, ([curve.point.slope], [curve.point.location]))
    return curve.interval(found, n, fpir, prior, level), float(at[0])


# Fits


def fit_mugshot(rows: Sequence[Anchor], prior: GrowthPrior, rank_share: Mapping[str, float]) -> Curve:
    """Fit the mugshot curve on at least one row, at any gallery size.

    Rows at 1.6 million and FPIR 0.003 or rank 1 are solved exactly, over their rounding and the floor share; the others
    weigh the possibilities, and the one with the largest gallery bends the slope where the family of curves misses it.
    ``rank_share`` is by `misid.algorithm.growth.shared_rank_share`.
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
            s = solve_threshold(row.n, row.fpir, prior.delta * row.n, prior.h, (slope, location))
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
        s = solve_threshold(far.n, far.fpir, share, prior.h, (slope, location))
        value = _into_rounding(miss(s, floor, slope, location), far.value)
        z = special.ndtri(np.maximum(value - floor, 1e-9) / (1.0 - floor))
        moved = threshold_of_row(z, far.n, far.fpir, prior) - at
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


def fit_image_type(
    rows: Sequence[Anchor],
    prior: GrowthPrior,
    lent: tuple[float, float],
    likely: tuple[Anchor, Array] | None = None,
) -> Curve:
    """Fit the curve of an image type that has a row or two, or none; slope and floor share as the mugshot curve lends.

    The row with the largest gallery is solved exactly, and the one with the smallest gives the slope.  Where there is
    no row, ``likely`` is an expected one, and equally likely probits of FNIR in its place.
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
    """Return what a mugshot curve lends to other image types: its slope, and the logit of floor over FNIR."""
    at = mugshot.stands_at
    here, _ = mugshot.fnir(at.n, at.fpir, prior.delta * at.n, prior)
    share = float(special.logit(min(mugshot.point.floor / here, 1 - 1e-9)))
    return mugshot.lent_slope, min(max(share, -3.0), 2.0)


def _through(f: Array, floor: Array, slope: Array, anchor: Anchor, other: Anchor, prior: GrowthPrior) -> Array:
    """Return slopes that meet a second row as well."""
    at, z = _threshold_of(f, floor, anchor, prior)
    s = solve_threshold(other.n, other.fpir, prior.delta * other.n, prior.h, (slope, at - z / slope))
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
    return threshold_of_row(z, row.n, row.fpir, prior), z


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
