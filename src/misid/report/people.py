"""Encounters as they are printed: the style of each verdict, and what it means."""

from __future__ import annotations

from collections.abc import Iterable

from misid.findings import Screen
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import term

# Style of each verdict; the first three are terms of misid and are explained in its own words.
VERDICTS = {
    "wrong_person": "person",
    "wrong_record": "record",
    "disbelieved_document": "document",
    "supported": "supported",
    "supported_by_chance": "chance",
    "not_verified": "unverified",
    "let_go": "nothing",
    "let_through": "nothing",
}


def style_of(screen: Screen) -> str:
    """Return the style of a verdict."""
    return VERDICTS.get(screen.cause, "other")


def key(screens: Iterable[Screen]) -> tuple[tuple[str, str, str], ...]:
    """Return verdict, style and meaning of every verdict that occurs and is known."""
    occurring = {screen.cause for screen in screens}
    return tuple(
        (say(f"simulated.cause.{cause}"), style, term(cause).definition or say(f"page.people.{style}"))
        for cause, style in VERDICTS.items()
        if cause in occurring
    )
