"""How unlike people are in drawing false hits: probes by their propensity, references by their share of the hits.

Propensities are gamma distributed with mean 1 and shape k: k small means that a few draw most of the hits (item 4).
Both laws are needed for millions of people, so each is tabulated once: as cubics between nodes that are even in the
logit of the uniform draw, where the law is all but a straight line in either tail.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.statistics import Array, within

LEAST, MOST = 0.01, 1e9
CONSTANT = 1e8  # from this shape on the spread, below one in ten thousand, is taken for none
_END = 38.0  # logit of the last uniform that float64 holds is 36.7; of the first that is drawn -37.4
_CELLS = 4096
_BLOCK = 16_384
_SMALL = 1e-8


class _Curve:
    """Cubics on an even grid in logit(u), from values and slopes at the nodes."""

    def __init__(self, value: Array, slope: Array) -> None:
        self.step = 2 * _END / _CELLS
        rise = np.diff(value)
        left, right = slope[:-1] * self.step, slope[1:] * self.step
        self.parts = np.ascontiguousarray([value[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise])

    def at(self, u: Array) -> Array:
        place = np.log(u)
        place -= np.log1p(-u)
        place += _END
        place *= 1 / self.step
        cell = place.astype(np.intp)
        np.clip(cell, 0, _CELLS - 1, out=cell)
        place -= cell
        result = self.parts[3].take(cell)
        for part in self.parts[2::-1]:
            result *= place
            result += part.take(cell)
        return np.asarray(result, float)


def _nodes() -> tuple[Array, Array, Array]:
    """Return u, 1 - u and the product of both at the nodes."""
    z = np.linspace(-_END, _END, _CELLS + 1)
    u, rest = special.expit(z), special.expit(-z)
    return u, rest, u * rest


def _blockwise(curve: _Curve, u: npt.ArrayLike, finish: np.ufunc) -> Array:
    """Evaluate a curve piece by piece, so that the scratch stays in the processor's cache."""
    draws = np.asarray(within("u", np.asarray(u, float), 0, 1, above=True, below=True))
    flat, out = draws.reshape(-1), np.empty(draws.size)
    for start in range(0, flat.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        finish(curve.at(flat[part]), out=out[part])
    return out.reshape(draws.shape)


class Propensity:
    """Law of a probe's propensity to draw false hits: gamma of mean 1 and shape k, 0.01 to 1e9.

    From 1e8 on everybody has propensity exactly 1.  Item 4 (gamma-mixed Poisson);
    `misid.statistics.growth.fpir_gamma` is the FPIR that follows.
    """

    def __init__(self, k: float) -> None:
        self.k = float(within("k", k, LEAST, MOST))

    def at(self, u: npt.ArrayLike) -> Array:
        """Return the propensity at quantiles above 0 and below 1: at least 0, mean 1; relative error below 1e-7."""
        if self.k >= CONSTANT:
            return np.ones(np.shape(within("u", np.asarray(u, float), 0, 1, above=True, below=True)))
        return _blockwise(self._curve, u, np.exp)

    @cached_property
    def _curve(self) -> _Curve:
        k = self.k
        u, rest, both = _nodes()
        with np.errstate(divide="ignore", under="ignore"):
            x = np.where(u < 0.5, special.gammaincinv(k, u), special.gammainccinv(k, rest))
            log_x = np.log(x)
        # P(k, x) = x^k / Gamma(k + 1) to rounding, and x itself may be too small for a float.
        log_small = (np.log(u) + special.gammaln(k + 1)) / k
        log_x = np.where(log_small < np.log(_SMALL), log_small, log_x)
        log_height = k * log_x - np.exp(log_x) - special.gammaln(k)
        return _Curve(log_x - np.log(k), both * np.exp(-log_height))


class References:
    """Which references of a group the hits land on, where some draw more than others.

    A reference of propensity x is hit in proportion to x; the references of a group are ordered from the one that draws
    most hits downwards.  Propensities are gamma distributed with shape k, 0.01 to 1e9; from 1e8 on all are alike.
    """

    def __init__(self, k: float) -> None:
        self.k = float(within("k", k, LEAST, MOST))

    def share_of_hits(self, top_share: npt.ArrayLike) -> Array:
        """Return the share of the hits that the top share p of the group's references draws.

        ``1 - F_{k+1}(F_k^-1(1 - p))``, the Lorenz curve of the gamma law read from the top; never below p.
        """
        top = np.asarray(within("top_share", np.asarray(top_share, float), 0, 1))
        if self.k >= CONSTANT:
            return top.copy()
        return np.asarray(special.gammaincc(self.k + 1, special.gammainccinv(self.k, top)), float)

    def position(self, u: npt.ArrayLike) -> Array:
        """Return where a hit lands, from a uniform draw above 0 and below 1: inverse of `share_of_hits`.

        At least 0 and below 1: share of the group's references that draw more hits than the one hit.  A pseudonymous
        place among synthetic references, no identity.
        """
        if self.k >= CONSTANT:
            return np.array(within("u", np.asarray(u, float), 0, 1, above=True, below=True), float)
        return np.minimum(_blockwise(self._curve, u, special.expit), np.nextafter(1.0, 0.0))

    @cached_property
    def _curve(self) -> _Curve:
        k = self.k
        u, rest, both = _nodes()
        x = np.where(u < 0.5, special.gammainccinv(k + 1, u), special.gammaincinv(k + 1, rest))
        above, below = special.gammaincc(k, x), special.gammainc(k, x)
        # Both densities are of the same x: f_{k+1}(x) = f_k(x) x / k.
        return _Curve(np.log(above) - np.log(below), k / x * both / (above * below))
