"""How often a comparison gives a false alert, from faces, list sizes and false alerts of several places.

Two doubts are kept apart and never multiplied into one range: what the counts leave open, and what list sizes that are
assumed leave open.  Places differ beyond chance, so a rate is of a place: gamma around a mean, counts Poisson given it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import special
from scipy.optimize import brentq

from misid.algorithm import checked_counts, read_counts
from misid.errors import OutOfRange
from misid.expected.points import Array
from misid.quantities import Interval, Quantity
from misid.statistics import fpir_gamma, poisson_interval

LEVEL = 0.95  # of ranges by counts
PREDICTED = 0.90  # of predictions
MOST_SPREAD = 2.0
"""Largest spread between places that is thought of: standard deviation over mean of their own rates."""
_SPREADS = (np.arange(40) + 0.5) * MOST_SPREAD / 40.0
_BELOW, _ABOVE, _STEPS = 14.0, 20.0, 681  # nats around the pooled rate
_WHOLE_RATE = 0.0  # log of the largest rate there can be
MEDIAN_OF_NONE = float(special.gammaincinv(1.0, 0.5))
"""Events that stand for none where a value is asked for: the median that none leaves (0.69)."""


class Alerts(Protocol):
    """A row of counts: `misid.algorithm.AlertCount`, or a scenario's own."""

    @property
    def title(self) -> str:
        """Where and when."""

    @property
    def faces(self) -> int:
        """Faces searched."""

    @property
    def list_size(self) -> Quantity:
        """References on the list, with their range."""

    @property
    def false_alerts(self) -> int:
        """False alerts among them."""


@dataclass(frozen=True)
class FieldRange:
    """A figure and its two ranges, which are never multiplied into one.

    Parameters
    ----------
    value : float
        At the pooled rate and the best list sizes.
    by_counts : tuple of float
        95% by the counts alone, one rate for all places.
    between_places : tuple of float
        90% for a place of its own, by the counts and by how much places differ.
    by_lists : tuple of float or None
        At the ends of all list sizes that are assumed, the counts as they are; None where all were published.
    """

    value: float
    by_counts: tuple[float, float]
    between_places: tuple[float, float]
    by_lists: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class FieldFit:
    """False alerts per comparison, from the counts of several places.

    Parameters
    ----------
    counts : tuple
        The rows.
    rate : Interval
        False alerts per comparison if all places share one rate: pooled, exact Poisson interval (95%).  Of no false
        alert the value is 0.69 events, the median that none leaves, and the low end is 0.
    mean_rate : Interval
        Mean rate over places that differ (90%, posterior; value is its median).
    spread : Interval
        Standard deviation over mean of the rates of places (90%, posterior).
    rate_by_lists : tuple of float or None
        ``rate.value`` with all assumed lists at their high ends, and at their low ends; None where all were published.
    """

    counts: tuple[Alerts, ...]
    rate: Interval
    mean_rate: Interval
    spread: Interval
    rate_by_lists: tuple[float, float] | None
    log_rates: Array  # (F,)
    weights: Array  # posterior over log rate and spread, (F, S)

    @property
    def faces(self) -> int:
        """Faces searched, over all rows."""
        return sum(row.faces for row in self.counts)

    @property
    def false_alerts(self) -> int:
        """False alerts, over all rows."""
        return sum(row.false_alerts for row in self.counts)

    @property
    def comparisons(self) -> float:
        """Faces times list size, over all rows, at the best list sizes."""
        return sum(row.faces * row.list_size.value for row in self.counts)

    @cached_property
    def _mass(self) -> tuple[Array, Array, Array]:
        """Weight, log rate and gamma shape of the grid's points; those that come to less than 3e-5 are left out."""
        here = self.weights > 1e-9
        rate_at, spread_at = np.nonzero(here)
        weights = self.weights[here]
        k = np.asarray(_SPREADS[spread_at] ** -2.0, float)
        return np.asarray(weights / weights.sum(), float), self.log_rates[rate_at], k

    @cached_property
    def of_a_place(self) -> tuple[float, float]:
        """Ends of the 90% interval of the rate of one more place."""
        weights, log_rates, k = self._mass

        def upto(log_rate: float) -> float:
            return float((weights * special.gammainc(k, k * np.exp(np.minimum(log_rate - log_rates, 700.0)))).sum())

        ends = (_solve(upto, part, float(self.log_rates[0]) - 40.0, _WHOLE_RATE + 5.0) for part in _tails(PREDICTED))
        low, high = (float(np.exp(min(end, _WHOLE_RATE))) for end in ends)
        return low, high

    def phi(self, n_comparisons: float, row_factor: float = 1.0, heterogeneity_k: float = np.inf) -> FieldRange:
        """Return the share of strangers for whom a search returns at least one name.

        Parameters
        ----------
        n_comparisons : float
            Independent comparisons of one search.
        row_factor : float
            How much likelier these people match falsely than those who were counted.
        heterogeneity_k : float
            Shape of the gamma law of probes' propensity; inf is none.
        """
        if not n_comparisons > 0:
            raise OutOfRange("n_comparisons", n_comparisons, "above 0")

        def at(rate: float) -> float:
            return float(fpir_gamma(rate * row_factor * n_comparisons, heterogeneity_k))

        return self._ranges(at)

    def predict(self, faces: float, list_size: float, level: float = PREDICTED) -> Interval:
        """Return the false alerts to expect of one more place: the median and a central interval of the count.

        It holds the doubt of the counts and of how places differ, at the best list sizes; lists that are assumed move
        it by the ratio that `rate_by_lists` shows.
        """
        if not (faces > 0 and list_size > 0):
            raise OutOfRange("faces and list_size", (faces, list_size), "above 0")
        if not 0 < level < 1:
            raise OutOfRange("level", level, "above 0 and below 1")
        tails = _tails(level)
        low, middle, high = (self._quantile(part, faces * list_size) for part in (tails[0], 0.5, tails[1]))
        return Interval(middle, low, high, level, _BETWEEN)

    def upto(self, count: int, faces: float, list_size: float) -> float:
        """Return the probability of at most so many false alerts at one more place."""
        return self._upto(count, faces * list_size)

    def _upto(self, count: int, comparisons: float) -> float:
        if count < 0:
            return 0.0
        weights, log_rates, k = self._mass
        return float((weights * special.betainc(k, count + 1.0, k / (k + np.exp(log_rates) * comparisons))).sum())

    def _quantile(self, part: float, comparisons: float) -> int:
        """Return the least count that has at least this part of the probability at or below it."""
        low, high = -1, 1
        while self._upto(high, comparisons) < part:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._upto(middle, comparisons) >= part else (middle, high)
        return high

    def _ranges(self, at: Callable[[float], float]) -> FieldRange:
        low, high = self.rate.ends
        place = self.of_a_place
        lists = self.rate_by_lists
        return FieldRange(
            at(self.rate.value),
            (at(low), at(high)),
            (at(place[0]), at(place[1])),
            None if lists is None else (at(lists[0]), at(lists[1])),
        )


