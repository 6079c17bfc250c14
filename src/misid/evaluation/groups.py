"""How error rates differ between groups at one threshold for all (ISO/IEC 19795-10).

Errors and trials are cut into cells, by group or by pair of groups, each with an interval that rests on people.  From
the cells come measures of how far groups lie apart, what chance alone gives, and what the data could have shown.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons.counts import pair_errors, pair_trials
from misid.evaluation.comparisons.tallied import Known, TalliedPairs
from misid.evaluation.contract import HERE, NO_GROUP, Codes, People, Searches
from misid.evaluation.reading.people import merge_groups
from misid.evaluation.results import Differentials, EvaluationOptions, Terms
from misid.evaluation.searches.counts import false_positives, listed_hits, misses
from misid.quantities import Conditions, Estimate, Interval
from misid.randomness import Purpose, uniforms
from misid.statistics import (
    Array,
    Band,
    CrossCounts,
    PairCounts,
    by_chance,
    events_to_see_ratio,
    fdr_fair,
    gap_range,
    garbe,
    gini,
    gini_range,
    holm,
    max_over_min,
    rate_boxes,
    rate_interval,
    ratio_intervals,
    ratio_of_two,
    resampled_rates,
    search_interval,
    simultaneous_level,
    smallest_ratio_seen,
)
from misid.vocabulary.catalogue import say

REPLICATES = 2_000
MOST_PERMUTATIONS, LEAST_PERMUTATIONS = 999, 99
_ROWS = 60_000_000  # rows of the tables that all permutations together may go through: two seconds or so
_DEALT = 8  # rows that dealing a person a label costs as much as
_LONG = {
    "fmr": "FMR within groups",
    "fnmr": "FNMR",
    "fpir": "FPIR of probe groups",
    "fnir": "FNIR",
}
_TOGETHER = "what intervals of all rates that hold together leave open (at least the level)"


class ErrorCounts(NamedTuple):
    """Errors and trials of one kind of error, by pair of subjects; a subject twice where there is only one."""

    events: PairCounts
    trials: PairCounts | CrossCounts


class Cell(NamedTuple):
    """Errors and trials of one group, or of one pair of groups, and the rate."""

    errors: ErrorCounts
    interval: Interval


Cells = list[Cell | None]
"""One for each group; None where a group has no trials."""


def group_differentials(
    pairs: Known | None, searches: Searches | None, threshold: float, options: EvaluationOptions
) -> Differentials:
    """Return how error rates differ between groups of people.

    Parameters
    ----------
    pairs : Comparisons or TalliedPairs, optional
        With subjects and groups.
    searches : Searches, optional
        Of the same people.
    threshold : float
        One for all groups, as a similarity.
    options : EvaluationOptions
        Image type; the level at which all intervals of one table hold together (Bonferroni); the seed of bootstrap,
        permutations and chance.

    Returns
    -------
    Differentials
        Without groups where none is large enough to be shown.

    Notes
    -----
    One threshold for all, because a system in use has one.  Small groups are merged or left out first: a table of
    groups must reveal nothing about one person.  Ratios lead; gaps (``fdr_fair``) stand at the end with their caveat.
    Source: ISO/IEC 19795-10; FORMULAS 24 and 25.
    """
    at = float(np.float32(threshold))
    people, remarks, probes, references = _merged(pairs, searches)
    if people is None or people.group is None or not (people.group >= 0).any():
        return Differentials((), (), (), (), {}, {}, tuple(remarks))
    group, names = people.group, people.group_names
    errors: dict[str, ErrorCounts] = {} if pairs is None else comparison_errors(pairs, at)
    errors |= {} if searches is None else search_errors(searches, at)
    terms = {name: options.terms(_conditions(name, errors, searches, at), people.count) for name in errors}
    cells = {name: cells_by_group(found, group, len(names), terms[name]) for name, found in errors.items()}
    if searches is not None and "fpir" in cells:
        cells["fpir"] = _with_gallery(searches, at, group, cells["fpir"], terms["fpir"])
    grid = group_matrix(errors["fmr"], group, len(names), terms["fmr"]) if "fmr" in errors else []
    remarks += _composition(names, group, references)
    if isinstance(pairs, TalliedPairs) and "fmr" not in errors:
        remarks.append(say("reading.tallied.groups", n=pairs.n_listed, lowest=pairs.lowest_listed))
    figures: dict[str, Estimate] = {}
    rates = group_rates(cells, names, options.terms(Conditions(), people.count))
    for name, of in rates.items():
        if len(of.groups) > 1:
            more, words = _measures(of, terms[name])
            figures |= more
            remarks += words
    across = within_over_across(grid, terms["fmr"]) if grid else None
    figures |= {} if across is None else {"fmr_within_over_across": across}
    tests, words = _permutation_tests(errors, group, len(names), terms)
    figures |= tests
    remarks += words
    for false_match, miss in (("fmr", "fnmr"), ("fpir", "fnir")):
        if false_match in rates and miss in rates and not (false_match == "fpir" and "garbe" in figures):
            figures |= _joint_measures(rates[false_match], rates[miss], terms[false_match])
    return Differentials(
        names,
        tuple(int((group[probes] == g).sum()) for g in range(len(names))),
        tuple(int((group[references] == g).sum()) for g in range(len(names))),
        _matrix_figures(grid, names, terms["fmr"]) if grid else (),
        {name: _group_figures(cells[name], names, terms[name]) for name in errors if name != "fmr"},
        figures,
        tuple(remarks),
    )


def _merged(pairs: Known | None, searches: Searches | None) -> tuple[People | None, list[str], Codes, Codes]:
    """Return people with small groups merged, remarks on that, and who is on either side."""
    people = pairs.people if pairs is not None and pairs.people is not None else searches and searches.people
    nobody = np.empty(0, np.int32)
    if not isinstance(people, People) or people.group is None:
        return None, [say("reading.merge.nobody")], nobody, nobody
    first, second = subjects_by_side(pairs, searches)
    merged, remarks = merge_groups(people, first, second)
    # Groups that were merged before come back as they are; remarks made then are not made again.
    return merged, list(remarks) if merged.group_names != people.group_names else [], first, second


def subjects_by_side(pairs: Known | None, searches: Searches | None) -> tuple[Codes, Codes]:
    """Return the subjects of probes, and of references as far as they are known, rising."""
    probes, references = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    if isinstance(pairs, TalliedPairs):
        probes.append(np.flatnonzero(pairs.trials.probe).astype(np.int32))
        references.append(np.flatnonzero(pairs.trials.reference).astype(np.int32))
    elif pairs is not None:
        for side in (pairs.mated, pairs.non_mated):
            probes += [] if side.probe is None else [side.probe]
            references += [] if side.reference is None else [side.reference]
    if searches is not None:
        probes.append(searches.probe)
        references.append(searches.probe[searches.mated])
        if searches.others_subject is not None:
            references.append(searches.others_subject[searches.others_subject >= 0].ravel())
    return _each_once(probes), _each_once(references)


def _each_once(codes: Sequence[Codes]) -> Codes:
    """Return every subject once, rising; marks are quicker than sorting all comparisons."""
    there = np.zeros(1 + max(int(some.max(initial=-1)) for some in codes), np.bool_)
    for some in codes:
        there[some] = True
    return np.flatnonzero(there).astype(np.int32)


def _conditions(
    name: str, errors: Mapping[str, ErrorCounts], searches: Searches | None, threshold: float
) -> Conditions:
    decades = None
    if "fmr" in errors and (events := errors["fmr"].events.total):
        decades = -math.log10(events / errors["fmr"].trials.total)
    if name in ("fpir", "fnir") and searches is not None:
        return Conditions(searches.n_references, searches.n_enrolled, decades, score=threshold, gallery="as measured")
    return Conditions(threshold=decades, score=threshold)


def _composition(names: Sequence[str], group: Codes, references: Codes) -> list[str]:
    """Return a sentence on who is in the gallery: FPIR of a probe group rests on it."""
    known = group[references]
    known = known[known >= 0]
    if not known.size:
        return []
    shares = np.bincount(known, minlength=len(names)) / known.size
    listed = ", ".join(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True))
    return [f"People with references, as far as the data name them: {listed}; FPIR of a group rests on that mix."]


# Errors and trials, cell by cell.


def comparison_errors(pairs: Known, threshold: float) -> dict[str, ErrorCounts]:
    """Count ``fmr`` and ``fnmr`` as far as there are comparisons whose subjects are known."""
    found = {}
    for name, mated in (("fmr", False), ("fnmr", True)):
        if isinstance(pairs, TalliedPairs):
            events, tried = pairs.errors(threshold, mated), pairs.mated_trials if mated else pairs.trials
            if events is not None and tried.total:
                found[name] = ErrorCounts(events, tried)
            continue
        side = pairs.mated if mated else pairs.non_mated
        if side.probe is not None and side.reference is not None and side.score.size:
            found[name] = ErrorCounts(pair_errors(pairs, threshold, mated), pair_trials(pairs, mated))
    return found


def search_errors(searches: Searches, threshold: float) -> dict[str, ErrorCounts]:
    """Count ``fpir`` and ``fnir`` by probe subject, as far as there are searches of that kind."""
    events = {"fpir": false_positives(searches, threshold), "fnir": misses(searches, threshold)}
    return {name: ErrorCounts(*of.by_subject(searches.people.count)) for name, of in events.items() if of.number.size}


def cells_by_group(errors: ErrorCounts, group: Codes, n_groups: int, terms: Terms) -> Cells:
    """Return the cell of each group with itself: within a group for pairs, of a probe group for searches."""
    place = np.full((n_groups, n_groups), NO_GROUP)
    np.fill_diagonal(place, np.arange(n_groups))
    return _cells(errors, group, place, terms)


def group_matrix(errors: ErrorCounts, group: Codes, n_groups: int, terms: Terms) -> list[Cells]:
    """Return the cells of all pairs of groups, probe group by reference group.

    Symmetric, with each cell across groups twice, where nobody can tell which side was the probe (`one_sided`).
    """
    place = np.arange(n_groups * n_groups).reshape(n_groups, n_groups)
    if one_sided(errors.trials):
        place = np.minimum(place, place.T)
    cells = _cells(errors, group, place, terms)
    return [[cells[number] for number in row] for row in place]


def one_sided(tried: PairCounts | CrossCounts) -> bool:
    """Return whether each two people were compared in one order only, though most of them are on both sides."""
    if isinstance(tried, CrossCounts):
        return tried.unordered
    both = np.intersect1d(tried.first, tried.second).size
    if 2 * both < tried.subjects:
        return False
    turned = tried.second.astype(np.int64) * tried.subjects + tried.first
    return not np.isin(turned[tried.first != tried.second], tried.keys).any()


def _with_gallery(searches: Searches, threshold: float, group: Codes, found: Cells, terms: Terms) -> Cells:
    """Return cells of FPIR whose variance also allows for who is enrolled, where candidates' subjects are known."""
    if searches.others_subject is None:
        return found
    level = simultaneous_level(terms.level, max(sum(cell is not None for cell in found), 1))
    event = (searches.others[:, 0] >= np.float32(threshold)) & ~searches.failed

    def widened(cell: Cell, number: int) -> Cell:
        own = ~searches.mated & (group[searches.probe] == number)
        hits = listed_hits(searches, own, threshold)
        sides = hits.probe, hits.reference, hits.share
        interval = search_interval(searches.probe[own], event[own], terms.people, *sides, level=level)
        return cell._replace(interval=interval)

    return [None if cell is None else widened(cell, number) for number, cell in enumerate(found)]


