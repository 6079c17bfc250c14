"""A validation as plain JSON types, and as tables of comma-separated values: every row, with what it is judged by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from misid.findings.evaluation.as_json import csv_text
from misid.findings.nearness import BESIDE, distance_words
from misid.findings.validation.misses import outside
from misid.findings.validation.words import beyond
from misid.quantities import Estimate
from misid.validation import Prediction, Table, Validation, reached
from misid.validation.digest import digest

SCHEMA = "misid/validation/1"
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
FIGURE = ("value", "low", "high", "level", "kind", "unit", "n", "count", "method", "nearest_test", "caveats", "reason")


def to_json(validation: Validation) -> dict[str, Any]:
    """Return a validation as plain JSON types: no number that is not finite, null instead.

    Parameters
    ----------
    validation : Validation
        What was found.

    Returns
    -------
    dict
        ``schema`` is `SCHEMA`; ``misses`` holds the goals that are not reached and the rows outside their interval, the
        worst first; ``tables`` holds every row by the code of its table.
    """
    whole = digest(validation, worst=None)
    return {
        "schema": SCHEMA,
        "misses": {
            "goals": [
                {"table": table.code, **goal.__dict__, "came_out": figure.to_json()}
                for table in whole.tables
                for goal, figure, met in table.reached()
                if not met
            ],
            "rows": [
                {"table": table.code, **row.to_json(table.scale), "times_its_margin": _finite(beyond(row, table.scale))}
                for table, row in outside(whole)
            ],
        },
        "not_validated": list(validation.not_validated),
        "unsettled": [dict(one.__dict__) for one in validation.unsettled],
        "unpredicted": [dict(one.__dict__) for one in validation.unpredicted],
        "tables": {table.code: _table(table, validation) for table in validation.tables},
    }


def tables(validation: Validation) -> dict[str, str]:
    """Return a validation as tables of comma-separated values (RFC 4180).

    Parameters
    ----------
    validation : Validation
        What was found.

    Returns
    -------
    dict of str to str
        Text by file name: ``summary.csv``, ``goals.csv``, and ``predictions-CODE.csv`` for each table with all its rows.
    """
    figures = (
        (table.code, one.band, name, *_figure(figure))
        for table in validation.tables
        for one in validation.summaries[table.code]
        for name, figure in one.figures.items()
    )
    goals = (
        (table.code, goal.figure, goal.low, goal.high, met, goal.source, *_figure(figure))
        for table in validation.tables
        for goal, figure, met in reached(table, validation.summaries[table.code])
    )
    return {
        "summary.csv": csv_text(("table", "band", "figure", *FIGURE), figures),
        "goals.csv": csv_text(("table", "figure", "at_least", "at_most", "reached", "set_in", *FIGURE), goals),
        **{f"predictions-{table.code}.csv": _rows(table) for table in validation.tables},
    }


def _table(table: Table, validation: Validation) -> dict[str, Any]:
    return {
        "title": table.title,
        "question": table.question,
        "target": table.target,
        "how": table.how,
        "conditions": table.conditions.to_json(),
        "level": table.level,
        "scale": table.scale,
        "judged": table.judged,
        "again_of": table.again_of,
        "baselines": dict(table.baselines),
        "unsettled": list(table.unsettled),
        "caveats": list(table.caveats),
        "goals": [
            {**goal.__dict__, "reached": met, "came_out": figure.to_json()}
            for goal, figure, met in reached(table, validation.summaries[table.code])
        ],
        "summaries": [
            {"band": one.band, "figures": {name: figure.to_json() for name, figure in one.figures.items()}}
            for one in validation.summaries[table.code]
        ],
        "distance_of_rows": BESIDE.to_json(),
        "rows": [row.to_json(table.scale) for row in table.misses()],
    }


def _rows(table: Table) -> str:
    baselines = list(table.baselines)
    details = list(dict.fromkeys(name for row in table.predictions for name in row.detail))
    header = (*ROW, *(f"baseline: {name}" for name in baselines), *details, "note")
    return csv_text(header, (_row(row, table, baselines, details) for row in table.misses()))


def _row(row: Prediction, table: Table, baselines: Sequence[str], details: Sequence[str]) -> list[Any]:
    plain = {**row.to_json(table.scale), "times_its_margin": _finite(beyond(row, table.scale))}
    return [
        *(plain[name] for name in ROW),
        *(row.baselines.get(name) for name in baselines),
        *(row.detail.get(name) for name in details),
        row.note,
    ]


def _figure(figure: Estimate) -> list[Any]:
    plain = {**figure.to_json(), "nearest_test": distance_words(figure.distance), "caveats": " ".join(figure.caveats)}
    return [plain[name] for name in FIGURE]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
