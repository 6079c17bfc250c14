"""Doubt of a rate over pairs of people: a person who is easily mistaken is in many pairs at once.

A comparison belongs to two people, so comparisons that share one are not independent.  All sums here are over people
and over pairs of people; nothing has the size of a table of all pairs.  Item numbers are those of FORMULAS.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.statistics.ranges import Array

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


class Sums(NamedTuple):
    """Events, or trials, added up by person, with sums of squares over pairs: for pairs too many to be listed.

    Parameters
    ----------
    nodes : ndarray of int64, shape (M,)
        Of the pairs of each person; all pairs are of two people.
    total : int
        Over all pairs.
    squares : float
        Sum over pairs without an order of what belongs to each, squared.
    pairs : int
        Pairs without an order that have any.
    least, most : float
        Bounds on the sum over pairs of events times trials; of no meaning for trials.

    Notes
    -----
    The sum of squared residuals of pairs, ``squares - 2 F crossed + F^2 squares of trials``, is then known between two
    bounds.  `spread` takes from each the one that leaves more variance.
    """

    nodes: Whole
    total: int
    squares: float
    pairs: int
    least: float = 0.0
    most: float = 0.0

    def without(self, events: Sums) -> Sums:
        """Return the trials, of which these are, that had no event."""
        squares = self.squares - events.least - events.most + events.squares
        return Sums(
            self.nodes - events.nodes,
            self.total - events.total,
            max(squares, 0.0),
            self.pairs,
            self.squares - events.most,
            self.squares - events.least,
        )


Table: TypeAlias = Pairs | Margins


class Spread(NamedTuple):
    """What people do to a rate.

    Parameters
    ----------
    value : float
        Events over trials.
    variance : float
        Of the rate, with everything that people share; never below what independent pairs, or trials, would have.
    plain : float
        What it would be if trials were independent: ``value (1 - value) / trials``.
    between : float
        What it has because different pairs share people, at least 0; 0 where all pairs are mated.
    nodes : ndarray of float64, shape (k,)
        By how much the rate would fall without each person who has trials, times nearly 1 (jackknife values).
    people : int
        Who have trials.
    events, trials : int
        Totals.
    pairs : int
        Pairs of people compared, in either order.
    squares : float
        Sum of the squared events of pairs of people, without an order; over events, it tells how bunched they are.
    bunch_worst : float
        Trials of the pair that a trial belongs to, on average over trials: as if all of a pair failed together.
    sharing : float
        Sum over people of the squared share of trials of two people that they take part in; near ``4 / M``.
    """

    value: float
    variance: float
    plain: float
    between: float
    nodes: Array
    people: int
    events: int
    trials: int
    pairs: int
    squares: float
    bunch_worst: float
    sharing: float


def totals(table: Table | Sums) -> int:
    """Sum of a table over all pairs."""
    if isinstance(table, Sums):
        return table.total
    if not isinstance(table, Margins):
        return int(table.count.sum())
    both = int(table.probe.sum()) * int(table.reference.sum()) - int((table.probe * table.reference).sum())
    return both // 2 if table.unordered else both


def node_sums(table: Table | Sums, n_subjects: int) -> Whole:
    """Sum of a table over the pairs of each person; a mated pair counts once.

    Parameters
    ----------
    table : Counts, Margins or Sums
        Of pairs of people.
    n_subjects : int
        People (M).

    Returns
    -------
    ndarray of int64, shape (M,)
    """
    if isinstance(table, Sums):
        return table.nodes
    if isinstance(table, Margins):
        own = table.probe * table.reference
        both = table.probe * table.reference.sum() + table.reference * table.probe.sum() - 2 * own
        halved: Whole = both // 2 if table.unordered else both
        return halved
    other = table.first != table.second
    # Whole numbers below 2**53 add up exactly in float64.
    sums = np.bincount(table.first, table.count, n_subjects)
    sums += np.bincount(table.second[other], table.count[other], n_subjects)
    return sums.astype(np.int64)


def spread(events: Pairs | Sums, trials: Table | Sums, n_subjects: int) -> Spread:
    """Rate, its variance with all that people share, and each person's part.

    Parameters
    ----------
    events : Counts or Sums
        Errors of pairs of people.
    trials : Counts, Margins or Sums
        Trials of pairs of people; every pair with an event has trials.  `Sums` go with `Sums` alone.
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
    took_part = node_sums(trials, n_subjects)
    there = np.flatnonzero(took_part)
    share = took_part[there] / number
    # One person in more than half of all trials says more about himself than leaving him out can tell.
    left = 1 - np.minimum(share, 0.5)
    nodes = (node_sums(events, n_subjects)[there] / number - value * share) / left
    k = there.size
    parts = _summed(events, trials, value) if isinstance(events, Sums) else _squares(events, trials, value, n_subjects)
    clustered = float(nodes @ nodes) * (k - 1) / k if k > 1 else 0.0
    pairs_alone = (parts.mated + parts.other) / number**2
    twice = parts.other if parts.least is None else parts.least
    between = max(clustered - twice / number**2 - parts.mated / number**2, 0.0) if parts.shared else 0.0
    plain = max(value * (1 - value), 0.0) / number
    variance = max(clustered - twice / number**2, pairs_alone, plain)
    return Spread(
        value,
        variance,
        plain,
        between,
        nodes,
        k,
        found,
        number,
        parts.pairs,
        parts.events,
        parts.trials / number,
        parts.shared,
    )


