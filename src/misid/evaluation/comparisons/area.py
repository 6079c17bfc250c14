"""Area under the curve: how often a mated score is above a non-mated one, ties counting half.

Exact for any number of scores whose smaller side can be held: cells that hold both kinds are looked into in one more
pass, all others are settled by their counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons import compiled
from misid.evaluation.comparisons.counts import COMPILED, SummedPairs, Whole, named_sides, sides
from misid.evaluation.comparisons.steps import CELLS, HELD, INSIDE, LOW, Steps, keys, scores_of
from misid.evaluation.comparisons.tallied import AnyPairs, TalliedCounts
from misid.evaluation.contract import Codes, Comparisons, Scores, Stream
from misid.quantities import Interval
from misid.statistics import Array

_PIECE = 1 << 18
_LISTED = 1 << 11  # cells of which the place of every score is written down: 128 MiB
_WORTH = INSIDE  # scores in a cell from which that is quicker
_SEARCHED, _NOWHERE = -1, -2


def area(pairs: Comparisons | Stream | None, steps: Steps) -> Interval:
    """Return the area under the curve, going through the comparisons at most twice; none are needed if all is single.

    Both ends are equal unless each side has more than 50 million scores in cells that hold both: then they are bounds.
    """
    whole = 2 * steps.n_mated * steps.n_non_mated
    if pairs is None:
        return _bounds(_settled(steps) / whole, _settled(steps) / whole)
    if steps.ahead is not None and isinstance(steps.ahead.beside, AreaCount):
        return steps.ahead.beside.found()
    m, n = (int(side[_shared(steps)].sum()) for side in (steps.mated, steps.non_mated))
    if min(m, n) > HELD:
        within = 2 * int(steps.mated[_shared(steps)] @ steps.non_mated[_shared(steps)])
        return _bounds(_settled(steps) / whole, (_settled(steps) + within) / whole)
    counted = AreaCount(steps, _pieces(pairs, m <= n) if m else [], m <= n)
    for scores in _pieces(pairs, m > n) if m else []:
        counted.add(scores, m > n)
    return counted.found()


class AreaCount:
    """The area from all scores of one kind beside those of the other, which are held in the cells that hold both."""

    def __init__(self, steps: Steps, held: Iterable[Scores], of_mated: bool) -> None:
        self._steps, self._of_mated, self._below = steps, of_mated, 0
        cells = (steps.key[_shared(steps)] >> LOW).astype(np.int64)
        flagged = np.zeros(CELLS, bool)
        flagged[cells] = True
        parts = [scores[flagged[keys(scores) >> LOW]] for scores in held]
        held = np.concatenate([np.empty(0, np.float32), *parts])
        del parts
        held.sort()
        often = steps.non_mated if of_mated else steps.mated
        self._places = _Places(held, flagged, cells, often[_shared(steps)])

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores of the kind that is not held."""
        if mated != self._of_mated:
            self._below += self._places.twice(scores.astype(np.float32, copy=False))

    def found(self) -> Interval:
        """Return the area."""
        m, n = (side[_shared(self._steps)] for side in (self._steps.mated, self._steps.non_mated))
        above = 2 * int(m.sum()) * int(n.sum()) - self._below if self._of_mated else self._below
        exact = _settled(self._steps) + above - _twice_above(m, n)
        whole = 2 * self._steps.n_mated * self._steps.n_non_mated
        return _bounds(exact / whole, exact / whole)


def _shared(steps: Steps) -> npt.NDArray[np.bool_]:
    """Tell which steps hold scores of both kinds that are not all equal."""
    return ~steps.single & (steps.mated > 0) & (steps.non_mated > 0)


def _settled(steps: Steps) -> int:
    """Twice the number of pairs in order that counts tell of, equal ones once: all but those within a shared step."""
    single = int(steps.mated[steps.single] @ steps.non_mated[steps.single])
    return _twice_above(steps.mated, steps.non_mated) + single


def ahead_of_area(coarse: Steps, mated: list[Scores] | None) -> AreaCount | None:
    """Return what counts the area in the next look at the scores; None if mated ones are more, or could not be held."""
    m, n = (side[_shared(coarse)].sum() for side in (coarse.mated, coarse.non_mated))
    return None if mated is None or m > n else AreaCount(coarse, mated, True)


