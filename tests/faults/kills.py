"""Kills runs at random moments, starts two at once, and damages what they wrote: the same bytes, or the damage found.

``make kills`` goes on where it was stopped, and prints a table.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from misid.errors import MisidError
from misid.storage import Ledger, check_result
from misid.storage.ledger import Plan, read_plan

SIMULATED = ["booth-one-to-one", "--encounters", "300", "--workers", "1"]
JOBS = {
    "run": ["run", *SIMULATED, "--out", "out"],
    "compare": ["compare", *SIMULATED, "--policy", "all", "--out", "out"],
    "evaluate": ["evaluate", "s.csv", "--image-kind", "mugshot", "--out", "out", "--card", "card.json"],
}
PAIRED = {**JOBS, "validate": ["validate", "--no-report", "--out", "out"]}
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
MOMENTS = ("any moment", "while it is written", "a program of its own")
UNLIKE = ("finished", "seconds", "seal")  # of provenance.json: when it was made


def start(args: list[str], folder: Path, fresh: bool, said: Path) -> int:
    """Start a command in a process of its own; a copy of this one has everything loaded already."""
    if process := os.fork():
        return process
    try:
        os.setsid()
        os.chdir(folder)
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout = sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)  # a test has others
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if fresh:
            os.execv(sys.executable, [sys.executable, "-m", "misid", *args])
        from misid.cli.main import call

        code = call(args)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    except KeyboardInterrupt:  # before the command, or after it
        os._exit(130)
    finally:
        os._exit(99)


def end(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def content(folder: Path) -> dict[str, bytes]:
    """Every file by its path; of the list of files, what does not depend on the time."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for name, data in found.items():
        if name.endswith("provenance.json"):
            made = json.loads(data)
            found[name] = json.dumps({key: made[key] for key in made if key not in UNLIKE}, sort_keys=True).encode()
    return found


def scores(path: Path) -> None:
    draw = np.random.default_rng(3)
    pairs = [(i, j, draw.normal(3.0 * (i == j))) for i in range(25) for j in range(25)]
    lines = (f"s{i:03d},p{i},s{j:03d},r{j},{score:.6f}" for i, j, score in pairs)
    header = "probe_subject,probe_sample,reference_subject,reference_sample,score"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")


class Straight:
    """What a job writes if nothing comes between, from scratch and over an older result of another kind."""

    def __init__(self, top: Path, job: str) -> None:
        self.job, self.folder = job, top / f"straight-{job}"
        self.folder.mkdir()
        scores(self.folder / "s.csv")
        since = time.monotonic()
        self.do(JOBS[job], self.folder)
        self.seconds = time.monotonic() - since
        self.after = content(self.folder)
        self.older = top / f"older-{job}"
        self.older.mkdir()
        scores(self.older / "s.csv")
        self.do(["validate", "--no-report", "--out", "out"], self.older)
        self.before = content(self.older)

    def do(self, args: list[str], folder: Path) -> str:
        said = folder.with_suffix(".said")
        code = end(start(args, folder, False, said))
        words = said.read_text("utf-8")
        assert code == 0, (code, words)
        return words


def kill_once(top: Path, straight: Straight, draw: random.Random) -> tuple[str, str]:
    """Kill one job at a random moment and start it again; return what was tried, and what came of it."""
    how, moment, over = draw.choice(SIGNALS), draw.choices(MOMENTS, (4, 4, 1))[0], draw.random() < 0.5
    folder = top / "try"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(straight.older, folder)
    if not over:
        shutil.rmtree(folder / "out")
    args, before = [*JOBS[straight.job], "--force"], content(folder)
    said = top / "said"
    process = start(args, folder, moment == MOMENTS[2], said)
    wait = draw.uniform(0.0, 1.1 * straight.seconds + (1.0 if moment == MOMENTS[2] else 0.0))
    if moment == MOMENTS[1]:
        limit = time.monotonic() + 20 * straight.seconds
        while time.monotonic() < limit and not any(folder.glob(".misid-*.[nro]*")):
            if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
        wait = draw.uniform(0.0, 0.01)
    time.sleep(wait)
    with suppress(ProcessLookupError):
        os.killpg(process, how)
    code, words = end(process), said.read_text("utf-8", "replace")
    tried = f"{straight.job}, {how.name}, {moment}"
    faults = list(_after_the_kill(folder, how, code, words, before, straight))
    again = end(start(args, folder, False, said))
    if again or content(folder) != straight.after:
        extra = sorted({*content(folder)} ^ {*straight.after})
        faults.append(f"again: status {again}, files {extra}; {said.read_text('utf-8', 'replace')[-300:]}")
    came = "it had ended" if code == 0 else "stopped"
    return tried, "; ".join(faults) or came


