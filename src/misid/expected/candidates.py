"""A list of candidates and the person who picks from it, in closed form (FORMULAS 31).

Strangers at least as alike as a score s are Poisson with mean ``w = Lambda(s)``; the person goes through the list from
the best downwards and accepts a stranger at w with ``q(w) = min(1, p w^-gamma)``, the mate with their own probability
m, and whoever is accepted first is named.  With ``Q(w)`` the integral of q, and K shown:

    P(no stranger before w is accepted, and fewer than K stand before it) = phi(w) = exp(-Q) P(Poisson(w - Q) < K)
    P(one of the first K before w is accepted) = A_K(w) = integral over v in [0, w] of
        q(v) exp(-Q(v)) P(Poisson(v - Q(v)) < K)

A search without a mate names somebody with ``A_K(W)``, W at the threshold.  A mate at w is named with ``m phi(w)``, and
somebody else with ``A_K(w) + (1 - m) (A_(K-1)(W) - A_(K-1)(w))``: who rejects the mate goes on down the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincc, gammaln

if TYPE_CHECKING:
    from misid.expected.points import Array, Points

_NONE = -600.0  # natural logarithm of no chance at all
_CONSTANT = 1e8  # from this shape of the gamma law on, everybody has the same propensity
_NARROW = 10.0  # from this shape on it is narrow
_CELLS = 512  # of the integral over the mate's score
_SIMPSON = np.array([1.0, *[4.0, 2.0] * (_CELLS // 2 - 1), 4.0, 1.0]) / (3.0 * _CELLS * np.sqrt(2.0 * np.pi))
_LOWEST, _HIGHEST = -40.0, 16.0  # natural logarithms of w between which a list of 1,000 goes from no candidate to full
_STEP = 1.0 / 16.0  # at most, of the curves as they are integrated
_SMALL = 30.0  # above the lowest, natural logarithm up to which a mean is small
_LEGENDRE = np.polynomial.legendre.leggauss(8)
_PARTS = np.linspace(0.0, 1.0, _CELLS + 1)
_TAIL = 7.0  # decades above the threshold, and above one stranger, within which a stranger stands above a mate


@dataclass(frozen=True)
class _Table:
    """Natural logarithm of a probability over that of w, on an even grid; what is below the grid goes on straight."""

    start: float
    step: float
    log: Array

    def __call__(self, w: Array) -> Array:
        with np.errstate(divide="ignore"):
            at = (np.log(w) - self.start) / self.step
        found = np.interp(at, np.arange(self.log.size), self.log)
        # At w = 0 nobody stands: the slope is positive wherever anybody is accepted.
        below = np.where(at < 0.0, np.maximum(at, -1e6) * max(self.log[1] - self.log[0], 1e-9), 0.0)
        return np.where((w > 0.0) & (found > _NONE), np.exp(found + below), 0.0)


@dataclass(frozen=True)
class Acceptance:
    """Who is accepted from a list, by point."""

    mate: Array  # P(the mate is accepted), (P,)
    row: npt.NDArray[np.intp]  # which of the tables belongs to each point, (P,)
    tables: tuple[tuple[_Table, _Table, _Table], ...]  # 1 - phi, A_K and A_(K-1)

    @classmethod
    def of(cls, points: Points) -> Acceptance | None:
        """Return how candidates are accepted at some points; None where the machine's first candidate is taken."""
        shown = points.scenario.candidates
        mate, stranger, strength = (
            points[x] for x in (shown.picks_mate, shown.picks_stranger, shown.lookalike_strength)
        )
        if shown.most == 1 and shown.floor and (mate == 1.0).all() and (stranger == 1.0).all() and not strength.any():
            return None
        laws, row = np.unique(np.stack([stranger, strength, points.heterogeneity_k]), axis=1, return_inverse=True)
        tables = tuple(_tables(shown.most, *map(float, law)) for law in laws.T)
        return cls(mate, np.asarray(row).reshape(-1), tables)

    def _look(self, w: Array, which: int) -> Array:
        """Return 1 - phi (0), A_K (1) or A_(K-1) (2) at w, shape (P, ...)."""
        out = np.empty(w.shape)
        for i, table in enumerate(self.tables):
            mine = self.row == i
            out[mine] = table[which](w[mine])
        return out

    def named(self, expected: Array) -> Array:
        """Return P(a stranger is named) of a search without a mate; ``expected`` candidates at the threshold."""
        return self._look(expected, 1)

    def with_mate(
        self, points: Points, lowest: Array, found: Array, expected: Callable[[Array], Array], listed: Array
    ) -> tuple[Array, Array]:
        """Return P(the mate is named) and P(another is) with a mated score at or above ``lowest``, shape (P, G).

        Of mates ``found`` (P,) are there; ``expected`` gives the strangers at or above scores of shape (P, G, ...), and
        ``listed`` (P, G) are those at or above the threshold.
        """
        w, mates = mates_above(points, lowest, expected)

        def over_mates(which: int) -> Array:
            return np.asarray((self._look(w, which) * mates).sum(axis=-1))

        mate, there = self.mate[:, None], found[:, None]
        right = mate * np.maximum(there - over_mates(0), 0.0)
        wrong = over_mates(1)
        if (mate < 1.0).any():
            wrong = wrong + (1.0 - mate) * np.maximum(self._look(listed, 2) * there - over_mates(2), 0.0)
        return right, wrong


