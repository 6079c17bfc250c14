"""Draws synthetic encounters as a screen beside the truth.

`sight` gets what is seen and nothing else; `persons` never says what the officer saw.  No name is real: records and
people have numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from misid.expected import Points
from misid.findings.estimates import Estimates
from misid.findings.questions.registry import time_kept
from misid.findings.screens import Screen, Tone
from misid.scenario import Scenario, rule_named
from misid.simulation import World, ledger_plan, simulate_encounters
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import format_number, listing

FOUR = 4
ENCOUNTERS = 8_000
# Outcomes that are shown, the first four of those that occur, before all others; the first encounter of each.
WANTED = ("wrong_record", "wrong_person", "supported", "no_action", "not_verified", "supported_by_chance")
BRIEF = ("code", "next", "status", "says")  # lines of a screen that a short page has room for
Row = Mapping[str, Any]


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
    first: list[int] = []
    for wanted in dict.fromkeys((*WANTED, *place)):
        at = np.flatnonzero(columns[outcome] == place[wanted])
        if wanted == "no_action":
            # Somebody photographed who is not enrolled, if there is one: nobody should be found, and the photo is kept.
            alone = at[~columns["truth.enrolled"][at] & columns["seen.photo_usable"][at]]
            at = alone if len(alone) else at
        first += at[:1].tolist()
    if condition:  # where there are fewer outcomes than four, those that came about in another way
        ways = np.stack([columns[name] for name in (outcome, f"disbelieved.{rule}", "truth.hit", "seen.photo_usable")])
        first += sorted(np.unique(ways, axis=1, return_index=True)[1].tolist())
    made: list[Screen] = []
    for i in tuple(dict.fromkeys(first))[:FOUR]:
        seen, truth = (
            {name.partition(".")[2]: value(name, i) for name in known if name.startswith(side)}
            for side in ("seen.", "truth.")
        )
        disbelieved = bool(columns[f"disbelieved.{rule}"][i])
        screen = drawn(e.scenario, i, seen, truth, value(outcome, i), disbelieved, brief=not condition)
        if condition:
            alike = np.count_nonzero(columns[outcome] == columns[outcome][i])
            often = say("simulated.often", n=alike, of=n, condition=condition)
            screen = replace(screen, who=(*screen.who, (say("simulated.who.often"), often)))
        made.append(screen)
    return tuple(made)


def drawn(
    scenario: Scenario, number: int, seen: Row, truth: Row, outcome: str, disbelieved: bool, brief: bool = False
) -> Screen:
    """Return one encounter as a screen beside the truth; for a short page in few lines."""
    found = persons(scenario, seen, truth)
    who = tuple((say(f"simulated.who.{line}"), words) for line, words in found.items())
    if brief:
        who = ((say("simulated.who.person"), say("simulated.who_of", person=found["person"], status=found["status"])),)
    cause = _cause(scenario, outcome, disbelieved)
    verdict = say(f"simulated.cause.{_cause(scenario, outcome, False)}")
    verdict = say("simulated.not_believed", cause=verdict) if disbelieved else verdict
    if outcome == "no action":
        time = time_kept(scenario)
        kept = "no_photo" if seen["manner"] == "not scanned" else "photo" if time else "not_kept"
        verdict = say("simulated.let_go", verdict=verdict, kept=say(f"simulated.kept.{kept}", time=time))
        happened = say(f"simulated.let.{_let_go(seen, truth)}", verdict=verdict)
    else:
        happened = _acted(truth, outcome, disbelieved)
    return Screen(number, *sight(scenario, seen, brief), who, happened, verdict, cause)


Sight = tuple[str, Tone, tuple[tuple[str, str], ...], str]  # answer, tone, lines and paper of a `Screen`


def sight(scenario: Scenario, seen: Row, brief: bool = False) -> Sight:
    """Return all that the officer gets, from the ``seen.`` columns of one encounter and no other."""
    answer, tone, lines = _answer(scenario, seen)
    wanted = BRIEF if seen["details_differ"] else BRIEF[:-1]
    shown = tuple(
        (say(f"simulated.{'brief' if brief else 'line'}.{line}"), words)
        for line, words in lines.items()
        if not brief or line in wanted
    )
    paper = f"{'shown' if seen['document_shown'] else 'none'}{'_young' if seen['looks_under_18'] else ''}"
    return say(f"simulated.answer.{answer}"), tone, shown, say(f"simulated.paper.{paper}")


def _answer(scenario: Scenario, seen: Row) -> tuple[str, Tone, dict[str, str]]:
    if seen["manner"] == "not scanned":
        return "not_scanned", "none", {}
    if not seen["hit"]:
        after = {"next": say("simulated.seen.fingerprints")} if seen["fingerprinted"] else {}
        tone: Tone = "alarm" if scenario.purpose == "verify" else "none"
        return "no_match" if seen["photo_usable"] else "unusable", tone, after
    record = f"{int(seen['record_number']) & 0xFFFFFF:06X}"
    if rule_named(scenario, scenario.rule).response == "code":
        # A hue that tells what the record calls for would be more than a code.
        return "match", "none", {"code": f"C-{record}"}
    act, database = seen["record_calls_for_action"], scenario.records.databases.get(seen["database"])
    lines = {
        "record": f"S-{record}",
        "status": say("simulated.seen.action" if act else "simulated.seen.no_action"),
        "origin": label(seen["record_origin"]),
        "age": str(seen["record_age"]),
        "says": say("simulated.seen.differs" if seen["details_differ"] else "simulated.seen.agrees"),
        "database": seen["database"] if database is None else database.title.partition(" (")[0],
        "score": format_number(float(seen["score"])),
    }
    return "match", "alarm" if act else "clear", lines


def persons(scenario: Scenario, seen: Row, truth: Row) -> dict[str, str]:
    """Return who the person is, and whose record came up, in the order of the page."""
    age = "child" if truth["minor"] else "adult"
    who = {
        "number": f"P-{int(truth['person']) & 0xFFFFFF:06X}",
        "person": say(f"simulated.person.{truth['sex']}_{age}", origin=label(truth["origin"]), age=str(truth["age"])),
        "status": scenario.statuses[truth["status"]].title,
        "enrolled": say("simulated.truth.enrolled" if truth["enrolled"] else "simulated.truth.not_enrolled"),
        "record": say(f"simulated.record.{_came_up(truth)}"),
    }
    wrong = [part for part in ("name", "birth_date", "nationality") if not truth[f"{part}_right"]]
    if wrong and _is_own(truth):
        who["wrong"] = listing([say(f"simulated.truth.{part}") for part in wrong])
    if truth["candidates"] > 1:
        which = "simulated.truth.picked" if truth["rank"] else "simulated.truth.nobody_picked"
        who["candidates"] = say(which, most=str(truth["candidates"]), rank=str(truth["rank"]))
    if seen["fingerprinted"]:
        who["prints"] = say(f"simulated.prints.{_code(truth['fingerprint_record'])}")
    if truth["carries_document"]:
        who["carries"] = say("simulated.truth.carries")
    if truth["together"] != "alone":
        who["together"] = say(f"simulated.truth.{truth['together']}")
    return who


def _code(words: str) -> str:
    return words.replace("'s", "").replace(" ", "_")


def _is_own(truth: Row) -> bool:
    return _code(truth["hit"]) in ("own_record", "own_second_record")


def _came_up(truth: Row) -> str:
    """Return as a code whose record came up, and what is wrong with it if it is the person's own."""
    return _code(f"{truth['hit']} {truth['record_fault']}" if _is_own(truth) else truth["hit"])


