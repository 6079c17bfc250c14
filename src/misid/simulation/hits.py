"""The third stage: a threshold turns scores into hits, and decides whose record comes up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from misid.randomness import Purpose, uniforms
from misid.search import top
from misid.simulation.batch import Batch, Column
from misid.simulation.people import IDENTICAL, NONE, Flags
from misid.simulation.photos import Photo
from misid.simulation.world import ORIGINS, World
from misid.vocabulary import Mode, at_or_above

NO_HIT, OWN, SECOND_RECORD, TWIN, SIBLING, STRANGER, BYSTANDER = range(7)
NO_ORIGIN = len(ORIGINS)


def find_hits(
    world: World, seed: int, batch: Batch, photos: Sequence[Photo], mode: Mode, verified: Flags | None = None
) -> Batch:
    """Add what the search returns at the threshold of one mode.

    The photos are in the order in which they are taken, a further one only after no hit.  ``verified`` is who was found
    by the name they gave before everybody was searched.
    """
    threshold = float(np.float32(world.thresholds[mode]))
    n = len(batch.ids)
    hit, score, photo = np.zeros(n, np.uint8), np.full(n, -np.inf, np.float32), np.zeros(n, np.uint8)
    taken = np.ones(n, np.uint8)
    usable = photos[0].usable
    for attempt, one in enumerate(photos):
        new, best = _at(one, threshold, batch, verified if attempt == 0 else None)
        fresh = (hit == NO_HIT) & ~one.repeated
        taken += (attempt > 0) * (hit == NO_HIT)
        usable = usable | one.usable & fresh
        won = fresh & (new != NO_HIT)
        hit, score, photo = np.where(won, new, hit), np.where(won, best, score), np.where(won, attempt, photo)
    origin = np.full(n, NO_ORIGIN, np.uint8)
    reference = np.full(n, -1, np.int64)
    rows = np.flatnonzero(hit == STRANGER)
    if rows.size:
        origin[rows], reference[rows] = _who(world, seed, batch, photos, rows, photo[rows])
    first = photos[0]
    return batch.add(
        truth={
            "hit": hit,
            "candidate_origin": origin,
            "reference": reference,
            "attempts": taken,
            "photo": photo,
            "poor_photo": first.poor,
            "other_status": _of_photo(photo, [one.other_status for one in photos]),
            "other_minor": _of_photo(photo, [one.other_minor for one in photos]),
            "own_score": first.own,
            "stranger_score": first.stranger,
        },
        seen={"photo_usable": usable, "hit": hit != NO_HIT, "score": score},
    )


def _of_photo(photo: Column, columns: Sequence[Column]) -> Column:
    """Return each row of the column of its own photo."""
    return columns[0] if len(columns) == 1 else np.stack(columns)[photo, np.arange(len(photo))]


def _at(one: Photo, threshold: float, batch: Batch, verified: Flags | None) -> tuple[Column, Column]:
    """Return whose record comes up in one photo, and its score.

    The person's own reference comes up first if it scores at least as high as the best stranger.  A relative who
    matches does so far above any stranger; whether above the person's own reference was drawn with the relative.
    """
    own = one.usable & at_or_above(one.own, threshold)
    stranger = one.usable & at_or_above(one.stranger, threshold)
    relative = one.usable & (batch.truth["relative"] != NONE) & ~one.bystander
    # At a tie the person's own reference comes up.
    right = own & (one.own >= one.stranger) & ~(relative & batch.truth["relative_outranks"])
    if verified is not None:
        right = right | one.usable & verified & ~one.bystander
    kin = np.where(batch.truth["relative"] == IDENTICAL, TWIN, SIBLING)
    hit = np.select([right & one.bystander, right, relative, stranger], [BYSTANDER, OWN, kin, STRANGER], NO_HIT).astype(
        np.uint8
    )
    # How far above the threshold a relative scores is not drawn: "at least the threshold" is all that is known.
    score = np.select([right, relative, stranger], [one.own, threshold, one.stranger], -np.inf).astype(np.float32)
    return hit, score


def _who(
    world: World, seed: int, batch: Batch, photos: Sequence[Photo], rows: Column, photo: Column
) -> tuple[Column, Column]:
    """Return origin and number, inside its group, of the stranger's reference that comes up."""
    origin, number = np.empty(rows.size, np.uint8), np.empty(rows.size, np.int64)
    for attempt, one in enumerate(photos):
        mine = photo == attempt
        here = rows[mine]
        if not here.size:
            continue
        candidates = top(
            world.gallery,
            one.group[here],
            one.propensity[here],
            seed,
            batch.ids[here],
            attempt=attempt,
            with_groups=True,
        )
        group = candidates.group[:, 0]
        luck = uniforms(seed, Purpose.STRANGER, batch.ids[here], second=attempt)
        count = np.maximum(np.floor(world.gallery.comparisons[group]), 1.0)
        origin[mine] = group
        number[mine] = np.minimum(np.floor(world.references.position(luck[0]) * count), count - 1.0).astype(np.int64)
    return origin, number
