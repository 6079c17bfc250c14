"""Measures of how far groups lie apart, with intervals, what chance gives, and what the data could have shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import HERE
from misid.evaluation.differentials.tables import Cell, Terms, short
from misid.quantities import Estimate, Interval
from misid.statistics import (
    Array,
    Band,
    Counts,
    by_chance,
    events_to_see_ratio,
    fdr_fair,
    gap_range,
    garbe,
    gini,
    gini_range,
    max_over_min,
    rate_boxes,
    ratio_intervals,
    ratio_of_two,
    replicates,
    smallest_ratio_seen,
)

REPLICATES = 2_000
_LONG = {
    "fmr": "FMR within groups",
    "fnmr": "FNMR",
    "fpir": "FPIR of probe groups",
    "fnir": "FNIR",
}


class Rates(NamedTuple):
    """Errors of one kind in the groups that have trials.

    Parameters
    ----------
    name : str
        ``"fmr"``, ``"fnmr"``, ``"fpir"``, ``"fnir"``.
    groups : tuple of str
        Their names.
    cells : tuple of Cell
        Of each.
    drawn : ndarray of float64, shape (G, B)
        Replicates of the rates, of the same people in every group and kind.
    """

    name: str
    groups: tuple[str, ...]
    cells: tuple[Cell, ...]
    drawn: Array

    @property
    def events(self) -> Array:
        """Errors, shape (G,)."""
        return np.array([cell.interval.events for cell in self.cells], np.float64)

    @property
    def trials(self) -> Array:
        """Trials, shape (G,)."""
        return np.array([cell.interval.trials for cell in self.cells], np.float64)

    @property
    def design_effect(self) -> float:
        """How many times the variance grows because people share errors; of all groups together, at least 1.

        A group with a handful of errors says nothing of it by itself.
        """
        found = [cell.interval for cell in self.cells]
        naive = np.array([i.value * (1 - i.value) for i in found]) / self.trials
        known = (self.events > 0) & (naive > 0)
        if not known.any():
            return 1.0
        grown = np.square([i.standard_error for i in found])[known] / naive[known]
        return float(np.average(np.maximum(grown, 1.0), weights=self.events[known]))

    @property
    def effective(self) -> Array:
        """Independent trials that each group is worth, shape (G,)."""
        worth: Array = np.maximum(self.trials / self.design_effect, 1.0)
        return worth


def rates_of(
    cells: Mapping[str, Sequence[Cell | None]], names: Sequence[str], n_subjects: int, seed: int
) -> dict[str, Rates]:
    """Draw the replicates of all kinds of error, in the groups that have trials.

    Parameters
    ----------
    cells : mapping of str to sequence of (Cell or None)
        By kind of error: the cell of each group.
    names : sequence of str
        All groups.
    n_subjects : int
        Subjects (M).
    seed : int
        Of the draws.

    Returns
    -------
    dict of str to Rates
    """
    there = {
        kind: [(group, cell) for group, cell in zip(names, row, strict=True) if cell is not None]
        for kind, row in cells.items()
    }
    drawn = _drawn([(cell.events, cell.trials) for row in there.values() for _, cell in row], n_subjects, seed)
    found, start = {}, 0
    for kind, row in there.items():
        part = drawn[start : start + len(row)]
        found[kind] = Rates(kind, tuple(group for group, _ in row), tuple(cell for _, cell in row), part)
        start += len(row)
    return found


def measures(rates: Rates, terms: Terms) -> tuple[dict[str, Estimate], list[str]]:
    """Return the measures of one kind of error, and what is to be said of them.

    Parameters
    ----------
    rates : Rates
        Of at least two groups.
    terms : Terms
        What all estimates share.

    Returns
    -------
    figures : dict of str to Estimate
        ``max_over_min``, ``max_over_geometric_mean``, ``gini``, ``max_over_min_by_chance``, ``max_over_min_p_value``,
        each with the kind of error in front.
    said : list of str
        Sentences.
    """
    name, events, trials = rates.name, rates.events, rates.trials
    drawn, level = rates.drawn, terms.level
    top, mean = ratio_intervals(events, trials, drawn, level, seed=terms.seed)
    unequal = Interval(
        float(gini(events / trials)),
        *gini_range(rate_boxes(events, trials, drawn, level, seed=terms.seed)),
        level,
        "what intervals of all rates that hold together leave open (at least the level)",
    )
    figures = {
        f"{name}_max_over_min": _figure(rates, top, terms, "ratio"),
        f"{name}_max_over_geometric_mean": _figure(rates, mean, terms, "ratio"),
        f"{name}_gini": _figure(rates, unequal, terms, "share"),
    }
    said = [_power(rates)]
    if not events.sum():
        return figures, [
            f"{_LONG[name]}: no group has an error, so nothing can be said of ratios between groups.",
            *said,
        ]
    pooled = float(events.sum() / trials.sum())
    chance = by_chance(max_over_min, top.value, rates.effective, pooled, level=level, seed=terms.seed)
    figures[f"{name}_max_over_min_by_chance"] = _figure(rates, chance._replace(low=1.0), terms, "ratio")
    as_far = "chance of a ratio at least this large if all groups had the same rate"
    p_value = _figure(rates, Interval(chance.p_value, None, None, None, as_far), terms, "probability")
    figures[f"{name}_max_over_min_p_value"] = p_value
    said.insert(
        0,
        f"{_LONG[name]}: the largest rate is {top.value:.3g} times the smallest. "
        f"If all {events.size} groups were alike, {chance.value:.3g} would come up half the time, "
        f"and {top.value:.3g} or more {_often(chance.p_value)}.",
    )
    return figures, said


def together(false_matches: Rates, misses: Rates, terms: Terms) -> dict[str, Estimate]:
    """Return the measures that weigh both kinds of error: GARBE, FDR_fair and the inequity rate.

    Parameters
    ----------
    false_matches, misses : Rates
        Of the same people; groups that have only one of them are left out.
    terms : Terms
        What all estimates share.

    Returns
    -------
    dict of str to Estimate
        Empty where fewer than two groups have both.
    """
    both = [group for group in false_matches.groups if group in misses.groups]
    if len(both) < 2:
        return {}
    pair = [_only(rates, both) for rates in (false_matches, misses)]
    events = np.concatenate([rates.events for rates in pair])
    trials = np.concatenate([rates.trials for rates in pair])
    drawn = np.concatenate([rates.drawn for rates in pair])
    boxes = rate_boxes(events, trials, drawn, terms.level, seed=terms.seed)
    half = len(both)
    sides = [Band(*(of[part] for of in boxes)) for part in (slice(half), slice(half, None))]
    x, y = (rates.events / rates.trials for rates in pair)
    ginis, gaps = [gini_range(side) for side in sides], [gap_range(side) for side in sides]
    words = "what intervals of all rates that hold together leave open (at least the level)"
    unequal = Interval(
        float(garbe(x, y)),
        (ginis[0][0] + ginis[1][0]) / 2,
        (ginis[0][1] + ginis[1][1]) / 2,
        terms.level,
        f"alpha 0.5; {words}",
    )
    fair = Interval(
        float(fdr_fair(x, y)),
        1 - (gaps[0][1] + gaps[1][1]) / 2,
        1 - (gaps[0][0] + gaps[1][0]) / 2,
        terms.level,
        f"1 less the mean of both largest gaps: blind where rates are small; {words}",
    )
    # Each ratio has a share of the doubt, so that their product holds at the level.
    part = 1 - (1 - terms.level) / 2
    one, other = (ratio_intervals(r.events, r.trials, r.drawn, part, seed=terms.seed)[0] for r in pair)
    low, high = (a * b for a, b in zip(one.ends, other.ends, strict=True))
    product = Interval(
        one.value * other.value,
        low,
        high if np.isfinite(high) else None,
        terms.level,
        "product of both ratios of largest to smallest, powers 1",
    )
    # Caveats are those of false matches.
    shape, totals = pair[0], (round(events.sum()), round(trials.sum()))
    return {
        "garbe": _figure(shape, unequal, terms, "share", totals),
        "inequity_rate": _figure(shape, product, terms, "ratio", totals),
        "fdr_fair": _figure(shape, fair, terms, "share", totals).with_caveats("absolute_gap"),
    }


def within_over_across(
    cells: Sequence[Sequence[Cell | None]], n_subjects: int, terms: Terms, shape: Estimate
) -> Estimate | None:
    """Return FMR within groups over FMR across groups.

    Parameters
    ----------
    cells : sequence of sequence of (Cell or None)
        Probe group by reference group.
    n_subjects : int
        Subjects (M).
    terms : Terms
        What all estimates share.
    shape : Estimate
        Whose conditions it has.

    Returns
    -------
    Estimate or None
        None where there are no comparisons of one kind, or no error.
    """
    # A folded table holds each cell across groups twice, under one identity.
    kinds: tuple[dict[int, Cell], dict[int, Cell]] = ({}, {})
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            if cell is not None:
                kinds[row != column][id(cell)] = cell
    if not all(kinds):
        return None
    tables = [
        (_joined([cell.events for cell in kind.values()]), _joined([cell.trials for cell in kind.values()]))
        for kind in kinds
    ]
    events = np.array([table[0].count.sum() for table in tables], np.float64)
    trials = np.array([table[1].count.sum() for table in tables], np.float64)
    if not events.sum():
        return None
    found = ratio_of_two(events, trials, _drawn(tables, n_subjects, terms.seed), terms.level, seed=terms.seed)
    return Estimate.of(
        _open_above(found)._replace(events=round(events.sum()), trials=round(trials.sum())),
        conditions=shape.conditions,
        distance=HERE,
        unit="ratio",
        errors=round(events.min()),
    )


def _drawn(tables: Sequence[tuple[Counts, Counts]], n_subjects: int, seed: int) -> Array:
    quick = [(events, short(tried, n_subjects)) for events, tried in tables]
    drawn = replicates(quick, n_subjects, seed=seed, replicates=REPLICATES)
    # A replicate that leaves out everybody who was tried in a group says nothing of it: the rate as seen stands in.
    seen = np.array([events.count.sum() / tried.count.sum() for events, tried in tables])
    return np.clip(np.where(np.isfinite(drawn), drawn, seen[:, None]), 0.0, 1.0)


def _figure(rates: Rates, found: Interval, terms: Terms, unit: str, totals: tuple[int, int] | None = None) -> Estimate:
    """Return a measure as it leaves; it rests on the errors of the group with the fewest."""
    events, trials = totals or (round(rates.events.sum()), round(rates.trials.sum()))
    rough = any(cell.interval.rough for cell in rates.cells)
    return Estimate.of(
        _open_above(found)._replace(events=events, trials=trials, rough=rough),
        conditions=terms.conditions,
        distance=HERE,
        unit=unit,
        errors=round(rates.events.min()),
    )


def _open_above(found: Interval) -> Interval:
    """Say why there is no upper end, where there is none."""
    if found.low is None or found.high is not None:
        return found
    return found._replace(method=f"{found.method}; no upper end, since a rate without an error may be nothing")


def _only(rates: Rates, groups: Sequence[str]) -> Rates:
    place = [rates.groups.index(group) for group in groups]
    return Rates(rates.name, tuple(groups), tuple(rates.cells[i] for i in place), rates.drawn[place])


def _joined(tables: Sequence[Counts]) -> Counts:
    return Counts(*(np.concatenate(column) for column in zip(*tables, strict=True)))


def _power(rates: Rates) -> str:
    """Say what the group with the fewest errors lets a test see."""
    needed = events_to_see_ratio()
    events = rates.events
    fewest = int(events.argmin())
    worth = float(events[fewest] / rates.trials[fewest] * rates.effective[fewest])
    have = f"{_LONG[rates.name]}: {needed.lower:.0f} errors are needed in the group with the lower rate (and "
    have += f"{needed.higher:.0f} in the other) to see a doubling with 80% power; "
    have += f"{rates.groups[fewest]} has {events[fewest]:,.0f}"
    if events[fewest] and worth < 0.95 * events[fewest]:
        have += f", worth {worth:.3g} independent ones"
    seen = float(smallest_ratio_seen(worth))
    if not events[fewest] or seen > 1000:
        return have + ": no ratio would show."
    return have + f": only ratios from {seen:.3g} up would show."


def _often(p: float) -> str:
    return f"{p:.0%} of the time" if p >= 0.01 else "less than 1% of the time"


def alike_words(p_values: Mapping[str, float]) -> list[str]:
    """Return a sentence for each permutation test."""
    tests = f"{len(p_values)} such test{'s' if len(p_values) > 1 else ''}"
    kinds = _LONG | {"fmr": "FMR within and across groups"}
    return [
        f"{kinds[name]}: if group labels had no bearing on errors, rates as uneven as these would come up "
        f"{_often(p)} (labels dealt anew among people; allowing for {tests})."
        for name, p in p_values.items()
    ]
