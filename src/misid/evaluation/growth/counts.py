"""What searches say of galleries smaller than the one they searched, without drawing one.

A random part of a gallery keeps a candidate with a known probability, so the mean over all random parts of one size
needs no draw: of a search with c people at or above the threshold, a part of n out of N people holds none of them with
probability ``prod_j (1 - n / (N - j))``, j from 0 to c - 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Searches
from misid.randomness import Purpose, uniforms
from misid.statistics import Array, expected_from_fpir, fpir_gamma

REPLICATES = 400
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Parts of the gallery from which all of it is predicted."""
_MOST = 1e9
"""A shape of the spread of propensity from here on is none."""


@dataclass(frozen=True, eq=False)
class Usable:
    """Searches that can say how often others come up.

    Parameters
    ----------
    others : ndarray of float32, shape (m, k)
        Scores of others, best first.
    subject : ndarray of int32, shape (m, k), or None
        Whose they are.
    owner : ndarray of int64, shape (m,)
        Probe subject, numbered from 0 without gaps.
    weights : ndarray, shape (1 + replicates, subjects)
        Of the subjects: all 1, then drawn.
    known_from : ndarray, shape (m,)
        Scores above this one are all in the list.
    n_references, n_people : float
        Searched: without the mate's own where it was taken out.
    mate_removed : bool
        Whether these are mated searches.
    """

    others: npt.NDArray[np.float32]
    subject: npt.NDArray[np.int32] | None
    owner: npt.NDArray[np.int64]
    weights: Array
    known_from: Array
    n_references: float
    n_people: float
    mate_removed: bool

    @property
    def trials(self) -> float:
        """Comparisons in all."""
        return self.n_references * len(self.owner)


def usable(searches: Searches, seed: int) -> Usable:
    """Return the non-mated searches with a template, or the mated ones without their mates if there are no others.

    Parameters
    ----------
    searches : Searches
        As read.
    seed : int
        Of the weights of subjects, which belong to them whoever else is in the data.
    """
    ready = ~searches.failed
    removed = not bool((ready & ~searches.mated).any())
    rows = np.flatnonzero(ready & (searches.mated == removed))
    others = searches.others[rows]
    listed = np.isfinite(others).sum(axis=1)
    with_mate = listed + np.isfinite(searches.mate[rows])
    full = (listed >= min(others.shape[1], searches.n_references)) | (with_mate >= searches.depth)
    everything = with_mate >= searches.n_references
    known = np.full(len(rows), -np.inf)
    cut = full & ~everything
    known[cut] = np.where(listed[cut] > 0, others[cut, np.maximum(listed[cut] - 1, 0)], np.inf)
    who, owner = np.unique(searches.probe[rows], return_inverse=True)
    each = searches.n_references / max(searches.n_enrolled, 1)
    return Usable(
        others,
        None if searches.others_subject is None else searches.others_subject[rows],
        owner,
        subject_weights(who, seed),
        known,
        searches.n_references - each * removed,
        searches.n_enrolled - 1.0 * removed,
        removed,
    )


