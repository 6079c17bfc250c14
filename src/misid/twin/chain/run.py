"""The whole chain for single people: encounter, photo, search, record, papers, readers, rule, outcome.

Every stage takes a batch and returns it with further columns.  What is drawn belongs to the encounter's number, so any
piece of a run comes out as it would have in the whole, and every mode and every rule meets the same people, photos,
scores, records and dice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from misid.population import Flags, Floats, Ids, People
from misid.twin.chain.batch import Batch, Column, Seen
from misid.twin.chain.encounters import encounter
from misid.twin.chain.hits import NO_HIT, NO_ORIGIN, OWN, SECOND_RECORD, find
from misid.twin.chain.officers import meet
from misid.twin.chain.photos import Look, gave_true_name, look
from misid.twin.chain.policy import RuleLuck, decide, outcome, rule_luck
from misid.twin.chain.readers import RuleNumbers, impressions, reader_luck, rule_numbers, scanned
from misid.twin.chain.records import RecordLuck, look_up, record_luck
from misid.twin.chain.world import World
from misid.vocabulary import Manner, Mode


@dataclass(frozen=True)
class Decided:
    """What came of some encounters under one rule.

    Parameters
    ----------
    scanned, action : ndarray of bool, shape (n,)
        Who was photographed, and who was acted upon.
    outcome : ndarray of uint8, shape (n,)
        Codes of `misid.twin.chain.policy`.
    disbelieved : ndarray of bool, shape (n,)
        Acted upon without support although a genuine document was shown.
    """

    scanned: Flags
    action: Flags
    outcome: Column
    disbelieved: Flags


@dataclass(frozen=True)
class Encounters:
    """Encounters up to the threshold: who was met, what the photos gave, and every die that is still to be thrown.

    Parameters
    ----------
    world : World
        Numbers.
    seed : int
        Of the run.
    batch : Batch
        People, and what the officer sees of them.
    people : People
        The luck behind enrolment and records.
    looks : tuple of Look
        Photos and scores.
    records, rules, readers
        The dice of the later stages.
    """

    world: World
    seed: int
    batch: Batch
    people: People
    looks: tuple[Look, ...]
    records: RecordLuck
    rules: RuleLuck
    readers: Floats


def meet_people(world: World, seed: int, ids: Ids) -> Encounters:
    """Run the stages that no threshold and no rule changes.

    Parameters
    ----------
    world : World
        Numbers.
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        Numbers of the encounters.
    """
    batch, people = encounter(world, seed, ids)
    batch = meet(world, seed, batch)
    looks = tuple(look(world, seed, batch, attempt) for attempt in range(world.photos.attempts))
    return Encounters(
        world,
        seed,
        batch,
        people,
        looks,
        record_luck(seed, ids),
        rule_luck(seed, ids),
        reader_luck(world, seed, ids),
    )


def answered(met: Encounters, mode: Mode, *, claimed_first: bool = False) -> Batch:
    """Search at the threshold of one mode and look up the records that come up.

    Parameters
    ----------
    met : Encounters
        From `meet_people`.
    mode : Mode
        Whose threshold.
    claimed_first : bool
        Whether the named record is compared first, and everybody is searched only if that fails.
    """
    world, batch = met.world, met.batch
    verified = None
    if claimed_first:
        named = batch.truth["enrolled"] & gave_true_name(world, met.seed, batch.ids)
        verified = named & (met.looks[0].own >= np.float32(world.one_to_one))
    batch = find(world, met.seed, batch, met.looks, mode, verified)
    return look_up(
        world.records, world.supported, world.adverse, world.gallery.comparisons, batch, met.people, met.records
    )


def decided(met: Encounters, batch: Batch, rule: RuleNumbers) -> Decided:
    """Apply one rule to encounters whose records have come up.

    Parameters
    ----------
    met : Encounters
        From `meet_people`.
    batch : Batch
        From `answered`.
    rule : RuleNumbers
        From `misid.twin.chain.readers.rule_numbers`.
    """
    seen = batch.seen
    photographed = scanned(rule, seen, met.rules.declines < met.world.photos.declines)
    rows = np.flatnonzero(seen["record_calls_for_action"])
    columns: dict[str, Column] = {"scanned": photographed}
    for i, impression in enumerate(impressions(rule, batch, met.readers, rows), start=1):
        # Nobody looks at what calls for no action.
        columns[f"impression_{i}"] = np.full(len(batch.ids), np.inf)
        columns[f"impression_{i}"][rows] = impression
    action = decide(Seen(seen).add(**columns), rule, met.rules)
    supported = met.world.supported[batch.truth["status"]]
    found = outcome(batch.truth, supported, photographed, action)
    return Decided(photographed, action, found, action & ~supported & seen["document_shown"])


def simulate(world: World, seed: int, ids: Ids, in_force: str) -> Mapping[str, Column]:
    """Run encounters through the whole chain, in every mode and under every rule of the world.

    Parameters
    ----------
    world : World
        Numbers, modes and rules.
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        Numbers of the encounters.
    in_force : str
        The rule under which ``truth.`` and ``seen.`` are written down.

    Returns
    -------
    mapping of str to ndarray, shape (modes * n,)
        The ledger's columns, all encounters under the first mode, then under the next.
    """
    met = meet_people(world, seed, ids)
    numbers = {name: rule_numbers(world, name) for name in world.rules}
    modes = []
    for mode in world.thresholds:
        batches = {
            claimed: answered(met, mode, claimed_first=claimed)
            for claimed in {rule.claimed_identity_first for rule in world.rules.values()}
        }
        results = {
            name: decided(met, batches[world.rules[name].claimed_identity_first], numbers[name]) for name in world.rules
        }
        written = _written(batches[world.rules[in_force].claimed_identity_first], results[in_force].scanned)
        written |= {f"outcome.{name}": result.outcome for name, result in results.items()}
        written |= {f"disbelieved.{name}": result.disbelieved for name, result in results.items()}
        modes.append({"mode": np.full(len(ids), list(Mode).index(mode), np.uint8), **written})
    return {name: np.concatenate([columns[name] for columns in modes]) for name in modes[0]}


def _written(batch: Batch, photographed: Flags) -> dict[str, Column]:
    """Return the columns that the ledger keeps; who was not photographed has no hit and no record."""
    truth, seen = batch.truth, batch.seen
    hit = seen["hit"] & photographed
    record = np.where(hit, truth["record_of"], NO_HIT).astype(np.uint8)
    own = (record == OWN) | (record == SECOND_RECORD)
    no_score = np.float32(np.nan)

    def scored(scores: Column) -> Column:
        return np.where(photographed & np.isfinite(scores), scores, no_score)

    return {
        "encounter": batch.ids,
        **{f"truth.{name}": truth[name] for name in _PEOPLE},
        "truth.hit": record,
        "truth.candidate_origin": np.where(hit, truth["candidate_origin"], NO_ORIGIN).astype(np.uint8),
        "truth.reference": np.where(hit, truth["reference"], -1),
        "truth.record_right": own & truth["record_right"],
        "truth.record_fault": np.where(own, truth["record_fault"], 0).astype(np.uint8),
        **{f"truth.{name}": own & truth[name] for name in ("name_right", "birth_date_right", "nationality_right")},
        "truth.carries_document": truth["carries_document"],
        "truth.poor_photo": truth["poor_photo"],
        "truth.attempts": np.where(photographed, truth["attempts"], 0).astype(np.uint8),
        "truth.own_score": scored(truth["own_score"]),
        "truth.stranger_score": scored(truth["stranger_score"]),
        "seen.manner": np.where(photographed, seen["manner"], _NOT_SCANNED).astype(np.uint8),
        "seen.photo_usable": seen["photo_usable"] & photographed,
        "seen.hit": hit,
        "seen.score": np.where(hit, seen["score"], no_score),
        "seen.database": np.where(hit, seen["database"], 0).astype(np.uint8),
        "seen.record_number": np.where(hit, seen["record_number"], -1),
        "seen.record_calls_for_action": hit & seen["record_calls_for_action"],
        "seen.record_origin": np.where(hit, seen["record_origin"], NO_ORIGIN).astype(np.uint8),
        "seen.record_age": np.where(hit, seen["record_age"], -1).astype(np.int16),
        "seen.details_differ": hit & seen["details_differ"],
        "seen.document_shown": seen["document_shown"],
        "seen.looks_under_18": seen["looks_under_18"],
    }


_PEOPLE = ("person", "group", "together", "origin", "sex", "age", "minor", "status", "enrolled")
_NOT_SCANNED = len(Manner)
