"""The lazy search: the best k of any number of candidates in k draws.

The non-mated candidates above any score form a Poisson process, so with ``Lambda_g(s) = sum_h C_h r_gh 10^-s``
candidates to expect of a mean probe and propensity x, the j-th best scores
``s_j = log10(x Lambda_g(0) / (E_1 + ... + E_j))``, the E unit exponentials.  Its group is h with probability
proportional to ``C_h r_gh``.  Items 2, 4 and 9.

Where comparisons are few (`exact_groups`) the scores are order statistics and are drawn as such.  Comparison i of a
probe of propensity x stays below s with probability ``(1 - F(s))^x``, which makes the FPIR that of
`misid.statistics.growth.fpir_gamma` at ``-sum_h C_h log(1 - F_gh)``; with ``x = 1`` it is
``1 - prod_h (1 - F_gh)^C_h``.  The best score is drawn from the same exponential as in the limit, by inverting
``-x sum_h C_h log(1 - F_gh(s)) = E_1`` (exact for any groups; ``s = log10(r / -expm1(-E_1 / (x C)))`` where all are
alike).  Given the best, one comparison of its group is spent, all others lie below, and each group continues by itself:
its next ``-x log(1 - F)`` is larger by an exponential over the comparisons it has left (Renyi).

Every comparison has a score, and F is 1 at and below `GroupedGallery.floor`: a score there carries no information, and
none is lower.  A candidate that does not exist, because comparisons are fewer than k or none can match, scores
``-inf``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange, UnknownName
from misid.randomness import Purpose, words
from misid.search.gallery import LN_10, NONE, Candidates, GroupedGallery, Labels, Scores
from misid.search.kernels import LABEL_BITS, Draws, Halves, Kernel
from misid.statistics import Array, amount

KERNELS = ("numba", "numpy")
EXACT_BELOW = 1_000
_BLOCK = 8_192
_LAST_WORD = 2**64 - 1
# The table of `_Inverse`: nodes a decade, its lower end, and how it is solved.
_PER_DECADE = 32
_LEAST = -12.0  # log10 of an arrival that one in 1e12 falls below; beyond, the table is extended linearly
_MOST_EXPONENT = 700.0  # e^-700 is the least probability that float64 distinguishes from none
_HALVINGS = 36  # of some thirty decades: to 1e-9


def top(
    gallery: GroupedGallery,
    groups: npt.ArrayLike,
    propensity: npt.ArrayLike,
    seed: int,
    ids: npt.ArrayLike,
    k: int = 1,
    attempt: npt.ArrayLike = 0,
    purpose: int = Purpose.NON_MATED,
    group_purpose: int = Purpose.CANDIDATE,
    kernel: str = "numpy",
    *,
    with_groups: bool = False,
) -> Candidates:
    """Return the best k non-mated candidates of each probe.

    Parameters
    ----------
    gallery : GroupedGallery
        Who is enrolled.
    groups : array_like of int, shape (n,)
        Probe group of each probe, 0 to G - 1.
    propensity : array_like, shape (n,) or scalar
        Propensity of each probe to draw false hits (mean 1), at least 0; see `misid.search.propensity`.
    seed : int
        Of the run.
    ids : array_like of int, shape (n,)
        Whom the draws belong to, in [0, 2**64).  Consecutive ids are drawn fastest.
    k : int
        Number of candidates, at least 1.  The first ones do not depend on it.
    attempt : int or array_like of int, shape (n,)
        Which search of the same id.
    purpose, group_purpose : Purpose
        What scores and groups are drawn for.
    kernel : {"numpy", "numba"}
        Which kernel draws.  Scores of two kernels differ by one unit in the last place of float32 at most.
    with_groups : bool
        Whether the group of each candidate is drawn too.

    Returns
    -------
    Candidates
        Scores and groups, shape (n, k).

    Raises
    ------
    OutOfRange
        Where a value leaves its range.
    UnknownName
        If there is no such kernel.

    Notes
    -----
    More comparisons never lower a probe's best score, at the same draws and as long as `exact_groups` is the same;
    where it changes, a best score may fall by ``E_1 / (2000 x ln 10)`` decades.  A group whose share of the
    candidates is below 2**-31 is never drawn in the Poisson limit.
    """
    who = _counters("ids", ids).reshape(-1)
    group = _groups(groups, gallery, who.size)
    x = np.broadcast_to(np.asarray(amount("propensity", np.asarray(propensity, float))), who.shape)
    if k < 1:
        raise OutOfRange("k", k, "at least 1")
    if not 0 <= seed <= _LAST_WORD:
        raise OutOfRange("seed", seed, "at least 0 and below 2**64")
    turn = np.broadcast_to(_counters("attempt", attempt), who.shape)
    run = load_kernel(kernel)
    score = Draws(int(seed), int(purpose), who, turn)
    label = Draws(int(seed), int(group_purpose), who, turn)
    law = _law_of(gallery)
    if not law.exact.any():
        found = law.limit(run, score, label, group, x, k, with_groups)
    else:
        found = Candidates(np.empty((who.size, k), np.float32), np.full((who.size, k), NONE))
        for draw, chosen in ((law.limit, ~law.exact), (law.ordered, law.exact)):
            here = np.flatnonzero(chosen[group])
            if here.size:
                part = draw(run, _some(score, here), _some(label, here), group[here], x[here], k, with_groups)
                found.score[here], found.group[here] = part.score, part.group
    return _existing(found, gallery, group)


def load_kernel(name: str) -> Kernel:
    """Return a kernel by name: UnknownName if there is none, MisidError if it is numba and that is not installed."""
    if name not in KERNELS:
        raise UnknownName("kernel", name, KERNELS)
    if name == "numpy":
        return Kernel()
    from misid.search.numba_kernel import load_numba

    return load_numba()


def _counters(name: str, value: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    values = np.atleast_1d(np.asarray(value))
    if values.size and (values.dtype.kind not in "iu" or values.min() < 0):
        raise OutOfRange(name, values.min().item(), "whole numbers from 0 to 2**64 - 1, not of a float type")
    return values.astype(np.uint64)


def _groups(groups: npt.ArrayLike, gallery: GroupedGallery, size: int) -> Labels:
    values = np.broadcast_to(np.asarray(groups), (size,))
    if values.size and values.dtype.kind not in "iu":
        raise OutOfRange("groups", values[0].item(), "whole numbers")
    if values.size and not (values.min() >= 0 and values.max() < gallery.probe_groups):
        wrong = values[(values < 0) | (values >= gallery.probe_groups)][0]
        raise OutOfRange("groups", int(wrong), f"a probe group of this gallery, 0 to {gallery.probe_groups - 1}")
    return values.astype(np.int8)


def _some(draws: Draws, here: npt.NDArray[np.intp] | slice) -> Draws:
    return draws._replace(ids=draws.ids[here], attempt=draws.attempt[here])


def _existing(found: Candidates, gallery: GroupedGallery, group: Labels) -> Candidates:
    """Blank the candidates that a gallery of so many comparisons does not have."""
    k = found.score.shape[1]
    if (gallery.most >= k).all():
        return found
    gone = np.arange(k) >= gallery.most[group][:, None]
    return Candidates(np.where(gone, np.float32(-np.inf), found.score), np.where(gone, NONE, found.group))


def exact_groups(gallery: GroupedGallery) -> npt.NDArray[np.bool_]:
    """Return for which probe groups the candidates are not yet a Poisson process, shape (G,).

    Where some group of references reaches, with a probability above one in `EXACT_BELOW`, the score that one candidate
    is expected above: always below 1,000 comparisons, and above where a few references draw most of the hits.
    Item 9: the limit is bad where Lambda_h is not small relative to N_h.
    """
    mean = np.where(gallery.present, gallery.factor * gallery.comparisons, 0.0).sum(axis=1)
    one_expected = np.log10(np.where(mean > 0.0, mean, 1.0))
    chance = np.where(gallery.present, gallery.exceedance(one_expected, np.arange(gallery.probe_groups)), 0.0)
    return np.asarray(chance.max(axis=1) > (1 + 1e-9) / EXACT_BELOW)


def expected_above(gallery: GroupedGallery, scores: npt.ArrayLike, groups: npt.NDArray[np.integer]) -> Array:
    """Return how many candidates as good as some scores, or better, a probe of propensity 1 has in expectation.

    ``scores`` is of shape (n, k), of probes of ``groups`` (n,).  It is the law by which `top` draws: of a probe of
    propensity x the best score has an expected number that is an exponential draw over x, so that in the limit of many
    comparisons those of its candidates are the sums of such draws.  Infinite at a score that every comparison reaches.
    """
    score = np.asarray(scores, float)
    mean = gallery.factor @ gallery.comparisons
    with np.errstate(over="ignore"):
        out = mean[groups][:, None] * 10.0**-score
    few = np.flatnonzero(exact_groups(gallery)[groups])
    if few.size:
        with np.errstate(divide="ignore", invalid="ignore"):
            each = -gallery.comparisons * np.log1p(-gallery.exceedance(score[few], groups[few, None]))
        out[few] = np.where(gallery.present[groups[few]][:, None, :], each, 0.0).sum(axis=-1)
    return np.asarray(out, float)


class _Law:
    """What depends on the gallery alone, computed once."""

    def __init__(self, gallery: GroupedGallery) -> None:
        self.gallery = gallery
        self.exact = exact_groups(gallery)
        self.mean = gallery.factor @ gallery.comparisons
        self.hazard = _Inverse(gallery) if self.exact.any() else None
        share = np.cumsum(gallery.factor * gallery.comparisons, axis=1)
        share /= np.where(share[:, -1:] > 0, share[:, -1:], 1.0)
        self.edges: Halves = np.round(share[:, :-1] * 2.0**LABEL_BITS).astype(np.uint32)

    def limit(
        self, run: Kernel, score: Draws, label: Draws, group: Labels, x: Array, k: int, with_groups: bool
    ) -> Candidates:
        """Draw in the Poisson limit by its closed form."""
        scores = run.scores(score, self.mean[group] * x, self.gallery.floor[group], k)
        return Candidates(scores, run.labels(label, group, self.edges, k) if with_groups else _no_groups(scores.shape))

    def ordered(
        self, run: Kernel, score: Draws, label: Draws, group: Labels, x: Array, k: int, with_groups: bool
    ) -> Candidates:
        """Draw the order statistics of few comparisons."""
        assert self.hazard is not None
        with np.errstate(divide="ignore"):
            best = self.hazard.at(run.arrivals(score, 1)[:, 0] / x, group)
        if k == 1 and not with_groups:
            return Candidates(best.astype(np.float32)[:, None], _no_groups((x.size, 1)))
        first = self._group_at(best, group, run.fractions(label, 1)[:, 0])
        scores, labels = np.empty((x.size, k), np.float32), np.empty((x.size, k), np.int8)
        scores[:, 0], labels[:, 0] = best, first
        if k > 1:
            for start in range(0, x.size, _BLOCK):
                part = slice(start, start + _BLOCK)
                rest = self._rest(_some(score, part), group[part], x[part], best[part], first[part], k - 1)
                scores[part, 1:], labels[part, 1:] = rest
        return Candidates(scores, labels)

    def _group_at(self, at: Array, group: Labels, u: Array) -> Labels:
        """Draw the reference group of the best of few comparisons from the densities at its score, shape (n,)."""
        gallery = self.gallery
        # The density is that of -log(1 - F), which is defined even where F is 1.
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            chance = np.exp(LN_10 * (gallery.height[group] - at[:, None]))
            chance = np.minimum(chance, 1.0 - 2.0**-53)
            chance /= 1.0 - chance
            weight = gallery.comparisons * chance
        total = np.cumsum(weight, axis=1)
        return np.asarray((total[:, :-1] <= u[:, None] * total[:, -1:]).sum(axis=1), np.int8)

    def _rest(self, draws: Draws, group: Labels, x: Array, best: Array, first: Labels, k: int) -> tuple[Scores, Labels]:
        """Draw the k candidates after the best: each group of references continues by itself."""
        gallery = self.gallery
        n, width = best.size, gallery.reference_groups
        left = np.where(gallery.present[group], gallery.comparisons, 0.0)
        left[np.arange(n), first] -= 1.0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            start = -np.log1p(-gallery.exceedance(best, group))
            scores = np.full((n, width, k), -np.inf)
            for h in range(width):
                passed = start[:, h]
                for j in range(k):
                    remaining = left[:, h] - j
                    there = remaining > 0
                    if not there.any():
                        break
                    passed = passed - np.log(_word(draws, h, j)) / (x * remaining)
                    fallen = np.log10(-np.expm1(-passed))
                    at = gallery.height[group, h] - fallen
                    scores[:, h, j] = np.where(there, np.minimum(at, best), -np.inf)
        flat = scores.reshape(n, -1)
        order = np.argsort(-flat, axis=1, kind="stable")[:, :k]
        chosen = np.take_along_axis(flat, order, axis=1)
        labels = np.where(np.isneginf(chosen), NONE, (order // k).astype(np.int8))
        return chosen.astype(np.float32), labels


@lru_cache(maxsize=256)  # more than the worlds of a rerun
def _law_of(gallery: GroupedGallery) -> _Law:
    return _Law(gallery)


class _Inverse:
    """Score as a function of the arrival, for every probe group, by inverting ``-sum_h C_h log(1 - F_gh(s))``.

    One table of cubics between nodes that are even in the logarithm of the arrival.  Error below 1e-6 decades, which is
    that of float32 at a score of 8; beyond either end the table is extended linearly, as the function is linear there.
    """

    def __init__(self, gallery: GroupedGallery) -> None:
        self._floor = gallery.floor
        total = max(float(gallery.comparisons.sum()), 1.0)
        end = np.log10(total * _MOST_EXPONENT) + 1.0
        self._cells = int(np.ceil((end - _LEAST) * _PER_DECADE))
        nodes = _LEAST + np.arange(self._cells + 1) / _PER_DECADE
        value = _solve(gallery, np.broadcast_to(nodes, (gallery.probe_groups, nodes.size)))
        # Slopes from the nodes themselves, by differences over four neighbours.
        slope = np.gradient(value, axis=1)
        slope[:, 2:-2] = (8 * (value[:, 3:-1] - value[:, 1:-3]) - (value[:, 4:] - value[:, :-4])) / 12
        rise, left, right = np.diff(value, axis=1), slope[:, :-1], slope[:, 1:]
        parts = [value[:, :-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise]
        self._parts = np.ascontiguousarray(np.stack(parts).reshape(4, -1))

    def at(self, arrival: Array, groups: npt.NDArray[np.integer]) -> Array:
        """Return the scores of arrivals above 0, shape (n,), not below any floor; ``inf`` is beyond every score."""
        with np.errstate(divide="ignore"):
            place = (np.log10(np.minimum(arrival, 1e300)) - _LEAST) * _PER_DECADE
        cell = np.clip(place, 0, self._cells - 1).astype(np.intp)
        place = np.minimum(place - cell, 1.0)  # beyond the upper end lies the floor
        cell += groups.astype(np.intp) * self._cells
        low = np.minimum(place, 0.0)
        place = np.maximum(place, 0.0)
        a, b, c, d = (part.take(cell) for part in self._parts)
        score = a + low * b + place * (b + place * (c + place * d))
        return np.asarray(np.maximum(score, self._floor[groups]), float)


def _solve(gallery: GroupedGallery, log_count: Array) -> Array:
    """Return the scores at which the hazard is ``10**log_count``, shape (G, n), by halving."""
    present = gallery.present[:, None, :]
    height = np.where(present, gallery.height[:, None, :], -np.inf)
    with np.errstate(divide="ignore"):
        weight = np.where(present, np.log10(gallery.comparisons) + height, -np.inf)
    alone = weight - log_count[..., None]  # where a group of references alone makes up the count
    # A decade to spare, since a hazard is up to 1.4 times the expected number where no probability exceeds a half.
    high = np.max(alone + (1 + np.log10(gallery.reference_groups)), axis=-1)
    high = np.maximum(high, np.max(gallery.lowest[:, None, :] + 1, axis=-1))
    nobody = ~present.any(axis=-1)
    low, high = np.where(nobody, 0.0, gallery.floor[:, None]), np.where(nobody, 0.0, high)
    low = np.broadcast_to(low, log_count.shape).copy()
    count = 10.0**log_count
    start = LN_10 * height
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        chance = start - LN_10 * middle[..., None]
        np.exp(chance, out=chance)
        np.negative(np.minimum(chance, 1.0, out=chance), out=chance)
        with np.errstate(divide="ignore"):
            np.log1p(chance, out=chance)
        chance *= -gallery.comparisons
        more = chance.sum(axis=-1) > count
        np.copyto(low, middle, where=more)
        np.copyto(high, middle, where=~more)
    return np.asarray(0.5 * (low + high), float)


def _word(draws: Draws, group: int, j: int) -> Array:
    """Return the uniform of the j-th candidate of a group after the best; its blocks count down from the last."""
    block = _LAST_WORD - ((j // 4) * 128 + group)
    drawn = words(draws.seed, draws.purpose, draws.ids, draws.attempt, block)[j % 4]
    return np.asarray(((drawn >> np.uint64(11)) + 0.5) * 2.0**-53, float)


def _no_groups(shape: tuple[int, ...]) -> Labels:
    return np.broadcast_to(NONE, shape)