class _Places:
    """Where scores stand among sorted ones: looked up in the cells with most of them, searched for elsewhere."""

    def __init__(self, held: Scores, flagged: npt.NDArray[np.bool_], cells: Whole, often: Whole) -> None:
        # So many of the scores that are to be placed lie in each of the cells.
        self._held, self._fast = held, int(often.sum()) >= COMPILED and compiled.load()
        low, high = (cells << LOW), (cells << LOW) + INSIDE - 1
        finite = np.isfinite(scores_of(low)) & np.isfinite(scores_of(high))
        most = np.argsort(-often, kind="stable")[:_LISTED]
        cells = cells[np.sort(most[(often[most] >= _WORTH) & finite[most]])]
        self._row = np.where(flagged, _SEARCHED, _NOWHERE).astype(np.int16)
        self._row[cells] = np.arange(cells.size)
        self._twice = np.empty((cells.size, INSIDE), np.int32)  # at most 2 * HELD
        for row, cell in zip(self._twice, cells.tolist(), strict=True):
            first, last = scores_of([cell << LOW, (cell << LOW) + INSIDE - 1])
            start = int(np.searchsorted(held, first, side="left"))
            own = held[start : np.searchsorted(held, last, side="right")]
            each = np.bincount(keys(own) & np.uint32(INSIDE - 1), minlength=INSIDE)
            row[:] = 2 * (start + np.cumsum(each)) - each

    def twice(self, scores: Scores) -> int:
        """Return twice how many are below each score in the cells, those equal to it once, in all."""
        if self._fast:
            others = np.empty(scores.size, np.float32)
            bits = np.ascontiguousarray(scores).view(np.uint32)
            total, found = compiled.look_up(scores, bits, self._row, self._twice, others)
            return int(total) + self._searched(others[:found])
        key = keys(scores)
        row = self._row[key >> LOW]
        listed = np.flatnonzero(row >= 0)
        place = row[listed].astype(np.int64) * INSIDE
        place += key[listed] & np.uint32(INSIDE - 1)
        total = int(self._twice.reshape(-1)[place].sum())
        return total + self._searched(scores[row == _SEARCHED])

    def _searched(self, scores: Scores) -> int:
        scores.sort()  # neighbours then look in the same place
        return sum(int(np.searchsorted(self._held, scores, side=side).sum()) for side in ("left", "right"))


def _bounds(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, None, "")


def residuals(steps: Steps, value: float) -> tuple[Array, Array]:
    """Return what each mated and each non-mated score adds to the area beyond a fair share, by cells.

    It is the score's place among those of the other side, less the mean, over how many there are (DeLong, DeLong and
    Clarke-Pearson, Biometrics 44 (1988)); known to within the cell.
    """
    cell = (steps.key >> LOW).astype(np.int64)
    mated, other = ((_by_cell(cell, place, counts) - value) / n for counts, place, n in _places(steps))
    return mated, other


def area_variance(
    pairs: AnyPairs, steps: Steps, value: float, sums: SummedPairs | TalliedCounts | None = None
) -> tuple[float, Array | None]:
    """Return the variance of the area, and what each subject adds to it beyond a fair share, where they are named.

    With subjects, `residuals` are added up over each subject's comparisons, and squares of single comparisons, which
    two subjects each have counted, are taken away once: what comparisons of one pair of subjects share beyond that is
    counted double, so the variance errs upwards.
    """
    naive = sum(float(counts @ (place - value) ** 2) / n**2 for counts, place, n in _places(steps))
    if pairs.people is None:
        return naive, None
    nodes, squares = np.zeros(pairs.people.count), 0.0
    if sums is not None:
        nodes, squares = sums.residuals, sums.squares
    elif isinstance(pairs, Comparisons):
        tables = residuals(steps, value)
        for mated, score, probe, reference in _named(pairs):
            residual = tables[0 if mated else 1][keys(score) >> LOW]
            nodes += np.bincount(probe, residual, minlength=nodes.size)
            if not mated:
                nodes += np.bincount(reference, residual, minlength=nodes.size)
                squares += float(residual @ residual)
    people = max(int(np.count_nonzero(nodes)), 2)
    return max((float(nodes @ nodes) - squares) * people / (people - 1), naive), nodes


def _places(steps: Steps) -> tuple[tuple[Whole, Array, int], tuple[Whole, Array, int]]:
    """Return, mated and non-mated, scores of each step, their place among the other side, and how many there are."""
    lower = steps.n_non_mated - steps.passed[:-1] + steps.non_mated / 2
    upper = steps.n_mated - steps.missed[:-1] - steps.mated / 2
    return (
        (steps.mated, lower / steps.n_non_mated, steps.n_mated),
        (steps.non_mated, upper / steps.n_mated, steps.n_non_mated),
    )


def _twice_above(mated: Whole, non_mated: Whole) -> int:
    """Twice the number of pairs of a mated score and a non-mated one in a lower step."""
    lower = np.cumsum(non_mated) - non_mated
    return 2 * int(mated @ lower)


def _by_cell(cell: Whole, place: Array, counts: Whole) -> Array:
    """Return the mean place of the scores of each cell, for all cells."""
    number = np.bincount(cell, counts, minlength=CELLS)
    return np.bincount(cell, counts * place, minlength=CELLS) / np.maximum(number, 1)


def _pieces(pairs: Comparisons | Stream, mated: bool) -> Iterator[Scores]:
    """Yield the scores of one side, piece by piece."""
    for side in sides(pairs, mated):
        for start in range(0, side.score.size, _PIECE):
            yield side.score[start : start + _PIECE].astype(np.float32, copy=False)


def _named(pairs: Comparisons) -> Iterator[tuple[bool, Scores, Codes, Codes]]:
    """Yield whether mated, scores and both subjects, piece by piece."""
    for mated in (True, False):
        for score, probe, reference in named_sides(pairs, mated):
            for start in range(0, score.size, _PIECE):
                part = slice(start, start + _PIECE)
                yield mated, score[part], probe[part], reference[part]