def _cells(errors: ErrorCounts, group: Codes, place: npt.NDArray[np.integer], terms: Terms) -> Cells:
    """Cut errors and trials into cells; ``place`` numbers those of probe and reference group, below 0 for none."""
    tables = [ErrorCounts(*cut) for cut in zip(*(_cut(table, group, place) for table in errors), strict=True)]
    level = simultaneous_level(terms.level, max(sum(of.trials.total > 0 for of in tables), 1))
    return [
        Cell(of, rate_interval(of.events, of.trials.compact(), level=level)) if of.trials.total else None
        for of in tables
    ]


def _cut(
    table: PairCounts | CrossCounts, group: Codes, place: npt.NDArray[np.integer]
) -> list[PairCounts] | list[CrossCounts]:
    if isinstance(table, CrossCounts):
        probe, reference = ([np.where(group == g, side, 0) for g in range(len(place))] for side in _sides(table))
        cells = [CrossCounts(np.zeros_like(table.probe), np.zeros_like(table.probe))] * (int(place.max()) + 1)
        # A cell across groups that has both orders as one holds each pair once already.
        for (g, h), cell in reversed([*np.ndenumerate(place)]):
            if cell >= 0:
                cells[cell] = CrossCounts(probe[g], reference[h], table.unordered and g == h)
        return cells
    first, second = group[table.first], group[table.second]
    cell = np.where((first >= 0) & (second >= 0), place[first, second], NO_GROUP)
    order = np.argsort(cell, kind="stable")
    edges = np.searchsorted(cell[order], np.arange(place.max() + 2))
    return [table.rows(order[start:stop]) for start, stop in itertools.pairwise(edges)]


