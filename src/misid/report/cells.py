"""Cells, conditions and distances in words, ready to be printed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from misid.findings import (
    Cell,
    Finding,
    Section,
    Table,
    are_named,
    big,
    format_number,
    format_range,
    label,
    marks,
    percent,
    score,
    tested_sentence,
)
from misid.findings import distance_words as nearest_test
from misid.findings import value as measured_value
from misid.quantities import PRINTED_RATE, Doubt, Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import range_by
from misid.vocabulary.numbers import DIFFERENCE, digits, format_rate

SHARES = ("share", "probability")
SHORT = {"enrolled": "enrolment", "tail_shift": "kind of photo", "assumptions": "what is assumed"}

# What the range beside a value holds; the tag is short, the words are for whoever hears the page.
RANGES = {
    Doubt.INPUT: ("input", "range over an input"),
    Doubt.MODEL: ("model", "range over forms that data cannot decide between"),
    Doubt.SAMPLING: ("sampling", "sampling interval"),
    Doubt.SIMULATION: ("simulation", "simulation error, no doubt about the world"),
}


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
    tag, tag_words : str
        Kind of doubt that the range holds, short and in words.
    tested : str
        What sets it, or its row, further from the nearest test than the rest of the table; empty if nothing does.
    """

    text: str
    numeric: bool = False
    range: str = ""
    tag: str = ""
    tag_words: str = ""
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


def format_figure(x: float | None, unit: str = "") -> str:
    """Say a figure; shares as percentages."""
    return format_rate(x) if unit == PRINTED_RATE else percent(x) if unit.startswith(SHARES) else format_number(x)


def exact(x: float) -> str:
    """Say an input as it went in, without an exponent: what was put in must not be rounded."""
    if not math.isfinite(x):
        return "not known"
    if x == round(x) and abs(x) < 1e15:
        return f"{x:,.0f}"
    digits = max(0, 7 - math.floor(math.log10(abs(x))))
    return f"{x:,.{digits}f}".rstrip("0").rstrip(".")


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
        return Shown("–", numeric=True)
    if isinstance(cell, str):
        return Shown(cell)
    if isinstance(cell, Estimate):
        return _estimate(cell)
    if as_given:
        return Shown(exact(cell), numeric=True)
    return Shown(f"{cell:,}" if isinstance(cell, int) else format_number(cell), numeric=True)


def _estimate(figure: Estimate) -> Shown:
    if figure.value is None:
        return Shown(f"not known: {figure.reason}", numeric=True)
    tag, words = RANGES[figure.kind]
    if figure.by:
        tag, words = f"by {SHORT.get(figure.by, figure.by).replace('_', ' ')}", range_by(figure.by)
    if figure.level is not None:
        tag, words = f"{tag} {100 * figure.level:g}%", f"{words}, {100 * figure.level:g}%"
    form = measured_value if measured(figure) else format_figure
    return Shown(form(figure.value, figure.unit), True, between(figure), tag, words)


def measured(figure: Estimate) -> bool:
    """Say whether a figure was counted or stands at a measured score: however small it is, its digits are its own."""
    scored = figure.conditions.score is not None or "score" in figure.unit or "similarity" in figure.unit
    return figure.unit == DIFFERENCE or scored or (figure.kind is Doubt.SAMPLING and figure.unit.startswith(SHARES))


def between(figure: Estimate) -> str:
    """Return the range of a figure in words; empty if it has none."""
    if figure.low is None or figure.high is None:
        return ""
    if figure.unit == PRINTED_RATE:
        first, last = format_rate(figure.low), format_rate(figure.high)
        return first if first == last else f"{first} to {last}"
    if figure.unit == DIFFERENCE:
        return say("number.points", x=format_range(100 * figure.low, 100 * figure.high, digits))
    if measured(figure):
        first, last = (measured_value(end, figure.unit) for end in (figure.low, figure.high))
        return first if first == last else f"{first} to {last}"
    return format_range(figure.low, figure.high, percent if figure.unit.startswith(SHARES) else format_number)


