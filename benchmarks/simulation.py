"""Times encounters through the whole chain, ten rules and the ledger, on this machine.  `make bench` prints it.

Beside the whole stand its parts on one core, and what nobody can be faster than: the draws alone, and the same columns
written by DuckDB with nothing reckoned.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from misid.expected import model_of
from misid.findings.encounters import rests_on, shown_world
from misid.randomness import Purpose, uniforms
from misid.scenario import load_scenario
from misid.simulation import PART_ROWS, ledger_plan, simulate_encounters, write_ledger
from misid.storage import Ledger, worker_count

RUNS = 3
BLOCKS = 16  # blocks of four draws that one encounter takes, all stages together
SIZES = (100_000, 1_000_000)


def main() -> None:
    """Print seconds for a hundred thousand and a million encounters, and the rates of the parts."""
    scenario = load_scenario("field-app")
    found = model_of(scenario)
    world = shown_world(found, tuple(scenario.rules))
    digest, workers = rests_on(found), worker_count(None)
    rows: dict[str, Any] = {"workers": workers, "rules": len(world.rules), "points": len(world.thresholds)}
    with tempfile.TemporaryDirectory() as place:
        for encounters in SIZES:
            seconds = []
            for run in range(RUNS):
                what = ledger_plan(world, digest, encounters, seed=run)
                folder = Path(place) / f"{encounters}-{run}"
                seconds.append(
                    _seconds(lambda what=what, folder=folder: write_ledger(world, what, folder, scenario.rule, workers))  # type: ignore[misc]
                )
            rows[f"{encounters} encounters"] = _median(seconds)
            print(f"{encounters:>9,} encounters, {len(world.rules)} rules, ledger, {workers} workers  {_said(seconds)}")

        ids = np.arange(PART_ROWS)
        reckoned = [_seconds(lambda: simulate_encounters(world, 1, ids, scenario.rule)) for _ in range(RUNS)]
        drawn = [
            _seconds(lambda: [uniforms(1, Purpose.PERSON, ids, block=block) for block in range(BLOCKS)])
            for _ in range(RUNS)
        ]
        what = ledger_plan(world, digest, PART_ROWS, seed=1)
        columns = dict(simulate_encounters(world, 1, ids, scenario.rule))
        written = [
            _seconds(lambda run=run: Ledger(Path(place) / f"part-{run}", what).write_part(0, columns))  # type: ignore[misc]
            for run in range(RUNS)
        ]
    for name, seconds in (("chain", reckoned), ("its draws alone", drawn), ("ledger alone", written)):
        rate = PART_ROWS / statistics.median(seconds) / 1e6
        rows[name] = {"million_per_second": rate}
        print(f"{name:<20} one core  {rate:6.2f} million encounters a second, all points")
    print(json.dumps(rows, sort_keys=True))


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def _median(seconds: list[float]) -> dict[str, float]:
    return {"median_s": statistics.median(seconds), "lowest_s": min(seconds), "highest_s": max(seconds)}


def _said(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):6.2f} s  ({min(seconds):.2f} to {max(seconds):.2f}, {len(seconds)} runs)"


if __name__ == "__main__":
    main()
