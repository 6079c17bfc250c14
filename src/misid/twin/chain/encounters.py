"""The first stage: who is stopped, with whom, and who in the gallery resembles them."""

from __future__ import annotations

import numpy as np

from misid.population import Floats, Ids, People, alike, draw, groups
from misid.twin.chain.batch import Batch, Seen, Truth
from misid.twin.chain.world import World


def encounter(world: World, seed: int, ids: Ids) -> tuple[Batch, People]:
    """Draw the people of some encounters.

    Parameters
    ----------
    world : World
        Who is stopped.
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        Numbers of the encounters; each is a new person.

    Returns
    -------
    batch : Batch
        With the columns of who people are.
    people : People
        The same people with the luck behind their enrolment and records.
    """
    leader, kind = groups(seed, ids, world.sizes)
    people = draw(seed, ids, leader, kind, world.mix)
    relative, outranks = alike(seed, ids, people, _relatives_enrolled(world, people), world.kin)
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


def _relatives_enrolled(world: World, people: People) -> Floats:
    """P(a relative is enrolled): that of the person's status and age; of the average where nobody of it ever is."""
    table = world.mix.enrolled
    table = np.where(table > 0.0, table, world.mix.enrolled_on_average())
    return np.asarray(table[people.status, np.where(people.minor, 0, 1)], float)
