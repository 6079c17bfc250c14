"""Searches put together from one-to-one comparisons, where every probe was compared with the same references."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, Comparisons, Flags, Scores, Searches, Side, SubjectHits
from misid.evaluation.identification.from_matrix import CELLS, DEPTH
from misid.search import HitSum, merge_best, row_counts

_DENSE = 1 << 25  # searches times subjects up to which missing comparisons are looked for one by one
_Counts = npt.NDArray[np.int64]


class _Given(NamedTuple):
    """Comparisons of both classes in one row."""

    search: Codes
    probe: Codes
    reference: Codes
    score: Scores


def searches(pairs: Comparisons, depth: int = DEPTH) -> tuple[Searches | None, list[str]]:
    """Put comparisons together into searches of a gallery.

    Parameters
    ----------
    pairs : Comparisons
        With the subjects of both sides.
    depth : int
        Best scores of others to keep of each search, at least 1.

    Returns
    -------
    Searches or None
        None where the comparisons do not make up searches of one gallery.
    list of str
        What was taken for granted, or why there is none, in sentences.

    Notes
    -----
    Every search must have been compared with the same references.  Comparisons that failed may be missing, and where
    samples were compared among one another, each with all but itself.  A subject is enrolled if it has a reference.
    """
    mated, other = pairs.mated, pairs.non_mated
    if pairs.people is None or _unnamed(mated) or _unnamed(other):
        return None, ["No searches: the comparisons name no subjects."]
    if not other.score.size:
        return None, ["No searches: there is no non-mated comparison."]
    said: list[str] = []
    if _unnumbered(mated) or _unnumbered(other):
        numbered = _by_subject(mated, other, pairs.people.count)
        if numbered is None:
            return None, [
                "No searches: the samples of a probe subject cannot be told apart; give a column probe_sample."
            ]
        mated, other = numbered
        said.append("Every probe subject is taken for one probe sample: no pair of subjects was compared twice.")
    own, rest = _sorted(mated), _sorted(other)
    n = 1 + int(max(own.search.max(initial=-1), rest.search.max(initial=-1)))
    layout = _layout(own, rest, n, pairs)
    if isinstance(layout, str):
        return None, [*said, f"No searches: {layout}"]
    who, enrolled, n_references, everybody, failed_probe, words = layout
    mate = np.full(n, -np.inf, np.float32)
    start = _starts(own.search, n)
    filled = np.flatnonzero(np.diff(start))
    if filled.size:
        mate[filled] = np.maximum.reduceat(own.score, start[filled])
    at, above, others = _against(rest.score, _starts(rest.search, n), mate, depth)
    there = who >= 0
    repeated = _same_best(mate[there & enrolled])
    if repeated:
        said.append(repeated)
    lost = failed_probe.size
    return Searches(
        probe=np.concatenate([who[there], failed_probe]).astype(np.int32),
        mated=np.concatenate([enrolled[there], np.isin(failed_probe, everybody)]),
        failed=np.repeat([False, True], [int(there.sum()), lost]),
        mate=np.concatenate([mate[there], np.full(lost, -np.inf, np.float32)]),
        rank=_places(at[there], mate[there], lost),
        rank_favoured=_places(above[there], mate[there], lost),
        others=np.concatenate([others[there], np.full((lost, depth), -np.inf, np.float32)]),
        n_references=n_references,
        n_enrolled=int(everybody.size),
        depth=n_references,
        people=pairs.people,
        hits=partial(_hits, rest, pairs.people.count),
    ), said + words


def _hits(rest: _Given, subjects: int, thresholds: Sequence[float]) -> list[SubjectHits]:
    """Return the pairs of subjects that are at or above thresholds."""
    found = []
    for threshold in thresholds:
        of = rest.score >= np.float32(threshold)
        total = HitSum(subjects)
        search = rest.search[of]
        total.add(search, rest.probe[of], rest.reference[of], np.ones(search.size, np.int64))
        found.append(SubjectHits(*total.hits()))
    return found


def _against(score: Scores, start: _Counts, mate: Scores, depth: int) -> tuple[_Counts, _Counts, Scores]:
    """Compare each search's other scores, laid end to end, with its mate's, some searches at a time."""
    n = mate.size
    at, above = np.zeros(n, np.int64), np.zeros(n, np.int64)
    others = np.full((n, depth), -np.inf, np.float32)
    length = np.diff(start)
    widest = int(length.max(initial=1)) or 1
    step = max(1, CELLS // widest)
    room = np.empty((min(step, n), widest), np.bool_)
    for first in range(0, n, step):
        rows = slice(first, min(first + step, n))
        part = score[start[first] : start[rows.stop]]
        if (length[rows] == widest).all():
            here = part.reshape(-1, widest)
        else:
            here = np.full((rows.stop - first, widest), -np.inf, np.float32)
            here[np.arange(widest) < length[rows, None]] = part
        _tally(here, mate[rows], at[rows], above[rows], others[rows], room)
    return at, above, others


def _tally(score: Scores, mate: Scores, at: _Counts, above: _Counts, others: Scores, room: Flags) -> None:
    """Fill in the others at or above the mate and above it, and put the best scores among the best so far.

    There is no NaN among the scores, and ``-inf`` where there is no score.  Fresh memory in place of ``room`` would
    cost more than the comparison itself.
    """
    top = score.max(axis=1)
    # Nobody is at or above a mate who is above the best of them, and most mates are.
    some = np.flatnonzero((mate <= top) & ~np.isneginf(mate))
    at[:], above[:] = 0, 0
    if some.size:
        among = score if some.size == mate.size else score[some]
        at[some] = row_counts(np.greater_equal(among, mate[some, None], out=room[: some.size]))
        beaten = np.flatnonzero(mate[some] < top[some])
        if beaten.size:
            among = among if beaten.size == some.size else among[beaten]
            above[some[beaten]] = row_counts(np.greater(among, mate[some[beaten], None], out=room[: beaten.size]))
    merge_best(others, score, top)


def _layout(
    own: _Given, rest: _Given, n: int, pairs: Comparisons
) -> tuple[Codes, Flags, int, Codes, Codes, list[str]] | str:
    """Find out who was searched among which references; a string says why that cannot be."""
    who = np.full(n, -1, np.int32)
    length = np.zeros(n, np.int64)
    for side in (own, rest):
        start = _starts(side.search, n)
        filled = np.flatnonzero(np.diff(start))
        who[filled] = side.probe[start[filled]]
        length += np.diff(start)
    if any((np.repeat(who, np.diff(_starts(side.search, n))) != side.probe).any() for side in (own, rest)):
        return "a probe sample has two subjects."
    subjects = pairs.people.count if pairs.people is not None else 0
    is_enrolled = np.zeros(subjects, np.bool_)
    is_enrolled[own.reference] = is_enrolled[rest.reference] = True
    everybody = np.flatnonzero(is_enrolled).astype(np.int32)
    if everybody.size < 2:
        return "all references are of one subject, so nobody could be taken for another."
    there = who >= 0
    enrolled = np.isin(who, everybody) & there
    mark = _marks(subjects)
    seen = _summed(mark, own, n) + _summed(mark, rest, n)
    failed = pairs.mated.failed + pairs.non_mated.failed
    words: list[str] = []
    missing = np.zeros(n, np.int64)
    if np.unique(seen[there]).size == 1:
        n_references = int(length[there][0])
    elif np.unique(seen[there] + mark[who[there]]).size == 1:
        n_references = int(length[there][0])
        # Of a subject with one sample nothing is left to be found.
        enrolled = np.bincount(own.search, minlength=n) > 0
        words.append("Samples were searched among one another, each among all but itself.")
    else:
        table = _table(own, rest, n, subjects)
        if table is None:
            return "not every probe was compared with the same references, as far as can be seen in so many of them."
        want = table[there].max(axis=0)
        n_references = int(want.sum())
        missing = np.where(there, n_references - length, 0)
        if missing.sum() > failed:
            low, high = int(length[there].min()), int(length[there].max())
            return (
                f"not every probe was compared with the same references (between {low:,} and {high:,} of "
                f"{n_references:,}), and {failed:,} failed comparisons do not explain it."
            )
        words.append(
            f"{int(missing.sum()):,} comparisons inside searches failed; such a reference counts as not returned."
        )
    words.insert(0, f"{int(there.sum()):,} searches of {n_references:,} references were put together from comparisons.")
    failed_probe, more = _failed_searches(pairs, who[there], missing[there], n_references, failed)
    return who, enrolled, n_references, everybody, failed_probe, words + more


def _failed_searches(
    pairs: Comparisons, who: Codes, missing: _Counts, n_references: int, failed: int
) -> tuple[Codes, list[str]]:
    """Return the subjects of probes that failed against every reference."""
    left = failed - int(missing.sum())
    nobody = np.empty(0, np.int32)
    if left <= 0:
        return nobody, []
    sides = [side.failed_probe for side in (pairs.mated, pairs.non_mated) if side.failed]
    named = [side for side in sides if side is not None]
    if len(named) < len(sides):
        return nobody, [f"{left:,} failed comparisons name no probe subject, so failed searches are not counted."]
    size = 1 + max(int(side.max(initial=0)) for side in (*named, who))
    of = np.bincount(np.concatenate(named), minlength=size)
    of -= np.bincount(who, weights=missing, minlength=size).astype(np.int64)
    runs = np.bincount(who, minlength=size)
    searched = runs > 0
    # A reference without a template fails against every probe alike.
    lost = int((of[searched] // runs[searched]).min()) if searched.any() else 0
    of -= lost * runs
    whole, part = np.divmod(of, n_references + lost)
    words = []
    if lost:
        words.append(f"{lost:,} references failed in every comparison; they are not counted in the gallery.")
    if part.any():
        words.append(
            f"{int(part.sum()):,} failed comparisons make up no whole search; such comparisons are not counted."
        )
    if whole.sum():
        words.append(f"{int(whole.sum()):,} searches failed against every reference: they count as failed searches.")
    return np.repeat(np.arange(size), np.maximum(whole, 0)).astype(np.int32), words


def _same_best(mate: Scores) -> str:
    """Say so if many mates have the same best score: samples may have been compared with themselves."""
    if mate.size < 10 or np.isneginf(mate).all():
        return ""
    same = int((mate == mate.max()).sum())
    if same * 10 < mate.size:
        return ""
    return (
        f"{same:,} of {mate.size:,} mated searches have the same mate score, {float(mate.max()):g}, the highest "
        "of all: look whether samples were compared with themselves."
    )


def _by_subject(mated: Side, other: Side, subjects: int) -> tuple[Side, Side] | None:
    """Return both sides with the probe subject for the search, if no pair of subjects was compared twice."""
    sides = []
    for side in (mated, other):
        assert side.probe is not None
        assert side.reference is not None
        keys = np.sort(side.probe.astype(np.int64) * subjects + side.reference)
        if (keys[1:] == keys[:-1]).any():
            return None
        sides.append(Side(side.score, side.probe, side.reference, side.probe, side.failed, side.failed_probe))
    return sides[0], sides[1]


def _sorted(side: Side) -> _Given:
    assert side.probe is not None
    assert side.reference is not None
    assert side.search is not None
    if (side.search[1:] >= side.search[:-1]).all():
        return _Given(side.search, side.probe, side.reference, side.score)
    order = np.argsort(side.search, kind="stable")
    return _Given(side.search[order], side.probe[order], side.reference[order], side.score[order])


def _starts(search: Codes, n: int) -> _Counts:
    return np.searchsorted(search, np.arange(n + 1, dtype=search.dtype)).astype(np.int64)


def _marks(subjects: int) -> npt.NDArray[np.uint64]:
    """Return a number for each subject of which no two sums are likely to agree by chance (splitmix64)."""
    x = (np.arange(1, subjects + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), np.uint64)


def _summed(mark: npt.NDArray[np.uint64], side: _Given, n: int) -> npt.NDArray[np.uint64]:
    """Return the sum of the marks of each search's references."""
    total = np.zeros(n, np.uint64)
    start = _starts(side.search, n)
    filled = np.flatnonzero(np.diff(start))
    if filled.size:
        total[filled] = np.add.reduceat(mark[side.reference], start[filled])
    return total


def _table(own: _Given, rest: _Given, n: int, subjects: int) -> npt.NDArray[np.int64] | None:
    """Count the comparisons of each search with each subject; None where that table would be too large."""
    if n * subjects > _DENSE:
        return None
    keys = [side.search.astype(np.int64) * subjects + side.reference for side in (own, rest)]
    return np.bincount(np.concatenate(keys), minlength=n * subjects).reshape(n, subjects)


def _places(count: _Counts, mate: Scores, failed: int) -> Codes:
    """Return ranks, 0 where there is no mate score, and 0 for failed searches at the end."""
    return np.concatenate([np.where(np.isneginf(mate), 0, 1 + count), np.zeros(failed, np.int64)]).astype(np.int32)


def _unnamed(side: Side) -> bool:
    return bool(side.score.size) and (side.probe is None or side.reference is None)


def _unnumbered(side: Side) -> bool:
    return bool(side.score.size) and side.search is None
