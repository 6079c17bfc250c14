"""All comparisons of one tile, counted: what a kernel is asked, what it answers, and the plainest kernel.

A score is a whole number here: so many steps of a grid, rounded down.  Counts are then whole numbers that add up to
the same in any order and on any machine, and each is exact of the scores so rounded.  A kernel answers with counts and
with scores: never with which reference a score belongs to, but with whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int16]
Scores = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.floating]
Whole = npt.NDArray[np.int64]

FINEST = 18  # bits after the point of a grid of scores between -1 and 1: steps of 4e-6
COARSE = 4  # bits by which a level is coarser than a code: levels are compared in 16 bits
NEVER = np.int16(2**15 - 1)  # a level that no score reaches


class Grid(NamedTuple):
    """Scores as whole numbers: ``floor(score * 2**bits)``, from ``lowest`` on, in so many cells.

    The first cell is for comparisons that do not count; no score lies in it.
    """

    bits: int
    lowest: int
    cells: int

    @classmethod
    def spanning(cls, low: float, high: float) -> Grid:
        """Return the finest grid whose levels fit 16 bits, for scores from ``low`` to ``high``."""
        bits = FINEST
        while max(-low, high) * 2.0**bits >= 2.0 ** (14 + COARSE) * 1.5:
            bits -= 1
        # No score shares a level with what does not count.
        lowest = (int(np.floor(low * 2.0**bits)) >> COARSE << COARSE) - 1
        return cls(bits, lowest, int(np.floor(high * 2.0**bits)) - lowest + 1)

    @property
    def none(self) -> np.float32:
        """A score in the first cell, for what does not count."""
        return np.float32(self.lowest * 2.0**-self.bits)

    def code(self, score: npt.ArrayLike) -> Codes:
        """Return scores, of float32, as whole numbers; what lies beyond the grid goes to its end."""
        steps = np.floor(np.asarray(score, np.float32) * np.float32(2.0**self.bits))
        return np.asarray(np.clip(steps, self.lowest, self.lowest + self.cells - 1), np.int32)

    def score(self, code: npt.ArrayLike) -> Scores:
        """Return the lowest score of each code."""
        return (np.asarray(code, np.float64) * 2.0**-self.bits).astype(np.float32)

    def reaching(self, threshold: npt.ArrayLike) -> Codes:
        """Return the lowest code whose score reaches each threshold, rounded to float32."""
        steps = np.ceil(np.asarray(threshold, np.float32).astype(np.float64) * 2.0**self.bits)
        return np.asarray(np.clip(steps, self.lowest, self.lowest + self.cells), np.int32)

    def level(self, score: npt.ArrayLike) -> Levels:
        """Return the highest level that is not above each score."""
        return (self.code(score) >> COARSE).astype(np.int16)

    def at_level(self, level: npt.ArrayLike) -> Scores:
        """Return the lowest score of each level."""
        return self.score(np.asarray(level, np.int64) << COARSE)


class TileSide(NamedTuple):
    """Rows, or columns, of a tile: templates that are searched for among those of the other side."""

    subject: Codes  # whose each is, shape (m,)
    listed_from: Levels  # level from which its scores are listed, shape (m,); `NEVER` where none is


class Own(NamedTuple):
    """What does not count: rectangles of a subject with itself, and all but what is right of the diagonal, if so."""

    boxes: Sequence[tuple[int, int, int, int]]  # top, bottom, left, right
    triangle: bool = False


class TileSums(NamedTuple):
    """Counts that a kernel adds to, in place."""

    histogram: Whole  # by code, from the grid's lowest: (cells,); its first cell means nothing
    rows: Whole  # comparisons of each row at or above each level, shape (K, m)
    columns: Whole  # of each column, shape (K, n)


class Listed(NamedTuple):
    """Scores at or above the level from which a row's, or a column's, are listed; in any order."""

    place: Codes  # of the row, or column, in the tile
    subject: Codes  # whose the other template is
    code: Codes


class TileKernel(Protocol):
    """Compares and counts one tile."""

    name: str

    def count(
        self,
        a: Vectors,
        b: Vectors,
        own: Own,
        sides: tuple[TileSide, TileSide],
        levels: Levels,
        into: TileSums,
    ) -> tuple[Listed, Listed]:
        """Compare each row of ``a`` with each of ``b``, add up what was found, and list what is high enough.

        Vectors are float32 for the cosine (dot product), and float64 around a common centre for the distance.
        """

    def best(self, a: Vectors, b: Vectors, own: Own, k: int) -> Scores:
        """Return the k best scores of each row, best first, shape (m, k); the grid's `none` where there are fewer."""


def similarities(a: Vectors, b: Vectors, metric: str, room: Vectors | None = None) -> Scores:
    """Return the scores of a tile, rounded to float32, shape (..., m, n): dot products, or minus the distances.

    ``room`` is written over: of the vectors' type, shape (m, n).
    """
    product = np.matmul(a, np.swapaxes(b, -1, -2), out=room)
    if metric != "cosine":
        product *= -2
        product += np.einsum("...ij,...ij->...i", a, a)[..., :, None]
        product += np.einsum("...ij,...ij->...i", b, b)[..., None, :]
        np.negative(np.sqrt(np.maximum(product, 0, out=product), out=product), out=product)
    return np.asarray(product, np.float32)


def leave_out(score: Scores, own: Own, none: np.float32) -> None:
    """Write ``none`` over what does not count."""
    for top, bottom, left, right in own.boxes:
        score[top:bottom, left:right] = none
    if own.triangle:
        for i, row in enumerate(score):
            row[: i + 1] = none


class ReferenceKernel:
    """The plainest kernel, to hold the others against: products in float64, one loop a row."""

    name = "reference"

    def __init__(self, metric: str, grid: Grid) -> None:
        self._metric, self._grid = metric, grid

    def count(
        self, a: Vectors, b: Vectors, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        rows, columns = sides
        score = self._scores(a, b, own)
        code = self._grid.code(score)
        counts = score > self._grid.none
        level = code >> COARSE
        np.add.at(into.histogram, code[counts] - self._grid.lowest, 1)
        for k, one in enumerate(levels):
            reached = counts & (level >= one)
            into.rows[k] += reached.sum(axis=1)
            into.columns[k] += reached.sum(axis=0)
        found = []
        for side, other, turned in ((rows, columns, False), (columns, rows, True)):
            high = counts.T if turned else counts
            high = high & ((level.T if turned else level) >= side.listed_from[:, None])
            high &= (side.listed_from != NEVER)[:, None]
            place, there = np.nonzero(high)
            of = (code.T if turned else code)[place, there]
            found.append(Listed(place.astype(np.int32), other.subject[there], of))
        return found[0], found[1]

    def best(self, a: Vectors, b: Vectors, own: Own, k: int) -> Scores:
        """As `TileKernel.best`."""
        score = self._scores(a, b, own)
        out = np.full((score.shape[0], k), self._grid.none, np.float32)
        kept = -np.sort(-score, axis=1)[:, :k]
        out[:, : kept.shape[1]] = kept
        return out

    def _scores(self, a: Vectors, b: Vectors, own: Own) -> Scores:
        score = similarities(a.astype(np.float64), b.astype(np.float64), self._metric)
        leave_out(score, own, self._grid.none)
        return score
