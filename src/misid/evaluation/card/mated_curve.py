"""Mated curves fitted to counts over cells of decades, many at once."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from misid.statistics import Array

CELLS = 40
SPREAD = np.array([3.0, 0.5, 4.0])
"""How far a laboratory's curve may lie from those of published algorithms: logit of the floor, ln slope, decades."""
_LIMITS = np.array([[-14.0, 4.0], [math.log(0.02), math.log(20.0)], [-20.0, 60.0]])


def fit_curves(counts: Array, decades: Array, center: Array) -> tuple[Array, Array, Array]:
    """Fit ``floor + (1-floor) Phi(slope (s - location))`` to every row of counts.

    Parameters
    ----------
    counts : ndarray, shape (r, c + 1)
        Mated scores below the first edge, between edges, and at or above the last; need not be whole.
    decades : ndarray, shape (r, c)
        Edges, rising.
    center : ndarray, shape (r, 3)
        Weak prior: logit of the floor, ln slope, location.  Where the data are silent it decides, so that rows that
        stand for doubt need centers drawn from it.

    Returns
    -------
    floor, slope, location : ndarray, shape (r,)
        Of each row.

    Notes
    -----
    Maximum of the likelihood of the cells, with weak normal priors, by Fisher scoring with a step that is shortened
    where it does not help.  The floor's scores are as spread as non-mated ones: below s they are ``floor (1 - 10^-s)``.
    """
    precision = 1 / SPREAD**2
    inside, beyond = np.clip(center, _LIMITS[:, 0], _LIMITS[:, 1]), np.clip(center, _LIMITS[:, 0], _LIMITS[:, 1])
    share = np.cumsum(counts, axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True)
    middle = [np.interp(0.5, row, at) for row, at in zip(share, decades, strict=True)]
    # Misses can be a floor under a curve far away, or a curve near by: both are tried, for either can be a local top.
    inside[:, 2] = np.where(share[:, -1] > 0.5, middle, decades[:, -1] + 1)
    beyond[:, 2] = np.maximum(beyond[:, 2], decades[:, -1])
    found = [_climb(start, counts, decades, center, precision) for start in (inside, beyond)]
    theta = np.where((found[0][1] >= found[1][1])[:, None], found[0][0], found[1][0])
    return special.expit(theta[:, 0]), np.exp(theta[:, 1]), theta[:, 2]


def _climb(start: Array, counts: Array, decades: Array, center: Array, precision: Array) -> tuple[Array, Array]:
    """Return the nearest top of every row, and how high it is."""
    theta, damping = start, np.full(len(start), 1e-3)
    score = _score(theta, counts, decades, center, precision)
    idle = 0
    for _ in range(40):
        gradient, information = _slopes(theta, counts, decades, center, precision)
        ridge = damping[:, None, None] * np.einsum("ri,ij->rij", np.einsum("rii->ri", information), np.eye(3))
        step = np.linalg.solve(information + ridge, gradient[:, :, None])[:, :, 0]
        trial = np.clip(theta + np.clip(step, -2, 2), _LIMITS[:, 0], _LIMITS[:, 1])
        after = _score(trial, counts, decades, center, precision)
        better = after > score
        idle = idle + 1 if np.where(better, after - score, 0.0).max() < 1e-4 else 0
        theta, score = np.where(better[:, None], trial, theta), np.where(better, after, score)
        damping = np.clip(np.where(better, damping / 4, damping * 8), 1e-9, 1e6)
        if idle == 3:
            break
    return theta, score


def _cells(theta: Array, decades: Array) -> Array:
    """Return the probability of every cell, shape (r, c + 1)."""
    floor, slope, location = special.expit(theta[:, :1]), np.exp(theta[:, 1:2]), theta[:, 2:]
    matched = slope * (decades - location)
    none = -np.expm1(-math.log(10) * np.maximum(decades, 0.0))
    below = np.concatenate([np.zeros((len(theta), 1)), special.ndtr(matched), np.ones((len(theta), 1))], axis=1)
    # From the upper side where that has more digits.
    above = np.concatenate([np.ones((len(theta), 1)), special.ndtr(-matched), np.zeros((len(theta), 1))], axis=1)
    own = np.where(below[:, 1:] < 0.5, np.diff(below, axis=1), -np.diff(above, axis=1))
    spread = np.diff(np.concatenate([np.zeros((len(theta), 1)), none, np.ones((len(theta), 1))], axis=1), axis=1)
    return np.asarray(np.maximum(floor * spread + (1 - floor) * own, 1e-300))


def _score(theta: Array, counts: Array, decades: Array, center: Array, precision: Array) -> Array:
    pull = 0.5 * ((theta - center) ** 2 @ precision)
    return np.asarray((counts * np.log(_cells(theta, decades))).sum(axis=1) - pull)


def _slopes(theta: Array, counts: Array, decades: Array, center: Array, precision: Array) -> tuple[Array, Array]:
    """Return gradient and expected information."""
    h = 1e-5
    here = _cells(theta, decades)
    moved = np.stack(
        [(_cells(theta + h * e, decades) - _cells(theta - h * e, decades)) / (2 * h) for e in np.eye(3)], axis=1
    )
    gradient = np.einsum("rc,rpc->rp", counts / here, moved) - (theta - center) * precision
    weight = counts.sum(axis=1)[:, None] / np.maximum(here, 1e-12)
    information = np.einsum("rc,rpc,rqc->rpq", weight, moved, moved) + np.diag(precision)
    return np.asarray(gradient), np.asarray(information)
