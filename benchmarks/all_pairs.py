"""Everyone compared with everyone, beside the bare product of the same triangle in the same run.

    python benchmarks/all_pairs.py [ratios] [growth] [million] [--sizes N ...] [--rounds R] [--threads 1 ...] ...

* ``ratios``: the bare product in tiles of 2,048, the pass alone with each kernel, and the whole command
  ``misid evaluate e.npz --no-report`` with its start-up, in turn, each in a process of its own.
* ``growth``: the exponent of the pass and of the command over sizes, and the steps after the pass with their shares.
* ``million``: some tasks of 1,000,000 templates of float16 that are mapped from a file, and what all would take.

Only ratios within one run count.  The bars are those of the issue "All pairs in one pass".
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import measuring
import numpy as np
from measuring import Case, Taken

from misid.search.all_pairs import Comparer, compare_all, in_threads
from misid.search.pair_tally import AllPairs
from misid.search.tile_counts import Grid
from misid.search.tile_kernels import load_tile_kernel

KERNELS = ("numba", "numpy", "torch", "reference")
SIZES = (5_000, 10_000)
GROWTH = (2_500, 5_000, 10_000)
FEW = 200  # templates of which a command takes nothing but its start-up
ROUNDS = 3
# From so many templates on: the pass over the bare product, by kernel.
BARS = {"numba": ((100_000, 1.15), (20_000, 1.25)), "numpy": ((100_000, 1.5), (20_000, 1.7))}
WHOLE_FROM, WHOLE, START_UP = 30_000, 1.5, 2.0  # the command, over the bare product, and seconds on top
MOST_MEMORY = 1e9
SHARE, STEEP = 0.05, 1.1  # a step may have more of the pass only where it does not grow so much faster than n log n
MILLION, TASKS = 1_000_000, 3
LOOK = 0.002


def child(name: str, *more: object) -> list[str]:
    """Return the command for a case of this program."""
    return [sys.executable, __file__, "--child", name, *map(str, more)]


def passes(path: Path, kernels: Sequence[str], threads: int) -> list[Case]:
    """Return the pass with each kernel; where several threads do its tasks, each makes its products alone."""
    alone = {} if threads == 1 else dict.fromkeys(measuring.THREADS, "1")
    return [Case(f"pass, {kernel}", child("pass", path, kernel, threads), alone) for kernel in kernels]


def whole(path: Path) -> list[str]:
    """Return the command that users type, and where it writes."""
    out = path.with_name(f"out-{path.stem}")
    words = ["evaluate", str(path.with_suffix(".npz")), "--no-report", "--force", "--out", str(out)]
    return [sys.executable, "-m", "misid", *words]


def verdict(value: float, most: float) -> str:
    """Say whether a bar is kept."""
    return "kept" if value <= most else "missed"


# ---- in a process of its own


def bare(path: str) -> None:
    """Time the bare product."""
    v = np.load(path)
    measuring.triangle(v[: 2 * measuring.TILE])
    measuring.timed(lambda: measuring.triangle(v))


def largest() -> None:
    """Measure the processor's peak."""
    measuring.say(0, 0, peak=measuring.peak())


def alone(path: str, kernel: str, workers: str) -> None:
    """Time the pass."""
    v = np.load(path)
    compare(v[:2_048], kernel)  # what is compiled is compiled
    run = in_threads(int(workers)) if int(workers) > 1 else None
    measuring.timed(lambda: compare(v, kernel, run=run))


def compare(v: measuring.Vectors, kernel: str, **more: Any) -> AllPairs:
    """Compare everyone with everyone."""
    rows = np.arange(v.shape[0])
    # Asked for by name even if another would be taken instead.
    if load_tile_kernel(kernel, "cosine", Grid.spanning(-1, 1)).name != kernel:
        sys.exit(f"no kernel {kernel}")
    return compare_all(v, "cosine", measuring.subjects(v.shape[0]), rows, rows, kernel=kernel, **more)


