"""Differences of two shares seen on the same people, without clusters (item 22)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import special

from misid.errors import OutOfRange
from misid.statistics import Array, Numbers, within

_HALVINGS = 130  # from an interval of length 2 to neighbouring floats, also around 1e-20


class PairedDifference(NamedTuple):
    """Difference of two shares seen on the same people.

    Parameters
    ----------
    difference : float or ndarray
        First share minus second, -1 to 1.
    low, high : float or ndarray
        Its interval, -1 to 1.
    """

    difference: Any
    low: Any
    high: Any


class Detectable(NamedTuple):
    """Differences from an expected share that a count would show.

    Parameters
    ----------
    rise, fall : float or ndarray
        Above and below the expected share; infinite where no change in that direction would show.
    """

    rise: Any
    fall: Any


def paired_standard_error(b: Numbers | float, c: Numbers | float, n: Numbers | float) -> Numbers:
    """Return the standard error of the difference of two shares seen on the same people.

    Parameters
    ----------
    b, c, n : float or ndarray
        As `paired_difference`.

    Returns
    -------
    float or ndarray
        ``sqrt(b + c - (b - c)^2 / n) / n``.  It is 0 where nobody is discordant, which is why no interval is made
        of it.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: item 22.b.
    """
    first, second, people = _table(b, c, n)
    # Both terms are at least 0; the plain form subtracts nearly equal numbers where all are discordant on one side.
    spread = (first + second) * (people - first - second) + 4 * first * second
    result: Numbers = np.sqrt(spread / people) / people
    return result


def paired_difference(
    b: Numbers | float, c: Numbers | float, n: Numbers | float, level: float = 0.95
) -> PairedDifference:
    """Difference of two shares seen on the same people, with an interval that is never a point.

    Parameters
    ----------
    b, c : float or ndarray
        People harmed under the first rule alone and under the second alone; whole, ``b + c <= n``; shapes broadcast.
    n : float or ndarray
        People met under both rules, at least 1.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    PairedDifference
        ``(b - c) / n`` and its interval.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Tango's score interval with a continuity correction of half a person: all differences D for which
    ``|b - c - n D| - 1/2`` is at most z standard deviations, with the shares most likely under D.  Where many are
    discordant it is the interval of `paired_standard_error`, half a person wider on either side.  Summed exactly over
    all tables, the 95% interval covers at least 95% for rare harm, and at least 94% anywhere (the least where the
    rules part for nearly everyone); the 99% interval 98.9% and 97%.  Without the correction 95% would be 93% and 86%.
    ``tests/statistical/test_paired.py``
    holds it to that.  People who share a fate need `clustered_paired_difference`.

    Source: Tango, Statistics in Medicine 17 (1998) 891-908; item 22.
    """
    first, second, people = np.broadcast_arrays(*_table(b, c, n))
    z = float(special.ndtri((1 + within("level", level, 0, 1, above=True, below=True)) / 2))
    # The lower end is the upper end of the rules in the other order.
    fallen, risen = _upper_end(np.stack([second, first]), np.stack([first, second]), people, z)
    return PairedDifference(((first - second) / people)[()], -fallen[()], risen[()])


def detectable_differences(
    n: Numbers | float, base_rate: Numbers | float, power: float = 0.99, alpha: float = 1e-6
) -> Detectable:
    """Smallest rise and fall of a share that comparing a count with its expected value would show.

    Parameters
    ----------
    n : float or ndarray
        Independent trials, whole, at least 1; shapes broadcast.
    base_rate : float or ndarray
        Expected share, 0 to 1.
    power : float
        Probability that the comparison shows the difference, strictly between 0 and 1.
    alpha : float
        Probability that it shows one where there is none, both directions together, strictly between 0 and 1.

    Returns
    -------
    Detectable
        Absolute differences, at least 0.  Infinite where even a count of ``n`` (of 0) would not be surprising: with
        fewer than ``-ln(alpha / 2)`` expected, 14.5 at one in a million, no fall ever shows.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Exact binomial: the comparison calls out counts whose tail probability under the base rate is at most half of
    ``alpha``.
    """
    trials = within("n", n, 1, below=True, whole=True)
    rate = within("base_rate", base_rate, 0, 1)
    wanted = within("power", power, 0, 1, above=True, below=True)
    tail = within("alpha", alpha, 0, 1, above=True, below=True) / 2
    return Detectable(rise=_rise(trials, rate, wanted, tail), fall=_rise(trials, 1 - rate, wanted, tail))


def smallest_detectable(
    n: Numbers | float, base_rate: Numbers | float, power: float = 0.99, alpha: float = 1e-6
) -> Numbers:
    """Smallest absolute difference from an expected share that a count would show in either direction.

    Parameters
    ----------
    n, base_rate, power, alpha
        As `detectable_differences`.

    Returns
    -------
    float or ndarray
        The larger of rise and fall; infinite where one of them never shows.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    both = detectable_differences(n, base_rate, power, alpha)
    result: Numbers = np.maximum(both.rise, both.fall)
    return result


def _table(b: float | Array, c: float | Array, n: float | Array) -> tuple[Any, Any, Any]:
    first, second = (within(name, of, 0, below=True, whole=True) for name, of in (("b", b), ("c", c)))
    people = within("n", n, 1, below=True, whole=True)
    if np.any(first + second > people):
        raise OutOfRange("b + c", b + c, f"at most n = {n!r}")
    return first, second, people


def _upper_end(b: Array, c: Array, n: Array, z: float) -> Array:
    """Largest difference that the counts do not contradict, by halving: the score falls as the difference grows."""
    gap = b - c
    inside, outside = gap / n, np.ones_like(gap)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        stands = n * middle - gap - 0.5 <= z * np.sqrt(_score_variance(b, c, n, middle))
        inside, outside = np.where(stands, middle, inside), np.where(stands, outside, middle)
    return inside


def _score_variance(b: Array, c: Array, n: Array, difference: Array) -> Array:
    """Variance of ``b - c`` under the likeliest shares that differ by ``difference`` (Tango 1998)."""
    turned = difference < 0
    b, c, d = np.where(turned, c, b), np.where(turned, b, c), np.abs(difference)
    middle = (2 * n - b + c) * d - b - c
    product = c * d * (1 - d)
    root = np.sqrt(np.square(middle) + 8 * n * product)
    # Two forms of one root: each where it adds numbers of one sign.
    small = 2 * product / np.where(middle > 0, middle + root, 1.0)
    share = np.where(middle > 0, small, (root - middle) / (4 * n))
    variance: Array = n * (2 * share + d * (1 - d))
    return variance


def _rise(n: Any, rate: Any, power: float, tail: float) -> Any:
    """Smallest rise of a binomial share that shows, by halving over the count that is called out."""
    n, rate = np.broadcast_arrays(n, rate)
    surprising, ordinary = n + 1.0, np.zeros(n.shape)
    while np.any(surprising - ordinary > 1):
        # The upper of two neighbours is asked again, and answers as before.
        count = np.ceil((surprising + ordinary) / 2)
        # P(X >= count) as an incomplete beta function; n + 1 never happens.
        reached = special.betainc(np.minimum(count, n), np.maximum(n - count, 0.0) + 1, rate)
        stands_out = (count > n) | (reached <= tail)
        surprising, ordinary = np.where(stands_out, count, surprising), np.where(stands_out, ordinary, count)
    count = np.minimum(surprising, n)
    needed = special.betaincinv(count, n - count + 1, power)
    return np.where(surprising > n, np.inf, needed - rate)[()]