def sheet(table: Table, *, as_given: bool = False, above: str = "", marked: bool = True) -> Sheet:
    """Return a table as it is printed: a column is numeric if no cell of it holds words.

    Parameters
    ----------
    table : Table
        What is said.
    as_given : bool
        Print numbers unrounded.
    above : str
        What was said above it of the nearest test, and need not be said again.
    marked : bool
        Whether rows and cells that are further from the nearest test than the rest say so.
    """
    rows = tuple(
        tuple(
            replace(format_cell(cell, as_given=as_given), tested=far if marked else "")
            for cell, far in zip(row, row_marks, strict=True)
        )
        for row, row_marks in zip(table.rows, marks(table), strict=True)
    )
    columns = tuple(
        (heading, bool(rows) and all(row[i].numeric for row in rows)) for i, heading in enumerate(table.columns)
    )
    far = tested_sentence(table.distances())
    return Sheet(table.title, table.note, columns, rows, "" if far == above else far)


def figures(finding: Finding | Section) -> Sheet:
    """Return the table of all figures of an answer or section, with what each is conditional on.

    What holds for all of them is said once, under the table.
    """
    found = list(finding.figures.values())
    told = [conditions(figure) for figure in found]
    shared = [part for part in (told[0] if told else ()) if all(part in parts for parts in told)]
    columns: dict[str, list[Shown]] = {
        "figure": [Shown(name) for name in finding.figures],
        "value, range, kind of doubt": [_estimate(figure) for figure in found],
        "unit": [Shown(figure.unit) for figure in found],
        "out of": [Shown("–" if figure.n is None else exact(figure.n), numeric=True) for figure in found],
        "conditions": [Shown("; ".join(part for part in parts if part not in shared)) for parts in told],
        "nearest test": [Shown(nearest_test(figure.distance)) for figure in found],
        "method": [Shown(figure.method) for figure in found],
    }
    notes = [f"conditions {'; '.join(shared)}"] if shared else []
    for heading in ("unit", "out of", "nearest test", "method", "conditions"):
        texts = {cell.text for cell in columns[heading]}
        if len(texts) == 1:
            notes += [f"{heading} {text}" for text in texts if text]
            del columns[heading]
    headings = tuple((heading, heading in ("value, range, kind of doubt", "out of")) for heading in columns)
    note = f"The same for all of them: {'. '.join(notes)}." if notes else ""
    return Sheet(
        f"{_named(finding)}: figures behind the sentences", note, headings, tuple(zip(*columns.values(), strict=True))
    )


def _named(said: Finding | Section) -> str:
    return said.id if isinstance(said, Finding) else said.title


def conditions(figure: Estimate) -> tuple[str, ...]:
    """Return what a figure is conditional on, in words."""
    c = figure.conditions
    parts = []
    if c.n_references is not None:
        people = "" if c.n_enrolled is None else f" of {big(c.n_enrolled)} people"
        parts.append(f"N {big(c.n_references)}{people}")
    elif c.n_enrolled is not None:
        parts.append(f"N {big(c.n_enrolled)} people")
    if c.threshold is not None:
        parts.append(f"T {format_number(c.threshold)} decades")
    if c.score is not None:
        parts.append(f"score at or above {score(c.score)}")
    if c.image_kind:
        parts.append(label(c.image_kind))
    parts.append("everybody photographed" if c.probe_group == "all" else label(c.probe_group))
    if c.reference_group:
        parts.append(f"references: {label(c.reference_group)}")
    if c.phi is not None:
        parts.append(are_named(c.phi))
    return tuple(parts)


def caveats(finding: Finding | Section) -> tuple[str, ...]:
    """Return the codes on all figures of an answer or section, those in the cells of its tables too, each once."""
    tables = (*finding.tables, *(chart.table for chart in finding.charts))
    cells = (cell for table in tables for row in table.rows for cell in row if isinstance(cell, Estimate))
    return tuple(dict.fromkeys((*finding.caveats(), *(code for cell in cells for code in cell.caveats))))
