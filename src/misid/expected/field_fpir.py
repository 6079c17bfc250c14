"""How often a comparison gives a false alert, from faces, list sizes and false alerts of several places.

Two doubts are kept apart and never multiplied into one range: what the counts leave open, and what list sizes that are
assumed leave open.  Places differ beyond chance, so a rate is of a place: gamma around a mean, counts Poisson given it.
A face alerts at most once: where more than a few in a hundred alert, the count is binomial with 1 - exp(-rate * list).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm import checked_counts, read_counts
from misid.errors import Fault, InvalidInput, OutOfRange
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
"""Events that stand for none where an operating point needs a rate: the median that none leaves (0.69)."""
MOST_ROWS = 10_000
"""Most different rows of counts in one fit; rows with the same counts are taken together."""
MOST_CROWDED = 200
"""Most different rows in which more than a few in a hundred faces alert."""
_LINEAR = 0.02  # up to this share of faces that alert, alerts are in proportion to comparisons
_SHARP = 400.0  # information on the log rate from which a row is taken as the Poisson count that tells as much
_LOWEST, _HIGHEST, _STEP = 60.0, 5.0, 0.0125  # nats of a place's factor
_CLOSE = 1e-12  # of log rates that are solved for
_FINE = 200  # different rows up to which the whole grid is computed


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
    value : float or None
        At the pooled rate and the best list sizes; None where the counts give no best value, see `FieldFit.no_value`.
    by_counts : tuple of float
        95% by the counts alone, one rate for all places.
    between_places : tuple of float
        90% for one more place, by the counts and by how much places differ.
    by_lists : tuple of float or None
        At the ends of all list sizes that are assumed, the counts as they are; None where all were published.  Where
        there is no value, of the one end that the counts leave.
    """

    value: float | None
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
        False alerts per comparison if all places share one rate: pooled, exact interval (95%).  Of no false alert the
        low end is 0; where every face alerted the high end is 1.  Neither has a best value (`no_value`); the value
        then is what would give so many or more, or so many or fewer, with probability one half.
    mean_rate : Interval
        Mean rate over places that differ (90%, posterior; value is its median).
    spread : Interval
        Standard deviation over mean of the rates of places (90%, posterior).
    rate_by_lists : tuple of float or None
        ``rate.value`` with all assumed lists at their high ends, and at their low ends; None where all were published.
        Where there is no value, of the one end that the counts leave.
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
    def no_value(self) -> str:
        """Why the counts give no best value; empty where they do."""
        if not self.false_alerts:
            return "no false alert was counted"
        return "every face alerted" if self.false_alerts == self.faces else ""

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
        parts = (tails[0], 0.5, tails[1])
        # A face alerts at most once.
        low, middle, high = (min(self._quantile(part, faces * list_size), int(faces)) for part in parts)
        return Interval(middle, low, high, level, _BETWEEN)

    def upto(self, count: int, faces: float, list_size: float) -> float:
        """Return the probability of at most so many false alerts at one more place."""
        return 1.0 if count >= faces else self._upto(count, faces * list_size)

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
            None if self.no_value else at(self.rate.value),
            (at(low), at(high)),
            (at(place[0]), at(place[1])),
            None if lists is None else (at(lists[0]), at(lists[1])),
        )


_POOLED = "pooled counts, one rate for all places, exact Poisson interval"
_CAPPED = "pooled counts, one rate for all places, exact interval; a face alerts at most once"
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
        given: list[Any] = list(counts)
        plain = [row for row in given if not hasattr(row, "false_alerts")]
        checked = iter(checked_counts(plain) if plain or not given else ())
        rows = tuple(row if hasattr(row, "false_alerts") else next(checked) for row in given)
    return _fitted(rows, spread_scale)


def pooled_rate(rows: Iterable[Alerts], end: str = "value") -> float:
    """Return false alerts per comparison over several rows, their lists at the value or at one end."""
    return _likeliest(*_arrays(tuple(rows), end))


def _arrays(rows: Sequence[Alerts], end: str = "value") -> tuple[Array, Array, Array]:
    """Return false alerts, faces and list sizes."""
    events, faces = (np.array([getattr(row, name) for row in rows], float) for name in ("false_alerts", "faces"))
    return events, faces, np.array([float(getattr(row.list_size, end)) for row in rows])


def _crowded(events: Array, faces: Array, sizes: Array) -> npt.NDArray[np.bool_]:
    """Return in which rows so many faces alert, or would at the pooled rate, that it matters that each can but once."""
    pooled = events.sum() / (faces * sizes).sum()
    return np.asarray(np.maximum(events / faces, pooled * sizes) > _LINEAR, bool)