class _Squares(NamedTuple):
    """Sums of squares over pairs of people without an order."""

    mated: float
    other: float
    events: float
    trials: float
    pairs: int
    shared: float
    least: float | None = None  # of `other`, where that is a bound


def _summed(events: Sums, trials: Table | Sums, value: float) -> _Squares:
    if not isinstance(trials, Sums):
        raise TypeError(f"events as sums go with trials as sums, not with {type(trials).__name__}")
    share = trials.nodes / trials.total
    both = events.squares + value**2 * trials.squares
    return _Squares(
        0.0,
        max(both - 2 * value * events.least, 0.0),
        events.squares,
        trials.squares,
        trials.pairs,
        float(share @ share),
        max(both - 2 * value * events.most, 0.0),
    )


def _unordered(table: Pairs, n_subjects: int) -> tuple[Whole, Array]:
    """Return keys and counts of pairs without an order, each once."""
    low, high = np.minimum(table.first, table.second), np.maximum(table.first, table.second)
    keys, place = np.unique(low.astype(np.int64) * n_subjects + high, return_inverse=True)
    sums: Array = np.bincount(place, table.count, keys.size).astype(np.float64)
    return keys, sums


def _squares(events: Pairs, trials: Table | Sums, value: float, n_subjects: int) -> _Squares:
    if isinstance(trials, Sums):
        raise TypeError(f"trials as sums go with events as sums, not with {type(events).__name__}")
    keys, seen = _unordered(events, n_subjects)
    happened = float(seen @ seen)
    if not isinstance(trials, Margins):
        wanted, tried = _unordered(trials, n_subjects)
        residual = -value * tried
        residual[np.searchsorted(wanted, keys)] += seen
        first, second = np.divmod(wanted, n_subjects)
        apart = first != second
        squared = np.square(residual)
        number = tried.sum()
        of_two = np.bincount(np.concatenate([first[apart], second[apart]]), np.tile(tried[apart], 2)) / number
        return _Squares(
            float(squared[~apart].sum()),
            float(squared[apart].sum()),
            happened,
            float(tried @ tried),
            int(wanted.size),
            float(of_two @ of_two),
        )
    first, second = np.divmod(keys, n_subjects)
    there = (trials.probe > 0) & (trials.reference > 0)
    p, r = trials.probe.astype(np.float64), trials.reference.astype(np.float64)
    tried = p[first] * r[second]
    compared = int((p > 0).sum()) * int((r > 0).sum()) - int(there.sum())
    compared -= int(there.sum()) * (int(there.sum()) - 1) // 2
    # Sums over i < j of (p_i r_j)^2, or of (p_i r_j + p_j r_i)^2, from sums over people.
    own = float(np.square(p * r).sum())
    square = (float(p @ p) * float(r @ r) - own) / (2 if trials.unordered else 1)
    if not trials.unordered:
        tried += p[second] * r[first]
        square += float(p @ r) ** 2 - own
    unseen = square - float(tried @ tried)
    share = node_sums(trials, n_subjects) / totals(trials)
    other = float(np.square(seen - value * tried).sum()) + value**2 * max(unseen, 0.0)
    return _Squares(0.0, other, happened, square, compared, float(share @ share))
