"""The same simulated people, met again with every subset of the layers made perfect.

Whoever is harmed under some subset is remembered with what came of him under each; everybody else has no share in any
harm.  People stopped together share a fate, so standard errors are those of groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.population import SPAN, Ids
from misid.quantities import Interval
from misid.scenario import Scenario
from misid.statistics import clustered_paired_difference
from misid.statistics.shapley import shapley
from misid.twin.chain.batch import Batch, Column, Seen, Truth
from misid.twin.chain.encounters import encounter
from misid.twin.chain.officers import meet
from misid.twin.chain.photos import look
from misid.twin.chain.policy import NOT_VERIFIED, WRONG_PERSON, WRONG_RECORD, RuleLuck
from misid.twin.chain.readers import RuleNumbers, rule_numbers
from misid.twin.chain.run import Encounters, answered, decided, meet_people
from misid.twin.chain.world import ORIGINS, World, world
from misid.twin.expected.points import Array, Points
from misid.twin.layers.expected import CAUSES, kinds, perfect_sets
from misid.twin.layers.perfect import Layer, layers_of, made_perfect
from misid.vocabulary import Mode

PIECE = 1024 * SPAN  # people met at once; nobody is stopped together across a multiple of SPAN
CODES = dict(zip(CAUSES, (WRONG_PERSON, WRONG_RECORD, NOT_VERIFIED), strict=True))
Outcomes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Rerun:
    """What came of the same people with every subset of the layers made perfect.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    stop : str
        The stop policy in use.
    seed : int
        Of the run.
    n : int
        People met.
    layers : tuple of Layer
        The m layers.
    modes : tuple of Mode
        As the world has them.
    people : ndarray of int64, shape (h,)
        Numbers of those who are harmed in some mode under some subset.
    outcomes : mapping of Mode to ndarray of uint8, shape (2**m, h)
        Codes of `misid.twin.chain.policy` under the rule in force, in the order of `perfect_sets`.
    origin, status : ndarray of uint8, shape (2, h)
        Who they are under the stop policy in use, and where people are stopped at random.
    leaders : ndarray of int64, shape (k,)
        First number of each group of people stopped together, ascending.
    sizes : ndarray of int64, shape (k,)
        People in it.
    """

    scenario: Scenario
    stop: str
    seed: int
    n: int
    layers: tuple[Layer, ...]
    modes: tuple[Mode, ...]
    people: Ids
    outcomes: Mapping[Mode, Outcomes]
    origin: Outcomes
    status: Outcomes
    leaders: Ids
    sizes: npt.NDArray[np.int64]

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of harm, as `misid.twin.layers.expected.kinds` names them."""
        return kinds(self.scenario, self.stop)

    def harmed(self, mode: Mode, kind: str) -> npt.NDArray[np.bool_]:
        """Say who of `people` is harmed under each subset, shape (2**m, h).

        Parameters
        ----------
        mode : Mode
            How FPIR moves with gallery size.
        kind : str
            One of `kinds`.
        """
        outcome = self.outcomes[mode]
        if kind in CODES:
            return np.asarray(outcome == CODES[kind])
        found = outcome >= WRONG_PERSON
        head, _, name = kind.partition(".")
        if head in ("origin", "status"):
            codes = [o.value for o in ORIGINS] if head == "origin" else list(self.scenario.statuses)
            mine = getattr(self, head) == codes.index(name)
            chance = [Layer.STOP_MIX in perfect for perfect in perfect_sets(self.layers)]
            found = found & mine[np.array(chance, int)]
        return np.asarray(found)

    def shares(self, mode: Mode, kind: str = "unsupported", level: float = 0.95) -> dict[Layer, Interval]:
        """Return each layer's share of a harm, per person photographed, with the error of chance.

        Parameters
        ----------
        mode : Mode
            How FPIR moves with gallery size.
        kind : str
            One of `kinds`.
        level : float
            Of the intervals.

        Returns
        -------
        dict of Layer to Interval
            Mean of the people's own Shapley shares; standard errors by groups of people stopped together.
        """
        each = shapley(self.harmed(mode, kind))
        return {layer: self._mean(mine, level) for layer, mine in zip(self.layers, each, strict=True)}

    def whole(self, mode: Mode, kind: str = "unsupported", level: float = 0.95) -> Interval:
        """Return the harm that making all layers perfect removes, as `shares` does each layer's part of it."""
        harmed = self.harmed(mode, kind)
        return self._mean(harmed[0].astype(float) - harmed[-1], level)

    def _mean(self, each: Array, level: float) -> Interval:
        """Return the mean over all people of what only `people` have, shape (h,), with the error of chance."""
        home = np.searchsorted(self.leaders, self.people, side="right") - 1
        sums = np.bincount(home, each, minlength=len(self.leaders))
        # A share of a person is at most 1; rounding must not make it more.
        return clustered_paired_difference(np.clip(sums, -self.sizes, self.sizes), self.sizes, level)