def _likeliest(events: Array, faces: Array, sizes: Array) -> float:
    """Return the likeliest rate; of no alert, or of one from every face, that which has even odds of it."""
    seen, exposure = float(events.sum()), float((faces * sizes).sum())
    if not seen:
        return MEDIAN_OF_NONE / exposure
    if seen == faces.sum():
        return _rate_where(lambda rate: _at_least(seen, rate, faces, sizes), 0.5, seen / exposure)
    if not _crowded(events, faces, sizes).any():
        return seen / exposure
    silent = float(((faces - events) * sizes).sum())

    def excess(rate: float) -> float:
        with np.errstate(over="ignore"):
            return silent - float((events * sizes / np.expm1(rate * sizes)).sum())

    return _rate_where(excess, 0.0, seen / exposure)


def _at_least(seen: float, rate: float, faces: Array, sizes: Array) -> float:
    """Return the probability that so many faces alert or more.

    Exact for lists of one size, for one alert and for all faces; else of the binomial count with the same mean and
    variance.
    """
    silent = rate * sizes
    if seen <= 1:
        return float(-np.expm1(-(faces * silent).sum())) if seen == 1 else 1.0
    alert = -np.expm1(-silent)
    if seen >= faces.sum():
        return float(np.exp((faces * np.log(alert)).sum())) if seen == faces.sum() else 0.0
    mean = float((faces * alert).sum())
    alike = max(mean**2 / float((faces * alert**2).sum()), seen)
    return float(special.betainc(seen, alike - seen + 1.0, mean / alike))


def _rate_where(rising: Callable[[float], float], part: float, near: float) -> float:
    """Return the rate at which a rising function reaches a part; at most 1."""
    return float(
        np.exp(_solve(lambda log_rate: rising(float(np.exp(log_rate))), part, np.log(near) - 40.0, _WHOLE_RATE))
    )


def _pooled(rows: Sequence[Alerts]) -> Interval:
    """Return the rate that all rows share, with its interval by the counts."""
    events, faces, sizes = _arrays(rows)
    seen, everyone, exposure = int(events.sum()), float(faces.sum()), float((faces * sizes).sum())
    best = _likeliest(events, faces, sizes)
    if not (seen and _crowded(events, faces, sizes).any()):
        low, high = (float(end) / exposure for end in poisson_interval(seen, LEVEL))
        return Interval(min(best, 1.0), low, min(high, 1.0), LEVEL, _POOLED, seen, int(everyone))
    tails = _tails(LEVEL)
    low, high = (
        _rate_where(lambda rate, n=n: _at_least(n, rate, faces, sizes), part, seen / exposure)  # type: ignore[misc]
        for n, part in zip((seen, seen + 1), tails, strict=True)
    )
    return Interval(best, low, 1.0 if seen == everyone else high, LEVEL, _CAPPED, seen, int(everyone))


def _fitted(rows: Sequence[Alerts], spread_scale: float | None) -> FieldFit:
    pooled = _pooled(rows)
    lists = _by_lists(rows)
    log_rates, weights = _posterior(*_arrays(rows), spread_scale)
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


def _by_lists(rows: Sequence[Alerts]) -> tuple[float, float] | None:
    """Return the rate, or the one end that the counts leave, with all assumed lists high and with all low."""
    if all(row.list_size.low == row.list_size.high for row in rows):
        return None
    seen, everyone = sum(row.false_alerts for row in rows), sum(row.faces for row in rows)

    def at(end: str) -> float:
        events, faces, sizes = _arrays(rows, end)
        if not seen:
            return min(float(poisson_interval(0, LEVEL)[1]) / float((faces * sizes).sum()), 1.0)
        if seen == everyone:
            near = seen / float((faces * sizes).sum())
            return _rate_where(lambda rate: _at_least(seen, rate, faces, sizes), _tails(LEVEL)[0], near)
        return _likeliest(events, faces, sizes)

    return at("high"), at("low")


def _posterior(events: Array, faces: Array, sizes: Array, spread_scale: float | None) -> tuple[Array, Array]:
    """Return the grid of log rates, shape (F,), and the posterior over it and the spreads, shape (F, S)."""
    exposure = faces * sizes
    middle = float(np.log((events.sum() + 0.5) / exposure.sum()))
    log_rates = np.linspace(middle - _BELOW, min(middle + _ABOVE, _WHOLE_RATE), _STEPS)
    crowded = _crowded(events, faces, sizes)
    plain, times = np.unique(np.stack([events, exposure], axis=1)[~crowded], axis=0, return_counts=True)
    capped, capped_times = np.unique(np.stack([events, faces, sizes], axis=1)[crowded], axis=0, return_counts=True)
    crowd = f" in which more than {100 * _LINEAR:g} in 100 faces alert or are likely to"
    for different, most, which in ((len(plain), MOST_ROWS, ""), (len(capped), MOST_CROWDED, crowd)):
        if different > most:
            what = f"{different:,} different rows{which}; at most {most:,} are taken"
            raise InvalidInput([Fault("", 0, "counts", what, "add up the faces and alerts of one place and list")])

    def log_weight(rates: Array) -> Array:
        found, information = np.zeros((rates.size, _SPREADS.size)), np.zeros((rates.size, _SPREADS.size))
        for (n, e), many in zip(plain, times, strict=True):
            _add(found, information, rates, float(n), float(e), float(many))
        for row, many in zip(capped, capped_times, strict=True):
            _add_capped(found, information, rates, row, float(many))
        with np.errstate(divide="ignore"):
            found += 0.5 * np.log(information)
        return found if spread_scale is None else found - 0.5 * (_SPREADS / spread_scale) ** 2

    here = np.ones(_STEPS, bool)
    if len(plain) > _FINE:
        # So many rows leave the rate little room: the grid is computed only around the points that could matter.
        step = 20
        rough = log_weight(log_rates[::step]).max(axis=1)
        near = np.flatnonzero(rough > rough.max() - 60.0) * step
        here = (np.abs(np.arange(_STEPS)[:, None] - near[None, :]) <= step).any(axis=1)
    weight = np.zeros((_STEPS, _SPREADS.size))
    found = log_weight(log_rates[here])
    weight[here] = np.exp(found - found.max())
    return log_rates, np.asarray(weight / weight.sum(), float)


