"""Runs encounters part by part into a ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from misid._version import VERSION
from misid.execution import executor
from misid.scenario import Scenario
from misid.storage import CHUNK, NONE, Ledger, Plan
from misid.twin.chain.run import simulate
from misid.twin.chain.world import World

PART_ROWS = CHUNK  # encounters of one part: small enough that two workers share a run of 200,000 and memory stays flat


def plan(scenario: Scenario, world: World, digest: str, encounters: int, seed: int) -> Plan:
    """Return what a run of a world is to write.

    Parameters
    ----------
    scenario : Scenario
        Of the world.
    world : World
        Gives stop policy, modes and rules.
    digest : str
        Names everything that the numbers rest on, beside the seed.
    encounters : int
        How many, at least 1.
    seed : int
        In [0, 2**64).
    """
    return Plan(
        version=VERSION,
        scenario_digest=digest,
        seed=seed,
        encounters=encounters,
        stop=world.stop,
        modes=tuple(mode.value for mode in world.thresholds),
        rules=tuple(world.rules),
        part_rows=PART_ROWS,
        labels={
            "truth.status": tuple(scenario.statuses),
            "seen.database": (NONE, *world.records.databases),
        },
    )


@dataclass(frozen=True)
class Part:
    """Writes one part of a ledger; what a worker is handed."""

    world: World
    plan: Plan
    folder: Path
    in_force: str

    def __call__(self, part: int) -> int:
        """Write a part and return how many encounters it has."""
        first, after = self.plan.span(part)
        columns = simulate(self.world, self.plan.seed, np.arange(first, after, dtype=np.int64), self.in_force)
        Ledger(self.folder, self.plan).write_part(part, columns)
        return after - first


def write(
    world: World,
    plan: Plan,
    folder: Path,
    in_force: str,
    workers: int | None = None,
    kind: str = "local",
    on_part: Callable[[int], None] | None = None,
) -> Ledger:
    """Write the parts of a ledger that are not there yet.

    Parameters
    ----------
    world : World
        What is simulated.
    plan : Plan
        From `plan`.
    folder : Path
        New, empty, or with parts of the same plan.
    in_force : str
        The rule under which ``truth.`` and ``seen.`` are written down.
    workers : int, optional
        How many processes; one per core if not given.
    kind : str
        Name of an executor.
    on_part : callable, optional
        Called with the number of encounters whenever a part is done, parts that were there included.

    Returns
    -------
    Ledger
        Whole.

    Raises
    ------
    OutputRefused
        If the folder holds something else.
    """
    ledger = Ledger(folder, plan)
    missing = ledger.missing()
    if on_part is not None:
        for part in set(range(plan.parts)) - set(missing):
            first, after = plan.span(part)
            on_part(after - first)
    done = None if on_part is None else lambda _, count: on_part(count)
    executor(kind)(Part(world, plan, folder, in_force), missing, workers, done)
    return ledger
