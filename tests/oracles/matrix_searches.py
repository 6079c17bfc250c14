"""Searches out of a matrix in memory, in the order of its rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.evaluation import People, ScoreMatrix, Searches, searches_from_matrix

Codes = npt.NDArray[np.int32]


def matrix_searches(
    score: npt.NDArray[np.floating], probe: Codes, reference: Codes, people: People, depth: int = 50
) -> Searches:
    """Return the searches; there must be some."""
    found, words = searches_from_matrix(ScoreMatrix(score, probe, reference, people), depth)
    assert found is not None, words
    return found
