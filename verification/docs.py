"""The tables of docs/validation.md, from the digest that ships."""

from __future__ import annotations

import re

from misid.findings import Section, Table, validation_page
from misid.findings.model import Cell
from misid.findings.validation.page import anchor, made
from misid.findings.validation.tables import row_table
from misid.report import sheet
from misid.validation import Digest, DigestTable, shipped
from verification.package_data import ROOT

PAGE = ROOT / "docs" / "validation.md"
MARKED = re.compile(r"(?<=<!-- tables: )(\w+)( -->\n).*?(?=<!-- end -->)", re.S)
NOTHING = "This version ships no table.\n"
DISTANCE = {
    "ratio": "|ln(predicted / observed)|",
    "difference": "|predicted - observed|, from the edge of the rounding",
}


def page(found: Digest | None = None) -> str:
    """Return the page of the docs with its tables anew; the prose between them stays as it is."""
    d = shipped() if found is None else found
    return MARKED.sub(
        lambda mark: f"{mark[1]}{mark[2]}{_part(mark[1], d) if d.tables else NOTHING}", PAGE.read_text("utf-8")
    )


def _part(name: str, d: Digest) -> str:
    said = validation_page(d)
    sections = {section.id: section for section in said.sections}
    if name == "known":
        return f"> {said.lead}\n\n{said.beside}\n\nTested? {said.tested}\n\n{made(d)}\n"
    if name == "tables":
        parts = [_one(table, sections[anchor(table.code)]) for table in d.tables]
        return "\n".join([*parts, *([_listed(sections["unpredicted"])] if "unpredicted" in sections else [])])
    return _listed(sections[name]) if name in sections else ""


def _listed(section: Section) -> str:
    return "".join(f"* {point}\n" for point in section.points) + "\n".join(map(_table, section.tables))


def _one(table: DigestTable, section: Section) -> str:
    bullets = "".join(f"* {point}\n" for point in section.points)
    parts = [f"### {table.title} (`{table.code}`)\n\n{section.text}\n\n{bullets}"]
    parts += [_table(_summary(table))] if table.summaries else []
    parts += [_table(row_table(table, table.shown))] if table.shown else []
    return "\n".join(parts)


def _summary(table: DigestTable) -> Table:
    """Return what a table comes to, whole and by band, beside its baselines."""
    rows: list[tuple[Cell, ...]] = []
    for one in table.summaries:
        band, figures = one.band or "all rows", one.figures
        own = tuple(figures.get(name) for name in ("median", "p90", "coverage", "bias"))
        rows.append((f"misid, {band} ({figures['median'].n:,.0f})", *own))
        rows += [
            (f"{name}, {band} ({middle.n:,.0f})", middle, figures[f"p90 {name}"], None, None)
            for name in table.baselines
            if (middle := figures.get(f"median {name}")) is not None
        ]
    means = "0.05 is a factor of 1.05, 0.69 of 2." if table.scale == "ratio" else ""
    rules = "; ".join(f"{name}: {words}" for name, words in table.baselines.items())
    return Table(
        f"Distance between predicted and observed, {DISTANCE[table.scale]}, beside simpler rules",
        ("", "median", "90th percentile", f"inside the {100 * table.level:g}% interval", "median with its sign"),
        tuple(rows),
        " ".join(
            part for part in (means, f"{rules}." if rules else "", "Intervals are over whole groups of rows.") if part
        ),
    )


def _table(table: Table) -> str:
    """Return a table in Markdown, its title above and its note under it."""
    shown = sheet(table)
    if not shown.rows:
        return f"**{shown.title}.** {shown.note or 'None.'}\n"
    rows = [
        [heading for heading, _ in shown.columns],
        ["---"] * len(shown.columns),
        *([f"{c.text} ({c.range})" if c.range else c.text for c in row] for row in shown.rows),
    ]
    lines = "".join("| " + " | ".join(map(_cell, row)) + " |\n" for row in rows)
    return f"**{shown.title}**\n\n{lines}" + (f"\n{shown.note}\n" if shown.note else "")


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\N{NO-BREAK SPACE}", " ")