def subject_weights(who: npt.NDArray[np.integer], seed: int, replicates: int = REPLICATES) -> Array:
    """Return weights of subjects: ones, then exponential draws, shape (1 + replicates, subjects)."""
    drawn = [uniforms(seed, Purpose.BOOTSTRAP, who, block=block) for block in range(-(-replicates // 4))]
    exponential = -np.log(np.concatenate(drawn)[:replicates])
    return np.concatenate([np.ones((1, len(who))), exponential])


def candidates(data: Usable, threshold: float) -> npt.NDArray[np.int64]:
    """Return, for each search, how many people (or references, where nobody is named) reach a threshold."""
    reach = data.others >= np.float32(threshold)
    found: npt.NDArray[np.int64] = reach.sum(axis=1)
    if data.subject is None:
        return found
    row, column = np.nonzero(reach)
    pairs = np.unique(np.stack([row, data.subject[row, column]]), axis=1)
    return np.bincount(pairs[0], minlength=len(found))


def part_rates(data: Usable, counts: npt.NDArray[np.int64], shares: npt.ArrayLike) -> Array:
    """FPIR over random parts of the gallery.

    Parameters
    ----------
    data : Usable
        Searches.
    counts : ndarray of int64, shape (m,)
        People at or above the threshold.
    shares : array_like, shape (f,)
        Size of the parts, as shares of the gallery.

    Returns
    -------
    ndarray, shape (1 + replicates, f)
        Mean over all random parts of that size; first as seen, then with drawn weights of the probe subjects.
    """
    part = np.asarray(shares, dtype=np.float64)
    people = data.n_people if data.subject is not None else data.n_references
    top = int(counts.max(initial=0))
    left = people - np.arange(top)
    kept = np.minimum(part[:, None] * people / np.maximum(left, 1e-9), 1.0)
    with np.errstate(divide="ignore"):
        none = np.cumsum(np.log1p(-kept), axis=1)
    hit = np.concatenate([np.zeros((len(part), 1)), -np.expm1(none)], axis=1)
    size = data.weights.shape[1]
    sums = np.stack([np.bincount(data.owner, row[counts], size) for row in hit])
    return np.asarray(data.weights @ sums.T / (data.weights @ np.bincount(data.owner, minlength=size))[:, None])


def spread(whole: Array, half: Array) -> Array:
    """Return the shape of the spread of propensity under which growth bends as it was seen to.

    Parameters
    ----------
    whole, half : ndarray, shape (r,)
        FPIR of a gallery, and of half of it.

    Returns
    -------
    ndarray, shape (r,)
        k of `misid.statistics.growth.fpir_gamma`, from 1e-4; ``inf`` where growth bends no more than chance does.
    """
    low, high = np.full(whole.shape, 1e-4), np.full(whole.shape, _MOST)
    rate = np.clip(whole, 0.0, 1 - 1e-9)
    for _ in range(70):
        middle = np.sqrt(low * high)
        expected = np.minimum(expected_from_fpir(rate, middle), 1e300)
        bent = fpir_gamma(expected / 2, middle) > half
        low, high = np.where(bent, middle, low), np.where(bent, high, middle)
    return np.where((low > 0.99 * _MOST) | (rate == 0), np.inf, np.sqrt(low * high))


def independent(rate: Array, times: float | Array) -> Array:
    """FPIR of a gallery so many times as large, if all comparisons are independent."""
    return np.asarray(-np.expm1(np.log1p(-np.clip(rate, 0.0, 1 - 1e-12)) * times))


def uneven(rate: Array, k: Array, times: float | Array) -> Array:
    """FPIR of a gallery so many times as large, if probes differ by a gamma law of shape ``k``."""
    expected = np.minimum(expected_from_fpir(np.clip(rate, 0.0, 1 - 1e-9), k), 1e280)
    return np.asarray(fpir_gamma(expected * times, k))


@dataclass(frozen=True, eq=False)
class Case:
    """One threshold, looked at in parts of the gallery.

    Parameters
    ----------
    threshold : float
        As a similarity.
    rates : ndarray, shape (1 + replicates, 6)
        FPIR over random parts of 1/32, 1/16 ... 1/2 of the gallery, and over all of it.
    events : int
        Searches with a hit.
    short : int
        Searches whose list ends above the threshold.
    """

    threshold: float
    rates: Array
    events: int
    short: int

    @property
    def k(self) -> Array:
        """Shape of the spread of propensity, from the bend between half of the gallery and all of it."""
        return spread(self.rates[:, -1], self.rates[:, -2])

    def from_part(self, form: str, part: int, times: float | Array) -> Array:
        """Predict FPIR of a gallery so many times a part; the part's own half tells how growth bends."""
        rate = self.rates[:, part]
        if form == "independence":
            return independent(rate, times)
        return uneven(rate, spread(rate, self.rates[:, part - 1]), times)


def gallery_error(searches: Searches, data: Usable, threshold: float) -> float:
    """Return the error that the gallery's people add to the logarithm of expected candidates.

    Parameters
    ----------
    searches : Searches
        As read; another look at the data, or the subjects of its lists.
    data : Usable
        The searches in use.
    threshold : float
        As a similarity.

    Returns
    -------
    float
        Standard error from hits shared by gallery subjects, beyond what single hits have; 0 where nobody is named.
    """
    if data.subject is not None:
        row, column = np.nonzero(data.others >= np.float32(threshold))
        share = (1 / np.bincount(row, minlength=len(data.owner)).clip(1))[row]
        reference, probe = data.subject[row, column], data.owner[row].astype(np.int32)
    elif searches.hits is not None and not data.mate_removed:
        hits = searches.hits([threshold])[0]
        share, reference, probe = hits.share, hits.reference, hits.probe
    else:
        return 0.0
    if not share.sum() > 0:
        return 0.0
    by_pair = np.unique(np.stack([reference, probe]), axis=1, return_inverse=True)[1]
    total, single = np.bincount(reference, share), np.bincount(by_pair.ravel(), share)
    shared = float(total @ total) - float(single @ single)
    return math.sqrt(max(0.0, shared)) / float(share.sum())