def slice_of_a_million(path: str, kernel: str, number: str) -> None:
    """Do all that comes before the tasks, some of them in turn with their bare product, and put a result together."""
    v = np.load(path, mmap_mode="r")
    compare(v[:2_048], kernel)
    start = time.perf_counter()
    held: dict[str, Any] = {"tasks": [], "bare": []}

    def some(task: Callable[[int], Any], numbers: Sequence[int], on_done: Callable[[int, Any], None]) -> None:
        held["before"], held["all"] = time.perf_counter() - start, len(numbers)
        # Most tasks are rectangles; what lies on the diagonal is half as large.
        chosen = np.linspace(1, len(numbers) - 2, int(number)).astype(int).clip(0, len(numbers) - 1)
        for one in np.unique(chosen).tolist():
            rows, columns = task.tasks[one]  # type: ignore[attr-defined]
            a, b = (v[: part.stop - part.start].astype(np.float32) for part in (rows, columns))
            begins = time.perf_counter()
            measuring.rectangle(a, b)
            held["bare"].append(time.perf_counter() - begins)
            begins = time.perf_counter()
            on_done(one, task(one))
            held["tasks"].append(time.perf_counter() - begins)
        held["until"] = time.perf_counter()

    # Searches whose list is not full yet are no misses here.
    with patch.object(Comparer, "search_again", lambda self, tally: None):
        compare(v, kernel, run=some)
    measuring.say(time.perf_counter() - start, 0, after=time.perf_counter() - held.pop("until"), **held)


