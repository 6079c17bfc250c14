"""What a larger gallery would do, by several forms; what was measured is marked, and what lies far beyond it shaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import GALLERY, SHARE, Axis, finite_only, gallery_label, log_axis
from misid.charts.lines import band, touch
from misid.charts.rows import names_of, six_digits, tested_words
from misid.charts.theme import GREY, SMALL, Spec, colour, dashes_of, frame
from misid.findings import big, share

Records = Sequence[Mapping[str, Any]]

BEYOND = 10.0  # times the measured gallery: structure from there on, not data
MOST_TICKS = 5


def draw_galleries(records: Records, description: str, title: str) -> Spec:
    """Draw a rate over the gallery size, a line with its band for each form of growth.

    Parameters
    ----------
    records : sequence of mapping
        ``n_references, value, low, high, series, order``; ``trusted`` is false for a form that failed inside the data;
        ``measured`` is the gallery of the data.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    kept = [
        r
        for r in records
        if len(finite_only([r.get("value"), r.get("n_references")])) == 2 and float(r["n_references"]) > 0
    ]
    kept.sort(key=lambda r: float(r.get("order", 0)))
    measured = next(iter(finite_only(r.get("measured") for r in kept)), None)
    y = log_axis((r.get(name) for r in kept for name in ("value", "low", "high")), 5, whole_top=True)
    x = _sizes([float(r["n_references"]) for r in kept])
    rows = [_row(r, y) for r in kept]
    names = names_of(rows, "series")
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": x.scale(),
            "axis": {
                "values": list(x.ticks),
                "labelExpr": GALLERY,
                "grid": False,
                "labelFlush": True,
                "title": "references searched",
            },
        },
        "y": {
            "field": "y",
            "type": "quantitative",
            "scale": y.scale(),
            "axis": {"values": list(y.ticks), "labelExpr": SHARE, "domain": False, "ticks": False, "title": None},
        },
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    stroke = {"type": "line", "clip": True, "aria": False}
    dash = dashes_of(names)
    layers = [
        *_beyond(x, measured),
        *band(base, "datum.trusted"),
        {
            "transform": [{"filter": "datum.trusted"}],
            "mark": {**stroke, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dash},
        },
        {
            "transform": [{"filter": "!datum.trusted"}],
            "mark": {**stroke, "strokeWidth": 1.3, "opacity": 0.8},
            "encoding": {**base, "strokeDash": dash},
        },
        *_measured(x, measured),
        touch(base, [("references", "at"), ("form", "series")]),
    ]
    return {**frame(description, 320, layers, y_title, measured=True), "data": {"values": rows}}


def _row(record: Mapping[str, Any], y: Axis) -> Spec:
    value = float(record["value"])
    low, high = ((finite_only([record.get(end)]) or [value])[0] for end in ("low", "high"))
    return {
        "x": six_digits(float(record["n_references"])),
        "y": six_digits(y.leave(value)),
        "low": six_digits(y.leave(low)),
        "high": six_digits(y.leave(high)),
        "series": str(record.get("series") or ""),
        "line": str(record.get("series") or ""),
        "trusted": bool(record.get("trusted", True)),
        "at": big(float(record["n_references"])),
        "said": share(value),
        "range": "" if low == high else f"{share(low)} to {share(high)}",
        **tested_words(record),
    }


def _sizes(found: list[float]) -> Axis:
    """Return the axis of gallery sizes, labelled at powers of ten."""
    low, high = min(found, default=1e3), max(found, default=1e6)
    if low == high:
        low, high = low / 10, high * 10
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / MOST_TICKS))
    ticks = tuple(10.0**e for e in range(first, last + 1, step))
    return Axis(low, high, True, ticks or (low, high))


def _beyond(x: Axis, measured: float | None) -> list[Spec]:
    """Shade galleries more than one decade larger than what was measured."""
    if measured is None or measured * BEYOND >= x.high:
        return []
    scale = {"type": "quantitative", "scale": x.scale()}
    values = [{"from": max(x.low, measured * BEYOND), "to": x.high}]
    start = {"x": {"field": "from", **scale}}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "color": GREY, "opacity": 0.12},
            "encoding": {**start, "x2": {"field": "to"}},
        },
        {
            "data": {"values": values},
            "mark": {
                "type": "text",
                "text": "beyond data",
                "align": "left",
                "baseline": "bottom",
                "dx": 5,
                "y": {"expr": "height - 3"},
                "fontSize": SMALL,
            },
            "encoding": start,
        },
    ]


def _measured(x: Axis, measured: float | None) -> list[Spec]:
    """Mark the gallery of the data; its words stand on the side that has room."""
    if measured is None or not x.low <= measured <= x.high:
        return []
    values = [{"x": measured}]
    place = {"x": {"field": "x", "type": "quantitative", "scale": x.scale()}}
    left = x.part(measured) < 0.6
    words: Spec = {
        "type": "text",
        "text": f"measured, {gallery_label(measured)}",
        "align": "left" if left else "right",
        "baseline": "top",
        "dx": 5 if left else -5,
        "y": 2,
        "fontSize": SMALL,
    }
    rule = {"type": "rule", "color": GREY, "strokeDash": [2, 2], "strokeWidth": 1.5}
    return [
        {"data": {"values": values}, "mark": rule, "encoding": place},
        {"data": {"values": values}, "mark": words, "encoding": place},
    ]
