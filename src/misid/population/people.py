"""People as functions of the seed and their number: region, sex, age, status, enrolment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.population.together import HOUSEHOLD, WORKPLACE, Codes, Ids
from misid.randomness import Purpose, Uniforms, uniforms

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ADULT_FROM = 18
OLDEST = 80  # ages are uniform within a band: 0 to 17, and 18 to 79


@dataclass(frozen=True)
class Mix:
    """Who is stopped: blocks of people, and inside each block origin, sex, age and status independent.

    Parameters
    ----------
    block : ndarray, shape (B,)
        Parts; sum to 1.
    origin, sex, minor, status : ndarray, shape (B, …)
        Parts inside each block, in the order of the vocabulary (minor first for ages) or of the scenario's statuses.
    enrolled : ndarray, shape (S, 2)
        P(in the gallery) by status and age, minors first.
    shared_fate : float
        P(a member of a household copies its draw), for each of status, enrolment and record by itself.
    """

    block: Floats
    origin: Floats
    sex: Floats
    minor: Floats
    status: Floats
    enrolled: Floats
    shared_fate: float

    def parts(self) -> Floats:
        """Return the joint parts of block, origin, sex, age and status, shape (B, O, 2, 2, S)."""
        return np.asarray(np.einsum("b,bo,bx,ba,bs->boxas", self.block, self.origin, self.sex, self.minor, self.status))

    def enrolled_on_average(self) -> float:
        """Return the enrolled share of everybody stopped."""
        return float(np.einsum("boxas,sa->", self.parts(), self.enrolled))


@dataclass(frozen=True)
class People:
    """Synthetic people, one row each; what is so, never what is seen.

    Parameters
    ----------
    origin, sex, status : ndarray of uint8
        Codes in the order of the vocabulary and of the scenario's statuses.
    age : ndarray of int16
        Years.
    minor : ndarray of bool
        Under 18.
    enrolled : ndarray of bool
        In the gallery.
    enrolment_luck, record_luck : ndarray of float64
        The draws behind enrolment and record: relatives who were enrolled together share the first, households both.
    """

    origin: Codes
    sex: Codes
    status: Codes
    age: npt.NDArray[np.int16]
    minor: Flags
    enrolled: Flags
    enrolment_luck: Floats
    record_luck: Floats


def draw(seed: int, ids: Ids, leader: Ids, kind: Codes, mix: Mix) -> People:
    """Draw people.

    Parameters
    ----------
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        Their numbers.
    leader, kind : ndarray, shape (n,)
        With whom they are stopped, from `misid.population.together.groups`.
    mix : Mix
        Who is stopped.

    Returns
    -------
    People

    Notes
    -----
    A group shares its block, a household also its origin.  A member copies the household's draw of status, enrolment
    and record, or has one of his own; so every single person has the parts of the mix, and only their company differs.
    """
    ours, more = (_shared(seed, leader, block) for block in range(2))
    own = uniforms(seed, Purpose.PERSON, ids)
    luck = uniforms(seed, Purpose.PERSON, ids, block=1)
    apart = uniforms(seed, Purpose.ENROLMENT, ids)
    block = _choose(mix.block[None, :], np.zeros(len(ids), np.intp), ours[0])
    together = kind == HOUSEHOLD
    origin = _choose(mix.origin, block, np.where(kind == WORKPLACE, own[0], ours[1]))
    minor = _choose(mix.minor, block, own[2]) == 0

    def fate(copied: Uniforms, shared: Uniforms, mine: Uniforms) -> Floats:
        return np.where(together & (copied < mix.shared_fate), shared, mine)

    status = _choose(mix.status, block, fate(luck[1], ours[2], own[3]))
    enrolment = fate(luck[2], ours[3], apart[0])
    enrolled = enrolment < mix.enrolled[status, np.where(minor, 0, 1)]
    low, high = np.where(minor, 0, ADULT_FROM), np.where(minor, ADULT_FROM, OLDEST)
    return People(
        origin=origin.astype(np.uint8),
        sex=_choose(mix.sex, block, own[1]).astype(np.uint8),
        status=status.astype(np.uint8),
        age=np.floor(low + luck[0] * (high - low)).astype(np.int16),
        minor=minor,
        enrolled=enrolled,
        enrolment_luck=enrolment,
        record_luck=fate(luck[3], more[0], apart[1]),
    )


def _shared(seed: int, leader: Ids, block: int) -> Uniforms:
    """Return the draws of each person's household, shape (4, n)."""
    first = int(leader.min()) if leader.size else 0
    span = int(leader.max()) - first + 1 if leader.size else 0
    if span > 2 * leader.size:
        return uniforms(seed, Purpose.HOUSEHOLD, leader, block=block)
    # Numbers that follow each other are drawn fastest, even those of people who lead nobody.
    return uniforms(seed, Purpose.HOUSEHOLD, np.arange(first, first + span), block=block)[:, leader - first]


def _choose(parts: Floats, row: npt.NDArray[np.intp], luck: Uniforms) -> npt.NDArray[np.intp]:
    """Choose a column for each draw by the parts of its row; parts sum to one in each row."""
    edges = np.cumsum(parts, axis=1)[:, :-1]
    chosen = np.zeros(len(luck), np.intp)
    for column in range(edges.shape[1]):
        chosen += luck >= edges[row, column]
    return chosen
