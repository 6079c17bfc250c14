"""What each rule does as its own numbers move, in closed form, and which of two rules is lower wherever they go.

A rule's own numbers are those in which it differs from the rule in force; whatever else it reads is one and the same
number for all rules, and is moved for all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np

from misid.expected import (
    OF_RULE,
    Answers,
    Array,
    Outcomes,
    Points,
    answer,
    apply_rule,
    design,
    points_at,
    reads,
)
from misid.findings.reckon import N_PATH, Reckoner
from misid.quantities import Quantity
from misid.statistics import both_pass, shifted, single_from_both
from misid.vocabulary import Mode

PASSES = ("wrong_person_passes", "wrong_record_passes", "right_hit_passes")
LABEL, PRESSURE, ALIKE = "checks.label_shift", "checks.pressure", "checks.reader_correlation"
DESIGN = 128  # points at which inputs that all rules share are moved together
BENT = 3  # values of an input that does not act in proportion; two are enough for one that does
SLACK = 1e-9  # relative; less is rounding
Verdict = Literal["always", "never", "depends", "the same"]


@dataclass(frozen=True)
class Surface:
    """Unsupported actions under one rule wherever its numbers go.

    Parameters
    ----------
    axes : tuple of str
        Names of the numbers that are moved; a name that two surfaces share is one number.
    values : ndarray
        One axis for each number, and a last one for the points of the inputs that all rules share.
    """

    axes: tuple[str, ...]
    values: Array


def is_always_lower(first: Surface, second: Surface) -> Verdict:
    """Say whether one rule is lower than another wherever their numbers go.

    Parameters
    ----------
    first, second : Surface
        Shared numbers have the same levels in both.

    Returns
    -------
    str
        ``always``: never higher, and somewhere lower.  ``never``: never lower, and somewhere higher.  ``the same``
        everywhere.  ``depends`` otherwise: the two are not ranked.
    """
    shared = [axis for axis in first.axes if axis in second.axes]
    (low, high), (other_low, other_high) = (_ends(surface, shared) for surface in (first, second))
    slack = SLACK * max(float(np.abs(high).max()), float(np.abs(other_high).max()))
    is_low, is_high = bool((high <= other_low + slack).all()), bool((low >= other_high - slack).all())
    if is_low and is_high:
        return "the same"
    return "always" if is_low else "never" if is_high else "depends"


def _ends(surface: Surface, shared: Sequence[str]) -> tuple[Array, Array]:
    """Return lowest and highest value over the numbers that are not shared, one axis for each shared one in order."""
    alone = tuple(i for i, axis in enumerate(surface.axes) if axis not in shared)
    left = [axis for axis in surface.axes if axis in shared]
    order = [*(left.index(axis) for axis in shared), len(left)]
    return surface.values.min(axis=alone).transpose(order), surface.values.max(axis=alone).transpose(order)


def own_numbers(reckoner: Reckoner, rule: str) -> dict[str, Quantity]:
    """Return the numbers in which a rule differs from the rule in force and that are not known to a point.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the scenario.
    rule : str
        Name of a rule; the rule in force has all its numbers for its own.
    """
    scenario = reckoner.scenario
    mine, base = scenario.rules[rule], scenario.rules[scenario.rule]
    found = {
        f"rules.{rule}.{name}": getattr(mine, name)
        for name in OF_RULE
        if rule == scenario.rule or not same_number(getattr(mine, name), getattr(base, name))
    }
    found |= {path: reckoner.inputs[path] for path in sorted(reads(scenario, rule))}
    if any(q.high > 0.0 and q.low < 1.0 for q in (getattr(mine, name) for name in PASSES)) and mine.readers:
        known = reckoner.inputs | reckoner.simulated_inputs
        found |= {path: known[path] for path in (LABEL, PRESSURE, *([ALIKE] if mine.readers == 2 else []))}
    return {path: q for path, q in found.items() if q.swept}


def same_number(one: Quantity, other: Quantity) -> bool:
    """Say whether two numbers have the same value and range, so that they are taken for one."""
    return (one.value, one.low, one.high) == (other.value, other.low, other.high)


def read_faces(reckoner: Reckoner, rule: str, points: Points) -> Points:
    """Return points at which a rule's pass rates are those after label, quota and likeness of errors have moved.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the correlation at which the scenario's pass rates of two readers are meant.
    rule : str
        Name of a rule.
    points : Points
        With the ``checks`` that are moved; those that are not there are at their best values.

    Notes
    -----
    Each reader stays as good as the pass rates of both say at the best correlation (FORMULAS 11, and item 11's pair of
    readers); a shift moves each criterion, another correlation moves how often both pass.
    """
    form = reckoner.scenario.rules[rule]
    checks = reckoner.scenario.checks
    if not form.readers:
        return points

    shift = points[checks.label_shift] + points[checks.pressure]
    together = points[checks.reader_correlation]
    meant = checks.reader_correlation.value
    if not shift.any() and (form.readers == 1 or (together == meant).all()):
        return points
    moved = []
    for field in (form.wrong_person_passes, form.wrong_record_passes, form.right_hit_passes):
        # Many points differ in what no reader sees, and what they share is reckoned once.
        known, where = np.unique(np.stack([points[field], shift, together]), axis=1, return_inverse=True)
        rate, by, correlation = known
        if form.readers == 2:
            rate = both_pass(shifted(_alone(tuple(rate.tolist()), meant), by), correlation)
        else:
            rate = shifted(rate, by)
        moved.append((field, rate[where.reshape(-1)]))
    return points.changed(*moved)


@lru_cache(maxsize=256)
def _alone(rates: tuple[float, ...], together: float) -> Array:
    """Return how often each of two readers passes what both pass at these rates; corners ask for a few over and over."""
    return single_from_both(np.array(rates), np.full(len(rates), together))


def outcomes(reckoner: Reckoner, answers: Answers, rule: str, points: Points) -> Outcomes:
    """Return what follows under a rule, its readers as moved as the points say."""
    return apply_rule(read_faces(reckoner, rule, points), reckoner.scenario.headline_stop, answers, rule)


def total(reckoner: Reckoner, answers: Answers, x: Array) -> Array:
    """Return people per ``use.people`` photographed from a probability by cell, shape (P,)."""
    return float(reckoner.scenario.use.people) * np.asarray((answers.part * x).sum(axis=1), float)


def unsupported(reckoner: Reckoner, mode: Mode, rule: str, points: Points) -> Array:
    """Return unsupported actions under one rule per ``use.people`` photographed, shape (P,)."""
    answers = answer(points, reckoner.scenario.headline_stop, mode)
    return total(reckoner, answers, outcomes(reckoner, answers, rule, points).unsupported)


def shared_points(reckoner: Reckoner) -> Points:
    """Return the best values, then `DESIGN` points all over the ranges of what all rules share.

    The gallery's size is an axis of the page and stays; the numbers of rules are at their best values here.
    """
    read = reckoner.read_by(reckoner.scenario.headline_stop, ())
    swept = {
        path: q
        for path, q in read.items()
        if q.swept and path != N_PATH and path.split(".")[0] not in ("photos", "checks")
    }
    low, high = (np.array([getattr(q, end) for q in swept.values()]) for end in ("low", "high"))
    rows = np.concatenate([[[q.value for q in swept.values()]], design(low, high)[:DESIGN]])
    choice = reckoner.choices[reckoner.shown]
    overrides = {path: rows[:, j] for j, path in enumerate(swept)}
    return points_at(reckoner.scenario, reckoner.inputs, [choice], overrides)


def surfaces(reckoner: Reckoner, mode: Mode, points: Points) -> dict[str, Surface]:
    """Return every rule's unsupported actions at each end of each of its numbers, at points of the shared inputs.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the rules.
    mode : Mode
        How FPIR moves with gallery size.
    points : Points
        From `shared_points`.

    Notes
    -----
    Unsupported actions are a product of sums in every number but the readers' shifts and correlation, in which they
    only rise, and the one-to-one threshold: between its ends such a number cannot do what it does at neither.
    """
    scenario = reckoner.scenario
    answers = answer(points, scenario.headline_stop, mode)
    found = {}
    for rule in reckoner.rules:
        levels = _levels(reckoner, rule)
        moved = [path for path, _ in levels.values()]
        values = [
            total(reckoner, answers, outcomes(reckoner, answers, rule, at_corner).unsupported)
            for corner in product(*(values for _, values in levels.values()))
            for at_corner in [points.moved({PRESSURE: 0.0, LABEL: 0.0} | dict(zip(moved, corner, strict=True)))]
        ]
        shape = (*(len(values) for _, values in levels.values()), len(points))
        found[rule] = Surface(tuple(levels), np.reshape(values, shape))
    return found


def _levels(reckoner: Reckoner, rule: str) -> dict[str, tuple[str, Array]]:
    """Return for each number of a rule, by the name it shares with other rules, its path and the values it is tried at.

    What a rule has in common with the rule in force is moved too, under one name for both.  Label and quota add up.
    """
    scenario = reckoner.scenario
    in_force = {path: q for path, q in own_numbers(reckoner, scenario.rule).items() if path.startswith("rules.")}
    numbers = {path: (path, q) for path, q in own_numbers(reckoner, rule).items()}
    for path, q in in_force.items():
        name = path.rpartition(".")[2]
        if rule != scenario.rule and same_number(getattr(scenario.rules[rule], name), q):
            numbers[path] = (f"rules.{rule}.{name}", q)
    levels = {
        name: (path, np.linspace(q.low, q.high, BENT if path in _BENT else 2))
        for name, (path, q) in numbers.items()
        if not path.endswith("right_hit_passes") and path not in (LABEL, PRESSURE)
    }
    if LABEL in numbers or PRESSURE in numbers:
        parts = (scenario.checks.label_shift, scenario.checks.pressure)
        ends = (sum(q.low for q in parts), sum(q.high for q in parts))
        levels[LABEL] = (LABEL, np.linspace(*ends, BENT))
    return levels


# Numbers in which unsupported actions are no straight line.
_BENT = (ALIKE, "checks.one_to_one_decades")
