"""Draws synthetic encounters as a screen beside the truth.

`sight` gets what is seen and nothing else; `truth` never says what the officer saw.  No name is real: records and people
have numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from misid.findings.screens import Screen, Tone
from misid.findings.simulated.book import KEPT, KINDS, Book
from misid.findings.words import capital, either, format_number, label, listing
from misid.scenario import Scenario
from misid.vocabulary import Mode, Sex

DOZEN = 12
OUTCOMES_OF_NOTHING = "nothing happened"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sight:
    """All that the officer gets."""

    answer: str
    tone: Tone
    lines: tuple[tuple[str, str], ...]
    paper: str


@dataclass(frozen=True)
class Picked:
    """One encounter that is shown.

    Parameters
    ----------
    kind : str
        One of `misid.findings.simulated.book.KINDS`.
    mode : Mode
        In which it is shown.
    encounter : int
        Its number.
    """

    kind: str
    mode: Mode
    encounter: int


def pick(book: Book) -> tuple[Picked, ...]:
    """Pick encounters to show: of each kind the first, then the second and third of each until there are a dozen.

    Parameters
    ----------
    book : Book
        The ledger.

    Returns
    -------
    tuple of Picked
        In the order of kinds.  Every kind that occurred is there; of one mode, the first in which its kind occurs.
    """
    first: dict[str, tuple[Mode, list[int]]] = {}
    for mode in book.modes:
        for kind, numbers in book.rows(
            f"SELECT kind, flatten(list(first)) FROM cells WHERE mode = '{mode.value}' GROUP BY ALL"
        ):
            first.setdefault(kind, (mode, sorted(int(x) for x in numbers)[:KEPT]))
    ranked = [
        (turn, list(KINDS).index(kind), Picked(kind, mode, numbers[turn]))
        for kind, (mode, numbers) in first.items()
        for turn in range(len(numbers))
    ]
    ranked.sort(key=lambda item: item[:2])
    chosen = ranked[: max(DOZEN, len(first))]
    return tuple(picked for _, _, picked in sorted(chosen, key=lambda item: (item[1], item[0])))


def screens(scenario: Scenario, book: Book, often: Mapping[str, Mapping[Mode, float]]) -> tuple[Screen, ...]:
    """Return the picked encounters, each as a screen beside the truth.

    Parameters
    ----------
    scenario : Scenario
        Gives titles, and what the officer is shown of a hit.
    book : Book
        The ledger.
    often : mapping of str to mapping of Mode to float
        How many of ``use.people`` encounters are of each kind.
    """
    picked = pick(book)
    rule = scenario.rule.replace('"', '""')
    numbers = ", ".join(str(p.encounter) for p in picked)
    found = {
        (mode, encounter): (seen, truth, outcome, disbelieved)
        for mode, encounter, seen, truth, outcome, disbelieved in book.rows(
            f'SELECT mode, encounter, seen, truth, outcome."{rule}", disbelieved."{rule}" FROM encounters '
            f"WHERE encounter IN ({numbers})"
        )
    }
    made = []
    for p in picked:
        seen, truth, outcome, disbelieved = found[p.mode.value, p.encounter]
        left = sight(scenario, seen)
        who = [*persons(scenario, truth), ("How often", _often(scenario, often[p.kind]))]
        if p.mode is not book.modes[0]:
            who.append(("Reading", label(p.mode)))
        made.append(
            Screen(
                number=p.encounter,
                answer=left.answer,
                tone=left.tone,
                lines=left.lines,
                paper=left.paper,
                who=tuple(who),
                happened=happened(scenario, p.kind, truth, outcome, bool(disbelieved)),
                verdict=verdict(outcome, bool(disbelieved)),
            )
        )
    return tuple(made)


def _often(scenario: Scenario, by_mode: Mapping[Mode, float]) -> str:
    return f"{either({mode: format_number(x) for mode, x in by_mode.items()})} of {scenario.use.people:,}"


def sight(scenario: Scenario, seen: Row) -> Sight:
    """Return all that the officer gets.

    Parameters
    ----------
    scenario : Scenario
        Gives titles, and what the officer is shown of a hit.
    seen : mapping
        The ``seen.`` columns of one encounter, and no other.
    """
    paper = "Shows a document that proves their status" if seen["document_shown"] else "Shows no document"
    if seen["looks_under_18"]:
        paper += "; looks under 18"
    verifies = scenario.purpose == "verify"
    if seen["manner"] == "not scanned":
        return Sight("Not scanned", "none", (), paper)
    if not seen["hit"]:
        answer = "No match" if seen["photo_usable"] else "Photo not usable"
        return Sight(answer, "alarm" if verifies else "none", (), paper)
    record = f"{int(seen['record_number']) & 0xFFFFFF:06X}"
    if scenario.rules[scenario.rule].response == "code":
        # A hue that tells what the record calls for would be more than a code.
        return Sight("Match", "none", (("Code to call in", f"C-{record}"),), paper)
    tone: Tone = "alarm" if seen["record_calls_for_action"] else "clear"
    database = scenario.records.databases.get(seen["database"])
    calls = "calls for action" if seen["record_calls_for_action"] else "calls for nothing"
    lines = (
        ("Record", f"S-{record}"),
        ("Status on record", calls),
        ("Origin on record", label(seen["record_origin"])),
        ("Age on record", f"{seen['record_age']}"),
        ("What the person says", "differs from the record" if seen["details_differ"] else "agrees with the record"),
        ("Database", seen["database"] if database is None else database.title.partition(" (")[0]),
        ("Score, not probability", f"{format_number(float(seen['score']))} decades"),
    )
    return Sight("Match", tone, lines, paper)


_ALONE = {"alone": "alone", "household": "with their household", "workplace": "at work, with others"}
_SEXES = {Sex.MALE.value: ("man", "boy"), Sex.FEMALE.value: ("woman", "girl")}
_FAULTS = {"none": "right", "stale": "out of date", "entered wrongly": "entered wrongly"}
_WHOSE = {
    "none": "none came up",
    "identical twin": "their identical twin's",
    "sibling": "a brother's or sister's",
    "stranger": "a stranger's",
    "bystander": "that of somebody else in the picture",
}
_OWN = ("own record", "own second record")


def persons(scenario: Scenario, truth: Row) -> tuple[tuple[str, str], ...]:
    """Return who the person is, and whose record came up.

    Parameters
    ----------
    scenario : Scenario
        Gives titles.
    truth : mapping
        The ``truth.`` columns of one encounter.
    """
    grown, child = _SEXES[truth["sex"]]
    who = [
        ("Person", f"P-{int(truth['person']) & 0xFFFFFF:06X}"),
        ("Who", f"{label(truth['origin'])}, {child if truth['minor'] else grown}, {truth['age']}"),
        ("One of", scenario.statuses[truth["status"]].title),
        ("In the gallery", "yes" if truth["enrolled"] else "no"),
        ("Record that came up", _record(truth)),
    ]
    if truth["hit"] in _OWN:
        wrong = [
            words
            for words, right in (
                ("name", truth["name_right"]),
                ("birth date", truth["birth_date_right"]),
                ("nationality", truth["nationality_right"]),
            )
            if not right
        ]
        if wrong:
            who.append(("Wrong on it", listing(wrong)))
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


def verdict(outcome: str, disbelieved: bool) -> str:
    """Return the verdict: the cause of an unsupported action, a disbelieved document before the other two."""
    if disbelieved:
        return "disbelieved document"
    return OUTCOMES_OF_NOTHING if outcome == "no action" else outcome


def happened(scenario: Scenario, kind: str, truth: Row, outcome: str, disbelieved: bool) -> str:
    """Return in a sentence what happened under the rule in force.

    Parameters
    ----------
    scenario : Scenario
        Whether people are searched for or verified.
    kind : str
        Of the encounter.
    truth : mapping
        The ``truth.`` columns.
    outcome : str
        Label of the outcome.
    disbelieved : bool
        Whether a genuine document did not count.
    """
    if outcome == "no action":
        go = "let through" if scenario.purpose == "verify" else "let go"
        return capital(_NOTHING[kind].format(go=go)) + "."
    because = {
        "supported": "because of their own record, which is right",
        "supported by chance": f"because of {_ground(truth)}; their own record would have supported it",
        "wrong person": f"because of {_ground(truth)}",
        "wrong record": f"because of {_ground(truth)}",
        "not verified": "because nothing was found",
    }[outcome]
    shown = ", and a genuine document that was shown did not help" if disbelieved else ""
    return f"Acted on {because}{shown}."


def _ground(truth: Row) -> str:
    """Return what an action rests on, in words."""
    if truth["hit"] == "none":
        return "no hit"
    record = _record(truth)
    if truth["hit"] not in _OWN:
        return "the record of somebody else in the picture" if truth["hit"] == "bystander" else f"{record} record"
    which, _, fault = record.partition(", ")
    return (
        f"the record of another person, {fault}" if which == "another person's" else f"{which} record, which is {fault}"
    )


_NOTHING = {
    "not_scanned": "not photographed; {go}",
    "not_usable": "the photo gave nothing to search with; {go}",
    "stopped": "the record calls for action, but a check or a document stopped it; {go}",
    "cleared": "{go} on their own record, which is right",
    "own_wrong": "{go} on their own record, which wrongly calls for nothing",
    "other": "{go} on the record of somebody else, which calls for nothing",
    "missed": "in the gallery and not found; {go}",
    "unknown": "nothing was found, as nothing should be; {go}",
}
