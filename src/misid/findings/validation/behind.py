"""Which tables of predictions stand behind which answers of a scenario, and their headline miss.

From what ships with the package, so that a report of a scenario costs no validation.
"""

from __future__ import annotations

from collections.abc import Sequence

from misid.findings.estimates import LARGEST_TESTED, Estimates
from misid.findings.validated import Ground, Validated
from misid.findings.validation.page import FAMILIES, Family, family_of, known
from misid.findings.validation.tables import furthest, goals_missed
from misid.findings.validation.words import distance
from misid.validation import Digest, DigestTable, shipped
from misid.vocabulary import ImageKind
from misid.vocabulary.numbers import big


def validated(r: Estimates, answered: Sequence[str], tests: Digest | None = None) -> Validated | None:
    """Return what stands behind the answers of a scenario, by the ids of those that are answered.

    From the digest that ships unless another is given; None if nothing was tested.
    """
    tests = shipped() if tests is None else tests
    if not tests.tables:
        return None
    grounds = []
    distinct = tests.distinct()
    for family in FAMILIES:
        tables = [table for table in tests.tables if family_of(table.code) is family]
        questions = tuple(id_ for id_ in family.questions if id_ in answered)
        if tables and questions:
            grounds.append(
                Ground(
                    family.title,
                    questions,
                    " ".join(_tested(table) for table in tables if table in distinct),
                    _miss(Digest(tuple(tables))),
                    _here(r, family),
                )
            )
    return Validated(_text(r, tests), tuple(grounds), tests.not_validated)


def _text(r: Estimates, tests: Digest) -> str:
    own = (
        " The card of this scenario is its user's own; these tests are of published algorithms."
        if r.measured is not None
        else ""
    )
    return f"{known(tests)} The table says which answers rest on what was tested; the rest is structure.{own}"


def _tested(table: DigestTable) -> str:
    held = f"{table.rows - table.outside:,} of {table.rows:,} inside the {100 * table.level:g}% interval"
    if not table.summaries:
        return f"{table.title}: {held}; too few rows for a summary."
    figures = table.summaries[0].figures
    middle, tail = (distance(figures[name].value, table.scale) for name in ("median", "p90"))
    return f"{table.title}: half of the predictions within {middle}, nine of ten within {tail}; {held}."


def _miss(d: Digest) -> str:
    """Return the headline miss: the first goal that is not reached, and the row furthest outside."""
    parts = [
        f"Goal not reached: {miss.what}, {miss.claimed}, came out {miss.found}." for miss in goals_missed(d)[:1]
    ] + [
        f"Furthest outside: {miss.what}, {miss.claimed} predicted ({miss.claimed_range}), {miss.found} observed."
        for miss in furthest(d, 1)
    ]
    return " ".join(parts) or "No goal is missed and no row lies outside."


def _here(r: Estimates, family: Family) -> str:
    """Return where the scenario goes beyond what the tables of a family are about."""
    size = r.scenario.gallery.n_references.value
    if "growth" in family.stems and size > LARGEST_TESTED:
        return f"Tested up to {big(LARGEST_TESTED)}; this scenario has {big(size)}."
    if "kinds" in family.stems and r.scenario.algorithm.probe_image is ImageKind.STREET:
        return "No table has street photos; this scenario does."
    return ""