def _group_figures(cells: Cells, names: Sequence[str], terms: Terms) -> dict[str, Estimate]:
    there = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    return {name: _cell_figure(cell, terms, len(there), name) for name, cell in there.items()}


def _matrix_figures(
    grid: Sequence[Cells], names: Sequence[str], terms: Terms
) -> tuple[tuple[Estimate | None, ...], ...]:
    there = len({id(cell) for row in grid for cell in row if cell is not None})
    return tuple(
        tuple(cell and _cell_figure(cell, terms, there, probe, other) for other, cell in zip(names, row, strict=True))
        for probe, row in zip(names, grid, strict=True)
    )


def _cell_figure(cell: Cell, terms: Terms, intervals: int, probe: str, reference: str = "") -> Estimate:
    found = cell.interval
    together = f"; {intervals} intervals hold together (Bonferroni)" if intervals > 1 else ""
    return Estimate.of(
        found._replace(method=found.method + together, level=terms.level),
        conditions=replace(terms.conditions, probe_group=probe, reference_group=reference),
        distance=HERE,
        caveats=("many_pairs_of_groups",) if intervals > 1 else (),
    )


# How far groups lie apart.


class GroupRates(NamedTuple):
    """Errors of one kind in the groups that have trials.

    ``drawn`` holds replicates of the rates, shape (G, B), of the same people in every group and kind of error.
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

        A group with a handful of errors tells nothing of it by itself.
        """
        found = [cell.interval for cell in self.cells]
        naive = np.array([i.value * (1 - i.value) for i in found]) / self.trials
        known = (self.events > 0) & (naive > 0)
        if not known.any():
            return 1.0
        grown = np.square([i.standard_error for i in found])[known] / naive[known]
        return float(np.average(np.maximum(grown, 1.0), weights=self.events[known]))

    @property
    def effective_trials(self) -> Array:
        """Independent trials that each group is worth, shape (G,)."""
        worth: Array = np.maximum(self.trials / self.design_effect, 1.0)
        return worth

    @property
    def rough(self) -> bool:
        """Whether the interval of any group is."""
        return any(cell.interval.rough for cell in self.cells)

    def only(self, groups: Sequence[str]) -> GroupRates:
        """Return the rates of some groups."""
        place = [self.groups.index(group) for group in groups]
        return GroupRates(self.name, tuple(groups), tuple(self.cells[i] for i in place), self.drawn[place])

    def counted(self, found: Interval) -> Interval:
        """Return a measure with the errors and trials of all groups."""
        return found._replace(events=round(self.events.sum()), trials=round(self.trials.sum()), rough=self.rough)


