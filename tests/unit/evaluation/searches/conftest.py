"""Searches made by hand and at random, and their rates counted one search at a time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from misid.evaluation import Comparisons, People, Side


def comparisons(searches, subjects=None, **failed):
    """Comparisons out of ``(probe subject, [(reference subject, score), ...])``, one entry for each probe sample."""
    rows = [(i, p, r, s) for i, (p, compared) in enumerate(searches) for r, s in compared]
    table = np.array(rows, np.float64).reshape(-1, 4)
    search, probe, reference = (table[:, column].astype(np.int32) for column in range(3))
    score = table[:, 3].astype(np.float32)
    own = probe == reference
    sides = [Side(score[of], probe[of], reference[of], search[of]) for of in (own, ~own)]
    count = subjects or 1 + int(max(probe.max(initial=0), reference.max(initial=0)))
    return Comparisons(*sides, people=People(count))


def naive(matrix, probe, reference, threshold, rank):
    """FPIR, FNIR, rank-R rate, MISID and selectivity of a matrix, one search at a time."""
    hits, wrong, missed, found, many = [], [], [], [], []
    for row, p in zip(matrix, probe, strict=True):
        own, other = row[reference == p], row[reference != p]
        if not own.size:
            hits.append(bool((other >= threshold).any()))
            many.append(int((other >= threshold).sum()))
            continue
        place = 1 + int((other >= own.max()).sum())
        found.append(place <= rank)
        missed.append(not (place <= rank and own.max() >= threshold))
        wrong.append(bool(place > 1 and other.max() >= threshold))
    return SimpleNamespace(
        fpir=np.mean(hits), fnir=np.mean(missed), found=np.mean(found), misid=np.mean(wrong), selectivity=np.mean(many)
    )


def world(seed=1, probes=300, references=90, enrolled=60, people=120, ties=False):
    """A matrix with one or two references a person, half of the probes of people who are not enrolled."""
    rng = np.random.default_rng(seed)
    reference = np.concatenate([np.arange(enrolled), rng.integers(0, enrolled, references - enrolled)]).astype(np.int32)
    probe = rng.integers(0, people, probes).astype(np.int32)
    score = rng.normal(0, 1, (probes, references)) + (probe[:, None] == reference) * 3.0
    score = np.round(score, 1) if ties else score
    return score.astype(np.float32), probe, reference, People(people)


@pytest.fixture
def make():
    return SimpleNamespace(comparisons=comparisons, naive=naive, world=world)
