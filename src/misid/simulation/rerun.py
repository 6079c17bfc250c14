"""The same simulated people, met again with every subset of the layers made perfect.

Whoever is harmed under some subset is remembered with what came of him under each; everybody else has no share in any
harm.  People stopped together share a fate, so standard errors are those of groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.expected import (
    CAUSES,
    Array,
    Layer,
    Points,
    answering_layers,
    harm_kinds,
    layers_of,
    made_perfect,
    perfect_sets,
)
from misid.quantities import Interval
from misid.scenario import Scenario
from misid.simulation.batch import Batch, Column, Seen, Truth
from misid.simulation.encounters import encounter, face_officer
from misid.simulation.people import SPAN, Ids
from misid.simulation.policy import OutcomeCode, rule_numbers
from misid.simulation.records import look_up
from misid.simulation.run import Encounters, decided, meet_people, searched, take_photos
from misid.simulation.world import ORIGINS, World, placed
from misid.statistics import clustered_paired_difference
from misid.statistics.shapley import shapley
from misid.storage import worker_count

PIECE = 2048 * SPAN  # people met at once; nobody is stopped together across a multiple of SPAN
CODES = dict(zip(CAUSES, (OutcomeCode.WRONG_PERSON, OutcomeCode.WRONG_RECORD, OutcomeCode.NOT_VERIFIED), strict=True))
Outcomes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Rerun:
    """What came of the same n people with every subset of the m layers made perfect, in the order of `perfect_sets`."""

    scenario: Scenario
    stop: str  # the stop policy in use
    seed: int
    n: int
    layers: tuple[Layer, ...]
    points: tuple[str, ...]  # names of the operating points
    people: Ids  # numbers of those who are harmed at some point under some subset, (h,)
    outcomes: Mapping[str, Outcomes]  # by point: codes of `misid.simulation.policy` under the rule in force, (2**m, h)
    origin: Outcomes  # who they are under the stop policy in use, and where people are stopped at random, (2, h)
    status: Outcomes
    leaders: Ids  # first number of each group of people stopped together, ascending, (k,)
    sizes: npt.NDArray[np.int64]  # people in it, (k,)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of harm, as `harm_kinds` names them."""
        return harm_kinds(self.scenario, self.stop)

    def harmed(self, point: str, kind: str) -> npt.NDArray[np.bool_]:
        """Return who of `people` is harmed under each subset, shape (2**m, h)."""
        outcome = self.outcomes[point]
        if kind in CODES:
            return np.asarray(outcome == CODES[kind])
        found = OutcomeCode.is_unsupported(outcome)
        head, _, name = kind.partition(".")
        if head in ("origin", "status"):
            codes = [o.value for o in ORIGINS] if head == "origin" else list(self.scenario.statuses)
            mine = getattr(self, head) == codes.index(name)
            chance = [Layer.STOP_MIX in perfect for perfect in perfect_sets(self.layers)]
            found = found & mine[np.array(chance, int)]
        return np.asarray(found)

    def shares(self, point: str, kind: str = "unsupported", level: float = 0.95) -> dict[Layer, Interval]:
        """Return each layer's share of a harm, per person photographed: the mean of the people's own Shapley shares.

        Standard errors are by groups of people stopped together.
        """
        each = shapley(self.harmed(point, kind))
        return {layer: self._mean(mine, level) for layer, mine in zip(self.layers, each, strict=True)}

    def whole(self, point: str, kind: str = "unsupported", level: float = 0.95) -> Interval:
        """Return the harm that making all layers perfect removes, as `shares` does each layer's part of it."""
        harmed = self.harmed(point, kind)
        return self._mean(harmed[0].astype(float) - harmed[-1], level)

    def _mean(self, each: Array, level: float) -> Interval:
        """Return the mean over all people of what only `people` have, shape (h,), with the error of chance."""
        home = np.searchsorted(self.leaders, self.people, side="right") - 1
        sums = np.bincount(home, each, minlength=len(self.leaders))
        # A share of a person is at most 1; rounding must not make it more.
        return clustered_paired_difference(np.clip(sums, -self.sizes, self.sizes), self.sizes, level)


def rerun_layers(points: Points, stop: str, seed: int, n: int, workers: int | None = None) -> Rerun:
    """Meet the same people with every subset of the layers made perfect, under the rule in force.

    The points must hold every input of their scenario; only the first is used, at every operating point.  ``n`` is at
    least 128 or two groups' worth.  Operating points are answered by so many ``workers`` at once, threads of this
    process, one per core if not given.
    """
    scenario = points.scenario
    layers = layers_of(scenario, stop)
    at = placed(points)  # thresholds stay where they are, whatever is made perfect
    worlds = []
    for perfect in perfect_sets(layers):
        changed = {name: made_perfect(one, stop, perfect) for name, one in at.items()}
        where = next(iter(changed.values()))[0]
        worlds.append(World.at({name: one for name, (_, one) in changed.items()}, where, rules=(scenario.rule,)))
    starts = range(0, n, PIECE)
    ids = (np.arange(start, min(start + PIECE, n), dtype=np.int64) for start in starts)
    pieces = [_Piece(scenario, layers, worlds, seed, some, workers).harmed(tuple(at)) for some in ids]
    outcomes = {name: np.concatenate([piece[0][name] for piece in pieces], axis=-1) for name in at}
    found = {name: np.concatenate([piece[1][name] for piece in pieces], axis=-1) for name in pieces[0][1]}
    return Rerun(scenario, stop, seed, n, layers, tuple(at), outcomes=outcomes, **found)


