"""The tables of docs/validation.md, from the digest that ships."""

from __future__ import annotations

import re

from misid.findings import (
    Table,
    beside,
    capital,
    goals,
    goals_table,
    known,
    made,
    points,
    row_table,
    rows_table,
    summary,
    table_sentence,
    unpredicted,
    unsettled,
    untested_line,
)
from misid.report import cells
from misid.validation import Digest, DigestTable, shipped
from verification.package_data import ROOT

PAGE = ROOT / "docs" / "validation.md"
MARKED = re.compile(r"(?<=<!-- tables: )(\w+)( -->\n).*?(?=<!-- end -->)", re.S)
NOTHING = "This version ships no table.\n"


def page(found: Digest | None = None) -> str:
    """Return the page of the docs with its tables anew; the prose between them stays as it is."""
    d = shipped() if found is None else found
    parts = {"known": _known, "misses": _misses, "untested": _untested, "unsettled": _unsettled, "tables": _tables}
    return MARKED.sub(
        lambda mark: f"{mark[1]}{mark[2]}{parts[mark[1]](d) if d.tables else NOTHING}", PAGE.read_text("utf-8")
    )


def _known(d: Digest) -> str:
    return f"> {known(d)}\n\n{beside(d)} {untested_line(d)}\n\n{made(d)}\n"


def _misses(d: Digest) -> str:
    return _table(goals_table(d)) + "\n" + _table(rows_table(d))


def _untested(d: Digest) -> str:
    return "".join(f"* {capital(words)}\n" for words in d.not_validated)


def _unsettled(d: Digest) -> str:
    return _table(unsettled(d))


def _tables(d: Digest) -> str:
    left = _table(unpredicted(d)) if d.unpredicted else ""
    return "\n".join([*(_one(table) for table in d.tables), *([left] if left else [])])


def _one(table: DigestTable) -> str:
    bullets = "".join(f"* {point}\n" for point in points(table))
    parts = [
        f"### {table.title} (`{table.code}`)\n\n{table_sentence(table)}\n\n{bullets}",
        *([_table(goals(table))] if table.goals else []),
        *([_table(summary(table))] if table.summaries else []),
    ]
    if table.shown:
        parts.append(_table(row_table(table, table.shown)))
    return "\n".join(parts)


def _table(table: Table) -> str:
    """Return a table in Markdown, its title above and its note under it."""
    sheet = cells.sheet(table)
    if not sheet.rows:
        return f"**{sheet.title}.** {sheet.note or 'None.'}\n"
    rows = [
        [heading for heading, _ in sheet.columns],
        ["---"] * len(sheet.columns),
        *([f"{c.text} ({c.range})" if c.range else c.text for c in row] for row in sheet.rows),
    ]
    lines = "".join("| " + " | ".join(map(_cell, row)) + " |\n" for row in rows)
    return f"**{sheet.title}**\n\n{lines}" + (f"\n{sheet.note}\n" if sheet.note else "")


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\N{NO-BREAK SPACE}", " ")
