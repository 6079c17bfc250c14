"""People, all SYNTHETIC: with whom they are stopped, who they are, and who in the gallery resembles them.

Everything is a function of the seed and the encounter's number, so that any piece of a run can be drawn by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.randomness import Purpose, Uniforms, uniforms
from misid.scenario import Kin, Together

Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SPAN = 64  # nobody is stopped together across a multiple of this
ADULT_FROM = 18
OLDEST = 80  # ages are uniform within a band: 0 to 17, and 18 to 79


class Company:
    """Codes of with whom a person is stopped."""

    ALONE, HOUSEHOLD, WORKPLACE = range(3)


class Relative:
    """Codes of the relative who is enrolled and matches; a fraternal twin is a sibling of the same age."""

    NONE, IDENTICAL, SIBLING = range(3)


def stopped_together(seed: int, ids: Ids, together: Together) -> tuple[Ids, Codes]:
    """Return for each encounter the first encounter of its group, itself for a person alone, and the kind of group.

    Encounters are dealt out in order.  Sizes are uniform around their means, and a group is cut at every 64th
    encounter, so that the mean size comes out a little below.  OutOfRange if the shares of households and workplaces
    exceed 1 together.
    """
    at_home, at_work = together.household_share.value, together.workplace_share.value
    household, workplace = together.household_size.value, together.workplace_size.value
    if at_home + at_work > 1.0:
        raise OutOfRange("household_share + workplace_share", at_home + at_work, "at most 1")
    if at_home == at_work == 0.0:
        return ids.astype(np.int64), np.zeros(ids.shape, np.uint8)
    spans, place = np.unique(ids // SPAN, return_inverse=True)
    slots = np.arange(SPAN)
    kind_luck, size_luck = uniforms(seed, Purpose.TOGETHER, (spans[:, None] * SPAN + slots).ravel())[:2].reshape(
        2, len(spans), SPAN
    )
    # Shares are of people, the draws are by group: a share is divided by the size of its groups.
    weights = np.array([1.0 - at_home - at_work, at_home / household, at_work / workplace])
    kinds = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], kind_luck, side="right").astype(np.uint8)
    spread = np.array([0.0, 2.0 * household - 3.0, 2.0 * workplace - 3.0])[kinds]
    wanted = np.where(kinds == Company.ALONE, 1, 2 + np.floor(size_luck * spread).astype(np.int64))
    leader = np.empty((len(spans), SPAN), np.int64)
    kind = np.empty((len(spans), SPAN), np.uint8)
    ends, first, now = np.zeros(len(spans), np.int64), np.zeros(len(spans), np.int64), np.zeros(len(spans), np.uint8)
    for slot in slots:
        begins = ends == slot
        first = np.where(begins, slot, first)
        now = np.where(begins, kinds[:, slot], now)
        ends = np.where(begins, np.minimum(slot + wanted[:, slot], SPAN), ends)
        leader[:, slot] = spans * SPAN + first
        # A household of one, left over before the cut, is a person alone.
        kind[:, slot] = np.where(ends - first > 1, now, Company.ALONE)
    here = place.reshape(ids.shape), ids % SPAN
    return leader[here], kind[here]


@dataclass(frozen=True)
class Mix:
    """Who is stopped: blocks of people, and inside each block origin, sex, age and status independent.

    Columns are in the order of the vocabulary, minors first for ages, or of the scenario's statuses.
    """

    block: Floats  # parts, sum to 1, (B,)
    origin: Floats  # parts inside each block, (B, origins); so are the next three
    sex: Floats
    minor: Floats
    status: Floats
    enrolled: Floats  # P(in the gallery) by status and age, (S, 2)
    shared_fate: float  # P(a member of a household copies its draw), for each of status, enrolment and record by itself

    def parts(self) -> Floats:
        """Return the joint parts of block, origin, sex, age and status, shape (B, O, 2, 2, S)."""
        return np.asarray(np.einsum("b,bo,bx,ba,bs->boxas", self.block, self.origin, self.sex, self.minor, self.status))

    def enrolled_on_average(self) -> float:
        """Return the enrolled share of everybody stopped."""
        return float(np.einsum("boxas,sa->", self.parts(), self.enrolled))


@dataclass(frozen=True)
class SyntheticPeople:
    """Synthetic people, one row each: the truth, never what is seen."""

    origin: Codes  # codes in the order of the vocabulary; status in that of the scenario
    sex: Codes
    status: Codes
    age: npt.NDArray[np.int16]  # years
    minor: Flags  # under 18
    enrolled: Flags
    # The draws behind enrolment and record: relatives who were enrolled together share the first, households both.
    enrolment_luck: Floats
    record_luck: Floats


def draw_people(seed: int, ids: Ids, leader: Ids, kind: Codes, mix: Mix) -> SyntheticPeople:
    """Draw the people of some encounters, with whom they are stopped coming from `stopped_together`.

    A group shares its block, a household also its origin.  A member copies the household's draw of status, enrolment
    and record, or has one of his own; so every single person has the parts of the mix, and only their company differs.
    """
    ours, more = (_of_household(seed, leader, block) for block in range(2))
    own = uniforms(seed, Purpose.PERSON, ids)
    luck = uniforms(seed, Purpose.PERSON, ids, block=1)
    apart = uniforms(seed, Purpose.ENROLMENT, ids)
    block = _choose(mix.block[None, :], np.zeros(len(ids), np.intp), ours[0])
    together = kind == Company.HOUSEHOLD
    origin = _choose(mix.origin, block, np.where(kind == Company.WORKPLACE, own[0], ours[1]))
    minor = _choose(mix.minor, block, own[2]) == 0

    def fate(copied: Uniforms, shared: Uniforms, mine: Uniforms) -> Floats:
        return np.where(together & (copied < mix.shared_fate), shared, mine)

    status = _choose(mix.status, block, fate(luck[1], ours[2], own[3]))
    enrolment = fate(luck[2], ours[3], apart[0])
    enrolled = enrolment < mix.enrolled[status, np.where(minor, 0, 1)]
    low, high = np.where(minor, 0, ADULT_FROM), np.where(minor, ADULT_FROM, OLDEST)
    return SyntheticPeople(
        origin=origin.astype(np.uint8),
        sex=_choose(mix.sex, block, own[1]).astype(np.uint8),
        status=status.astype(np.uint8),
        age=np.floor(low + luck[0] * (high - low)).astype(np.int16),
        minor=minor,
        enrolled=enrolled,
        enrolment_luck=enrolment,
        record_luck=fate(luck[3], more[0], apart[1]),
    )


def _of_household(seed: int, leader: Ids, block: int) -> Uniforms:
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


def matching_relatives(seed: int, ids: Ids, people: SyntheticPeople, enrolled: Floats, kin: Kin) -> tuple[Codes, Flags]:
    """Return which relative of each person is enrolled and reaches the threshold, and whether he comes up first.

    The relative is a code of `Relative`, the nearest of several; he comes up first where he outranks the person's own
    matching reference.  ``enrolled`` is P(a relative of this person is in the gallery).

    FORMULAS 17.  One photo or ten, a relative is as alike: the draw belongs to the person.
    """
    exists = uniforms(seed, Purpose.KIN, ids)
    luck = uniforms(seed, Purpose.KIN, ids, block=1)
    together = luck[0] < kin.enrolled_together.value

    def in_gallery(own: Floats) -> Flags:
        return np.asarray(np.where(together, people.enrolment_luck, own) < enrolled)

    identical = (exists[0] < kin.identical_twin_share.value * kin.identical_twin_match.value) & in_gallery(exists[1])
    # -expm1: of a Poisson number of siblings, at least one matches.
    some_sibling = -np.expm1(-kin.siblings.value * kin.sibling_match.value)
    fraternal = exists[2] < kin.fraternal_twin_share.value * kin.fraternal_twin_match.value
    sibling = (fraternal | (exists[3] < some_sibling)) & in_gallery(luck[1])
    kind = np.where(identical, Relative.IDENTICAL, np.where(sibling, Relative.SIBLING, Relative.NONE)).astype(np.uint8)
    return kind, (kind != Relative.NONE) & (luck[2] < kin.relative_outranks.value)
