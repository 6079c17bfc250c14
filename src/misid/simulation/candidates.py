"""A list of candidates and the person who picks one of them or none, from the best downwards.

Whom a person accepts does not depend on the threshold: of the best K strangers of a photo the first one who convinces
is known, and at an operating point he is named if he is on the list and the mate does not stand above him.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from misid.randomness import Purpose, uniforms
from misid.search import expected_above, top
from misid.simulation.batch import Column
from misid.simulation.people import Flags, Floats, Ids
from misid.simulation.world import World

_CELLS = 1 << 20  # candidates looked at together


@dataclass(frozen=True)
class Listed:
    """What a person makes of the candidates of one photo of each of n people; every array has shape (n,)."""

    named: Column  # score of the best stranger whom they accept, -inf if there is none among the best K
    rank: Column  # how many strangers stand above that one
    mate_accepted: Flags  # when they come to it
    relative_accepted: Flags
    above: Mapping[str, Column]  # by operating point: strangers at or above the threshold, K at most
    before: Mapping[str, Column]  # by operating point: strangers above the own reference, K at most


def is_picked(world: World) -> bool:
    """Whether a person picks from the candidates; else the first one at or above the threshold is taken."""
    shown = world.scenario.candidates
    picks = shown.picks_mate.value < 1.0 or shown.picks_stranger.value < 1.0 or shown.lookalike_strength.value > 0.0
    return shown.most > 1 or not shown.floor or picks


def go_through(
    world: World, seed: int, ids: Ids, attempt: int, group: Column, propensity: Floats, own: Column, best: Column
) -> Listed:
    """Go through the list of each photo.

    ``own`` and ``best`` are the best scores of the own references and of strangers, shape (n,).
    """
    shown, n = world.scenario.candidates, len(ids)
    luck = uniforms(seed, Purpose.PICK, ids, second=attempt)
    named, rank = np.full(n, -np.inf, np.float32), np.zeros(n, np.int16)
    above, before = ({point: np.zeros(n, np.int16) for point in world.thresholds} for _ in range(2))
    # Of everybody else no stranger is listed at any point.
    rows = np.flatnonzero(best >= np.float32(min(world.thresholds.values())))
    size = max(1, _CELLS // shown.most)
    for start in range(0, rows.size, size):
        here = rows[start : start + size]
        who, probe, x = ids[here], group[here], propensity[here]
        score = best[here, None]
        if shown.most > 1:
            score = top(world.gallery, probe, x, seed, who, k=shown.most, attempt=attempt).score
        convinces = _convinces(world, seed, who, attempt, x[:, None] * expected_above(world.gallery, score, probe))
        first = convinces.argmax(axis=1)
        some = convinces[np.arange(here.size), first]
        named[here] = np.where(some, score[np.arange(here.size), first], -np.inf)
        rank[here] = first
        for point, threshold in world.thresholds.items():
            above[point][here] = (score >= np.float32(threshold)).sum(axis=1)
            before[point][here] = (score > own[here, None] + np.float32(world.shift[point])).sum(axis=1)
    picks = shown.picks_mate.value
    return Listed(named, rank, luck[0] < picks, luck[1] < picks, above, before)


def _convinces(world: World, seed: int, ids: Ids, attempt: int, as_alike: Floats) -> Flags:
    """Return whether a person accepts each stranger, when they come to him: with ``min(1, p w^-strength)``.

    ``as_alike`` (n, K) is how many strangers as alike, or more, such a probe has in expectation: w.
    """
    shown = world.scenario.candidates
    blocks = range(1, 1 - (-as_alike.shape[1] // 4))
    luck = np.concatenate([uniforms(seed, Purpose.PICK, ids, second=attempt, block=b) for b in blocks])
    with np.errstate(divide="ignore"):
        chance = shown.picks_stranger.value * as_alike**-shown.lookalike_strength.value
    return np.asarray(chance > luck[: as_alike.shape[1]].T)
