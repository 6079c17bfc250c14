"""Cells and tables, ready to be printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from misid.findings import Cell, Part, Table, csv_text, marks, tested_sentence
from misid.quantities import PRINTED_RATE, Doubt, Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import range_by
from misid.vocabulary.numbers import (
    DIFFERENCE,
    digits,
    exact,
    format_number,
    format_range,
    format_rate,
    grouped,
    percent,
    value,
)

SHARES = ("share", "probability")


@dataclass(frozen=True)
class Shown:
    """One cell as it is printed.

    Parameters
    ----------
    text : str
        Value or words.
    numeric : bool
        Whether it stands at the right.
    range : str
        Range under the value; empty if there is none.
    tag, tag_words, style : str
        Kind of doubt that the range holds, short and in words, and the style of its tag.
    tested : str
        What sets it, or its row, further from the nearest test than the rest of the table; empty if nothing does.
    """

    text: str
    numeric: bool = False
    range: str = ""
    tag: str = ""
    tag_words: str = ""
    style: str = ""
    tested: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table as it is printed.

    Parameters
    ----------
    title, note : str
        Above and under it.
    columns : tuple of (str, bool)
        Headings, and whether what stands under them is numeric.
    rows : tuple of tuple of Shown
        Cells.
    tested : str
        How far its numbers are from the nearest test; empty where that has been said above it.
    """

    title: str
    note: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Shown, ...], ...]
    tested: str = ""


def format_cell(cell: Cell, *, as_given: bool = False) -> Shown:
    """Return a cell as it is printed.

    Parameters
    ----------
    cell : str, float, int, Estimate or None
        What stands in the table.
    as_given : bool
        Print numbers unrounded, as in the table of inputs.
    """
    if cell is None:
        return Shown(say("page.cell.none"), numeric=True)
    if isinstance(cell, str):
        return Shown(cell)
    if isinstance(cell, Estimate):
        return _estimate(cell)
    if as_given:
        return Shown(exact(cell), numeric=True)
    return Shown(grouped(cell) if isinstance(cell, int) else format_number(cell), numeric=True)


def _estimate(figure: Estimate) -> Shown:
    if figure.value is None:
        return Shown(say("page.cell.unknown", reason=figure.reason), numeric=True)
    tag, words = say(f"page.cell.{figure.kind.value}"), say(f"page.cell.{figure.kind.value}_words")
    if figure.by:
        tag, words = say("page.cell.by", what=say(f"page.by.{figure.by}")), range_by(figure.by)
    if figure.level is not None:
        tag = say("page.cell.level", what=tag, level=100 * figure.level)
        words = say("page.cell.level_words", what=words, level=100 * figure.level)
    return Shown(form_of(figure)(figure.value), True, between(figure), tag, words, f"tag-{figure.kind.value}")


def form_of(figure: Estimate) -> Callable[[float], str]:
    """Return how a figure is written: what was counted, or stands at a measured score, has digits of its own."""
    if figure.unit == PRINTED_RATE:
        return format_rate
    scored = figure.conditions.score is not None or "score" in figure.unit or "similarity" in figure.unit
    if figure.unit == DIFFERENCE or scored or (figure.kind is Doubt.SAMPLING and figure.unit.startswith(SHARES)):
        return lambda x: value(x, figure.unit)
    return percent if figure.unit.startswith(SHARES) else format_number


def between(figure: Estimate) -> str:
    """Return the range of a figure in words; empty if it has none."""
    if figure.low is None or figure.high is None:
        return ""
    if figure.unit == DIFFERENCE:
        return say("number.points", x=format_range(100 * figure.low, 100 * figure.high, digits))
    return format_range(figure.low, figure.high, form_of(figure))


def sheet(table: Table, *, as_given: bool = False, above: str = "", brief: bool = False) -> Sheet:
    """Return a table as it is printed: a column is numeric if no cell of it holds words.

    Parameters
    ----------
    table : Table
        What is said.
    as_given : bool
        Print numbers unrounded.
    above : str
        What was said above it of the nearest test, and need not be said again.
    brief : bool
        Whether it says nothing of the nearest test: a short page says that once for all.
    """
    rows = tuple(
        tuple(
            replace(format_cell(cell, as_given=as_given), tested="" if brief else far)
            for cell, far in zip(row, row_marks, strict=True)
        )
        for row, row_marks in zip(table.rows, marks(table), strict=True)
    )
    columns = tuple(
        (heading, bool(rows) and all(row[i].numeric for row in rows)) for i, heading in enumerate(table.columns)
    )
    far = tested_sentence(table.distances())
    return Sheet(table.title, table.note, columns, rows, "" if brief or far == above else far)


def csv_of(table: Table, as_given: bool = False) -> str:
    """Return a table as CSV: ends of ranges in columns of their own, two digits more than are printed."""
    columns, found = [], []
    for i, name in enumerate(table.columns):
        numbers = [_numbers(row[i], as_given) for row in table.rows]
        heads = (name, say("page.take.low", what=name), say("page.take.high", what=name))
        # A column without any range stays one.
        for head, column in zip(heads, zip(*numbers, strict=True), strict=True):
            if head is name or any(number is not None for number in column):
                columns.append(head)
                found.append(["" if number is None else number for number in column])
    return csv_text(columns, zip(*found, strict=True))


def _numbers(cell: Cell, as_given: bool) -> tuple[Cell, Cell, Cell]:
    """Return the number of a cell and the ends of its range."""
    if isinstance(cell, Estimate):
        form = form_of(cell)
        return trimmed(cell.value, form), trimmed(cell.low, form), trimmed(cell.high, form)
    return trimmed(cell, exact if as_given else format_number) if isinstance(cell, float) else cell, None, None


def trimmed(x: float | None, form: Callable[[float], str]) -> float | None:
    """Return a number with two digits more than are printed of it."""
    if x is None or not math.isfinite(x):
        return None
    digits_printed = len("".join(c for c in form(x) if c.isdigit()).lstrip("0"))
    return float(f"{x:.{max(digits_printed, 1) + 2}g}")


def caveats(part: Part) -> tuple[str, ...]:
    """Return the codes on all figures of an answer or section, those in the cells of its tables too, each once."""
    found = [cell for table in part.every_table() for row in table.rows for cell in row if isinstance(cell, Estimate)]
    return tuple(dict.fromkeys((*part.caveats(), *(code for cell in found for code in cell.caveats))))
