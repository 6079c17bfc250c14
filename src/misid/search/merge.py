"""Strangers and finite lists in one candidate list: the own record, duplicates, twins and kin have scores of their own.

The strangers above any score are a Poisson process whatever N is; everybody else who could be found is named in a
finite list and drawn apart.  Which list the best candidate stands in is all that the twin asks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.search.contract import NONE, Labels, Scores


def best_of(*columns: npt.ArrayLike) -> tuple[Scores, Labels]:
    """Return the best score of several lists and the list it stands in.

    Parameters
    ----------
    *columns : array_like, shape (n,)
        Best score of each list for each probe, decades; ``-inf`` where the list is empty.  At least one list.

    Returns
    -------
    score : ndarray of float32, shape (n,)
        The best score.
    which : ndarray of int8, shape (n,)
        Place of its list among ``columns``; among equal scores the first list named wins.  -1 where all are empty.

    Raises
    ------
    OutOfRange
        Where there is no list, or a score is NaN.

    Notes
    -----
    Scores are compared as float32, so that a tie at rest is a tie.
    """
    if not columns:
        raise OutOfRange("columns", (), "at least one list of scores")
    lists = np.broadcast_arrays(*(np.atleast_1d(np.asarray(column, np.float32)) for column in columns))
    score = np.full(lists[0].shape, -np.inf, np.float32)
    which = np.full(score.shape, NONE)
    for place, column in enumerate(lists):
        if np.isnan(column).any():
            raise OutOfRange(f"scores of list {place}", float("nan"), "numbers or -inf")
        better = column > score
        np.copyto(score, column, where=better)
        which[better] = place
    return score, which
