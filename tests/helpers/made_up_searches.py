"""Searches of galleries whose law is known: the same for every test that needs the truth."""

from __future__ import annotations

import numpy as np

from misid.evaluation import People, Searches


def score_at(exceedance: np.ndarray, shape: float) -> np.ndarray:
    """Score that a share of non-mated comparisons reaches: a generalised Pareto law of scale 1."""
    return -np.log(exceedance) if shape == 0 else np.expm1(-shape * np.log(exceedance)) / shape


def share_at(score: float, shape: float) -> float:
    """Share of non-mated comparisons at or above a score."""
    if shape == 0:
        return float(np.exp(-score))
    return float(max(1 + shape * score, 0.0) ** (-1 / shape))


def made_up(
    seed: int, *, searches: int = 2000, n: int = 4096, k: float = np.inf, shape: float = 0.0, depth: int = 64
) -> Searches:
    """Return non-mated searches of probes whose propensity has a gamma law, each by a subject of its own.

    The candidates of a search are a Poisson process: the j-th best has the exceedance ``(E_1 + ... + E_j) / (N L)``.
    """
    rng = np.random.default_rng(seed)
    propensity = np.ones(searches) if np.isinf(k) else rng.gamma(k, 1 / k, searches)
    arrivals = np.cumsum(rng.exponential(size=(searches, depth)), axis=1)
    reached = np.minimum(arrivals / np.maximum(n * propensity, 1e-12)[:, None], 1.0)
    scores = np.where(reached < 1, score_at(reached, shape), -np.inf).astype(np.float32)
    nobody = np.zeros(searches, dtype=bool)
    return Searches(
        probe=np.arange(searches, dtype=np.int32),
        mated=nobody,
        failed=nobody.copy(),
        mate=np.full(searches, -np.inf, dtype=np.float32),
        rank=np.zeros(searches, dtype=np.int32),
        rank_favoured=np.zeros(searches, dtype=np.int32),
        others=scores,
        n_references=n,
        n_enrolled=n,
        depth=n,
        people=People(searches + n),
    )
