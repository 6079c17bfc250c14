"""A list of candidates and the person who picks from it, in closed form.

Strangers at least as alike as a score s are Poisson with mean ``w = Lambda(s)``; the person goes through the list from
the best downwards and accepts a stranger at w with ``q(w) = min(1, p w^-gamma)``, the mate with their own probability,
and whoever is accepted first is named.  Who rejects the mate names nobody.  With ``Q(w)`` the integral of q, K shown:

    P(no stranger before w is accepted, and fewer than K stand before it) = phi(w) = exp(-Q) P(Poisson(w - Q) < K)
    P(K or more stand before w, and none of the first K is accepted) = z(w) = integral over v in [0, w] of
        e^-v (v - Q(v))^(K-1) / (K-1)! (1 - q(v))

so a search without a mate names somebody with ``1 - phi - z`` at the threshold's w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc, gammaln, roots_genlaguerre

if TYPE_CHECKING:
    from misid.expected.points import Array, Points

_CONSTANT = 1e8  # from this shape of the gamma law on, everybody has the same propensity
_CELLS = 512  # of the integral over the mate's score
_TABLE = np.linspace(-14.0, 30.0, 4001)  # natural logarithm of w
_LEGENDRE = np.polynomial.legendre.leggauss(64)
_TAIL = 16.0  # below e^-16 of the threshold's w no stranger stands above the mate


@dataclass(frozen=True)
class Acceptance:
    """Who is accepted from a list, by point."""

    most: int  # candidates shown at most
    mate: Array  # P(the mate is accepted), (P,)
    row: npt.NDArray[np.intp]  # which of the tables belongs to each point, (P,)
    tables: tuple[tuple[Array, Array], ...]  # 1 - phi and 1 - phi - z over `_TABLE`

    @classmethod
    def of(cls, points: Points) -> Acceptance | None:
        """Return how candidates are accepted at some points; None where the machine's first candidate is taken."""
        shown = points.scenario.candidates
        mate, stranger, strength = (
            points[x] for x in (shown.picks_mate, shown.picks_stranger, shown.lookalike_strength)
        )
        if shown.most == 1 and shown.floor and (mate == 1.0).all() and (stranger == 1.0).all():
            return None
        laws, row = np.unique(np.stack([stranger, strength, points.heterogeneity_k]), axis=1, return_inverse=True)
        tables = tuple(_tables(shown.most, *map(float, law)) for law in laws.T)
        return cls(shown.most, mate, np.asarray(row).reshape(-1), tables)

    def _look(self, w: Array, which: int) -> Array:
        """Return 1 - phi (0) or 1 - phi - z (1) at w, shape (P, ...); below the table both fall with w."""
        out = np.empty(w.shape)
        with np.errstate(divide="ignore"):
            at = np.log(w)
        for i, table in enumerate(self.tables):
            mine = self.row == i
            out[mine] = np.interp(at[mine], _TABLE, table[which])
        return np.asarray(out * np.minimum(1.0, w / np.exp(_TABLE[0])), float)

    def named(self, expected: Array) -> Array:
        """Return P(a stranger is named) of a search without a mate; ``expected`` candidates at the threshold."""
        return self._look(expected, 1)

    def with_mate(
        self, points: Points, lowest: Array, expected: Array, fnmr: Callable[[Array, Points], Array]
    ) -> tuple[Array, Array]:
        """Return P(the mate is named) and P(another is) with a mated score at or above ``lowest``, shape (P, G).

        Stieltjes sums over the mate's score, ``w = expected e^-x`` where it lies x natural units above ``lowest``.
        """
        span = np.maximum(np.log(np.maximum(expected, 1e-300)), 0.0) + _TAIL
        x = np.linspace(0.0, 1.0, _CELLS + 1) * span[..., None]
        w = expected[..., None] * np.exp(-x)
        middle = lowest[:, None, None] + (x[..., 1:] + x[..., :-1]) / (2.0 * np.log(10.0))
        found = fnmr(lowest, points)[:, None]
        gained = fnmr(middle, points) - found[..., None]
        before, wrong = (
            np.asarray((-np.diff(self._look(w, which), axis=-1) * gained).sum(axis=-1)) for which in (0, 1)
        )
        # What lies beyond the last cell has the whole of the mated scores below it.
        return self.mate[:, None] * np.maximum(1.0 - found - before, 0.0), np.maximum(wrong, 0.0)


@lru_cache(maxsize=64)
def _tables(most: int, stranger: float, strength: float, k: float) -> tuple[Array, Array]:
    """Return 1 - phi and 1 - phi - z over `_TABLE`, averaged over the probes' propensities."""
    propensity, weight = _propensities(k)
    before, named = np.zeros(_TABLE.size), np.zeros(_TABLE.size)
    for one, part in zip(propensity, weight, strict=True):
        w = one * np.exp(_TABLE)
        # The reader sees how alike two faces are, whatever the propensity of the photo: w is this probe's own.
        phi, z = _shares(w, most, stranger, strength)
        before += part * (1.0 - phi)
        named += part * (1.0 - phi - z)
    return before, named


def _shares(w: Array, most: int, stranger: float, strength: float) -> tuple[Array, Array]:
    """Return phi and z at w, shape (n,)."""
    accepted = _accepted(w, stranger, strength)
    left = np.maximum(w - accepted, 0.0)
    phi = np.exp(-accepted) * gammaincc(most, left)
    spread = 12.0 * np.sqrt(most) + 40.0
    low = np.maximum(most - spread, 0.0)
    high = np.clip(w, low, most + spread)
    node, weight = _LEGENDRE
    v = low + (high - low)[:, None] * (node + 1.0) / 2.0
    rest = np.maximum(v - _accepted(v, stranger, strength), 1e-300)
    chance = np.minimum(1.0, stranger * np.maximum(v, 1e-300) ** -strength) if stranger > 0 else np.zeros_like(v)
    density = np.exp(-v + (most - 1) * np.log(rest) - gammaln(most)) * (1.0 - chance)
    return phi, (density @ weight) * (high - low) / 2.0


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


def _propensities(k: float) -> tuple[Array, Array]:
    """Return nodes and weights of the gamma law of mean 1 and shape k."""
    if k >= _CONSTANT:
        return np.ones(1), np.ones(1)
    if k > 100.0:
        # Near normal: Gauss-Hermite nodes of the same mean and variance.
        node, weight = np.polynomial.hermite_e.hermegauss(12)
        return np.maximum(1.0 + node / np.sqrt(k), 0.0), weight / weight.sum()
    node, weight = roots_genlaguerre(48, k - 1.0)
    return node / k, weight / weight.sum()
