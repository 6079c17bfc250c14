"""The fourth stage: the record that comes up, and what of it is wrong.

What is seen of a person comes from a record, never from the person.  A record can be stale, entered wrongly, or linked
to somebody else; apart from that its name, birth date and nationality are each right or wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.randomness import Purpose, Uniforms, uniforms
from misid.simulation.batch import NO_ORIGIN, Batch, Column, Print, RecordOf, Truth, first_of
from misid.simulation.people import ADULT_FROM, OLDEST, Flags, Floats, SyntheticPeople
from misid.simulation.world import RecordNumbers, World

RIGHT, STALE, LINKED, ENTERED = range(4)
NO_DATABASE = 0  # databases are counted from 1, by precedence
NO_AGE, NO_RECORD = np.int16(-1), np.int64(-1)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that numbers of different records stay different


@dataclass(frozen=True)
class RecordLuck:
    """The draws behind the records of some people; the same for every point and rule."""

    status: Uniforms
    entry: Uniforms
    other: Uniforms
    prints: Uniforms | None  # None where nobody's fingerprints are taken


def record_luck(world: World, seed: int, ids: Column) -> RecordLuck:
    """Draw what the records of some people are like."""
    return RecordLuck(
        uniforms(seed, Purpose.RECORD, ids),
        uniforms(seed, Purpose.RECORD_ENTRY, ids),
        uniforms(seed, Purpose.RECORD, ids, block=1),
        uniforms(seed, Purpose.FINGERPRINT, ids) if world.scenario.after_no_hit.fingerprinted.value > 0.0 else None,
    )


def look_up(world: World, batch: Batch, people: SyntheticPeople, luck: RecordLuck, *, details: bool = True) -> Batch:
    """Add the record that comes up with each hit; without ``details`` only what a decision and its outcome rest on."""
    records, answering = world.scenario.records, world.records
    truth = batch.truth
    hit = truth["hit"].copy()
    hit[(hit == RecordOf.OWN) & (luck.entry[3] < records.second_record.value * 0.5)] = RecordOf.SECOND_RECORD
    own = RecordOf.is_own(hit)
    # Whose status the record is about: a relative has the person's own, a bystander has his.
    status, minor = truth["other_status"], truth["other_minor"]
    database = _database(answering, luck.status[0], status)
    error = answering.error[status, np.where(minor, 0, 1), database - 1]
    # A second record and a relative's have errors of their own.
    wrong = np.where(hit == RecordOf.OWN, people.record_luck, luck.status[1]) < error
    of_stranger = luck.status[3] < np.append(world.adverse, 0.0)[truth["candidate_origin"]]
    calls = np.where(hit == RecordOf.STRANGER, of_stranger, world.supported[status] ^ wrong)
    any_hit = hit != RecordOf.NO_HIT
    taken, prints, prints_right, prints_call = _fingerprint(world, batch, people, luck, any_hit)
    found = Batch(
        batch.ids,
        batch.truth.add(
            record_of=hit, record_right=own & ~wrong, fingerprint_record=prints, fingerprint_right=prints_right
        ),
        batch.seen.add(
            record_calls_for_action=any_hit & calls,
            fingerprint_hit=prints != Print.NONE,
            fingerprint_calls_for_action=prints_call,
        ),
    )
    if not details:
        return found
    linked, entered = records.linked_to_another.value, records.entered_wrongly.value
    kinds = ((luck.status[2] < linked, LINKED), (luck.status[2] < linked + entered, ENTERED))
    fault = np.where(own & wrong, first_of(kinds, STALE, np.int64), RIGHT)
    wrong_entry = [records.wrong_name.value, records.wrong_birth_date.value, records.wrong_nationality.value]
    entries = luck.entry[:3] >= np.array(wrong_entry)[:, None]
    name, birth, nation = (own & (fault != LINKED) & entry for entry in entries)
    origin, age = _shown(hit, fault, truth, luck, birth, nation, world.gallery.comparisons)
    return found.add(
        truth={
            "record_fault": fault.astype(np.uint8),
            "name_right": name,
            "birth_date_right": birth,
            "nationality_right": nation,
        },
        seen={
            "database": np.where(any_hit, database, NO_DATABASE).astype(np.uint8),
            "record_number": _number(batch.ids, hit, fault, truth),
            "record_origin": np.where(any_hit, origin, NO_ORIGIN).astype(np.uint8),
            "record_age": np.where(any_hit, age, NO_AGE).astype(np.int16),
            "details_differ": any_hit & ~(name & birth),
            "fingerprinted": taken,
        },
    )


def _database(answering: RecordNumbers, luck: Floats, status: Column) -> Column:
    """Return which database answers for people of a status, counted from 1."""
    database = np.ones(len(status), np.intp)
    for edges in np.cumsum(answering.answers, axis=1)[:, :-1].T:
        database += luck >= edges[status]
    return database


def _fingerprint(
    world: World, batch: Batch, people: SyntheticPeople, luck: RecordLuck, any_hit: Flags
) -> tuple[Flags, Column, Flags, Flags]:
    """Return who of those without a hit is fingerprinted; of the record that comes up: whose, if right, if it calls.

    It is the person's own, or another's, each as a face would bring up.
    """
    truth, after, n = batch.truth, world.scenario.after_no_hit, len(batch.ids)
    taken, right, calls = (np.zeros(n, bool) for _ in range(3))
    whose = np.full(n, Print.NONE, np.uint8)
    if luck.prints is None:
        return taken, whose, right, calls
    taken = ~any_hit & (luck.prints[0] < after.fingerprinted.value)
    rows = np.flatnonzero(taken)
    status, age = truth["status"][rows], np.where(truth["minor"][rows], 0, 1)
    own = luck.prints[1, rows] < world.fingerprints[status]
    another = ~own & (luck.prints[2, rows] < after.false_match.value)
    database = _database(world.records, luck.status[0, rows], status)
    wrong = people.record_luck[rows] < world.records.error[status, age, database - 1]
    of_another = luck.prints[3, rows] < world.adverse_to[truth["origin"][rows]]
    whose[rows] = first_of(((own, Print.OWN), (another, Print.ANOTHER)), Print.NONE, whose.dtype)
    right[rows] = own & ~wrong
    calls[rows] = own & (world.supported[status] ^ wrong) | another & of_another
    return taken, whose, right, calls


def _shown(
    hit: Column, fault: Column, truth: Truth, luck: RecordLuck, birth: Flags, nation: Flags, shares: Floats
) -> tuple[Column, Column]:
    """Return origin and age that the record shows."""
    edges = np.cumsum(shares / shares.sum())[:-1]
    anybody = np.searchsorted(edges, luck.other[0], side="right")
    anyones_age = ADULT_FROM + np.floor(luck.other[1] * (OLDEST - ADULT_FROM))
    slip = np.where(luck.other[2] < 0.5, -1, 1) * (1 + np.floor(luck.other[3] * 9.0))
    family = (hit == RecordOf.TWIN) | (hit == RecordOf.SIBLING)
    stranger = (hit == RecordOf.STRANGER) | (hit == RecordOf.BYSTANDER) | (fault == LINKED)
    origins = (
        (hit == RecordOf.STRANGER, truth["candidate_origin"]),
        (stranger, anybody),
        (family | nation, truth["origin"]),
    )
    ages = ((stranger, anyones_age), ((hit == RecordOf.TWIN) | birth, truth["age"]))
    slipped = np.maximum(truth["age"] + slip, 0.0)
    return first_of(origins, anybody, np.int64), first_of(ages, slipped, np.float64)


def _number(ids: Column, hit: Column, fault: Column, truth: Truth) -> Column:
    """Return the pseudonymous number of the record; one record has one number, whoever is taken for its owner."""
    owner = np.where(hit == RecordOf.STRANGER, truth["reference"] * 8 + truth["candidate_origin"], ids).astype(
        np.uint64
    )
    kind = np.where(fault == LINKED, 7, hit).astype(np.uint64)
    mixed = ((owner << np.uint64(3)) | kind) * _MIX
    number = (mixed ^ (mixed >> np.uint64(29))) >> np.uint64(8)
    return np.where(hit == RecordOf.NO_HIT, NO_RECORD, number.astype(np.int64))
