"""Harm by cause: the layers of a system, what each is when it is perfect, and the harm with every subset made perfect.

A layer is made perfect by a change of stop policy and of points alone, so the closed form and the simulation of single
people are changed alike, and in the simulation the same people keep their draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import numpy as np

from misid.expected.answers import Answers, Stratum, answer, strata
from misid.expected.points import GROUPS, Array, Points, group_path
from misid.expected.rules import apply_rule
from misid.quantities import Quantity
from misid.scenario import Scenario
from misid.statistics import subsets

CAUSES = ("wrong_person", "wrong_record", "not_verified")
RANDOM = "random"  # the name of the stop policy that a perfect stop mix stands for
# So far above any threshold that no reference is missed, and still a number that float32 holds.
_NEVER_MISSED = 1e6


class Layer(StrEnum):
    """What can be made perfect, in the order in which an encounter meets it."""

    STOP_MIX = "stop_mix"
    GALLERY_MIX = "gallery_mix"
    FACE = "face"
    RECORD = "record"
    READER = "reader"
    DOCUMENT = "document"
    RULE = "rule"


def answering_layers(scenario: Scenario) -> frozenset[Layer]:
    """Return the layers that what a search and the records return depends on; the others come after.

    Who reads the faces comes after, unless a person picks from a list of candidates.
    """
    shown = scenario.candidates
    rates = (shown.picks_mate, shown.picks_stranger)
    picked = shown.most > 1 or not shown.floor or any(rate.low < 1.0 for rate in rates)
    return frozenset(Layer) - {Layer.RULE, *(() if picked else (Layer.READER,))}


def layers_of(scenario: Scenario, stop: str) -> tuple[Layer, ...]:
    """Return the layers that can be made perfect; the stop mix only where there is a random policy beside this one."""
    chance = RANDOM in scenario.stops and stop != RANDOM
    return tuple(layer for layer in Layer if chance or layer is not Layer.STOP_MIX)


def made_perfect(points: Points, stop: str, layers: frozenset[Layer]) -> tuple[str, Points]:
    """Return stop policy and points with some layers made perfect.

    The stop policy is ``random`` where the stop mix is made perfect and the scenario has that policy; the points are
    the same object where no number changes.
    """
    scenario = points.scenario
    changes = [change for layer in Layer if layer in layers for change in _changes(points, layer)]
    out = points.changed(*changes) if changes else points
    if Layer.FACE in layers:
        size = len(points)
        out = replace(out, floor=np.zeros(size), location=np.full(size, _NEVER_MISSED))
        out = out.moved(dict.fromkeys((group_path(*group) for group in GROUPS), 0.0))
    return (RANDOM if Layer.STOP_MIX in layers and RANDOM in scenario.stops else stop), out


def _changes(points: Points, layer: Layer) -> list[tuple[Quantity, Array | float]]:
    """Return the fields that a perfect layer sets, and to what."""
    scenario = points.scenario
    rules, statuses = scenario.rules.values(), scenario.statuses.values()
    match layer:
        case Layer.GALLERY_MIX:
            # Strangers of every origin have the gallery's average, and no origin is likelier to match its own.
            gallery = scenario.gallery
            share = np.stack([points[origin.share] for origin in gallery.mix.values()])
            adverse = np.stack([points[origin.adverse] for origin in gallery.mix.values()])
            average = (share * adverse).sum(axis=0) / share.sum(axis=0)
            return [(gallery.homogeneity, 1.0), *((origin.adverse, average) for origin in gallery.mix.values())]
        case Layer.FACE:
            return [
                (scenario.capture.failure_to_acquire, 0.0),
                (scenario.kin.identical_twin_match, 0.0),
                (scenario.kin.fraternal_twin_match, 0.0),
                (scenario.kin.sibling_match, 0.0),
                (scenario.photos.bystander_share, 0.0),
            ]
        case Layer.RECORD:
            errors = [error for who in statuses for error in who.record_error.values()]
            return [(field, 0.0) for field in (*errors, scenario.records.linked_to_another)]
        case Layer.READER:
            passes = [(rule.wrong_person_passes, rule.right_hit_passes) for rule in rules]
            read: list[tuple[Quantity, Array | float]] = [
                change for wrong, right in passes for change in ((wrong, 0.0), (right, 1.0))
            ]
            if Layer.READER not in answering_layers(scenario):
                return read  # nobody picks: the machine's first candidate is taken
            shown = scenario.candidates
            return [*read, (shown.picks_mate, 1.0), (shown.picks_stranger, 0.0)]
        case Layer.DOCUMENT:
            shows = [(who.shows_document, 1.0) for who in statuses if not who.action_supported]
            return [*shows, *((stop.for_no_document, 0.0) for stop in scenario.stops.values())]
        case Layer.RULE:
            believed = [(rule.document_believed, 1.0) for rule in rules]
            return [*believed, *((q, 0.0) for rule in rules for q in (rule.wrong_record_passes, rule.no_hit_action))]
        case _:
            return []


def harm_kinds(scenario: Scenario, stop: str) -> tuple[str, ...]:
    """Return the kinds of harm that are counted: all of it, by cause, and by origin and status of those stopped."""
    cells = strata(scenario, stop)
    origins = dict.fromkeys(f"origin.{cell.origin.value}" for cell in cells)
    statuses = dict.fromkeys(
        f"status.{cell.status}" for cell in cells if not scenario.statuses[cell.status].action_supported
    )
    return ("unsupported", *CAUSES, *origins, *statuses)


def perfect_sets(layers: tuple[Layer, ...]) -> tuple[frozenset[Layer], ...]:
    """Return which layers are perfect in each subset, in the order that `misid.statistics.shapley.shapley` reads."""
    return tuple(frozenset(layers[i] for i in subset) for subset in subsets(len(layers)))


def harm(points: Points, stop: str, layers: tuple[Layer, ...]) -> Array:
    """Return unsupported actions under the rule in force with every subset of the m layers made perfect.

    Per person photographed, shape (2**m, kinds, P), in the order of `perfect_sets` and of `harm_kinds`.
    """
    scenario = points.scenario
    named, answering = harm_kinds(scenario, stop), answering_layers(scenario)
    found = np.empty((1 << len(layers), len(named), len(points)))
    known: dict[frozenset[Layer], Answers] = {}
    member: dict[str, Array] = {}
    for index, perfect in enumerate(perfect_sets(layers)):
        where, changed = made_perfect(points, stop, perfect)
        answered = perfect & answering
        if answered not in known:
            known[answered] = answer(changed, where)
        if where not in member:
            member[where] = _members(strata(scenario, where), named)
        answers = known[answered]
        after = apply_rule(changed, where, answers, scenario.rule)
        causes = [answers.part * getattr(after, cause) for cause in CAUSES]
        everything = causes[0] + causes[1] + causes[2]
        found[index, 0] = everything.sum(axis=1)
        for i, cause in enumerate(causes, start=1):
            found[index, i] = cause.sum(axis=1)
        found[index, 1 + len(CAUSES) :] = (everything @ member[where]).T
    return found


def _members(cells: tuple[Stratum, ...], named: tuple[str, ...]) -> Array:
    """Return which cells are of which group, shape (K, groups)."""
    groups = named[1 + len(CAUSES) :]
    of: list[Mapping[str, bool]] = [
        {f"origin.{cell.origin.value}": True, f"status.{cell.status}": True} for cell in cells
    ]
    return np.array([[float(mine.get(group, False)) for group in groups] for mine in of])
