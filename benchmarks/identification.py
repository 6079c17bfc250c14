"""Speed of searches beside plain NumPy on the same data in the same run; only the ratios count.

``python benchmarks/identification.py [matrix] [whole] [pairs] [tiles]``: figures from a matrix of 2,000 x 5,000, with
intervals and without; all figures of an evaluation of these searches; searches out of single comparisons; templates in
tiles beside the bare product of the tiles.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation import (
    FPIR_TARGETS,
    Comparisons,
    EvaluationOptions,
    People,
    ScoreMatrix,
    Searches,
    Side,
    Terms,
    search_rates,
    searches_from_comparisons,
    searches_from_matrix,
)
from misid.evaluation.searches import counts
from misid.evaluation.searches.intervals import event_rate, event_rates, resampled_thresholds
from misid.quantities import Conditions, Interval
from misid.search import Tiles

ROUNDS = 9
GOAL = 1.2  # times plain NumPy, for 24 figures with their intervals
PROBES, ENROLLED, THRESHOLD, RANKS = 2_000, 5_000, 0.28, 20
ROWS, DIMENSIONS, TILE = 8_000, 512, 2_048
Matrix = npt.NDArray[np.floating]
Codes = npt.NDArray[np.int32]


class Taken(NamedTuple):
    """Seconds a job takes, in the middle of all rounds."""

    processor: float
    wall: float


def in_turn(jobs: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, Taken]:
    """Return the median seconds of each job; all take turns, so that a slower minute slows all of them."""
    taken: dict[str, list[Taken]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            start, began = time.thread_time(), time.perf_counter()
            job()
            if turn:
                taken[name].append(Taken(time.thread_time() - start, time.perf_counter() - began))
    return {name: Taken(*map(statistics.median, zip(*rows, strict=True))) for name, rows in taken.items()}


def table(title: str, taken: dict[str, Taken], base: str) -> dict[str, float]:
    """Print times and ratios to a base, and return the ratios of processor time."""
    print(f"\n{title:<62} processor      ratio         wall      ratio")
    for name, seconds in taken.items():
        columns = (f"{t * 1e3:8.1f} ms {t / to:10.2f}" for t, to in zip(seconds, taken[base], strict=True))
        print(f"  {name:<58} {'  '.join(columns)}")
    return {name: seconds.processor / taken[base].processor for name, seconds in taken.items()}


def matrix_of(kind: type, enrolled: int = ENROLLED) -> tuple[Matrix, Codes, Codes, People]:
    """Half of the probes are of people who are enrolled, as in the measurements of other tools."""
    rng = np.random.default_rng(5)
    score = rng.normal(0, 0.07, (PROBES, enrolled))
    half = PROBES // 2
    probe = np.concatenate([rng.integers(0, enrolled, half), enrolled + np.arange(PROBES - half)]).astype(np.int32)
    score[np.arange(half), probe[:half]] = rng.normal(0.35, 0.10, half)
    return score.astype(kind), probe, np.arange(enrolled, dtype=np.int32), People(enrolled + PROBES)


def plain(score: Matrix, probe: Codes) -> dict[str, float]:
    """What plain NumPy needs for CMC, FNIR and FPIR, and no more than that."""
    half = PROBES // 2
    own = score[np.arange(half), probe[:half]]
    rank = (score[:half] >= own[:, None]).sum(1)
    cmc = [(rank <= r).mean() for r in range(1, RANKS + 1)]
    return {
        "rank 1": float(cmc[0]),
        "rank 20": float(cmc[-1]),
        "FNIR": float(((own < THRESHOLD) | (rank > 1)).mean()),
        "FPIR": float((score[half:].max(1) >= THRESHOLD).mean()),
    }


def ours(found: Searches) -> dict[str, float]:
    """Return the same figures by our functions."""
    cmc = counts.cmc(found, RANKS)
    return {
        "rank 1": float(cmc[0]),
        "rank 20": float(cmc[-1]),
        "FNIR": counts.misses(found, THRESHOLD, 1).rate,
        "FPIR": counts.false_positives(found, THRESHOLD).rate,
    }


def alike(score: Matrix, probe: Codes, found: Searches) -> None:
    """Print the figures of both, and stop if they differ."""
    one, other = plain(score, probe), ours(found)
    print("  " + ", ".join(f"{name} {value:.3f}" for name, value in other.items()))
    if any(abs(one[name] - other[name]) > 1e-12 for name in one):
        sys.exit(f"the figures of plain NumPy differ: {one}")


def comparisons_of(score: Matrix, probe: Codes, reference: Codes, people: People) -> Comparisons:
    """Return the scores of a matrix as single comparisons."""
    search = np.repeat(np.arange(PROBES, dtype=np.int32), ENROLLED)
    who, whom, flat = np.repeat(probe, ENROLLED), np.tile(reference, PROBES), np.asarray(score, np.float32).ravel()
    own = who == whom
    mated, other = (Side(flat[of], who[of], whom[of], search[of]) for of in (own, ~own))
    return Comparisons(mated, other, people)


def with_intervals(found: Searches) -> list[Interval]:
    """Return ranks 1 to 20, FNIR, FNIR at rank 1, MISID and FPIR, each with its interval over probe people."""
    terms = Terms(Conditions(), found.people.count, 0.95, 1)
    ranks = counts.misses(found, rank=np.arange(1, RANKS + 1)[:, None])
    others = counts.misses(found, THRESHOLD), counts.misses(found, THRESHOLD, 1), counts.wrong_on_top(found, THRESHOLD)
    rows = np.concatenate([1 - ranks.number, [one.number for one in others]])
    return [
        *event_rates(ranks._replace(number=rows), terms),
        event_rate(counts.false_positives(found, THRESHOLD), terms),
    ]


def matrix() -> dict[str, float]:
    """Figures out of a matrix, read once."""
    return _matrix(np.float32) | _matrix(np.float64)


def _matrix(kind: type) -> dict[str, float]:
    score, probe, reference, people = matrix_of(kind)
    given = ScoreMatrix(score, probe, reference, people)

    def found(depth: int) -> Searches:
        searches, words = searches_from_matrix(given, depth)
        assert searches is not None, words
        return searches

    ready, base, goal = found(1), "plain NumPy: CMC to 20, FNIR, FPIR", "24 figures with intervals, from the matrix"
    jobs: dict[str, Callable[[], object]] = {
        base: lambda: plain(score, probe),
        "floor: np.max over all scores": lambda: score.max(axis=1),
        "searches (best score of others), the same figures": lambda: ours(found(1)),
        goal: lambda: with_intervals(found(1)),
        "24 intervals alone": lambda: with_intervals(ready),
        "searches (best 50 of others), the same figures": lambda: ours(found(50)),
    }
    name = np.dtype(kind).name
    ratios = table(f"{PROBES:,} x {ENROLLED:,} matrix, {name}", in_turn(jobs, 3 * ROUNDS), base)
    alike(score, probe, ready)
    print(f"  goal {GOAL}: {'reached' if ratios[goal] <= GOAL else 'missed'}")
    return {f"{name}: {job}": ratio for job, ratio in ratios.items()}


def whole() -> dict[str, float]:
    """All figures of an evaluation, of which the threshold of an FPIR takes most: people are resampled for it."""
    score, probe, reference, people = matrix_of(np.float32)
    found, _ = searches_from_comparisons(comparisons_of(score, probe, reference, people))
    assert found is not None
    best, ways = counts.best_non_mated(found), [counts.mate_scores(found), counts.mate_scores(found, 1)]
    terms = Terms(Conditions(n_references=ENROLLED), people.count, 0.95, 1)

    def figures(of: Searches) -> object:
        return search_rates(of, EvaluationOptions(thresholds=(THRESHOLD,)))

    jobs: dict[str, Callable[[], object]] = {
        "plain NumPy: CMC to 20, FNIR, FPIR": lambda: plain(score, probe),
        "thresholds of three FPIR set again in 2,000 resamples": lambda: resampled_thresholds(
            best, ways, FPIR_TARGETS, terms
        ),
        "all figures with intervals over probe people": lambda: figures(replace(found, hits=None)),
        "all figures with intervals over both sides": lambda: figures(found),
    }
    return table("all figures, from searches that are ready", in_turn(jobs, 3), next(iter(jobs)))


def pairs() -> dict[str, float]:
    """Figures out of the same scores as single comparisons."""
    score, probe, reference, people = matrix_of(np.float32)
    given = comparisons_of(score, probe, reference, people)
    found, _ = searches_from_comparisons(given)
    assert found is not None
    jobs: dict[str, Callable[[], object]] = {
        "plain NumPy on the matrix": lambda: plain(score, probe),
        "searches put together from 10,000,000 comparisons": lambda: searches_from_comparisons(given),
    }
    ratios = table("single comparisons", in_turn(jobs, 5), next(iter(jobs)))
    alike(score, probe, found)
    return ratios


def tiles() -> dict[str, float]:
    """Templates compared, beside the same products with the scores thrown away."""
    rng = np.random.default_rng(11)
    subject = np.repeat(np.arange(ROWS // 4, dtype=np.int32), 4)
    v = rng.standard_normal((ROWS // 4, DIMENSIONS), dtype=np.float32)[subject]
    v += 1.1 * rng.standard_normal(v.shape, dtype=np.float32)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    rows = np.arange(ROWS)
    room = {kind: np.empty((TILE, TILE), kind) for kind in (np.float32, np.float64)}
    wide = v.astype(np.float64)

    def product(x: Matrix, out: Matrix) -> None:
        for i in range(0, ROWS, TILE):
            for j in range(0, ROWS, TILE):
                a, b = x[i : i + TILE], x[j : j + TILE]
                np.matmul(a, b.T, out=out[: a.shape[0], : b.shape[0]])

    ready = {exact: Tiles(v, "cosine", subject, rows, rows, (TILE, TILE), exact=exact) for exact in (False, True)}
    jobs: dict[str, Callable[[], object]] = {
        "product of the tiles, float32": lambda: product(v, room[np.float32]),
        "product of the tiles, float64": lambda: product(wide, room[np.float64]),
        "searches: mate, rank, best 50 of others, float32": lambda: ready[False].searches(50),
        "searches: mate, rank, best 50 of others, float64": lambda: ready[True].searches(50),
        "pairs as a stream (half the square), float64": lambda: [piece.score.size for piece in ready[True].pairs()],
        "hits by pairs of subjects at 8 thresholds, float64": lambda: ready[True].hits(
            np.linspace(0.15, 0.3, 8).tolist()
        ),
    }
    ratios = table(f"{ROWS:,} x {ROWS:,} templates of {DIMENSIONS}, one thread", in_turn(jobs, 3), next(iter(jobs)))
    one, two = (f"searches: mate, rank, best 50 of others, {kind}" for kind in ("float32", "float64"))
    print(
        f"  beside the product of their own kind: {ratios[one]:.2f} and "
        f"{ratios[two] / ratios['product of the tiles, float64']:.2f}"
    )
    return ratios


SECTIONS = {"matrix": matrix, "whole": whole, "pairs": pairs, "tiles": tiles}


def main() -> None:
    """Print the sections that were asked for."""
    print(f"{platform.processor() or platform.machine()}, numpy {np.__version__}, one BLAS thread")
    print(f"other work on the machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(json.dumps({name: SECTIONS[name]() for name in sys.argv[1:] or SECTIONS}, sort_keys=True))


if __name__ == "__main__":
    main()
