"""The fifth stage: what the officer sees of the person: papers, apparent age, manner of the stop."""

from __future__ import annotations

import numpy as np

from misid.randomness import Purpose, uniforms
from misid.twin.chain.batch import Batch
from misid.twin.chain.world import World


def meet(world: World, seed: int, batch: Batch) -> Batch:
    """Add what the officer sees of the person.

    Parameters
    ----------
    world : World
        Numbers.
    seed : int
        Of the run.
    batch : Batch
        With the columns of people.
    """
    truth = batch.truth
    luck = uniforms(seed, Purpose.DOCUMENT, batch.ids)
    carries = luck[0] < world.carries[truth["status"]]
    taken_for_a_child = np.where(truth["minor"], world.photos.child_seen_as_child, world.photos.adult_seen_as_child)
    manner = np.searchsorted(np.cumsum(world.photos.manner)[:-1], luck[3], side="right")
    return batch.add(
        truth={"carries_document": carries},
        seen={
            "document_shown": carries & (luck[1] < world.shows[truth["status"]]),
            "looks_under_18": luck[2] < taken_for_a_child,
            "manner": manner.astype(np.uint8),
        },
    )