def _add(found: Array, information: Array, log_rates: Array, n: float, e: float, many: float) -> None:
    """Add the log likelihood of rows with n alerts in e comparisons, and Fisher's information on the log rate."""
    k = (_SPREADS**-2.0)[None, :]
    mean = np.exp(log_rates)[:, None] * e
    ratio = np.log1p(mean / k)
    found += many * (special.gammaln(n + k) - special.gammaln(k) - n * np.log(k))
    found += many * (n * log_rates[:, None] - (n + k) * ratio)
    information += many * mean / (1.0 + mean / k)


def _add_capped(found: Array, information: Array, log_rates: Array, row: Array, many: float) -> None:
    """Add the same of rows in which many faces alert: binomial given the place's rate, summed over its gamma law."""
    from scipy.signal import fftconvolve  # slow to load, and only such rows need it

    n, faces, size = map(float, row)
    if 0.0 < n < faces:
        t = -np.log1p(-n / faces)
        told = faces * t**2 / np.expm1(t)
        if told > _SHARP:
            return _add(found, information, log_rates, told, told * size / t, many)
    k = _SPREADS**-2.0
    log_t = log_rates + np.log(size)
    # Steps of log G in which its probability is exact; below the lowest no place alerts at all.
    edges = np.arange(-_LOWEST, _HIGHEST + _STEP, _STEP)
    upto = special.gammainc(k[:, None], k[:, None] * np.exp(edges)[None, :])
    of_place = np.diff(upto, prepend=0.0, axis=1)
    at = np.arange(log_t[0] - _LOWEST - _STEP, log_t[-1] + _HIGHEST + 2 * _STEP, _STEP)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        log_likelihood = np.zeros_like(at)
        if n:
            log_likelihood += n * np.log(-np.expm1(-np.exp(at)))
        if n < faces:
            log_likelihood -= (faces - n) * np.exp(at)
        likelihood = np.exp(log_likelihood - log_likelihood.max())
        mixed = fftconvolve(likelihood[None, :], of_place[:, ::-1], mode="valid", axes=1)
        mean_at = at[: mixed.shape[1]] + _LOWEST + 0.5 * _STEP
        log_mixed = np.log(np.maximum(mixed, 1e-14))
        for j in range(k.size):
            found[:, j] += many * np.interp(log_t, mean_at, log_mixed[j])
        t = np.exp(log_t)[:, None]
        told = faces * t**2 / np.expm1(t)
        information += many * told / (1.0 + told / k[None, :])
    return None


def _solve(upto: Callable[[float], float], part: float, low: float, high: float) -> float:
    """Return where a rising function reaches a part; an end where it does not between them.

    By inverse quadratic interpolation where that is safe, else by halves (Chandrupatla 1997); SciPy's root finders take
    longer to load than all of these to find.
    """
    a, b = low, high
    at_b = upto(b) - part
    if at_b < 0:
        return b
    at_a = upto(a) - part
    if at_a >= 0:
        return a
    step = 0.5
    while True:
        x = a + step * (b - a)
        at_x = upto(x) - part
        if (at_x < 0) == (at_a < 0):
            c, at_c = a, at_a
        else:
            b, at_b, c, at_c = a, at_a, b, at_b
        a, at_a = x, at_x
        best = a if abs(at_a) < abs(at_b) else b
        least = (_CLOSE + 4e-16 * abs(best)) / abs(b - a)
        if least > 0.5 or at_a == 0:
            return best
        xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
        step = 0.5
        if phi**2 < xi and (1 - phi) ** 2 < 1 - xi:
            step = at_a / (at_b - at_a) * at_c / (at_b - at_c)
            step += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
        step = min(max(step, least), 1 - least)


def _tails(level: float) -> tuple[float, float]:
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0