def group_rates(cells: Mapping[str, Cells], names: Sequence[str], terms: Terms) -> dict[str, GroupRates]:
    """Draw the replicates of all kinds of error, in the groups that have trials."""
    there = {
        kind: [(group, cell) for group, cell in zip(names, row, strict=True) if cell is not None]
        for kind, row in cells.items()
    }
    drawn = _drawn([cell.errors for row in there.values() for _, cell in row], terms)
    found, start = {}, 0
    for kind, row in there.items():
        part = drawn[start : start + len(row)]
        found[kind] = GroupRates(kind, tuple(group for group, _ in row), tuple(cell for _, cell in row), part)
        start += len(row)
    return found


def within_over_across(grid: Sequence[Cells], terms: Terms) -> Estimate | None:
    """Return FMR within groups over FMR across groups; None where either has no comparison, or there is no error."""
    # A folded table holds each cell across groups twice, under one identity.
    cells = {id(cell): (g != h, cell.errors) for g, row in enumerate(grid) for h, cell in enumerate(row) if cell}
    tables = []
    for apart in (False, True):
        of = [errors for across, errors in cells.values() if across == apart]
        if not of:
            return None
        listed = [errors.trials for errors in of if isinstance(errors.trials, PairCounts)]
        tried = _joined(listed) if listed else replace(_crossed(grid), apart=apart)
        tables.append(ErrorCounts(_joined(errors.events for errors in of), tried))
    errors, trials = (np.array([table.total for table in side], np.float64) for side in zip(*tables, strict=True))
    if not errors.sum():
        return None
    found = ratio_of_two(errors, trials, _drawn(tables, terms), terms.level, seed=terms.seed)
    found = found._replace(events=round(errors.sum()), trials=round(trials.sum()))
    return _measure(found, terms, "ratio", float(errors.min()))


