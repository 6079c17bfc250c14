"""What is said of one table of predictions: a sentence, a picture, the summary, and the rows."""

from __future__ import annotations

import math

from misid.findings.model import ChartData, Section, Table
from misid.findings.nearness import BESIDE
from misid.findings.validation import tables
from misid.findings.validation.words import (
    STANDINGS,
    anchor,
    distance,
    dressed,
    interval,
    lower,
    off_by,
    said,
    times,
    unit,
)
from misid.validation import Digested, Prediction
from misid.validation import Table as Predictions

FEW = 12
"""Rows that are drawn by name, each with its own line; more of them are drawn as dots."""
NO_SUMMARY = "No summary is given: the rows are too few and their ranges too wide, so that any share inside them would look well."


def section(table: Predictions, short: Digested) -> Section:
    """Say what one table shows.

    Parameters
    ----------
    table : Table of predictions
        With all rows.
    short : Digested
        The same table's summaries.
    """
    ordered = table.misses()
    level = f"{100 * table.level:g}%"
    title = f"Rows, the worst first: {table.target}"
    drawn = tables.row_table(table, ordered[: tables.SHOWN], title, per=short.per)
    parts: list[Table] = []
    if short.goals:
        parts.append(tables.goals(short))
    if short.summaries:
        parts.append(tables.summary(short))
    return Section(
        id=anchor(table.code),
        title=table.title,
        text=sentence(short, level),
        figures={name: dressed(figure) for name, figure in tables.estimates(short).items()},
        tables=(*parts, drawn),
        charts=(_chart(table, ordered, level, short.per),) if ordered else (),
    )


def points(table: Digested) -> tuple[str, ...]:
    """Return what a reader must know of a table, a sentence each."""
    by_standing = {standing.value: words for standing, words in STANDINGS.items()}
    seen = "; ".join(f"{n:,} {by_standing[s]}" for s, n in table.standings.items())
    return (
        f"Target: {table.target}.",
        f"Fitted on: {lower(table.how.rstrip('.'))}.",
        f"Standing of {table.rows:,} rows: {seen}.",
        *(f"These data cannot decide: {lower(words)}" for words in table.unsettled),
    )


def folded(table: Predictions, short: Digested) -> Table | None:
    """Return the rows that do not stand open; None if all do."""
    ordered = table.misses()
    if len(ordered) <= tables.SHOWN:
        return None
    title = f"{table.title}: rows {tables.SHOWN + 1} and on, the worst first"
    rest = ordered[tables.SHOWN : tables.FOLDED]
    return tables.row_table(table, rest, title, per=short.per, left=len(ordered) - tables.FOLDED)


def sentence(short: Digested, level: str) -> str:
    """Say in a sentence or two how the predictions of a table came out."""
    held = short.rows - short.outside
    inside = f"{held:,} of {short.rows:,} observed values lie inside the {level} interval"
    if not short.summaries:
        return f"{inside}. {NO_SUMMARY}" if not short.judged else "There are no rows."
    figures = short.summaries[0].figures
    came = (
        f"Half of {short.rows:,} predictions are within {distance(figures['median'].value, short.scale)} of what was "
        f"observed, nine of ten within {distance(figures['p90'].value, short.scale)}; {inside}."
    )
    other = [
        f"{name} {distance(figures[f'median {name}'].value, short.scale)}"
        for name in short.baselines
        if f"median {name}" in figures
    ]
    return came + (f" Simpler rules, in the middle: {'; '.join(other)}." if other else "")


def _chart(table: Predictions, ordered: tuple[Prediction, ...], level: str, per: int) -> ChartData:
    few = len(ordered) <= FEW or not table.judged
    return _named(table, ordered[:FEW], level, per) if few else _dots(table, ordered, level)


def _named(table: Predictions, rows: tuple[Prediction, ...], level: str, per: int) -> ChartData:
    """Return each row under its own name: what was predicted, and what was observed, with their intervals."""
    predicted = f"predicted, {level} interval"
    records = [
        {
            "label": row.subject + (f", {row.band}" if row.band else ""),
            "series": series,
            "value": per * value,
            "low": per * low,
            "high": per * high,
            "order": i,
            "note": f"{said(value, per)} ({said(low, per)} to {said(high, per)}){unit(per)}",
            "x_title": unit(per).strip(),
        }
        for i, row in enumerate(rows)
        for series, value, low, high in (
            (predicted, row.value, row.low, row.high),
            ("observed", row.observed, row.observed_low, row.observed_high),
        )
    ]
    worst = rows[0]
    summary = (
        f"The worst of them, {worst.subject}: {said(worst.value, per)} predicted ({interval(worst, per)}), "
        f"{said(worst.observed, per)} observed{',' if per > 1 else ''}{unit(per)}."
    )
    return ChartData(
        "intervals", f"Predicted and observed: {table.target}", summary, tuple(records), _sheet(table, rows, per)
    )


def _dots(table: Predictions, ordered: tuple[Prediction, ...], level: str) -> ChartData:
    """Return a dot for each row: how far off it is, over what was observed."""
    ratio = table.scale == "ratio"
    mixed = len({row.standing for row in ordered}) > 1
    held, missed = f"inside its {level} interval", "outside"
    # What is outside is drawn last, on top.
    records = [
        {
            "subject": row.subject,
            "observed": row.observed,
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "series": held if row.inside else missed,
            "note": "; ".join(part for part in (off_by(row, table.scale), row.standing.value if mixed else "", row.note) if part),
        }
        for row in sorted(ordered, key=lambda row: not row.inside)
    ]  # fmt: skip
    absent = sum(min(row.value, row.observed) <= 0 for row in ordered) if ratio else 0
    outside = sum(not row.inside for row in ordered)
    worst = ordered[0]
    summary = (
        f"{outside:,} of {len(ordered):,} lie outside their {level} interval. The furthest, {worst.subject}, is "
        f"{off_by(worst, table.scale)}."
        + (f" {absent:,} rows with a rate of 0 have no place here; they stand in the table." if absent else "")
    )
    title = f"{'Predicted over observed' if ratio else 'Predicted minus observed'}: {table.target}"
    return ChartData(
        "predictions" if ratio else "differences",
        title,
        summary,
        tuple(records),
        _quantiles(table, ordered) if ratio else _sheet(table, ordered[:FEW], 1),
    )


def _sheet(table: Predictions, rows: tuple[Prediction, ...], per: int) -> Table:
    return Table(
        f"{table.title}: the worst {len(rows)}",
        ("what", f"predicted{unit(per)}", "interval", f"observed{unit(per)}"),
        tuple((row.subject, said(row.value, per), interval(row, per), said(row.observed, per)) for row in rows),
        distance=BESIDE,
    )


def _quantiles(table: Predictions, ordered: tuple[Prediction, ...]) -> Table:
    """Return how many predictions are off by how much: what the cloud of dots shows."""
    steps = (1.05, 1.1, 1.2, 1.5, 2.0, 5.0)
    away = [row.away(table.scale) for row in ordered]
    rows = []
    for step in steps:
        cut = math.log(step)
        rows.append((f"more than {times(cut)}", sum(x > cut for x in away), sum(x < -cut for x in away), len(away)))
    title = f"{table.title}: rows that are off by"
    return Table(title, ("off by", "too high", "too low", "of all"), tuple(rows), distance=BESIDE)
