"""Whether groups are alike, by dealing the group labels out anew among the people."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes
from misid.evaluation.differentials.tables import Kind, short
from misid.randomness import Purpose, uniforms
from misid.statistics import Array, Counts, Margins

MOST, LEAST = 999, 99
_ROWS = 60_000_000  # rows of the tables that all permutations together may go through: two seconds or so


class Dealt(NamedTuple):
    """Outcome of a permutation test.

    Parameters
    ----------
    p_value : float
        Share of deals that part the groups at least as far as the data do; the data count as one deal.
    permutations : int
        Deals.
    """

    p_value: float
    permutations: int


def alike(kind: Kind, group: Codes, n_groups: int, seed: int, pairs: bool) -> Dealt | None:
    """Test whether group labels have any bearing on errors.

    Parameters
    ----------
    kind : Kind
        Errors and trials.
    group : ndarray of int32, shape (M,)
        Of each subject; below 0 for none.
    n_groups : int
        Groups.
    seed : int
        Of the deals.
    pairs : bool
        Whether an error belongs to two people (FMR), or to one (FNMR, FPIR, FNIR).

    Returns
    -------
    Dealt or None
        None where there is no error, or fewer than two groups have trials.

    Notes
    -----
    Statistic: sum over cells of ``(events - expected)^2 / expected``, the expected events those of one rate for all.
    A person keeps all errors and trials; only labels move, and only among people on the same side or sides.  So a few
    people with many errors do not make groups differ, as they would if comparisons were shuffled.

    Where people are mistaken for people of their own group more often than for others, labels have a bearing although
    all groups fare alike within themselves: the test says that groups matter, not which way.
    """
    events, tried = _grouped(kind.events, group), _grouped(kind.trials, group)
    sides = np.zeros(group.size, np.int64)
    sides[tried.first] |= 1
    sides[tried.second] |= 2
    people = np.flatnonzero(sides)
    if not events.count.sum() or np.unique(group[people]).size < 2:
        return None
    people = people[np.argsort(sides[people], kind="stable")]
    side = sides[people]
    quick = short(tried, group.size)
    seen = _parted(events, quick, group, n_groups, pairs)
    rows = tried.count.size if isinstance(quick, Counts) else 0
    wanted = int(np.clip(_ROWS // max(rows + events.count.size, 1), LEAST, MOST))
    reached, labels, everybody = 0, group.copy(), np.arange(group.size)
    for turn in range(wanted):
        if turn % 4 == 0:
            luck = uniforms(seed, Purpose.PERMUTATION, everybody, 2 + turn // 4)[:, people]
        labels[people] = group[people[np.lexsort((luck[turn % 4], side))]]
        # Sums of the same cells in another order may differ in the last digits.
        reached += _parted(events, quick, labels, n_groups, pairs) >= seen * (1 - 1e-9)
    return Dealt((1 + reached) / (1 + wanted), wanted)


def _grouped(table: Counts, group: Codes) -> Counts:
    known = (group[table.first] >= 0) & (group[table.second] >= 0)
    return Counts(table.first[known], table.second[known], table.count[known])


def _parted(events: Counts, tried: Counts | Margins, group: Codes, n_groups: int, pairs: bool) -> float:
    seen, expected = _summed(events, group, n_groups, pairs), _summed(tried, group, n_groups, pairs)
    expected = expected * (seen.sum() / expected.sum())
    there = expected > 0
    return float((np.square(seen - expected)[there] / expected[there]).sum())


def _summed(table: Counts | Margins, group: Codes, n_groups: int, pairs: bool) -> Array:
    if isinstance(table, Margins):
        # People without a group have no trials here; any cell will do for their nothing.
        own = np.maximum(group, 0)
        probes, references, same = (
            np.bincount(own, side, n_groups) for side in (table.probe, table.reference, table.probe * table.reference)
        )
        crossed: Array = (np.outer(probes, references) - np.diag(same)).reshape(-1).astype(np.float64)
        return crossed
    cell: npt.NDArray[np.integer] = group[table.first]
    if pairs:
        cell = cell * n_groups + group[table.second]
    sums: Array = np.bincount(cell, table.count, n_groups * n_groups if pairs else n_groups).astype(np.float64)
    return sums
