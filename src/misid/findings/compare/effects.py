"""What each rule removes and what it loses against the rule in force, by cause and status: differences on the same inputs.

Every rule is applied to the same people at the same points, and the difference is taken there.  A difference that is
zero by construction is therefore exactly zero: a second reader and wrong records, a document and supported actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from misid.expected import (
    OF_RULE,
    Answers,
    Array,
    Outcomes,
    Points,
    ScenarioModel,
    answer,
    answers_under,
    apply_rule,
    phi_of,
    reads,
    strata,
)
from misid.findings.estimates import Estimates
from misid.quantities import Quantity
from misid.scenario import PASSES, Scenario, rule_named, rule_parts
from misid.statistics import both_pass, shifted, single_from_both

PHIS = (1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9)
REFERENCE = 0.01  # where sentences stand if nobody knows the threshold
RANGES = ("enrolled", "record_error", "rule")  # what moves a difference, one at a time
REMOVED = ("unsupported", "wrong_person", "wrong_record", "not_verified", "disbelieved_document")
LOST = ("supported",)
FINGERPRINTS = ("fingerprint_wrong_person", "fingerprint_wrong_record", "fingerprint_supported")
COUNTED = (*REMOVED, *LOST, *FINGERPRINTS)
EVERYBODY = "all"  # everybody, beside the statuses
SLACK = 1e-9  # relative; less is rounding


@dataclass(frozen=True)
class Row:
    """A threshold at which rules are compared: an operating point by its name, or phi alone."""

    point: str
    phi: float


@dataclass(frozen=True)
class Difference:
    """One outcome under the rule in force minus the same under another, at every row; each array has shape (rows,)."""

    value: Array
    ranges: Mapping[str, tuple[Array, Array]]  # by what moves it: lowest and highest difference

    @property
    def zero(self) -> bool:
        """Whether it is exactly zero at every row, wherever any range goes."""
        ends = [end for pair in self.ranges.values() for end in pair]
        return not any(x.any() for x in (self.value, *ends))


class RuleEffects:
    """Rules beside the one in force, in expected numbers of people, at every operating point and over phi.

    Parameters
    ----------
    model : ScenarioModel
        Its rules are compared, the one in force first; each a name, or several joined by ``+``.
    """

    def __init__(self, model: ScenarioModel) -> None:
        self.model = model
        self.scenario: Scenario = model.scenario
        self.rules = model.rules
        base, self.rows = _rows(model)
        self._count = len(self.rows)
        ends = [end for of in ("enrolled", "record_error") for end in model.ends(base, of)]
        self._points = stacked([base, *ends])
        self._stop = self.scenario.headline_stop
        self._answers = answer(self._points, self._stop)
        cells = strata(self.scenario, self._stop)
        self.statuses = tuple(dict.fromkeys(cell.status for cell in cells))
        self._member = np.array([[1.0, *(float(cell.status == s) for s in self.statuses)] for cell in cells])
        self._kept: dict[object, Array] = {}

    @property
    def base(self) -> Points:
        """The points of the rows, at the scenario's values."""
        return self._points.rows(np.arange(self._count))

    @property
    def reference(self) -> int:
        """The row at which sentences stand: the scenario's own threshold, or 1 stranger in 100."""
        if len(self.model.points) == 1 or not self.scenario.candidates.floor:
            return 0
        return next((i for i, row in enumerate(self.rows) if not row.point and row.phi == REFERENCE), 0)

    def count(self, rule: str, outcome: str, status: str = EVERYBODY) -> Array:
        """Return people with an outcome under a rule, of everybody or of one status, shape (rows,)."""
        cells = self._cells(rule, outcome, ())[: self._count]
        return np.asarray((cells @ self._member)[:, self._column(status)], float)

    def difference(self, rule: str, outcome: str, status: str = EVERYBODY) -> Difference:
        """Return an outcome under the rule in force minus the same under another rule: people removed, or lost."""
        force, column, n = self.scenario.rule, self._column(status), self._count

        def gap(ends: Mapping[str, str]) -> Array:
            # By cell first: what is the same in every cell differs by exactly nothing.
            cells = self._cells(force, outcome, ()) - self._cells(rule, outcome, tuple(ends.items()))
            return np.asarray((cells @ self._member)[:, column], float)

        value, enrolled_low, enrolled_high, error_low, error_high = gap({}).reshape(5, n)
        own = [gap(ends)[:n] for ends in _corners(own_numbers(self.scenario, rule))]
        ranges = {
            "enrolled": _extremes(value, enrolled_low, enrolled_high),
            "record_error": _extremes(value, error_low, error_high),
            "rule": _extremes(value, *own),
        }
        return Difference(value, ranges)

    def untouched(self, rule: str) -> tuple[str, ...]:
        """Return the causes of unsupported actions, among those that occur, that a rule cannot change at all."""
        causes = ("wrong_person", "wrong_record", "not_verified")
        return tuple(c for c in causes if self.count(self.scenario.rule, c).any() and self.difference(rule, c).zero)

    def order(self, first: str, second: str) -> str:
        """Say whether a rule has fewer unsupported actions than another wherever the numbers of both go.

        ``always``: never more, and somewhere fewer, at every row, whoever is enrolled and however often records are
        wrong; ``never``: the other way round; ``the same`` everywhere; else ``depends``.  A number that a rule shares
        with the rule in force, and an input that both read, is moved for both at once.
        """
        numbers = [shared_numbers(self.scenario, rule) for rule in (first, second)]
        together = [key for key in numbers[0] if key in numbers[1]]
        is_low = is_high = True
        for ends in product(("low", "high"), repeat=len(together)):
            fixed = dict(zip(together, ends, strict=True))
            (low, high), (other_low, other_high) = (
                self._bounds(rule, own, fixed) for rule, own in zip((first, second), numbers, strict=True)
            )
            slack = SLACK * max(float(np.abs(high).max()), float(np.abs(other_high).max()))
            is_low &= bool((high <= other_low + slack).all())
            is_high &= bool((low >= other_high - slack).all())
        if is_low and is_high:
            return "the same"
        return "always" if is_low else "never" if is_high else "depends"

    def without_hit(self, rule: str) -> tuple[Array, Array]:
        """Return people without a hit under a rule, and unsupported actions if one in a hundred of them is acted on."""
        points, stop = self.base, self._stop
        answers = answers_under(points, stop, answer(points, stop), rule)
        numbers = [self.scenario.rules[part].no_hit_action for part in rule_parts(rule)]
        none, some = (
            apply_rule(points.changed(*((q, share) for q in numbers)), stop, answers, rule) for share in (0.0, 0.01)
        )
        size = float(self.scenario.use.people) * answers.part
        more = size * (some.unsupported - none.unsupported)
        return (size * answers.no_hit).sum(axis=1), more.sum(axis=1)

    def to_json(self) -> dict[str, object]:
        """Return every count and difference as plain JSON types: rule by outcome by status, one number a row."""
        who = (EVERYBODY, *self.statuses)

        def of(rule: str, outcome: str, status: str) -> dict[str, object]:
            found = self.difference(rule, outcome, status)
            plain: dict[str, object] = {"value": found.value.tolist()}
            return (
                plain
                if found.zero
                else plain
                | {by: {"low": low.tolist(), "high": high.tolist()} for by, (low, high) in found.ranges.items()}
            )

        force, others = self.rules[0], self.rules[1:]
        return {
            "of": self.scenario.use.people,
            "rows": [{"point": row.point, "phi": row.phi} for row in self.rows],
            "in_force": {o: {s: self.count(force, o, s).tolist() for s in who} for o in COUNTED},
            "less_than_in_force": {r: {o: {s: of(r, o, s) for s in who} for o in COUNTED} for r in others},
        }

    def _column(self, status: str) -> int:
        return (EVERYBODY, *self.statuses).index(status)

    def _cells(self, rule: str, outcome: str, ends: tuple[tuple[str, str], ...]) -> Array:
        """Return people with an outcome by cell, at all points, with some numbers of the rule at an end."""
        if (rule, ends, outcome) not in self._kept:
            inputs = self.model.all_inputs
            points = self._points.moved({path: getattr(inputs[path], end) for path, end in ends})
            found = outcomes_under(points, self._stop, self._answers, rule)
            total = float(self.scenario.use.people) * self._answers.part
            self._kept |= {(rule, ends, name): total * getattr(found, name) for name in COUNTED}
        return self._kept[rule, ends, outcome]

    def _bounds(
        self, rule: str, numbers: Mapping[str, tuple[str, ...]], fixed: Mapping[str, str]
    ) -> tuple[Array, Array]:
        """Return the fewest and most unsupported actions at all points, some numbers fixed at an end."""
        at = {path: end for key, end in fixed.items() for path in numbers[key]}
        free = [path for key, paths in numbers.items() if key not in fixed for path in paths]
        found = [self._cells(rule, "unsupported", tuple((at | ends).items())).sum(axis=1) for ends in _corners(free)]
        return _extremes(*found)


