"""Area under the curve: how often a mated score is above a non-mated one, ties counting half.

Exact for any number of scores whose smaller side can be held: cells that hold both kinds are looked into in one more
pass, all others are settled by their counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons.counts import SummedPairs, Whole, named_sides, sides
from misid.evaluation.comparisons.steps import CELLS, LOW, Steps, keys
from misid.evaluation.contract import Codes, Comparisons, Scores, Stream
from misid.quantities import Interval
from misid.statistics import Array

HELD = 50_000_000  # scores of the smaller side that may be held: 200 MB
_PIECE = 1 << 18


def area(pairs: Comparisons | Stream, steps: Steps) -> Interval:
    """Return the area under the curve, going through the comparisons at most twice.

    Both ends are equal unless each side has more than 50 million scores in cells that hold both: then they are bounds.
    """
    whole = 2 * steps.n_mated * steps.n_non_mated
    settled = _twice_above(steps.mated, steps.non_mated) + int(
        steps.mated[steps.single] @ steps.non_mated[steps.single]
    )
    shared = ~steps.single & (steps.mated > 0) & (steps.non_mated > 0)
    if not shared.any():
        return _bounds(settled / whole, settled / whole)
    m, n = steps.mated[shared], steps.non_mated[shared]
    if min(int(m.sum()), int(n.sum())) > HELD:
        return _bounds(settled / whole, (settled + 2 * int(m @ n)) / whole)
    flagged = np.zeros(CELLS, bool)
    flagged[steps.key[shared] >> LOW] = True
    fewer = int(m.sum()) <= int(n.sum())
    held = np.sort(np.concatenate([np.empty(0, np.float32), *_inside(pairs, flagged, fewer)]))
    below = 0
    for scores in _inside(pairs, flagged, not fewer):
        scores.sort()  # neighbours then look in the same place
        for side in ("left", "right"):
            below += int(np.searchsorted(held, scores, side=side).sum())
    if fewer:
        below = 2 * int(m.sum()) * int(n.sum()) - below
    exact = settled + below - _twice_above(m, n)
    return _bounds(exact / whole, exact / whole)


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
    pairs: Comparisons | Stream, steps: Steps, value: float, sums: SummedPairs | None = None
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


def _inside(pairs: Comparisons | Stream, flagged: npt.NDArray[np.bool_], mated: bool) -> Iterator[Scores]:
    """Yield the scores of one side that lie in flagged cells, piece by piece."""
    for side in sides(pairs, mated):
        score = side.score
        for start in range(0, score.size, _PIECE):
            part = score[start : start + _PIECE].astype(np.float32, copy=False)
            yield part[flagged[keys(part) >> LOW]]


def _named(pairs: Comparisons) -> Iterator[tuple[bool, Scores, Codes, Codes]]:
    """Yield whether mated, scores and both subjects, piece by piece."""
    for mated in (True, False):
        for score, probe, reference in named_sides(pairs, mated):
            for start in range(0, score.size, _PIECE):
                part = slice(start, start + _PIECE)
                yield mated, score[part], probe[part], reference[part]
