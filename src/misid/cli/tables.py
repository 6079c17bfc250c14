"""How the command line prints a table: the same tables as the report's, in plain text."""

from __future__ import annotations

import sys

from misid.findings import Cell, Table, marks, tested_sentence
from misid.quantities import PRINTED_RATE, Estimate
from misid.vocabulary.numbers import format_number, format_range, format_rate
from misid.vocabulary.shown import shown


def print_table(table: Table) -> None:
    """Print one table to standard output, as wide as the terminal, or unfolded where there is none."""
    from rich.console import Console
    from rich.table import Table as RichTable

    console = Console(
        file=sys.stdout, highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 160
    )
    far = tested_sentence(table.distances())
    under = "\n".join(part for part in (table.note, f"Tested? {far}" if far else "") if part)
    drawn = RichTable(title=shown(table.title), title_justify="left", title_style="bold", caption=shown(under) or None)
    drawn.caption_justify = "left"
    for column in table.columns:
        drawn.add_column(shown(column))
    for row, beside in zip(table.rows, marks(table), strict=True):
        drawn.add_row(
            *(
                shown(f"{_plain(cell)}\n{mark}" if mark else _plain(cell))
                for cell, mark in zip(row, beside, strict=True)
            )
        )
    console.print(drawn)


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Estimate):
        if cell.value is None:
            return cell.reason
        form = format_rate if cell.unit in ("probability", PRINTED_RATE) else format_number
        if cell.low is None or cell.high is None:
            return form(cell.value)
        return f"{form(cell.value)} ({format_range(cell.low, cell.high, form)})"
    return format_number(cell) if isinstance(cell, float) else str(cell)
