"""The second stage: photos, the scores that a search finds in them, and who is named at an operating point.

Scores are float32 before anything is compared with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from misid.randomness import Purpose, Uniforms, uniforms
from misid.search import CONSTANT, top
from misid.simulation.batch import NO_ORIGIN, Batch, Column, RecordOf, first_of
from misid.simulation.candidates import Listed, go_through, is_picked
from misid.simulation.people import Flags, Ids, Relative
from misid.simulation.world import World
from misid.vocabulary import Sex, at_or_above

Score = np.ndarray[Any, np.dtype[np.float32]]
NO_SCORE = np.float32(-np.inf)
NO_RANK = np.int16(-1)
_ROWS = 4096  # lists drawn again together


@dataclass(frozen=True)
class Photo:
    """One photo of each person, and what lies behind it; every array has shape (n,)."""

    usable: Flags  # whether it gave a template
    poor: Flags
    bystander: Flags  # whether another face in the picture is searched
    other_status: Column  # who that is; the person's own where it is nobody else
    other_minor: Column
    group: Column  # probe group of the searched face
    propensity: Column  # how readily this photo of it draws wrong hits
    own: Score  # best score of the searched face's own references, -inf where there is none
    stranger: Score  # best score of anybody else's, -inf where there is none
    repeated: Flags  # whether this photo comes out as the first one did
    listed: Listed | None  # what a person makes of its candidates; None where the first one is taken


def photograph(world: World, seed: int, batch: Batch, attempt: int = 0) -> Photo:
    """Take a photo of each person, the first one or a further attempt, and search."""
    photos, capture, truth, ids = world.scenario.photos, world.scenario.capture, batch.truth, batch.ids
    luck = uniforms(seed, Purpose.PHOTO, ids, second=attempt)
    usable = luck[0] >= capture.failure_to_acquire.value
    poor = luck[1] < photos.poor_share.value
    status, minor = truth["status"], truth["minor"]
    group = truth["origin"].astype(np.intp) * len(Sex) + truth["sex"]
    own = np.where(truth["enrolled"], _own(world, luck[2], poor), NO_SCORE)
    bystander = np.zeros(len(ids), bool)
    if photos.bystander_share.value > 0.0:
        bystander, group, status, minor, own = _bystanders(world, seed, batch, attempt, group, own, poor)
    propensity = np.ones(len(ids))
    if world.propensity.k < CONSTANT:
        propensity = world.propensity.at(uniforms(seed, Purpose.PROPENSITY, ids, second=attempt)[0])
    if photos.poor_share.value > 0.0:
        propensity = propensity * np.where(poor, 10.0**photos.poor_chance_gain_decades.value, 1.0)
    stranger = top(world.gallery, group, propensity, seed, ids, attempt=attempt).score[:, 0]
    if world.scenario.gallery.n_references.value <= 1.0:
        # The only reference is the person's own, or somebody else's.
        stranger = np.where(truth["enrolled"] & ~bystander, NO_SCORE, stranger)
    repeated = (luck[3] < capture.second_photo_correlation.value) & (attempt > 0)
    listed = None
    if is_picked(world):
        listed = go_through(world, seed, ids, attempt, group, propensity, own, stranger)
    return Photo(usable, poor, bystander, status, minor, group, propensity, own, stranger, repeated, listed)


def _own(world: World, luck: Uniforms, poor: Flags) -> Score:
    """Best score of a person's own references, by the mated curve ``c + (1 - c) Phi(b (s - mu))``."""
    gallery, photos, floor = world.scenario.gallery, world.scenario.photos, world.curve.floor
    scored = luck > floor
    part = np.where(scored, (luck - floor) / (1.0 - floor), 0.5)
    images = min(gallery.images_per_person.value, gallery.n_references.value)
    images_that_count = 1.0 + (images - 1.0) * photos.best_of_images.value
    if images_that_count > 1.0:
        # The best of m independent scores; what is below the floor is the person's, and no image mends it.
        part = part ** (1.0 / images_that_count)
    score = world.curve.location + ndtri(part) / world.curve.slope
    if photos.poor_share.value > 0.0:
        score = score - photos.poor_mated_loss_decades.value * poor
    return np.where(scored, score, -np.inf).astype(np.float32)


