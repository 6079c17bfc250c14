"""The short page of predictions beside observations: the misses in the street first."""

from __future__ import annotations

from collections.abc import Sequence

from misid.findings.model import Page, Section, Table
from misid.findings.nearness import BESIDE
from misid.findings.validation import tables
from misid.findings.validation.words import anchor, format_per, format_prediction_interval, unit
from misid.validation import Digest, DigestTable, short_tested_sentence
from misid.vocabulary.numbers import capital

LIMITS = (
    "Whether a prediction for another gallery, photo or operator would come as close.",
    "How any use in the field comes out: published tests are of algorithms sent in for testing.",
    "Whether an interval is right that has few rows, or is wide.",
)


def short_page(
    d: Digest,
    title: str,
    street: DigestTable | None,
    said: tuple[str, str],
    families: Sequence[tuple[str, Sequence[str]]],
) -> Page:
    """Return the short page.

    Parameters
    ----------
    d : Digest
        The tables.
    title : str
        Of the page.
    street : DigestTable or None
        The table of false alerts in the street, where it is among them.
    said : tuple of str
        What is said of the street, empty without such a table; and of the goals.
    families : sequence of (str, sequence of str)
        What the tables are about, and the first words of their codes.
    """
    of_street, of_goals = said
    sections = [] if street is None else [_street(street)]
    sections += [_goals(d, of_goals, families)]
    if d.not_validated:
        words = " ".join(f"{capital(one)}." for one in d.not_validated)
        sections.append(Section("untested", "What nobody has tested", words, link="untested"))
    of_deployments = [one.statement for one in d.unsettled if one.table.startswith("deployment")]
    if d.unsettled:
        first = " ".join(of_deployments)
        more = f"{len(d.unsettled)} open questions{', of the street these:' if first else '.'}"
        sections.append(Section("unsettled", "What no data can decide", f"{more} {first}".strip(), link="unsettled"))
    tested = short_tested_sentence(d)
    return Page(title, "Validation", of_street.strip() or of_goals, tested, tuple(sections), LIMITS)


def _street(table: DigestTable) -> Section:
    rows = tuple(
        (
            row.subject,
            format_per(row.value, table.per) + unit(table.per),
            format_prediction_interval(row, table.per),
            format_per(row.observed, table.per) + unit(table.per),
            "yes" if row.inside else "no",
        )
        for row in table.shown
    )
    heads = ("where", "predicted", f"{100 * table.level:g}% interval", "counted", "inside?")
    shown = Table("False alerts per face in the street", heads, rows, "", BESIDE)
    return Section("street", "The street", "The worst first.", tables=(shown,), link=anchor(table.code))


def _goals(d: Digest, text: str, families: Sequence[tuple[str, Sequence[str]]]) -> Section:
    """Return the goals, those missed by name, and how many predictions lie outside by what they are about."""
    missed = [f"Missed: {miss.what}, {miss.claimed}; it came out {miss.found}." for miss in tables.goals_missed(d)]
    distinct, rows = d.distinct(), []
    for title, stems in families:
        its = [table for table in distinct if table.code.split("_")[0] in stems]
        if its:
            rows.append((title, sum(table.rows for table in its), sum(table.outside for table in its)))
    heads = ("about", "predictions", "outside their interval")
    shown = Table("Predictions of published or counted figures", heads, tuple(rows))
    return Section("goals", "Goals set beforehand", " ".join((text, *missed)), tables=(shown,), link="misses")
