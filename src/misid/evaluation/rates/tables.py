"""Comparisons and errors counted per pair of subjects: what intervals over people rest on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.evaluation.contract import Codes, Comparisons, PairTable, Scores, Stream

_DENSE = 1 << 24  # cells of a square table that is cheaper to count into than to sort


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
    return _count(pairs, mated, None)


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
    return _count(pairs, mated, np.float32(threshold))


def _count(pairs: Comparisons | Stream, mated: bool, threshold: np.float32 | None) -> PairTable:
    if pairs.people is None:
        raise _nameless()
    subjects = pairs.people.count
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for score, probe, reference in _pieces(pairs, mated):
        if threshold is not None:
            hit = np.flatnonzero(score < threshold if mated else score >= threshold)
            probe, reference = probe[hit], reference[hit]
        new, n = _distinct(probe.astype(np.int64) * subjects + reference, subjects)
        keys, counts = (new, n) if not keys.size else _added(keys, counts, new, n)
    first, second = np.divmod(keys, np.int64(max(subjects, 1)))
    return PairTable(first.astype(np.int32), second.astype(np.int32), counts)


def _pieces(pairs: Comparisons | Stream, mated: bool) -> Iterator[tuple[Scores, Codes, Codes]]:
    """Yield scores and both subjects of one class of comparisons, piece by piece."""
    if isinstance(pairs, Comparisons):
        side = pairs.mated if mated else pairs.non_mated
        if side.probe is None or side.reference is None:
            raise _nameless()
        yield side.score, side.probe, side.reference
        return
    for block in pairs.blocks():
        if block.probe is None or block.reference is None:
            raise _nameless()
        of = np.flatnonzero(block.mated if mated else ~block.mated)
        yield block.score[of], block.probe[of], block.reference[of]


def _distinct(keys: npt.NDArray[np.int64], subjects: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return each key once, rising, and how often it stands."""
    if subjects * subjects <= min(_DENSE, 8 * keys.size):
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


def _nameless() -> MisidError:
    return MisidError(
        "the comparisons name no subjects, so errors cannot be counted per pair of subjects; "
        "give probe_subject and reference_subject"
    )
