"""The second stage: photos, and the scores that a search finds in them.  No threshold yet.

Scores are float32 before anything is compared with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from misid.population import Flags, Ids
from misid.randomness import Purpose, Uniforms, uniforms
from misid.search import CONSTANT, top
from misid.twin.chain.batch import Batch, Column
from misid.twin.chain.world import World
from misid.vocabulary import Sex

NO_SCORE = np.float32(-np.inf)


@dataclass(frozen=True)
class Look:
    """One photo of each person, and what lies behind it.

    Parameters
    ----------
    usable, poor : ndarray of bool, shape (n,)
        Whether it gave a template, and whether it is of poor quality.
    bystander : ndarray of bool, shape (n,)
        Whether another face in the picture is searched.
    other_status, other_minor : ndarray, shape (n,)
        Who that is; the person's own where it is nobody else.
    group, propensity : ndarray, shape (n,)
        Probe group of the searched face, and how readily this photo of it draws wrong hits.
    own, stranger : ndarray of float32, shape (n,)
        Best score of the searched face's own references, and of anybody else's; -inf where there is none.
    repeated : ndarray of bool, shape (n,)
        Whether this photo comes out as the first one did.
    """

    usable: Flags
    poor: Flags
    bystander: Flags
    other_status: Column
    other_minor: Column
    group: Column
    propensity: Column
    own: np.ndarray[Any, np.dtype[np.float32]]
    stranger: np.ndarray[Any, np.dtype[np.float32]]
    repeated: Flags


def look(world: World, seed: int, batch: Batch, attempt: int = 0) -> Look:
    """Take a photo of each person and search.

    Parameters
    ----------
    world : World
        Numbers.
    seed : int
        Of the run.
    batch : Batch
        With the columns of `misid.twin.chain.encounters.encounter`.
    attempt : int
        Which photo, from 0.

    Returns
    -------
    Look
    """
    p, truth, ids = world.photos, batch.truth, batch.ids
    luck = uniforms(seed, Purpose.PHOTO, ids, second=attempt)
    usable = luck[0] >= p.failure_to_acquire
    poor = luck[1] < p.poor_share
    status, minor = truth["status"], truth["minor"]
    group = truth["origin"].astype(np.intp) * len(Sex) + truth["sex"]
    own = np.where(truth["enrolled"], _own(world, luck[2], poor), NO_SCORE)
    bystander = np.zeros(len(ids), bool)
    if p.bystander_share > 0.0:
        bystander, group, status, minor, own = _bystanders(world, seed, batch, attempt, group, own, poor)
    propensity = np.ones(len(ids))
    if world.propensity.k < CONSTANT:
        propensity = world.propensity.at(uniforms(seed, Purpose.PROPENSITY, ids, second=attempt)[0])
    if p.poor_share > 0.0:
        propensity = propensity * np.where(poor, 10.0**p.poor_gain, 1.0)
    stranger = top(world.gallery, group, propensity, seed, ids, attempt=attempt).score[:, 0]
    repeated = (luck[3] < p.second_photo_correlation) & (attempt > 0)
    return Look(usable, poor, bystander, status, minor, group, propensity, own, stranger, repeated)


def _own(world: World, luck: Uniforms, poor: Flags) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Best score of a person's own references, by the mated curve ``c + (1 - c) Phi(b (s - mu))``."""
    floor = world.floor
    scored = luck > floor
    part = np.where(scored, (luck - floor) / (1.0 - floor), 0.5)
    if world.photos.images_that_count > 1.0:
        # The best of m independent scores; what is below the floor is the person's, and no image mends it.
        part = part ** (1.0 / world.photos.images_that_count)
    score = world.location + ndtri(part) / world.slope
    if world.photos.poor_share > 0.0:
        score = score - world.photos.poor_loss * poor
    return np.where(scored, score, -np.inf).astype(np.float32)


def _bystanders(
    world: World, seed: int, batch: Batch, attempt: int, group: Column, own: Column, poor: Flags
) -> tuple[Flags, Column, Column, Column, Column]:
    """Put another person of the same crowd in the picture where the app searches the wrong face."""
    luck = uniforms(seed, Purpose.BYSTANDER, batch.ids, second=attempt)
    apart = uniforms(seed, Purpose.BYSTANDER, batch.ids, second=attempt, block=1)
    wrong_face = luck[0] < world.photos.bystander_share
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
    """Say who gives the name under which they are recorded, where one is asked for."""
    return np.asarray(uniforms(seed, Purpose.READER, ids)[3] < world.photos.true_name_given)