def _bystanders(
    world: World, seed: int, batch: Batch, attempt: int, group: Column, own: Column, poor: Flags
) -> tuple[Flags, Column, Column, Column, Column]:
    """Put another person of the same crowd in the picture where the app searches the wrong face."""
    luck = uniforms(seed, Purpose.BYSTANDER, batch.ids, second=attempt)
    apart = uniforms(seed, Purpose.BYSTANDER, batch.ids, second=attempt, block=1)
    wrong_face = luck[0] < world.scenario.photos.bystander_share.value
    parts = world.mix.parts().sum(axis=0)  # origin, sex, age, status
    cell = np.minimum(np.searchsorted(np.cumsum(parts.ravel()), luck[1], side="right"), parts.size - 1)
    origin, sex, age, status = np.unravel_index(cell, parts.shape)
    enrolled = luck[2] < world.mix.enrolled[status, age]
    theirs = np.where(enrolled, _own(world, apart[0], poor), NO_SCORE)
    truth = batch.truth
    return (
        wrong_face,
        np.where(wrong_face, origin * len(Sex) + sex, group),
        np.where(wrong_face, status, truth["status"]),
        np.where(wrong_face, age == 0, truth["minor"]),
        np.where(wrong_face, theirs, own),
    )


def gave_true_name(world: World, seed: int, ids: Ids) -> Flags:
    """Return who gives the name under which they are recorded, where it is compared first."""
    return np.asarray(uniforms(seed, Purpose.READER, ids)[3] < world.scenario.checks.true_name_given.value)


def find_hits(
    world: World, seed: int, batch: Batch, photos: Sequence[Photo], point: str, verified: Flags | None = None
) -> Batch:
    """Add who is named at one operating point: what the search returns first, or whom a person picks from its list.

    The photos are in the order in which they are taken, a further one only after no hit.  ``verified`` is who was found
    by the name they gave before everybody was searched.
    """
    threshold = float(np.float32(world.thresholds[point]))
    if world.shift[point] != 0.0:
        photos = [replace(one, own=one.own + np.float32(world.shift[point])) for one in photos]
    n, most = len(batch.ids), world.scenario.candidates.most
    hit, score, photo = np.zeros(n, np.uint8), np.full(n, -np.inf, np.float32), np.zeros(n, np.uint8)
    shown, rank = np.zeros(n, np.int16), np.full(n, NO_RANK)
    taken = np.ones(n, np.uint8)
    usable = photos[0].usable
    for attempt, one in enumerate(photos):
        new, best, listed, place = _at(one, point, threshold, most, batch, verified if attempt == 0 else None)
        fresh = (hit == RecordOf.NO_HIT) & ~one.repeated
        taken += (attempt > 0) * (hit == RecordOf.NO_HIT)
        usable = usable | one.usable & fresh
        won = fresh & (new != RecordOf.NO_HIT)
        shown = listed if attempt == 0 else np.where(won, listed, shown)
        hit, score, photo = np.where(won, new, hit), np.where(won, best, score), np.where(won, attempt, photo)
        rank = np.where(won, place, rank)
    origin, reference = np.full(n, NO_ORIGIN, np.uint8), np.full(n, -1, np.int64)
    rows = np.flatnonzero(hit == RecordOf.STRANGER)
    if rows.size:
        above = [np.zeros(n, np.int16) if one.listed is None else one.listed.rank for one in photos]
        searched = (above, [one.group for one in photos], [one.propensity for one in photos])
        columns = (_of_photo(photo, each)[rows] for each in searched)
        origin[rows], reference[rows] = _strangers(world, seed, batch.ids[rows], photo[rows], *columns)
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
            "candidates": shown,
            "rank": rank,
        },
        seen={"photo_usable": usable, "hit": hit != RecordOf.NO_HIT, "score": score},
    )


