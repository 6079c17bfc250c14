"""Encounters as they are printed: an officer's screen beside the truth, and what each verdict means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from misid.findings import Screen
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import term

# Style of each verdict; the three causes are terms of misid and are explained in its own words.
VERDICTS = {
    "wrong person": "person",
    "wrong record": "record",
    "disbelieved document": "document",
    "supported": "supported",
    "supported by chance": "chance",
    "not verified": "unverified",
    "let go": "nothing",
    "let through": "nothing",
}
CAUSES = {"person": "wrong_person", "record": "wrong_record", "document": "disbelieved_document"}


@dataclass(frozen=True)
class Encounter:
    """One encounter as it is printed: anchor, both sides of it, and the style of its verdict."""

    id: str
    screen: Screen
    pattern: str


def pattern_of(screen: Screen) -> str:
    """Return the style of a verdict: ``let go; photo kept 15 years`` is a case of ``let go``."""
    return VERDICTS.get(screen.verdict.partition(";")[0], "other")


def encounters(screens: Iterable[Screen]) -> tuple[Encounter, ...]:
    """Return encounters with their anchors and the styles of their verdicts."""
    return tuple(Encounter(f"encounter-{i}", screen, pattern_of(screen)) for i, screen in enumerate(screens, start=1))


def key(screens: Iterable[Screen]) -> tuple[tuple[str, str, str], ...]:
    """Return verdict, style and meaning of every verdict that occurs and is known."""
    occurring = {pattern_of(screen): screen.verdict.partition(";")[0] for screen in screens}
    return tuple(
        (
            occurring[pattern],
            pattern,
            term(CAUSES[pattern]).definition if pattern in CAUSES else say(f"page.people.{pattern}"),
        )
        for pattern in dict.fromkeys(VERDICTS.values())
        if pattern in occurring
    )
