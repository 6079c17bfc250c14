"""All pairs by other tools, on the same templates in the same run: ``make bench-peers``.

    python benchmarks/peers.py [--sizes N ...] [--rounds R] [--threads 1 ...] [--only WORD ...]

Other tools live in an environment of their own, ``.venv-peers``, pinned by ``benchmarks/peers.txt``; ours is where this
program is started.  faiss-cpu carries an old BLAS, which takes a slow kernel for a processor that it does not know: it
is measured with and without being told which processor this is, and the better of both counts.  Reading and loading are
never counted.  Which BLAS each tool uses is printed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measuring
import numpy as np
from measuring import Case, Subjects, Vectors

ROUNDS = 3
SIZES = (5_000, 20_000)
PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
BINS, K = 2_000, 50
LARGEST = {"scipy": 5_000, "scikit-learn": 20_000, "score-analysis": 20_000}  # of what keeps or makes everything


def histogram(scores: Any) -> int:
    """Count scores, and return how many there were."""
    return int(np.histogram(scores, bins=BINS, range=(-1.001, 1.001))[0].sum())


def square(v: Vectors, whose: Subjects) -> object:
    """Make the bare product of the whole square, as a search of everyone among everyone needs it."""
    measuring.rectangle(v, v)
    return len(v) ** 2


def faiss_best(v: Vectors, whose: Subjects) -> object:
    """Keep the best of each search, and count nothing."""
    faiss = importlib.import_module("faiss")
    return faiss.knn(v, v, K, metric=faiss.METRIC_INNER_PRODUCT)[0].shape[0]


def faiss_range(v: Vectors, whose: Subjects) -> object:
    """Keep all above a threshold."""
    faiss = importlib.import_module("faiss")
    index = faiss.IndexFlatIP(v.shape[1])
    index.add(v)
    return int(index.range_search(v, 0.2)[0][-1])


def scipy_distances(v: Vectors, whose: Subjects) -> object:
    """Make all distances, row by row of tiles, and count them."""
    spatial = importlib.import_module("scipy.spatial.distance")
    step = measuring.TILE
    return sum(histogram(1 - spatial.cdist(v[i : i + step], v, "cosine")) for i in range(0, len(v), step))


def sklearn_all(v: Vectors, whose: Subjects) -> object:
    """Make all similarities at once, and count them."""
    return histogram(importlib.import_module("sklearn.metrics.pairwise").cosine_similarity(v))


def sklearn_chunks(v: Vectors, whose: Subjects) -> object:
    """Make distances chunk by chunk, and count them."""
    metrics = importlib.import_module("sklearn.metrics")
    chunks = metrics.pairwise_distances_chunked(v, metric="cosine", working_memory=256)
    return sum(histogram(1 - chunk) for chunk in chunks)


def score_analysis(v: Vectors, whose: Subjects, limit: float | None = None) -> object:
    """Return all mated scores, and all others or the highest."""
    embeddings = importlib.import_module("score_analysis.embeddings")
    return len(embeddings.embedding_distances(v, whose, dist="cosine", neg_limit=limit).neg)


def score_analysis_tail(v: Vectors, whose: Subjects) -> object:
    """Return all mated scores, and the highest of all others."""
    return score_analysis(v, whose, 1e-4)


Job = Callable[[Vectors, Subjects], object]
JOBS: dict[str, tuple[str, Job]] = {
    "bare product of the square": ("numpy", square),
    f"faiss knn, best {K}": ("faiss", faiss_best),
    "faiss range_search above 0.2": ("faiss", faiss_range),
    "scipy cdist, histogram": ("scipy.spatial.distance", scipy_distances),
    "scikit-learn cosine_similarity, histogram": ("sklearn.metrics.pairwise", sklearn_all),
    "scikit-learn chunks, histogram": ("sklearn.metrics", sklearn_chunks),
    "score-analysis, every pair": ("score_analysis.embeddings", score_analysis),
    "score-analysis, highest 1e-4": ("score_analysis.embeddings", score_analysis_tail),
}
OURS = ("numba", "numpy")
CORE = " told the processor"


def one(job: str, path: str) -> None:
    """Do a job in the environment of the peers."""
    module, does = JOBS[job]
    importlib.import_module(module)
    info = importlib.import_module("threadpoolctl").threadpool_info()
    v = np.load(path)
    whose = measuring.subjects(len(v))
    does(v[:256], whose[:256])
    libraries = [
        " ".join(str(of.get(key)) for key in ("internal_api", "version", "architecture", "num_threads"))
        + f" ({Path(of['filepath']).name})"
        for of in info
    ]
    measuring.timed(lambda: does(v, whose), libraries=libraries)


def core_type() -> str:
    """Return the processor that OpenBLAS shall be told."""
    flags = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    return "SKYLAKEX" if "avx512f" in flags else "HASWELL" if "avx2" in flags else ""


def cases(path: Path, n: int, threads: int, only: list[str]) -> list[Case]:
    """Return all cases for n templates."""
    # Imported here, for the environment of other tools has no misid.
    pairs = importlib.import_module("all_pairs")
    listed = [Case("bare product of the triangle", pairs.child("bare", path))]
    listed += [case._replace(name=f"misid, the {case.name}") for case in pairs.passes(path, OURS, threads)]
    for name in JOBS:
        tool = name.partition(" ")[0].rstrip(",")
        if n > LARGEST.get(tool, n):
            print(f"  {name}: not run above {LARGEST[tool]:,} templates")
            continue
        command = [str(PEERS), __file__, "--child", name, str(path)]
        listed.append(Case(name, command))
        if tool == "faiss" and core_type():
            listed.append(Case(name + CORE, command, {"OPENBLAS_CORETYPE": core_type()}))
    return [case for at, case in enumerate(listed) if at == 0 or not only or any(word in case.name for word in only)]


def table(n: int, threads: int, rounds: int, folder: Path, seed: int, only: list[str]) -> dict[str, float]:
    """Print what each took, and whether ours is ahead of all that do less."""
    path = measuring.write(folder, n, seed)
    print(f"\n{n:,} templates of {measuring.DIMENSIONS}, {threads} thread{'s' * (threads > 1)}, {rounds} rounds")
    listed = cases(path, n, threads, only)
    taken = measuring.in_turn(listed, threads, rounds)
    base = taken[listed[0].name]
    if isinstance(base, str):
        raise SystemExit(base)
    measuring.line("", "seconds", "ratio", "processor", "memory MB")
    ratios: dict[str, float] = {}
    uses: dict[str, list[str]] = {}
    for case in listed:
        rows = taken[case.name]
        if isinstance(rows, str):
            print(f"  {case.name:<48}    {rows}")
            continue
        middle = measuring.middle(rows)
        ratios[case.name] = measuring.ratio(rows, base)
        uses[case.name] = middle.said.get("libraries", [])
        processor = f"{measuring.ratio(rows, base, 'processor'):.2f}"
        measuring.line(
            case.name, f"{middle.wall:.2f}", f"{ratios[case.name]:.2f}", processor, f"{middle.memory / 1e6:.0f}"
        )
    ours = {name: value for name, value in ratios.items() if name.startswith("misid")}
    others = {name: value for name, value in ratios.items() if name in JOBS or name.removesuffix(CORE) in JOBS}
    others.pop("bare product of the square", None)
    if ours and others:
        us, them = min(ours, key=lambda name: ours[name]), min(others, key=lambda name: others[name])
        word = "ahead of" if ours[us] <= others[them] else "behind"
        print(f"  {us} ({ours[us]:.2f}) is {word} the fastest other tool, {them} ({others[them]:.2f})")
    print("  libraries:")
    for name, libraries in uses.items():
        if libraries:
            print(f"    {name}: {'; '.join(libraries)}")
    return ratios


def main() -> None:
    """Print a table for each size, and one line of JSON."""
    if sys.argv[1:2] == ["--child"]:
        one(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", help="1 and all processors, if not given")
    parser.add_argument("--only", nargs="+", default=[], help="parts of names of cases")
    parser.add_argument("--seed", type=int, default=measuring.SEED)
    given = parser.parse_args()
    if not PEERS.exists():
        sys.exit("there is no environment for other tools: make bench-peers makes it")
    found = {}
    with tempfile.TemporaryDirectory(prefix="misid-peers-") as folder:
        for threads in given.threads or sorted({1, len(os.sched_getaffinity(0))}):
            print(measuring.machine(threads))
            for n in given.sizes:
                ratios = table(n, threads, given.rounds, Path(folder), given.seed, given.only)
                found[f"{n} {threads}"] = ratios
    print(json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
