"""Simulates the encounters of a scenario: one world, at the values that the page shows, into one ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from misid.errors import OutOfRange
from misid.expected import ScenarioModel
from misid.simulation import World, ledger_plan, write_ledger
from misid.storage import Executor, Ledger, run_parts, to_text, worker_count

MOST = 10**12
SEEDS = 2**64


@dataclass(frozen=True)
class Simulation:
    """How many encounters, and with what luck.

    Parameters
    ----------
    encounters : int
        1 to 10**12.
    seed : int
        0 to 2**64 - 1.
    workers : int or None
        Processes; one per core if None.  Changes nothing but the time.
    executor : callable
        What has them run.

    Raises
    ------
    OutOfRange
        If encounters, seed or workers is out of range.
    """

    encounters: int
    seed: int = 1
    workers: int | None = None
    executor: Executor = run_parts

    def __post_init__(self) -> None:
        if not 1 <= self.encounters <= MOST:
            raise OutOfRange("encounters", self.encounters, f"1 to {MOST:,}")
        if not 0 <= self.seed < SEEDS:
            raise OutOfRange("seed", self.seed, "0 to 2**64 - 1")
        worker_count(self.workers)


def shown_world(model: ScenarioModel, rules: Sequence[str]) -> World:
    """Return the world that is simulated: the values of the scenario, the headline stop policy, some rules."""
    return World.at(model.best(), model.scenario.headline_stop, tuple(rules))


def rests_on(model: ScenarioModel) -> str:
    """Return the SHA-256 of everything that the encounters rest on beside the seed: scenario, card, model choice."""
    choice = model.choices[model.shown]
    parts = {
        "scenario": model.scenario.digest(),
        "card": choice.card.to_json(),
        "image_kind": choice.image_kind.value,
        "form": choice.form,
        "heterogeneity_k": choice.heterogeneity_k,
    }
    return hashlib.sha256(to_text(parts).encode()).hexdigest()


def simulate(
    model: ScenarioModel,
    rules: Sequence[str],
    simulation: Simulation,
    folder: Path,
    on_part: Callable[[int], None] | None = None,
) -> Ledger:
    """Run encounters into a ledger, at every operating point, going on where an earlier run of the same stopped.

    Parameters
    ----------
    model : ScenarioModel
        Scenario and model choice.
    rules : sequence of str
        Rules under which the same encounters are decided; the one in force among them.
    simulation : Simulation
        How many, and with what luck.
    folder : Path
        New, empty, or with parts of the same run.
    on_part : callable, optional
        Called with a number of encounters whenever so many are done.

    Returns
    -------
    Ledger

    Raises
    ------
    OutputRefused
        If the folder holds another run.
    """
    place = shown_world(model, rules)
    what = ledger_plan(place, rests_on(model), simulation.encounters, simulation.seed)
    in_force = model.scenario.rule
    return write_ledger(place, what, folder, in_force, simulation.workers, simulation.executor, on_part)
