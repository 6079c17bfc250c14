"""From a matrix of scores to comparisons: held one by one where they are few, else gone through by rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Comparisons, Flags, People, ScoreMatrix, Scores, Side
from misid.evaluation.reading.comparisons import (
    Integers,
    RawComparisons,
    ask_about_numberings,
    assemble,
    check_finite,
    check_tried,
    check_varied,
    is_distance,
    note_direction,
    note_failures,
    note_scale,
    note_turned,
)
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.people import people_of_table
from misid.evaluation.reading.read import Reading
from misid.evaluation.reading.scale import AS_READ, ScoreScale
from misid.evaluation.reading.sentinels import End, decide_sentinels
from misid.evaluation.reading.tables import ComparisonCounts
from misid.vocabulary.catalogue import say

MOST_HELD = 50_000_000  # cells whose comparisons are held in memory
SYMMETRY_SLACK = 1e-3  # of the largest score: rounding of products, and of text to a few digits
FAR = 100.0  # times the usual size of a score: not what is rounded
FEWEST_ROWS = 3  # of a matrix that may be half empty
_LOOKED_AT = 1 << 25  # scores that tell how large they usually are
_FEW = 1 << 21  # and whether mated ones are the higher ones
_FOR_SCALE = 200_000  # and whether single precision holds them
_AT_ONCE = 1 << 21  # scores looked at together

Matrix = npt.NDArray[np.floating]


def matrix_comparisons(
    score: Matrix,
    row: Integers,
    column: Integers,
    content: FileContent,
    reading: Reading,
    *,
    distance: bool = False,
    named_by_table: bool = False,
) -> Comparisons | ScoreMatrix:
    """Return the comparisons of a matrix of scores; ``row`` and ``column`` are the subjects of probes and references.

    ``distance`` and ``named_by_table`` as for `assemble`.
    """
    if score.size > MOST_HELD:
        return _by_rows(score, row, column, content, reading, distance, named_by_table)
    mated, kept = row[:, None] == column[None, :], np.ones(score.shape, np.bool_)
    raw = flatten(score, mated, kept, row, column, reading.pseudonyms.count, reading)
    return assemble(raw, content, reading, distance, lined=False, named_by_table=named_by_table)


def flatten(
    score: Matrix, mated: Flags, kept: Flags, row: Integers, column: Integers, subjects: int, reading: Reading
) -> RawComparisons:
    """Return the comparisons of a matrix of scores, row by row; each row is a search.

    ``mated`` and ``kept`` say of each cell whether it is of one subject, and whether it is a comparison at all; ``row``
    and ``column`` are the subjects of probes and references.  A matrix of samples against themselves gives every pair
    once, no sample with itself, and no searches: half a row is no gallery.
    """
    _note_constant_lines(score, kept, reading)
    itself = _note_half(score, kept, row, column, reading)
    if itself:
        kept = np.triu(kept, 1)
    probe, reference = np.nonzero(kept)
    searches = None if itself else probe
    scores = score[kept].astype(np.float64)
    return RawComparisons(scores, mated[kept], row[probe], column[reference], searches, subjects)


def _note_half(score: Matrix, kept: Flags | None, row: Integers, column: Integers, reading: Reading) -> bool:
    """Tell whether a matrix is of samples against themselves, so that half of it counts, and say so."""
    if score.shape[0] != score.shape[1] or not np.array_equal(row, column):
        return False
    half = is_upper_half(score)
    if half or ((kept is None or np.array_equal(kept, kept.T)) and is_symmetric(score)):
        reading.note(say("reading.matrix.half" if half else "reading.matrix.symmetric"))
        return True
    return False


def is_symmetric(score: Matrix) -> bool:
    """Tell whether a square matrix is symmetric, up to the rounding of products in single precision."""
    some = score[:: 1 + score.size // _LOOKED_AT]
    finite = np.abs(some[np.isfinite(some)])
    # A score far from all others, which may be a failure, would leave room for everything.
    usual = finite[finite <= FAR * np.median(finite)] if finite.size else finite
    slack = SYMMETRY_SLACK * float(usual.max(initial=0.0))
    return all(
        np.allclose(score[rows], score[:, rows].T, rtol=0.0, atol=slack, equal_nan=True) for rows in _some_rows(score)
    )


def is_upper_half(score: Matrix) -> bool:
    """Tell whether a square matrix holds scores above its diagonal, and one value, or none, below."""
    one: Matrix = np.empty(0)
    for rows in _some_rows(score):
        part = score[rows, : rows.stop]
        below = part[np.tri(part.shape[0], part.shape[1], rows.start - 1, dtype=np.bool_)]
        known = below[~np.isnan(below)]
        one = one if one.size else known[:1]
        if (known != one).any():
            return False
    return bool(score.shape[0] > FEWEST_ROWS)


def _some_rows(score: Matrix) -> Iterator[slice]:
    step = max(1, _AT_ONCE // max(score.shape[1], 1))
    for start in range(0, score.shape[0], step):
        yield slice(start, min(start + step, score.shape[0]))


def _note_constant_lines(score: Matrix, kept: Flags | None, reading: Reading) -> None:
    """Say how many rows or columns hold one score throughout: a failure, perhaps, that was coded as a score."""
    low, high = ([np.full(n, end) for n in score.shape] for end in (np.inf, -np.inf))
    often = [np.zeros(n, np.int64) for n in score.shape]
    for rows in _some_rows(score):
        part = score[rows]
        valid = ~np.isnan(part) if kept is None else kept[rows] & ~np.isnan(part)
        least, most = np.where(valid, part, np.inf), np.where(valid, part, -np.inf)
        low[0][rows], high[0][rows], often[0][rows] = least.min(1), most.max(1), np.count_nonzero(valid, 1)
        np.minimum(low[1], least.min(0), out=low[1])
        np.maximum(high[1], most.max(0), out=high[1])
        often[1] += np.count_nonzero(valid, 0)
    for axis, name in enumerate(("row", "column")):
        lines = (often[axis] > 1) & (low[axis] == high[axis])
        if lines.any():
            values = np.unique(low[axis][lines])
            # As it stands in the file: somebody may look for it there.
            what = f"{values[0]:g}" if values.size == 1 else say("reading.constant.one_each")
            reading.note(say(f"reading.constant.{name}", n=int(lines.sum()), of=lines.size, what=what))


def _by_rows(
    score: Matrix,
    row: Integers,
    column: Integers,
    content: FileContent,
    reading: Reading,
    distance: bool,
    named_by_table: bool,
) -> ScoreMatrix:
    """Do what `flatten` and `assemble` do, without a copy of the scores."""
    problems, options = content.problems, reading.options
    _note_constant_lines(score, None, reading)
    half, distance = _note_half(score, None, row, column, reading), is_distance(distance, options)
    ends = _ends(score, half, distance)
    failed, notes = decide_sentinels(ends, options, distance, problems)
    problems.raise_if_any()
    reading.assumed += notes
    with np.errstate(over="ignore"):
        whole = all(np.isfinite(np.float32(end.value)) for end in ends if end.value not in failed)
    if not whole:
        for part in _values(score, half):
            check_finite(np.where(np.isin(part, failed), np.nan, part), problems, lined=False)
            problems.raise_if_any()
    note_direction(distance, reading)
    some = score[:: 1 + score.size // _FOR_SCALE].astype(np.float64)
    scale = note_scale(np.sort(some[np.isfinite(some)]), reading)
    plain = not failed and scale == AS_READ and not distance
    matrix = ScoreMatrix(
        score,
        row.astype(np.int32),
        column.astype(np.int32),
        People(reading.pseudonyms.count),
        half,
        None if plain else partial(_similarities, failed=failed, scale=scale, distance=distance),
    )
    tried = np.zeros(4, np.int64)
    for block in matrix.blocks():
        own = np.count_nonzero(block.mated)
        tried += np.array([own, block.mated.size - own, block.failed_mated, block.failed_non_mated])
    counts = ComparisonCounts(*tried.tolist())
    if matrix.people.count == 1:
        problems.add("all comparisons are of one subject", "give comparisons of several subjects")
    else:
        check_tried(counts, problems)
    if ends and ends[0].value == ends[-1].value:
        check_varied(ends[0].value, ends[0].value, problems)
    problems.raise_if_any()
    note_failures(counts, reading, "NaN")
    _note_turned(matrix, distance, content, reading)
    reading.note(say("reading.matrix.pieces", x=sum(counts)))
    if options.groups or (options.subjects and not named_by_table):
        matrix = replace(matrix, people=people_of_table(matrix.probe, matrix.reference, problems, reading))
    return matrix


def _values(score: Matrix, half: bool) -> Iterator[npt.NDArray[Any]]:
    """Yield the scores that count, some rows at a time."""
    for rows in _some_rows(score):
        part = score[rows, rows.start if half else 0 :]
        yield part[~np.tri(*part.shape, dtype=np.bool_)] if half else part.ravel()


def _ends(score: Matrix, half: bool, distance: bool) -> list[End]:
    """Return the lowest and the highest score, as `misid.evaluation.reading.sentinels.ends_of` does."""
    low, high, total = np.inf, -np.inf, 0
    for part in _values(score, half):
        known = part[~np.isnan(part)]
        low, high = min(low, float(known.min(initial=np.inf))), max(high, float(known.max(initial=-np.inf)))
        total += known.size
    if not total:
        return []
    times, inside = np.zeros(2, np.int64), {high: [np.inf, -np.inf], low: [np.inf, -np.inf]}
    for part in _values(score, half):
        for at, end in enumerate((low, high)):
            times[at] += np.count_nonzero(part == end)
            rest = part[~((part == end) | np.isnan(part))]
            least, most = inside[end]
            inside[end] = [min(least, float(rest.min(initial=np.inf))), max(most, float(rest.max(initial=-np.inf)))]
    found = []
    for end, often in zip((low, high), times.tolist(), strict=True):
        least, most = inside[end]
        near = (most if end == high else least) if low < high else end
        others = most - least if low < high else 0.0
        found.append(End(end, often, near, others, often / total, (end == high) != distance))
    return found


def _similarities(part: Matrix, *, failed: tuple[float, ...], scale: ScoreScale, distance: bool) -> Scores:
    score: Any = np.where(np.isin(part, failed), np.nan, part) if failed else part
    if scale != AS_READ:
        score = scale.apply(score.astype(np.float64))
    return np.asarray(0.0 - score if distance else score, np.float32)


def _note_turned(matrix: ScoreMatrix, distance: bool, content: FileContent, reading: Reading) -> None:
    """Ask whether scores, or numberings, are meant as they stand, where some rows look as if they were not."""
    rows = np.arange(0, matrix.probe.size, 1 + matrix.score.size // _FEW)
    score, own = matrix.rows(rows), matrix.probe[rows, None] == matrix.reference
    there = ~np.isnan(score)
    if matrix.half:
        there[np.arange(rows.size), rows] = False
    mated, other = Side(score[there & own]), Side(score[there & ~own])
    if mated.score.size and other.score.size:
        pairs, held = Comparisons(mated, other, matrix.people), np.sort(score[there])
        area = note_turned(pairs, held, distance, reading, content.problems)
        ask_about_numberings(pairs, area, reading, content.problems)
