"""Brute force over templates: every probe against every reference, tile by tile, and no tile is kept.

What comes out is scores and counts.  No function here returns which reference a score belongs to: the best scores are
partitioned, a mate's rank is a count of greater scores, and hits are added up over a subject's rows and columns.
Both sides lie in the order of their subjects, so that a subject's own comparisons are one rectangle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.search.gallery import Scores
from misid.statistics import Array

Codes = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.floating]

METRICS = ("cosine", "euclidean")
TILE = (2_048, 2_048)
HELD = 1 << 28  # bytes of templates that are copied in order once; more are gathered again for every tile
_WIDE = 256  # columns from which the rows of a mask are counted one by one
_SPARSE = 16  # hits in fewer than one of so many comparisons are listed by subject, more are added up in place
_WAITING = 1 << 16  # hits that wait to be added up by pairs, at least
_KEPT = 4  # tiles with a block's own comparisons that are kept for the second pass instead of being made again


class Piece(NamedTuple):
    """Comparisons of one tile; shape (n,) each."""

    score: Scores  # similarities
    mated: Flags  # whether both templates are of one subject
    probe: Codes  # subjects
    reference: Codes


class Found(NamedTuple):
    """What each of m searches found, in the order of the probes' subjects."""

    probe: Codes  # subject of the probe, (m,)
    mated: Flags  # whether the subject has a reference other than the probe itself, (m,)
    mate: Scores  # best score of the subject's own references, -inf where there is none, (m,)
    at: Counts  # references of others at or above `mate`, (m,); 0 where there is none
    above: Counts  # references of others strictly above it, (m,)
    people: Counts  # others with a reference at or above `mate`, (m,)
    others: Scores  # best scores of others' references, best first, -inf where there are fewer, (m, k)


class Hits(NamedTuple):
    """Comparisons with other subjects at or above a threshold, added up by pairs of subjects; shape (n,) each."""

    probe: Codes  # subjects; a pair stands once, by probe, then reference
    reference: Codes
    comparisons: Counts
    # Searches with a hit, each split evenly over its hits: over all pairs they add up to the searches with a hit.
    share: Array


