"""What answers rest on, and which tables of predictions are about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Tables about one thing that answers rest on.

    Parameters
    ----------
    title : str
        What answers rest on.
    stems : tuple of str
        The first word of the codes of its tables: ``growth`` for ``growth_fnir``.
    questions : tuple of str
        Ids of the answers that rest on it.
    """

    title: str
    stems: tuple[str, ...]
    questions: tuple[str, ...]


FAMILIES = (
    Family("How misses grow with the gallery", ("growth",), ("Q01", "Q02", "Q05", "Q10", "Q13")),
    Family("Galleries of thousands, not millions", ("small",), ("Q01", "Q05")),
    Family("Kinds of photo, and years between photos", ("kinds", "ageing"), ("Q01", "Q06")),
    Family("Who is wrongly hit more often", ("groups", "cells"), ("Q03",)),
    Family("Twins", ("twins",), ("Q12",)),
    Family("The whole system in the street", ("deployment",), ("Q01", "Q02")),
)
"""A new stem takes its place here: a test asks for it."""


def family_of(code: str) -> Family | None:
    """Return the family of a table, by the first word of its code."""
    return next((family for family in FAMILIES if code.split("_")[0] in family.stems), None)