_POOLED = "pooled counts, one rate for all places, exact Poisson interval"
_BETWEEN = (
    "negative binomial, rates of places gamma around their mean; Jeffreys' prior of the mean, spread even from 0 to 2"
)


def fit_field(
    counts: str | os.PathLike[str] | Iterable[Alerts | Mapping[str, Any]], *, spread_scale: float | None = None
) -> FieldFit:
    """Estimate false alerts per comparison from faces, list sizes and false alerts, and how far places differ.

    Parameters
    ----------
    counts : path, or iterable of rows
        A CSV file as ``misid evidence --template`` prints it; or rows: mappings with ``faces``, ``list_size`` and
        ``false_alerts``, and ``list_size_low``, ``list_size_high``, ``title``, ``source`` where known; or
        `misid.algorithm.FieldCount`, as `misid.algorithm.field_counts` returns.  All at one threshold of one vendor.
    spread_scale : float, optional
        Take the spread between places to be half-normal with this scale, instead of even, to see what that does.

    Returns
    -------
    FieldFit
        ``rate``, false alerts per comparison (faces times references), with its exact interval by the pooled counts;
        ``spread`` between places; ``rate_by_lists``, the rate at the ends of the lists that are assumed, a range of
        assumptions and never multiplied with the counts; ``phi(n_comparisons)`` and ``predict(faces, list_size)``.

    Raises
    ------
    InvalidInput
        For every fault of the file or rows at once: file, line, field, value and what to do.

    Notes
    -----
    The count of a place is Poisson with mean ``faces * list_size * F * G``; G is gamma with mean 1 and standard
    deviation c between places.  Priors: Jeffreys' of F given c; c even from 0 to 2, because with it 90% predictive
    intervals hold about 90% of simulated places whose rates vary with c up to 1, from two rows on; a half-normal prior
    held about 80%.  One row says nothing of c.  Evaluated on a grid, so that the same rows give the same numbers.

    Examples
    --------
    >>> import misid
    >>> fit = misid.fit_field([{"faces": 3_147_436, "list_size": 9_000, "false_alerts": 10}])
    >>> round(fit.phi(124e6).value, 3)
    0.043
    """
    rows: tuple[Alerts, ...]
    if isinstance(counts, str | os.PathLike):
        rows = tuple(read_counts(counts))
    else:
        given = list(counts)
        plain = [row for row in given if isinstance(row, Mapping)]
        rows = tuple(checked_counts(plain)) if plain or not given else ()
        checked = iter(rows)
        rows = tuple(next(checked) if isinstance(row, Mapping) else row for row in given)
    return _fitted(rows, spread_scale)


