"""Mated curves: a point, and the weighted possibilities around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm.growth import HALF_UNIT, N_ANCHOR, N_STEP, STEP, Array, GrowthPrior, exceedances, miss, threshold


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
    """A mated curve under one form of growth, with its doubt.

    Parameters
    ----------
    point : MatedCurve
        Best curve; reproduces the rows within rounding and the stated model error.
    point_rank : float
        Level of rank 1 at 1.6 million references, in decades; 0 where no rank row is printed for the image kind.
    point_pace : float
        Decades by which that level moves per decade of gallery.
    lent_slope : float
        Slope before it was bent to meet a row at a larger gallery; other image kinds borrow it.
    floor, slope, location, rank, pace, weight : ndarray, shape (nodes,)
        Possible curves; weights sum to 1.
    anchors : tuple of Anchor
        Rows it was fitted on; empty where other conditions stand in.
    stands_at : Anchor
        The conditions that ``floor`` and ``location`` were solved for.
    """

    point: MatedCurve
    point_rank: float
    point_pace: float
    lent_slope: float
    floor: Array
    slope: Array
    location: Array
    rank: Array
    pace: Array
    weight: Array
    anchors: tuple[Anchor, ...]
    stands_at: Anchor

    @property
    def largest_n(self) -> int:
        """Largest gallery among the rows, or the one it stands at."""
        return max((row.n for row in self.anchors), default=self.stands_at.n)

    def fnir(self, n: float, fpir: float, duplicates: float, prior: GrowthPrior) -> tuple[float, Array]:
        """Return FNIR at an FPIR: the point, and one for each node."""
        point = self.point
        at = threshold(n, fpir, duplicates, prior.h, ([point.slope], [point.location]))
        nodes = threshold(n, fpir, duplicates, prior.h, (self.slope, self.location))
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

    def _alike(self, fpir: float) -> tuple[Anchor, ...]:
        alike = tuple(row for row in self.anchors if (row.fpir > 0) == (fpir > 0))
        return alike or (self.stands_at,)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, ten significant digits."""
        arrays = {name: [_short(x) for x in getattr(self, name)] for name in _NODES}
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
        arrays = {name: np.asarray(given["nodes"][name], dtype=np.float64) for name in _NODES}
        return cls(
            point=MatedCurve(**{key: float(value) for key, value in point.items()}),
            point_rank=rank,
            point_pace=pace,
            lent_slope=float(given["lent_slope"]),
            anchors=tuple(Anchor(**row) for row in given["anchors"]),
            stands_at=Anchor(**given["stands_at"]),
            **arrays,
        )


_NODES = ("floor", "slope", "location", "rank", "pace", "weight")


def _short(x: float) -> float:
    return float(f"{x:.10g}")


def _decades(n: float, fpir: float, row: Anchor) -> float:
    moved = math.log10(n / row.n)
    return moved - math.log10(exceedances(fpir) / exceedances(row.fpir)) if fpir > 0 and row.fpir > 0 else moved


def error_scale(away: float, fpir: float, printed: float, values: Array, prior: GrowthPrior) -> Array:
    """Return the scale of the Student error of a prediction some decades from a printed row.

    Parameters
    ----------
    away : float
        Decades of gallery over FPIR between the two; at least 0.
    fpir : float
        0 for rank 1.
    printed : float
        Value of the row.
    values : ndarray
        Predicted miss rates.
    prior : GrowthPrior
        Errors over one step.

    Returns
    -------
    ndarray
        Scale on the logarithm (of the odds), the shape of ``values``.
    """
    sigma = prior.sigma(fpir, printed)
    # The extra misses are a count among the same searches.
    extra = np.abs(values - printed) / (prior.searches * np.maximum(values, 1e-6) ** 2)
    return np.asarray(np.sqrt((sigma * away / STEP) ** 2 + extra * (away > 0)))


def mixture_quantiles(values: Array, weight: Array, scale: Array, nu: float, probs: Array) -> Array:
    """Return quantiles of a mixture of Student errors on the logit.

    Parameters
    ----------
    values, weight, scale : ndarray, shape (nodes,)
        Centre, weight and scale of each part.
    nu : float
        Degrees of freedom.
    probs : ndarray
        In (0, 1).

    Returns
    -------
    ndarray
        Shape of ``probs``, in [0, 1].
    """
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
