"""Charts of lines with their bands: people over phi, and photos kept over the years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

from misid.charts.axes import (
    GALLERY,
    PLAIN,
    Axis,
    finite_only,
    gallery_label,
    inner_axis,
    linear_axis,
    log_axis,
)
from misid.charts.rows import names_of, say, six_digits, tested_words
from misid.charts.theme import SMALL, Spec, colour, dashes, frame

Records = Sequence[Mapping[str, Any]]


def draw_over_phi(records: Records, description: str, title: str) -> Spec:
    """Draw people over how many strangers are named, a line with its band for each cause.

    Parameters
    ----------
    records : sequence of mapping
        ``phi, series, value, low, high``; ``x_title`` and ``y_title`` name the axes.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    x_title, y_title = (
        next((str(r[name]) for r in records if r.get(name)), other)
        for name, other in (("x_title", "strangers named, 1 in"), ("y_title", title))
    )
    kept = [r for r in _complete(records, "phi") if float(r["phi"]) > 0]
    y = log_axis(_drawn(kept), whole_top=True)
    rows = [{**_point(r, y), "x": r["phi"], "one_in": say(1.0 / float(r["phi"]))} for r in kept]
    places = [float(row["x"]) for row in rows] or [1e-4]
    first, last = floor(log10(min(places))), ceil(log10(max(places)))
    last = max(last, first + 1)
    names = names_of(rows, "series")
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": {"type": "log", "domain": [10.0**first, 10.0**last], "nice": False},
            "axis": {
                "title": x_title,
                "values": [float(f"1e{power}") for power in range(first, last + 1)],
                "labelExpr": GALLERY.replace("datum.value", "(1 / datum.value)"),
                "grid": False,
                "labelFlush": True,
            },
        },
        "y": _value_channel(y),
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    layers = [
        *band(base, "true"),
        {
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dashes(names, "series")},
        },
        touch(base, [("one in", "one_in"), ("what", "series")]),
    ]
    return {**frame(description, 320, layers, y_title), "data": {"values": rows}}


def stock(records: Records, description: str, title: str) -> Spec:
    """Draw how many photos are kept, by year and kind; kinds overlap, so nothing is stacked.

    Parameters
    ----------
    records : sequence of mapping
        ``year, value, series, order``, and ``low, high`` if there is a band.
    description : str
        Read aloud instead of the picture.
    title : str
        Names the vertical axis where no record does.

    Returns
    -------
    dict
    """
    height = 260
    y_title = next((str(r["y_title"]) for r in records if r.get("y_title")), title)
    kept = sorted(_complete(records, "year"), key=lambda r: float(r.get("order", 0)))
    y = linear_axis(_drawn(kept))
    x = inner_axis(r["year"] for r in kept)
    rows = [{**_point(r, y), "x": r["year"]} for r in kept]
    names = names_of(rows, "series")
    value = _value_channel(y)
    base: Spec = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": {**x.scale(), "range": [0, {"expr": "width - 46"}]},  # the last year in figures stands beside it
            "axis": {"values": [t for t in x.ticks if t == round(t)], "format": "d", "grid": False, "title": "year"},
        },
        "y": {**value, "axis": {**value["axis"], "labelExpr": GALLERY}},
        "color": colour(names, symbolType="stroke", symbolStrokeWidth=3),
    }
    last = max((row["x"] for row in rows), default=0.0)
    values: list[Spec] = []
    for row in sorted((row for row in rows if row["x"] == last), key=lambda row: -row["y"]):
        if not values or (values[-1]["y"] - row["y"]) / (y.high - y.low) * height > 15:
            values.append({"x": row["x"], "y": row["y"], "said": gallery_label(row["y"])})
    layers = [
        *band(base, "true"),
        {
            "mark": {"type": "line", "clip": True, "aria": False, "strokeWidth": 2.5},
            "encoding": {**base, "strokeDash": dashes(names, "series")},
        },
        {
            "data": {"values": values},
            "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 5, "fontSize": SMALL},
            "encoding": {"x": base["x"], "y": base["y"], "text": {"field": "said", "type": "nominal"}},
        },
        touch(base, [("year", "x"), ("photos", "series")]),
    ]
    return {**frame(description, height, layers, y_title), "data": {"values": rows}}


def _drawn(records: Records) -> list[object]:
    return [r.get(name) for r in records for name in ("value", "low", "high")]


def _complete(records: Records, field: str) -> list[Mapping[str, Any]]:
    """Keep the records that have both a place on the horizontal axis and a value."""
    return [r for r in records if len(finite_only([r.get("value"), r.get(field)])) == 2]


def _point(record: Mapping[str, Any], y: Axis) -> dict[str, Any]:
    """Return one row as it is drawn, with the words of its tool-tip; zero stands at the lower end of the axis."""
    value = float(record["value"])
    low, high = (finite_only([record.get(end)]) or [value] for end in ("low", "high"))
    return {
        "series": str(record.get("series") or ""),
        "y": six_digits(y.leave(value)),
        "low": six_digits(y.leave(low[0])),
        "high": six_digits(y.leave(high[0])),
        "said": say(value),
        "range": f"{say(low[0])} to {say(high[0])}",
        **tested_words(record),
    }


def _value_channel(y: Axis) -> Spec:
    axis = {"values": list(y.ticks), "labelExpr": PLAIN, "domain": False, "ticks": False, "title": None}
    return {"field": "y", "type": "quantitative", "scale": y.scale(), "axis": axis}


def band(base: Spec, which: str) -> list[Spec]:
    """Shade from low to high, with edges: where two bands cover each other, the edges still tell them apart."""
    detail = {"detail": {"field": "series"}}
    kept: Spec = {"transform": [{"filter": f"{which} && datum.high > datum.low"}]}
    area = {**base, **detail, "y": {**base["y"], "field": "low"}, "y2": {"field": "high"}}
    edge = {"type": "line", "clip": True, "aria": False, "strokeWidth": 1, "opacity": 0.45}
    return [
        {**kept, "mark": {"type": "area", "clip": True, "aria": False, "opacity": 0.11}, "encoding": area},
        *(
            {**kept, "mark": edge, "encoding": {**base, **detail, "y": {**base["y"], "field": end}}}
            for end in ("low", "high")
        ),
    ]


def touch(base: Spec, names: list[tuple[str, str]]) -> Spec:
    """Return unseen points wide enough for a finger, which carry the tool-tip."""
    shown = [{"field": field, "type": "nominal", "title": name} for name, field in names]
    shown += [
        {"field": "said", "type": "nominal", "title": "value"},
        {"field": "range", "type": "nominal", "title": "range"},
    ]
    return {
        "mark": {"type": "point", "size": 320, "filled": True, "opacity": 0},
        "encoding": {**base, "tooltip": shown},
    }
