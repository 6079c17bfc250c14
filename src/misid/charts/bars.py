"""Charts of rows: dot and range, and shares that may fall below zero.

Each label stands above its row, at the left, so that the drawing keeps the whole width of a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from misid.charts.axes import PLAIN, Axis, finite_only, linear_axis, value_axis, widen
from misid.charts.rows import LINE_HEIGHT, say, six_digits, tested_words, wrap
from misid.charts.rows import labels as named
from misid.charts.theme import GREY, GRID, Spec, colour, frame

Records = Sequence[Mapping[str, Any]]

LANE = 15  # height of one range
GAP = 12  # between rows
MARGIN = 46  # at the right, where the shares stand in figures


def intervals(records: Records, description: str, title: str) -> Spec:
    """Draw as `ranges` does what was measured on data that somebody gave.

    Parameters
    ----------
    records : sequence of mapping
        As those of `ranges`.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    return ranges(records, description, title, measured=True)


def ranges(records: Records, description: str, title: str, *, measured: bool = False) -> Spec:
    """Draw a dot with its range for each label and series.

    Parameters
    ----------
    records : sequence of mapping
        ``label, series, value, low, high, order``, and ``note`` if there is something to say.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.
    measured : bool
        As in `misid.charts.theme.frame`.

    Returns
    -------
    dict
    """
    kept = _ordered(records)
    x = _axis(kept, value_axis(v for r in kept for v in (r["value"], r.get("low"), r.get("high"))))
    names = list(dict.fromkeys(str(r.get("series") or "") for r in kept))
    rows, labels, height = _lay_out(kept, x, names)
    base = {"x": _value_channel(x, _x_title(records)), "y": _place("y", height), "color": colour(names)}
    tip = _tip(rows, len(names) > 1)
    line = {"type": "rule", "strokeWidth": 5, "opacity": 0.38, "strokeCap": "round"}
    layers = [
        *_grid(labels, x, base),
        named(labels, base["y"]),
        {
            "mark": line,
            "encoding": {**base, "x": {**base["x"], "field": "low"}, "x2": {"field": "high"}, "tooltip": tip},
        },
        {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1}, "encoding": {**base, "tooltip": tip}},
        *_beyond(base),
    ]
    return {**frame(description, height, layers, measured=measured), "data": {"values": rows}}


def shares(records: Records, description: str, title: str) -> Spec:
    """Draw for each label and series a bar from zero with the ticks of its range, and the value at the right.

    Parameters
    ----------
    records : sequence of mapping
        ``label, series, value, low, high, order``, and ``x_title``; values may be negative.
    description : str
        Read aloud instead of the picture.
    title : str
        Not drawn: the page prints it.

    Returns
    -------
    dict
    """
    kept = _ordered(records)
    x = linear_axis(v for r in kept for v in (r["value"], r.get("low"), r.get("high")))
    names = list(dict.fromkeys(str(r.get("series") or "") for r in kept))
    rows, labels, height = _lay_out(kept, x, names)
    across = _value_channel(x, _x_title(records))
    across["scale"]["range"] = [0, {"expr": f"width - {MARGIN}"}]
    base = {"x": across, "y": _place("y", height), "color": colour(names)}
    tip = _tip(rows, len(names) > 1)
    ends: list[Spec] = [
        {"mark": {"type": "tick", "thickness": 1.5, "size": 9}, "encoding": {**base, "x": {**across, "field": end}}}
        for end in ("low", "high")
    ]
    layers = [
        *_grid(labels, x, base),
        named(labels, base["y"]),
        {
            "mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.45},
            "encoding": {**base, "x2": {"datum": 0}, "tooltip": tip},
        },
        {
            "mark": {"type": "rule", "strokeWidth": 1.5},
            "encoding": {**base, "x": {**across, "field": "low"}, "x2": {"field": "high"}, "tooltip": tip},
        },
        *ends,
        {
            "data": {"values": [{"x": 0, "y": block["y"] + 1, "end": block["end"] + 1} for block in labels]},
            "mark": {"type": "rule", "color": GREY, "strokeWidth": 1.5},
            "encoding": {"x": across, "y": base["y"], "y2": {"field": "end"}},
        },
        {
            "mark": {"type": "text", "align": "right", "baseline": "middle", "x": {"expr": "width"}},
            "encoding": {"y": base["y"], "text": {"field": "said", "type": "nominal"}, "tooltip": tip},
        },
    ]
    return {**frame(description, height, layers), "data": {"values": rows}}


