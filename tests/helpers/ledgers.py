"""Made-up ledgers, and a program that writes one, to be killed in the middle."""

from __future__ import annotations

import argparse
import functools
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from misid.execution.local import run
from misid.storage.parts import Ledger, Plan

LABELS = {"truth.status": ("may_stay", "must_go", "it's unclear"), "seen.database": ("none", "visits", "arrests")}


def plan(encounters: int = 1000, part_rows: int = 65_536, modes: tuple[str, ...] = ("held",), **changes: Any) -> Plan:
    data: dict[str, Any] = {
        "version": "9.9",
        "scenario_digest": "ab12",
        "seed": 7,
        "encounters": encounters,
        "stop": "all",
        "modes": modes,
        "rules": ("definitive", "documents-first"),
        "part_rows": part_rows,
        "labels": LABELS,
    }
    return Plan(**data | changes)


def columns(of: Plan, part: int) -> dict[str, np.ndarray]:
    """Values that depend on encounter, mode and column alone, not on how the run is cut."""
    made = of.keys(part)
    row = made["encounter"].astype(np.uint64) * np.uint64(2) + made["mode"]
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


def write(folder: Path, of: Plan, delay: float, part: int) -> int:
    Ledger(folder, of).write_part(part, columns(of, part))
    time.sleep(delay)
    return part


class Dying:
    """Does what the function does, and at its n-th call, before or after, dies as no `finally` can prevent."""

    def __init__(self, real: Any, at: int, late: bool) -> None:
        self.real, self.at, self.late = real, at, late

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.at -= 1
        if self.at == 0 and not self.late:
            os.kill(os.getpid(), signal.SIGKILL)
        result = self.real(*args, **kwargs)
        if self.at == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encounters", type=int, default=70_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--die-at-disk", type=int, default=0)
    parser.add_argument("--die-at-replace", type=int, default=0)
    parser.add_argument("--mode", action="append")
    given = parser.parse_args()
    os.fsync = Dying(os.fsync, given.die_at_disk, late=False)
    os.replace = Dying(os.replace, given.die_at_replace, late=True)
    of = plan(given.encounters, modes=given.mode or ("comparisons", "held"))
    parts = Ledger(given.folder, of).missing()
    print("missing", *parts, flush=True)
    task = functools.partial(write, given.folder, of, given.delay)
    run(task, parts, given.workers, lambda part, _: print("done", part, flush=True))


if __name__ == "__main__":
    main()
