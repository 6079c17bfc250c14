"""Errors and trials of groups: who is compared with whom, cell by cell, with intervals that rest on people."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import HERE, NO_GROUP, Codes, Comparisons, PairTable, Searches
from misid.evaluation.rates.tables import compact, events_at, trials
from misid.quantities import Conditions, Estimate, Interval
from misid.statistics import Counts, Margins, rate_interval, search_interval, simultaneous_level


class Kind(NamedTuple):
    """One kind of error, counted over people.

    Parameters
    ----------
    name : str
        ``"fmr"``, ``"fnmr"``, ``"fpir"``, ``"fnir"``.
    events, trials : Counts
        Per pair of subjects; a subject twice where there is only one.
    """

    name: str
    events: Counts
    trials: Counts


class Cell(NamedTuple):
    """Errors and trials of one group, or of one pair of groups.

    Parameters
    ----------
    events, trials : Counts
        Per pair of subjects.
    interval : Interval
        The rate.
    """

    events: Counts
    trials: Counts
    interval: Interval


class Terms(NamedTuple):
    """What the estimates of an evaluation share.

    Parameters
    ----------
    conditions : Conditions
        Without groups.
    level : float
        At which all intervals of one table hold together.
    seed : int
        Of the draws.
    """

    conditions: Conditions
    level: float
    seed: int


def of_pairs(pairs: Comparisons, threshold: float) -> dict[str, Kind]:
    """Return ``fmr`` and ``fnmr`` as far as there are comparisons whose subjects are known.

    Parameters
    ----------
    pairs : Comparisons
        Comparisons.
    threshold : float
        As a similarity.

    Returns
    -------
    dict of str to Kind
    """
    found = {}
    for name, mated in (("fmr", False), ("fnmr", True)):
        side = pairs.mated if mated else pairs.non_mated
        if side.probe is not None and side.reference is not None and side.score.size:
            found[name] = Kind(name, _counts(events_at(pairs, threshold, mated)), _counts(trials(pairs, mated)))
    return found


def of_searches(searches: Searches, threshold: float) -> dict[str, Kind]:
    """Return ``fpir`` and ``fnir`` per probe subject, as far as there are searches of that kind.

    Parameters
    ----------
    searches : Searches
        Searches.
    threshold : float
        As a similarity.

    Returns
    -------
    dict of str to Kind
    """
    found = {}
    for name, mated in (("fpir", False), ("fnir", True)):
        which = searches.mated == mated
        if which.any():
            event = search_events(searches, threshold, mated)
            found[name] = Kind(name, _own(searches.probe[which & event]), _own(searches.probe[which]))
    return found


def search_events(searches: Searches, threshold: float, mated: bool) -> npt.NDArray[np.bool_]:
    """Return which searches miss the mate at the threshold, or show somebody else at or above it; shape (m,)."""
    at = np.float32(threshold)
    if mated:
        return np.asarray(searches.failed | (searches.mate < at))
    if not searches.others.shape[1]:
        return np.zeros(searches.probe.size, np.bool_)
    return np.asarray(~searches.failed & (searches.others[:, 0] >= at))


def split(kind: Kind, cell: Codes, cell_of_events: Codes, n_cells: int) -> list[tuple[Counts, Counts]]:
    """Cut errors and trials into cells.

    Parameters
    ----------
    kind : Kind
        Errors and trials.
    cell, cell_of_events : ndarray of int
        Cell of each row of the trials, and of the events; below 0 for none.
    n_cells : int
        Cells.

    Returns
    -------
    list of (Counts, Counts)
        Events and trials of each cell.
    """
    events, tried = _cut(kind.events, cell_of_events, n_cells), _cut(kind.trials, cell, n_cells)
    return list(zip(events, tried, strict=True))


def by_group(kind: Kind, group: Codes, n_groups: int, n_subjects: int, terms: Terms) -> list[Cell | None]:
    """Return the cell of each group with itself: within a group for pairs, of a probe group for searches.

    Parameters
    ----------
    kind : Kind
        Errors and trials.
    group : ndarray of int32, shape (M,)
        Of each subject.
    n_groups, n_subjects : int
        Groups and subjects.
    terms : Terms
        Level and seed.

    Returns
    -------
    list of (Cell or None)
        None where a group has no trials.
    """
    within = [
        np.where(group[table.first] == group[table.second], group[table.first], NO_GROUP)
        for table in (kind.trials, kind.events)
    ]
    return _measured(split(kind, within[0], within[1], n_groups), n_subjects, terms)


def matrix(kind: Kind, group: Codes, n_groups: int, n_subjects: int, terms: Terms) -> list[list[Cell | None]]:
    """Return the cells of all pairs of groups.

    Parameters
    ----------
    kind : Kind
        Of non-mated comparisons.
    group, n_groups, n_subjects, terms
        As `by_group`.

    Returns
    -------
    list of list of (Cell or None)
        Probe group by reference group; symmetric where nobody can say which side was the probe (`one_sided`).
    """
    folded = one_sided(kind.trials, n_subjects)
    rows = [_cell_numbers(table, group, n_groups, folded) for table in (kind.trials, kind.events)]
    cells = _measured(split(kind, rows[0], rows[1], n_groups * n_groups), n_subjects, terms)
    table = [[cells[g * n_groups + h] for h in range(n_groups)] for g in range(n_groups)]
    if folded:
        table = [[table[min(g, h)][max(g, h)] for h in range(n_groups)] for g in range(n_groups)]
    return table


def one_sided(tried: Counts, n_subjects: int) -> bool:
    """Say whether each two people were compared in one order only, though most of them are on both sides."""
    both = np.intersect1d(tried.first, tried.second).size
    if 2 * both < n_subjects:
        return False
    keys = tried.first.astype(np.int64) * n_subjects + tried.second
    turned = tried.second.astype(np.int64) * n_subjects + tried.first
    return not np.isin(turned[tried.first != tried.second], keys).any()


def estimate(cell: Cell | None, terms: Terms, intervals: int, probe: str, reference: str = "") -> Estimate | None:
    """Return a cell as it leaves.

    Parameters
    ----------
    cell : Cell or None
        Errors and trials.
    terms : Terms
        What all share.
    intervals : int
        That hold together.
    probe, reference : str
        Groups.

    Returns
    -------
    Estimate or None
    """
    if cell is None:
        return None
    found = cell.interval
    where = Conditions(**{**terms.conditions.__dict__, "probe_group": probe, "reference_group": reference})
    together = f"; {intervals} intervals hold together (Bonferroni)" if intervals > 1 else ""
    return Estimate.of(
        found._replace(method=found.method + together, level=terms.level),
        conditions=where,
        distance=HERE,
        caveats=("many_pairs_of_groups",) if intervals > 1 else (),
    )


def with_gallery(
    searches: Searches, threshold: float, group: Codes, found: Sequence[Cell | None], terms: Terms
) -> list[Cell | None]:
    """Return cells of FPIR by probe group with the doubt from who is enrolled, where the candidates' people are known.

    Parameters
    ----------
    searches : Searches
        Searches.
    threshold : float
        As a similarity.
    group : ndarray of int32, shape (M,)
        Of each subject.
    found : sequence of (Cell or None)
        With the doubt from probe subjects alone.
    terms : Terms
        Level and seed.

    Returns
    -------
    list of (Cell or None)
    """
    if searches.others_subject is None:
        return list(found)
    event = search_events(searches, threshold, False)
    level = simultaneous_level(terms.level, max(sum(cell is not None for cell in found), 1))
    out: list[Cell | None] = []
    for number, cell in enumerate(found):
        if cell is None:
            out.append(None)
            continue
        rows = np.flatnonzero(~searches.mated & (group[searches.probe] == number))
        above = (
            (searches.others[rows] >= np.float32(threshold)) & event[rows, None] & (searches.others_subject[rows] >= 0)
        )
        search, place = np.nonzero(above)
        share = 1 / above.sum(axis=1)[search]
        interval = search_interval(
            searches.probe[rows],
            event[rows],
            searches.people.count,
            searches.probe[rows][search],
            searches.others_subject[rows][search, place],
            share,
            level=level,
        )
        out.append(cell._replace(interval=interval))
    return out


def short(tried: Counts, n_subjects: int) -> Counts | Margins:
    """Return trials by sides where everybody met everybody else, which is quicker to weigh."""
    if (tried.first == tried.second).any():
        return tried
    return compact(PairTable(tried.first, tried.second, tried.count), n_subjects)


def _measured(parts: list[tuple[Counts, Counts]], n_subjects: int, terms: Terms) -> list[Cell | None]:
    there = sum(bool(tried.count.size) for _, tried in parts)
    level = simultaneous_level(terms.level, max(there, 1))
    return [
        Cell(events, tried, rate_interval(events, short(tried, n_subjects), n_subjects, level=level))
        if tried.count.size
        else None
        for events, tried in parts
    ]


def _cell_numbers(table: Counts, group: Codes, n_groups: int, folded: bool) -> Codes:
    first, second = group[table.first], group[table.second]
    known = (first >= 0) & (second >= 0)
    if folded:
        first, second = np.minimum(first, second), np.maximum(first, second)
    return np.where(known, first * n_groups + second, NO_GROUP).astype(np.int32)


def _cut(table: Counts, cell: Codes, n_cells: int) -> list[Counts]:
    order = np.argsort(cell, kind="stable")
    edges = np.searchsorted(cell[order], np.arange(n_cells + 1))
    parts = (order[start:stop] for start, stop in itertools.pairwise(edges))
    return [Counts(table.first[rows], table.second[rows], table.count[rows]) for rows in parts]


def _counts(table: PairTable) -> Counts:
    return Counts(table.first, table.second, table.count)


def _own(subjects: Codes) -> Counts:
    who, often = np.unique(subjects, return_counts=True)
    return Counts(who.astype(np.int32), who.astype(np.int32), often.astype(np.int64))
