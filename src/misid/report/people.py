"""Simulated people as they are printed: each encounter an officer's screen beside the truth, then the sections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from misid.findings import Screen, Section, Simulated
from misid.report.page import Evidence, evidence
from misid.vocabulary.names import terms

# Style and meaning of each verdict.  The three causes are terms of misid and are explained in its own words.
_CAUSES = {"wrong person": "person", "wrong record": "record", "disbelieved document": "document"}
VERDICTS = {
    **{term.name: (_CAUSES[term.name], term.definition) for term in terms() if term.name in _CAUSES},
    "supported": ("supported", "an action that the person's own correct record supports under the rule"),
    "supported by chance": (
        "chance",
        "an action after a hit that was wrong, which the person's own correct record would have supported too",
    ),
    "not verified": ("unverified", "a search meant to confirm who somebody is, which did not"),
    "let go": ("nothing", "no action followed; what was photographed is kept all the same"),
    "let through": ("nothing", "no action followed; what was photographed is kept all the same"),
}


def _word(verdict: str) -> str:
    """Return the verdict without what is kept: ``let go; photo kept 15 years`` is a case of ``let go``."""
    return verdict.partition(";")[0]


@dataclass(frozen=True)
class Encounter:
    """One encounter as it is printed: anchor, both sides of it, and the style of its verdict."""

    id: str
    screen: Screen
    pattern: str


@dataclass(frozen=True)
class PeopleSection:
    """The section on simulated people as it is printed."""

    simulated: Simulated
    encounters: tuple[Encounter, ...]
    key: tuple[tuple[str, str, str], ...]  # verdict, style and meaning of every verdict that occurs and is known
    parts: tuple[tuple[Section, Evidence], ...]


def encounters(screens: Iterable[Screen]) -> tuple[Encounter, ...]:
    """Return encounters with their anchors and the styles of their verdicts."""
    return tuple(
        Encounter(f"encounter-{i}", screen, VERDICTS.get(_word(screen.verdict), ("other", ""))[0])
        for i, screen in enumerate(screens, start=1)
    )


def people_section(simulated: Simulated) -> PeopleSection:
    """Return the section on simulated people as it is printed."""
    occurring = {_word(screen.verdict) for screen in simulated.screens}
    return PeopleSection(
        simulated,
        encounters(simulated.screens),
        tuple((word, pattern, meaning) for word, (pattern, meaning) in VERDICTS.items() if word in occurring),
        tuple((section, evidence(section)) for section in simulated.sections),
    )