def _of_photo(photo: Column, columns: Sequence[Column]) -> Column:
    """Return each row of the column of its own photo."""
    return columns[0] if len(columns) == 1 else np.stack(columns)[photo, np.arange(len(photo))]


def _at(
    one: Photo, point: str, threshold: float, most: int, batch: Batch, verified: Flags | None
) -> tuple[Column, Column, Column, Column]:
    """Return whose record comes up in one photo, its score, how many candidates there are, and its place among them.

    The person's own reference comes up first if it scores at least as high as the best stranger.  A relative who
    matches does so far above any stranger; whether above the person's own reference was drawn with the relative.  Who
    picks from a list takes one as readily as the other, goes on down the list after rejecting the person, and names
    nobody after rejecting a relative.
    """
    listed = one.listed
    own = one.usable & at_or_above(one.own, threshold)
    relative = one.usable & (batch.truth["relative"] != Relative.NONE) & ~one.bystander
    if listed is None:
        best, taken, before = one.stranger, relative, np.zeros(len(own), np.int16)
        above = stranger = one.usable & at_or_above(one.stranger, threshold)
        # At a tie the person's own reference comes up.
        right = own & (one.own >= one.stranger)
    else:
        best, taken, before = listed.named, relative & listed.relative_accepted, listed.rank
        above = np.where(one.usable, listed.above[point], 0)
        on_list = own & (listed.before[point] < most)
        # A mate on the list takes one of the places, so that the last stranger falls off.
        first = on_list & (one.own >= best) & (listed.mate_accepted | (listed.rank + 1 >= most))
        stranger = one.usable & at_or_above(best, threshold) & ~first
        right = on_list & ~stranger & listed.mate_accepted
        # Whoever is named below a mate who was rejected stands one place further down.
        before = np.where(right, listed.before[point], before + (on_list & (one.own >= best)))
    right = right & ~(relative & batch.truth["relative_outranks"])
    candidates, before = above.astype(np.int16) + own + relative, np.where(right | ~taken, before, 0)
    if verified is not None:
        by_name = one.usable & verified & ~one.bystander
        right, candidates, before = right | by_name, np.where(by_name, 1, candidates), np.where(by_name, 0, before)
    kin = np.where(batch.truth["relative"] == Relative.IDENTICAL, RecordOf.TWIN, RecordOf.SIBLING)
    whose = (
        (right & one.bystander, RecordOf.BYSTANDER),
        (right, RecordOf.OWN),
        (taken, kin),
        (~relative & stranger, RecordOf.STRANGER),
    )
    hit = first_of(whose, RecordOf.NO_HIT, np.uint8)
    # How far above the threshold a relative scores is not drawn: "at least the threshold" is all that is known.
    score = first_of(((right, one.own), (taken, threshold), (stranger, best)), -np.inf, np.float32)
    return hit, score, np.minimum(candidates, most), (before + 1).astype(np.int16)


def _strangers(
    world: World, seed: int, ids: Column, photo: Column, before: Column, group: Column, propensity: Column
) -> tuple[Column, Column]:
    """Return origin and number, inside its group, of the stranger's reference that comes up in each photo.

    ``before`` is how many strangers stand above that one.
    """
    most = int(before.max()) + 1
    found = np.empty(len(ids), np.int8)
    size = len(ids) if most == 1 else _ROWS
    for start in range(0, len(ids), size):
        part = slice(start, start + size)
        searched = (group[part], propensity[part], seed, ids[part])
        listed = top(world.gallery, *searched, k=most, attempt=photo[part], with_groups=True).group
        found[part] = listed[np.arange(len(listed)), before[part]]
    luck = uniforms(seed, Purpose.STRANGER, ids, second=photo)
    count = np.maximum(np.floor(world.gallery.comparisons[found]), 1.0)
    number = np.minimum(np.floor(world.references.position(luck[0]) * count), count - 1.0)
    return found.astype(np.uint8), number.astype(np.int64)
