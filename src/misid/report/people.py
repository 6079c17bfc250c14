"""Simulated people as they are printed: each encounter an officer's screen beside the truth, then the sections."""

from __future__ import annotations

from dataclasses import dataclass

from misid.findings import Screen, Section, Simulated
from misid.report.page import Evidence, evidence
from misid.vocabulary import TERMS

# Style and meaning of each verdict.  The three causes are terms of misid and are explained in its own words.
_CAUSES = {"wrong person": "person", "wrong record": "record", "disbelieved document": "document"}
_OTHERS = {
    "supported": ("supported", "an action that the person's own correct record supports under the rule"),
    "supported by chance": (
        "chance",
        "an action after a hit that was wrong, which the person's own correct record would have supported too",
    ),
    "not verified": ("unverified", "a search meant to confirm who somebody is, which did not"),
    "nothing happened": ("nothing", "no action followed"),
}
VERDICTS = {
    **{term.name: (_CAUSES[term.name], term.definition) for term in TERMS if term.name in _CAUSES},
    **_OTHERS,
}


@dataclass(frozen=True)
class Encounter:
    """One encounter as it is printed.

    Parameters
    ----------
    id : str
        Anchor.
    screen : Screen
        Both sides of it.
    pattern : str
        Style of its verdict.
    """

    id: str
    screen: Screen
    pattern: str


@dataclass(frozen=True)
class PeopleSection:
    """The section on simulated people as it is printed.

    Parameters
    ----------
    simulated : Simulated
        Sentences.
    encounters : tuple of Encounter
        In order.
    key : tuple of (str, str, str)
        Verdict, style and meaning of every verdict that occurs and is known.
    parts : tuple of (Section, Evidence)
        What stands under them.
    """

    simulated: Simulated
    encounters: tuple[Encounter, ...]
    key: tuple[tuple[str, str, str], ...]
    parts: tuple[tuple[Section, Evidence], ...]


def people_section(simulated: Simulated) -> PeopleSection:
    """Return the section on simulated people as it is printed.

    Parameters
    ----------
    simulated : Simulated
        What is said.
    """
    occurring = {screen.verdict for screen in simulated.screens}
    return PeopleSection(
        simulated,
        tuple(
            Encounter(f"encounter-{i}", screen, VERDICTS.get(screen.verdict, ("other", ""))[0])
            for i, screen in enumerate(simulated.screens, start=1)
        ),
        tuple((word, pattern, meaning) for word, (pattern, meaning) in VERDICTS.items() if word in occurring),
        tuple((section, evidence(section)) for section in simulated.sections),
    )
