"""Comparisons and errors counted per pair of subjects: what intervals over people rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.evaluation.contract import Codes, Comparisons, PairTable, Scores, Stream
from misid.statistics import Counts, Margins

_DENSE = 1 << 26  # cells of a table that is cheaper to count into than to sort


def trials(pairs: Comparisons | Stream, mated: bool) -> PairTable:
    """Count the comparisons with a score of each pair of subjects.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With the subjects of every comparison.
    mated : bool
        Whether to count mated comparisons, or non-mated ones.

    Returns
    -------
    PairTable
        By first subject, then second; mated pairs have the same subject twice.

    Raises
    ------
    MisidError
        If the comparisons name no subjects.
    """
    return _table(*_counted(pairs, mated, None, 1), pairs)


def events_at(pairs: Comparisons | Stream, threshold: float, mated: bool) -> PairTable:
    """Count the errors of each pair of subjects at a threshold.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With the subjects of every comparison.
    threshold : float
        As a similarity, on the scores' own scale; rounded to float32.
    mated : bool
        True counts mated comparisons below the threshold, False non-mated ones at or above it.

    Returns
    -------
    PairTable
        Pairs with at least one error, by first subject, then second.

    Raises
    ------
    MisidError
        If the comparisons name no subjects.
    """
    return events_at_each(pairs, [threshold], mated)[0]


def events_at_each(pairs: Comparisons | Stream, thresholds: Sequence[float], mated: bool) -> list[PairTable]:
    """Count the errors of each pair of subjects at several thresholds, going through the comparisons once.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With the subjects of every comparison.
    thresholds : sequence of float
        In any order.
    mated : bool
        As `events_at`.

    Returns
    -------
    list of PairTable
        One for each threshold, as `events_at` gives it.

    Raises
    ------
    MisidError
        If the comparisons name no subjects.
    """
    asked = np.asarray(thresholds, np.float32)
    order, place = np.unique(asked, return_inverse=True)
    width = order.size + 1
    keys, counts = _counted(pairs, mated, order, width)
    pair, reached = np.divmod(keys, np.int64(width))
    found = []
    for k in range(order.size):
        at = np.flatnonzero(reached <= k if mated else reached > k)
        starts = np.flatnonzero(np.diff(pair[at], prepend=-1))
        sums = np.add.reduceat(counts[at], starts) if at.size else counts[:0]
        found.append(_table(pair[at][starts], sums, pairs))
    return [found[k] for k in place]


def compact(table: PairTable, subjects: int) -> Counts | Margins:
    """Return trials in the shortest form: by sides where every probe sample met every reference sample of others.

    Parameters
    ----------
    table : PairTable
        Trials of non-mated comparisons, at least one.
    subjects : int
        People (M).

    Returns
    -------
    Counts or Margins
        The same trials.
    """
    plain = Counts(table.first, table.second, table.count)
    samples = np.zeros((2, subjects), np.int64)
    # The pair of the most trials shows one person of either side; their other trials show everybody else.
    top = int(np.argmax(table.count))
    i, j = int(table.first[top]), int(table.second[top])
    row, column = table.first == i, table.second == j
    g = int(np.gcd.reduce(table.count[row]))
    samples[1, table.second[row]] = table.count[row] // g
    if (table.count[column] % samples[1, j]).any():
        return plain
    samples[0, table.first[column]] = table.count[column] // samples[1, j]
    # Person i as a reference, and j as a probe, are in neither: any pair with them will do.
    for side, person, mine, other in ((1, i, table.second, table.first), (0, j, table.first, table.second)):
        known = np.flatnonzero((mine == person) & (samples[1 - side, other] > 0))
        if known.size:
            samples[side, person] = table.count[known[0]] // samples[1 - side, other[known[0]]]
    if not np.array_equal(samples[0, table.first] * samples[1, table.second], table.count):
        return plain
    total = int(samples[0].sum()) * int(samples[1].sum()) - int((samples[0] * samples[1]).sum())
    return Margins(samples[0], samples[1]) if total == table.total else plain


def _counted(
    pairs: Comparisons | Stream, mated: bool, thresholds: Scores | None, width: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return keys of pairs, times ``width`` plus how many thresholds the score reaches, and how often each stands."""
    if pairs.people is None:
        raise nameless()
    subjects = pairs.people.count
    limit = subjects**2 * width
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for score, probe, reference in pieces(pairs, mated):
        reached: npt.NDArray[np.int64] | int = 0
        if thresholds is not None:
            hit = np.flatnonzero(score < thresholds[-1] if mated else score >= thresholds[0])
            probe, reference = probe[hit], reference[hit]
            reached = np.searchsorted(thresholds, score[hit], side="right")
        key = (probe.astype(np.int64) * subjects + reference) * width + reached
        new, n = _distinct(key, limit)
        keys, counts = (new, n) if not keys.size else _added(keys, counts, new, n)
    return keys, counts


def _table(keys: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], pairs: Comparisons | Stream) -> PairTable:
    subjects = max(pairs.people.count, 1) if pairs.people is not None else 1
    first, second = np.divmod(keys, np.int64(subjects))
    return PairTable(first.astype(np.int32), second.astype(np.int32), counts)


def pieces(pairs: Comparisons | Stream, mated: bool) -> Iterator[tuple[Scores, Codes, Codes]]:
    """Yield scores, probe subjects and reference subjects of mated or non-mated comparisons, piece by piece.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With the subjects of every comparison.
    mated : bool
        Which comparisons.

    Raises
    ------
    MisidError
        If the comparisons name no subjects.
    """
    if isinstance(pairs, Comparisons):
        side = pairs.mated if mated else pairs.non_mated
        if side.probe is None or side.reference is None:
            raise nameless()
        yield side.score, side.probe, side.reference
        return
    for block in pairs.blocks():
        if block.probe is None or block.reference is None:
            raise nameless()
        of = np.flatnonzero(block.mated if mated else ~block.mated)
        yield block.score[of], block.probe[of], block.reference[of]


def _distinct(keys: npt.NDArray[np.int64], limit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return each key once, rising, and how often it stands; all keys are below a limit."""
    if limit <= min(_DENSE, 8 * keys.size):
        counted = np.bincount(keys, minlength=1)
        found = np.flatnonzero(counted)
        return found, counted[found].astype(np.int64)
    found, often = np.unique(keys, return_counts=True)
    return found, often.astype(np.int64)


def _added(
    keys: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], new: npt.NDArray[np.int64], n: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    found, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
    total = np.zeros(found.size, np.int64)
    np.add.at(total, place, np.concatenate([counts, n]))
    return found, total


def nameless() -> MisidError:
    """Return the error for comparisons that name no subjects."""
    return MisidError(
        "the comparisons name no subjects, so errors cannot be counted per pair of subjects; "
        "give probe_subject and reference_subject"
    )
