"""The tables of the page on predictions: misses over all of them, and of each its summary, goals and worst rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from misid.findings.model import Cell, Table
from misid.findings.nearness import BESIDE
from misid.findings.validation.words import (
    DISTANCE,
    SHORT,
    anchor,
    beyond,
    came_out,
    figure_name,
    format_per,
    format_prediction_interval,
    goal,
    off_by,
    off_by_sign,
    remarks,
    unit,
    whole,
)
from misid.quantities import Estimate
from misid.validation import ANEW, Digest, DigestTable, Prediction
from misid.vocabulary.numbers import format_number, format_rate

SHOWN = 10
"""Rows that stand open; the rest is folded."""
FOLDED = 100
"""Rows of a table, with those that are folded."""
LISTED = 40
"""Rows of the list of misses; the tables hold them all."""
ORDER = (
    "Worst first: by how many times its own margin a prediction is off, since distances of rates and of ratios have no "
    "common unit. The margin is from the prediction to the near end of its interval. × 2: predicted twice what was observed."
)


@dataclass(frozen=True)
class Miss:
    """One line of the first screen: what was claimed, and what was found."""

    what: str  # the goal, or what was predicted
    where: str  # the table that it stands in, in words
    anchor: str  # section of the page that holds that table
    claimed: str  # the goal; or the prediction
    claimed_range: str  # of a prediction, its interval
    found: str  # the figure, or what was observed
    found_note: str  # the figure's interval; or how far off the prediction is


def outside(d: Digest) -> list[tuple[DigestTable, Prediction]]:
    """Return the rows outside their interval, over all tables, the worst first; a figure predicted again counts once."""
    rows = [(table, row) for table in d.distinct() for row in table.shown if not row.inside]
    return sorted(rows, key=lambda pair: (-beyond(pair[1], pair[0].scale), pair[0].code, pair[1].subject, pair[1].band))


def goals_missed(d: Digest) -> tuple[Miss, ...]:
    """Return a line for each goal that is not reached."""
    found = []
    for table in d.tables:
        for limit, figure, reached in table.reached():
            if not reached:
                value, ends = came_out(figure)
                found.append(
                    Miss(
                        figure_name(limit.figure),
                        table.title,
                        anchor(table.code),
                        goal(limit, figure),
                        "",
                        value,
                        ends,
                    )
                )
    return tuple(found)


def furthest(d: Digest, most: int) -> tuple[Miss, ...]:
    """Return a line for each of the rows that lie furthest outside their interval."""
    return tuple(
        Miss(
            row.subject,
            _where(table, row),
            anchor(table.code),
            format_per(row.value, table.per) + unit(table.per),
            format_prediction_interval(row, table.per),
            format_per(row.observed, table.per) + unit(table.per),
            off_by(row, table.scale),
        )
        for table, row in outside(d)[:most]
    )


def goals_table(d: Digest) -> Table:
    """Return every goal that is not reached, with its figure."""
    any_set = any(table.goals for table in d.tables)
    rows = tuple(
        (table.title, figure_name(limit.figure), goal(limit, figure), figure, limit.source)
        for table in d.tables
        for limit, figure, reached in table.reached()
        if not reached
    )
    return Table(
        "Goals that are not reached",
        ("table", "figure", "goal", "came out", "goal set in"),
        rows,
        ""
        if rows
        else "None: every goal that was set is reached."
        if any_set
        else "No goal was set for what is shown.",
    )


def rows_table(d: Digest, most: int = LISTED) -> Table:
    """Return the rows outside their interval, over all tables, the worst first."""
    found = outside(d)
    rows = tuple(
        (
            row.subject,
            whole(format_per(row.value, table.per) + unit(table.per)),
            whole(format_per(row.observed, table.per) + unit(table.per)),
            off_by_sign(row, table.scale),
            format_prediction_interval(row, table.per),
            format_number(beyond(row, table.scale)),
            _where(table, row),
            whole(SHORT[row.standing]),
        )
        for table, row in found[:most]
    )
    count = sum(table.outside for table in d.distinct())
    again = [table.title for table in d.tables if table not in d.distinct()]
    rest = f" {len(rows)} of {count:,}; `{ANEW} --out FOLDER` writes them all." if count > len(rows) else ""
    if again:
        rest += f" The same figures predicted again are not listed twice: {'; '.join(again)}."
    notes_on_rows = remarks(row for _, row in found[:most])
    return Table(
        "Predictions outside their interval, over all tables",
        ("what", "predicted", "observed", "off by", "interval", "times its margin", "table", "standing"),
        rows,
        f"{ORDER}{rest}{f' {notes_on_rows}' if notes_on_rows else ''}" if rows else "None.",
        BESIDE,
    )


def _where(table: DigestTable, row: Prediction) -> str:
    return f"{table.title} ({row.band})" if row.band else table.title


def summary(table: DigestTable) -> Table:
    """Return what a table comes to, whole and by band, beside its baselines."""
    rows: list[tuple[Cell, ...]] = []
    for one in table.summaries:
        band = one.band or "all rows"
        figures = one.figures
        own = tuple(figures.get(name) for name in ("median", "p90", "coverage", "bias"))
        rows.append((f"misid, {band} ({figures['median'].n:,.0f})", *own))
        rows += [
            (f"{name}, {band} ({middle.n:,.0f})", middle, figures[f"p90 {name}"], None, None)
            for name in table.baselines
            if (middle := figures.get(f"median {name}")) is not None
        ]
    means = "0.05 is a factor of 1.05, 0.69 of 2." if table.scale == "ratio" else ""
    what = "; ".join(f"{name}: {words}" for name, words in table.baselines.items())
    return Table(
        f"Distance between predicted and observed, {DISTANCE[table.scale]}, beside simpler rules",
        ("", "median", "90th percentile", f"inside the {100 * table.level:g}% interval", "median with its sign"),
        tuple(rows),
        " ".join(
            part for part in (means, f"{what}." if what else "", "Intervals are over whole groups of rows.") if part
        ),
    )


def goals(table: DigestTable) -> Table:
    """Return each goal beside its figure."""
    return Table(
        "Goals set before the table was made",
        ("figure", "goal", "came out", "reached?", "goal set in"),
        tuple(
            (figure_name(limit.figure), goal(limit, figure), figure, "yes" if reached else "no", limit.source)
            for limit, figure, reached in table.reached()
        ),
    )


def row_table(table: DigestTable, rows: Sequence[Prediction], title: str = "") -> Table:
    """Return rows of a table of predictions, the worst first; the title says how many of them there are."""
    optional = {
        "part": any(row.band for row in rows),
        "PIT": any(row.pit is not None for row in rows),
        "log score": any(row.log_score is not None for row in rows),
    }
    details = [] if table.judged else list(dict.fromkeys(name for row in rows for name in row.detail))
    cells = [_cells(row, table, details) for row in rows]
    columns = [name for name in cells[0] if optional.get(name, True)] if cells else ["what"]
    notes = []
    if table.scale == "ratio":
        notes.append("× 2: predicted twice what was observed; ÷ 2: half of it.")
    if notes_on_rows := remarks(rows):
        notes.append(notes_on_rows)
    if table.judged and (table.outside > len(table.shown) or len(table.shown) > FOLDED):
        notes.append(f"`{ANEW} --table {table.code} --out FOLDER` writes every row.")
    if not title and not table.judged:
        title = "All rows, the worst first"
    elif not title:
        some = "" if len(table.shown) == table.outside else f", {len(table.shown)} of {table.outside:,}"
        title = f"Rows outside their interval, the worst first{some}"
    return Table(
        title, tuple(columns), tuple(tuple(row[name] for name in columns) for row in cells), " ".join(notes), BESIDE
    )


def _cells(row: Prediction, table: DigestTable, details: list[str]) -> dict[str, Cell]:
    per = table.per
    cells: dict[str, Cell] = {
        "what": row.subject,
        "part": whole(row.band),
        f"predicted{unit(per)}": format_per(row.value, per),
        f"{100 * table.level:g}% interval": format_prediction_interval(row, per),
        f"observed{unit(per)}": format_per(row.observed, per),
        "inside?": "yes" if row.inside else "no",
        "off by": off_by_sign(row, table.scale),
        "standing": whole(SHORT[row.standing]),
        "PIT": "" if row.pit is None else format_number(row.pit),
        "log score": "" if row.log_score is None else f"{row.log_score:.2f}".replace("-", "\N{MINUS SIGN}"),
    }
    for name in details:
        value = row.detail.get(name, "")
        cells[name] = (
            value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else format_rate(value)
        )
    return cells


def estimates(table: DigestTable) -> dict[str, Estimate]:
    """Return every figure of a table's summary, by band and name."""
    return {
        f"{one.band}|{name}" if one.band else name: figure
        for one in table.summaries
        for name, figure in one.figures.items()
    }
