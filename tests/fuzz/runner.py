"""Runs mutants in forked workers under limits, judges what came of each, and remembers what is done."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import re
import resource
import shlex
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.mutators import mutant
from tests.fuzz.seeds import Seed, make_seeds

SECONDS = 10  # of a processor
WAITS = 6  # times as long, where the machine is busy or nothing happens
MEMORY = 2**30  # above what a process begins with
ACCEPTED, REFUSED = "accepted", "refused"
FAULTS = ("traceback", "warning", "hang", "memory", "two answers", "rows differ")
HUNG = (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL)
_PERTURB = -6  # of mallopt: what memory holds that was not written
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Attempt:
    """What a command did: its exit status (negative: a signal), what it printed and wrote, memory beyond the start."""

    status: int
    said: str
    result: bytes
    memory: int


@dataclass
class Plan:
    """Which mutants to run, and where to remember what is done."""

    folder: Path
    seed: int = 1
    installed: bool = False  # as a program of its own each
    seeds: list[Seed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as made:
            self.seeds = self.seeds or make_seeds(Path(made))

    def of(self, number: int) -> Seed:
        """Return the seed of a mutant."""
        return self.seeds[number % len(self.seeds)]


def import_everything() -> None:
    """Import all modules, so that a forked worker need not."""
    import misid

    for one in pkgutil.walk_packages(misid.__path__, "misid."):
        if not one.name.endswith("__main__"):
            importlib.import_module(one.name)
    for name in ("scipy.stats", "scipy.optimize", "scipy.special", "scipy.sparse", "scipy.interpolate", "rich.table"):
        importlib.import_module(name)


def _held() -> int:
    """Return the bytes of address space in use."""
    found = re.search(r"VmSize:\s+(\d+) kB", _STATUS.read_text()) if _STATUS.is_file() else None
    return int(found[1]) * 1024 if found else 4 * 2**30


def _command(args: Sequence[str], installed: bool, fill: int) -> None:
    """Run a command in this process, which it never leaves."""
    status = 1
    try:
        with open(os.devnull, "rb") as nothing, open("said.txt", "wb") as said:
            os.dup2(nothing.fileno(), 0)
            for number in (1, 2):
                os.dup2(said.fileno(), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, encoding="utf-8") for number in (1, 2))
        held = _held() + MEMORY + 2**28
        resource.setrlimit(resource.RLIMIT_AS, (held, held))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WAITS * SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        if installed:
            os.execv(sys.executable, [sys.executable, "-m", "misid", *args])
        from misid.cli.main import call

        if sys.platform == "linux":
            ctypes.CDLL(None).mallopt(_PERTURB, fill)
        status = call(list(args))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def attempt(args: Sequence[str], installed: bool = False, fill: int = 0x55) -> Attempt:
    """Run a command in a process of its own, in the current folder."""
    shutil.rmtree("result", ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if not (child := os.fork()):
        _command(args, installed, fill)
    _, state, usage = os.wait4(child, 0)
    result = Path("result/evaluation.json")
    said = Path("said.txt").read_text("utf-8", "replace") if Path("said.txt").is_file() else ""
    memory = max(0, usage.ru_maxrss - (0 if installed else before)) * 1024
    return Attempt(os.waitstatus_to_exitcode(state), said, result.read_bytes() if result.is_file() else b"", memory)


def _patient(args: Sequence[str], installed: bool, fill: int) -> Attempt:
    """Run a command, and again where it waited: on a busy machine that may be for the machine."""
    found = attempt(args, installed, fill)
    return attempt(args, installed, fill) if found.status == -signal.SIGALRM else found


def judge(seed: Seed, files: dict[str, bytes], installed: bool = False) -> tuple[str, Attempt]:
    """Run the command of a mutant, whose files lie in the current folder; return what came of it."""
    first = _patient(seed.args, installed, 0x55)
    if first.status in HUNG:
        return "hang", first
    if first.memory > MEMORY or "MemoryError" in first.said or "not fit in memory" in first.said:
        return "memory", first
    if first.status not in (0, 2):
        return "traceback", first
    if "Warning:" in first.said or "Traceback" in first.said:
        return "warning", first
    if first.status == 2:
        return REFUSED, first
    second = _patient(seed.args, installed, 0xAA)
    if (second.status, second.said, second.result) != (first.status, first.said, first.result):
        return "two answers", second
    if first.result and not _rows_agree(seed, next(iter(files.values())), first.result):
        return "rows differ", first
    return ACCEPTED, first


def _rows_agree(seed: Seed, data: bytes, result: bytes) -> bool:
    """Tell whether as many rows were read as there are, but for those of which the result says so."""

    def strict(constant: str) -> float:
        raise ValueError(f"{constant} in JSON")

    found = json.loads(result, parse_constant=strict)
    of = found["searches"] if seed.name == "lists" else found["comparisons"]
    try:
        there = seed.rows(data)
    except Exception:
        there = None  # who counts cannot read it
    if there is None or of is None:
        return True
    gap = there - of["n_mated"] - of["n_non_mated"]
    return gap in _sums(_said_left_out(found["assumed"]))


def _said_left_out(assumed: Sequence[str]) -> list[int]:
    words = r"left out|not counted|count once|counted once|itself|empty|kept|without a score|no score|failure"
    there = (one for one in assumed if re.search(words, one))
    return [int(number.replace(",", "")) for one in there for number in re.findall(r"\d[\d,]*(?![\d.]*%)", one)]


def _sums(numbers: Sequence[int]) -> set[int]:
    found = {0}
    for one in numbers[:10]:
        found |= {one + other for other in found}
    return found


def place_of(said: str) -> str:
    """Return where a traceback ends: the last line of ours, and the kind of error."""
    ours = re.findall(r'File ".*?/(misid/[^"]+)", line (\d+), in (\w+)', said)
    error = re.findall(r"^(\w[\w.]*(?:Error|Exception|Warning)[^\n]{0,100})", said, re.MULTILINE)
    return f"{':'.join(ours[-1]) if ours else '?'} {error[-1] if error else said[-100:]!r}"


def run_one(plan: Plan, number: int, scratch: Path) -> dict[str, Any]:
    """Run one mutant in an empty folder, and keep it if it fails."""
    seed = plan.of(number)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    os.chdir(scratch)
    files = mutant(plan.seed, number, seed.files)
    for name, data in files.items():
        Path(name).write_bytes(data)
    outcome, what = judge(seed, files, plan.installed)
    found = {"n": number, "form": seed.name, "outcome": outcome, "memory": what.memory}
    if outcome in FAULTS:
        found["place"] = place_of(what.said) if what.status == 1 or outcome == "warning" else ""
        kept = plan.folder / "failed" / f"{outcome.replace(' ', '-')}-{number}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(scratch, kept)
        (kept / "command.txt").write_text(f"misid {shlex.join(seed.args)}\n", "utf-8")
    return found


def done(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what is known of the mutants that were run before; a line that was cut is not."""
    for file in sorted(folder.glob("done-*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def _work(plan: Plan, numbers: Sequence[int], worker: int) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="misid-fuzz-"))
    home = Path.cwd()
    try:
        with (plan.folder / f"done-{worker}.jsonl").open("a", encoding="utf-8") as file:
            file.write("\n")  # the last line may have been cut
            for number in numbers:
                file.write(json.dumps(run_one(plan, number, scratch / "one")) + "\n")
                file.flush()
    finally:
        os.chdir(home)
        shutil.rmtree(scratch, ignore_errors=True)


def run(plan: Plan, count: int, workers: int = 1) -> list[dict[str, Any]]:
    """Run the mutants from 0 to ``count`` that were not run before; return what came of all."""
    import_everything()
    before = {one["n"] for one in done(plan.folder)}
    left = [number for number in range(count) if number not in before]
    children = []
    for worker in range(workers):
        if not (child := os.fork()):
            status = 1
            try:
                _work(plan, left[worker::workers], worker)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    if any(ended):
        raise RuntimeError("a worker of the fuzzing stopped")
    return [one for one in done(plan.folder) if one["n"] < count]


def table(found: Sequence[dict[str, Any]]) -> str:
    """Return what came of mutants as a table by form, and where those that failed ended."""
    columns = ("tried", ACCEPTED, REFUSED, *FAULTS)
    counts: dict[str, Counter[str]] = {}
    for one in found:
        for form in (one["form"], "all"):
            counts.setdefault(form, Counter()).update(("tried", one["outcome"]))
    rows = [("form", *columns), *((form, *(f"{of[one]:,}" for one in columns)) for form, of in counts.items())]
    rows.sort(key=lambda row: (row[0] == "all", row[0] != "form"))
    text = [f"{row[0]:15}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in rows]
    places = Counter((one["outcome"], one.get("place", "")) for one in found if one["outcome"] in FAULTS)
    first = {(one["outcome"], one.get("place", "")): one["n"] for one in reversed(found)}
    text += [
        f"{count:5} {kind}: {place} (first: {first[kind, place]})" for (kind, place), count in places.most_common()
    ]
    most = max((one["memory"] for one in found), default=0)
    return "\n".join([*text, f"most memory beyond the start: {most / 2**20:,.0f} MiB"])
