"""Both distributions of scores as steps: at every edge, how many scores lie below.

FMR and FNMR move in whole steps, one at each score that occurs.  A step is *single* where all its scores are equal;
other steps hold scores that nobody looked at one by one, and rates are exact at their lower edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Comparisons, Scores, Stream
from misid.evaluation.rates.tally import LOW, Counts, Inside, Keys, Tally, count, keys, scores_of

WHOLE = 1 << 18  # scores that are looked at one by one without further thought


@dataclass(frozen=True, eq=False)
class Steps:
    """Both distributions of scores, by steps.

    Parameters
    ----------
    key : ndarray of uint32, shape (k,)
        Lower edge of each step, rising, as `misid.evaluation.rates.tally.keys` numbers scores.
    mated, non_mated : ndarray of int64, shape (k,)
        Scores in the step; not both 0.
    single : ndarray of bool, shape (k,)
        Whether all scores in the step equal its edge.
    failed_mated, failed_non_mated : int
        Comparisons without a score.
    """

    key: Keys
    mated: Counts
    non_mated: Counts
    single: npt.NDArray[np.bool_]
    failed_mated: int = 0
    failed_non_mated: int = 0

    @cached_property
    def score(self) -> Scores:
        """Lower edge of each step as a score."""
        return scores_of(self.key)

    @cached_property
    def missed(self) -> Counts:
        """Mated scores below each edge, and below a threshold above everything: shape (k + 1,), rising."""
        return np.concatenate([[0], np.cumsum(self.mated)])

    @cached_property
    def passed(self) -> Counts:
        """Non-mated scores at or above each edge, and above everything: shape (k + 1,), falling to 0."""
        return np.concatenate([np.cumsum(self.non_mated[::-1])[::-1], [0]])

    @property
    def n_mated(self) -> int:
        """Mated comparisons with a score."""
        return int(self.missed[-1])

    @property
    def n_non_mated(self) -> int:
        """Non-mated comparisons with a score."""
        return int(self.passed[0])

    def at(self, threshold: float) -> int:
        """Return the first step at or above a threshold; k if there is none.

        Exact where the threshold lies in no step or at the edge of one: see `needed`.
        """
        return int(np.searchsorted(self.key, keys([threshold])[0], side="left"))

    def above(self, step: int) -> float:
        """Return the lowest float32 above a step's score; below everything for step -1."""
        if step < 0:
            return -np.inf
        return float(np.nextafter(self.score[step], np.float32(np.inf)))

    def first_passing(self, passed: int) -> int:
        """Return the lowest edge at or above which at most so many non-mated scores lie (0..k)."""
        return int(self.passed.size - np.searchsorted(self.passed[::-1], passed, side="right"))

    def crossing(self) -> int:
        """Return the lowest edge (0..k) at which FNMR is above FMR; at edge 0 it never is."""
        # Products of counts stay below 2**63 for up to 3e9 comparisons of either kind.
        more = self.missed * self.n_non_mated > self.passed * self.n_mated
        return int(np.argmax(more))

    def rates(self, step: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return FMR and FNMR at edges."""
        return self.passed[step] / self.n_non_mated, self.missed[step] / self.n_mated


def allowed(fmr: str, n_non_mated: int) -> int:
    """Return how many false matches an FMR allows: ``floor(fmr * n)``, without rounding error."""
    return int(Fraction(fmr) * n_non_mated)


def steps(
    pairs: Comparisons | Stream,
    *,
    fmr: Iterable[str] = (),
    thresholds: Iterable[float] = (),
    whole: int = WHOLE,
) -> Steps:
    """Return the steps of both distributions, single ones wherever a figure rests on them.

    Parameters
    ----------
    pairs : Comparisons or Stream
        Gone through twice.
    fmr : iterable of str
        FMRs whose thresholds will be asked for, in decimal digits: ``"1e-3"``.
    thresholds : iterable of float
        Thresholds that will be asked for.
    whole : int
        Up to so many scores in memory are sorted, and every step is single.

    Returns
    -------
    Steps
        Exact around the crossing of FMR and FNMR, around the thresholds that leave these FMRs, and around
        ``thresholds``; elsewhere at edges 2**-9 of the score apart.
    """
    if isinstance(pairs, Comparisons) and pairs.mated.score.size + pairs.non_mated.score.size <= whole:
        return _sorted(pairs)
    tally = Tally()
    count(pairs, tally)
    return opened(pairs, tally, fmr, thresholds)


def opened(
    pairs: Comparisons | Stream, tally: Tally, fmr: Iterable[str] = (), thresholds: Iterable[float] = ()
) -> Steps:
    """As `steps`, from a tally that is there already."""
    cell, mated, non_mated = tally.cells()
    # The lowest cell that can hold a score begins below minus infinity, where there is no number.
    edges = np.maximum((cell << LOW).astype(np.uint32), keys([-np.inf]))
    coarse = Steps(edges, mated, non_mated, np.zeros(cell.size, bool), tally.failed_mated, tally.failed_non_mated)
    near = {coarse.crossing()}
    for target in fmr:
        near.add(coarse.first_passing(allowed(target, coarse.n_non_mated)))
    around = {k + d for k in near for d in (-2, -1, 0, 1)}
    asked = keys(np.array(list(thresholds), np.float32)) >> LOW
    opens = np.zeros(cell.size, bool)
    opens[[k for k in around if 0 <= k < cell.size]] = True
    place = np.minimum(np.searchsorted(cell, asked), max(cell.size - 1, 0))
    opens[place[cell[place] == asked] if cell.size else place[:0]] = True
    return looked_into(pairs, coarse, opens)


def looked_into(pairs: Comparisons | Stream, coarse: Steps, opens: npt.NDArray[np.bool_]) -> Steps:
    """Go through the comparisons once more and make some steps single.

    Parameters
    ----------
    pairs : Comparisons or Stream
        Of which the steps are.
    coarse : Steps
        Some of them not single.
    opens : ndarray of bool, shape (k,)
        Which of those to look into; 256 KiB of counts each.

    Returns
    -------
    Steps
        Each of them replaced by one step for each score that occurs in it.
    """
    inside = Inside(coarse.key[opens] >> LOW)
    count(pairs, inside)
    key, m, n = inside.found()
    kept = ~opens
    order = np.argsort(joined := np.concatenate([coarse.key[kept], key]), kind="stable")
    return Steps(
        joined[order],
        np.concatenate([coarse.mated[kept], m])[order],
        np.concatenate([coarse.non_mated[kept], n])[order],
        np.concatenate([coarse.single[kept], np.ones(key.size, bool)])[order],
        coarse.failed_mated,
        coarse.failed_non_mated,
    )


def _sorted(pairs: Comparisons) -> Steps:
    mated, non_mated = keys(pairs.mated.score), keys(pairs.non_mated.score)
    key = np.unique(np.concatenate([mated, non_mated]))
    m, n = (np.bincount(np.searchsorted(key, side), minlength=key.size).astype(np.int64) for side in (mated, non_mated))
    return Steps(key, m, n, np.ones(key.size, bool), pairs.mated.failed, pairs.non_mated.failed)