def steps(path: str) -> None:
    """Run the command, and look every few milliseconds at which step it is."""
    command = whole(Path(path))
    sys.argv = ["misid", *command[3:]]
    held: dict[str, float] = defaultdict(float)
    main_thread, ended = threading.get_ident(), threading.Event()

    def look() -> None:
        last = time.perf_counter()
        while not ended.wait(LOOK):
            frame = sys._current_frames().get(main_thread)
            now = time.perf_counter()
            # A look waits for whoever holds the interpreter: what passed meanwhile is the step's that it finds.
            held[_step(frame)] += now - last
            last = now

    looker = threading.Thread(target=look, daemon=True)
    start = time.perf_counter()
    looker.start()
    try:
        runpy.run_module("misid", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    finally:
        ended.set()
        looker.join()
    measuring.say(time.perf_counter() - start, 0, steps=dict(held))


def _step(frame: Any) -> str:
    """Name the innermost function of misid that is at work, or which part of the pass is."""
    name, below = "start and end", ""
    while frame is not None:
        path, function = Path(frame.f_code.co_filename), frame.f_code.co_qualname
        if "misid" in path.parts:
            if function == compare_all.__qualname__:
                return f"{PASS}{below or ' itself'}"
            if name == "start and end":
                name = f"{path.parent.name}/{path.stem}.{function}"
            below = function
        frame = frame.f_back
    return "loading code" if "<module>" in name or "front" in name else name


PASS = "the pass: "
CHILDREN: dict[str, Callable[..., None]] = {
    "bare": bare,
    "peak": largest,
    "pass": alone,
    "million": slice_of_a_million,
    "steps": steps,
}


# ---- what is measured


def ratios(given: argparse.Namespace, sizes: Sequence[int], threads: int, folder: Path) -> Any:
    """Print the pass and the whole command beside the bare product."""
    found = {}
    for n in sizes:
        path = measuring.write(folder, n, given.seed)
        cases = [Case("peak", child("peak")), Case("bare product", child("bare", path))]
        cases += passes(path, given.kernels, threads)
        if given.command:
            cases += [Case("misid evaluate --no-report", whole(path), whole=True)]
        taken = measuring.in_turn(cases, threads, given.rounds)
        base, tops = taken["bare product"], taken["peak"]
        if isinstance(base, str) or isinstance(tops, str):
            raise SystemExit(f"{base}; {tops}")
        top = max(one.said["peak"] for one in tops)
        best = measuring.triangle_flops(n) / min(one.wall for one in base)
        print(
            f"\n{n:,} templates of {measuring.DIMENSIONS}, {n * (n - 1) // 2:,} pairs, {_threads(threads)}, "
            f"{given.rounds} rounds; peak {top / 1e9:.0f} GFLOP/s, of which the bare product reaches {best / top:.0%}"
        )
        measuring.line("", "seconds", "ratio", "processor", "memory MB", "bar", "")
        for case in cases[1:]:
            rows = taken[case.name]
            if isinstance(rows, str):
                print(f"  {case.name:<48}    {rows}")
                continue
            found[f"{case.name} {n} {threads}"] = _row(case, rows, base, n)
    return found


def _row(case: Case, rows: Sequence[Taken], base: Sequence[Taken], n: int) -> dict[str, float]:
    """Print one row: what a case took, and what it may take."""
    one, to = measuring.middle(rows), measuring.middle(base)
    wall, processor = (measuring.ratio(rows, base, kind) for kind in ("wall", "processor"))
    bar, kept = "", ""
    if case.whole:
        most = WHOLE * to.wall + START_UP
        bar, kept = f"{most:.2f} s", verdict(one.wall, most) + ("" if n >= WHOLE_FROM else f" (from {WHOLE_FROM:,} on)")
    elif case.name.startswith("pass"):
        limits = BARS.get(case.name.rpartition(" ")[2], ())
        limit = next((limit for least, limit in limits if n >= least), None)
        bar = "" if limit is None else f"{limit:.2f}"
        kept = "" if limit is None else verdict(wall, limit)
    measuring.line(
        case.name, f"{one.wall:.2f}", f"{wall:.2f}", f"{processor:.2f}", f"{one.memory / 1e6:.0f}", bar, f"  {kept}"
    )
    return {"seconds": one.wall, "ratio": wall, "processor": processor, "memory": one.memory}


def growth(given: argparse.Namespace, sizes: Sequence[int], threads: int, folder: Path) -> Any:
    """Print the exponents, and the steps after the pass."""
    found: dict[str, list[float]] = defaultdict(list)
    used: dict[str, list[float]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(sizes))
    few = whole(measuring.write(folder, FEW, given.seed))
    start_up = measuring.middle([measuring.run(Case("start-up", few, whole=True), threads) for _ in range(3)])
    for at, n in enumerate(sizes):
        path = measuring.write(folder, n, given.seed)
        cases = [Case("bare product", child("bare", path))]
        cases += passes(path, given.kernels, threads)
        if given.command:
            cases += [Case("command", whole(path), whole=True), Case("steps", child("steps", path))]
        for name, rows in measuring.in_turn(cases, threads, given.rounds).items():
            if isinstance(rows, str):
                print(f"  {n:,}: {name}: {rows}")
                found[name].append(np.nan)
                used[name].append(np.nan)
                continue
            one = measuring.middle(rows)
            if name != "steps":
                found[name].append(one.wall)
                used[name].append(one.processor)
            for step, seconds in one.said.get("steps", {}).items():
                shares[step][at] += seconds
    if given.command:
        rest = "command less its start-up"
        found[rest] = [max(wall - start_up.wall, 1e-3) for wall in found["command"]]
        used[rest] = [max(seconds - start_up.processor, 1e-3) for seconds in used["command"]]
    exponents = {}
    for kind, of in (("seconds", found), ("processor seconds", used)):
        print(f"\n{kind} by templates, {_threads(threads)}; start-up {start_up.wall:.2f} s ({FEW} templates)")
        measuring.line("", *(f"{n:,}" for n in sizes), "exponent", "last two")
        for name, held in of.items():
            exponents[f"{name}, {kind}"] = fit = exponent(sizes, held)
            last = exponent(sizes[-2:], held[-2:])
            measuring.line(name, *(f"{one:.2f}" for one in held), f"{fit:.2f}", f"{last:.2f}")
    if shares:
        _steps_table(sizes, shares)
    return exponents


def _steps_table(sizes: Sequence[int], shares: dict[str, list[float]]) -> None:
    """Print the steps of the command, and which of them is too large and too steep."""
    through = [held for name, held in shares.items() if name.startswith(PASS)]
    base = np.sum(through or list(shares.values()), axis=0)
    print(f"\nsteps of the command, share of {'the pass' if through else 'all, for the pass was not seen'}")
    measuring.line("", *(f"{n:,}" for n in sizes), "exponent", "")
    many = [name for name, held in shares.items() if held[-1] / base[-1] >= SHARE / 5]
    for name in sorted(many, key=lambda one: -shares[one][-1]):
        held = np.array(shares[name])
        steep = exponent(sizes, held)
        bad = held[-1] / base[-1] > SHARE and steep > STEEP and not name.startswith(PASS)
        measuring.line(name, *(f"{one:.1%}" for one in held / base), f"{steep:.2f}", "too steep" if bad else "")


def million(given: argparse.Namespace, sizes: Sequence[int], threads: int, folder: Path) -> Any:
    """Print what some tasks of very many templates take, what all would, and the most memory."""
    found = {}
    for n in sizes:
        path = folder / f"{n}-halves.npy"
        if not path.exists():
            measuring.write_halves(path, n, given.seed)
        print(f"\n{n:,} templates of {measuring.DIMENSIONS}, float16, mapped from a file, {_threads(threads)}")
        for kernel in given.kernels:
            case = Case(f"pass, {kernel}", child("million", path, kernel, TASKS))
            taken = measuring.in_turn([case], threads, 1)[case.name]
            if isinstance(taken, str):
                print(f"  {case.name}: {taken}")
                continue
            said, memory = taken[0].said, taken[0].memory
            each = statistics.median(said["tasks"])
            over = statistics.median(a / b for a, b in zip(said["tasks"], said["bare"], strict=True))
            hours = (said["before"] + said["after"] + each * said["all"]) / 3_600
            print(
                f"  {case.name}: before the tasks {said['before']:.1f} s; the result {said['after']:.1f} s; "
                f"{len(said['tasks'])} of {said['all']:,} tasks {each:.2f} s each, {over:.2f} of their bare product\n"
                f"  extrapolated, not measured: {hours:.2f} hours, without searches whose floor was too high\n"
                f"  most memory {memory / 1e6:.0f} MB, bar {MOST_MEMORY / 1e6:.0f} MB: {verdict(memory, MOST_MEMORY)}"
            )
            found[f"{case.name} {n}"] = {"hours": hours, "ratio": over, "memory": memory}
    return found


def exponent(sizes: Sequence[int], walls: Sequence[float] | np.ndarray) -> float:
    """Return the slope of log seconds over log templates."""
    y = np.asarray(walls, np.float64)
    some = np.isfinite(y) & (y > 0)
    if some.sum() < 2:
        return np.nan
    return float(np.polyfit(np.log(np.asarray(sizes, np.float64)[some]), np.log(y[some]), 1)[0])


def _threads(threads: int) -> str:
    return "one thread" if threads == 1 else f"{threads} threads"


def main() -> None:
    """Print the tables, and one line of JSON."""
    if sys.argv[1:2] == ["--child"]:
        CHILDREN[sys.argv[2]](*sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help="ratios, growth, million; all if none is given")
    parser.add_argument("--sizes", type=int, nargs="+", help=f"templates; {SIZES}, for growth {GROWTH}")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", help="1 and all processors, if not given")
    parser.add_argument("--kernels", nargs="+", default=KERNELS[:2], choices=KERNELS)
    parser.add_argument("--seed", type=int, default=measuring.SEED)
    parser.add_argument("--no-command", dest="command", action="store_false", help="the pass alone")
    given = parser.parse_args()
    every: dict[str, tuple[Callable[..., Any], Sequence[int]]] = {
        "ratios": (ratios, SIZES),
        "growth": (growth, GROWTH),
        "million": (million, (MILLION,)),
    }
    threads = given.threads or sorted({1, len(os.sched_getaffinity(0))})
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="misid-bench-") as folder:
        for count in threads:
            print(measuring.machine(count))
            for name in given.sections or every:
                if name == "million" and count != threads[0]:
                    continue
                section, sizes = every[name]
                found[f"{name} {count}"] = section(given, given.sizes or sizes, count, Path(folder))
    print(json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