def _after_the_kill(
    folder: Path, how: int, code: int, words: str, before: dict[str, bytes], straight: Straight
) -> Iterator[str]:
    if code not in (0, -how, 128 + how) or (how != signal.SIGKILL and code < 0 and "misid" in words):
        yield f"status {code}"
    if "Traceback" in words or "bug in misid" in words:
        yield f"said {words[-300:]}"
    out = {name: data for name, data in content(folder).items() if name.startswith("out/")}
    if out and out not in [{n: d for n, d in one.items() if n.startswith("out/")} for one in (before, straight.after)]:
        yield "the result is neither the older nor the new one"
    if not out and any(name.startswith("out/") for name in before) and not any(folder.glob(".misid-*.old")):
        yield "the older result is lost"
    if out:
        try:
            check_result(folder / "out")
        except MisidError as error:
            yield f"check: {error}"
    litter = [name for name in content(folder) if "/" not in name and name.startswith(".misid-")]
    if how != signal.SIGKILL and litter:
        yield f"left {litter}"


# Two at once


def pair_once(top: Path, draw: random.Random) -> tuple[str, str]:
    """Have two jobs write one folder at the same time; return what was tried, and what came of it."""
    folder = top / "pair"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    scores(folder / "s.csv")
    jobs, started = [draw.choice(list(PAIRED)) for _ in range(2)], []
    for number, job in enumerate(jobs):
        force = ["--force"] if draw.random() < 0.5 else []
        started.append(start([*PAIRED[job], *force], folder, False, top / f"said-{number}"))
        time.sleep(draw.choice([0.0, draw.uniform(0.0, 0.5)]))
    ended = [(end(process), (top / f"said-{at}").read_text("utf-8")) for at, process in enumerate(started)]
    tried, faults = " and ".join(sorted(jobs)), []
    for code, words in ended:
        if code not in (0, 2) or "Traceback" in words:
            faults.append(f"status {code}, said {words[-300:]}")
        elif code == 2 and not any(one in words for one in ("has been writing it for", "holds an older result")):
            faults.append(f"said {words[-300:]}")
    if all(code for code, _ in ended):
        faults.append("neither came through")
    try:
        check_result(folder / "out")
    except MisidError as error:
        faults.append(f"check: {error}")
    if litter := {one.name for one in folder.iterdir()} - {"out", "s.csv", "card.json"}:
        faults.append(f"left {sorted(litter)}")
    return tried, "; ".join(faults) or ("one was refused" if any(code for code, _ in ended) else "one after the other")


# Damage

Damage = Callable[[Path, random.Random, Path], None]


def flip(path: Path, draw: random.Random, other: Path) -> None:
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def cut(path: Path, draw: random.Random, other: Path) -> None:
    os.truncate(path, draw.randrange(path.stat().st_size))


def zero(path: Path, draw: random.Random, other: Path) -> None:
    data = bytearray(path.read_bytes())
    at = draw.randrange(len(data))
    data[at : at + 512] = bytes(len(data[at : at + 512]))
    path.write_bytes(data)


def swap(path: Path, draw: random.Random, other: Path) -> None:
    shutil.copy(other, path)