class Tiles:
    """Templates of known subjects, ready to be compared.

    Parameters
    ----------
    vectors : ndarray of float16, float32 or float64, shape (rows, d)
        Possibly mapped from a file; of unit length for the cosine.
    metric : {"cosine", "euclidean"}
        Similarity is the dot product, nothing clipped, or minus the distance.
    subject : ndarray of int32, shape (rows,)
        Subject of each row.
    probes, references : ndarray of int64, shape (p,), (r,)
        Rows on either side.  No row is ever compared with itself.
    tile : tuple of int
        Probes and references of one tile.
    exact : bool
        Whether products are made in float64, so that equal templates have equal scores wherever they stand; otherwise
        cosines are made in float32, twice as fast, and their last bits depend on the tile.

    Attributes
    ----------
    probe_row : ndarray of int64
        Rows that are searched, in the order of the searches.
    failed_probe : ndarray of int32, shape (f,)
        Subjects of probe rows with a value that is not finite; they are not searched.
    failed_references : int
        References of that kind; they are not compared.
    same : bool
        Whether both sides are the same rows.
    n_references, n_enrolled : int
        References compared, and subjects they belong to.

    Raises
    ------
    OutOfRange
        If a shape does not fit, a row number is outside the table or stands twice on one side, or the metric is
        unknown.

    Notes
    -----
    Scores are rounded to float32.  The same photograph under two names is common in real data; ties then count, and
    float32 products would break them by the place in the tile.  A distance is the root of ``|a|^2 + |b|^2 - 2 ab`` in
    float64 around a common centre: in float32 two templates that are nearly alike would lie 3e-4 of their length apart.
    """

    def __init__(
        self,
        vectors: Vectors,
        metric: str,
        subject: Codes,
        probes: Rows,
        references: Rows,
        tile: tuple[int, int] = TILE,
        *,
        exact: bool = True,
    ) -> None:
        if min(tile) < 1:
            raise OutOfRange("tile", tile, "at least one row on either side")
        whole = checked_rows(vectors, metric, subject, probes, references)
        self.metric, self.tile = metric, tile
        self.failed_probe: Codes = np.sort(subject[probes[~whole[probes]]]).astype(np.int32)
        self.failed_references = int((~whole[references]).sum())
        self.probe_row = _ordered(probes[whole[probes]], subject)
        self._reference_row = _ordered(references[whole[references]], subject)
        self.probe: Codes = subject[self.probe_row].astype(np.int32)
        self.reference: Codes = subject[self._reference_row].astype(np.int32)
        self.same = bool(np.array_equal(self.probe_row, self._reference_row))
        self.n_references = int(self.reference.size)
        self.n_enrolled = int(np.unique(self.reference).size)
        self._references = _Side(vectors, self._reference_row)
        self._probes = self._references if self.same else _Side(vectors, self.probe_row)
        # Where no row is on both sides, no pair can be one row twice.
        self._may_meet = bool(np.intersect1d(self.probe_row, self._reference_row).size)
        far = metric == "euclidean"
        self._kind: type[np.floating] = np.float64 if far or exact else np.float32
        self._centre = self._references.take(slice(0, 4_096)).mean(axis=0, dtype=np.float64) if far else None
        self._room = np.empty(0, self._kind)

    def pairs(self) -> Iterator[Piece]:
        """Yield all comparisons, tile by tile, in the same order every time.

        Where both sides are the same rows, every unordered pair stands once.
        """
        for rows in _steps(self.probe.size, self.tile[0]):
            a = self._load(self._probes, rows)
            for columns in _steps(self.reference.size, self.tile[1]):
                if self.same and columns.stop <= rows.start + 1:
                    continue
                score = self._scores(a, columns)
                wanted = self._wanted(rows, columns)
                shape = score.shape
                first = np.broadcast_to(self.probe[rows, None], shape)
                second = np.broadcast_to(self.reference[columns], shape)
                if wanted is None:
                    flat = score.reshape(-1).astype(np.float32), first.reshape(-1), second.reshape(-1)
                else:
                    flat = score[wanted].astype(np.float32), first[wanted], second[wanted]
                if flat[0].size:
                    yield Piece(flat[0], flat[1] == flat[2], flat[1], flat[2])

    def searches(self, k: int) -> Found:
        """Search every probe among all references and keep the best k scores of others, at least 1."""
        if k < 1:
            raise OutOfRange("k", k, "at least 1")
        m = self.probe.size
        mate = np.full(m, -np.inf, np.float32)
        at, above, people = (np.zeros(m, np.int64) for _ in range(3))
        several = self.n_references > self.n_enrolled
        others = np.full((m, k), -np.inf, np.float32)
        for rows in _steps(m, self.tile[0]):
            a = self._load(self._probes, rows)
            kept: dict[int, Scores] = {}
            # A score that is made again is made in the same tile: only there is it the same to the last bit.
            for columns in self._own_tiles(rows):
                score = self._without_own(a, rows, columns, mate[rows])
                if len(kept) < _KEPT:
                    kept[columns.start] = score.copy()
            limit = np.where(np.isneginf(mate[rows]), np.inf, mate[rows]).astype(np.float32)[:, None]
            last = np.zeros(limit.size, np.bool_)  # whether the last subject of the tile before reached the mate
            for columns in _steps(self.reference.size, self.tile[1]):
                made = kept.pop(columns.start, None)
                score = self._without_own(a, rows, columns, mate[rows]) if made is None else made
                reach = score >= limit
                number = row_counts(reach)
                at[rows] += number
                if several:
                    people[rows] += self._people(reach, number > 0, columns, last)
                above[rows] += row_counts(score > limit)
                merge_best(others[rows], score)
        return Found(self.probe, self._enrolled(), mate, at, above, people if several else at, others)

    def hits(self, thresholds: Sequence[float]) -> list[Hits]:
        """Add up the comparisons with other subjects at or above thresholds, by pairs of subjects.

        Thresholds are similarities and are rounded to float32; all of them take one pass over all tiles.
        """
        span = 1 + int(max(self.probe.max(initial=0), self.reference.max(initial=0)))
        sums = [HitSum(span) for _ in thresholds]
        for rows in _steps(self.probe.size, self.tile[0]):
            a = self._load(self._probes, rows)
            blocks: list[list[tuple[Counts, Codes, Counts]]] = [[] for _ in thresholds]
            for columns in _steps(self.reference.size, self.tile[1]):
                score = self._without_own(a, rows, columns, None)
                best = score.max(axis=1)
                whose, start = np.unique(self.reference[columns], return_index=True)
                for threshold, block in zip(thresholds, blocks, strict=True):
                    some = np.flatnonzero(best >= np.float32(threshold))
                    if some.size:
                        hit = score[some] >= np.float32(threshold)
                        number = row_counts(hit)
                        if number.sum() * _SPARSE <= hit.size:
                            subject = np.broadcast_to(self.reference[columns], hit.shape)[hit]
                            block.append((np.repeat(some, number), subject, np.ones(subject.size, np.int64)))
                            continue
                        summed = np.add.reduceat(hit, start, axis=1, dtype=np.int64)
                        filled = summed > 0
                        subject = np.broadcast_to(whose, summed.shape)[filled]
                        block.append((np.repeat(some, filled.sum(axis=1)), subject, summed[filled]))
            for total, block in zip(sums, blocks, strict=True):
                if block:
                    search, subject, n = (np.concatenate(part) for part in zip(*block, strict=True))
                    total.add(search, self.probe[rows][search], subject, n)
        return [total.hits() for total in sums]

    def _people(self, reach: Flags, some: Flags, columns: slice, last: Flags) -> Counts:
        """Count the subjects of a tile that some rows reach, but for one of the tile before; ``last`` moves on."""
        subject = self.reference[columns]
        begins = np.unique(subject, return_index=True)[1]
        reached = np.logical_or.reduceat(reach[some], begins, axis=1)
        found = np.zeros(some.size, np.int64)
        found[some] = reached.sum(axis=1)
        goes_on = columns.start > 0 and self.reference[columns.start - 1] == subject[0]
        if goes_on:
            found -= last & reach[:, : begins[1] if begins.size > 1 else None].any(axis=1)
        before = last.copy() if goes_on and begins.size == 1 else np.zeros(some.size, np.bool_)
        last[:] = before
        last[some] |= reached[:, -1]
        return found

    def _load(self, side: _Side, part: slice) -> Vectors:
        taken = side.take(part).astype(self._kind, copy=False)
        return taken if self._centre is None else taken - self._centre

    def _scores(self, a: Vectors, columns: slice) -> Scores:
        """Return one tile, rounded to float32; it may live in a room that the next tile takes."""
        b = self._load(self._references, columns)
        shape = (a.shape[0], b.shape[0])
        if self._room.size < shape[0] * shape[1]:
            self._room = np.empty(shape[0] * shape[1], self._kind)
        product: Any = self._room[: shape[0] * shape[1]].reshape(shape)
        np.matmul(a, b.T, out=product)
        if self._centre is None:
            return np.asarray(product, np.float32)
        product *= -2
        product += np.einsum("ij,ij->i", a, a)[:, None]
        product += np.einsum("ij,ij->i", b, b)
        np.sqrt(np.maximum(product, 0, out=product), out=product)
        return np.asarray(np.negative(product, out=product), np.float32)

    def _wanted(self, rows: slice, columns: slice) -> Flags | None:
        """Return which cells of a tile are comparisons that count; None where all do."""
        if not self._may_meet:
            return None
        if self.same:
            if columns.start >= rows.stop:
                return None
            return np.asarray(np.arange(rows.start, rows.stop)[:, None] < np.arange(columns.start, columns.stop))
        return np.asarray(self.probe_row[rows, None] != self._reference_row[columns])

    def _own_tiles(self, rows: slice) -> Iterator[slice]:
        """Yield the tiles between the first and the last subject of a block of probes."""
        first = int(np.searchsorted(self.reference, self.probe[rows.start], "left"))
        stop = int(np.searchsorted(self.reference, self.probe[rows.stop - 1], "right"))
        for columns in _steps(self.reference.size, self.tile[1]):
            if columns.start < stop and columns.stop > first:
                yield columns

    def _without_own(self, a: Vectors, rows: slice, columns: slice, mate: Scores | None) -> Scores:
        """Return a tile with ``-inf`` for a subject's own comparisons, and their best raised into ``mate``."""
        score = self._scores(a, columns)
        here, there = self.probe[rows], self.reference[columns]
        both, first, _ = np.intersect1d(here, there, return_indices=True)
        ends = np.searchsorted(here, both, "right")
        low, high = np.searchsorted(there, both, "left"), np.searchsorted(there, both, "right")
        for top, bottom, left, right in zip(first, ends, low, high, strict=True):
            own = score[top:bottom, left:right]
            if mate is not None:
                if self._may_meet:
                    one = self.probe_row[rows][top:bottom, None] == self._reference_row[columns][left:right]
                    own[one] = -np.inf
                np.maximum(mate[top:bottom], own.max(axis=1), out=mate[top:bottom])
            own[:] = -np.inf
        return score

    def _enrolled(self) -> Flags:
        who, n = np.unique(self.reference, return_counts=True)
        if not who.size:
            return np.zeros(self.probe.size, np.bool_)
        place = np.minimum(np.searchsorted(who, self.probe), who.size - 1)
        own = np.where(who[place] == self.probe, n[place], 0)
        return np.asarray(own > np.isin(self.probe_row, self._reference_row), np.bool_)


