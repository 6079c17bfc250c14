"""The upper tail of scores beyond the data: a generalised Pareto law over the highest of them.

Peaks over a start: the share of scores at or above the start, times the law of how far they exceed it.  The shape of
that law decides everything far out, so every answer carries the band of shapes that the data leave open.  Arrays of
shapes come first, values second.  Item numbers are those of docs/formulas.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.statistics.intervals import Band
from misid.statistics.ranges import Array, Numbers, amount, probability, within

LEAST = 50  # exceedances below which no tail is fitted
_USUAL, _MOST = 250, 1000
_SHARES = 0.01, 0.05
_SHAPE_LIMIT = 0.9
_SHAPE_SD = 0.5  # weak pull of the shape to 0: half the data's own say at four exceedances, nothing at the hundreds
_TIED = 0.05
_GOLDEN = (math.sqrt(5) - 1) / 2

Clusters = npt.NDArray[np.integer]


def tail_exceedance(
    start_probability: Numbers | float,
    distance: Numbers | float,
    scale: Numbers | float,
    shape: Numbers | float,
) -> Numbers:
    """Probability that a non-mated score lies at least ``distance`` above the start of the tail.

    ``z (1 + x d / s)^(-1/x)`` for a start that is reached with probability z, a distance d, a scale s and a shape x of
    the generalised Pareto tail: shape 0 is exponential, below 0 the tail ends at ``d = -s / x``.
    The shape decides: carry a band over it, and go little more than one decade beyond the data.  Source: peaks over
    threshold (Pickands, Annals of Statistics 3, 1975); item 6.
    """
    start = probability("start_probability", start_probability)
    relative = amount("distance", distance) / amount("scale", scale, above=True)
    bend = within("shape", shape, -np.inf, above=True, below=True)
    stretch = np.maximum(bend * relative, -1.0)
    ended = stretch == -1
    # log1p(y) / x tends to d / s as x tends to 0; where y underflows the limit is the value.
    straight = stretch == 0
    logs = np.log1p(np.where(ended, 0.0, stretch)) / np.where(straight, 1.0, bend)
    return (start * np.where(ended, 0.0, np.exp(-np.where(straight, relative, logs))))[()]


def threshold_shift(scale: Numbers | float, n_from: Numbers | float, n_to: Numbers | float) -> Numbers:
    """By how much the threshold must rise to hold FPIR while the gallery grows, if the tail is exponential.

    ``scale ln(n_to / n_from)``, in units of the score.  Source: item 6.c.
    """
    ratio = amount("n_to", n_to, above=True) / amount("n_from", n_from, above=True)
    return amount("scale", scale, above=True) * np.log(ratio)


def _profile(values: Array, counts: Array, step: float, shapes: Array) -> tuple[Array, Array]:
    """Return the best scale for each shape, and the penalised log-likelihood there, by golden sections in ln scale."""
    mean = float(counts @ values / counts.sum()) + 0.5 * step
    low = np.log(np.maximum(np.full(shapes.shape, 0.02 * mean), -shapes * values[-1] * (1 + 1e-6)))
    high = np.maximum(np.full(shapes.shape, math.log(20 * mean)), low + 1.0)
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = (_height(values, counts, step, np.exp(x), shapes) for x in (a, b))
    for _ in range(36):
        right = at_a < at_b
        low, high = np.where(right, a, low), np.where(right, high, b)
        new = np.where(right, low + _GOLDEN * (high - low), high - _GOLDEN * (high - low))
        fresh = _height(values, counts, step, np.exp(new), shapes)
        a, b = np.where(right, b, new), np.where(right, new, a)
        at_a, at_b = np.where(right, at_b, fresh), np.where(right, fresh, at_a)
    best = 0.5 * (low + high)
    return np.exp(best), _height(values, counts, step, np.exp(best), shapes)


def _bend_at(values: Array, counts: Array, step: float, at: tuple[float, float]) -> float:
    """Return the curvature of the log-likelihood in ln scale, where the shape is known."""
    h = 0.02
    low = max(at[0], -at[1] * float(values[-1]) * (1 + 1e-6) * math.exp(h))
    scales = low * np.exp(h * np.arange(-1.0, 2.0))
    left, middle, right = _height(values, counts, step, scales, np.full(3, at[1]))
    return max(float(2 * middle - left - right) / h**2, 0.1 * float(counts.sum()))


def _height(values: Array, counts: Array, step: float, scales: Array, shapes: Array) -> Array:
    return np.asarray(_log_density(values, step, scales, shapes) @ counts - 0.5 * (shapes / _SHAPE_SD) ** 2)


def _log_density(values: Array, step: float, scales: Array, shapes: Array) -> Array:
    """Return log densities, or log probabilities of a grid value, shape (shapes, values)."""
    if step == 0.0:
        stretch = np.log1p(np.maximum(shapes[:, None] * values / scales[:, None], -1 + 1e-15))
        straight = np.abs(shapes) < 1e-9
        bend = np.where(straight, 1.0, shapes)
        logs = np.where(straight[:, None], values / scales[:, None], (1 + 1 / bend)[:, None] * stretch)
        return np.asarray(-np.log(scales)[:, None] - logs)
    here, next_one = (_log_share(values + more, scales, shapes) for more in (0.0, step))
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(here + np.log(-np.expm1(np.minimum(next_one - here, -1e-300))), -1e10))


def _log_share(distance: Array, scales: Array, shapes: Array) -> Array:
    """Logarithm of the share of the tail at or above a distance, shape (shapes, distances)."""
    with np.errstate(divide="ignore"):
        share = tail_exceedance(1.0, distance[None, :], scales[:, None], shapes[:, None])
        return np.asarray(np.log(share))


def _distance_at(logs: Array, scales: Array, shapes: Array) -> Array:
    """Return the distance that a share of the tail (its logarithm) reaches, shape (shapes, shares)."""
    straight = np.abs(shapes) < 1e-12
    bend = np.where(straight, 1.0, shapes)[:, None]
    bent = np.expm1(-bend * np.minimum(logs, 0.0)) / bend
    return np.asarray(scales[:, None] * np.where(straight[:, None], -np.minimum(logs, 0.0), bent))


class Tail(NamedTuple):
    """A fitted tail."""

    start: float  # score from which on the law holds
    start_probability: float  # share of all comparisons at or above it
    scale: float  # in units of the score
    shape: float
    exceedances: int  # scores at or above the start
    highest: float
    step: float  # distance between two neighbouring values where scores are tied to a grid; 0 where they are not
    # Profile, shape (g,): the best scale for each shape, and how much worse it fits, in units of a chi-squared with one
    # degree of freedom; clustering is divided out.
    shapes: Array
    scales: Array
    deviance: Array
    log_error: float  # standard error of the logarithm of ``start_probability``
    scale_error: float  # of that of the scale, where the shape is known


def start_count(trials: float) -> int:
    """Return how many of the highest scores make the tail.

    1% of them, but 250 where 5% allow it, and never more than 1,000: the nearer to the end, the better the law holds.
    0 where 5% are fewer than 50.
    """
    few, many = _SHARES
    count = int(min(max(few * trials, _USUAL), many * trials, _MOST))
    return count if count >= LEAST else 0


def fit_tail(
    scores: npt.NDArray[np.floating],
    trials: float,
    *,
    clusters: Sequence[Clusters] = (),
    weights: npt.NDArray[np.floating] | None = None,
    start: float | None = None,
) -> Tail | None:
    """Fit the tail of non-mated scores: all of them, or all at or above some level, out of so many trials.

    ``clusters`` are the probe subject, and the reference subject, of each score: comparisons that share one are not
    independent.  ``weights`` say how often each score counts, for a bootstrap over subjects; then ``trials`` is the
    sum of all weights.  ``start`` is the `start_count`-th highest score by default.  None where fewer than 50
    exceedances are left, or all of them are equal.

    Maximum likelihood with a weak normal pull of the shape to 0 (standard deviation 0.5), between shapes -0.9 and 0.9,
    by its profile.  Where more than one exceedance in twenty is tied, scores lie on a grid, and the likelihood is of
    intervals: ``P(score = y) = S(y) - S(y + step)``, with S "at or above".  The profile is divided by what clustering
    adds to the variance of the shape (sandwich estimator; for two sides the sum of both less that of pairs).
    Source: Pickands, Annals of Statistics 3 (1975); FORMULAS item 6.
    """
    known = np.asarray(scores, dtype=np.float64)
    within("trials", trials, 0.0 if weights is not None else float(known.size), below=True)
    begin = _start(known, trials) if start is None else float(start)
    if begin is None:
        return None
    above = known >= begin
    distance = known[above] - begin
    if distance.size < LEAST or not distance.max() > 0:
        return None
    weight = np.ones(distance.size) if weights is None else np.asarray(weights, dtype=np.float64)[above]
    share = float(weight.sum()) / trials
    step = _step(distance)
    values, inverse = np.unique(distance, return_inverse=True)
    counts = np.bincount(inverse, weight).astype(np.float64)
    shapes = np.linspace(-_SHAPE_LIMIT, _SHAPE_LIMIT, 37)
    scales, height = _profile(values, counts, step, shapes)
    owners = [np.unique(cluster[above], return_inverse=True)[1] for cluster in clusters]
    best = int(np.argmax(height))
    more = _inflation(distance, weight, step, (float(scales[best]), float(shapes[best])), owners)
    # A second look where the data leave the shape open: the coarse grid may hold one point of it.
    near = height > height[best] - 12.0 * more
    first, last = shapes[near][[0, -1]]
    shapes = np.linspace(max(first - 0.05, -_SHAPE_LIMIT), min(last + 0.05, _SHAPE_LIMIT), 49)
    scales, height = _profile(values, counts, step, shapes)
    best = int(np.argmax(height))
    shape = _vertex(shapes, height, best)
    scale, top = (float(x[0]) for x in _profile(values, counts, step, np.array([shape])))
    top = max(top, float(height.max()))
    return Tail(
        begin,
        share,
        scale,
        shape,
        int(distance.size),
        begin + float(distance.max()),
        step,
        shapes,
        scales,
        2.0 * (top - height) / more,
        math.sqrt(_summed_squares(weight, owners)) / float(weight.sum()),
        math.sqrt(more / _bend_at(values, counts, step, (scale, shape))),
    )


def exceedance(tail: Tail, thresholds: npt.ArrayLike, level: float = 0.95) -> Band:
    """Share of comparisons at or above thresholds in the tail; the band holds the shapes and starts left open."""
    distance = np.atleast_1d(within("threshold less start", np.asarray(thresholds, np.float64) - tail.start, 0))
    shapes, scales = open_shapes(tail, level)
    z = _deviate(level)
    logs = _log_share(distance, np.append(scales, tail.scale), np.append(shapes, tail.shape))
    small, large = (
        _log_share(distance, np.array([tail.scale * math.exp(side * z * tail.scale_error)]), np.array([tail.shape]))[0]
        for side in (-1, 1)
    )
    middle, most, least, spread = logs[-1], logs.max(axis=0), logs.min(axis=0), z * tail.log_error
    with np.errstate(invalid="ignore"):
        down, up = np.hypot(middle - least, middle - small), np.hypot(most - middle, large - middle)
        low = np.where(np.isinf(np.minimum(least, small)), -np.inf, middle - np.hypot(down, spread))
        high = np.where(np.isinf(middle), np.maximum(most, large) + spread, middle + np.hypot(up, spread))
    share = tail.start_probability
    return Band(share * np.exp(middle), share * np.exp(low), np.minimum(share * np.exp(high), 1.0))


def tail_threshold(tail: Tail, rates: npt.ArrayLike, level: float = 0.95) -> Band:
    """Return the threshold that a share of comparisons reaches, at most that at the start: inverse of `exceedance`."""
    shares = np.atleast_1d(within("rate", np.asarray(rates, np.float64), 0, 1, above=True))
    decades = np.log(within("rate over that of the start", shares / tail.start_probability, 0, 1 + 1e-9))
    shapes, scales = open_shapes(tail, level)
    spread = _deviate(level) * tail.log_error
    found = _distance_at(decades, np.append(scales, tail.scale), np.append(shapes, tail.shape))
    moved = [
        _distance_at(decades + side, np.array([tail.scale]), np.array([tail.shape]))[0] for side in (spread, -spread)
    ]
    middle = found[-1]
    own = middle * _deviate(level) * tail.scale_error
    low = middle - np.hypot(np.hypot(middle - found.min(axis=0), middle - moved[0]), own)
    high = middle + np.hypot(np.hypot(found.max(axis=0) - middle, moved[1] - middle), own)
    return Band(tail.start + middle, tail.start + np.maximum(low, 0.0), tail.start + high)


def open_shapes(tail: Tail, level: float = 0.95) -> tuple[Array, Array]:
    """Return the shapes that the data leave open, and the scale for each."""
    limit = _deviate(level) ** 2
    inside = tail.deviance <= limit
    shapes = [tail.shape, *tail.shapes[inside]]
    best = int(np.argmin(tail.deviance))
    for side in (slice(best, None, -1), slice(best, None)):
        deviance, along = tail.deviance[side], tail.shapes[side]
        rising = np.maximum.accumulate(deviance)
        shapes.append(float(np.interp(limit, rising, along)))
    ends = np.unique(np.array(shapes))
    return ends, np.exp(np.interp(ends, tail.shapes, np.log(tail.scales)))


def _start(scores: Array, trials: float) -> float | None:
    count = min(start_count(trials), scores.size)
    if count < LEAST:
        return None
    begin = float(np.partition(scores, scores.size - count)[scores.size - count])
    # Ties at the start may take in far more than were wanted: then the next value begins the tail.
    if np.count_nonzero(scores >= begin) > 2 * _SHARES[1] * trials:
        higher = scores[scores > begin]
        return float(higher.min()) if higher.size >= LEAST else None
    return begin


def _step(distance: Array) -> float:
    values = np.unique(distance)
    return float(np.diff(values).min()) if values.size < (1 - _TIED) * distance.size else 0.0


def _inflation(
    distance: Array, weight: Array, step: float, at: tuple[float, float], owners: Sequence[Clusters]
) -> float:
    """Return by how much clustering multiplies the variance of the shape; at least 1."""
    scale, shape = at
    if not owners:
        return 1.0
    h = 1e-4

    def gradient(log_scale: float, bend: float) -> Array:
        points = (log_scale + h, bend), (log_scale - h, bend), (log_scale, bend + h), (log_scale, bend - h)
        up, down, right, left = (
            _log_density(distance, step, np.array([math.exp(s)]), np.array([x]))[0] for s, x in points
        )
        return np.stack([up - down, right - left], axis=1) / (2 * h)

    # The end of a bounded tail lies just beyond the highest score, where derivatives are not of use.
    centre = math.log(max(scale, -shape * float(distance.max()) * 1.01))
    own = gradient(centre, shape) * weight[:, None]
    near = np.stack([gradient(centre + h, shape).T @ weight, gradient(centre, shape + h).T @ weight])
    far = np.stack([gradient(centre - h, shape).T @ weight, gradient(centre, shape - h).T @ weight])
    curvature = -(near - far) / (2 * h)
    if not np.isfinite(curvature).all() or np.linalg.det(curvature) <= 0:
        return max(1.0, _summed_squares(weight, owners) / float(weight @ weight))
    inverse = np.linalg.inv(0.5 * (curvature + curvature.T))
    own = own - own.mean(axis=0)
    spread = sum((sums.T @ sums for sums in _sums(own, owners)), start=-(len(owners) - 1) * (own.T @ own))
    robust = inverse @ spread @ inverse
    return max(1.0, float(robust[1, 1] / inverse[1, 1]))


def _sums(rows: Array, owners: Sequence[Clusters]) -> list[Array]:
    return [np.stack([np.bincount(owner, column) for column in rows.T], axis=1) for owner in owners]


def _summed_squares(weight: Array, owners: Sequence[Clusters]) -> float:
    """Variance of a count whose clusters are independent, by squared totals; never below that of single scores."""
    alone = float(weight @ weight)
    squares = [float((sums**2).sum()) for sums in _sums(weight[:, None], owners)]
    return max(alone, sum(squares) - (len(squares) - 1) * alone) if squares else alone


def _vertex(x: Array, y: Array, best: int) -> float:
    """Return the top of the parabola through the best point and its neighbours."""
    if best in (0, len(x) - 1):
        return float(x[best])
    left, middle, right = y[best - 1 : best + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(x[best] + np.clip(shift, -1, 1) * (x[1] - x[0]))


def _deviate(level: float) -> float:
    return float(special.ndtri(0.5 + 0.5 * probability("level", level)))
