"""Draws four encounters at one threshold, each as a screen beside the truth; they are kept nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from misid.expected import Points
from misid.findings.estimates import Estimates
from misid.findings.screens import Screen
from misid.findings.simulated.phone import drawn
from misid.simulation import World, ledger_plan, simulate_encounters
from misid.vocabulary.catalogue import say

FOUR = 4
ENCOUNTERS = 8_000
# Outcomes that are shown, the first four of those that occur, before all others; the first encounter of each.
WANTED = ("wrong_record", "wrong_person", "supported", "no_action", "not_verified", "supported_by_chance")


def four_screens(
    e: Estimates, points: Points, *, seed: int = 1, encounters: int = ENCOUNTERS, condition: str = ""
) -> tuple[Screen, ...]:
    """Return four encounters of different outcomes at one point, for a short page.

    The same scenario gives the same four; the same seed and point give those of a ledger.  With the words of the
    ``condition`` they stand in an appendix: everything is said of them, and how many end like that.
    """
    rule, n = e.scenario.rule, min(encounters, ENCOUNTERS)
    world = World.at({"here": points}, e.stop, (rule,))
    columns = simulate_encounters(world, seed, np.arange(n, dtype=np.int64), rule)
    known = {column.name: column for column in ledger_plan(world, "", n, seed).columns()}

    def value(name: str, i: int) -> Any:
        found, column = columns[name][i].item(), known[name]
        if column.codes:
            return column.codes[found]
        return None if column.missing is not None and (found == column.missing or found != found) else found

    outcome = f"outcome.{rule}"
    place = {words.replace(" ", "_"): i for i, words in enumerate(known[outcome].codes)}
    made: list[Screen] = []
    for wanted in dict.fromkeys((*WANTED, *place)):
        at = alike = np.flatnonzero(columns[outcome] == place[wanted])
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
            screen = drawn(e.scenario, i, seen, truth, value(outcome, i), disbelieved, brief=not condition)
            if condition:
                often = say("simulated.often", n=len(alike), of=n, condition=condition)
                screen = replace(screen, who=(*screen.who, (say("simulated.who.often"), often)))
            made.append(screen)
    return tuple(made)
