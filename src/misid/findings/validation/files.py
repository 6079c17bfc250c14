"""The digest of predictions as tables of comma-separated values: its figures, and the goals set beforehand."""

from __future__ import annotations

from misid.findings.evaluation.as_json import csv_text, figure_row
from misid.validation import Digest

FIGURE = ("value", "low", "high", "level", "kind", "unit", "n", "count", "method", "nearest_test", "caveats", "reason")


def digest_csv(d: Digest) -> dict[str, str]:
    """Return the text of ``summary.csv`` and, where goals were set, of ``goals.csv`` (RFC 4180), by file name."""
    figures = (
        (table.code, one.band, name, *figure_row(figure, FIGURE))
        for table in d.tables
        for one in table.summaries
        for name, figure in one.figures.items()
    )
    goals = [
        (table.code, goal.figure, goal.low, goal.high, met, goal.source, *figure_row(figure, FIGURE))
        for table in d.tables
        for goal, figure, met in table.reached()
    ]
    files = {"summary.csv": csv_text(("table", "band", "figure", *FIGURE), figures)}
    if goals:
        files["goals.csv"] = csv_text(("table", "figure", "at_least", "at_most", "reached", "set_in", *FIGURE), goals)
    return files
