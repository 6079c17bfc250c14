"""Intervals of measures of disparity, and what chance alone gives where groups are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.statistics.disparity import filled_rates
from misid.statistics.ranges import Array, probability, within

Measure = Callable[[Array], Any]


class Chance(NamedTuple):
    """How large a measure comes out where groups are alike.

    Parameters
    ----------
    median : float
        Reached half the time.
    high : float
        Reached with the probability ``1 - level``.
    p_value : float
        Probability of a value at least as large as the one seen; never below ``1 / (draws + 1)``.
    """

    median: float
    high: float
    p_value: float


class Spread(NamedTuple):
    """A measure of how far groups lie apart, with its interval.

    Parameters
    ----------
    value, low, high : float
        ``high`` is infinite where the smallest rate has no event: nothing keeps it from being 0.
    """

    value: float
    low: float
    high: float


def ratio_intervals(
    events: npt.ArrayLike, trials: npt.ArrayLike, replicated: npt.ArrayLike, level: float = 0.95, *, seed: int = 1
) -> tuple[Spread, Spread]:
    """Max over min and max over geometric mean, with intervals that hold also where groups are alike.

    Parameters
    ----------
    events, trials : array_like of float, shape (G,)
        As `filled_rates`; at least one group.
    replicated : array_like of float, shape (G, B)
        Replicates of the rates, drawn together: one column is one draw of subjects.
    level : float
        Confidence level of each interval, strictly between 0 and 1.
    seed : int
        Of what stands in for the replicates of a group without events.

    Returns
    -------
    max_over_min, max_over_geometric_mean : Spread
        ``low`` is 1 where the data do not tell the groups apart.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    A percentile interval of a maximum is wrong near equality: replicates put noise on noise, so all of them lie above
    1, and the interval leaves out the truth.  Instead all contrasts of log rates (pairs; or each against the mean) get
    simultaneous intervals, as wide as the largest standardised contrast of the replicates asks.  The largest true
    contrast then lies between the largest lower and the largest upper end, whoever has it.

    The standard deviation of a log rate is at least ``1 / sqrt(x + 1/2)``, what x independent events leave; replicates
    of a group without events have none.
    """
    seen, tried = np.asarray(events, np.float64), np.asarray(trials, np.float64)
    drawn = np.asarray(within("replicated", np.asarray(replicated, np.float64), 0, below=True))
    part = within("level", level, 0, 1, above=True, below=True)
    centre = np.log(filled_rates(seen, tried))
    if drawn.ndim != 2 or drawn.shape[0] != centre.size or drawn.shape[1] < 2:
        raise OutOfRange("replicated", drawn.shape, f"of shape ({centre.size}, draws), one row for each group")
    noise, size = _log_noise(seen, tried, drawn, seed)
    open_above = bool((seen <= 0).any())
    first, second = np.nonzero(~np.eye(centre.size, dtype=bool))
    pairs = np.zeros((first.size, centre.size))
    pairs[np.arange(first.size), first], pairs[np.arange(first.size), second] = 1, -1
    middles = np.eye(centre.size) - 1 / centre.size
    return (
        _largest(centre, noise, size, pairs, part, open_above),
        _largest(centre, noise, size, middles, part, open_above),
    )


def corrected_interval(value: float, replicated: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Bias-corrected percentile interval of a measure of spread.

    Parameters
    ----------
    value : float
        The measure as seen.
    replicated : array_like of float, shape (B,)
        The measure in each replicate; at least 2.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    low, high : float
        ``low <= value <= high``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Replicates of a measure of spread lie too high, by about as much as the measure itself; the correction takes that
    out twice.  It does not reach equality, where the measure has its edge: ask `by_chance` whether groups are told
    apart at all.  Source: Efron, JASA 82 (1987), with acceleration 0.
    """
    drawn = np.sort(np.asarray(replicated, np.float64))
    if drawn.ndim != 1 or drawn.size < 2 or not np.isfinite(drawn).all():
        raise OutOfRange("replicated", drawn.shape, "at least two finite numbers")
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    below = np.searchsorted(drawn, value, "left"), np.searchsorted(drawn, value, "right")
    share = np.clip(sum(below) / (2 * drawn.size), 0.5 / drawn.size, 1 - 0.5 / drawn.size)
    shift = 2 * special.ndtri(share)
    ends = special.ndtr(shift + special.ndtri([tail, 1 - tail]))
    low, high = np.quantile(drawn, ends)
    return float(min(low, value)), float(max(high, value))


