"""Words for codes, from the catalogue: names of groups and photos, what moves a range, caveats, terms of the field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from misid.vocabulary.catalogue import keys, say


@dataclass(frozen=True)
class Term:
    """A term of the field.

    Parameters
    ----------
    code : str
        Its key in the catalogue.
    name, symbol, unit, definition, source : str
        ``source`` is the clause or paper; "misid" where misid needs a word that the standards lack.
    """

    code: str
    name: str
    symbol: str
    unit: str
    definition: str
    source: str


@cache
def codes(kind: str, file: str = "vocabulary") -> frozenset[str]:
    """Return all codes of a kind in a file of the catalogue: ``caveat``, ``label``, ``range`` or ``term``."""
    stem = f"{file}.{kind}."
    return frozenset(key.removeprefix(stem) for key in keys() if key.startswith(stem))


def label(code: str) -> str:
    """Return the words for a code of the vocabulary; a code of the reader's own with its underscores opened."""
    key = str(code).replace(" ", "_")
    return say(f"vocabulary.label.{key}") if key in codes("label") else code.replace("_", " ")


def caveat(code: str) -> str:
    """Return a caveat as a sentence."""
    return say(f"vocabulary.caveat.{code}")


def caveat_name(code: str) -> str:
    """Return what a caveat is called where it leads to its words."""
    return say(f"vocabulary.caveat_name.{code}")


def range_by(code: str) -> str:
    """Return what one thing moves a figure over its range, all else staying: ``range by who is enrolled``."""
    return say(f"vocabulary.range.{code}")


def term(code: str) -> Term:
    """Return a term of the field by its code."""
    stem = f"vocabulary.term.{code}"
    parts = ("name", "symbol", "unit", "definition", "source")
    return Term(code, *(say(f"{stem}.{part}") if f"{code}.{part}" in codes("term") else "" for part in parts))


@cache
def _term_codes() -> tuple[str, ...]:
    return tuple(key.split(".")[2] for key in keys() if key.startswith("vocabulary.term.") and key.endswith(".name"))


def terms() -> tuple[Term, ...]:
    """Return all terms of the field, in order."""
    return tuple(map(term, _term_codes()))
