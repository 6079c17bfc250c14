"""What benchmarks of all pairs share: people who were made up, the bare product, and cases that take turns.

It needs NumPy alone, for the environment of other tools imports it too.  Every case is a process of its own, with its
own number of threads: a program prints what it took as one line of JSON, begun by `MARK`.
"""

from __future__ import annotations

import ctypes
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.floating]
Subjects = npt.NDArray[np.int32]

DIMENSIONS, TILE, SEED = 512, 2_048, 11
ROOM = np.empty(TILE * TILE, np.float32)
PHOTOS = 4  # of each person
# Unlike photos: noise whose size is lognormal, so that about 2% of mated comparisons miss where FMR is 1e-3.
NOISE, SPREAD = 1.1, 0.5
BLOCK = 1_024  # people who share a stream of draws, so that more people begin with the same ones
MARK = "took "
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")


def templates(first: int, people: int, seed: int = SEED) -> Vectors:
    """Return unit vectors of people from the first on, ``PHOTOS`` of each, in float32."""
    parts = []
    for block in range(first // BLOCK, -(-(first + people) // BLOCK)):
        rng = np.random.default_rng((seed, block))
        centre = rng.standard_normal((BLOCK, 1, DIMENSIONS), dtype=np.float32)
        size = np.float32(NOISE) * np.exp(SPREAD * rng.standard_normal((BLOCK, PHOTOS, 1), dtype=np.float32))
        v = rng.standard_normal((BLOCK, PHOTOS, DIMENSIONS), dtype=np.float32)
        v *= size
        v += centre
        v /= np.linalg.norm(v, axis=2, keepdims=True)
        parts.append(v[max(first - block * BLOCK, 0) : first + people - block * BLOCK].reshape(-1, DIMENSIONS))
    return np.concatenate(parts)


def subjects(n: int) -> Subjects:
    """Return whose each of n templates is."""
    return (np.arange(n) // PHOTOS).astype(np.int32)


def write(folder: Path, n: int, seed: int = SEED) -> Path:
    """Write n templates and whose they are: ``.npz`` for our command, ``.npy`` for all others, which is returned."""
    path = folder / f"{n}.npy"
    if not path.exists():
        v = templates(0, -(-n // PHOTOS), seed)[:n]
        np.save(path, v)
        np.savez(path.with_suffix(".npz"), embedding=v, subject=subjects(n))
    return path


def write_halves(path: Path, n: int, seed: int = SEED) -> None:
    """Write n templates as float16, never all of them at once in memory."""
    out = np.lib.format.open_memmap(path, "w+", np.float16, (n, DIMENSIONS))
    step = 16 * BLOCK
    for start in range(0, n, step * PHOTOS):
        part = out[start : start + step * PHOTOS]
        part[:] = templates(start // PHOTOS, -(-part.shape[0] // PHOTOS), seed)[: part.shape[0]]
        out.flush()


def triangle(v: Vectors) -> None:
    """Make the bare product of the triangle in tiles, into one room without gaps, and look at no score."""
    for i in range(0, v.shape[0], TILE):
        rectangle(v[i : i + TILE], v[i:])


def rectangle(v: Vectors, w: Vectors) -> None:
    """Make the bare product of two sides in tiles."""
    for i in range(0, v.shape[0], TILE):
        a = v[i : i + TILE]
        for j in range(0, w.shape[0], TILE):
            b = w[j : j + TILE]
            np.matmul(a, b.T, out=ROOM[: a.shape[0] * b.shape[0]].reshape(a.shape[0], b.shape[0]))


def triangle_flops(n: int) -> float:
    """Return the operations of `triangle`."""
    sides = [min(TILE, n - start) for start in range(0, n, TILE)]
    whole = sum(sides)
    return 2.0 * DIMENSIONS * sum(one * (whole - sum(sides[:at])) for at, one in enumerate(sides))


def peak(side: int = 4_096, runs: int = 3) -> float:
    """Return operations a second of the largest product that is tried, float32, the best of several runs."""
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal((side, side), dtype=np.float32) for _ in range(2))
    out = np.empty_like(a)
    best = np.inf
    for _ in range(runs):
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return 2.0 * side**3 / best


def core_name() -> str:
    """Return for which processor the BLAS of NumPy works, as it says itself."""
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    for path in sorted(folder.glob("*openblas*")):
        library = ctypes.CDLL(str(path))
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
            function = getattr(library, name, None)
            if function is not None:
                function.restype = ctypes.c_char_p
                return f"OpenBLAS for {function().decode()}"
    return "a BLAS that does not say"


# ---- processes


class Taken(NamedTuple):
    """What one process took for one case."""

    wall: float  # seconds
    processor: float  # seconds of all threads and of all processes it started
    memory: float  # most anonymous and shared bytes of it and all it started, at any look
    said: dict[str, Any]  # whatever else it said


class Case(NamedTuple):
    """A program that is started anew for every round."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = MappingProxyType({})
    whole: bool = False  # whether all of it counts, from start to end, instead of what it says


def say(wall: float, processor: float, **more: Any) -> None:
    """Print what a case took, for whoever started it."""
    print(MARK + json.dumps({"wall": wall, "processor": processor, **more}), flush=True)


def timed(job: Callable[[], object], **more: Any) -> None:
    """Run a job, and print what it took."""
    began, start = _processor(), time.perf_counter()
    job()
    say(time.perf_counter() - start, _processor() - began, **more)


def _processor() -> float:
    """Return processor seconds of this process, and of those that it started and that have ended."""
    now = os.times()
    return time.process_time() + now.children_user + now.children_system


def run(case: Case, threads: int, limit: float = 3_600) -> Taken:
    """Run a case with so many threads, on so many processors, and look at its memory while it runs."""
    environment = os.environ | {name: str(threads) for name in THREADS} | dict(case.environment)
    processors = sorted(os.sched_getaffinity(0))[-threads:]
    before, start = os.times(), time.perf_counter()
    process = subprocess.Popen(
        case.command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, processors),
    )
    seen = [0.0]
    ended = threading.Event()
    look = threading.Thread(target=_watch, args=(process.pid, seen, ended), daemon=True)
    look.start()
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise RuntimeError(f"{case.name}: not done in {limit:.0f} s") from None
    finally:
        ended.set()
        look.join()
    wall, after = time.perf_counter() - start, os.times()
    if process.returncode:
        raise RuntimeError(f"{case.name}: {err.strip().splitlines()[-1] if err.strip() else process.returncode}")
    lines = (line for line in out.splitlines() if line.startswith(MARK))
    said: dict[str, Any] = next((json.loads(one[len(MARK) :]) for one in lines), {})
    if not said and not case.whole:
        raise RuntimeError(f"{case.name}: it said nothing")
    if case.whole:
        processor = after.children_user + after.children_system - before.children_user - before.children_system
        return Taken(wall, processor, seen[0], said)
    return Taken(said.pop("wall"), said.pop("processor"), seen[0], said)


def _watch(pid: int, seen: list[float], ended: threading.Event) -> None:
    """Keep the most memory of a process and all below it; looks take at most a fiftieth of the time."""
    pause = 0.05
    while not ended.wait(pause):
        start = time.perf_counter()
        seen[0] = max(seen[0], sum(map(anonymous, family(pid))))
        pause = max(0.05, 50 * (time.perf_counter() - start))


def family(pid: int) -> list[int]:
    """Return a process and all that it started, and they."""
    parent: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            parent[int(entry)] = int(text.rpartition(")")[2].split()[1])
    found, fresh = {pid}, {pid}
    while fresh:
        fresh = {one for one, of in parent.items() if of in fresh} - found
        found |= fresh
    return sorted(found)


def anonymous(pid: int) -> float:
    """Return the bytes of a process that no file holds, its part of what it shares; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    lines = (line.split() for line in text.splitlines()[1:])
    return 1024.0 * sum(float(words[1]) for words in lines if words[0] in ("Pss_Anon:", "Pss_Shmem:"))


def in_turn(cases: Iterable[Case], threads: int, rounds: int) -> dict[str, list[Taken] | str]:
    """Run cases in turn, so that a slower minute slows all; a case that fails is named with why, and left out."""
    listed = list(cases)
    taken: dict[str, list[Taken] | str] = {case.name: [] for case in listed}
    for _ in range(rounds):
        for case in listed:
            held = taken[case.name]
            if isinstance(held, str):
                continue
            try:
                held.append(run(case, threads))
            except (RuntimeError, OSError) as error:
                taken[case.name] = f"not run: {error}"
    return taken


def middle(taken: Sequence[Taken]) -> Taken:
    """Return the medians of wall and processor seconds, the most memory, and what was said last."""
    wall, processor = (statistics.median(getattr(one, kind) for one in taken) for kind in ("wall", "processor"))
    return Taken(wall, processor, max(one.memory for one in taken), taken[-1].said)


def ratio(taken: Sequence[Taken], base: Sequence[Taken], kind: str = "wall") -> float:
    """Return the median over rounds of what one took over what another took in the same round."""
    return float(statistics.median(getattr(a, kind) / getattr(b, kind) for a, b in zip(taken, base, strict=True)))


def line(name: str, *cells: str) -> None:
    """Print a row of a table."""
    print(f"  {name:<48}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def machine(threads: int) -> str:
    """Say what this is measured on."""
    model = ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((one.partition(":")[2].strip() for one in lines if one.startswith("model name")), "")
    except OSError:
        pass
    return (
        f"{model or 'unknown processor'}, {threads} of {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
        f"Python {sys.version.split()[0]}, NumPy {np.__version__}, {core_name()}"
    )
