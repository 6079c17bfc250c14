"""Unsupported actions as each rule's own numbers move, and which rule is lower wherever they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from misid.expected import NUMBERS, Array
from misid.findings.compare.effects import (
    DESIGN,
    Surface,
    Verdict,
    is_always_lower,
    own_numbers,
    shared_points,
    surfaces,
    unsupported,
)
from misid.findings.figures import photographed
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.reckon import Reckoner
from misid.findings.words import capital, label
from misid.quantities import Quantity
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

STEPS = 11
NO_HIT = "no_hit_action"  # apart: it takes everybody without a hit, and dwarfs the rest
LEAST_SEEN = 0.02  # of the highest value; a smaller move is a level line on paper and stands in the table alone
Order = Mapping[tuple[str, str], Verdict]


@dataclass(frozen=True)
class RuleCurve:
    """Unsupported actions under one rule over the range of one number, all else at best values.

    Parameters
    ----------
    rule, name : str
        The rule, and the last part of the number's path.
    quantity : Quantity
        The number.
    x : ndarray, shape (n,)
        Values over its range, best value and ends among them, rising.
    y : mapping of Mode to ndarray, shape (n,)
        Unsupported actions per ``use.people`` photographed.
    """

    rule: str
    name: str
    quantity: Quantity
    x: Array
    y: Mapping[Mode, Array]

    @property
    def flat(self) -> bool:
        """Whether the number moves nothing."""
        return all(float(np.ptp(y)) <= 1e-9 * float(np.abs(y).max()) for y in self.y.values())

    def at(self, mode: Mode) -> tuple[float, float, float]:
        """Return what stands at the low end, the best value and the high end."""
        best = int(np.searchsorted(self.x, self.quantity.value))
        return float(self.y[mode][0]), float(self.y[mode][best]), float(self.y[mode][-1])


def effect_curves(reckoner: Reckoner) -> tuple[RuleCurve, ...]:
    """Return one curve for each number of each rule, the rule in force first."""
    found = []
    for rule in reckoner.rules:
        for path, q in own_numbers(reckoner, rule).items():
            x = np.unique([*np.linspace(q.low, q.high, STEPS), q.value])
            points = reckoner.best().rows(np.zeros(len(x), np.intp)).moved({path: x})
            y = {mode: unsupported(reckoner, mode, rule, points) for mode in reckoner.modes}
            found.append(RuleCurve(rule, path.rpartition(".")[2], q, x, y))
    return tuple(found)


def order(reckoner: Reckoner) -> Order:
    """Say of each two rules whether the first is lower in every mode, wherever their numbers and all shared ones go."""
    points = shared_points(reckoner)
    return ordered([surfaces(reckoner, mode, points) for mode in reckoner.modes])


def ordered(found: list[dict[str, Surface]]) -> Order:
    """Compare every two rules in every mode: what is not so in all of them depends.

    Parameters
    ----------
    found : list of dict
        For each mode the surfaces by rule.
    """
    said: dict[tuple[str, str], Verdict] = {}
    for one, other in combinations(found[0], 2):
        each = {is_always_lower(by_rule[one], by_rule[other]) for by_rule in found} - {"the same"}
        verdict: Verdict = "the same" if not each else each.pop() if len(each) == 1 else "depends"
        turned: Mapping[Verdict, Verdict] = {"always": "never", "never": "always"}
        said[one, other], said[other, one] = verdict, turned.get(verdict, verdict)
    return said


def lower_than(said: Order, rules: tuple[str, ...], rule: str, verdict: Verdict) -> list[str]:
    """Return the rules of which it is said that they are lower than one: ``always``, ``never`` and so on."""
    return [other for other in rules if other != rule and said[other, rule] == verdict]


def curves_section(reckoner: Reckoner, found: tuple[RuleCurve, ...], said: Order) -> Section:
    """Return the section: pictures of all curves in each mode, their ends as a table, and the table of orders."""
    moving = [curve for curve in found if not curve.flat]
    still = _still(reckoner, found)
    rules = reckoner.rules
    pairs = list(combinations(rules, 2))
    ranked = [pair for pair in pairs if said[pair] in ("always", "never")]
    text = (
        f"Each rule's own numbers, moved one at a time over their ranges; all else at best values. {_ranked(len(ranked), len(pairs))} "
        f"Two rules are ranked only if one is never higher wherever the numbers of both go, with everything that they share "
        f"held equal, at the best values of what they share and at {DESIGN} points all over its ranges."
    )
    if still:
        text += f" Without any effect on unsupported actions: {'; '.join(still)}."
    charts = tuple(
        chart
        for mode in reckoner.modes
        for about, here in (
            ("one number moves", [c for c in moving if c.name != NO_HIT]),
            ("people without a hit are acted on", [c for c in moving if c.name == NO_HIT]),
        )
        for chart in _charts(reckoner, here, mode, about)
    )
    return Section(
        "curves", "How each rule moves with what is not known about it", text, {}, (_orders(reckoner, said),), charts
    )


def _still(reckoner: Reckoner, found: tuple[RuleCurve, ...]) -> list[str]:
    """Name the numbers that move nothing; with their rules where the same number moves something under others."""
    said = []
    for name in NUMBERS:
        rules = [_title(reckoner, c.rule) for c in found if c.name == name and c.flat]
        alone = all(c.flat for c in found if c.name == name)
        if rules:
            said.append(NUMBERS[name].words + ("" if alone else f" (where {', '.join(rules)})"))
    return said


def _ranked(count: int, pairs: int) -> str:
    if count == 0:
        return f"None of the {pairs} pairs of rules can be ranked."
    return f"Of the {pairs} pairs of rules {count} can be ranked; the other {pairs - count} cannot."


def _title(reckoner: Reckoner, rule: str) -> str:
    return reckoner.scenario.rules[rule].title


def _unit(reckoner: Reckoner) -> str:
    return f"unsupported actions per {reckoner.scenario.use.people:,} photographed"


def _charts(reckoner: Reckoner, moving: list[RuleCurve], mode: Mode, about: str) -> tuple[ChartData, ...]:
    """Draw the curves of one mode that move enough to be seen, and in each panel the rule in force; none if none do."""
    in_force = reckoner.scenario.rule
    base = float(unsupported(reckoner, mode, in_force, reckoner.best())[0])
    top = max((float(c.y[mode].max()) for c in moving), default=0.0)
    seen = [curve for curve in moving if float(np.ptp(curve.y[mode])) >= LEAST_SEEN * top]
    if not seen:
        return ()
    records = []
    for name in NUMBERS:
        here = [curve for curve in seen if curve.name == name]
        drawn = [(curve.rule, x, y) for curve in here for x, y in zip(curve.x, curve.y[mode], strict=True)]
        if here and all(curve.rule != in_force for curve in here):
            ends = (min(float(c.x[0]) for c in here), max(float(c.x[-1]) for c in here))
            drawn = [(in_force, x, base) for x in ends] + drawn
        records += [
            {
                "x": float(x),
                "y": float(y),
                "series": _title(reckoner, rule),
                "panel": NUMBERS[name].words,
                "x_title": NUMBERS[name].unit,
                "y_title": _unit(reckoner),
                "order": reckoner.rules.index(rule),
            }
            for rule, x, y in drawn
        ]
    small = "" if len(seen) == len(moving) else " Numbers that move less than can be seen stand in the table alone."
    chart = ChartData(
        "curves",
        f"{capital(_unit(reckoner))} as {about} ({label(mode)})",
        f"A level line is the rule in force at its best values. Rules whose lines cross are not ranked.{small}",
        tuple(records),
        _ends(reckoner, moving, mode),
    )
    return (chart,)


def _ends(reckoner: Reckoner, moving: list[RuleCurve], mode: Mode) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            NUMBERS[curve.name].words,
            _title(reckoner, curve.rule),
            f"{curve.quantity.low:g} to {curve.quantity.high:g}, best {curve.quantity.value:g}",
            *curve.at(mode),
        )
        for name in NUMBERS
        for curve in moving
        if curve.name == name
    )
    return Table(
        f"{capital(_unit(reckoner))}, one number moved at a time ({label(mode)})",
        ("number", "rule", "range", "at its low end", "at its best value", "at its high end"),
        rows,
        f"Closed form, of {photographed(reckoner)}; all other inputs at best values. Where two readers must agree, each "
        "stays as good as their joint rates say at the best correlation, and the correlation alone is moved.",
        reckoner.distance(mode, counted=(Counted.ACTIONS,)),
    )


def _orders(reckoner: Reckoner, said: Order) -> Table:
    """Return the table of who is lower than whom; rules have numbers there, so that it is no wider than it must be."""
    rules = reckoner.rules
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{i}. {_title(reckoner, rule)}" + (" (in force)" if i == 1 else ""),
            *("–" if other == rule else said[rule, other] for other in rules),
        )
        for i, rule in enumerate(rules, start=1)
    )
    return Table(
        "Is the rule of the row lower than the rule of the column?",
        ("rule", *(f"than {i}" for i in range(1, len(rules) + 1))),
        rows,
        "By unsupported actions, all causes together. Always: never higher, and lower somewhere, in every reading. Never: "
        "never lower. Depends: lower here and higher there, so the two are not ranked. A number in which a rule does not "
        "differ from the rule in force is moved for both at once.",
    )