def _measures(rates: GroupRates, terms: Terms) -> tuple[dict[str, Estimate], list[str]]:
    """Return the measures of one kind of error in at least two groups, and sentences on them."""
    name, events, tried, level = rates.name, rates.events, rates.trials, terms.level

    def figure(found: Interval, unit: str) -> Estimate:
        return _measure(rates.counted(found), terms, unit, float(events.min()))

    top, mean = ratio_intervals(events, tried, rates.drawn, level, seed=terms.seed)
    boxes = rate_boxes(events, tried, rates.drawn, level, seed=terms.seed)
    figures = {
        f"{name}_max_over_min": figure(top, "ratio"),
        f"{name}_max_over_geometric_mean": figure(mean, "ratio"),
        f"{name}_gini": figure(Interval(float(gini(events / tried)), *gini_range(boxes), level, _TOGETHER), "share"),
    }
    if not events.sum():
        none = f"{_LONG[name]}: no group has an error, so nothing can be said of ratios between groups."
        return figures, [none, _power(rates)]
    pooled = float(events.sum() / tried.sum())
    chance = by_chance(max_over_min, top.value, rates.effective_trials, pooled, level=level, seed=terms.seed)
    as_far = "chance of a ratio at least this large if all groups had the same rate"
    figures[f"{name}_max_over_min_by_chance"] = figure(chance._replace(low=1.0), "ratio")
    figures[f"{name}_max_over_min_p_value"] = figure(Interval(chance.p_value, None, None, None, as_far), "probability")
    largest = (
        f"{_LONG[name]}: the largest rate is {top.value:.3g} times the smallest. "
        f"If all {events.size} groups were alike, {chance.value:.3g} would come up half the time, "
        f"and {top.value:.3g} or more {_often(chance.p_value)}."
    )
    return figures, [largest, _power(rates)]


def _joint_measures(false_matches: GroupRates, misses: GroupRates, terms: Terms) -> dict[str, Estimate]:
    """Return the measures that weigh both kinds of error: GARBE, FDR_fair and the inequity rate.

    Groups that have only one kind are left out; empty where fewer than two have both.
    """
    both = [group for group in false_matches.groups if group in misses.groups]
    if len(both) < 2:
        return {}
    first, second = (rates.only(both) for rates in (false_matches, misses))
    whole = GroupRates("", first.groups * 2, first.cells + second.cells, np.concatenate([first.drawn, second.drawn]))
    boxes = rate_boxes(whole.events, whole.trials, whole.drawn, terms.level, seed=terms.seed)
    sides = [Band(*ends) for ends in zip(*(np.split(of, 2) for of in boxes), strict=True)]
    x, y = (rates.events / rates.trials for rates in (first, second))
    unequal_low, unequal_high = ((a + b) / 2 for a, b in zip(*map(gini_range, sides), strict=True))
    least, most = ((a + b) / 2 for a, b in zip(*map(gap_range, sides), strict=True))
    unequal = Interval(float(garbe(x, y)), unequal_low, unequal_high, terms.level, f"alpha 0.5; {_TOGETHER}")
    words = f"1 less the mean of both largest gaps: blind where rates are small; {_TOGETHER}"
    fair = Interval(float(fdr_fair(x, y)), 1 - most, 1 - least, terms.level, words)
    # Each ratio takes half of what may go wrong, so that their product holds at the level.
    part = 1 - (1 - terms.level) / 2
    one, other = (ratio_intervals(r.events, r.trials, r.drawn, part, seed=terms.seed)[0] for r in (first, second))
    low, high = (a * b for a, b in zip(one.ends, other.ends, strict=True))
    words = "product of both ratios of largest to smallest, powers 1"
    product = Interval(one.value * other.value, low, high if np.isfinite(high) else None, terms.level, words)

    def figure(found: Interval, unit: str) -> Estimate:
        # Caveats are those of false matches.
        counted = whole.counted(found)._replace(rough=first.rough)
        return _measure(counted, terms, unit, float(first.events.min()))

    return {
        "garbe": figure(unequal, "share"),
        "inequity_rate": figure(product, "ratio"),
        "fdr_fair": figure(fair, "share").with_caveats("absolute_gap"),
    }


