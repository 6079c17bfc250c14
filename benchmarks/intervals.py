"""Times of intervals over people on this machine: 2,000 replicates of 10,000 people.  Run it as a script.

Seconds are of one thread's processor time, so that other work on the machine counts for little; sums that BLAS would
share out among threads stay in one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from misid.statistics import CrossCounts, PairCounts, rate_interval, resampled_rates

RUNS = 3
PEOPLE, REPLICATES = 10_000, 2_000
GOAL_S = 10.0


def pairs(number: int, seed: int, most: int) -> PairCounts:
    """Distinct pairs of two people, with small counts."""
    rng = np.random.default_rng(seed)
    keys = np.unique(rng.integers(0, PEOPLE * PEOPLE, number))
    first, second = np.divmod(keys, PEOPLE)
    apart = first != second
    count = rng.integers(1, most + 1, int(apart.sum()))
    return PairCounts(first[apart].astype(np.int32), second[apart].astype(np.int32), count, PEOPLE)


def seconds(job: Callable[[], object]) -> list[float]:
    """Return processor seconds of several runs."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
    return taken


def main() -> None:
    """Print medians and the largest memory."""
    side = np.full(PEOPLE, 5, np.int64)
    events, trials = pairs(100_000, 1, 2), pairs(1_000_000, 2, 25)
    some = np.arange(trials.count.size) % 20 == 0
    kept = trials.rows(some)
    sparse_events = PairCounts(kept.first, kept.second, np.minimum(kept.count, 2), PEOPLE)
    jobs: dict[str, Callable[[], object]] = {
        "replicates, 1e5 events, full cross comparison": lambda: resampled_rates(
            [(events, CrossCounts(side, side))], seed=1, replicates=REPLICATES
        ),
        "replicates, 5e4 events, 1e6 pairs with trials": lambda: resampled_rates(
            [(sparse_events, trials)], seed=1, replicates=REPLICATES
        ),
        "interval, 1e5 events, full cross comparison": lambda: rate_interval(events, CrossCounts(side, side)),
        "interval, 5e4 events, 1e6 pairs with trials": lambda: rate_interval(sparse_events, trials),
    }
    rows = {}
    for name, job in jobs.items():
        taken = seconds(job)
        rows[name] = statistics.median(taken)
        print(f"{name:<50} {rows[name]:7.3f} s  ({min(taken):.3f} to {max(taken):.3f}, {RUNS} runs)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'goal for 2,000 replicates of 10,000 people':<50} {GOAL_S:7.3f} s; largest memory {peak:.0f} MB")
    print(json.dumps({"median_s": rows, "peak_mb": peak}, sort_keys=True))


if __name__ == "__main__":
    main()
