"""The misses of all tables: goals that are not reached, and rows outside their interval, the worst first."""

from __future__ import annotations

from misid.findings.model import Table
from misid.findings.nearness import BESIDE
from misid.findings.validation.model import Miss
from misid.findings.validation.words import (
    SHORT,
    anchor,
    beyond,
    came_out,
    figure_name,
    goal,
    interval,
    off_by,
    off_by_sign,
    remarks,
    said,
    unit,
    whole,
)
from misid.findings.words import format_number
from misid.validation import Digest, Digested, Prediction

FIRST_GOALS = 3
FIRST_ROWS = 5
LISTED = 40
"""Rows of the list of misses; the tables hold them all."""
ORDER = (
    "Worst first: by how many times its own margin a prediction is off, since distances of rates and of ratios have no "
    "common unit. The margin is from the prediction to the near end of its interval. × 2: predicted twice what was observed."
)


def outside(d: Digest) -> list[tuple[Digested, Prediction]]:
    """Return the rows outside their interval, over all tables, the worst first; a figure predicted again counts once."""
    rows = [(table, row) for table in d.distinct() for row in table.shown if not row.inside]
    return sorted(rows, key=lambda pair: (-beyond(pair[1], pair[0].scale), pair[0].code, pair[1].subject, pair[1].band))


def goals_missed(d: Digest) -> tuple[Miss, ...]:
    """Return a line for each goal that is not reached."""
    found = []
    for table in d.tables:
        for asked, figure, reached in table.reached():
            if not reached:
                value, ends = came_out(figure)
                found.append(
                    Miss(
                        figure_name(asked.figure),
                        table.title,
                        anchor(table.code),
                        goal(asked, figure),
                        "",
                        value,
                        ends,
                    )
                )
    return tuple(found)


def furthest(d: Digest, most: int = FIRST_ROWS) -> tuple[Miss, ...]:
    """Return a line for each of the rows that lie furthest outside their interval."""
    return tuple(
        Miss(
            row.subject,
            _where(table, row),
            anchor(table.code),
            said(row.value, table.per) + unit(table.per),
            interval(row, table.per),
            said(row.observed, table.per) + unit(table.per),
            off_by(row, table.scale),
        )
        for table, row in outside(d)[:most]
    )


def goals_table(d: Digest) -> Table:
    """Return every goal that is not reached, with its figure."""
    rows = tuple(
        (table.title, figure_name(asked.figure), goal(asked, figure), figure, asked.source)
        for table in d.tables
        for asked, figure, reached in table.reached()
        if not reached
    )
    return Table(
        "Goals that are not reached",
        ("table", "figure", "goal", "came out", "goal set in"),
        rows,
        "" if rows else "None: every goal that was set is reached.",
    )


def rows_table(d: Digest, most: int = LISTED) -> Table:
    """Return the rows outside their interval, over all tables, the worst first."""
    found = outside(d)
    rows = tuple(
        (
            row.subject,
            whole(said(row.value, table.per) + unit(table.per)),
            whole(said(row.observed, table.per) + unit(table.per)),
            off_by_sign(row, table.scale),
            interval(row, table.per),
            format_number(beyond(row, table.scale)),
            _where(table, row),
            whole(SHORT[row.standing]),
        )
        for table, row in found[:most]
    )
    count = sum(table.outside for table in d.distinct())
    again = [table.title for table in d.tables if table not in d.distinct()]
    rest = f" {len(rows)} of {count:,}; the others stand in their tables." if count > len(rows) else ""
    if again:
        rest += f" The same figures predicted again are not listed twice: {'; '.join(again)}."
    said_of = remarks(row for _, row in found[:most])
    return Table(
        "Predictions outside their interval, over all tables",
        ("what", "predicted", "observed", "off by", "interval", "times its margin", "table", "standing"),
        rows,
        f"{ORDER}{rest}{f' {said_of}' if said_of else ''}" if rows else "None.",
        BESIDE,
    )


def _where(table: Digested, row: Prediction) -> str:
    return f"{table.title} ({row.band})" if row.band else table.title
