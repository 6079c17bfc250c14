"""Doubt of a rate over pairs of people: a person who is easily mistaken is in many pairs at once.

A comparison belongs to two people, so comparisons that share one are not independent.  All sums here are over people
and over pairs of people; nothing has the size of a table of all pairs.  Item numbers are those of FORMULAS.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics.ranges import Array, amount, within

Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]


class Counts(NamedTuple):
    """Events, or trials, of pairs of people.

    Parameters
    ----------
    first, second : ndarray of int32, shape (n,)
        People, numbered from 0 on both sides alike; a pair stands once in an order.  A mated pair has the same person
        twice.
    count : ndarray of int64, shape (n,)
        How many.
    """

    first: Codes
    second: Codes
    count: Whole  # type: ignore[assignment]  # a tuple's own `count` is of no use here


class Margins(NamedTuple):
    """Trials of a full cross comparison: every probe sample with every reference sample of other people.

    Parameters
    ----------
    probe, reference : ndarray of int64, shape (M,)
        Samples of each person on either side; person i has ``probe[i] * reference[j]`` trials with another person j.
    unordered : bool
        Whether both sides are the same samples and two of them are compared once, not twice.
    """

    probe: Whole
    reference: Whole
    unordered: bool = False


class Pairs(Protocol):
    """Anything with the arrays of `Counts`."""

    @property
    def first(self) -> Codes:
        """Probe subjects."""

    @property
    def second(self) -> Codes:
        """Reference subjects."""

    @property
    def count(self) -> Whole:
        """Events or trials."""


Table: TypeAlias = Pairs | Margins


class Spread(NamedTuple):
    """What people do to a rate.

    Parameters
    ----------
    value : float
        Events over trials.
    variance : float
        Of the rate, with everything that people share; at least ``naive``.
    naive : float
        What it would be if pairs of people were independent.
    nodes : ndarray of float64, shape (M,)
        What each person adds to the rate beyond a fair share (sums of residuals over trials).
    events, trials : int
        Totals.
    pairs : int
        Pairs of people compared.
    """

    value: float
    variance: float
    naive: float
    nodes: Array
    events: int
    trials: int
    pairs: int


def u_statistic_variance(n: float, zeta1: float, zeta2: float) -> float:
    """Variance of a mean over all pairs of n people.

    Parameters
    ----------
    n : float
        People, at least 2.
    zeta1 : float
        Variance between people of their own rate.
    zeta2 : float
        Variance of one pair, ``F (1 - F)`` for a rate F.

    Returns
    -------
    float
        ``4 (n - 2) / (n (n - 1)) zeta1 + 2 / (n (n - 1)) zeta2``.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    Source: Hoeffding, Annals of Mathematical Statistics 19 (1948); FORMULAS 14.
    """
    people = within("n", n, 2, below=True)
    pairs = people * (people - 1)
    return float(4 * (people - 2) / pairs * amount("zeta1", zeta1) + 2 / pairs * amount("zeta2", zeta2))


def totals(table: Table) -> int:
    """Sum of a table over all pairs."""
    if not isinstance(table, Margins):
        return int(table.count.sum())
    both = int(table.probe.sum()) * int(table.reference.sum()) - int((table.probe * table.reference).sum())
    return both // 2 if table.unordered else both


def node_sums(table: Table, n_subjects: int) -> Whole:
    """Sum of a table over the pairs of each person; a mated pair counts once.

    Parameters
    ----------
    table : Counts or Margins
        Of pairs of people.
    n_subjects : int
        People (M).

    Returns
    -------
    ndarray of int64, shape (M,)
    """
    if isinstance(table, Margins):
        own = table.probe * table.reference
        both = table.probe * table.reference.sum() + table.reference * table.probe.sum() - 2 * own
        halved: Whole = both // 2 if table.unordered else both
        return halved
    other = table.first != table.second
    sums = np.zeros(n_subjects, np.int64)
    np.add.at(sums, table.first, table.count)
    np.add.at(sums, table.second[other], table.count[other])
    return sums


def spread(events: Pairs, trials: Table, n_subjects: int) -> Spread:
    """Rate, its variance with all that people share, and each person's part.

    Parameters
    ----------
    events : Counts
        Errors of pairs of people.
    trials : Counts or Margins
        Trials of pairs of people; every pair with an event has trials.
    n_subjects : int
        People (M), at least 1.

    Returns
    -------
    Spread

    Raises
    ------
    OutOfRange
        If there are no trials.

    Notes
    -----
    With residuals ``e_d = events_d - F trials_d`` of the pairs of people d, all terms ``e_d e_d'`` of pairs that share
    somebody are added up: squared sums over people, less the squares of pairs, which two people each have counted.
    Source: Fafchamps and Gubert, Journal of Development Economics 83 (2007); Aronow, Samii and Assenova, Political
    Analysis 23 (2015).  The leave-one-out jackknife keeps what is taken away here and overstates.
    """
    number = totals(trials)
    if number < 1:
        raise OutOfRange("trials", number, "at least 1")
    found = totals(events)
    value = found / number
    nodes = (node_sums(events, n_subjects) - value * node_sums(trials, n_subjects)) / number
    squares, naive, pairs = _squares(events, trials, value, n_subjects)
    people = max(int(np.count_nonzero(node_sums(trials, n_subjects))), 1)
    clustered = (float(nodes @ nodes) - squares / number**2) * people / max(people - 1, 1)
    return Spread(value, max(clustered, naive / number**2), naive / number**2, nodes, found, number, pairs)


def _unordered(table: Pairs, n_subjects: int) -> tuple[Whole, Whole]:
    """Return keys and counts of pairs without an order, each once."""
    low, high = np.minimum(table.first, table.second), np.maximum(table.first, table.second)
    keys, place = np.unique(low.astype(np.int64) * n_subjects + high, return_inverse=True)
    sums = np.zeros(keys.size, np.int64)
    np.add.at(sums, place, table.count)
    return keys, sums


def _squares(events: Pairs, trials: Table, value: float, n_subjects: int) -> tuple[float, float, int]:
    """Squared residuals of pairs of two people, those of all pairs, and how many pairs there are."""
    keys, seen = _unordered(events, n_subjects)
    if isinstance(trials, Margins):
        first, second = np.divmod(keys, n_subjects)
        tried = trials.probe[first] * trials.reference[second]
        p, r = trials.probe.astype(np.float64), trials.reference.astype(np.float64)
        if not trials.unordered:
            tried = tried + trials.probe[second] * trials.reference[first]
        # Sum over i < j of (p_i r_j + p_j r_i)^2, or of (p_i r_j)^2, from sums over people.
        cross = (p @ p) * (r @ r) - np.square(p * r).sum()
        square = cross / 2 if trials.unordered else cross + np.square(p @ r) - np.square(p * r).sum()
        compared = int(np.count_nonzero(trials.probe) * np.count_nonzero(trials.reference))
        compared -= int(np.count_nonzero(trials.probe * trials.reference))
        both = int(np.count_nonzero((trials.probe > 0) & (trials.reference > 0)))
        compared -= both * (both - 1) // 2
        plain = float(np.square(seen - value * tried).sum() - value**2 * np.square(tried.astype(np.float64)).sum())
        total = plain + value**2 * float(square)
        return total, total, compared
    wanted, tried = _unordered(trials, n_subjects)
    place = np.searchsorted(wanted, keys)
    residual = -value * tried
    residual[place] += seen
    first, second = np.divmod(wanted, n_subjects)
    squared = np.square(residual)
    return float(squared[first != second].sum()), float(squared.sum()), int(wanted.size)


def vertex_jackknife(events: Pairs, trials: Table, n_subjects: int) -> tuple[Array, float]:
    """Rates without each person in turn, and the variance that they give.

    Parameters
    ----------
    events, trials, n_subjects
        As `spread`.

    Returns
    -------
    values : ndarray of float64, shape (k,)
        The rate without each of the k people who have trials.
    variance : float
        ``(k - 1) / k sum((values - mean)^2)``; overstates, see `spread`.

    Raises
    ------
    OutOfRange
        If leaving somebody out leaves no trials.
    """
    tried = node_sums(trials, n_subjects)
    there = tried > 0
    left = totals(trials) - tried[there]
    if np.any(left < 1):
        raise OutOfRange("trials", 0, "at least 1 without any one person; one person takes part in all of them")
    values = (totals(events) - node_sums(events, n_subjects)[there]) / left
    k = values.size
    return values, float((k - 1) / k * np.square(values - values.mean()).sum())
