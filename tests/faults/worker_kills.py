"""Kills workers at random moments while everyone is compared with everyone: every count is that of an undisturbed run.

``make kills`` calls it for the local executor, ``make cluster`` for Dask.
"""

from __future__ import annotations

import argparse
import os
import random
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from helpers.killing import kill_one
from misid.search import all_pairs
from misid.search.all_pairs import AllPairs, PairList, in_processes
from misid.storage import executor

WORKERS = 2
EACH = 4  # kills of one run, at most
BLOCK = 256  # rows of a task: eighty tasks or so


def counted(rows: int, run: all_pairs.Run | None = None) -> AllPairs:
    luck = np.random.default_rng(1)
    subject = np.arange(rows) // 2
    vectors = luck.standard_normal((rows, 64)) + 2 * luck.standard_normal((rows // 2, 64))[subject]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    every = np.arange(rows)
    return all_pairs.compare_all(vectors, "cosine", subject, every, every, k=5, run=run, kernel="numpy", sample=512)


def same(one: object, other: object) -> bool:
    """Whether all that two results hold is the same to the last bit; lists of pairs are in any order."""
    if isinstance(one, PairList) and isinstance(other, PairList):
        one, other = (tuple(np.stack(pairs)[:, np.lexsort(pairs)]) for pairs in (one, other))
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    parts = getattr(one, "__dataclass_fields__", None)
    return all(same(getattr(one, name), getattr(other, name)) for name in parts) if parts else one == other


def disturbed(kind: str, rows: int, luck: random.Random, most: int) -> tuple[AllPairs, int]:
    """Run once while workers are killed, and return what came of it and how many were."""
    killed: list[bool] = []

    def run(task: Callable[[int], object], numbers: Sequence[int], on_done: Callable[[int, object], None]) -> None:
        moments = set(luck.sample(range(len(numbers)), most))
        timers = []

        def note(number: int, found: object) -> None:
            on_done(number, found)
            moment = len(numbers) - len(left)
            left.pop()
            if moment in moments:
                timers.append(threading.Thread(target=lambda: killed.append(kill_one(luck, os.getpid(), within=0.2))))
                timers[-1].start()

        left = list(numbers)
        in_processes(executor(kind), WORKERS)(task, numbers, note)
        for timer in timers:
            timer.join()

    return counted(rows, run), sum(killed)


def tries(kind: str, moments: int, seed: int, rows: int = 3_000) -> tuple[int, int, int]:
    """Return how many runs there were, how many workers were killed, and how many runs counted otherwise."""
    all_pairs.BLOCK, before = BLOCK, all_pairs.BLOCK
    try:
        luck = random.Random(seed)
        undisturbed = counted(rows)
        runs = killed = wrong = 0
        while killed < moments:
            found, more = disturbed(kind, rows, luck, min(EACH, moments - killed))
            runs, killed, wrong = runs + 1, killed + more, wrong + (not same(undisturbed, found))
        return runs, killed, wrong
    finally:
        all_pairs.BLOCK = before


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executor", default="local")
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    runs, killed, wrong = tries(given.executor, given.moments, given.seed)
    print(
        f"{given.executor}: {killed} workers killed in {runs} runs, {wrong} of which counted otherwise than an "
        f"undisturbed one; {time.monotonic() - began:.0f} s"
    )
    raise SystemExit(wrong > 0)
