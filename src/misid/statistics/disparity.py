"""How far rates of groups lie apart, in one number with its interval, and what chance gives where groups are alike.

Every measure takes rates of groups along the first axis, so that one call serves the rates that were seen, shape
``(G,)``, and their replicates, shape ``(G, B)``; errors and trials of groups have shape ``(G,)``.  The largest of
several equal rates is above the smallest by chance alone, always.  Item numbers are those of docs/formulas.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.quantities import Interval
from misid.randomness import Purpose, uniforms
from misid.statistics.intervals import Band
from misid.statistics.ranges import Array, probability, within

FILLED = "(x + 0.5) / (n + 1) in every group, since one has no event"


def filled_rates(events: npt.ArrayLike, trials: npt.ArrayLike) -> Array:
    """Rates of groups that are never 0, so that they have ratios: ``(x + 0.5) / (n + 1)`` where one has no event.

    Half an event is added to all groups or to none: added to the empty one alone, it could overtake a group with an
    event.  Source: item 24.
    """
    seen = np.asarray(within("events", np.asarray(events, np.float64), 0, below=True))
    tried = np.asarray(within("trials", np.asarray(trials, np.float64), 0, above=True, below=True))
    tried = tried.reshape(tried.shape + (1,) * (seen.ndim - tried.ndim))
    if np.any(seen > tried * (1 + 1e-9)):
        raise OutOfRange("events", float(seen[np.broadcast_to(seen > tried, seen.shape)][0]), "at most its trials")
    empty = (seen <= 0).any(axis=0)
    return np.where(empty, (seen + 0.5) / (tried + 1), seen / tried)


def max_over_min(rates: npt.ArrayLike) -> Any:
    """Largest rate over the smallest; 1 where all are equal.

    Explodes as the smallest rate nears 0: print counts beside it.  Source: item 24.a.
    """
    x = _rates(rates, above=True)
    return x.max(axis=0) / x.min(axis=0)


def gini(rates: npt.ArrayLike) -> Any:
    """Gini coefficient with the factor ``n / (n - 1)``: 0 where all are equal, 1 where one group has everything.

    ``n/(n-1) sum_ij |x_i - x_j| / (2 n^2 mean)``, by ranks.  Source: Howard et al. 2022, arXiv 2203.05051; items 24.c
    and 24.d.
    """
    x = np.sort(_rates(rates), axis=0)
    n = x.shape[0]
    if n == 1:
        return np.zeros(x.shape[1:])[()]
    weight = (2 * np.arange(n) - n + 1.0).reshape((n,) + (1,) * (x.ndim - 1))
    total = x.sum(axis=0)
    found = (weight * x).sum(axis=0) / ((n - 1) * np.where(total > 0, total, 1.0))
    # Rounding alone can leave a trace below 0 where all are equal.
    return np.clip(found, 0.0, 1.0)[()]


def garbe(false_matches: npt.ArrayLike, false_non_matches: npt.ArrayLike, alpha: float = 0.5) -> Any:
    """GARBE: Gini coefficients of both error rates, weighed.

    Source: Howard et al. 2022, arXiv 2203.05051; item 24.
    """
    share = probability("alpha", alpha)
    return share * gini(false_matches) + (1 - share) * gini(false_non_matches)


def fdr_fair(false_matches: npt.ArrayLike, false_non_matches: npt.ArrayLike, alpha: float = 0.5) -> Any:
    """Fairness Discrepancy Rate: 1 less the weighed largest gaps of both rates.  A measure of absolute gaps.

    Blind at small rates: groups whose FPIR differ 137-fold get 0.973, which reads as "97% fair" (item 24.b).  It is
    here because others print it; it carries the caveat ``absolute_gap`` and never leads.

    Source: de Freitas Pereira and Marcel, IEEE T-BIOM 4 (2022); item 24.
    """
    share = probability("alpha", alpha)
    gaps = [np.ptp(_rates(rates), axis=0) for rates in (false_matches, false_non_matches)]
    return 1 - (share * gaps[0] + (1 - share) * gaps[1])


def _rates(rates: npt.ArrayLike, *, above: bool = False) -> Array:
    x = np.asarray(rates, np.float64)
    if x.ndim == 0 or x.shape[0] == 0:
        raise OutOfRange("rates", x.shape, "of at least one group")
    return np.asarray(within("rates", x, 0, above=above, below=True))


Measure = Callable[[Array], Any]


def ratio_intervals(
    events: npt.ArrayLike, trials: npt.ArrayLike, replicated: npt.ArrayLike, level: float = 0.95, *, seed: int = 1
) -> tuple[Interval, Interval]:
    """Max over min and max over geometric mean, with intervals that hold also where groups are alike.

    ``replicated`` are rates of shape (G, B), drawn together: one column is one draw of subjects.  ``seed`` draws what
    stands in for those of a group without events.  ``low`` is 1 where the data do not tell the groups apart; there is
    no ``high`` where a group has no event, since its rate may be nothing.

    A percentile interval of a maximum is wrong near equality: replicates put noise on noise, so all of them lie above
    1, and the interval leaves out the truth.  Instead all contrasts of log rates (pairs; or each against the mean) get
    simultaneous intervals, as wide as the largest standardised contrast of the replicates asks.  The largest true
    contrast then lies between the largest lower and the largest upper end, whoever has it.

    The standard deviation of a log rate is at least what x independent events leave, ``sqrt((1 - p) / x)``; replicates
    of a group without events have none.
    """
    seen, tried, drawn, part = _checked(events, trials, replicated, level)
    centre = np.log(filled_rates(seen, tried))
    noise, size = _log_noise(seen, tried, drawn, seed)
    freedom = _freedom(drawn)
    first, second = np.nonzero(~np.eye(centre.size, dtype=bool))
    pairs = np.zeros((first.size, centre.size))
    pairs[np.arange(first.size), first], pairs[np.arange(first.size), second] = 1, -1
    middles = np.eye(centre.size) - 1 / centre.size
    empty = bool((seen <= 0).any())
    top, mean = (
        _largest(centre, noise, size, freedom, contrasts, part, empty)._replace(method=_method(words, seen))
        for contrasts, words in (
            (pairs, "simultaneous intervals of all ratios of two groups"),
            (middles, "simultaneous intervals of all ratios of a group to the mean"),
        )
    )
    return top, mean


def ratio_of_two(
    events: npt.ArrayLike, trials: npt.ArrayLike, replicated: npt.ArrayLike, level: float = 0.95, *, seed: int = 1
) -> Interval:
    """Ratio of the first of two rates to the second, with its interval; arguments as for `ratio_intervals`.

    ``low`` is 0 where the first rate has no event, and there is no ``high`` where the second has none.  Normal on the
    log scale, with the standard deviation of the replicates' difference, at least that of independent events.
    """
    seen, tried, drawn, part = _checked(events, trials, replicated, level)
    rates = filled_rates(seen, tried)
    noise, _ = _log_noise(seen, tried, drawn, seed)
    least = np.sqrt(np.square(_least(seen, tried)).sum())
    reach = float(special.ndtri((1 + part) / 2)) * max(float((noise[0] - noise[1]).std()), float(least))
    value = float(rates[0] / rates[1])
    low = 0.0 if seen[0] <= 0 else value * float(np.exp(-reach))
    high = None if seen[1] <= 0 else value * float(np.exp(reach))
    return Interval(value, low, high, level, _method("log ratio, clustered by subject", seen))


def rate_boxes(
    events: npt.ArrayLike, trials: npt.ArrayLike, replicated: npt.ArrayLike, level: float = 0.95, *, seed: int = 1
) -> Band:
    """Intervals of the rates of groups that hold all at once; rows of two kinds of error may stand below each other.

    As wide, in standard deviations of the log rate, as the largest one of the replicates asks.  The lower end of a
    group without events is 0.
    """
    seen, tried, drawn, part = _checked(events, trials, replicated, level)
    noise, size = _log_noise(seen, tried, drawn, seed)
    reach = np.quantile(np.abs(noise / size[:, None]).max(axis=0), part) * size
    centre = np.log(np.where(seen > 0, seen / tried, 0.5 / (tried + 1)))
    low = np.where(seen > 0, np.exp(centre - reach), 0.0)
    return Band(seen / tried, low, np.minimum(np.exp(centre + reach), 1.0))


def gini_range(boxes: Band) -> tuple[float, float]:
    """Smallest and largest Gini coefficient that intervals of rates leave open.

    Conservative: intervals that all hold at once hold for everything made of them.  The usual bias-corrected
    percentile interval of replicates covered 0% where groups were alike and 86% where one of four stood out at a
    quarter of the others' rate; this one, 98% and more (``tests/unit/statistics/test_differences.py``).

    Least: all rates as near to one level as their intervals let them; most: high ones at their upper ends, low ones at
    their lower.
    """
    _, low, high = boxes
    if low.max() <= high.min():
        least = 0.0
    else:
        levels = np.linspace(high.min(), low.max(), 512)
        least = float(gini(np.clip(levels, low[:, None], high[:, None])).min())
    order = np.argsort(low + high)
    risen = np.arange(low.size)[:, None] >= np.arange(low.size + 1)
    most = float(gini(np.where(risen, high[order, None], low[order, None])).max())
    return min(least, most), most


def gap_range(boxes: Band) -> tuple[float, float]:
    """Smallest and largest difference of two rates that their intervals leave open."""
    _, low, high = boxes
    if low.size == 1:
        return 0.0, 0.0
    return max(0.0, float(low.max() - high.min())), float(high.max() - low.min())


def by_chance(
    measure: Measure, value: float, effective_trials: npt.ArrayLike, rate: float, *, level: float = 0.95, seed: int = 1,
    draws: int = 4_000,
) -> Interval:  # fmt: skip
    """How large a measure comes out where all groups have the same rate: its median.

    ``high`` is reached with the probability ``1 - level``.  ``p_value`` is the probability of a value at least as
    large as the one seen, never below ``1 / (draws + 1)``.  ``effective_trials``, shape (G,), are the independent
    trials that each group is worth.

    Groups without an event get half of one, as `filled_rates`.  With five events expected in each of eight equal
    groups, a max/min of 4 comes up half the time.
    """
    trials = np.asarray(within("effective_trials", np.asarray(effective_trials, np.float64), 1, below=True))
    part = within("level", level, 0, 1, above=True, below=True)
    u = _luck(seed, np.arange(trials.size), draws, 1)
    events = _binomial(u, trials[:, None], float(probability("rate", rate)))
    found = np.asarray(measure(filled_rates(events, trials)), np.float64)
    reached = int((found >= value * (1 - 1e-12)).sum())
    return Interval(
        float(np.median(found)), None, float(np.quantile(found, part)), level,
        "median and reach if all groups had the same rate: binomial errors on effective trials",
        p_value=(reached + 1) / (draws + 1),
    )  # fmt: skip


def _luck(seed: int, groups: npt.NDArray[np.integer], draws: int, block: int) -> Array:
    """Uniform draws of each group, shape (G, draws)."""
    ids = np.arange(-(-draws // 4))
    parts = [uniforms(seed, Purpose.PERMUTATION, ids, int(group), block).T.reshape(-1)[:draws] for group in groups]
    return np.stack(parts)


def _binomial(u: Array, trials: Array, rate: float) -> Array:
    """Smallest count whose cumulative probability reaches ``u``; ``trials`` need not be whole."""
    if rate <= 0 or rate >= 1:
        return np.zeros(u.shape) + (trials if rate >= 1 else 0.0)

    def reached(count: Array) -> Array:
        below: Array = special.betaincc(count + 1, np.maximum(trials - count, 1e-9), rate)
        return np.where(count >= trials, 1.0, below)

    count = np.clip(np.ceil(np.nan_to_num(special.bdtrik(u, trials, rate), nan=0.0)), 0, trials)
    # The continuous inverse may stop short of a whole number by rounding, on either side.
    count = np.where((count > 0) & (reached(np.maximum(count - 1, 0)) >= u), count - 1, count)
    result: Array = np.where(reached(count) < u, count + 1, count)
    return np.minimum(result, trials)


def _checked(
    events: npt.ArrayLike, trials: npt.ArrayLike, replicated: npt.ArrayLike, level: float
) -> tuple[Array, Array, Array, float]:
    seen = np.asarray(within("events", np.asarray(events, np.float64), 0, below=True))
    tried = np.asarray(within("trials", np.asarray(trials, np.float64), 0, above=True, below=True))
    drawn = np.asarray(within("replicated", np.asarray(replicated, np.float64), 0, below=True))
    if drawn.ndim != 2 or drawn.shape[0] != seen.size or drawn.shape[1] < 2:
        raise OutOfRange("replicated", drawn.shape, f"of shape ({seen.size}, draws), one row for each group")
    return seen, tried, drawn, float(within("level", level, 0, 1, above=True, below=True))


def _least(events: Array, trials: Array) -> Array:
    """Return the standard deviation of log rates that independent events leave."""
    return np.sqrt((1 - (events + 0.5) / (trials + 1)) / (events + 0.5))


def _log_noise(events: Array, trials: Array, drawn: Array, seed: int) -> tuple[Array, Array]:
    """Noise of log rates, shape (G, B), and its size, shape (G,), never less than independent events leave."""
    noise = np.log((drawn * trials[:, None] + 0.5) / (trials[:, None] + 1))
    noise -= noise.mean(axis=1, keepdims=True)
    least, size = _least(events, trials), noise.std(axis=1)
    still = size <= 1e-9
    noise *= np.where(still, 0, np.maximum(least / np.where(still, 1, size), 1))[:, None]
    if still.any():
        which = np.flatnonzero(still)
        u = _luck(seed, which, drawn.shape[1], 2)
        noise[which] = special.ndtri(u) * least[which, None]
    return noise, np.maximum(size, least)


def _freedom(drawn: Array) -> Array:
    """Return degrees of freedom of each group's variance, shape (G,), from the kurtosis of its replicates."""
    apart = drawn - drawn.mean(axis=1, keepdims=True)
    size = apart.std(axis=1, keepdims=True)
    fourth = np.square(np.square(apart / np.where(size > 0, size, 1))).mean(axis=1)
    return np.clip(12 / np.maximum(fourth - 3, 1e-3), 3, None)