def rerun(scenario: Scenario, points: Points, stop: str, seed: int, n: int) -> Rerun:
    """Meet the same people with every subset of the layers made perfect, under the rule in force.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    points : Points
        One point, with every input of the scenario (`misid.twin.expected.points.inputs`).
    stop : str
        The stop policy in use.
    seed : int
        Of the run.
    n : int
        People to meet, at least 128 or two groups' worth.

    Returns
    -------
    Rerun
    """
    layers = layers_of(scenario, stop)
    worlds = [
        world(*_changed(scenario, stop, points, perfect), rules=(scenario.rule,)) for perfect in perfect_sets(layers)
    ]
    modes = tuple(worlds[0].thresholds)
    people, origins, statuses, leaders, sizes = [], [], [], [], []
    outcomes: dict[Mode, list[Outcomes]] = {mode: [] for mode in modes}
    for start in range(0, n, PIECE):
        ids = np.arange(start, min(start + PIECE, n), dtype=np.int64)
        piece = _Piece(scenario, layers, worlds, seed, ids)
        found = {mode: piece.outcomes(mode) for mode in modes}
        rows = np.flatnonzero(np.any([(x >= WRONG_PERSON).any(axis=0) for x in found.values()], axis=0))
        people.append(ids[rows])
        for mode, x in found.items():
            outcomes[mode].append(x[:, rows])
        who = [piece.met(frozenset()).batch.truth, piece.met(frozenset({Layer.STOP_MIX}) & set(layers)).batch.truth]
        origins.append(np.stack([truth["origin"][rows] for truth in who]))
        statuses.append(np.stack([truth["status"][rows] for truth in who]))
        first, count = np.unique(who[0]["group"], return_counts=True)
        leaders.append(first)
        sizes.append(count)
    return Rerun(
        scenario,
        stop,
        seed,
        n,
        layers,
        modes,
        np.concatenate(people),
        {mode: np.concatenate(parts, axis=1) for mode, parts in outcomes.items()},
        np.concatenate(origins, axis=1),
        np.concatenate(statuses, axis=1),
        np.concatenate(leaders),
        np.concatenate(sizes).astype(np.int64),
    )


def _changed(scenario: Scenario, stop: str, points: Points, perfect: frozenset[Layer]) -> tuple[Scenario, Points, str]:
    where, changed = made_perfect(scenario, stop, points, perfect)
    return scenario, changed, where


# Photos and scores depend on these layers, the records that come up on the record besides, and what is decided on all.
_MET = frozenset({Layer.STOP_MIX, Layer.GALLERY_MIX, Layer.FACE})
_ANSWERED = _MET | {Layer.RECORD}


class _Piece:
    """Some encounters, met, searched and decided once for all subsets that come out alike."""

    def __init__(self, scenario: Scenario, layers: tuple[Layer, ...], worlds: list[World], seed: int, ids: Ids) -> None:
        self.rule = scenario.rule
        self.sets = perfect_sets(layers)
        self.worlds = dict(zip(self.sets, worlds, strict=True))
        self.seed = seed
        self.ids = ids
        self._met: dict[frozenset[Layer], Encounters] = {}
        self._shown: dict[frozenset[Layer], Column] = {}

    def met(self, perfect: frozenset[Layer]) -> Encounters:
        """Meet people; the same ones for all subsets with the same stop policy, gallery and search."""
        key = perfect & _MET
        if key not in self._met:
            self._met[key] = self._meet(key) if key else meet_people(self.worlds[key], self.seed, self.ids)
        return self._met[key]

    def _meet(self, key: frozenset[Layer]) -> Encounters:
        """Meet people anew where layers change who they are, or what a photo of them gives; the dice stay."""
        before = self.met(key - {Layer.GALLERY_MIX}) if Layer.GALLERY_MIX in key else self.met(frozenset())
        here, batch, people = self.worlds[key], before.batch, before.people
        if Layer.GALLERY_MIX not in key:
            batch, people = encounter(here, self.seed, self.ids)
            batch = meet(here, self.seed, batch)
        looks = tuple(look(here, self.seed, batch, attempt) for attempt in range(here.photos.attempts))
        return replace(before, world=here, batch=batch, people=people, looks=looks)

    def shown(self, perfect: frozenset[Layer]) -> Column:
        """Say who shows a document; papers depend on who is stopped alone."""
        key = perfect & {Layer.STOP_MIX, Layer.DOCUMENT}
        if key not in self._shown:
            truth = self.met(perfect).batch.truth
            who = Truth({name: truth[name] for name in ("status", "minor")})
            self._shown[key] = meet(self.worlds[key], self.seed, Batch(self.ids, who, Seen())).seen["document_shown"]
        return self._shown[key]

    def outcomes(self, mode: Mode) -> Outcomes:
        """Return what came of each encounter under each subset, shape (2**m, n)."""
        found = np.zeros((len(self.sets), len(self.ids)), np.uint8)
        place = {perfect: i for i, perfect in enumerate(self.sets)}
        claimed = self.worlds[frozenset()].rules[self.rule].claimed_identity_first
        for key in dict.fromkeys(perfect & _ANSWERED for perfect in self.sets):
            met = replace(self.met(key), world=self.worlds[key])
            batch = answered(met, mode, claimed_first=claimed)
            for perfect in self.sets:
                if perfect & _ANSWERED == key:
                    numbers = rule_numbers(self.worlds[perfect], self.rule)
                    rows, outcome = self._decided(met, batch, numbers, self.shown(perfect))
                    found[place[perfect], rows] = outcome
        return found

    def _decided(self, met: Encounters, batch: Batch, rule: RuleNumbers, shown: Column) -> tuple[Column, Column]:
        """Decide where anything can come of it, for the rest nothing does; return the rows and what came of each."""
        seen, luck = batch.seen, met.rules
        rows = np.flatnonzero(seen["record_calls_for_action"] | (luck.acts_without_hit < rule.no_hit_action))
        few = Batch(
            batch.ids[rows],
            Truth({name: batch.truth[name][rows] for name in ("status", "record_of", "record_right")}),
            Seen(
                {
                    **{name: seen[name][rows] for name in ("hit", "record_calls_for_action", "looks_under_18")},
                    "document_shown": shown[rows],
                }
            ),
        )
        dice = RuleLuck(luck.believes[rows], luck.acts_without_hit[rows], luck.declines[rows])
        return rows, decided(replace(met, rules=dice, readers=met.readers[:, rows]), few, rule).outcome
