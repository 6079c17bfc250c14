"""The whole chain for single people: encounter, photo, search, record, papers, readers, rule, outcome.

Every stage takes a batch and returns it with further columns.  What is drawn belongs to the encounter's number, so any
piece of a run comes out as it would have in the whole, and every operating point and every rule meets the same people,
photos, scores, records and draws.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from misid._version import VERSION
from misid.errors import MisidError
from misid.simulation.batch import NO_ORIGIN, Batch, Column, Print, RecordOf, Seen, Truth
from misid.simulation.encounters import encounter, face_officer
from misid.simulation.people import Flags, Floats, Ids, SyntheticPeople
from misid.simulation.photos import Photo, find_hits, gave_true_name, photograph
from misid.simulation.policy import (
    PHOTOGRAPHED,
    OutcomeCode,
    RuleLuck,
    RuleNumbers,
    decide,
    impressions,
    outcome,
    reader_luck,
    rule_luck,
    rule_numbers,
)
from misid.simulation.records import RecordLuck, look_up, record_luck
from misid.simulation.world import World
from misid.storage import CHUNK, PLAN, Executor, Ledger, Plan, hold, run_parts
from misid.storage import NONE as NO_DATABASE
from misid.vocabulary import Manner

PART_ROWS = CHUNK  # encounters of one part: small enough that two workers share a run of 200,000 and memory stays flat


@dataclass(frozen=True)
class Decided:
    """What came of some encounters under one rule; every array has shape (n,)."""

    scanned: Flags  # who was photographed
    action: Flags  # who was acted upon
    outcome: Column  # codes of `misid.simulation.policy`
    disbelieved: Flags  # acted upon without support after the face search, although a genuine document was shown


@dataclass(frozen=True)
class Encounters:
    """Encounters up to the threshold: who was met, what the photos gave, and every draw of the later stages."""

    world: World
    seed: int
    batch: Batch
    people: SyntheticPeople
    photos: tuple[Photo, ...]
    records: RecordLuck
    rules: RuleLuck
    readers: Floats


def meet_people(world: World, seed: int, ids: Ids) -> Encounters:
    """Run the stages that no threshold and no rule changes, for encounters of some numbers."""
    batch, people = encounter(world, seed, ids)
    batch = face_officer(world, seed, batch)
    return Encounters(
        world,
        seed,
        batch,
        people,
        take_photos(world, seed, batch),
        record_luck(world, seed, ids),
        rule_luck(seed, ids),
        reader_luck(world, seed, ids),
    )


def take_photos(world: World, seed: int, batch: Batch) -> tuple[Photo, ...]:
    """Return the photos that are taken until one gives a hit, the first one first."""
    attempts = max(1, round(world.scenario.photos.attempts.value))
    return tuple(photograph(world, seed, batch, attempt) for attempt in range(attempts))


def answered(met: Encounters, point: str, *, claimed_first: bool = False) -> Batch:
    """Search at one operating point, as `searched`, and look up the records that come up."""
    return look_up(met.world, searched(met, point, claimed_first), met.people, met.records)


def searched(met: Encounters, point: str, claimed_first: bool) -> Batch:
    """Search at one operating point.

    With ``claimed_first`` the named record is compared first, and everybody is searched only if that fails.
    """
    world, batch = met.world, met.batch
    verified = None
    if claimed_first:
        named = batch.truth["enrolled"] & gave_true_name(world, met.seed, batch.ids)
        own = met.photos[0].own + np.float32(world.shift[point])
        verified = named & (own >= np.float32(world.scenario.checks.one_to_one_decades.value))
    return find_hits(world, met.seed, batch, met.photos, point, verified)


def decided(met: Encounters, batch: Batch, numbers: RuleNumbers, shown: Flags | None = None) -> Decided:
    """Apply one rule to encounters whose records have come up (`answered`).

    ``shown`` is who shows a document, where that is not as the batch says.
    """
    seen, rule = batch.seen, numbers.rule
    shown = seen["document_shown"] if shown is None else shown
    photographed = PHOTOGRAPHED[rule.scans](seen, met.rules, met.world.scenario)
    calls = seen["record_calls_for_action"] | seen["fingerprint_calls_for_action"]
    # Nothing comes of the others, whoever reads.
    rows = np.flatnonzero(calls | (met.rules.acts_without_hit < rule.no_hit_action.value))
    truth = Truth({name: batch.truth[name][rows] for name in _DECIDED_BY_TRUTH})
    here = Seen({name: seen[name][rows] for name in _DECIDED_BY})
    here = here.add(scanned=photographed[rows], document_shown=shown[rows])
    read = impressions(numbers, truth, here, met.readers[:, rows])
    luck = RuleLuck(*(draw[rows] for draw in met.rules))
    acted = decide(here.add(**{f"impression_{i}": one for i, one in enumerate(read, start=1)}), numbers, luck)
    supported = met.world.supported[truth["status"]]
    code = outcome(truth, supported, here["scanned"], acted)
    found, disbelieved = np.zeros(len(batch.ids), np.uint8), np.zeros(len(batch.ids), bool)
    found[rows] = code
    disbelieved[rows] = OutcomeCode.is_unsupported(code) & here["document_shown"]
    return Decided(photographed, found != OutcomeCode.NO_ACTION, found, disbelieved)


_DECIDED_BY = ("hit", "record_calls_for_action", "fingerprint_hit", "fingerprint_calls_for_action")
_DECIDED_BY_TRUTH = ("status", "record_of", "record_right", "fingerprint_record", "fingerprint_right")


def simulate_encounters(world: World, seed: int, ids: Ids, in_force: str) -> Mapping[str, Column]:
    """Run encounters through the whole chain, at every operating point and under every rule of the world.

    Returns the ledger's columns, shape (points * n,): all encounters at the first point, then at the next.  The
    columns of ``truth.`` and ``seen.`` are those under the rule in force.
    """
    met = meet_people(world, seed, ids)
    numbers = {name: rule_numbers(world, name) for name in world.rules}
    rows = []
    for code, point in enumerate(world.thresholds):
        batches = {
            claimed: answered(met, point, claimed_first=claimed)
            for claimed in {rule.claimed_identity_first for rule in world.rules.values()}
        }
        results = {
            name: decided(met, batches[world.rules[name].claimed_identity_first], numbers[name]) for name in world.rules
        }
        written = _written(batches[world.rules[in_force].claimed_identity_first], results[in_force].scanned)
        written |= {f"outcome.{name}": result.outcome for name, result in results.items()}
        written |= {f"disbelieved.{name}": result.disbelieved for name, result in results.items()}
        rows.append({"point": np.full(len(ids), code, np.uint8), **written})
    return {name: np.concatenate([columns[name] for columns in rows]) for name in rows[0]}


def _written(batch: Batch, photographed: Flags) -> dict[str, Column]:
    """Return the columns that the ledger keeps; who was not photographed has no hit and no record."""
    truth, seen = batch.truth, batch.seen
    hit = seen["hit"] & photographed
    record = np.where(hit, truth["record_of"], RecordOf.NO_HIT).astype(np.uint8)
    own = RecordOf.is_own(record)
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
        "truth.for_no_document": truth["for_no_document"],
        "truth.poor_photo": truth["poor_photo"],
        "truth.attempts": np.where(photographed, truth["attempts"], 0).astype(np.uint8),
        "truth.own_score": scored(truth["own_score"]),
        "truth.stranger_score": scored(truth["stranger_score"]),
        "truth.candidates": np.where(photographed, truth["candidates"], 0).astype(np.int16),
        "truth.rank": np.where(hit, truth["rank"], -1).astype(np.int16),
        "truth.fingerprint_record": np.where(photographed, truth["fingerprint_record"], Print.NONE).astype(np.uint8),
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
        "seen.fingerprinted": seen["fingerprinted"] & photographed,
        "seen.document_shown": seen["document_shown"],
        "seen.looks_under_18": seen["looks_under_18"],
    }


_PEOPLE = ("person", "group", "together", "origin", "sex", "age", "minor", "status", "enrolled")
_NOT_SCANNED = len(Manner)


def ledger_plan(world: World, digest: str, encounters: int, seed: int) -> Plan:
    """Return what a run of a world is to write; the digest names everything that its numbers rest on but the seed."""
    return Plan(
        version=VERSION,
        scenario_digest=digest,
        seed=seed,
        encounters=encounters,
        stop=world.stop,
        points=tuple(world.thresholds),
        rules=tuple(world.rules),
        part_rows=PART_ROWS,
        labels={
            "truth.status": tuple(world.scenario.statuses),
            "seen.database": (NO_DATABASE, *world.records.databases),
        },
    )


def _write_part(world: World, plan: Plan, folder: Path, in_force: str, part: int) -> int:
    """Write one part of a ledger and return how many encounters it has; what a worker is handed."""
    if not (folder / PLAN).exists():
        raise MisidError(
            f"{folder}: is not seen by a worker on {socket.gethostname()}; give --out a folder on a disk that every "
            f"machine of the cluster has at the same place"
        )
    first, after = plan.span(part)
    columns = simulate_encounters(world, plan.seed, np.arange(first, after, dtype=np.int64), in_force)
    Ledger(folder, plan).write_part(part, columns)
    return after - first


def write_ledger(
    world: World,
    plan: Plan,
    folder: Path,
    in_force: str,
    workers: int | None = None,
    executor: Executor = run_parts,
    on_part: Callable[[int], None] | None = None,
) -> Ledger:
    """Write the parts of a ledger that are not there yet, and return it whole.

    The folder is new, empty, or has parts of the same plan; OutputRefused if it holds something else.  There is one
    worker per core if their number is not given.  ``on_part`` is called with a number of encounters whenever so many
    are done; first with those of the parts that were there.
    """
    with hold(folder):
        ledger = Ledger(folder, plan)
        missing = ledger.missing()
        there = plan.encounters - sum(after - first for first, after in map(plan.span, missing))
        if on_part is not None and there:
            on_part(there)  # at once: how long the rest will take does not follow from those
        done = None if on_part is None else lambda _, count: on_part(count)
        place = Path(os.path.abspath(folder))  # workers may be elsewhere
        executor(partial(_write_part, world, plan, place, in_force), missing, workers, done)
        ledger.clear()
    return ledger