def _corners(paths: Sequence[str]) -> Iterator[dict[str, str]]:
    """Go through the ends of some numbers: those of rules together, from where they spare least to where they spare most.

    Every outcome is linear in each of the others, so that nothing between their ends lies outside.
    """
    of_rules = {path: OF_RULE[path.rpartition(".")[2]] for path in paths if path.startswith("rules.")}
    alone = [path for path in paths if path not in of_rules]
    for harsh in (True, False):
        level = {path: "high" if number.spares is not harsh else "low" for path, number in of_rules.items()}
        for ends in product(("low", "high"), repeat=len(alone)):
            yield level | dict(zip(alone, ends, strict=True))


def stacked(points: Sequence[Points]) -> Points:
    """Return the rows of several points one below the other; all have the same scenario and a threshold."""
    first = points[0]
    values = {path: np.concatenate([p.values[path] for p in points]) for path in first.values}
    columns: dict[str, Any] = {}
    for name in (one.name for one in fields(first) if one.name not in ("scenario", "values")):
        found = [getattr(p, name) for p in points]
        if any(x is not None for x in found):
            parts = [np.zeros(len(p)) if x is None else x for x, p in zip(found, points, strict=True)]
            columns[name] = np.concatenate(parts)
    return replace(first, values=values, **columns)


