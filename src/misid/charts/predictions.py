"""Predictions beside what was observed: a dot for each, on the line where it is right, with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from misid.charts.axes import PLAIN, Axis, finite_only, linear_axis, log_axis
from misid.charts.rows import names_of, six_digits
from misid.charts.theme import GREY, Spec, colour, frame
from misid.vocabulary.numbers import format_rate

Records = Sequence[Mapping[str, Any]]

HEIGHT = 300
WIDEST = 10.0
"""Times too high or too low at the ends of the axis; what lies further out is a triangle at its end."""
TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
CLOSE = (0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
TIMES = (
    "datum.value < 0.995 ? '÷ ' + format(1 / datum.value, '.3~r') : "
    "datum.value > 1.005 ? '× ' + format(datum.value, '.3~r') : 'right'"
)
MINUS = f"datum.value == 0 ? 'right' : {PLAIN}"
TIP = (("subject", "what"), ("seen", "observed"), ("said", "predicted"), ("range", "interval"), ("note", "note"))


def predictions(records: Records, description: str, title: str) -> Spec:
    """Draw predicted over observed against the observed value; for rates above 0.

    Parameters
    ----------
    records : sequence of mapping
        ``subject, observed, value, low, high, series``; ``note`` if there is something to say.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    kept = [r for r in _known(records) if min(float(r["value"]), float(r["observed"])) > 0]
    rows = [_row(r, lambda value, observed: value / observed) for r in kept]
    x = log_axis((row["x"] for row in rows), 4)
    y = _times([row[name] for row in rows for name in ("y", "low", "high")])
    return _draw(rows, x, y, (TIMES, "predicted over observed"), 1.0, description)


def draw_differences(records: Records, description: str, title: str) -> Spec:
    """Draw predicted minus observed against the observed value; for rates that are 0 or hardly more.

    Parameters
    ----------
    records : sequence of mapping
        As those of `predictions`.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    rows = [_row(r, lambda value, observed: value - observed) for r in _known(records)]
    x = linear_axis((row["x"] for row in rows), 4)
    y = _around([row[name] for row in rows for name in ("y", "low", "high")])
    return _draw(rows, x, y, (MINUS, "predicted minus observed"), 0.0, description)


def _known(records: Records) -> list[Mapping[str, Any]]:
    return [r for r in records if len(finite_only([r.get("value"), r.get("observed")])) == 2]


def _row(record: Mapping[str, Any], against: Callable[[float, float], float]) -> Spec:
    value, observed = float(record["value"]), float(record["observed"])
    ends = [(finite_only([record.get(end)]) or [value])[0] for end in ("low", "high")]
    low, high = min(ends), max(ends)
    return {
        "x": observed,
        "y": against(value, observed),
        "low": against(low, observed),
        "high": against(high, observed),
        "series": str(record.get("series") or ""),
        "subject": str(record.get("subject") or ""),
        "seen": format_rate(observed),
        "said": format_rate(value),
        "range": f"{format_rate(low)} to {format_rate(high)}",
        "note": str(record.get("note") or ""),
    }


def _draw(rows: list[Spec], x: Axis, y: Axis, words: tuple[str, str], right: float, description: str) -> Spec:
    """Lay dots and intervals over the line where a prediction was right."""
    for row in rows:
        row["out"] = "up" if row["y"] > y.high else "down" if row["y"] < y.low else ""
        row["x"] = six_digits(x.place(row["x"]))
        for name in ("y", "low", "high"):
            row[name] = six_digits(y.place(row[name]))
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": x.scale(),
            "axis": {
                "values": list(x.ticks),
                "labelExpr": PLAIN,
                "labelFlush": True,
                "grid": False,
                "title": "observed",
            },
        },
        "y": {
            "field": "y",
            "type": "quantitative",
            "scale": y.scale(),
            "axis": {"values": list(y.ticks), "labelExpr": words[0], "domain": False, "ticks": False, "title": None},
        },
        "color": colour(names_of(rows, "series")),
    }
    tip = [
        {"field": field, "type": "nominal", "title": title} for field, title in TIP if any(row[field] for row in rows)
    ]
    line: Spec = {"field": "right", "type": "quantitative", "scale": y.scale()}
    span: Spec = {**base, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}}
    layers: list[Spec] = [
        {
            "data": {"values": [{"right": right}]},
            "mark": {"type": "rule", "color": GREY, "strokeWidth": 1.5},
            "encoding": {"y": line},
        },
        {"mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.4}, "encoding": span},
    ]
    for way, size, shape in (("", 38, "circle"), ("up", 70, "triangle-up"), ("down", 70, "triangle-down")):
        mark: Spec = {"type": "point", "filled": True, "opacity": 0.9, "size": size, "shape": shape}
        chosen: Spec = {"filter": f"datum.out == '{way}'"}
        layers.append({"transform": [chosen], "mark": mark, "encoding": {**base, "tooltip": tip}})
    return {**frame(description, HEIGHT, layers, words[1], measured=True), "data": {"values": rows}}


def _times(values: list[float]) -> Axis:
    """Return the axis of predicted over observed: alike upwards and downwards, so that no miss looks smaller."""
    most = max((max(v, 1 / v) for v in values if v > 0 and math.isfinite(v)), default=2.0)
    end = min(max(most * 1.05, 1.15), WIDEST)
    ticks = tuple(t for t in (TICKS if end > 2.2 else CLOSE) if 1 / end <= t <= end)
    return Axis(1 / end, end, True, ticks)


def _around(values: list[float]) -> Axis:
    """Return an axis with as much room under 0 as above it."""
    up = linear_axis((abs(v) for v in values), 3)
    return Axis(-up.high, up.high, False, (*(-t for t in reversed(up.ticks[1:])), *up.ticks))