def append(path: Path, draw: random.Random, other: Path) -> None:
    path.write_bytes(path.read_bytes() + draw.choice([b"\n", b" ", b"\0", path.read_bytes()]))


def remove(path: Path, draw: random.Random, other: Path) -> None:
    path.unlink()


DAMAGES: dict[str, Damage] = {one.__name__: one for one in (flip, cut, zero, swap, append, remove)}


def damage_once(top: Path, whole: Path, second: Path, draw: random.Random) -> tuple[str, str]:
    """Damage one file of a finished result, or of a run that goes on; return what was tried, and if it is found."""
    folder, finished = top / "damaged", draw.random() < 0.5 or not (whole / "encounters").exists()
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole if finished else whole / "encounters", folder)
        path = draw.choice(sorted(one for one in folder.rglob("*") if one.is_file()))
        name = path.relative_to(folder)
        damage, before = draw.choice(list(DAMAGES)), path.read_bytes()
        DAMAGES[damage](path, draw, (second if finished else second / "encounters") / name)
        if not path.exists() or path.read_bytes() != before:  # a zero where a zero stood is no damage
            break
    tried = f"{damage} in a {'finished result' if finished else 'run that goes on'}"
    try:
        if finished:
            check_result(folder)
        elif Ledger(folder, Plan.from_json(read_plan(whole))).missing():
            return tried, "found"
        elif name == Path("plan.json") and content(folder) == content(whole / "encounters"):
            return tried, "found"  # and made again as it was
    except MisidError as error:
        return tried, "found" if str(folder) in str(error) else f"{name}: said {error}"
    return tried, f"{name}: not found"


def table(counts: Counter[tuple[str, str]]) -> str:
    rows = sorted(counts.items())
    return "\n".join(f"{many:5}  {tried:55}  {came}" for (tried, came), many in rows)


def tries(kills: int, pairs: int, parts: int, seed: int, state: Path | None = None) -> Counter[tuple[str, str]]:
    """Return how often each thing was tried, by what came of it; the state holds one line for each try."""

    logging.getLogger("misid").setLevel(logging.ERROR)
    lines = state.read_text("utf-8").splitlines() if state is not None and state.exists() else []
    done = [json.loads(line) for line in lines]
    counts = Counter((tried, came) for _, _, tried, came in done)
    known = {(kind, number) for kind, number, *_ in done}
    with tempfile.TemporaryDirectory(prefix="misid-faults-") as place:
        top = Path(place)

        def note(kind: str, number: int, found: tuple[str, str]) -> None:
            counts[found] += 1
            if state is not None:
                state.parent.mkdir(parents=True, exist_ok=True)
                with state.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([kind, number, *found]) + "\n")

        jobs = list(JOBS)
        straight = {job: Straight(top, job) for job in jobs if kills}
        for number in range(kills):
            if ("kill", number) not in known:
                draw = random.Random(f"{seed} kill {number}")
                note("kill", number, kill_once(top, straight[jobs[number % len(jobs)]], draw))
        for number in range(pairs):
            if ("pair", number) not in known:
                note("pair", number, pair_once(top, random.Random(f"{seed} pair {number}")))
        wholes: dict[str, list[Path]] = {}
        for seed_of, job in itertools.product(("1", "2"), jobs if parts else ()):
            folder = top / f"{job}-{seed_of}"
            folder.mkdir()
            scores(folder / "s.csv")
            args = [*JOBS[job], "--seed", seed_of, "--charts", "csv"]
            assert end(start(args, folder, False, top / "said")) == 0, (top / "said").read_text("utf-8")
            wholes.setdefault(job, []).append(folder / "out")
        for number in range(parts):
            if ("part", number) not in known:
                draw = random.Random(f"{seed} part {number}")
                note("part", number, damage_once(top, *wholes[jobs[number % len(jobs)]], draw))
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--parts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path)
    given = parser.parse_args()
    print(table(tries(given.kills, given.pairs, given.parts, given.seed, given.state)))
