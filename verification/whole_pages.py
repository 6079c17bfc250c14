"""Every row of a validation: as tables of comma-separated values, and as a dot each on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from misid import __version__
from misid.findings import (
    BESIDE,
    ChartData,
    Table,
    beyond,
    csv_text,
    digest_csv,
    format_factor,
    format_per,
    format_prediction_interval,
    off_by,
    validation_page,
)
from misid.provenance import provenance
from misid.report import APPENDIX, appendix, render, short
from misid.storage import to_text, write_folder
from misid.validation import Prediction
from verification.condense import condense
from verification.tables import PredictionTable, Validation

ROW = (
    "subject",
    "group",
    "band",
    "standing",
    "value",
    "low",
    "high",
    "observed",
    "observed_low",
    "observed_high",
    "inside",
    "away",
    "times_its_margin",
    "pit",
    "log_score",
)
FEW = 12
"""Tables of so few rows have no dots: the page draws each row under its own name."""


def save(found: Validation, folder: Path, command: str, seconds: float, *, force: bool = False) -> None:
    """Write the page, the digest, figures, goals and every row into one folder, all or nothing."""
    whole = condense(found, worst=None)
    charts = {table.code: chart for table in found.tables if (chart := dots(table)) is not None}
    said = validation_page(whole, charts)
    files = {
        "report.html": render(short(said), rerun=command, version=__version__),
        APPENDIX: render(appendix(said), rerun=command, version=__version__),
        "validation.json": to_text({"misid": __version__, **whole.to_json()}),
        **digest_csv(whole),
        **{f"predictions-{table.code}.csv": rows_csv(table) for table in found.tables},
    }
    write_folder(folder, files, force, made=provenance(command, seconds))


def rows_csv(table: PredictionTable) -> str:
    """Return every row of a table, the worst first (RFC 4180)."""
    baselines = list(table.baselines)
    details = list(dict.fromkeys(name for row in table.predictions for name in row.detail))
    header = (*ROW, *(f"baseline: {name}" for name in baselines), *details, "note")
    return csv_text(header, (_row(row, table, baselines, details) for row in table.misses()))


def _row(row: Prediction, table: PredictionTable, baselines: Sequence[str], details: Sequence[str]) -> list[Any]:
    plain = {
        **row.to_json(),
        "inside": row.inside,
        "away": _finite(row.away(table.scale)),
        "times_its_margin": _finite(beyond(row, table.scale)),
    }
    return [
        *(plain[name] for name in ROW),
        *(row.baselines.get(name) for name in baselines),
        *(row.detail.get(name) for name in details),
        row.note,
    ]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def dots(table: PredictionTable) -> ChartData | None:
    """Return a picture with a dot for each row: how far off it is, over what was observed; None for a few rows."""
    ordered, level = table.misses(), f"{100 * table.level:g}%"
    if len(ordered) <= FEW or not table.judged:
        return None
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
            "note": "; ".join(filter(None, (off_by(row, table.scale), row.standing.value if mixed else "", row.note))),
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
        _quantiles(table, ordered) if ratio else _worst(table, ordered[:FEW]),
    )


def _quantiles(table: PredictionTable, ordered: tuple[Prediction, ...]) -> Table:
    """Return how many predictions are off by how much: what the cloud of dots shows."""
    steps = (1.05, 1.1, 1.2, 1.5, 2.0, 5.0)
    away = [row.away(table.scale) for row in ordered]
    rows = []
    for step in steps:
        cut = math.log(step)
        rows.append(
            (f"more than {format_factor(cut)}", sum(x > cut for x in away), sum(x < -cut for x in away), len(away))
        )
    title = f"{table.title}: rows that are off by"
    return Table(title, ("off by", "too high", "too low", "of all"), tuple(rows), distance=BESIDE)


def _worst(table: PredictionTable, rows: tuple[Prediction, ...]) -> Table:
    return Table(
        f"{table.title}: the worst {len(rows)}",
        ("what", "predicted", "interval", "observed"),
        tuple(
            (row.subject, format_per(row.value, 1), format_prediction_interval(row), format_per(row.observed, 1))
            for row in rows
        ),
        distance=BESIDE,
    )