def _largest(
    centre: Array, noise: Array, size: Array, freedom: Array, contrasts: Array, level: float, open_above: bool
) -> Interval:
    """Largest contrast of log rates, as a ratio."""
    if centre.size == 1:
        return Interval(1.0, 1.0, 1.0, level, "")
    middle = contrasts @ centre
    scale = np.sqrt(np.square(contrasts) @ np.square(size))
    # One contrast at a time: all pairs of 64 groups at once would be 4,032 rows of replicates.
    worst = np.zeros(noise.shape[1])
    for row, unit in zip(contrasts, scale, strict=True):
        involved = row != 0
        np.maximum(worst, np.abs(row[involved] @ noise[involved]) / unit, out=worst)
    tail = (1 - level) / 2
    of = np.square(np.square(scale)) / (np.square(np.square(contrasts)) @ (np.square(np.square(size)) / freedom))
    reach = float(np.quantile(worst, level)) * scale * special.stdtrit(of, tail) / special.ndtri(tail)
    value = float(np.exp(middle.max()))
    low = max(1.0, float(np.exp((middle - reach).max())))
    high = None if open_above else float(np.exp((middle + reach).max()))
    return Interval(value, min(low, value), high, level, "")


def _method(words: str, events: Array) -> str:
    return f"{words}; {FILLED}" if (events <= 0).any() else words
