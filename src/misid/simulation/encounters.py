"""The first stage: who is stopped, with whom, who in the gallery resembles them, and what the officer sees of them."""

from __future__ import annotations

import numpy as np

from misid.randomness import Purpose, uniforms
from misid.simulation.batch import Batch, Seen, Truth
from misid.simulation.people import (
    Floats,
    Ids,
    SyntheticPeople,
    draw_people,
    matching_relatives,
    stopped_together,
)
from misid.simulation.world import World
from misid.vocabulary import Manner


def encounter(world: World, seed: int, ids: Ids) -> tuple[Batch, SyntheticPeople]:
    """Draw the people of some encounters, each a new person; the batch gets the columns of who they are."""
    scenario = world.scenario
    leader, kind = stopped_together(seed, ids, scenario.together)
    people = draw_people(seed, ids, leader, kind, world.mix)
    relative, outranks = np.zeros(len(ids), np.uint8), np.zeros(len(ids), bool)
    # The owner of the only reference is the person or an impostor, never a relative who happens to be enrolled.
    if scenario.gallery.n_references.value > 1.0:
        enrolled = _relatives_enrolled(world, people)
        relative, outranks = matching_relatives(seed, ids, people, enrolled, scenario.kin)
    truth = Truth().add(
        person=ids,
        group=leader,
        together=kind,
        origin=people.origin,
        sex=people.sex,
        age=people.age,
        minor=people.minor,
        status=people.status,
        enrolled=people.enrolled,
        relative=relative,
        relative_outranks=outranks,
    )
    return Batch(ids, truth, Seen()), people


def _relatives_enrolled(world: World, people: SyntheticPeople) -> Floats:
    """P(a relative is enrolled): that of the person's status and age; of the average where nobody of it ever is."""
    table = world.mix.enrolled
    table = np.where(table > 0.0, table, world.mix.enrolled_on_average())
    return np.asarray(table[people.status, np.where(people.minor, 0, 1)], float)


def face_officer(world: World, seed: int, batch: Batch) -> Batch:
    """Add what the officer sees of the person: papers, apparent age, manner of the stop."""
    truth, photos = batch.truth, world.scenario.photos
    luck = uniforms(seed, Purpose.DOCUMENT, batch.ids)
    carries = luck[0] < world.carries[truth["status"]]
    share = world.scenario.stops[world.stop].for_no_document.value
    without = np.zeros(len(batch.ids), bool)
    if share > 0.0:
        without = uniforms(seed, Purpose.DOCUMENT, batch.ids, block=1)[0] < share
        carries = carries & ~without
    taken_for_a_child = np.where(truth["minor"], photos.child_seen_as_child.value, photos.adult_seen_as_child.value)
    manners = np.array([photos.manner[m].value if m in photos.manner else 0.0 for m in Manner])
    manner = np.searchsorted(np.cumsum(manners / manners.sum())[:-1], luck[3], side="right")
    return batch.add(
        truth={"carries_document": carries, "for_no_document": without},
        seen={
            "document_shown": carries & (luck[1] < world.shows[truth["status"]]),
            "looks_under_18": luck[2] < taken_for_a_child,
            "manner": manner.astype(np.uint8),
        },
    )
