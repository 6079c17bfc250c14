"""Draws four encounters for the short page: a small simulation of its own at one threshold, kept nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from misid.expected import Points
from misid.findings.estimates import Estimates
from misid.findings.screens import Screen
from misid.findings.simulated.phone import FOUR, happened, persons, sight, verdict
from misid.simulation import World, ledger_plan, simulate_encounters

ENCOUNTERS = 8_000
SEED = 1
# Outcomes that are shown, the first four of those that occur; the first encounter of each.
WANTED = ("wrong record", "wrong person", "supported", "no action", "not verified", "supported by chance")
# What of each is shown here; the appendix shows all of it.
LINES = {"Status on record": "Record", "What the person says": "Person", "Code to call in": "Code", "Next": "Next"}


def four_screens(e: Estimates, points: Points) -> tuple[Screen, ...]:
    """Return four encounters of different outcomes at one point, each a screen beside the truth.

    The same scenario gives the same four.
    """
    scenario = e.scenario
    rule, point = scenario.rule, "here"
    world = World.at({point: points}, e.stop, (rule,))
    columns = simulate_encounters(world, SEED, np.arange(ENCOUNTERS, dtype=np.int64), rule)
    known = {column.name: column for column in ledger_plan(world, "", ENCOUNTERS, SEED).columns()}

    def value(name: str, i: int) -> Any:
        found, column = columns[name][i].item(), known[name]
        if column.codes:
            return column.codes[found]
        return None if column.missing is not None and (found == column.missing or found != found) else found

    outcome = f"outcome.{rule}"
    codes = list(known[outcome].codes)
    made: list[Screen] = []
    for wanted in WANTED:
        at = np.flatnonzero(columns[outcome] == codes.index(wanted)) if wanted in codes else np.zeros(0, int)
        if wanted == "no action":
            # Somebody photographed who is not enrolled, if there is one: nobody should be found, and the photo is kept.
            alone = at[~columns["truth.enrolled"][at] & columns["seen.photo_usable"][at]]
            at = alone if len(alone) else at
        if not len(at) or len(made) == FOUR:
            continue
        i = int(at[0])
        seen, truth = (
            {name.partition(".")[2]: value(name, i) for name in known if name.startswith(side)}
            for side in ("seen.", "truth.")
        )
        disbelieved = bool(columns[f"disbelieved.{rule}"][i])
        answer, tone, lines, paper = sight(scenario, seen)
        who = dict(persons(scenario, seen, truth))
        made.append(
            Screen(
                i,
                answer,
                tone,
                tuple(
                    (LINES[name], words) for name, words in lines if name in LINES and words != "agrees with the record"
                ),
                paper,
                (("Who", f"{who['Who']} ({who['One of']})"),),
                happened(scenario, seen, truth, wanted, disbelieved),
                verdict(scenario, seen, wanted, disbelieved),
            )
        )
    return tuple(made)