def _ordered(records: Records) -> list[Mapping[str, Any]]:
    kept = [r for r in records if finite_only([r.get("value")])]
    return sorted(kept, key=lambda r: float(r.get("order", 0)))


def _axis(kept: Sequence[Mapping[str, Any]], axis: Axis) -> Axis:
    drawn = finite_only(v for r in kept for v in (r["value"], r.get("low"), r.get("high")))
    return widen(axis, any(axis.below(v) for v in drawn))


def _x_title(records: Records) -> str:
    return next((str(r["x_title"]) for r in records if r.get("x_title")), "")


def _lay_out(kept: Sequence[Mapping[str, Any]], x: Axis, names: list[str]) -> tuple[list[Spec], list[Spec], int]:
    """Give every label and range its height in pixels from the top."""
    by_label: dict[str, list[Mapping[str, Any]]] = {}
    for record in kept:
        by_label.setdefault(str(record["label"]), []).append(record)
    rows: list[Spec] = []
    labels: list[Spec] = []
    top = 2.0
    for label, members in by_label.items():
        lines = wrap(label)
        top += LINE_HEIGHT * len(lines)
        labels.append({"y": top, "label": "\n".join(lines), "end": top + LANE * len(members) + 2})
        for record in sorted(members, key=lambda r: names.index(str(r.get("series") or ""))):
            top += LANE
            rows.append(_row(record, x, label, top - LANE / 2 + 2))
        top += GAP
    return rows, labels, round(top)


def _row(record: Mapping[str, Any], x: Axis, label: str, y: float) -> Spec:
    value = float(record["value"])
    ends = [(finite_only([record.get(end)]) or [value])[0] for end in ("low", "high")]
    low, high = min(ends), max(ends)
    return {
        "label": label,
        "series": str(record.get("series") or ""),
        "y": y,
        "x": six_digits(x.place(value)),
        "low": six_digits(x.place(low)),
        "high": six_digits(x.place(high)),
        "said": say(value),
        "range": f"{say(low)} to {say(high)}",
        "note": str(record.get("note") or ""),
        # Zero has no place on a logarithmic axis: an arrow says that the range goes on, a word that the value is 0.
        "beyond": ("0" if value == 0 else f"under {say(x.low)}") if x.below(value) else "",
        "arrow": x.below(low),
        **tested_words(record),
    }


def _value_channel(x: Axis, title: str) -> Spec:
    return {
        "field": "x",
        "type": "quantitative",
        "scale": x.scale(),
        "axis": {
            "values": list(x.ticks),
            "labelExpr": PLAIN,
            "labelFlush": True,
            "grid": False,
            "domain": False,
            "ticks": False,
            "title": wrap(title, 50) if title else None,
        },
    }


def _place(field: str, height: int) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [height, 0], "nice": False, "zero": False},
        "axis": None,
    }


def _grid(blocks: list[Spec], x: Axis, base: Spec) -> list[Spec]:
    """Return grid lines that run beside the ranges and never through a label."""
    lines = [{"x": tick, "y": block["y"] + 2, "end": block["end"]} for block in blocks for tick in x.ticks]
    return [
        {
            "data": {"values": lines},
            "mark": {"type": "rule", "color": GRID, "opacity": 0.3},
            "encoding": {"x": base["x"], "y": base["y"], "y2": {"field": "end"}},
        }
    ]


def _tip(rows: list[Spec], series: bool) -> list[Spec]:
    shown = [("label", "what"), *([("series", "reading")] if series else []), ("said", "value"), ("range", "range")]
    if any(row["note"] for row in rows):
        shown.append(("note", "note"))
    return [{"field": field, "type": "nominal", "title": title} for field, title in shown]


def _beyond(base: Spec) -> list[Spec]:
    return [
        {
            "transform": [{"filter": "datum.arrow"}],
            "mark": {"type": "point", "shape": "triangle-left", "filled": True, "size": 60, "opacity": 1},
            "encoding": {**base, "x": {**base["x"], "field": "low"}},
        },
        {
            "transform": [{"filter": "datum.beyond != ''"}],
            "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 9},
            "encoding": {"x": base["x"], "y": base["y"], "text": {"field": "beyond", "type": "nominal"}},
        },
    ]