def mates_above(points: Points, lowest: Array, expected: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Return strangers at or above mated scores from ``lowest`` on, and the weight of each score, shape (P, G, scores).

    Simpson's rule over scores, up to where no stranger stands.  ``expected`` is as for `Acceptance.with_mate`.
    """
    above = np.maximum(np.log10(np.maximum(expected(lowest[:, None]), 1e-300)), 0.0) + _TAIL
    score = lowest[:, None, None] + _PARTS * above[..., None]
    floor, slope, location = (x[:, None, None] for x in (points.floor, points.slope, points.location))
    z = slope * (score - location)
    mates = (1.0 - floor) * slope * np.exp(-0.5 * z * z) * (_SIMPSON * above[..., None])
    return expected(score), np.asarray(mates, float)


@lru_cache(maxsize=64)
def _tables(most: int, stranger: float, strength: float, k: float) -> tuple[_Table, _Table, _Table]:
    """Return 1 - phi, A_K and A_(K-1) over the logarithm of w, averaged over the probes' propensities.

    The reader sees how alike two faces are, whatever the propensity of the photo: w is this probe's own.
    """
    # A list of K is full from w = K - sqrt(K) to K + sqrt(K): the more are shown, the finer the steps.
    step = _STEP / min(2.0 ** np.ceil(np.log2(most) / 2.0), 4.0 if k < _NARROW else 16.0)
    log_w = np.arange(_LOWEST, _HIGHEST, step)
    w = np.exp(log_w)
    accepted = _accepted(w, stranger, strength)
    before = -np.expm1(-accepted) + np.exp(-accepted) * gammainc(most, np.maximum(w - accepted, 0.0))
    curves = (before, *(_named(log_w, step, shown, stranger, strength) for shown in (most, most - 1)))
    first, second, third = (_averaged(log_w, step, curve, k) for curve in curves)
    return first, second, third


def _named(log_w: Array, step: float, most: int, stranger: float, strength: float) -> Array:
    """Return A_K(w): the integral, cell by cell of a grid over the logarithm of w."""
    if most == 0 or stranger == 0.0:
        return np.zeros_like(log_w)
    node, weight = _LEGENDRE
    v = np.exp(log_w[:-1, None] + (node + 1.0) * (step / 2.0))
    accepted = _accepted(v, stranger, strength)
    chance = np.minimum(1.0, stranger * v**-strength)
    density = chance * np.exp(-accepted) * gammaincc(most, np.maximum(v - accepted, 0.0)) * v
    start = _accepted(np.exp(log_w[:1]), stranger, strength)
    return np.concatenate([start, start + np.cumsum(density @ weight) * (step / 2.0)])


def _accepted(w: Array, stranger: float, strength: float) -> Array:
    """Return Q(w), the expected number of accepted strangers before w: the integral of ``min(1, p v^-gamma)``."""
    if stranger == 0.0:
        return np.zeros_like(w)
    if strength == 0.0:
        return stranger * w
    sure = stranger ** (1.0 / strength)  # up to here everybody is accepted
    power = 1.0 - strength
    beyond = stranger * (np.maximum(w, sure) ** power - sure**power) / power
    return np.asarray(np.minimum(w, sure) + beyond, float)


def _averaged(log_w: Array, step: float, curve: Array, k: float) -> _Table:
    """Return the mean of a curve at w times the probe's propensity, a gamma law of mean 1 and shape k."""
    # Half a second to load, and only lists of candidates need them.
    from scipy.interpolate import CubicSpline
    from scipy.signal import fftconvolve

    smooth = CubicSpline(log_w, np.log(np.maximum(curve, 1e-300)))
    slope = float(smooth(log_w[0], 1))

    def at(log: Array) -> Array:
        inside = np.clip(log, log_w[0], log_w[-1])
        return np.asarray(np.exp(smooth(inside) + slope * np.minimum(log - log_w[0], 0.0)), float)

    if k >= _CONSTANT:
        grid, mean = log_w, curve
    elif k >= _NARROW:
        grid = np.arange(_LOWEST, _HIGHEST + 4.0, step)
        propensity, weight = _propensities(k)
        mean = np.asarray(sum(part * at(grid + np.log(one)) for one, part in zip(propensity, weight, strict=True)))
    else:
        # Trapezoids over the logarithm of the propensity; its density falls doubly exponentially above, and far below
        # nobody stands before w.  So wide that a share of e^-30 at most is beyond it, or as far as a float reaches.
        grid = np.arange(_LOWEST, min(30.0 / k, 640.0) + _HIGHEST, step)
        log_g = np.arange(_LOWEST - grid[-1], np.log(1.0 + 60.0 / k), step)
        law = np.exp(k * np.log(k) - gammaln(k) + k * log_g - k * np.exp(log_g)) * step
        whole = at(grid[0] + log_g[0] + np.arange(grid.size + log_g.size - 1) * step)
        # A Fourier transform is right to some 1e-15 of the whole: sums of their own where the mean is small.
        small = int(_SMALL / step)
        mean = fftconvolve(whole, law[::-1], mode="valid")
        mean[:small] = np.convolve(whole[: small + log_g.size - 1], law[::-1], mode="valid")
    fine = min(step / 4.0, _STEP / 16.0)
    at_fine = np.arange(grid[0], grid[-1], fine)
    return _Table(float(at_fine[0]), fine, CubicSpline(grid, np.log(np.maximum(mean, 1e-300)))(at_fine))


def _propensities(k: float) -> tuple[Array, Array]:
    """Return nodes and weights of the gamma law of mean 1 and a shape k that is not small: trapezoids over its log."""
    log_g = np.arange(-14.0, 8.0, 0.25) / np.sqrt(k)
    weight = np.exp(k * (log_g - np.expm1(log_g)))
    return np.exp(log_g), weight / weight.sum()