def _measure(found: Interval, terms: Terms, unit: str, fewest: float) -> Estimate:
    """Return a measure as a figure; it rests on the errors of the group with the fewest."""
    if found.low is not None and found.high is None:
        words = f"{found.method}; no upper end, since a rate without an error may be nothing"
        found = found._replace(method=words)
    return Estimate.of(found, conditions=terms.conditions, distance=HERE, unit=unit, errors=round(fewest))


def _drawn(tables: Sequence[ErrorCounts], terms: Terms) -> Array:
    quick = [(events, tried.compact()) for events, tried in tables]
    drawn = resampled_rates(quick, seed=terms.seed, replicates=REPLICATES)
    # A replicate that leaves out everybody who was tried in a group says nothing of it: the rate as seen stands in.
    seen = np.array([events.total / tried.total for events, tried in tables])
    return np.clip(np.where(np.isfinite(drawn), drawn, seen[:, None]), 0.0, 1.0)


def _joined(tables: Iterable[PairCounts]) -> PairCounts:
    return functools.reduce(operator.add, tables)


def _crossed(grid: Sequence[Cells]) -> CrossCounts:
    """Return the trials of all cells as one full cross comparison of people with groups."""
    # A folded table holds each cell across groups twice, under one identity: the first has the right sides.
    cells = {id(cell): (g, h, cell) for g, row in reversed([*enumerate(grid)]) for h, cell in enumerate(row) if cell}
    probe, reference, group = (np.zeros(next(iter(cells.values()))[2].errors.trials.subjects, np.int64) for _ in "prg")
    unordered = False
    for g, h, cell in cells.values():
        tried = cell.errors.trials
        assert isinstance(tried, CrossCounts)
        for side, total, label in ((tried.probe, probe, g), (tried.reference, reference, h)):
            np.maximum(total, side, out=total)
            group[side > 0] = label
        unordered |= tried.unordered
    return CrossCounts(probe, reference, unordered, group)


def _sides(tried: CrossCounts) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return tried.probe, tried.reference


def _power(rates: GroupRates) -> str:
    """Return a sentence on what the group with the fewest errors lets a test see."""
    needed = events_to_see_ratio()
    events = rates.events
    fewest = int(events.argmin())
    worth = float(events[fewest] / rates.trials[fewest] * rates.effective_trials[fewest])
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


# Whether groups differ at all.


