"""Speed of an evaluation beside plain NumPy on the same data in the same run; only the ratios count.

Sections are run by name, all of them without one: ``python benchmarks/evaluate.py pairs 1e6 1e7``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from misid.evaluation import Comparisons, ParquetStream, ReadOptions, Side, area, curves, pair_rates, read_files, steps
from misid.evaluation.comparisons import conventions
from misid.evaluation.reading import score_table

ROUNDS = {1_000_000: 15, 10_000_000: 5, 100_000_000: 3}
SIZES = (1_000_000, 10_000_000)
GOAL = 0.8
POINTS = 1_000


def in_turn(
    jobs: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.thread_time
) -> dict[str, list[float]]:
    """Seconds of each job, by default of this thread's processor; all in turn, so that a slower minute slows all."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = clock()
            job()
            taken[name].append(clock() - start)
    return taken


def two_sorts(mated: np.ndarray, non_mated: np.ndarray) -> tuple[float, float, np.ndarray]:
    """What plain NumPy does: sort both, take 1,000 order statistics, find the EER by halving."""
    m, n = np.sort(mated), np.sort(non_mated)
    wishes = np.clip(n.size - np.floor(np.logspace(-8, 0, POINTS) * n.size).astype(np.int64), 0, n.size - 1)
    fnmr = np.searchsorted(m, n[wishes], side="left") / m.size
    low, high = 0, n.size - 1
    while low < high:
        middle = (low + high) // 2
        if np.searchsorted(m, n[middle]) / m.size >= (n.size - middle) / n.size:
            high = middle
        else:
            low = middle + 1
    rate = 0.5 * (np.searchsorted(m, n[low]) / m.size + (n.size - low) / n.size)
    threshold = np.nextafter(n[n.size - 1 - n.size // 10_000], np.inf)
    return float(rate), float(np.searchsorted(m, threshold) / m.size), fnmr


def counted(pairs: Comparisons) -> tuple[float, float, np.ndarray]:
    """What misid does: EER, FNMR at FMR 1e-4 and a DET curve, exact at every point."""
    found = steps(pairs, fmr=("1e-4",))
    lines = curves(found, POINTS, 0)
    return conventions.eer(found)[0], conventions.at_fmr(found, "1e-4").fnmr, found.rates(lines.at)[1]


def pairs(sizes: tuple[int, ...]) -> dict[str, float]:
    """EER, 1,000 points of a DET curve and FNMR at FMR 1e-4 from scores in memory, 1 % of them mated."""
    ratios: dict[str, float] = {}
    for size in sizes:
        rng = np.random.default_rng(7)
        mated, non_mated = rng.normal(0.35, 0.10, size // 100), rng.normal(0.0, 0.07, size - size // 100)
        # misid rounds to float32 as it counts; at rest it holds them so.
        given = Comparisons(Side(mated), Side(non_mated))  # type: ignore[arg-type]
        held = Comparisons(Side(mated.astype(np.float32)), Side(non_mated.astype(np.float32)))
        room = np.empty_like(non_mated)
        jobs: dict[str, Callable[[], object]] = {
            "plain NumPy, two sorts": lambda m=mated, n=non_mated: two_sorts(m, n),  # type: ignore[misc]
            "misid, the same float64": lambda g=given: counted(g),  # type: ignore[misc]
            "misid, float32 as held": lambda h=held: counted(h),  # type: ignore[misc]
            "limit: copy of the float64 scores": lambda r=room, n=non_mated: np.copyto(r, n),  # type: ignore[misc]
        }
        if size <= 10_000_000:
            jobs["misid, area under the curve"] = lambda h=held: area(h, steps(h))  # type: ignore[misc]
        taken = in_turn(jobs, ROUNDS.get(size, 3))
        base = taken["plain NumPy, two sorts"]
        (rate, missed, curve), (plain_rate, plain_missed, _) = counted(given), two_sorts(mated, non_mated)
        print(
            f"\n{size:,} scores, {curve.size} points: EER {rate:.6f} (NumPy {plain_rate:.6f}), "
            f"FNMR at FMR 1e-4 {missed:.5f} ({plain_missed:.5f})"
        )
        for name, seconds in taken.items():
            ratio = statistics.median(a / b for a, b in zip(seconds, base, strict=True))
            aim = (
                f"   goal {GOAL}, {'reached' if ratio <= GOAL else 'missed'}"
                if "float" in name[6:] and "misid" in name
                else ""
            )
            print(f"  {name:<36} {statistics.median(seconds):9.4f} s   {ratio:6.3f}{aim}")
            ratios[f"{name} {size:.0e}"] = ratio
    return ratios


def rates(stream: ParquetStream) -> object:
    """Return all figures of comparisons."""
    return pair_rates(stream, image_kind="", level=0.95)


def streams(sizes: tuple[int, ...]) -> dict[str, float]:
    """All rates with intervals over 20,000 people from Parquet read piece by piece, beside one look at its scores."""
    ratios: dict[str, float] = {}
    score_table.MOST_ROWS = 0
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": "1"}) as con:
            path = Path(folder) / "scores.parquet"
            con.execute(
                "COPY (SELECT p AS probe_subject, r AS reference_subject, ((p = r)::INTEGER * 0.35 + 0.07 * sqrt(-2 * "
                "ln(1 - random())) * cos(2 * pi() * random()) + 0.05 * (hash(p) % 9 + hash(r) % 9) / 9)::FLOAT "
                "AS score FROM (SELECT (hash(range) % 20000)::INTEGER AS p, CASE WHEN hash(range, 3) % 100 = 0 THEN "
                "(hash(range) % 20000)::INTEGER ELSE (hash(range, 5) % 20000)::INTEGER END AS r "
                f"FROM range({size}))) TO '{path}' (FORMAT parquet)"
            )
            stream = read_files([path], ReadOptions()).pairs
            assert isinstance(stream, ParquetStream)
            jobs: dict[str, Callable[[], object]] = {
                "one look at scores": lambda c=con, p=path: c.execute(f"SELECT sum(score) FROM '{p}'").fetchall(),  # type: ignore[misc]
                "misid, rates over people": lambda s=stream: rates(s),  # type: ignore[misc]
                "misid, scores alone": lambda s=stream: rates(s.scores_alone()),  # type: ignore[misc]
            }
            # Of all threads: a file is read by some while another counts.
            taken = in_turn(jobs, 1 if size > 10_000_000 else 3, time.perf_counter)
        base = statistics.median(taken["one look at scores"])
        print(f"\n{size:,} comparisons in Parquet, read piece by piece")
        for name, seconds in taken.items():
            middle = statistics.median(seconds)
            print(f"  {name:<36} {middle:9.4f} s   {middle / base:6.1f}   {size / middle / 1e6:6.2f} M rows a second")
            ratios[f"{name} {size:.0e}"] = middle / base
    return ratios


def main() -> None:
    """Print the tables, and one line of JSON."""
    sections = {"pairs": pairs, "streams": streams}
    asked = [word for word in sys.argv[1:] if word in sections] or list(sections)
    sizes = tuple(int(float(word)) for word in sys.argv[1:] if word not in sections) or SIZES
    print(
        f"numpy {np.__version__}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; median of ratios in turn"
    )
    found = {section: sections[section](sizes) for section in asked}
    print(f"\nlargest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
