"""The second stage: photos, and the scores that a search finds in them.  No threshold yet.

Scores are float32 before anything is compared with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from misid.randomness import Purpose, Uniforms, uniforms
from misid.search import CONSTANT, top
from misid.simulation.batch import Batch, Column
from misid.simulation.people import Flags, Ids
from misid.simulation.world import World
from misid.vocabulary import Sex

Score = np.ndarray[Any, np.dtype[np.float32]]
NO_SCORE = np.float32(-np.inf)


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
    repeated = (luck[3] < capture.second_photo_correlation.value) & (attempt > 0)
    return Photo(usable, poor, bystander, status, minor, group, propensity, own, stranger, repeated)


def _own(world: World, luck: Uniforms, poor: Flags) -> Score:
    """Best score of a person's own references, by the mated curve ``c + (1 - c) Phi(b (s - mu))``."""
    gallery, photos, floor = world.scenario.gallery, world.scenario.photos, world.floor
    scored = luck > floor
    part = np.where(scored, (luck - floor) / (1.0 - floor), 0.5)
    images = min(gallery.images_per_person.value, gallery.n_references.value)
    images_that_count = 1.0 + (images - 1.0) * photos.best_of_images.value
    if images_that_count > 1.0:
        # The best of m independent scores; what is below the floor is the person's, and no image mends it.
        part = part ** (1.0 / images_that_count)
    score = world.location + ndtri(part) / world.slope
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