def _rows(model: ScenarioModel) -> tuple[Points, tuple[Row, ...]]:
    """Return the points at which rules are compared, and what they are called: operating points by phi, then phi."""
    named = [(name, model.at(name)) for name in model.points]
    phi = {name: float(phi_of(points, model.mix)[0]) for name, points in named}
    named.sort(key=lambda pair: phi[pair[0]])
    rows = [Row(name, phi[name]) for name, _ in named]
    points = [p for _, p in named]
    phis = Estimates(model).reachable(PHIS)
    if phis and model.scenario.candidates.floor:  # without a floor everybody gets a name, and phi is 1
        rows += [Row("", x) for x in phis]
        points.append(model.at_phi(phis))
    return stacked(points), tuple(rows)


def _extremes(*found: Array) -> tuple[Array, Array]:
    return np.min(found, axis=0), np.max(found, axis=0)


def _rule_numbers(scenario: Scenario, rule: str) -> Iterator[tuple[str, str, Quantity]]:
    """Go through name, path and quantity of the numbers that stand in a rule, or in those that it joins."""
    for part in rule_parts(rule):
        for name in OF_RULE:
            yield name, f"rules.{part}.{name}", getattr(scenario.rules[part], name)


def _is_shared(scenario: Scenario, name: str, q: Quantity) -> bool:
    return same_number(q, getattr(rule_named(scenario, scenario.rule), name))


def same_number(one: Quantity, other: Quantity) -> bool:
    """Say whether two numbers have the same value and range, so that they are taken for one."""
    return (one.value, one.low, one.high) == (other.value, other.low, other.high)


def _read(scenario: Scenario, rule: str) -> list[str]:
    known = scenario.quantities()
    return [path for path in sorted(reads(scenario, rule)) if known[path].swept]


def own_numbers(scenario: Scenario, rule: str) -> list[str]:
    """Return the paths of a rule's uncertain numbers that are not those of the rule in force."""
    of_rule = [p for name, p, q in _rule_numbers(scenario, rule) if q.swept and not _is_shared(scenario, name, q)]
    return [*of_rule, *_read(scenario, rule)]


def shared_numbers(scenario: Scenario, rule: str) -> dict[str, tuple[str, ...]]:
    """Return the paths of a rule's uncertain numbers, by a key that two rules have in common if it is one number."""
    found: dict[str, tuple[str, ...]] = {path: (path,) for path in _read(scenario, rule)}
    for name, path, q in _rule_numbers(scenario, rule):
        if q.swept and name != "right_hit_passes":
            key = name if _is_shared(scenario, name, q) else path
            found[key] = (*found.get(key, ()), path)
    return found


def outcomes_under(points: Points, stop: str, answers: Answers, rule: str) -> Outcomes:
    """Return what follows under a rule, its readers swayed by label and quota as the points say."""
    seen = answers_under(points, stop, answers, rule)
    return apply_rule(swayed(points, rule), stop, seen, rule)


def swayed(points: Points, rule: str) -> Points:
    """Return points at which a rule's pass rates are those after label, quota and likeness of errors have moved them.

    Each reader stays as good as the pass rates of both say at the correlation that the scenario gives (FORMULAS 11); a
    shift moves each criterion, another correlation moves how often both pass.
    """
    checks = points.scenario.checks
    shift, together = points[checks.label_shift] + points[checks.pressure], points[checks.reader_correlation]
    meant = checks.reader_correlation.value
    if not shift.any() and (together == meant).all():
        return points
    form, parts = rule_named(points.scenario, rule), [points.scenario.rules[part] for part in rule_parts(rule)]
    moved: list[tuple[Quantity, Array | float]] = []
    for name in PASSES if form.readers else ():
        first, *others = (getattr(part, name) for part in parts)
        rate = np.prod([points[getattr(part, name)] for part in parts], axis=0)
        if form.readers == 2:
            rate = both_pass(shifted(_alone(tuple(rate.tolist()), meant), shift), together)
        else:
            rate = shifted(rate, shift)
        # Where rules are joined the readers of all of them are moved together, as one.
        moved += [(first, rate), *((other, 1.0) for other in others)]
    return points.changed(*moved)


@lru_cache(maxsize=256)
def _alone(rates: tuple[float, ...], together: float) -> Array:
    """Return how often each of two readers passes what both pass at these rates."""
    return single_from_both(np.array(rates), np.full(len(rates), together))
