"""Draws four encounters for the short page: a small simulation of its own at one threshold, kept nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from misid.expected import Points
from misid.findings.estimates import Estimates
from misid.findings.screens import Screen
from misid.findings.simulated.phone import FOUR, drawn
from misid.simulation import World, ledger_plan, simulate_encounters

ENCOUNTERS = 8_000
SEED = 1
# Outcomes that are shown, the first four of those that occur; the first encounter of each.
WANTED = ("wrong_record", "wrong_person", "supported", "no_action", "not_verified", "supported_by_chance")


def four_screens(e: Estimates, points: Points) -> tuple[Screen, ...]:
    """Return four encounters of different outcomes at one point, each a screen beside the truth.

    The same scenario gives the same four.
    """
    rule = e.scenario.rule
    world = World.at({"here": points}, e.stop, (rule,))
    columns = simulate_encounters(world, SEED, np.arange(ENCOUNTERS, dtype=np.int64), rule)
    known = {column.name: column for column in ledger_plan(world, "", ENCOUNTERS, SEED).columns()}

    def value(name: str, i: int) -> Any:
        found, column = columns[name][i].item(), known[name]
        if column.codes:
            return column.codes[found]
        return None if column.missing is not None and (found == column.missing or found != found) else found

    outcome = f"outcome.{rule}"
    place = {words.replace(" ", "_"): i for i, words in enumerate(known[outcome].codes)}
    made: list[Screen] = []
    for wanted in WANTED:
        at = np.flatnonzero(columns[outcome] == place[wanted])
        if wanted == "no_action":
            # Somebody photographed who is not enrolled, if there is one: nobody should be found, and the photo is kept.
            alone = at[~columns["truth.enrolled"][at] & columns["seen.photo_usable"][at]]
            at = alone if len(alone) else at
        if len(at) and len(made) < FOUR:
            i = int(at[0])
            seen, truth = (
                {name.partition(".")[2]: value(name, i) for name in known if name.startswith(side)}
                for side in ("seen.", "truth.")
            )
            disbelieved = bool(columns[f"disbelieved.{rule}"][i])
            made.append(drawn(e.scenario, i, seen, truth, value(outcome, i), disbelieved, brief=True))
    return tuple(made)