class _Piece:
    """Some encounters, met, searched and decided once for all subsets that come out alike."""

    def __init__(
        self,
        scenario: Scenario,
        layers: tuple[Layer, ...],
        worlds: list[World],
        seed: int,
        ids: Ids,
        workers: int | None,
    ) -> None:
        self.rule = scenario.rule
        # What records come up depends on these layers, and of them photos on all but the record; documents are apart.
        self.answering = answering_layers(scenario) - {Layer.DOCUMENT}
        self.sets = perfect_sets(layers)
        self.worlds = dict(zip(self.sets, worlds, strict=True))
        self.seed = seed
        self.ids = ids
        self.workers = workers
        self._met: dict[frozenset[Layer], Encounters] = {}
        self._shown: dict[frozenset[Layer], Column] = {}

    def harmed(self, points: tuple[str, ...]) -> tuple[dict[str, Outcomes], dict[str, Column]]:
        """Return by point what came of whoever is harmed, and the other fields of a `Rerun` that grow with people."""
        for key in dict.fromkeys(perfect & self.answering for perfect in self.sets):
            self.met(key)
        with ThreadPoolExecutor(min(worker_count(self.workers), len(points))) as pool:
            outcomes = dict(zip(points, pool.map(self.outcomes, points), strict=True))
        harmed = [OutcomeCode.is_unsupported(x).any(axis=0) for x in outcomes.values()]
        rows = np.flatnonzero(np.any(harmed, axis=0))
        chance = frozenset({Layer.STOP_MIX}) & {layer for perfect in self.sets for layer in perfect}
        who = [self.met(perfect).batch.truth for perfect in (frozenset(), chance)]
        leaders, sizes = np.unique(who[0]["group"], return_counts=True)
        return {point: x[:, rows] for point, x in outcomes.items()}, {
            "people": self.ids[rows],
            "origin": np.stack([truth["origin"][rows] for truth in who]),
            "status": np.stack([truth["status"][rows] for truth in who]),
            "leaders": leaders,
            "sizes": sizes.astype(np.int64),
        }

    def met(self, perfect: frozenset[Layer]) -> Encounters:
        """Meet people; the same ones for all subsets with the same stop policy, gallery and search."""
        key = perfect & (self.answering - {Layer.RECORD})
        if key not in self._met:
            self._met[key] = self._meet(key) if key else meet_people(self.worlds[key], self.seed, self.ids)
        return self._met[key]

    def _meet(self, key: frozenset[Layer]) -> Encounters:
        """Meet people anew where layers change who they are, or what a photo of them gives; the draws stay."""
        same = key & {Layer.GALLERY_MIX, Layer.READER}  # they change no people
        before = self.met(key - same if same else frozenset())
        here, batch, people = self.worlds[key], before.batch, before.people
        if not same:
            batch, people = encounter(here, self.seed, self.ids)
            batch = face_officer(here, self.seed, batch)
        photos = take_photos(here, self.seed, batch)
        return replace(before, world=here, batch=batch, people=people, photos=photos)

    def shown(self, perfect: frozenset[Layer]) -> Column:
        """Return who shows a document; papers depend on who is stopped alone."""
        key = perfect & {Layer.STOP_MIX, Layer.DOCUMENT}
        if key not in self._shown:
            truth = self.met(perfect).batch.truth
            who = Batch(self.ids, Truth({name: truth[name] for name in ("status", "minor")}), Seen())
            self._shown[key] = face_officer(self.worlds[key], self.seed, who).seen["document_shown"]
        return self._shown[key]

    def outcomes(self, point: str) -> Outcomes:
        """Return what came of each encounter under each subset, shape (2**m, n)."""
        found = np.zeros((len(self.sets), len(self.ids)), np.uint8)
        place = {perfect: i for i, perfect in enumerate(self.sets)}
        claimed = self.worlds[frozenset()].rules[self.rule].claimed_identity_first
        hits: dict[frozenset[Layer], Batch] = {}  # who is returned is the same whatever the record says
        for key in dict.fromkeys(perfect & self.answering for perfect in self.sets):
            met = replace(self.met(key), world=self.worlds[key])
            base = key - {Layer.RECORD}
            if base not in hits:
                hits[base] = searched(replace(met, world=self.worlds[base]), point, claimed)
            batch = look_up(met.world, hits[base], met.people, met.records, details=False)
            for perfect in self.sets:
                if perfect & self.answering == key:
                    numbers = rule_numbers(self.worlds[perfect], self.rule)
                    found[place[perfect]] = decided(met, batch, numbers, self.shown(perfect)).outcome
        return found
