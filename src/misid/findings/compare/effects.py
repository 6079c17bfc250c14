"""What each rule removes and what it loses against the rule in force, by cause and status: differences on the same inputs.

Every rule is applied to the same people at the same points, and the difference is taken there.  A difference that is
zero by construction is therefore exactly zero: a second reader and wrong records, a document and supported actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from misid.expected import OF_RULE, Array, answer, answers_under, apply_rule, reads, strata
from misid.findings.estimates import Estimates, stacked
from misid.findings.questions.registry import CAUSES
from misid.scenario import Scenario, rule_named, rule_parts

PHIS = (1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9)
REFERENCE = 0.01  # where sentences stand if nobody knows the threshold
RANGES = ("enrolled", "record_error", "rule")  # what moves a difference, one at a time
REMOVED = ("unsupported", *CAUSES, "disbelieved_document")
LOST = ("supported",)
FINGERPRINTS = ("fingerprint_wrong_person", "fingerprint_wrong_record", "fingerprint_supported")
COUNTED = (*REMOVED, *LOST, *FINGERPRINTS)
EVERYBODY = "all"  # everybody, beside the statuses
SLACK = 1e-9  # relative; less is rounding


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
    x : Estimates
        The rules of its scenario are compared, the one in force first; each a name, or several joined by ``+``.  Its
        rows, ``places``, are the operating points, the strictest first, then phi alone.
    """

    def __init__(self, x: Estimates) -> None:
        self.x, self.scenario, self.rules = x, x.scenario, x.model.rules
        # Without a floor everybody gets a name, and phi is 1.
        phis = x.reachable(PHIS) if self.scenario.candidates.floor else ()
        over = [x.model.at_phi(phis)] if phis else []
        self.base = stacked([x.all_points, *over])
        alone = (replace(p, phi=phi) for points in over for p, phi in zip(x.places(points), phis, strict=True))
        self.places = (*(x.place(name) for name in x.names), *alone)
        ends = [end for of in ("enrolled", "record_error") for end in x.model.ends(self.base, of)]
        self._points = stacked([self.base, *ends])
        self._answers = answer(self._points, x.stop)
        cells = strata(self.scenario, x.stop)
        self.statuses = tuple(dict.fromkeys(cell.status for cell in cells))
        self._member = np.array([[1.0, *(float(cell.status == s) for s in self.statuses)] for cell in cells])
        self._kept: dict[object, Array] = {}

    @property
    def reference(self) -> int:
        """The row at which sentences stand: the scenario's own threshold, or 1 stranger in 100."""
        if len(self.x.names) == 1 or not self.scenario.candidates.floor:
            return 0
        return next((i for i, place in enumerate(self.places) if not place.point and place.phi == REFERENCE), 0)

    def count(self, rule: str, outcome: str, status: str = EVERYBODY) -> Array:
        """Return people with an outcome under a rule, of everybody or of one status, shape (rows,)."""
        cells = self._cells(rule, outcome, ())[: len(self.places)]
        return np.asarray((cells @ self._member)[:, self._column(status)], float)

    def difference(self, rule: str, outcome: str, status: str = EVERYBODY) -> Difference:
        """Return an outcome under the rule in force minus the same under another rule: people removed, or lost."""
        force, column, n = self.scenario.rule, self._column(status), len(self.places)

        def gap(ends: Mapping[str, str]) -> Array:
            # By cell first: what is the same in every cell differs by exactly nothing.
            cells = self._cells(force, outcome, ()) - self._cells(rule, outcome, tuple(ends.items()))
            return np.asarray((cells @ self._member)[:, column], float)

        value, enrolled_low, enrolled_high, error_low, error_high = gap({}).reshape(5, n)
        mine = [path for key, paths in uncertain(self.scenario, rule).items() if key not in OF_RULE for path in paths]
        own = [gap(ends)[:n] for ends in _corners(mine)]
        ranges = {
            "enrolled": _extremes(value, enrolled_low, enrolled_high),
            "record_error": _extremes(value, error_low, error_high),
            "rule": _extremes(value, *own),
        }
        return Difference(value, ranges)

    def untouched(self, rule: str) -> tuple[str, ...]:
        """Return the causes of unsupported actions, among those that occur, that a rule cannot change at all."""
        return tuple(c for c in CAUSES if self.count(self.scenario.rule, c).any() and self.difference(rule, c).zero)

    def helps(self, rule: str) -> bool:
        """Say whether a rule, at its own numbers, has fewer unsupported actions than the rule in force at every row.

        And does so at both ends of who is enrolled, and of how often records are wrong.
        """
        d = self.difference(rule, "unsupported")
        return all(bool((x > 0).all()) for x in (d.value, *d.ranges["enrolled"], *d.ranges["record_error"]))

    def order(self, first: str, second: str) -> str:
        """Say whether a rule has fewer unsupported actions than another wherever the numbers of both go.

        ``always``: never more, and somewhere fewer, at every row, whoever is enrolled and however often records are
        wrong; ``never``: the other way round; ``same`` everywhere; else ``depends``.  A number that a rule shares with
        the rule in force, and an input that both read, is moved for both at once.
        """
        numbers = [
            {key: paths for key, paths in uncertain(self.scenario, rule).items() if "right_hit" not in key}
            for rule in (first, second)
        ]
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
            return "same"
        return "always" if is_low else "never" if is_high else "depends"

    def without_hit(self, rule: str) -> tuple[Array, Array]:
        """Return people without a hit under a rule, and unsupported actions if one in a hundred of them is acted on."""
        points, stop = self.base, self.x.stop
        answers = answers_under(points, stop, answer(points, stop), rule)
        numbers = [self.scenario.rules[part].no_hit_action for part in rule_parts(rule)]
        none, some = (
            apply_rule(points.changed(*((q, share) for q in numbers)), stop, answers, rule) for share in (0.0, 0.01)
        )
        size = self.x.size * answers.part
        more = size * (some.unsupported - none.unsupported)
        return (size * answers.no_hit).sum(axis=1), more.sum(axis=1)

    def to_json(self) -> dict[str, object]:
        """Return every count and difference as plain JSON types: rule by outcome by status, one number a row."""
        who = (EVERYBODY, *self.statuses)

        def of(rule: str, outcome: str, status: str) -> dict[str, object]:
            found = self.difference(rule, outcome, status)
            plain: dict[str, object] = {"value": found.value.tolist()}
            if found.zero:
                return plain
            ends = {by: {"low": low.tolist(), "high": high.tolist()} for by, (low, high) in found.ranges.items()}
            return plain | ends

        force, others = self.rules[0], self.rules[1:]
        return {
            "of": self.x.size,
            "rows": [{"point": place.point, "phi": place.phi} for place in self.places],
            "in_force": {o: {s: self.count(force, o, s).tolist() for s in who} for o in COUNTED},
            "less_than_in_force": {r: {o: {s: of(r, o, s) for s in who} for o in COUNTED} for r in others},
        }

    def _column(self, status: str) -> int:
        return (EVERYBODY, *self.statuses).index(status)

    def _cells(self, rule: str, outcome: str, ends: tuple[tuple[str, str], ...]) -> Array:
        """Return people with an outcome by cell, at all points, with some numbers of the rule at an end."""
        if (rule, ends, outcome) not in self._kept:
            inputs = self.x.model.all_inputs
            points = self._points.moved({path: getattr(inputs[path], end) for path, end in ends})
            found = apply_rule(points, self.x.stop, answers_under(points, self.x.stop, self._answers, rule), rule)
            total = self.x.size * self._answers.part
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


def _extremes(*found: Array) -> tuple[Array, Array]:
    return np.min(found, axis=0), np.max(found, axis=0)


def uncertain(scenario: Scenario, rule: str) -> dict[str, tuple[str, ...]]:
    """Return the paths of a rule's uncertain numbers, by a key that two rules have in common if it is one number.

    A number with the value and range of the rule in force is taken for that rule's own: its key is its name.
    """
    known, force = scenario.quantities(), rule_named(scenario, scenario.rule)
    found: dict[str, tuple[str, ...]] = {p: (p,) for p in sorted(reads(scenario, rule)) if known[p].swept}
    for part, name in product(rule_parts(rule), OF_RULE):
        q, other, path = getattr(scenario.rules[part], name), getattr(force, name), f"rules.{part}.{name}"
        if q.swept:
            key = name if (q.value, q.low, q.high) == (other.value, other.low, other.high) else path
            found[key] = (*found.get(key, ()), path)
    return found
