"""How the command line prints a table: the same tables as the report's, in plain text."""

from __future__ import annotations

import sys

from misid.findings.model import Cell, Table
from misid.findings.words import figure, number
from misid.quantities import Estimate


def print_table(table: Table) -> None:
    """Print one table to standard output, as wide as the terminal, or unfolded where there is none."""
    from rich.console import Console
    from rich.table import Table as RichTable

    console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 160)
    drawn = RichTable(title=table.title, title_justify="left", title_style="bold", caption=table.note or None)
    drawn.caption_justify = "left"
    for column in table.columns:
        drawn.add_column(column)
    for row in table.rows:
        drawn.add_row(*(_said(cell) for cell in row))
    console.print(drawn)


def _said(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Estimate):
        value, ends = figure(cell)
        return f"{value} ({ends})" if ends else value
    return number(cell) if isinstance(cell, float) else str(cell)