def checked_rows(vectors: Vectors, metric: str, subject: Codes, probes: Rows, references: Rows) -> Flags:
    """Refuse what cannot be compared, as `Tiles` does, and return which rows are finite."""
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise OutOfRange("vectors", f"{vectors.dtype} {vectors.shape}", "a table of floats, one row a template")
    if metric not in METRICS:
        raise OutOfRange("metric", metric, " or ".join(METRICS))
    if subject.shape != (vectors.shape[0],):
        raise OutOfRange("shape of subject", subject.shape, f"({vectors.shape[0]},), one for each row")
    for name, rows in (("probes", probes), ("references", references)):
        if rows.size and not (rows.min() >= 0 and rows.max() < vectors.shape[0]):
            raise OutOfRange(name, [int(rows.min()), int(rows.max())], f"rows from 0 to {vectors.shape[0] - 1}")
        if np.unique(rows).size != rows.size:
            raise OutOfRange(name, f"{rows.size - np.unique(rows).size} rows twice", "each row once")
    return _finite(vectors)


class _Side:
    """Rows of one side in their order."""

    def __init__(self, vectors: Vectors, rows: Rows) -> None:
        self._vectors, self._rows = vectors, rows
        self._held: Vectors | None = None
        if rows.size * vectors.shape[1] * 4 <= HELD:
            self._held = vectors[rows].astype(np.float32)

    def take(self, part: slice) -> Vectors:
        if self._held is not None:
            return self._held[part]
        return self._vectors[self._rows[part]].astype(np.float32, copy=False)