def by_chance(
    measure: Measure, value: float, effective_trials: npt.ArrayLike, rate: float, *, level: float = 0.95, seed: int = 1,
    draws: int = 4_000,
) -> Chance:  # fmt: skip
    """How large a measure comes out where all groups have the same rate.

    Parameters
    ----------
    measure : callable
        Takes rates of shape (G, draws), returns shape (draws,).
    value : float
        The measure as seen, on the same rates.
    effective_trials : array_like of float, shape (G,)
        Independent trials that each group is worth, at least 1.
    rate : float
        Rate of everybody together, 0 to 1.
    level, seed, draws : float, int, int
        ``1 - level`` is how often ``Chance.high`` is reached; draws are Poisson events by `Purpose.PERMUTATION`.

    Returns
    -------
    Chance

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Groups without an event get half of one, as `filled_rates`.  With five events expected in each of eight equal
    groups, a max/min of 4 comes up half the time.
    """
    trials = np.asarray(within("effective_trials", np.asarray(effective_trials, np.float64), 1, below=True))
    expected = np.minimum(trials * probability("rate", rate), trials)[:, None]
    part = within("level", level, 0, 1, above=True, below=True)
    groups, blocks = trials.size, -(-draws // 4)
    u = np.concatenate([uniforms(seed, Purpose.PERMUTATION, np.arange(groups), block=b) for b in range(blocks)])
    events = np.minimum(_poisson(u[:draws].T, expected), trials[:, None])
    found = np.asarray(measure(filled_rates(events, trials)), np.float64)
    reached = int((found >= value * (1 - 1e-12)).sum())
    return Chance(float(np.median(found)), float(np.quantile(found, part)), (reached + 1) / (draws + 1))


def _poisson(u: Array, mean: Array) -> Array:
    """Smallest count whose cumulative probability reaches ``u``."""
    mean = np.maximum(mean, 1e-300)
    count = np.maximum(np.ceil(special.pdtrik(u, mean)), 0)
    # The continuous inverse may stop short of a whole number by rounding, on either side.
    count = np.where((count > 0) & (special.pdtr(np.maximum(count - 1, 0), mean) >= u), count - 1, count)
    result: Array = np.where(special.pdtr(count, mean) < u, count + 1, count)
    return np.nan_to_num(result, nan=0.0)


def _log_noise(events: Array, trials: Array, drawn: Array, seed: int) -> tuple[Array, Array]:
    """Noise of log rates, shape (G, B), and its size, shape (G,), never less than independent events leave."""
    noise = np.log((drawn * trials[:, None] + 0.5) / (trials[:, None] + 1))
    noise -= noise.mean(axis=1, keepdims=True)
    least, size = 1 / np.sqrt(events + 0.5), noise.std(axis=1)
    still = size <= 1e-9
    noise *= np.where(still, 0, np.maximum(least / np.where(still, 1, size), 1))[:, None]
    if still.any():
        draws, which = drawn.shape[1], np.flatnonzero(still)
        u = np.concatenate([uniforms(seed, Purpose.BOOTSTRAP, which, 1, block) for block in range(-(-draws // 4))])
        noise[which] = special.ndtri(u[:draws].T) * least[which, None]
    return noise, np.maximum(size, least)


def _largest(centre: Array, noise: Array, size: Array, contrasts: Array, level: float, open_above: bool) -> Spread:
    """Largest contrast of log rates, as a ratio."""
    if centre.size == 1:
        return Spread(1.0, 1.0, 1.0)
    middle = contrasts @ centre
    scale = np.sqrt(np.square(contrasts) @ np.square(size))
    # One contrast at a time: all pairs of 64 groups at once would be 4,032 rows of replicates.
    worst = np.zeros(noise.shape[1])
    for row, unit in zip(contrasts, scale, strict=True):
        involved = row != 0
        np.maximum(worst, np.abs(row[involved] @ noise[involved]) / unit, out=worst)
    reach = float(np.quantile(worst, level)) * scale
    value = float(np.exp(middle.max()))
    low = max(1.0, float(np.exp((middle - reach).max())))
    high = np.inf if open_above else float(np.exp((middle + reach).max()))
    return Spread(value, min(low, value), high)