def permutation_test(errors: ErrorCounts, group: Codes, n_groups: int, seed: int, pairs: bool) -> Interval | None:
    """Test whether group labels have any bearing on errors, by permuting the labels among the people.

    The value is the share of permutations that part the groups at least as far as the data do; the data count as one.
    None where there is no error, or fewer than two groups have trials.  ``group`` is that of each subject, below 0 for
    none; in ``pairs`` an error belongs to two people (FMR), else to one (FNMR, FPIR, FNIR).

    Statistic: sum over cells of ``(events - expected)^2 / expected``, the expected events those of one rate for all.
    A person keeps all errors and trials; only labels move, and only among people on the same side or sides.  So a few
    people with many errors do not make groups differ, as they would if comparisons were shuffled.

    Where people are mistaken for people of their own group more often than for others, labels have a bearing although
    all groups fare alike within themselves: the test shows that groups matter, not which way.
    """
    grouped = group >= 0
    events = errors.events.rows(grouped[errors.events.first] & grouped[errors.events.second])
    sides = np.zeros(group.size, np.int64)
    if isinstance(errors.trials, CrossCounts):
        probe, reference = (np.where(grouped, of, 0) for of in _sides(errors.trials))
        quick: PairCounts | CrossCounts = CrossCounts(probe, reference, errors.trials.unordered)
        sides += (probe > 0) + 2 * (reference > 0)
    else:
        tried = errors.trials.rows(grouped[errors.trials.first] & grouped[errors.trials.second])
        sides[tried.first] |= 1
        sides[tried.second] |= 2
        quick = tried.compact()
    rows = quick.count.size if isinstance(quick, PairCounts) else 0
    folded = pairs and one_sided(errors.trials)
    people = np.flatnonzero(sides)
    if not events.count.sum() or np.unique(group[people]).size < 2:
        return None
    people = people[np.argsort(sides[people], kind="stable")]
    side = sides[people]
    seen = _chi_square(events, quick, group, n_groups, pairs, folded)
    wanted = int(
        np.clip(_ROWS // (rows + events.count.size + _DEALT * people.size), LEAST_PERMUTATIONS, MOST_PERMUTATIONS)
    )
    reached, labels, everybody = 0, group.copy(), np.arange(group.size)
    for turn in range(wanted):
        if turn % 4 == 0:
            luck = uniforms(seed, Purpose.PERMUTATION, everybody, 2 + turn // 4)[:, people]
        labels[people] = group[people[np.argsort(side + luck[turn % 4])]]  # draws are below 1
        # Sums of the same cells in another order may differ in the last digits.
        reached += _chi_square(events, quick, labels, n_groups, pairs, folded) >= seen * (1 - 1e-9)
    words = f"{wanted} deals of group labels among people"
    return Interval((1 + reached) / (1 + wanted), None, None, None, words, errors.events.total, errors.trials.total)


def _permutation_tests(
    errors: Mapping[str, ErrorCounts], group: Codes, n_groups: int, terms: Mapping[str, Terms]
) -> tuple[dict[str, Estimate], list[str]]:
    """Test each kind of error, and allow for how many tests there are."""
    every = {
        name: permutation_test(of, group, n_groups, terms[name].seed, pairs=name == "fmr")
        for name, of in errors.items()
    }
    tests = {name: found for name, found in every.items() if found is not None}
    raised = dict(zip(tests, holm([found.value for found in tests.values()]).tolist(), strict=True))
    figures = {
        f"{name}_alike_p_value": Estimate.of(
            found._replace(value=raised[name], method=f"{found.method}; Holm over {len(tests)}"),
            conditions=terms[name].conditions,
            distance=HERE,
        )
        for name, found in tests.items()
    }
    number = f"{len(tests)} such test{'s' if len(tests) > 1 else ''}"
    kinds = _LONG | {"fmr": "FMR within and across groups"}
    return figures, [
        f"{kinds[name]}: if group labels had no bearing on errors, rates as uneven as these would come up "
        f"{_often(p)} (labels dealt anew among people; allowing for {number})."
        for name, p in raised.items()
    ]


def _chi_square(
    events: PairCounts, tried: PairCounts | CrossCounts, group: Codes, n_groups: int, pairs: bool, folded: bool
) -> float:
    seen, expected = _cell_sums(events, group, n_groups, pairs), _cell_sums(tried, group, n_groups, pairs)
    if folded:  # of two people nobody can tell which was the probe: cells across groups hold both
        seen, expected = (np.triu(of + of.T - np.diag(of.diagonal())) for of in (seen, expected))
    expected = expected * (seen.sum() / expected.sum())
    there = expected > 0
    return float((np.square(seen - expected)[there] / expected[there]).sum())


def _cell_sums(table: PairCounts | CrossCounts, group: Codes, n_groups: int, pairs: bool) -> Array:
    if isinstance(table, CrossCounts):
        # People without a group have no trials here; any cell will do for their nothing.
        own = np.maximum(group, 0)
        probes, references, same = (
            np.bincount(own, side, n_groups) for side in (table.probe, table.reference, table.probe * table.reference)
        )
        crossed: Array = (np.outer(probes, references) - np.diag(same)).astype(np.float64)
        return crossed / 2 if table.unordered else crossed
    cell: npt.NDArray[np.integer] = group[table.first]
    if not pairs:
        return np.bincount(cell, table.count, n_groups).astype(np.float64)
    cell = cell * n_groups + group[table.second]
    return np.bincount(cell, table.count, n_groups * n_groups).astype(np.float64).reshape(n_groups, n_groups)
