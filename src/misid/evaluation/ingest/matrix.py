"""A matrix of scores, rows against columns: what is odd in it, and each pair once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Flags
from misid.evaluation.ingest.assemble import Notes, Raw
from misid.evaluation.ingest.faults import number

Matrix = npt.NDArray[np.floating]


def flatten(
    score: Matrix,
    mated: Flags,
    kept: Flags,
    row: npt.NDArray[np.integer],
    column: npt.NDArray[np.integer],
    subjects: int,
    notes: Notes,
) -> Raw:
    """Return the comparisons of a matrix; each row is a search.

    Parameters
    ----------
    score : ndarray of float, shape (rows, columns)
        Scores, NaN for a failure.
    mated, kept : ndarray of bool, shape (rows, columns)
        Whether a cell is of one subject, and whether it is a comparison at all.
    row, column : ndarray of int
        Subject of each row (probe) and of each column (reference).
    subjects : int
        Subjects on either side.
    notes : Notes
        Takes sentences.

    Returns
    -------
    Raw
        Comparisons, row by row.  A matrix of samples against themselves gives every pair once, no sample with itself,
        and no searches: half a row is no gallery.
    """
    _constant_lines(score, kept, notes)
    square = score.shape[0] == score.shape[1] and np.array_equal(row, column)
    itself = square and np.array_equal(score, score.T, equal_nan=True) and np.array_equal(kept, kept.T)
    if itself:
        kept = np.triu(kept, 1)
        notes.say(
            "The matrix is symmetric, so its rows and columns are taken for the same samples: every pair counts once, "
            "no sample is compared with itself, and there are no 1:N figures."
        )
    probe, reference = np.nonzero(kept)
    return Raw(
        score[kept].astype(np.float64),
        mated[kept],
        row[probe],
        column[reference],
        None if itself else probe,
        subjects,
    )


def _constant_lines(score: Matrix, kept: Flags, notes: Notes) -> None:
    """Say how many rows or columns hold one score throughout: a failure, perhaps, that was coded as a score."""
    valid = kept & ~np.isnan(score)
    low, high = np.where(valid, score, np.inf), np.where(valid, score, -np.inf)
    for axis, name in ((1, "row"), (0, "column")):
        lines = (valid.sum(axis) > 1) & (low.min(axis) == high.max(axis))
        if lines.any():
            values = np.unique(low.min(axis)[lines])
            what = f"{values[0]:g}" if values.size == 1 else "one score each"
            count = int(lines.sum())
            notes.say(
                f"{number(count, name)} of {lines.size:,} hold{'s' if count == 1 else ''} {what} throughout: a failure "
                "that was written as a score? Kept as scores; write NaN to have failures counted."
            )
