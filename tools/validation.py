"""Rebuild the validation that ships with misid, and the tables of docs/validation.md that are made from it.

``python tools/validation.py`` makes every table of predictions anew, which takes minutes, writes the summary that every
report reads, and rewrites the docs.  ``python tools/validation.py --docs`` rewrites the docs alone, from what ships.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from misid.findings import (
    Table,
    capital,
    goals,
    goals_table,
    known,
    not_validated,
    points,
    row_table,
    rows_table,
    sentence,
    summary,
    unpredicted,
    unsettled,
)
from misid.findings.validation.build import beside
from misid.report import cells
from misid.validation import FILE, Digest, Digested, from_json, shipped, validation
from misid.validation.digest import digest

ROOT = Path(__file__).parents[1]
SUMMARY = ROOT / "src" / "misid" / "validation" / "catalog" / FILE
PAGE = ROOT / "docs" / "validation.md"
MARKED = re.compile(r"(?<=<!-- tables: )(\w+)( -->\n).*?(?=<!-- end -->)", re.S)
NOTHING = "This version ships no table.\n"


def main() -> None:
    """Rebuild what is asked for."""
    if "--docs" not in sys.argv[1:]:
        found = digest(validation(progress=lambda words: print(words, file=sys.stderr))).to_json()
        # Not sorted by name: columns and simpler rules keep the order in which their tables give them.
        SUMMARY.write_text(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n", "utf-8")
        PAGE.write_text(page(from_json(found)), "utf-8")
    else:
        PAGE.write_text(page(), "utf-8")


def page(found: Digest | None = None) -> str:
    """Return the page of the docs with its tables anew; the prose between them stays as it is."""
    d = shipped() if found is None else found
    made = {"known": _known, "misses": _misses, "untested": _untested, "unsettled": _unsettled, "tables": _tables}
    return MARKED.sub(
        lambda mark: f"{mark[1]}{mark[2]}{made[mark[1]](d) if d.tables else NOTHING}", PAGE.read_text("utf-8")
    )


def _known(d: Digest) -> str:
    return f"> {known(d)}\n\n{beside(d)} {not_validated(d)}\n"


def _misses(d: Digest) -> str:
    return _table(goals_table(d)) + "\n" + _table(rows_table(d))


def _untested(d: Digest) -> str:
    return "".join(f"* {capital(words)}\n" for words in d.not_validated)


def _unsettled(d: Digest) -> str:
    return _table(unsettled(d))


def _tables(d: Digest) -> str:
    left = _table(unpredicted(d)) if d.unpredicted else ""
    return "\n".join([*(_one(table) for table in d.tables), *([left] if left else [])])


def _one(table: Digested) -> str:
    said = "".join(f"* {point}\n" for point in points(table))
    parts = [
        f"### {table.title} (`{table.code}`)\n\n{sentence(table, f'{100 * table.level:g}%')}\n\n{said}",
        *([_table(goals(table))] if table.goals else []),
        *([_table(summary(table))] if table.summaries else []),
    ]
    if table.shown:
        parts.append(_table(row_table(table, table.shown, _title(table), per=table.per)))
    return "\n".join(parts)


def _title(table: Digested) -> str:
    if not table.judged:
        return "All rows, the worst first"
    some = "" if len(table.shown) == table.outside else f", {len(table.shown)} of {table.outside}"
    return f"Rows outside their interval, the worst first{some}"


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


if __name__ == "__main__":
    main()