def pooled_rate(rows: Iterable[Alerts], end: str = "value") -> float:
    """Return false alerts per comparison over several rows, their lists at the value or at one end."""
    rows = tuple(rows)
    seen = sum(row.false_alerts for row in rows)
    return (seen or MEDIAN_OF_NONE) / sum(row.faces * float(getattr(row.list_size, end)) for row in rows)


def _fitted(rows: Sequence[Alerts], spread_scale: float | None) -> FieldFit:
    events = np.array([row.false_alerts for row in rows], float)
    exposure = np.array([row.faces * row.list_size.value for row in rows])
    seen, total = int(events.sum()), float(exposure.sum())
    low, high = (float(end) / total for end in poisson_interval(seen, LEVEL))
    pooled = Interval(pooled_rate(rows), low, min(high, 1.0), LEVEL, _POOLED, seen, sum(row.faces for row in rows))
    ends = pooled_rate(rows, "high"), pooled_rate(rows, "low")
    lists = None if ends[0] == ends[1] else ends
    log_rates, weights = _posterior(events, exposure, spread_scale)
    tails = _tails(PREDICTED)
    of_rate, of_spread = weights.sum(axis=1).cumsum(), weights.sum(axis=0).cumsum()
    parts = (0.5, *tails)
    edges = np.append(0.0, _SPREADS + _SPREADS[0])
    mean = [float(np.exp(np.interp(part, of_rate, log_rates))) for part in parts]
    spread = [float(np.interp(part, np.append(0.0, of_spread), edges)) for part in parts]
    return FieldFit(
        tuple(rows),
        pooled,
        Interval(mean[0], mean[1], mean[2], PREDICTED, _BETWEEN),
        Interval(spread[0], spread[1], spread[2], PREDICTED, _BETWEEN),
        lists,
        log_rates,
        weights,
    )


def _posterior(events: Array, exposure: Array, spread_scale: float | None) -> tuple[Array, Array]:
    """Return the grid of log rates, shape (F,), and the posterior over it and the spreads, shape (F, S)."""
    middle = float(np.log((events.sum() + 0.5) / exposure.sum()))
    log_rates = np.linspace(middle - _BELOW, min(middle + _ABOVE, _WHOLE_RATE), _STEPS)
    k = (_SPREADS**-2.0)[None, :]
    log_weight, information = np.zeros((_STEPS, _SPREADS.size)), np.zeros((_STEPS, _SPREADS.size))
    for n, e in zip(events, exposure, strict=True):
        mean = np.exp(log_rates)[:, None] * e
        log_weight += special.gammaln(n + k) - special.gammaln(k) + n * log_rates[:, None]
        log_weight -= n * np.log(k + mean) + k * np.log1p(mean / k)
        information += mean / (1.0 + mean / k)  # Fisher's, of the log rate
    log_weight += 0.5 * np.log(information)
    if spread_scale is not None:
        log_weight -= 0.5 * (_SPREADS / spread_scale) ** 2
    weight = np.exp(log_weight - log_weight.max())
    return log_rates, np.asarray(weight / weight.sum(), float)


def _solve(upto: Callable[[float], float], part: float, low: float, high: float) -> float:
    """Return where a rising function reaches a part; an end where it does not between them."""
    if upto(high) < part:
        return high
    return low if upto(low) >= part else float(brentq(lambda x: upto(x) - part, low, high, xtol=1e-12))


def _tails(level: float) -> tuple[float, float]:
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0
