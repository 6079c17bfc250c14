"""Comparisons whose mated curve is known: scores are decades of non-mated exceedance."""

from __future__ import annotations

import numpy as np

from misid.evaluation import Comparisons, People, Searches, Side


def made_up_pairs(
    seed: int, *, people: int = 400, n: int = 200, floor: float = 0.02, slope: float = 0.5, location: float = 5.0
) -> tuple[Comparisons, Searches]:
    """Return every probe against every reference; one probe each, the first ``n`` people enrolled."""
    rng = np.random.default_rng(seed)
    scores = -np.log10(rng.random((people, n)))
    lost = rng.random(n) < floor
    mates = np.where(lost, -np.log10(rng.random(n)), rng.normal(location, 1 / slope, n)).astype(np.float32)
    who, of = np.arange(people, dtype=np.int32), np.arange(n, dtype=np.int32)
    strangers = who[:, None] != of[None, :]
    probe, reference = np.nonzero(strangers)
    everybody = People(people)
    pairs = Comparisons(
        Side(mates, of, of),
        Side(scores[strangers].astype(np.float32), probe.astype(np.int32), reference.astype(np.int32)),
        everybody,
    )
    ranked = -np.sort(-np.where(strangers, scores, -np.inf), axis=1)[:, :20].astype(np.float32)
    enrolled = who < n
    mate = np.full(people, -np.inf, dtype=np.float32)
    mate[:n] = mates
    none = np.zeros(people, dtype=np.int32)
    nobody = np.zeros(people, dtype=bool)
    return pairs, Searches(who, enrolled, nobody, mate, none, none, ranked, n, n, n, everybody)