def _finite(vectors: Vectors) -> Flags:
    whole = np.empty(vectors.shape[0], np.bool_)
    for part in _steps(vectors.shape[0], 1 << 15):
        whole[part] = np.isfinite(vectors[part]).all(axis=1)
    return whole


def _ordered(rows: Rows, subject: Codes) -> Rows:
    return rows[np.lexsort((rows, subject[rows]))]


def _steps(n: int, step: int) -> Iterator[slice]:
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


class HitSum:
    """Hits added up by pairs of subjects, some probes at a time; numbers of subjects are below ``subjects``."""

    def __init__(self, subjects: int) -> None:
        self._span = np.int64(subjects)
        self._key, self._number, self._share = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        self._waiting: list[tuple[Counts, Counts, Array]] = []
        self._waits = 0

    def add(self, search: npt.NDArray[np.integer], probe: Codes, reference: Codes, number: Counts) -> None:
        """Add hits with references of one subject in one search; all of one search must come in one call.

        Searches are numbered from 0; probe and reference are subjects; every array has shape (n,).
        """
        if not search.size:
            return
        total = np.bincount(search, weights=number)
        self._waiting.append((probe.astype(np.int64) * self._span + reference, number, number / total[search]))
        self._waits += search.size
        # What waits is as much as what is there: so each hit is sorted a few times, however many calls there are.
        if self._waits > max(self._key.size, _WAITING):
            self._settle()

    def _settle(self) -> None:
        keys, numbers, shares = zip((self._key, self._number, self._share), *self._waiting, strict=True)
        self._key, place = np.unique(np.concatenate(keys), return_inverse=True)
        # Sums of whole numbers below 2**53 are exact in float64.
        self._number = np.bincount(place, np.concatenate(numbers), self._key.size).astype(np.int64)
        self._share = np.bincount(place, np.concatenate(shares), self._key.size).astype(np.float64)
        self._waiting, self._waits = [], 0

    def hits(self) -> Hits:
        """Return the sums."""
        if self._waits:
            self._settle()
        first, second = np.divmod(self._key, self._span)
        return Hits(first.astype(np.int32), second.astype(np.int32), self._number, self._share)


def row_counts(mask: npt.NDArray[np.bool_]) -> Counts:
    """Count what is true in each row, shape (m,)."""
    # Wide rows are counted one by one, which NumPy does ten times faster than all together.
    if mask.shape[1] < _WIDE:
        return np.asarray(mask.sum(axis=1), np.int64)
    return np.fromiter(map(np.count_nonzero, mask), np.int64, mask.shape[0])


def merge_best(best: Scores, score: Scores, top: Scores | None = None) -> None:
    """Put the scores of a tile (m, n), without NaN, among the best so far (m, k), best first, changed in place.

    ``top`` is the best score of each row, where it is known.
    """
    # A row's k-th best so far bounds what is compared.  In the first tile the columns are dealt to 4k hands: the k-th
    # best of the hands' highest cards is reached by k scores at least.
    k, n = best.shape[1], score.shape[1]
    floor = best[:, -1]
    if k == 1:
        np.maximum(floor, score.max(axis=1, initial=-np.inf) if top is None else top, out=floor)
        return
    hands = 4 * k
    if n >= 4 * hands and np.isneginf(floor).any():
        dealt = score[:, : n - n % hands].reshape(score.shape[0], n // hands, hands).max(axis=1)
        floor = np.maximum(floor, np.partition(dealt, hands - k, axis=1)[:, hands - k])
    better = score >= floor[:, None]
    often = row_counts(better)
    some = np.flatnonzero(often)
    if not some.size:
        return
    often = often[some]
    room = np.full((some.size, k + int(often.max())), -np.inf, np.float32)
    room[:, :k] = best[some]
    room[:, k:][np.arange(room.shape[1] - k) < often[:, None]] = score[better]
    room = np.partition(room, room.shape[1] - k, axis=1)[:, -k:]
    best[some] = np.sort(room, axis=1)[:, ::-1]
