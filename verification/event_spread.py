"""How much the share of false alerts differs between events of one operator, beyond chance.

Counts of an event are binomial given the event's own share, and shares follow a beta law (Skellam 1948): mean ``m`` and
intra-event correlation ``rho``, so that ``a = m (1 - rho) / rho`` and ``b = (1 - m) (1 - rho) / rho``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

# Both priors are flat.  A flat prior on rho is kind to a large one; 13 events decide more than it does.
MEANS: Array = (np.arange(200) + 0.5) / 200
RHOS: Array = (np.arange(200) + 0.5) / 200


def log_pmf(count: npt.ArrayLike, total: npt.ArrayLike, mean: npt.ArrayLike, rho: npt.ArrayLike) -> Array:
    """Return the logarithm of the beta-binomial probability of a count; shapes broadcast.

    ``mean`` in (0, 1); ``rho``, the correlation within an event, in [0, 1), where 0 is a plain binomial.
    """
    k, n, m, r = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (count, total, mean, rho)))
    ways = -np.log1p(n) - special.betaln(n - k + 1, k + 1)
    plain = special.xlogy(k, m) + special.xlog1py(n - k, -m)
    a, b = shapes(m, r)
    spread = special.betaln(k + a, n - k + b) - special.betaln(a, b)
    return np.asarray(ways + np.where(r > 0, spread, plain), dtype=np.float64)


def shapes(mean: Array, rho: Array) -> tuple[Array, Array]:
    """Return both shapes of the beta law; at ``rho`` 0 those of a tiny one, which nobody should use."""
    scale = (1.0 - rho) / np.maximum(rho, 1e-12)
    return mean * scale, (1.0 - mean) * scale


@dataclass(frozen=True)
class Spread:
    """What events say of the mean share and of their correlation.

    Parameters
    ----------
    weight : ndarray, shape (means, rhos)
        Posterior weights over `MEANS` and `RHOS`; sum to one.
    """

    weight: Array

    def drawn(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Return means and correlations drawn from the posterior: ``u`` is for the correlation, ``v`` for the mean."""
        upto = np.cumsum(self.weight.sum(axis=0))
        at = np.minimum(np.searchsorted(upto, u * upto[-1]), RHOS.size - 1)
        column = np.cumsum(self.weight, axis=0)
        mean = np.empty(u.size)
        for j in np.unique(at):
            here = at == j
            place = np.searchsorted(column[:, j], v[here] * column[-1, j])
            mean[here] = MEANS[np.minimum(place, MEANS.size - 1)]
        return mean, RHOS[at]

    def of_rho(self, level: float) -> tuple[float, float, float]:
        """Return the median correlation and its central interval."""
        upto = np.cumsum(self.weight.sum(axis=0))
        middle, low, high = (
            float(RHOS[np.searchsorted(upto, q * upto[-1])]) for q in (0.5, (1 - level) / 2, (1 + level) / 2)
        )
        return middle, low, high


def spread_of(events: Sequence[tuple[int, int]]) -> Spread:
    """Return the posterior of mean and correlation under flat priors."""
    log = np.sum([_surface(count, total) for count, total in events], axis=0)
    weight = np.exp(log - log.max())
    return Spread(weight / weight.sum())


@cache
def _surface(count: int, total: int) -> Array:
    return log_pmf(count, total, MEANS[:, None], RHOS)


def likeliest(events: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Return the mean and correlation of greatest likelihood."""
    from scipy.optimize import minimize

    counts, totals = np.array(events, dtype=np.float64).T

    def against(x: Array) -> float:
        mean, rho = special.expit(x)
        return -float(log_pmf(counts, totals, mean, rho).sum())

    start = special.logit(np.clip([counts.sum() / totals.sum(), 0.2], 0.01, 0.99))
    found = minimize(against, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10})
    mean, rho = special.expit(found.x)
    return float(mean), float(rho)


def of_total(rho: Array, total: int, events: int | None) -> Array:
    """Return the correlation of a total over equal events that has the variance of the sum.

    ``rho (total / events - 1) / (total - 1)``; 0 where each event has at most one alert.  Events that are not known are
    taken as one, which is the widest.
    """
    each = total / (events or 1)
    if total <= 1 or each <= 1:
        return np.zeros_like(rho)
    return rho * (each - 1.0) / (total - 1.0)
