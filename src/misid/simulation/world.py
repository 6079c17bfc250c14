"""The numbers of one world: what the stages of the simulation read.

A world is a scenario at one point of its inputs, for one stop policy, with the threshold of each of its operating
points.  Making a layer perfect is another world; the people, their photos and their draws stay the same, as they do
from one operating point to the next.  A stage reads an input by the field of the scenario,
``world.scenario.photos.declines.value``; only what takes more than that is prepared here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from misid.algorithm import MatedCurve
from misid.expected import (
    GIVEN,
    GROUPS,
    Array,
    Points,
    adverse_of_strangers,
    at_point,
    comparisons,
    enrolled_share,
    group_path,
    point_names,
    threshold_of,
)
from misid.quantities import Quantity
from misid.scenario import Rule, Scenario, rule_named
from misid.search import GroupedGallery, Propensity, References
from misid.simulation.people import Mix
from misid.vocabulary import Age, Origin, Sex

ORIGINS = tuple(Origin)
AGES = (Age.UNDER_18, Age.ADULT)
K = TypeVar("K")


@dataclass(frozen=True)
class RecordNumbers:
    """Which database answers, and how often its record is wrong."""

    databases: tuple[str, ...]  # by precedence
    answers: Array  # P(this database answers for an enrolled person), by status, (S, D); rows sum to 1
    error: Array  # P(the record says the opposite of the truth), by status, age (minors first) and database, (S, 2, D)

    @classmethod
    def of(cls, databases: tuple[str, ...], covers: Array, delay: Array, error: Array, stale: float) -> RecordNumbers:
        """Compute who answers and how often each database is wrong.

        ``covers`` (S, D) is the share of the enrolled people of a status of whom a database holds a record, independent
        between databases; ``delay`` (D,) how many years late a change of status reaches each; ``error`` (S, 2) P(the
        record that answers is wrong), over all databases; ``stale`` the part of the wrong records that are stale.

        The first database by precedence that holds a record answers; where none does, the last in line answers with
        the photo's own entry.  What is stale is proportional to a database's delay, scaled so that over the answers the
        error is that of the scenario.
        """
        missed = np.cumprod(np.hstack([np.ones((len(covers), 1)), 1.0 - covers[:, :-1]]), axis=1)
        answers = missed * covers
        answers[:, -1] += 1.0 - answers.sum(axis=1)
        mean = answers @ delay
        relative = np.divide(delay[None, :], mean[:, None], out=np.ones_like(covers), where=mean[:, None] > 0)
        # No database can be wrong more often than always: where the spread requires that it is drawn in, mean kept.
        most = np.where(error > 0, (np.where(error > 0, 1.0 / np.maximum(error, 1e-300), np.inf) - 1.0), np.inf)
        reach = (stale * (relative - 1.0)).max(axis=1)
        drawn_in = np.minimum(1.0, np.divide(most, reach[:, None], out=np.ones_like(most), where=reach[:, None] > 0))
        factor = 1.0 + drawn_in[:, :, None] * stale * (relative - 1.0)[:, None, :]
        return cls(databases, answers, error[:, :, None] * factor)


@dataclass(frozen=True)
class World:
    """Everything that the stages of a simulation read."""

    scenario: Scenario  # every quantity held at its value in this world
    stop: str  # the stop policy: who is photographed
    rules: Mapping[str, Rule]  # the rules under which the same encounters are decided
    mix: Mix
    records: RecordNumbers
    supported: np.ndarray  # whether a person's own correct record supports the action, by status, (S,)
    carries: Array  # P(carries a genuine document), by status, (S,)
    shows: Array  # P(shows it | carries it), by status, (S,)
    gallery: GroupedGallery  # probe groups in the order of `GROUPS`, reference groups are origins
    propensity: Propensity
    references: References
    adverse: Array  # P(a stranger's record calls for an action), by the stranger's origin, (origins,)
    adverse_to: Array  # the same by the origin of the person who is searched for, over the strangers named, (origins,)
    fingerprints: Array  # P(own record comes up | fingerprints are searched), by status, (S,)
    curve: MatedCurve
    thresholds: Mapping[str, float]  # by operating point: decades on the probe's own image kind
    shift: Mapping[str, float]  # by operating point: how many decades above `curve` every mated score lies

    @classmethod
    def at(cls, points: Points | Mapping[str, Points], stop: str, rules: tuple[str, ...]) -> World:
        """Return the world under a stop policy and rules.

        Parameters
        ----------
        points : Points, or mapping of str to Points
            They must hold every input; of several rows the first counts.  By operating point, each with its threshold,
            and alike in all else but where the mated curve lies; one `Points` stands for what `placed` makes of it.
        stop : str
            The stop policy.
        rules : tuple of str
            Names, or names joined by ``+``.
        """
        at = placed(points) if isinstance(points, Points) else points
        points = next(iter(at.values()))
        here = points.first()
        statuses = here.statuses.values()
        supported = np.array([who.action_supported for who in statuses])
        # A genuine document of somebody whose record supports the action contradicts nothing: not counted as shown.
        shown = np.where(supported, 0.0, [who.shows_document.value for who in statuses])
        to_show = here.checks.shown_if_carried.value
        carries = np.minimum(1.0, shown / to_show) if to_show > 0 else np.where(shown > 0, 1.0, 0.0)
        return cls(
            scenario=here,
            stop=stop,
            rules={name: rule_named(here, name) for name in rules},
            mix=_mix(points, here, stop),
            records=_records(here),
            supported=supported,
            carries=carries,
            shows=np.divide(shown, carries, out=np.zeros_like(shown), where=carries > 0),
            gallery=_gallery(points, here),
            propensity=Propensity(float(points.heterogeneity_k[0])),
            references=References(here.photos.reference_heterogeneity_k.value),
            adverse=np.array([here.gallery.mix[o].adverse.value if o in here.gallery.mix else 0.0 for o in ORIGINS]),
            adverse_to=adverse_of_strangers(points)[0],
            fingerprints=np.array([who.fingerprints.value for who in statuses]) * here.after_no_hit.match.value,
            curve=MatedCurve(float(points.floor[0]), float(points.slope[0]), float(points.location[0])),
            thresholds={name: float(threshold_of(one)[0]) for name, one in at.items()},
            shift={name: float(one.location[0] - points.location[0]) for name, one in at.items()},
        )


def placed(points: Points) -> dict[str, Points]:
    """Return the first point with the threshold of each operating point of its scenario, by name.

    Where a threshold stands on the points already, that is the only one.
    """
    one = points.rows(np.zeros(1, np.intp))
    if one.threshold is not None:
        return {GIVEN: one}
    return {name: at_point(one, name) for name in point_names(one.scenario)}


def _mix(points: Points, here: Scenario, stop: str) -> Mix:
    blocks = here.stops[stop].blocks

    def parts(keys: tuple[K, ...], wholes: Sequence[Mapping[K, Quantity]]) -> Array:
        table = np.array([[whole[key].value if key in whole else 0.0 for key in keys] for whole in wholes])
        return np.asarray(table / table.sum(axis=1, keepdims=True), float)

    share = np.array([block.share.value for block in blocks])
    return Mix(
        share / share.sum(),
        parts(ORIGINS, [block.origin for block in blocks]),
        parts(tuple(Sex), [block.sex for block in blocks]),
        parts(AGES, [block.age for block in blocks]),
        parts(tuple(here.statuses), [block.status for block in blocks]),
        _enrolled(points),
        here.together.shared_fate.value,
    )


def _enrolled(points: Points) -> Array:
    """Return P(in the gallery) by status and age, minors first, shape (S, 2); 0 for an age without a share."""
    statuses = points.scenario.statuses
    table = np.zeros((len(statuses), len(AGES)))
    for i, (status, who) in enumerate(statuses.items()):
        for j, age in enumerate(AGES):
            if age in who.enrolled:
                table[i, j] = enrolled_share(points, status, age)[0]
    return table


def _records(here: Scenario) -> RecordNumbers:
    statuses, records = here.statuses, here.records
    order = sorted(records.databases, key=lambda name: records.databases[name].precedence)
    databases = [records.databases[name] for name in order]
    error = [
        [who.record_error[age].value if age in who.record_error else 0.0 for age in AGES] for who in statuses.values()
    ]
    covers = [
        [database.covers.get(status, database.covers_others).value for database in databases] for status in statuses
    ]
    delay = [database.delay_years.value for database in databases]
    stale = 1.0 - records.linked_to_another.value - records.entered_wrongly.value
    return RecordNumbers.of(tuple(order), np.array(covers), np.array(delay), np.array(error), stale)


def _gallery(points: Points, here: Scenario) -> GroupedGallery:
    """Distribute each probe group's row factor over the origins in the gallery: likelier within one's own."""
    mix = here.gallery.mix
    share = np.array([mix[o].share.value if o in mix else 0.0 for o in ORIGINS])
    share = share / share.sum()
    row = np.array([float(points.values[group_path(*group)][0]) for group in GROUPS])
    same = np.array([[o is h for h in ORIGINS] for o, _ in GROUPS])
    weight = np.where(same, here.gallery.homogeneity.value, 1.0)
    factor = row[:, None] * weight / (weight @ share)[:, None]
    return GroupedGallery(float(comparisons(points)[0]) * share, factor)
