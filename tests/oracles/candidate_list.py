"""A list of candidates and the person who picks from it, drawn person by person (item 31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri


@dataclass(frozen=True)
class ListOf:
    """How many are shown and whom the person accepts; the mated curve, and the spread of the photos' propensities."""

    most: int
    mate: float
    stranger: float
    strength: float = 0.0
    k: float = np.inf
    floor: float = 0.01
    slope: float = 0.25
    location: float = 16.0


class Picked(NamedTuple):
    """Shares of n people."""

    named: float  # of searches without a mate: somebody is named
    right: float  # of searches with a mate: the mate is named
    misid: float  # of searches with a mate: somebody else is named


def drawn_lists(
    shown: ListOf,
    threshold: float,
    comparisons: float,
    n: int,
    rng: np.random.Generator,
    named: float = 0.0,
    bar: float = np.inf,
) -> Picked:
    """Go through the lists of n photos, each once without the mate and once with it, from the best downwards.

    The j-th best stranger of a probe stands where E_1 + ... + E_j strangers as alike are expected, E unit exponentials;
    a score of s decades where ``g comparisons 10^-s`` are, g the photo's own propensity.  ``threshold`` is -inf where
    the best are shown whatever their scores.  A share ``named`` of mates is compared alone first, and found from
    ``bar`` decades on; of the others the same score is searched with.  Source: item 9 for the strangers, item 5 for
    the mate, item 31.
    """
    spread = rng.gamma(shown.k, 1.0 / shown.k, n) if np.isfinite(shown.k) else np.ones(n)
    as_alike = np.cumsum(rng.exponential(size=(n, shown.most)), axis=1)
    listed = as_alike <= (spread * comparisons * 10.0**-threshold)[:, None]
    with np.errstate(divide="ignore"):
        accepts = np.minimum(1.0, shown.stranger * as_alike**-shown.strength)
    accepted = listed & (rng.random((n, shown.most)) < accepts)
    score = shown.location + ndtri(rng.random(n)) / shown.slope
    score = np.where(rng.random(n) < shown.floor, -np.inf, score)
    stands = np.where(np.isfinite(score), spread * comparisons * 10.0 ** -np.maximum(score, -200.0), np.inf)
    above = as_alike < stands[:, None]
    mate_listed = (score >= threshold) & np.isfinite(score) & (above.sum(axis=1) < shown.most)
    mate_accepted = mate_listed & (rng.random(n) < shown.mate)
    # The mate takes one of the places, so that the last stranger falls off.
    place = np.arange(shown.most)
    with_mate = accepted & (~mate_listed[:, None] | (place < shown.most - 1) | above)
    before, after = (with_mate & above).any(axis=1), (with_mate & ~above).any(axis=1)
    verified = (rng.random(n) < named) & (score >= bar)
    right = verified | mate_accepted & ~before
    misid = np.where(mate_listed, before | ~mate_accepted & after, before | after) & ~verified
    return Picked(float(accepted.any(axis=1).mean()), float(right.mean()), float(misid.mean()))