def _cause(scenario: Scenario, outcome: str, disbelieved: bool) -> str:
    """Return the code of a verdict: the cause of an unsupported action, a disbelieved document before the others."""
    if disbelieved:
        return "disbelieved_document"
    if outcome == "no action":
        return "let_through" if scenario.purpose == "verify" else "let_go"
    return {"chance": "supported_by_chance"}.get(cause := _code(outcome.removesuffix(" by fingerprint")), cause)


def _acted(truth: Row, outcome: str, disbelieved: bool) -> str:
    """Say in up to three sentences why somebody is acted on under the rule in force."""
    prints, ground = truth["fingerprint_record"], _came_up(truth)
    if prints != "none":
        ground = "prints_wrong" if _code(outcome) == "wrong_record_by_fingerprint" else f"prints_{_code(prints)}"
    texts = [say(f"simulated.acted.{ground}")]
    if "chance" in outcome:
        texts.append(say("simulated.acted.own_supports"))
    if disbelieved:
        texts.append(say("simulated.acted.disbelieved"))
    return " ".join(texts)


def _let_go(seen: Row, truth: Row) -> str:
    """Return the code of why nothing follows."""
    if seen["manner"] == "not scanned":
        return "not_scanned"
    if seen["hit"] and seen["record_calls_for_action"]:
        return "stopped"
    if _is_own(truth):
        return "own_right" if truth["record_right"] else "own_wrong"
    if seen["hit"]:
        return "somebody_else"
    if truth["fingerprint_record"] != "none":
        return f"prints_{_code(truth['fingerprint_record'])}"
    why = "unusable" if not seen["photo_usable"] else "missed" if truth["enrolled"] else "nobody"
    return f"{why}_prints" if seen["fingerprinted"] else why
