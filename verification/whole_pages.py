"""Every row of a validation as tables of comma-separated values, beside the pages of its worst."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from misid import __version__
from misid.findings import csv_text, digest_csv, validation_page
from misid.findings.validation.tables import beyond
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


def save(found: Validation, folder: Path, command: str, seconds: float, *, force: bool = False) -> None:
    """Write the page, the digest, figures, goals and every row into one folder, all or nothing."""
    whole = condense(found, worst=None)
    said = validation_page(whole)
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
