"""Who is stopped together: households and workplaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms

Ids = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

SPAN = 64  # nobody is stopped together across a multiple of this, so that any piece of a run can be drawn by itself
ALONE, HOUSEHOLD, WORKPLACE = range(3)


@dataclass(frozen=True)
class Sizes:
    """How people are stopped.

    Parameters
    ----------
    household_share, workplace_share : float
        Parts of those photographed who are stopped with their household, and at work; in sum at most 1.
    household_size, workplace_size : float
        Mean numbers of people stopped so, at least 2.
    """

    household_share: float
    household_size: float
    workplace_share: float
    workplace_size: float


def groups(seed: int, ids: Ids, sizes: Sizes) -> tuple[Ids, Codes]:
    """Return for each encounter the first encounter of its group, and the kind of group.

    Parameters
    ----------
    seed : int
        Of the run.
    ids : ndarray of int64, shape (n,)
        Encounters, in any order.
    sizes : Sizes
        How people are stopped.

    Returns
    -------
    leader : ndarray of int64, shape (n,)
        The encounter with which the group begins; the encounter itself for a person alone.
    kind : ndarray of uint8, shape (n,)
        `ALONE`, `HOUSEHOLD` or `WORKPLACE`.

    Raises
    ------
    OutOfRange
        If the two shares exceed 1.

    Notes
    -----
    Encounters are dealt out in order.  Sizes are uniform around their means, and a group is cut at every 64th
    encounter, so that the mean size comes out a little below.
    """
    if sizes.household_share + sizes.workplace_share > 1.0:
        raise OutOfRange(
            "household_share + workplace_share", sizes.household_share + sizes.workplace_share, "at most 1"
        )
    if sizes.household_share == sizes.workplace_share == 0.0:
        return ids.astype(np.int64), np.zeros(ids.shape, np.uint8)
    spans, place = np.unique(ids // SPAN, return_inverse=True)
    slots = np.arange(SPAN)
    kind_luck, size_luck = uniforms(seed, Purpose.TOGETHER, (spans[:, None] * SPAN + slots).ravel())[:2].reshape(
        2, len(spans), SPAN
    )
    # Shares are of people, the dice are thrown by group: a share is divided by the size of its groups.
    weights = np.array(
        [
            1.0 - sizes.household_share - sizes.workplace_share,
            sizes.household_share / sizes.household_size,
            sizes.workplace_share / sizes.workplace_size,
        ]
    )
    kinds = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], kind_luck, side="right").astype(np.uint8)
    spread = np.array([0.0, 2.0 * sizes.household_size - 3.0, 2.0 * sizes.workplace_size - 3.0])[kinds]
    wanted = np.where(kinds == ALONE, 1, 2 + np.floor(size_luck * spread).astype(np.int64))
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
        kind[:, slot] = np.where(ends - first > 1, now, ALONE)
    here = place.reshape(ids.shape), ids % SPAN
    return leader[here], kind[here]
