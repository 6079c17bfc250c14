"""The tables of one table of predictions: its summary beside baselines, its goals, and its rows, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from misid.findings.model import Cell, Table
from misid.findings.nearness import BESIDE
from misid.findings.validation.words import (
    DISTANCE,
    SHORT,
    figure_name,
    goal,
    interval,
    off_by_sign,
    remarks,
    said,
    unit,
    whole,
)
from misid.findings.words import format_number, format_rate
from misid.quantities import Estimate
from misid.validation import Digested, Prediction, Scale

SHOWN = 10
"""Rows that stand open; the rest is folded."""
FOLDED = 100
"""Rows of the folded table; the CSV holds them all."""


def summary(table: Digested) -> Table:
    """Return what a table comes to, whole and by band, beside its baselines."""
    rows: list[tuple[Cell, ...]] = []
    for one in table.summaries:
        band = one.band or "all rows"
        figures = one.figures
        said_of = tuple(figures.get(name) for name in ("median", "p90", "coverage", "bias"))
        rows.append((f"misid, {band} ({figures['median'].n:,.0f})", *said_of))
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


def goals(table: Digested) -> Table:
    """Return each goal beside its figure."""
    return Table(
        "Goals set before the table was made",
        ("figure", "goal", "came out", "reached?", "goal set in"),
        tuple(
            (figure_name(asked.figure), goal(asked, figure), figure, "yes" if reached else "no", asked.source)
            for asked, figure, reached in table.reached()
        ),
    )


class Rowed(Protocol):
    """A table of predictions, or what is shipped of one."""

    @property
    def code(self) -> str:
        """Short name."""

    @property
    def level(self) -> float:
        """Of the intervals."""

    @property
    def scale(self) -> Scale:
        """How a miss is measured."""

    @property
    def judged(self) -> bool:
        """Whether there is a summary."""


def row_table(table: Rowed, ordered: Sequence[Prediction], title: str, *, per: int = 1, left: int = 0) -> Table:
    """Return rows of a table of predictions.

    Parameters
    ----------
    table : Table of predictions, or Digested
        Whose rows they are.
    ordered : sequence of Prediction
        The rows to print, the worst first.
    title : str
        Of the table.
    per : int
        Out of how many rates are said.
    left : int
        How many rows are not among them; they stand in a file.
    """
    optional = {
        "part": any(row.band for row in ordered),
        "PIT": any(row.pit is not None for row in ordered),
        "log score": any(row.log_score is not None for row in ordered),
    }
    details = [] if table.judged else list(dict.fromkeys(name for row in ordered for name in row.detail))
    cells = [_cells(row, table, details, per) for row in ordered]
    columns = [name for name in cells[0] if optional.get(name, True)] if cells else ["what"]
    notes = []
    if table.scale == "ratio":
        notes.append("× 2: predicted twice what was observed; ÷ 2: half of it.")
    if said_of := remarks(ordered):
        notes.append(said_of)
    if left > 0:
        notes.append(f"{left:,} more rows, nearer to what was observed, stand in predictions-{table.code}.csv.")
    return Table(
        title, tuple(columns), tuple(tuple(row[name] for name in columns) for row in cells), " ".join(notes), BESIDE
    )


def _cells(row: Prediction, table: Rowed, details: list[str], per: int) -> dict[str, Cell]:
    cells: dict[str, Cell] = {
        "what": row.subject,
        "part": whole(row.band),
        f"predicted{unit(per)}": said(row.value, per),
        f"{100 * table.level:g}% interval": interval(row, per),
        f"observed{unit(per)}": said(row.observed, per),
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


def estimates(table: Digested) -> dict[str, Estimate]:
    """Return every figure of a table's summary, by band and name."""
    return {
        f"{one.band}|{name}" if one.band else name: figure
        for one in table.summaries
        for name, figure in one.figures.items()
    }
