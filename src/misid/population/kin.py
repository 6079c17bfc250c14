"""Relatives in the gallery: identical and fraternal twins, siblings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.population.people import Flags, Floats, People
from misid.population.together import Codes, Ids
from misid.randomness import Purpose, uniforms

NONE, IDENTICAL, SIBLING = range(3)  # a fraternal twin is a sibling of the same age


@dataclass(frozen=True)
class Resemblance:
    """How many relatives people have, and how alike they are.

    Parameters
    ----------
    identical_share, identical_match : float
        Share of people with a living identical twin; P(the twin reaches the threshold).
    fraternal_share, fraternal_match : float
        The same for fraternal twins of the same sex.
    siblings, sibling_match : float
        Mean number of siblings of the same sex; P(one of them reaches the threshold).
    enrolled_together : float
        P(a relative's enrolment follows the person's own draw).
    outranks : float
        P(a relative who matches comes up above the person's own reference).
    """

    identical_share: float
    identical_match: float
    fraternal_share: float
    fraternal_match: float
    siblings: float
    sibling_match: float
    enrolled_together: float
    outranks: float


def alike(seed: int, ids: Ids, people: People, enrolled: Floats, who: Resemblance) -> tuple[Codes, Flags]:
    """Say for each person whether a relative is enrolled who reaches the threshold.

    Parameters
    ----------
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        People's numbers.
    people : People
        The same people.
    enrolled : ndarray, shape (n,)
        P(a relative of this person is in the gallery).
    who : Resemblance
        How many relatives, how alike.

    Returns
    -------
    kind : ndarray of uint8, shape (n,)
        `NONE`, `IDENTICAL` or `SIBLING`; the nearest of several.
    outranks : ndarray of bool, shape (n,)
        Whether that relative comes up above the person's own matching reference.

    Notes
    -----
    FORMULAS 17.  One photo or ten, a relative is as alike: the draw belongs to the person.
    """
    exists = uniforms(seed, Purpose.KIN, ids)
    luck = uniforms(seed, Purpose.KIN, ids, block=1)
    together = luck[0] < who.enrolled_together

    def in_gallery(own: Floats) -> Flags:
        return np.asarray(np.where(together, people.enrolment_luck, own) < enrolled)

    identical = (exists[0] < who.identical_share * who.identical_match) & in_gallery(exists[1])
    # -expm1: of a Poisson number of siblings, at least one matches.
    some_sibling = -np.expm1(-who.siblings * who.sibling_match)
    fraternal = exists[2] < who.fraternal_share * who.fraternal_match
    sibling = (fraternal | (exists[3] < some_sibling)) & in_gallery(luck[1])
    kind = np.where(identical, IDENTICAL, np.where(sibling, SIBLING, NONE)).astype(np.uint8)
    return kind, (kind != NONE) & (luck[2] < who.outranks)
