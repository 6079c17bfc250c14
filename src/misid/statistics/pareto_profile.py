"""The likelihood of a generalised Pareto law, its profile over the shape, and the law's own functions.

Arrays of shapes come first, values second: the result has shape (shapes, values).
"""

from __future__ import annotations

import math

import numpy as np

from misid.statistics.ranges import Array
from misid.statistics.tails import tail_exceedance

_SHAPE_SD = 0.5
"""Weak pull of the shape to 0: half the data's own say at four exceedances, nothing at the hundreds."""
_GOLDEN = (math.sqrt(5) - 1) / 2


def profile(values: Array, counts: Array, step: float, shapes: Array) -> tuple[Array, Array]:
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


def bend_at(values: Array, counts: Array, step: float, at: tuple[float, float]) -> float:
    """Return the curvature of the log-likelihood in ln scale, where the shape is known."""
    h = 0.02
    low = max(at[0], -at[1] * float(values[-1]) * (1 + 1e-6) * math.exp(h))
    scales = low * np.exp(h * np.arange(-1.0, 2.0))
    left, middle, right = _height(values, counts, step, scales, np.full(3, at[1]))
    return max(float(2 * middle - left - right) / h**2, 0.1 * float(counts.sum()))


def _height(values: Array, counts: Array, step: float, scales: Array, shapes: Array) -> Array:
    return np.asarray(log_density(values, step, scales, shapes) @ counts - 0.5 * (shapes / _SHAPE_SD) ** 2)


def log_density(values: Array, step: float, scales: Array, shapes: Array) -> Array:
    """Return log densities, or log probabilities of a grid value, shape (shapes, values)."""
    if step == 0.0:
        stretch = np.log1p(np.maximum(shapes[:, None] * values / scales[:, None], -1 + 1e-15))
        straight = np.abs(shapes) < 1e-9
        bend = np.where(straight, 1.0, shapes)
        logs = np.where(straight[:, None], values / scales[:, None], (1 + 1 / bend)[:, None] * stretch)
        return np.asarray(-np.log(scales)[:, None] - logs)
    here, next_one = (log_share(values + more, scales, shapes) for more in (0.0, step))
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(here + np.log(-np.expm1(np.minimum(next_one - here, -1e-300))), -1e10))


def log_share(distance: Array, scales: Array, shapes: Array) -> Array:
    """Logarithm of the share of the tail at or above a distance, shape (shapes, distances)."""
    with np.errstate(divide="ignore"):
        share = tail_exceedance(1.0, distance[None, :], scales[:, None], shapes[:, None])
        return np.asarray(np.log(share))


def distance_at(logs: Array, scales: Array, shapes: Array) -> Array:
    """Return the distance that a share of the tail (its logarithm) reaches, shape (shapes, shares)."""
    straight = np.abs(shapes) < 1e-12
    bend = np.where(straight, 1.0, shapes)[:, None]
    bent = np.expm1(-bend * np.minimum(logs, 0.0)) / bend
    return np.asarray(scales[:, None] * np.where(straight[:, None], -np.minimum(logs, 0.0), bent))
