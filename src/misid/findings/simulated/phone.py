"""Draws synthetic encounters as a screen beside the truth.

`sight` gets what is seen and nothing else; `persons` never says what the officer saw.  No name is real: records and
people have numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from misid.findings.screens import Screen, Tone
from misid.findings.simulated.kept import kept_for
from misid.findings.simulated.ledger import OWN, Book, SimulatedRun
from misid.findings.words import label
from misid.scenario import Scenario, rule_named
from misid.storage import literal, name
from misid.vocabulary import Sex
from misid.vocabulary.numbers import format_number, listing

FOUR = 4
# Kinds of encounters that are shown, SQL over `people`: the first four that occurred.
KINDS: Mapping[str, str] = {
    "right": "outcome = 'supported'",
    "wrong_person": "outcome = 'wrong person' AND NOT disbelieved",
    "wrong_record": "outcome = 'wrong record' AND NOT disbelieved",
    "fingerprints": "fingerprint_record <> 'none'",
    "disbelieved": "disbelieved",
    "not_verified": "outcome = 'not verified'",
    "cleared": f"{OWN} AND outcome = 'no action'",
    "nobody": "whose = 'none' AND scanned",
    "not_scanned": "NOT scanned",
    "any": "TRUE",
}
Row = Mapping[str, Any]


class Picked(NamedTuple):
    """One encounter that is shown, and how many of its kind the run has at its operating point."""

    kind: str
    point: str
    encounter: int
    many: int


def pick(book: Book) -> tuple[Picked, ...]:
    """Pick four encounters to show: the first of each kind, at the strictest threshold at which it is of that kind."""
    tests = ", ".join(f"min(encounter) FILTER ({t}), count(*) FILTER ({t})" for t in KINDS.values())
    first: dict[str, Picked] = {}
    for point in book.points:
        (found,) = book.rows(f"SELECT {tests} FROM people WHERE point = {literal(point)}")
        for kind, encounter, many in zip(KINDS, found[::2], found[1::2], strict=True):
            if many and (kind not in first or encounter < first[kind].encounter):
                first[kind] = Picked(kind, point, encounter, many)
    shown: dict[int, Picked] = {}
    for kind in KINDS:
        if kind in first:
            shown.setdefault(first[kind].encounter, first[kind])  # one encounter is shown once
    return tuple(shown.values())[:FOUR]


def shown_screens(run: SimulatedRun, book: Book) -> tuple[Screen, ...]:
    """Return the picked encounters, each as a screen beside the truth."""
    scenario, made = run.estimates.scenario, []
    rule = name(scenario.rule)
    for picked in pick(book):
        ((seen, truth, outcome, disbelieved),) = book.rows(
            f"SELECT seen, truth, outcome.{rule}, disbelieved.{rule} FROM encounters "
            f"WHERE encounter = {picked.encounter} AND point = {literal(picked.point)}"
        )
        often = f"{picked.many:,} of {run.encounters:,} simulated, {run.condition(picked.point)}"
        who = (*persons(scenario, seen, truth), ("How often", often))
        ends = happened(scenario, seen, truth, outcome, disbelieved), verdict(scenario, seen, outcome, disbelieved)
        made.append(Screen(picked.encounter, *sight(scenario, seen), who, *ends))
    return tuple(made)


Sight = tuple[str, Tone, tuple[tuple[str, str], ...], str]  # answer, tone, lines and paper of a `Screen`


def sight(scenario: Scenario, seen: Row) -> Sight:
    """Return all that the officer gets, from the ``seen.`` columns of one encounter and no other."""
    paper = "Shows a document that proves their status" if seen["document_shown"] else "Shows no document"
    if seen["looks_under_18"]:
        paper += "; looks under 18"
    if seen["manner"] == "not scanned":
        return ("Not scanned", "none", (), paper)
    if not seen["hit"]:
        answer = "No match" if seen["photo_usable"] else "Photo not usable"
        after = (("Next", "fingerprints are taken and searched"),) if seen["fingerprinted"] else ()
        return (answer, "alarm" if scenario.purpose == "verify" else "none", after, paper)
    record = f"{int(seen['record_number']) & 0xFFFFFF:06X}"
    if rule_named(scenario, scenario.rule).response == "code":
        # A hue that tells what the record calls for would be more than a code.
        return ("Match", "none", (("Code to call in", f"C-{record}"),), paper)
    tone: Tone = "alarm" if seen["record_calls_for_action"] else "clear"
    database = scenario.records.databases.get(seen["database"])
    lines = (
        ("Record", f"S-{record}"),
        ("Status on record", "calls for action" if seen["record_calls_for_action"] else "calls for nothing"),
        ("Origin on record", label(seen["record_origin"])),
        ("Age on record", f"{seen['record_age']}"),
        ("What the person says", "differs from the record" if seen["details_differ"] else "agrees with the record"),
        ("Database", seen["database"] if database is None else database.title.partition(" (")[0]),
        ("Score, not probability", f"{format_number(float(seen['score']))}"),
    )
    return ("Match", tone, lines, paper)


_ALONE = {"household": "with their household", "workplace": "at work, with others"}
_SEXES = {Sex.MALE.value: ("man", "boy"), Sex.FEMALE.value: ("woman", "girl")}
_FAULTS = {"none": "right", "stale": "out of date", "entered wrongly": "entered wrongly"}
_WHOSE = {
    "none": "none came up",
    "identical twin": "their identical twin's",
    "sibling": "a brother's or sister's",
    "stranger": "a stranger's",
    "bystander": "that of somebody else in the picture",
}
_PRINTS = {"none": "none came up", "own record": "their own", "another person's": "another person's"}
_OWN = ("own record", "own second record")


def persons(scenario: Scenario, seen: Row, truth: Row) -> tuple[tuple[str, str], ...]:
    """Return who the person is, and whose record came up."""
    grown, child = _SEXES[truth["sex"]]
    who = [
        ("Person", f"P-{int(truth['person']) & 0xFFFFFF:06X}"),
        ("Who", f"{label(truth['origin'])}, {child if truth['minor'] else grown}, {truth['age']}"),
        ("One of", scenario.statuses[truth["status"]].title),
        ("In the gallery", "yes" if truth["enrolled"] else "no"),
        ("Record that came up", _record(truth)),
    ]
    details = {"name": "name_right", "birth date": "birth_date_right", "nationality": "nationality_right"}
    wrong = [words for words, right in details.items() if not truth[right]]
    if wrong and truth["hit"] in _OWN:
        who.append(("Wrong on it", listing(wrong)))
    if truth["candidates"] > 1:
        picked = f"number {truth['rank']} picked" if truth["rank"] else "nobody picked"
        who.append(("Candidates listed", f"{truth['candidates']}, {picked}"))
    if seen["fingerprinted"]:
        who.append(("Record that fingerprints brought up", _PRINTS[truth["fingerprint_record"]]))
    if truth["carries_document"]:
        who.append(("Carries", "a genuine document that proves their status"))
    if truth["together"] != "alone":
        who.append(("Stopped", _ALONE[truth["together"]]))
    return tuple(who)


def _record(truth: Row) -> str:
    if truth["hit"] not in _OWN:
        return _WHOSE[truth["hit"]]
    if truth["record_fault"] == "linked to another person":
        return "another person's, linked to this face"
    which = "their own second" if truth["hit"] == "own second record" else "their own"
    return f"{which}, {_FAULTS[truth['record_fault']]}"


_VERDICTS = {"chance by fingerprint": "supported by chance"}


def verdict(scenario: Scenario, seen: Row, outcome: str, disbelieved: bool) -> str:
    """Return the cause of an unsupported action, a disbelieved document before the others; or that the person is let go."""
    if disbelieved:
        return "disbelieved document"
    if outcome != "no action":
        return _VERDICTS.get(outcome, outcome.removesuffix(" by fingerprint"))
    go = "let through" if scenario.purpose == "verify" else "let go"
    return f"{go}; {'no photo taken' if seen['manner'] == 'not scanned' else kept_for(scenario)}"


def happened(scenario: Scenario, seen: Row, truth: Row, outcome: str, disbelieved: bool) -> str:
    """Return in a sentence what happened under the rule in force, and why."""
    if outcome == "no action":
        return f"{_let_go(seen, truth)}: {verdict(scenario, seen, outcome, False)}."
    because = f"because of {_ground(truth)}" if truth["hit"] != "none" else "although nobody was found"
    if truth["fingerprint_record"] != "none":
        wrong = ", which is wrong" if outcome == "wrong record by fingerprint" else ""
        because = f"because fingerprints brought up {_PRINTS[truth['fingerprint_record']]} record{wrong}"
    if outcome in ("supported by chance", "chance by fingerprint"):
        because += "; their own record would have supported it"
    shown = ", and a genuine document that was shown did not help" if disbelieved else ""
    return f"Acted on {because}{shown}."


def _let_go(seen: Row, truth: Row) -> str:
    if seen["manner"] == "not scanned":
        return "Not photographed"
    if seen["hit"] and seen["record_calls_for_action"]:
        return "The record calls for action, but a check or a document stopped it"
    if truth["hit"] in _OWN:
        return f"Their own record {'rightly' if truth['record_right'] else 'wrongly'} calls for nothing"
    if seen["hit"]:
        return "Somebody else's record came up and calls for nothing"
    if truth["fingerprint_record"] != "none":
        return f"The face was not found; fingerprints brought up {_PRINTS[truth['fingerprint_record']]} record"
    if not seen["photo_usable"]:
        return "The photo gave nothing to search with"
    return "In the gallery and not found" if truth["enrolled"] else "Nobody was found, as nobody should be"


def _ground(truth: Row) -> str:
    """Return what an action rests on, in words."""
    if truth["hit"] == "bystander":
        return "the record of somebody else in the picture"
    if truth["hit"] not in _OWN:
        return f"{_record(truth)} record"
    which, _, fault = _record(truth).partition(", ")
    return f"the record of another person, {fault}" if "another" in which else f"{which} record, which is {fault}"
