"""Made-up ledgers, and a program that writes one, to be killed in the middle."""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from misid.storage import Ledger, Plan, run_parts, to_text
from misid.storage.folders import file_digest
from misid.storage.ledger import rows_path, sealed

LABELS = {"truth.status": ("may_stay", "must_go", "it's unclear"), "seen.database": ("none", "visits", "arrests")}


def plan(
    encounters: int = 1000, part_rows: int = 65_536, points: tuple[str, ...] = ("nist_kept",), **changes: Any
) -> Plan:
    data: dict[str, Any] = {
        "version": "9.9",
        "scenario_digest": "ab12",
        "seed": 7,
        "encounters": encounters,
        "stop": "all",
        "points": points,
        "rules": ("definitive", "documents-first"),
        "part_rows": part_rows,
        "labels": LABELS,
    }
    return Plan(**data | changes)


def cut(of: Plan, rows: int) -> Plan:
    """Cut a plan finer than `Plan` allows, so that parts take no time; only one hash for any part size needs more."""
    object.__setattr__(of, "part_rows", rows)
    return of


def columns(of: Plan, part: int) -> dict[str, np.ndarray]:
    """Values that depend on encounter, point and column alone, not on how the run is cut."""
    made = of.keys(part)
    row = made["encounter"].astype(np.uint64) * np.uint64(2) + made["point"]
    for number, column in enumerate(of.columns()):
        if column.name in made:
            continue
        mixed = row * np.uint64(1_000) + np.uint64(number)
        for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(factor)
        draw, is_missing = mixed >> np.uint64(40), mixed % np.uint64(3) == 0
        kind = np.dtype(column.dtype)
        top = len(column.codes) or {"f": 10_000, "b": 2, "u": 200, "i": 30_000}[kind.kind]
        value = (draw % np.uint64(top)).astype(kind)
        if kind.kind == "f":
            value /= kind.type(1000)
        if column.null_means:
            value[is_missing] = np.nan if kind.kind == "f" else -1
        made[column.name] = value
    return made


def verify(ledger: Ledger) -> str:
    """Read every part again, raise the first fault, and return the content hash."""
    for fault in ledger.faults():
        raise fault
    return ledger.content_hash()


def resign(folder: Path, part: int = 0, **changes: Any) -> None:
    """Make a part's note fit the bytes of its files again, as only a forger would."""
    path = folder / f"part-{part:05d}.json"
    note = json.loads(path.read_text("utf-8"))
    note["files"] = {point: file_digest(rows_path(folder, part, point)) for point in note["files"]}
    path.write_text(to_text(sealed(note | changes)), "utf-8")


def write(folder: Path, of: Plan, delay: float, part: int) -> int:
    Ledger(folder, of).write_part(part, columns(of, part))
    time.sleep(delay)
    return part


def do(of: Plan, folder: Path, workers: int, delay: float) -> None:
    parts = Ledger(folder, of).missing()
    print("missing", *parts, flush=True)
    run_parts(
        functools.partial(write, folder, of, delay), parts, workers, lambda part, _: print("done", part, flush=True)
    )


class Dying:
    """Does what the function does, and before its n-th call dies as no `finally` can prevent."""

    def __init__(self, real: Any, at: int) -> None:
        self.real, self.at = real, at

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.at -= 1
        if self.at == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.real(*args, **kwargs)


def die_at_every_step(of: Plan, folder: Path) -> None:
    """Run again and again, each time in a folder of its own, and die at the next step; the last run finds no more."""
    import duckdb  # noqa: F401  # once, not in every child

    for at in itertools.count(1):
        process = os.fork()
        if process == 0:
            os.fsync = Dying(os.fsync, at)
            do(of, folder / str(at), workers=1, delay=0)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        print("died" if os.WIFSIGNALED(status) else f"ended {status}", at, flush=True)
        if not os.WIFSIGNALED(status):
            return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encounters", type=int, required=True)
    parser.add_argument("--part-rows", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--die-at-every-step", action="store_true")
    given = parser.parse_args()
    of = cut(plan(given.encounters, points=("strict", "nist_kept")), given.part_rows)
    if given.die_at_every_step:
        die_at_every_step(of, given.folder)
    else:
        do(of, given.folder, given.workers, given.delay)


if __name__ == "__main__":
    main()
