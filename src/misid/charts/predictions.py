"""Predictions beside what was observed: a dot for each, where one means right, with the interval it claimed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import SHARE, Axis, finite, log_axis
from misid.charts.rows import names_of, plain
from misid.charts.theme import GREY, Spec, colour, frame
from misid.findings.words import rate

Records = Sequence[Mapping[str, Any]]

WIDEST = 10.0
"""Times too high or too low at the ends of the axis; what lies further out stands at its end."""
TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
TIMES = (
    "datum.value < 1 ? '÷ ' + format(1 / datum.value, '.3~r') : "
    "datum.value > 1 ? '× ' + format(datum.value, '.3~r') : 'right'"
)


def predictions(records: Records, description: str, title: str) -> Spec:
    """Draw predicted over observed against the observed value.

    Parameters
    ----------
    records : sequence of mapping
        ``subject, observed, value, low, high, series``; ``note`` if there is something to say.  Rates above 0.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    kept = [
        r
        for r in records
        if len(finite([r.get("value"), r.get("observed")])) == 2 and min(float(r["value"]), float(r["observed"])) > 0
    ]
    x = log_axis((r["observed"] for r in kept), 4)
    rows = [_row(r) for r in kept]
    y = _times([row[name] for row in rows for name in ("y", "low", "high")])
    for row in rows:
        row["x"] = plain(x.place(row["x"]))
        for name in ("y", "low", "high"):
            row[name] = plain(y.place(row[name]))
    names = names_of(rows, "series")
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": x.scale(),
            "axis": {"values": list(x.ticks), "labelExpr": SHARE, "grid": False, "title": "observed"},
        },
        "y": {
            "field": "y",
            "type": "quantitative",
            "scale": y.scale(),
            "axis": {"values": list(y.ticks), "labelExpr": TIMES, "domain": False, "ticks": False, "title": None},
        },
        "color": colour(names),
    }
    tip = [
        {"field": field, "type": "nominal", "title": words}
        for field, words in (
            ("subject", "subject"),
            ("seen", "observed"),
            ("said", "predicted"),
            ("range", "interval"),
            ("note", "note"),
        )
        if any(row.get(field) for row in rows)
    ]
    span = {"type": "rule", "strokeWidth": 1.2, "opacity": 0.35, "aria": False}
    dot = {"type": "point", "filled": True, "size": 34, "opacity": 0.9, "aria": False}
    layers: list[Spec] = [
        {
            "data": {"values": [{"one": 1.0}]},
            "mark": {"type": "rule", "color": GREY, "strokeWidth": 1.5, "aria": False},
            "encoding": {"y": {"field": "one", "type": "quantitative", "scale": y.scale()}},
        },
        {
            "mark": span,
            "encoding": {**base, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": dot, "encoding": {**base, "tooltip": tip}},
    ]
    return {
        **frame(description, 300, layers, "predicted over observed", measured=True),
        "data": {"values": rows},
    }


def _row(record: Mapping[str, Any]) -> Spec:
    value, observed = float(record["value"]), float(record["observed"])
    low, high = ((finite([record.get(end)]) or [value])[0] for end in ("low", "high"))
    return {
        "x": observed,
        "y": value / observed,
        "low": low / observed,
        "high": high / observed,
        "series": str(record.get("series") or ""),
        "subject": str(record["subject"]),
        "seen": rate(observed),
        "said": rate(value),
        "range": f"{rate(low)} to {rate(high)}",
        "note": str(record.get("note") or ""),
    }


def _times(values: list[float]) -> Axis:
    """Return the axis of predicted over observed: alike upwards and downwards, so that no miss looks smaller."""
    most = max((max(v, 1 / v) for v in values if v > 0 and math.isfinite(v)), default=2.0)
    end = min(max(most * 1.05, 2.0), WIDEST)
    return Axis(1 / end, end, True, tuple(t for t in TICKS if 1 / end <= t <= end))
