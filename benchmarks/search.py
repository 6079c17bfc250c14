"""Rates of the lazy search on this machine, one thread, beside what no search on it can beat.

Every figure is the median of several runs in processor seconds of one thread, so that other work on the machine counts
for little (it still takes cache and memory).  Run it as a script; it ends with one line of JSON.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
import platform
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from misid.errors import MisidError
from misid.randomness import Purpose, uniforms
from misid.search import KERNELS, GroupedGallery, Propensity, load_kernel, top

RUNS = 9
SEED = 1
ONE, FIFTY = 1_000_000, 100_000
TARGETS = {  # DESIGN 5, millions of searches a second and core
    ("top-1", "numpy"): 6.0,
    ("top-1", "numba"): 15.0,
    ("top-50 with groups", "numpy"): 0.4,
    ("top-50 with groups", "numba"): 0.8,
}
SIZES = (1e4, 1e5, 1e6, 1e7, 1e8, 2e8, 1e9)
DIMENSIONS = 512
PRODUCT = (1_000, 20_000)  # probes and references of a matrix product that fits anywhere


def seconds(job: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median of several runs after one that is thrown away."""
    job()
    taken = []
    for _ in range(runs):
        start = time.thread_time()
        job()
        taken.append(time.thread_time() - start)
    return statistics.median(taken)


def gallery_of(n: float) -> GroupedGallery:
    """Eight groups of unlike size; pairs of one group match twelve times as often as pairs of two."""
    share = np.array([0.26, 0.22, 0.15, 0.12, 0.10, 0.07, 0.05, 0.03])
    return GroupedGallery(n * share, 0.25 + 2.75 * np.eye(8))


def limits() -> dict[str, float]:
    """Return what the processor does in a second, in millions."""
    ids = np.arange(1 << 20, dtype=np.uint64)
    philox = np.random.Philox(key=1)
    x = np.random.default_rng(1).random(1 << 14)
    room = np.empty_like(x)
    return {
        "philox draws, misid.randomness": 4 * ids.size / seconds(lambda: uniforms(SEED, Purpose.TEST, ids)) / 1e6,
        "philox draws, NumPy's own, in order": (1 << 20) / seconds(lambda: philox.random_raw(1 << 20)) / 1e6,
        "log, float64": x.size / seconds(lambda: np.log(x, out=room), 201) / 1e6,
        "exp, float64": x.size / seconds(lambda: np.exp(x, out=room), 201) / 1e6,
    }


def main() -> None:
    """Print rates, how they move with the size of the gallery, and the limits beside them."""
    rng = np.random.default_rng(1)
    ids = np.arange(ONE)
    group = rng.integers(0, 8, ONE)
    law = Propensity(0.2)
    x = law.at(uniforms(SEED, Purpose.PROPENSITY, ids)[0])
    gallery = gallery_of(2e8)
    print(f"{platform.processor() or platform.machine()}, numpy {np.__version__}, one thread, median of {RUNS} runs")
    print(f"other work on the machine: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    bounds = limits()
    for name, rate in bounds.items():
        print(f"{name:<44} {rate:8.1f} M/s")
    philox = bounds["philox draws, misid.randomness"]
    print("\nN = 2e8, 8 groups, gamma propensity with k = 0.2 (millions of searches a second)")
    rates: dict[str, float] = {}
    for name in reversed(KERNELS):
        try:
            load_kernel(name)
        except MisidError as error:
            print(f"  {name}: {error}")
            continue
        scattered = rng.permutation(ids)

        def search(who: np.ndarray, k: int, groups: bool, name: str = name) -> Callable[[], object]:
            n = ONE if k == 1 else FIFTY
            return lambda: top(gallery, group[:n], x[:n], SEED, who[:n], k, kernel=name, with_groups=groups)

        def with_propensity(name: str = name) -> object:
            drawn = law.at(uniforms(SEED, Purpose.PROPENSITY, ids)[0])
            return top(gallery, group, drawn, SEED, ids, kernel=name)

        jobs = {
            "top-1": (ONE, search(ids, 1, False)),
            "top-1 with groups": (ONE, search(ids, 1, True)),
            "top-1, ids in no order": (ONE, search(scattered, 1, False)),
            "top-1 and the propensity drawn too": (ONE, with_propensity),
            "top-50": (FIFTY, search(ids, 50, False)),
            "top-50 with groups": (FIFTY, search(ids, 50, True)),
        }
        for job, (n, run) in jobs.items():
            rate = n / seconds(run) / 1e6
            rates[f"{name} {job}"] = rate
            target = TARGETS.get((job, name))
            aim = f"   target {target:4.1f}, {'reached' if rate >= target else 'missed'}" if target else ""
            print(f"  {name:<6} {job:<36} {rate:7.2f}   {rate / philox:.3f} of the philox rate{aim}")

    print("\ntop-1 by size of the gallery, numpy (nanoseconds a search)")
    # In turn and not one after the other, so that a slower minute slows all sizes.
    jobs_by_size = {size: _by_size(gallery_of(size), group, x, ids) for size in SIZES}
    taken: dict[float, list[float]] = {size: [] for size in SIZES}
    for _ in range(RUNS):
        for size, run in jobs_by_size.items():
            taken[size].append(seconds(run, 1) / ONE * 1e9)
    nanoseconds = {size: statistics.median(found) for size, found in taken.items()}
    for size, cost in nanoseconds.items():
        print(f"  N = {size:<8.0e} {cost:8.1f}")
    spread = max(nanoseconds.values()) / min(nanoseconds.values()) - 1
    print(f"  dearest over cheapest: {spread:+.1%}")

    probes, references = PRODUCT
    a = rng.standard_normal((probes, DIMENSIONS)).astype(np.float32)
    b = rng.standard_normal((DIMENSIONS, references)).astype(np.float32)
    product = seconds(lambda: a @ b, 3) / probes
    scaled = product * 2e8 / references
    best = rates["numpy top-1"]
    print(f"\nbrute force, float32 product of {probes:,} probes and {references:,} templates of {DIMENSIONS} numbers:")
    print(
        f"  {product * 1e6:.1f} microseconds a search; scaled, not measured, to 2e8 references {scaled:.2f} s a search"
    )
    print(f"  the lazy search (numpy, top-1) is {scaled * best * 1e6:.1e} times as fast; it draws and compares nothing")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    found = {"limits": bounds, "rates": rates, "by_size_ns": {f"{n:.0e}": v for n, v in nanoseconds.items()}}
    print(json.dumps(found | {"spread": spread, "product_s_scaled": scaled}, sort_keys=True))


def _by_size(gallery: GroupedGallery, group: np.ndarray, x: np.ndarray, ids: np.ndarray) -> Callable[[], object]:
    return lambda: top(gallery, group, x, SEED, ids)


if __name__ == "__main__":
    main()
