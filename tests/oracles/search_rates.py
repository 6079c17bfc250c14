"""Rates of searches as plain numbers, at a threshold and a rank."""

from __future__ import annotations

import numpy as np

from misid.evaluation import Searches
from misid.evaluation.searches.counts import false_positives, misses, returned_candidates, wrong_on_top


def fpir(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return FPIR(N, T)."""
    return false_positives(searches, threshold, failures=failures).rate


def fnir(searches: Searches, threshold: float = -np.inf, rank: int | None = None, *, failures: bool = True) -> float:
    """Return FNIR(N, R, T)."""
    return misses(searches, threshold, rank, failures=failures).rate


def dir_at(searches: Searches, threshold: float = -np.inf, rank: int = 1, *, failures: bool = True) -> float:
    """Return the detection and identification rate, ``1 - FNIR(N, R, T)``."""
    return 1.0 - misses(searches, threshold, rank, failures=failures).rate


def misid(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return MISID(T)."""
    return wrong_on_top(searches, threshold, failures=failures).rate


def selectivity(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return the mean number of candidates per non-mated search."""
    return returned_candidates(searches, threshold, failures=failures).rate
